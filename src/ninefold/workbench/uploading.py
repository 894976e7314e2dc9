"""A file that a browser sends: copied to the project's own disk piece by piece, and gone when the work is done."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from anyio.to_thread import run_sync
from litestar.datastructures import UploadFile

from ninefold.kernel.saving import unwritten

CHUNK = 1 << 20
_LEFT = "upload-*.tmp"


@contextmanager
def scratch(state: Path) -> Iterator[Path]:
    """Yield a place in the folder `.ninefold` for one file; whatever is there afterwards is removed."""
    state.mkdir(exist_ok=True)
    path = state / _LEFT.replace("*", secrets.token_hex(8))
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


async def kept(file: UploadFile, to: Path) -> bool:
    """Copy what was sent and return whether it was a file at all.

    Raises:
        DiskFull: the disk is full; nothing is kept.
        Refused: the folder cannot be written.
    """
    if not file.filename:
        return False
    try:
        with to.open("xb") as stream:
            while chunk := await file.read(CHUNK):
                await run_sync(stream.write, chunk)
    except OSError as error:
        raise unwritten(file.filename[:80], error) from error
    return True
