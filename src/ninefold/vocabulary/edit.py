"""An edit: a person changed a file of the project through a surface that knows who they are."""

import msgspec

EDIT = "edit@1"


class FieldChange(msgspec.Struct, frozen=True):
    """One field that reads otherwise; items of lists are named by their id: criteria[recall].threshold.value."""

    field: str  # "" for a file that cannot be read field by field
    before: str  # as it would be written on one line; "" when it was not there
    after: str  # "" when it is no longer there
    about: dict[str, str] = {}  # what a sentence about it needs: criterion, metric, op


class Edit(msgspec.Struct, frozen=True):
    """What a save did to one file. The facets are those that read otherwise, so what could become stale."""

    file: str
    before: str  # sha256 of the file's bytes; "" when it did not exist
    after: str  # sha256; "" when it was removed
    person: str  # key of the table of people
    reason: str = ""
    facets: tuple[str, ...] = ()
    changes: tuple[FieldChange, ...] = ()
    diff: str = ""  # unified; cut after 400 lines
