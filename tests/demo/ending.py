"""How the demo ends, without its nine steps: `python ending.py BASE AT` runs the demo's program over a derived project.

The cell's controller goes on and the workbench opens, as after the ninth step, until somebody presses Ctrl-C.
"""

import shutil
import sys
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

sys.path.insert(0, str(Path(__file__).parent))

from sabotage import demo, in_process, story, subprocess

BASE, AT = Path(sys.argv[1]), sys.argv[2]


def begin(cell: demo.Demo) -> None:
    """Bring what was derived, enter the engineer as the demo does, and let the cell go on."""
    shutil.copytree(BASE / ".ninefold", cell.root / ".ninefold")
    cell.ninefold("key new")
    cell.ninefold("key public --output keys/engineer.pub")
    cell.ninefold(f'people add "{story.ENGINEER}" --role approver --key keys/engineer.pub')
    cell.start("cell", f"simulate serve --port {story.free_port()} --factor 60")


if __name__ == "__main__":
    here = SimpleNamespace(**{**vars(subprocess), "run": in_process})
    with (
        mock.patch.object(demo, "HERE", BASE),
        mock.patch.object(demo, "subprocess", here),
        mock.patch.object(story, "BEGIN", begin),
        mock.patch.object(story, "STEPS", []),
        mock.patch.object(sys, "argv", ["demo.py", "--at", AT]),
    ):
        sys.exit(demo.main())
