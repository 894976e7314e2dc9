"""The permanent address of every object that a page can name."""

from urllib.parse import quote

from ninefold.surface.cells import Ref, RefKind

_FOLDERS: dict[RefKind, str] = {
    "requirement": "/requirements/", "use-case": "/use-cases/", "need": "/data/needs/", "dataset": "/data/sets/",
    "recipe": "/data/recipes/", "model": "/models/", "validation": "/validation/", "deployment": "/deployments/",
    "device": "/fleet/", "asset": "/m/", "alarm": "/alarms/", "proposal": "/proposals/", "monitor": "/monitoring/",
    "record": "/records/", "task": "/tasks/", "file": "/files/", "person": "/people/", "decision": "/decisions/",
    "page": "/", "pipeline": "/pipelines/",
}  # fmt: skip


def address(ref: Ref) -> str:
    """Return the path of an object; `part` becomes the fragment. A key may hold slashes (task names do)."""
    place = _FOLDERS[ref.kind] + quote(ref.key, safe="/-._~:@*")
    return f"{place}#{quote(ref.part, safe='')}" if ref.part else place
