"""Ed25519 signatures: keys of people and machines, and what is signed under which context.

A signature is over `ninefold-signature-1`, the context and the bytes, so that an approval can never be passed off as a
bundle. A key's id is the sha256 of its public half. Secret keys lie outside the project, readable by their owner only;
no error and no representation shows them.
"""

import hashlib
import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from ninefold.kernel.errors import InvalidInput, NotFound, Refused, VerificationError

if TYPE_CHECKING:  # most commands sign and verify nothing
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

MAX_KEY_FILE = 16_384
MARKER = "ninefold.toml"  # a folder that holds it is a project
_PREFIX = b"ninefold-signature-1\x00"


class PublicKey:
    """The half of a key that everybody may hold. Equal keys are equal values."""

    def __init__(self, raw: bytes) -> None:
        """Take the 32 raw bytes.

        Raises:
            InvalidInput: not 32 bytes.
        """
        if len(raw) != 32:
            raise InvalidInput(f"A public key has 32 bytes, found {len(raw)}.")
        self.raw = bytes(raw)
        self.id = hashlib.sha256(self.raw).hexdigest()

    @classmethod
    def from_hex(cls, text: str) -> "PublicKey":
        """Return the key that 64 lower-case hexadecimal digits mean.

        Raises:
            InvalidInput: anything else.
        """
        return cls(unhex(text, 32, "public key"))

    @property
    def hex(self) -> str:
        """The raw bytes as 64 hexadecimal digits."""
        return self.raw.hex()

    def verify(self, context: str, data: bytes, signature: bytes) -> None:
        """Return when the signature is this key's over these bytes in this context.

        Raises:
            VerificationError: it is not.
        """
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, _message(context, data))
        except InvalidSignature:
            message = f"The {context} signature of key {self.id[:12]} does not fit what it is said to sign."
            raise VerificationError(message, hint="Get the original again; do not use this copy.") from None

    def write(self, path: Path) -> None:
        """Write the key as a PEM file that `read_public` reads; `keys/NAME.pub` in a project."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        path.parent.mkdir(parents=True, exist_ok=True)
        key = Ed25519PublicKey.from_public_bytes(self.raw)
        path.write_bytes(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PublicKey) and other.raw == self.raw

    def __hash__(self) -> int:
        return hash(self.raw)

    def __repr__(self) -> str:
        return f"PublicKey({self.id[:12]})"


class SigningKey:
    """The secret half. Its representation shows the id of the public half and nothing else."""

    def __init__(self, private: "Ed25519PrivateKey") -> None:
        self._private = private
        self.public = PublicKey(private.public_key().public_bytes_raw())

    @classmethod
    def new(cls) -> "SigningKey":
        """Return a new key that is nowhere stored."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return cls(Ed25519PrivateKey.generate())

    def sign(self, context: str, data: bytes) -> bytes:
        """Return the signature (64 bytes) over bytes in a context such as "bundle" or "approval"."""
        return self._private.sign(_message(context, data))

    def pem(self, passphrase: str | None = None) -> bytes:
        """Return the key as PEM (PKCS #8), encrypted when a passphrase is given."""
        from cryptography.hazmat.primitives import serialization

        encryption: serialization.KeySerializationEncryption = serialization.NoEncryption()
        if passphrase:
            encryption = serialization.BestAvailableEncryption(passphrase.encode())
        return self._private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)

    def write(self, path: Path, passphrase: str | None = None) -> None:
        """Write the key as PEM (PKCS #8), readable by its owner only, encrypted when a passphrase is given.

        Raises:
            Refused: the file exists already, or would lie inside a project.
        """
        _refuse_project(path)
        pem = self.pem(passphrase)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            raise Refused(f"The key file {path} exists already.", hint="Name another with --key PATH.") from None
        with os.fdopen(handle, "wb") as stream:
            stream.write(pem)

    def __repr__(self) -> str:
        return f"SigningKey({self.public.id[:12]})"


def create_key(path: Path, passphrase: str | None = None) -> SigningKey:
    """Make a key, write it to a new file (mode 0600) outside any project, and return it.

    Raises:
        Refused: the file exists already, or would lie inside a project.
    """
    key = SigningKey.new()
    key.write(path, passphrase)
    return key


