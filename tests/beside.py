"""Runs the whole suite as `make test` does: tests marked `alone` come first in line for the machine, all others take what
they leave, three at a time.

The demo waits half of its time for its plant; meanwhile a whole core would do nothing.
"""

import os
import subprocess
import sys

AFTER = 10  # how much the others step back, as `nice` counts


def main(flags: list[str]) -> int:
    """Run both parts with the flags of pytest, print them one after the other, and return the worst exit code."""
    pytest = [sys.executable, "-m", "pytest", *flags]
    with subprocess.Popen([*pytest, "-m", "alone"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as first:
        os.nice(AFTER)  # of what is started from here on
        others = subprocess.run([*pytest, "-n", "3", "--dist", "loadscope", "-m", "not alone"], check=False)
        printed, _ = first.communicate()
    sys.stdout.buffer.write(b"\nTests that came first in line for the machine:\n" + printed)
    return max(first.returncode, others.returncode, key=abs)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)  # both parts were told by the terminal, too
