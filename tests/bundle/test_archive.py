"""The container: deterministic, readable by any ZIP tool, and strict when it is read."""

import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ninefold.bundle.archive import MAX_ENTRIES, pack, unpack
from ninefold.kernel.errors import InvalidInput, VerificationError

ENTRIES = {"manifest.json": b"{}", "model.onnx": bytes(range(256)), "empty": b""}


def test_equal_contents_are_equal_bytes() -> None:
    """The order in which entries are given does not show."""
    assert pack(ENTRIES) == pack(dict(reversed(ENTRIES.items())))


def test_what_was_packed_is_read_back() -> None:
    """Names and bytes survive."""
    assert unpack(pack(ENTRIES), "it") == ENTRIES


def test_any_zip_tool_opens_it() -> None:
    """Python's own reader finds the same entries and no fault."""
    with zipfile.ZipFile(io.BytesIO(pack(ENTRIES))) as archive:
        assert archive.testzip() is None
        assert {n: archive.read(n) for n in archive.namelist()} == ENTRIES


def test_the_bytes_are_pinned() -> None:
    """A vector that never changes once released."""
    assert pack({"a": b"x"}).hex() == (
        "504b0304140000000000000021008316dc8c01000000010000000100000061"
        "78"
        "504b010214001400000000000000210083"
        "16dc8c0100000001000000010000000000000000000000000000000000"
        "61"
        "504b050600000000010001002f000000200000000000"
    )


@settings(max_examples=40)
@given(st.dictionaries(st.from_regex(r"[a-z0-9][a-z0-9._-]{0,20}", fullmatch=True), st.binary(max_size=64), min_size=1))
def test_every_set_of_entries_comes_back(entries: dict[str, bytes]) -> None:
    """Packing and unpacking is the identity."""
    assert unpack(pack(entries), "it") == entries


@settings(max_examples=300)
@given(st.data())
def test_no_single_flipped_byte_is_overlooked(data: st.DataObject) -> None:
    """The strict form leaves no byte that may be changed unseen."""
    good = pack(ENTRIES)
    at = data.draw(st.integers(0, len(good) - 1))
    bad = bytearray(good)
    bad[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(VerificationError, match="it is damaged or no bundle"):
        unpack(bytes(bad), "it")


@settings(max_examples=200)
@given(st.binary(max_size=400), st.integers(0, 600))
def test_arbitrary_bytes_raise_nothing_else(noise: bytes, cut: int) -> None:
    """Noise, and a good container that is cut or continued, are refused as not verifying."""
    good = pack(ENTRIES)
    for bad in (noise, good[: cut % len(good)], good + noise + b"\x00"):
        with pytest.raises(VerificationError):
            unpack(bad, "it")


def test_a_compressed_archive_is_refused() -> None:
    """Nothing that grows when unpacked is read: a ZIP bomb stays packed."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(10_000_000))
    with pytest.raises(VerificationError, match="damaged or no bundle"):
        unpack(target.getvalue(), "it")


@pytest.mark.parametrize("name", ["../evil", "/etc/passwd", "a/b", "A", "", "x" * 65, ".hidden", "ü"])
def test_a_path_is_no_name(name: str) -> None:
    """Neither writer nor reader takes a name that could lead elsewhere."""
    with pytest.raises(InvalidInput, match="plain lower-case file name"):
        pack({name: b""})
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr(name or "?", b"")
    with pytest.raises(VerificationError):
        unpack(target.getvalue(), "it")


def test_a_size_beyond_the_end_is_refused() -> None:
    """A header that promises more bytes than there are is read no further."""
    good = bytearray(pack(ENTRIES))
    good[22:26] = b"\xff\xff\xff\xff"
    with pytest.raises(VerificationError, match="ends inside an entry"):
        unpack(bytes(good), "it")


def test_the_number_of_entries_is_bounded() -> None:
    """Too many entries, or none, are no bundle."""
    with pytest.raises(InvalidInput, match=f"1 to {MAX_ENTRIES} entries"):
        pack({f"e{i}": b"" for i in range(MAX_ENTRIES + 1)})
    with pytest.raises(InvalidInput, match="found 0"):
        pack({})
