"""The board of use cases by the nine steps: what it says is read from the plan, the files and the records."""
