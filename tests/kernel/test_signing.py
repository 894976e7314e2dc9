"""Keys and signatures: what is signed stays bound to its context, and secrets stay out of sight."""

import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from hypothesis import given, settings
from hypothesis import strategies as st

from ninefold.kernel.errors import InvalidInput, NotFound, Refused, VerificationError
from ninefold.kernel.signing import (
    PublicKey,
    SigningKey,
    create_key,
    default_key_path,
    load_key,
    read_public,
    trusted_in,
)


def test_a_signature_verifies_with_its_own_key_only() -> None:
    """Another key, another context or other bytes are refused, with the key's id in the message."""
    key, other = SigningKey.new(), SigningKey.new()
    signature = key.sign("bundle", b"bytes")
    key.public.verify("bundle", b"bytes", signature)
    for public, context, data in (
        (other.public, "bundle", b"bytes"),
        (key.public, "approval", b"bytes"),
        (key.public, "bundle", b"other"),
    ):
        with pytest.raises(VerificationError, match=f"{context} signature of key {public.id[:12]} does not fit"):
            public.verify(context, data, signature)


def test_the_context_cannot_be_moved_into_the_bytes() -> None:
    """The border between context and bytes is fixed."""
    key = SigningKey.new()
    signature = key.sign("bundle", b"x")
    with pytest.raises(VerificationError):
        key.public.verify("bundl", b"e\x00x", signature)
    with pytest.raises(InvalidInput, match="context is a word"):
        key.sign("bun\x00dle", b"")


@settings(max_examples=50)
@given(st.integers(0, 63), st.integers(1, 255))
def test_a_flipped_byte_of_the_signature_is_seen(at: int, flip: int) -> None:
    """No byte of a signature is free."""
    key = SigningKey.new()
    signature = bytearray(key.sign("bundle", b"x"))
    signature[at] ^= flip
    with pytest.raises(VerificationError):
        key.public.verify("bundle", b"x", bytes(signature))


def test_a_key_file_is_for_its_owner_only(tmp_path: Path) -> None:
    """It is made with mode 0600 and not read when others may read it."""
    path = tmp_path / "config" / "key.pem"
    key = create_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_key(path).public == key.public
    path.chmod(0o644)
    with pytest.raises(Refused, match=r"can be read by others\. Run: chmod 600"):
        load_key(path)


def test_an_existing_key_is_never_overwritten(tmp_path: Path) -> None:
    """A second key at the same place is refused and the first one stays."""
    first = create_key(tmp_path / "key.pem")
    with pytest.raises(Refused, match="exists already"):
        create_key(tmp_path / "key.pem")
    assert load_key(tmp_path / "key.pem").public == first.public


def test_a_secret_key_never_lies_in_a_project(tmp_path: Path) -> None:
    """A folder below ninefold.toml is refused."""
    (tmp_path / "ninefold.toml").touch()
    with pytest.raises(Refused, match="would lie inside the project"):
        create_key(tmp_path / "deep" / "key.pem")
    assert not (tmp_path / "deep").exists()


def test_a_passphrase_is_asked_for_and_never_shown(tmp_path: Path) -> None:
    """Absent, wrong and needless passphrases each have a sentence; none holds the secret."""
    create_key(tmp_path / "locked.pem", "right horse")
    create_key(tmp_path / "open.pem")
    assert load_key(tmp_path / "locked.pem", "right horse")
    for name, given_, message in (
        ("locked.pem", None, "needs a passphrase"),
        ("locked.pem", "wrong horse", "or the passphrase is wrong"),
        ("open.pem", "right horse", "has no passphrase, but one was given"),
    ):
        with pytest.raises(InvalidInput, match=message) as caught:
            load_key(tmp_path / name, given_)
        assert "horse" not in str(caught.value)
        assert caught.value.__cause__ is None


def test_no_representation_shows_the_secret() -> None:
    """Neither repr nor str holds a byte of the private key."""
    key = SigningKey.new()
    raw = key._private.private_bytes_raw().hex()
    assert raw[:8] not in f"{key!r}{key}{key.public!r}"


@pytest.mark.parametrize("content", [b"", b"no key", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_noise_is_no_key(tmp_path: Path, content: bytes) -> None:
    """Files that hold no key are named, whichever half was wanted."""
    path = tmp_path / "noise.pem"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(InvalidInput, match="no private key in PEM"):
        load_key(path)
    with pytest.raises(InvalidInput, match="no public key in PEM"):
        read_public(path)


def test_a_key_of_another_kind_is_refused(tmp_path: Path) -> None:
    """An RSA key signs nothing here."""
    rsa = generate_private_key(65537, 2048)
    path = tmp_path / "rsa.pem"
    path.write_bytes(
        rsa.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    path.chmod(0o600)
    with pytest.raises(InvalidInput, match="no Ed25519 key"):
        load_key(path)
    public = rsa.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    path.write_bytes(public)
    with pytest.raises(InvalidInput, match="no Ed25519 key"):
        read_public(path)


def test_absent_and_oversized_files_are_named(tmp_path: Path) -> None:
    """The next command stands in the hint."""
    with pytest.raises(NotFound, match="ninefold key new"):
        load_key(tmp_path / "absent.pem")
    (tmp_path / "large.pub").write_bytes(bytes(20_000))
    with pytest.raises(InvalidInput, match="more than 16384 bytes"):
        read_public(tmp_path / "large.pub")


def test_public_keys_are_read_from_a_folder(tmp_path: Path) -> None:
    """Each `*.pub` file is trusted under the digest of its key; an absent folder trusts nobody."""
    keys = [SigningKey.new(), SigningKey.new()]
    for i, key in enumerate(keys):
        key.public.write(tmp_path / "keys" / f"{i}.pub")
    assert trusted_in(tmp_path / "keys") == {k.public.id: k.public for k in keys}
    assert trusted_in(tmp_path / "none") == {}


@pytest.mark.parametrize("text", ["", "AB" * 32, "ab" * 31, "zz" * 32, "ab" * 33, "0x" + "ab" * 31])
def test_a_public_key_has_one_spelling(text: str) -> None:
    """Upper case, other lengths and other digits are refused."""
    with pytest.raises(InvalidInput, match="64 lower-case hexadecimal digits"):
        PublicKey.from_hex(text)
    with pytest.raises(InvalidInput, match="32 bytes"):
        PublicKey(b"short")


def test_the_key_lies_where_the_user_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The environment names a file, or the folder of configurations."""
    monkeypatch.setenv("NINEFOLD_KEY", str(tmp_path / "mine.pem"))
    assert default_key_path() == tmp_path / "mine.pem"
    monkeypatch.delenv("NINEFOLD_KEY")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert default_key_path() == tmp_path / "ninefold" / "key.pem"
