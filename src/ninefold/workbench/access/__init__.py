"""Who may do what in the workbench."""
