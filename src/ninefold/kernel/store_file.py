"""Where the file of a store may lie, and what SQLite's errors about it mean."""

import sqlite3
from pathlib import Path

from ninefold.kernel.errors import StoreError, StoreLocked

_NETWORK_FILE_SYSTEMS = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "9p", "ceph", "glusterfs", "lustre"}


def refuse_network(path: Path) -> None:
    """Refuse a folder on a network file system, where SQLite's locks do not hold."""
    folder = str(path.parent.resolve())
    best, kind = "", ""
    try:
        mounts = Path("/proc/mounts").read_text(encoding="utf-8")
    except FileNotFoundError:
        return  # no Linux; the documentation states the rule
    for line in mounts.splitlines():
        _, point, file_system, *_ = line.split()
        inside = folder == point or folder.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best):
            best, kind = point, file_system
    if kind in _NETWORK_FILE_SYSTEMS:
        message = f"The store {path} would lie on a network file system ({kind}), where its locks do not hold."
        raise StoreError(message, hint="Keep .ninefold/ on a local disk, or use PostgreSQL.")


def mapped_error(error: sqlite3.Error, path: Path) -> StoreError:
    """Return what an error of SQLite means for the store at a path."""
    text = str(error)
    if "locked" in text or "busy" in text:
        return StoreLocked(f"The store {path} is locked by another process.", hint="Wait for it to end, then repeat.")
    if "full" in text:
        return StoreError(f"The disk that holds {path} is full; nothing was written.", hint="Free space, then repeat.")
    if "not a database" in text or "malformed" in text:
        return StoreError(
            f"{path} is damaged or no SQLite file.", hint="Restore it from a copy, then: ninefold verify-store."
        )
    if "readonly" in text or "unable to open" in text:
        return StoreError(f"The store {path} cannot be opened for writing.", hint="Check the folder's permissions.")
    return StoreError(f"The store {path} failed: {text}.", hint="Run: ninefold verify-store.")
