"""The container of payload and bundle file: a ZIP of one strict form, so that equal contents are equal bytes.

Every entry is stored, not compressed; names are sorted; times, permissions, extra fields and comments are fixed.
Any ZIP tool opens it. The reader goes the other way round: it takes nothing that `pack` would not have written, byte
for byte, so there is no slack to hide something in, no path to escape by, and nothing that grows when unpacked.
Source: PKWARE APPNOTE 6.3.10, 4.3.7 (local header), 4.3.12 (central directory), 4.3.16 (end record).
"""

import re
import struct
import zlib
from collections.abc import Mapping

from ninefold.kernel.errors import InvalidInput, VerificationError

MAX_ENTRIES = 64
MAX_BYTES = 256 * 2**20
MAX_ENTRY = 128 * 2**20

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_VERSION = 20  # 2.0: the oldest that every tool writes
_DATE = 0x21  # 1980-01-01, the epoch of the format
_LOCAL = struct.Struct("<4sHHHHHIIIHH")
_CENTRAL = struct.Struct("<4sHHHHHHIIIHHHHHII")
_END = struct.Struct("<4sHHHHIIH")


def pack(entries: Mapping[str, bytes]) -> bytes:
    """Return the container of entries (name -> bytes).

    Raises:
        InvalidInput: no entry or more than 64, a name that is no plain lower-case file name, or one too large.
    """
    if not 1 <= len(entries) <= MAX_ENTRIES:
        raise InvalidInput(f"A bundle holds 1 to {MAX_ENTRIES} entries, found {len(entries)}.")
    parts: list[bytes] = []
    directory: list[bytes] = []
    offset = 0
    for name in sorted(entries):
        data = entries[name]
        if not _NAME.fullmatch(name):
            raise InvalidInput(f"An entry of a bundle has a plain lower-case file name, found {name!r}.")
        if len(data) > MAX_ENTRY:
            raise InvalidInput(f"The entry {name} has {len(data)} bytes; at most {MAX_ENTRY} are allowed.")
        raw, crc, size = name.encode(), zlib.crc32(data), len(data)
        local = _LOCAL.pack(b"PK\x03\x04", _VERSION, 0, 0, 0, _DATE, crc, size, size, len(raw), 0) + raw
        fixed = (_VERSION, _VERSION, 0, 0, 0, _DATE, crc, size, size, len(raw), 0, 0, 0, 0, 0, offset)
        directory.append(_CENTRAL.pack(b"PK\x01\x02", *fixed) + raw)
        parts += [local, data]
        offset += len(local) + size
    listing = b"".join(directory)
    end = _END.pack(b"PK\x05\x06", 0, 0, len(entries), len(entries), len(listing), offset, 0)
    if offset + len(listing) + len(end) > MAX_BYTES:
        raise InvalidInput(f"A bundle has at most {MAX_BYTES} bytes, this one would have {offset}.")
    return b"".join([*parts, listing, end])


def unpack(data: bytes, what: str) -> dict[str, bytes]:
    """Return the entries of a container; `what` names it in errors.

    Raises:
        VerificationError: too large, cut off, or in any byte not what `pack` writes.
    """
    if len(data) > MAX_BYTES:
        raise VerificationError(f"{what} has {len(data)} bytes; at most {MAX_BYTES} are allowed.")
    entries: dict[str, bytes] = {}
    offset = 0
    while data[offset : offset + 4] == b"PK\x03\x04" and len(entries) <= MAX_ENTRIES:
        name, start, end = _entry(data, offset, what)
        if name in entries:
            raise _damaged(what, f"the entry {name} stands in it twice")
        entries[name] = data[start:end]
        offset = end
    try:
        same = bool(entries) and pack(entries) == data
    except InvalidInput as error:
        raise _damaged(what, error.message.rstrip(".")) from None
    if not same:
        raise _damaged(what, f"its bytes from {offset} on are not those of a bundle" if entries else "it holds nothing")
    return entries


def _entry(data: bytes, offset: int, what: str) -> tuple[str, int, int]:
    """Return the name of the entry at an offset, and where its bytes begin and end."""
    if offset + _LOCAL.size > len(data):
        raise _damaged(what, "it ends inside an entry")
    fields = _LOCAL.unpack_from(data, offset)
    size, length = fields[8], fields[9]
    start = offset + _LOCAL.size + length
    raw = data[offset + _LOCAL.size : start]
    if start + size > len(data):
        raise _damaged(what, "it ends inside an entry")
    name = raw.decode("ascii", "replace")
    if not _NAME.fullmatch(name):
        raise _damaged(what, f"an entry is called {name[:40]!r}")
    if zlib.crc32(data[start : start + size]) != fields[6]:
        raise _damaged(what, f"the entry {name} was altered")
    return name, start, start + size


def _damaged(what: str, why: str) -> VerificationError:
    return VerificationError(
        f"{what} is damaged or no bundle: {why}.", hint="Get the original again; do not use this copy."
    )
