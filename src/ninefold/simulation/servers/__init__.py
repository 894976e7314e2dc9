"""Servers that speak a real protocol for the simulated cell. Each imports its driver, and nothing else does."""
