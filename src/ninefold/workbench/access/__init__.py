"""Who may do what in the workbench: accounts, sessions, tokens, and the gate before every route."""