def load_key(path: Path, passphrase: str | None = None) -> SigningKey:
    """Return the key of a PEM file.

    Raises:
        NotFound: there is no such file.
        Refused: others may read it.
        InvalidInput: it is no Ed25519 key, or the passphrase is absent or wrong.
    """
    pem = _read(path, "Make one with: ninefold key new.")
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise Refused(f"The key file {path} can be read by others.", hint=f"Run: chmod 600 {path}.")
    return read_key(pem, passphrase, f"key file {path}")


def read_key(pem: bytes, passphrase: str | None, what: str) -> SigningKey:
    """Return the key that PEM holds; `what` names it in errors.

    Raises:
        InvalidInput: it is no Ed25519 key, or the passphrase is absent or wrong.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    try:
        private = serialization.load_pem_private_key(pem, passphrase.encode() if passphrase else None)
    except TypeError:
        need = "needs a passphrase" if passphrase is None else "has no passphrase, but one was given"
        raise InvalidInput(f"The {what} {need}.", hint="Repeat with the right one.") from None
    except (ValueError, UnsupportedAlgorithm):
        message = f"The {what} cannot be read: it is no private key in PEM, or the passphrase is wrong."
        raise InvalidInput(message, hint="Repeat with the right file and passphrase.") from None
    if not isinstance(private, Ed25519PrivateKey):
        raise InvalidInput(f"The {what} holds no Ed25519 key.", hint="Make one with: ninefold key new.")
    return SigningKey(private)


def is_locked(path: Path) -> bool:
    """Return whether the key of a file is encrypted.

    Raises:
        NotFound: there is no such file.
    """
    return b"ENCRYPTED PRIVATE KEY" in _read(path, "Make one with: ninefold key new.")


def read_public(path: Path) -> PublicKey:
    """Return the public key of a PEM file.

    Raises:
        NotFound: there is no such file.
        InvalidInput: it is no Ed25519 public key.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    pem = _read(path, "Name a file such as keys/approver.pub.")
    try:
        public = load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm):
        raise InvalidInput(f"{path} is no public key in PEM.", hint="Export it with: ninefold key public.") from None
    if not isinstance(public, Ed25519PublicKey):
        raise InvalidInput(f"The key in {path} is no Ed25519 key.", hint="Export one with: ninefold key public.")
    return PublicKey(public.public_bytes_raw())


def trusted_in(folder: Path) -> dict[str, PublicKey]:
    """Return the public keys (by id) of the `*.pub` files in a folder; none when it does not exist.

    Raises:
        InvalidInput: one of them is no public key.
    """
    return by_id(read_public(path) for path in sorted(folder.glob("*.pub")))


def by_id(keys: Iterable[PublicKey]) -> dict[str, PublicKey]:
    """Return keys by their id."""
    return {key.id: key for key in keys}


def default_key_path() -> Path:
    """Return where a person's key lies unless named: $NINEFOLD_KEY, else the user's configuration folder."""
    if named := os.environ.get("NINEFOLD_KEY"):
        return Path(named)
    base = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(base) / "ninefold" / "key.pem"


def unhex(text: str, size: int, what: str) -> bytes:
    """Return the bytes of exactly `size` that lower-case hexadecimal digits mean: one spelling for each value.

    Raises:
        InvalidInput: another length, another digit, or upper case.
    """
    if len(text) != 2 * size or any(c not in "0123456789abcdef" for c in text):
        raise InvalidInput(f"A {what} is written in {2 * size} lower-case hexadecimal digits, found {text[:20]!r}.")
    return bytes.fromhex(text)


def _message(context: str, data: bytes) -> bytes:
    if not context or "\x00" in context:
        raise InvalidInput(f"A signature's context is a word, found {context!r}.")
    return _PREFIX + context.encode() + b"\x00" + data


def _read(path: Path, hint: str) -> bytes:
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_KEY_FILE + 1)
    except OSError as error:
        raise NotFound(f"The key file {path} cannot be read: {error.strerror}.", hint=hint) from None
    if len(data) > MAX_KEY_FILE:
        raise InvalidInput(f"{path} has more than {MAX_KEY_FILE} bytes; that is no key.", hint=hint)
    return data


def _refuse_project(path: Path) -> None:
    for folder in path.resolve().parents:
        if (folder / MARKER).exists():
            message = f"The key file {path} would lie inside the project {folder}."
            raise Refused(message, hint="Keep secret keys outside projects; name another place with --key PATH.")
