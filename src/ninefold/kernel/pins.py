"""Choices among equal evidence: `ninefold.lock`, one line per key, a file that merges, reverts and is reviewed.

A key may have several records (a race under a budget is not repeatable); the first committed is current unless a line
`key id` here says otherwise.
"""

import re
from pathlib import Path

from ninefold.kernel.errors import Conflict, InvalidFile, Problem

PINS_FILE = "ninefold.lock"
_LINE = re.compile(r"([0-9a-f]{64}) ([0-9a-f]{64})(?:\s+#.*)?")


def parse_pins(text: str) -> dict[str, str]:
    """Return the pins of a lock file's text, key to record id.

    Raises:
        InvalidFile: a line is no pin, or a key stands with two ids (two branches chose differently).
    """
    pins: dict[str, str] = {}
    problems = []
    for number, line in enumerate(text.split("\n"), 1):
        words = line.strip()
        if not words or words.startswith("#"):
            continue
        match = _LINE.fullmatch(words)
        if match is None:
            hint = "Restore the line, or remove it."
            problems.append(Problem(PINS_FILE, number, "", "This is no pin (key and record id).", hint))
        elif pins.setdefault(match[1], match[2]) != match[2]:
            message = f"The key {match[1][:12]} has two choices; two branches chose differently."
            problems.append(Problem(PINS_FILE, number, "", message, "Keep one of the two lines."))
    if problems:
        raise InvalidFile(problems)
    return pins


def write_pin(root: Path, key: str, id: str, name: str, expected: dict[str, str]) -> None:
    """Set one pin, keeping every other line as it is.

    Raises:
        Conflict: the file no longer holds the pins that were expected.
        InvalidFile: the file cannot be read as pins.
    """
    path = root / PINS_FILE
    text = path.read_text(encoding="utf-8") if path.exists() else "# choices among equal evidence: key record\n"
    if parse_pins(text) != expected:
        raise Conflict(f"{PINS_FILE} was changed by somebody else.", hint="Read it again and repeat.")
    lines = [line for line in text.split("\n") if line and not line.startswith(key)]
    temporary = path.with_suffix(".lock.new")
    temporary.write_text("\n".join([*lines, f"{key} {id} # {name}"]) + "\n", encoding="utf-8")
    temporary.replace(path)
