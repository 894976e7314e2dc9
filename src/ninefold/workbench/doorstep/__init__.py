"""Before there is a project: one page that begins it, and then the workbench answers in the same place."""
