"""Which fields of a file read otherwise after an edit; comments and layout are no change."""

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from ninefold.design.requirements.files import first_paragraph
from ninefold.kernel.errors import NinefoldError
from ninefold.kernel.scalars import flow
from ninefold.kernel.splicing import read
from ninefold.vocabulary.edit import FieldChange

MOST = 100  # changes that are told one by one
LONGEST = 400  # characters of a value
UNREADABLE = FieldChange("", "", "")
_NAMES = ("id", "to", "signal", "stage", "name")  # by which an item of a list is known


def field_changes(before: str | None, after: str | None, file: str) -> tuple[FieldChange, ...]:
    """Return the fields that differ, at most 100; none when the file is new or gone.

    `UNREADABLE` alone stands for a file of which one side cannot be read field by field.
    """
    if before is None or after is None or before == after:
        return ()
    old, new = _tree(before, file), _tree(after, file)
    if old is None or new is None:
        return (UNREADABLE,)
    found = []
    for change in _differences(old, new, "", {}):
        found.append(change)
        if len(found) == MOST:
            break
    return tuple(found)


def _tree(text: str, file: str) -> dict[str, Any] | None:
    """Return a file's fields; the sentences of a Markdown file are fields too."""
    try:
        if file.endswith(".toml"):
            return tomllib.loads(text)
        tree, body = read(text, file)
    except (NinefoldError, tomllib.TOMLDecodeError):
        return None  # the diff tells what changed in a file that cannot be read
    fields = dict(tree) if isinstance(tree, Mapping) else {"file": tree}
    if file.endswith(".md"):
        first = first_paragraph(body)
        fields |= {"statement" if file.startswith("requirements/") else "summary": first}
        rest = " ".join(body.split()).replace(first, "", 1)
        fields |= {"text below": " ".join(rest.split())} if rest.strip() else {}
    return fields


def _differences(old: Any, new: Any, field: str, about: Mapping[str, str]) -> Iterator[FieldChange]:
    if repr(old) == repr(new):
        return
    before, after = _parts(old), _parts(new)
    if before is None or after is None or (isinstance(old, list) != isinstance(new, list)):
        yield FieldChange(field, _told(old), _told(new), dict(about))
        return
    for name in {**before, **after}:
        inside = f"{field}[{name}]" if isinstance(new, list) else f"{field}.{name}" if field else name
        if name not in after:
            yield FieldChange(inside, _told(before[name]), "", dict(about))
        elif name not in before:
            yield FieldChange(inside, "", _told(after[name]), dict(about))
        else:
            yield from _differences(before[name], after[name], inside, {**about, **_about(after[name], field, name)})


def _parts(value: Any) -> dict[str, Any] | None:
    """Return the fields of a mapping, or the items of a list by the name they are known by; None for a single value."""
    if isinstance(value, Mapping):
        return {str(k): v for k, v in value.items()}
    if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        key = next((k for k in _NAMES if all(k in item for item in value)), None)
        named = {str(item[key]) if key else str(i): item for i, item in enumerate(value)}
        return named if len(named) == len(value) else {str(i): item for i, item in enumerate(value)}
    return None


def _about(value: Any, field: str, name: str) -> dict[str, str]:
    """Return what a sentence about a criterion's field needs."""
    if field != "criteria" or not isinstance(value, dict):
        return {}
    threshold = value.get("threshold")
    op = str(threshold.get("op", "")) if isinstance(threshold, dict) else ""
    return {"criterion": name, "metric": str(value.get("metric", "")), "op": op}


def _told(value: Any) -> str:
    text = value if isinstance(value, str) else "unset" if value is None else flow(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
