"""ninefold: from a sentence in a requirement to a monitored model on a machine, as one chain of evidence."""

__all__ = ["__version__"]

__version__ = "0.1.0.dev0"
