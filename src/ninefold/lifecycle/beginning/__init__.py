"""From a table to a monitored model, one step after the other: what is asked, which files follow, how far one is."""
