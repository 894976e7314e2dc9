"""A milling cell, simulated: physics part by part, its history, its maintenance log and its servers.

Everything here is a simulator and says so; the equations and their sources stand in docs/simulation.md.
"""
