"""The engines that made a result, with version and licence, as a bill of materials names them."""

import importlib.metadata
import re
from collections.abc import Iterable
from typing import Any, NamedTuple
from urllib.parse import quote

from ninefold.kernel.records import Record

# the licence's name as trove classifiers have it -> SPDX; only where the classifier means exactly one licence
_CLASSIFIED = {
    "MIT License": "MIT",
    "Apache Software License": "Apache-2.0",
    "ISC License (ISCL)": "ISC",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}


class Library(NamedTuple):
    """A package in the version that was recorded."""

    name: str
    version: str

    @property
    def purl(self) -> str:
        """The package URL; the name as PyPI normalises it."""
        name = re.sub(r"[-_.]+", "-", self.name).lower()
        return f"pkg:pypi/{quote(name)}@{quote(self.version)}"


def libraries(records: Iterable[Record]) -> list[Library]:
    """Return the packages that the records' environments name, and ninefold itself, each version once."""
    found = {Library("ninefold", importlib.metadata.version("ninefold"))}
    for record in records:
        for part in filter(None, record.environment.split(", ")):
            name, _, version = part.rpartition(" ")
            if name and version != "absent":
                found.add(Library(name, version))
    return sorted(found)


def licence(library: Library) -> tuple[dict[str, Any], ...]:
    """Return the licence as CycloneDX writes it; nothing when it is not known here for this very version."""
    try:
        metadata = importlib.metadata.metadata(library.name)
    except importlib.metadata.PackageNotFoundError:
        return ()
    if metadata["Version"] != library.version:
        return ()
    if "License-Expression" in metadata:
        return ({"expression": metadata["License-Expression"]},)
    names = [c.rpartition(" :: ")[2] for c in metadata.get_all("Classifier") or [] if c.startswith("License ::")]
    if len(names) == 1 and names[0] in _CLASSIFIED:
        return ({"license": {"id": _CLASSIFIED[names[0]]}},)
    text = (metadata["License"] if "License" in metadata else "; ".join(names)).strip().split("\n")[0][:100]
    return ({"license": {"name": text}},) if text else ()
