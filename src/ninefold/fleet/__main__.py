"""`python -m ninefold.fleet PROJECT`: the fleet's service of a project, headless."""

import argparse
import sys
from pathlib import Path

from ninefold.fleet.serve import serve
from ninefold.kernel.errors import NinefoldError


def main() -> int:
    """Serve until a signal; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m ninefold.fleet", description=__doc__)
    parser.add_argument("project", type=Path, help="the project's folder")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=9440)
    parser.add_argument("--listen-beyond-loopback", action="store_true")
    options = parser.parse_args()
    try:
        serve(options.project / ".ninefold", options.host, options.port, declared=options.listen_beyond_loopback)
    except NinefoldError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
