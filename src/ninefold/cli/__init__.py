"""The `ninefold` command."""

from ninefold.cli.main import main

__all__ = ["main"]
