"""What a machine does now, from what devices sent: decisions, alarms, windows; composed here, above the steps."""
