"""How a command gets the key that it signs with, and the moment until which something holds."""

import os
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from ninefold.kernel.errors import InvalidInput

PASSPHRASE = "NINEFOLD_PASSPHRASE"  # noqa: S105 - the name of a variable, not a secret


def with_key(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the option --key to a command; `signing_key` opens what it names."""
    text = "The file of your key; default: $NINEFOLD_KEY, else ~/.config/ninefold/key.pem."
    option = click.option("--key", "key_path", type=click.Path(dir_okay=False, path_type=Path), help=text)
    return option(command)


def signing_key(path: Path | None) -> Any:
    """Return the key of a file, by default the user's own; a passphrase comes from the environment or is asked for.

    Raises:
        NotFound: there is no such file.
        Refused: others may read it.
        InvalidInput: it is no key, or the passphrase is wrong.
    """
    from ninefold.kernel.signing import default_key_path, is_locked, load_key

    chosen = path or default_key_path()
    passphrase = None
    if is_locked(chosen):
        passphrase = os.environ.get(PASSPHRASE)
        if passphrase is None and sys.stdin.isatty():
            passphrase = str(click.prompt("Passphrase", hide_input=True, err=True))
    return load_key(chosen, passphrase)


def moment(text: str) -> int:
    """Return the moment (µs UTC) that "2027-01-31" (to the end of that day) or "2027-01-31T12:00Z" names.

    Raises:
        InvalidInput: it is neither.
    """
    try:
        if len(text) == 10:
            day = date.fromisoformat(text) + timedelta(days=1)
            found = datetime(day.year, day.month, day.day, tzinfo=UTC)
        else:
            found = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise InvalidInput(f"{text[:40]!r} is no date.", hint="Write it as 2027-01-31.") from None
    if found.tzinfo is None:
        raise InvalidInput(f"{text!r} has no time zone.", hint="Write it as 2027-01-31T12:00Z.")
    return round(found.timestamp() * 1e6)
