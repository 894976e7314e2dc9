"""Assets by their ISA-95 path, with the zone that each stands in."""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Literal, TypeAlias

import msgspec

Zone: TypeAlias = Literal["cell", "dmz", "enterprise"]


class AssetGroup(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The assets below one node of the tree."""

    assets: tuple[str, ...]
    zone: Zone = "cell"


class Assets(msgspec.Struct, frozen=True):
    """The tree: path of a node (plant-1/cell-1) -> its assets."""

    groups: dict[str, AssetGroup] = {}

    def paths(self) -> Mapping[str, str]:
        """Return asset -> path (plant-1/cell-1/m1)."""
        return {a: f"{path}/{a}" for path, group in self.groups.items() for a in group.assets}

    def matching(self, glob: str) -> tuple[str, ...]:
        """Return the assets whose path, or the end of it from any node on, matches a glob such as cell-1/*."""
        return tuple(a for a, path in sorted(self.paths().items()) if _matches(path, glob))


def _matches(path: str, glob: str) -> bool:
    parts = path.split("/")
    return any(fnmatchcase("/".join(parts[i:]), glob) for i in range(len(parts)))
