"""What the page asks, and what follows: the project's first files and its first person, who is logged in."""

from pathlib import Path
from zoneinfo import available_timezones

import msgspec

from ninefold.kernel.errors import InvalidInput
from ninefold.kernel.project import STATE
from ninefold.lifecycle.founding import check_name, found_project
from ninefold.surface.words import LANGUAGES
from ninefold.workbench.access.access import Access
from ninefold.workbench.access.passwords import checked


class StartForm(msgspec.Struct, frozen=True):
    """What the page sends."""

    project: str = ""
    language: str = "en"
    zone: str = "UTC"
    alone: str = "no"
    name: str = ""
    password: str = ""
    repeat: str = ""


def begin(folder: Path, asked: StartForm, address: str) -> str:
    """Begin the project and return the secret of its first person's session.

    The settings come last: what is killed before leaves a folder that is no project, and the page can be sent again.

    Raises:
        InvalidInput: a field cannot be used; nothing was written.
        Conflict: the folder is a project already.
        Refused, StoreError: the folder cannot be written.
    """
    checked(asked.password)
    if asked.language not in LANGUAGES:
        raise InvalidInput(f"{asked.language[:40]!r} is no language.", hint="Choose one of the list.")
    if asked.zone not in available_timezones():
        raise InvalidInput(f"{asked.zone[:40]!r} is no time zone.", hint="Choose one of the list.")
    check_name(asked.project)
    (folder / STATE).mkdir(parents=True, exist_ok=True)
    access = Access(folder / STATE)
    try:
        person = _first(access, asked)
        access.accounts.set_wishes(person, asked.language, asked.zone, "system")
        found_project(folder, asked.project, language=asked.language, four_eyes=asked.alone != "yes")
        return access.enter(person, address)
    finally:
        access.close()


def _first(access: Access, asked: StartForm) -> str:
    """Return the administrator, who is made now; who was made before a kill gets the password of now."""
    known = access.accounts.named(asked.name)
    if known is None:
        known = access.accounts.add(asked.name, "administrator", access.clock.now(), only_first=True)
    access.accounts.set_password(known.person, asked.password, None)
    return known.person
