"""What open pages are told while they are open: one stream of events a tab, fed by one look at the project a tick."""
