"""Styles, scripts and icons: put together once from the files of each room, named by their digest, cached for good."""

import hashlib
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

_TYPES = {
    "app.css": "text/css; charset=utf-8",
    "app.js": "text/javascript; charset=utf-8",
    "icons.svg": "image/svg+xml",
}
_YEAR = "public, max-age=31536000, immutable"


@cache
def content(name: str) -> bytes:
    """Return a file that is served: app.css and app.js are the files of their folders in the order of their names."""
    static = files("ninefold.workbench") / "static"
    if name == "app.css":
        figures = files("ninefold.surface") / "figures.css"
        return _joined([*_in(static / "css", ".css"), figures])
    if name == "app.js":
        return _joined(_in(static / "js", ".js"))
    return (static / "icons.svg").read_bytes()


def _in(folder: Traversable, ending: str) -> list[Traversable]:
    return sorted((f for f in folder.iterdir() if f.name.endswith(ending)), key=lambda f: f.name)


def _joined(parts: list[Traversable]) -> bytes:
    return b"\n".join(p.read_bytes() for p in parts)


@cache
def stamp(name: str) -> str:
    """Return the address of a served file, with its digest in it."""
    return f"/static/{hashlib.sha256(content(name)).hexdigest()[:12]}/{name}"


@get("/static/{digest:str}/{name:str}", opt={"role": "public"}, sync_to_thread=False)
def static(digest: FromPath[str], name: FromPath[str]) -> Response[bytes]:
    """Serve a file under the address that `stamp` gave."""
    if name not in _TYPES or stamp(name) != f"/static/{digest}/{name}":
        raise NotFoundException
    return Response(content(name), media_type=_TYPES[name], headers={"Cache-Control": _YEAR})


ROUTES: tuple[Any, ...] = (static,)
