"""Pages of the whole: the overview, a task, a record, the trace, the audit, a run, and what the finder finds."""
