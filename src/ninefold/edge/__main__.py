"""`python -m ninefold.edge CONFIG`: the agent of a device. With --enrol it reads a one-time token on standard input."""

import argparse
import sys
from pathlib import Path

from ninefold.edge.start import enrol, leave_order, run
from ninefold.kernel.errors import NinefoldError


def main() -> int:
    """Run, enrol or leave an order; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m ninefold.edge", description=__doc__)
    parser.add_argument("config", type=Path, help="agent.toml")
    action = parser.add_mutually_exclusive_group()
    action.add_argument("--enrol", action="store_true", help="exchange a token from standard input for a credential")
    action.add_argument("--order", choices=("rollback", "stop"), help="tell the running agent, without the centre")
    options = parser.parse_args()
    try:
        if options.enrol:
            enrol(options.config, sys.stdin.readline().strip())
        elif options.order:
            leave_order(options.config, options.order)
        else:
            run(options.config)
    except NinefoldError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
