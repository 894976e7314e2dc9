"""A gateway on the workbench's own computer: for a first try, and where the machine is at hand."""
