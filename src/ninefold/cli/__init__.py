"""The `ninefold` command."""

import os

from ninefold.cli.main import main

# numpy's BLAS would start a thread a processor in every command, and each spins: a third of what a quick one takes.
# The trainers of a race have as many as its budget says.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

__all__ = ["main"]
