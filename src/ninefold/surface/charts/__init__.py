"""Charts of the workbench, one kind a file: each from plain values to a figure with its table."""
