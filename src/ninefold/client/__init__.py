"""The typed Python client of the REST API; `answers` and `requests` are the shapes that both sides speak."""
