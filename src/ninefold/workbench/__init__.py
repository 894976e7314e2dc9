"""The workbench: the lifecycle in a browser, for people who never open a terminal, and its REST API."""
