"""Runs: what a person tries beside the nine steps, as records; and the exchange of runs with MLflow."""
