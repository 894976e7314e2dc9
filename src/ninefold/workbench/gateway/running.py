"""The work of a job that runs a gateway: its keeper is started, heard, and ended when the job is cancelled."""

import json
import selectors
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ninefold.kernel.errors import Cancelled, Refused
from ninefold.kernel.progress import Cancel

STEP_S = 0.2
END_S = 3.0  # longer than the keeper gives its processes


def run_keeper(folder: Path, processes: list[dict[str, Any]], cancel: Cancel, hear: Callable[[str, str], None]) -> None:
    """Run processes until the work is cancelled; `hear` gets ("started", NAME) and ("all", "started") as they come up.

    Raises:
        Cancelled: somebody ended them.
        Refused: one of them ended by itself, or could not be started.
    """
    folder.mkdir(parents=True, exist_ok=True)
    keeper = subprocess.Popen(
        [sys.executable, "-m", "ninefold.workbench.gateway.keeper"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        process_group=0, bufsize=0,
    )  # fmt: skip
    assert keeper.stdin is not None  # noqa: S101 - pipes were asked for
    assert keeper.stdout is not None  # noqa: S101 - as above
    keeper.stdin.write(json.dumps({"folder": str(folder), "processes": processes}).encode() + b"\n")
    try:
        _listen(keeper, cancel, hear)
    finally:
        keeper.stdin.close()
        try:
            keeper.wait(END_S)
        except subprocess.TimeoutExpired:
            keeper.kill()
            keeper.wait()
        keeper.stdout.close()


def _listen(keeper: "subprocess.Popen[bytes]", cancel: Cancel, hear: Callable[[str, str], None]) -> None:
    with selectors.DefaultSelector() as selector:
        assert keeper.stdout is not None  # noqa: S101 - a pipe was asked for
        selector.register(keeper.stdout, selectors.EVENT_READ)
        heard = b""
        while not cancel.requested:
            if not selector.select(STEP_S):
                continue
            chunk = keeper.stdout.read(4096)
            if not chunk:
                raise Refused("The processes ended.", hint="Start the gateway again.")
            *lines, heard = (heard + chunk).split(b"\n")
            for line in lines:
                what, _, about = line.decode("utf-8", "replace").partition(" ")
                if what == "ended":
                    raise Refused(f"A process of the gateway ended. {about}", hint="Correct it, and start it again.")
                hear(what, about)
    raise Cancelled("The gateway was stopped.", hint="Start it again on its page.")
