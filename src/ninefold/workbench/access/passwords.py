"""Passwords by Argon2id: as much work for a name that does not exist; and keys sealed by what a password gives.

PKCS #8 alone guards a key with a fast hash, which would make the stolen file the easier way to guess a password;
so the passphrase of a sealed key is itself derived by Argon2id, with a salt of its own.
"""

import os
import unicodedata
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

from ninefold.kernel.errors import AccessDenied, InvalidInput, MissingDependency
from ninefold.kernel.signing import SigningKey, read_key

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST, LONGEST = 12, 1024  # characters


class Cost(msgspec.Struct, frozen=True):
    """What one guess costs; the default is the second choice of RFC 9106."""

    passes: int = 3
    memory_kib: int = 65_536
    lanes: int = 4


class Sealed(msgspec.Struct, frozen=True):
    """A signing key that only its owner's password opens."""

    salt: bytes
    pem: bytes


class Passwords:
    """Hashes and checks passwords at one cost. Holds no state of a person and may be used in any thread."""

    def __init__(self, cost: Cost | None = None) -> None:
        self.cost = cost or Cost()

    @cached_property
    def _hasher(self) -> "PasswordHasher":
        try:
            from argon2 import PasswordHasher
        except ModuleNotFoundError:
            raise MissingDependency("argon2-cffi", "workbench", "Logging in") from None
        return PasswordHasher(self.cost.passes, self.cost.memory_kib, self.cost.lanes)

    @cached_property
    def _nobody(self) -> str:
        return self._hasher.hash(os.urandom(16).hex())

    def hash(self, password: str) -> str:
        """Return what is stored of a new password.

        Raises:
            InvalidInput: it is too short or too long.
        """
        return self._hasher.hash(checked(password))

    def fits(self, stored: str, password: str) -> bool:
        """Return whether a password is the one that is stored; with nothing stored, no, after as much work."""
        from argon2.exceptions import InvalidHashError, VerificationError

        text = normal(password)[:LONGEST]
        try:
            self._hasher.verify(stored or self._nobody, text)
        except (VerificationError, InvalidHashError):
            return False
        return bool(stored)

    def seal(self, key: SigningKey, password: str) -> Sealed:
        """Return a signing key as only this password opens it."""
        salt = os.urandom(16)
        return Sealed(salt, key.pem(self._passphrase(password, salt)))

    def open(self, sealed: Sealed, password: str) -> SigningKey:
        """Return a sealed key.

        Raises:
            AccessDenied: the password is wrong, or there is no key.
        """
        if not sealed.pem:
            raise AccessDenied("The account holds no signing key.", hint="Sign with: ninefold sign MODEL --key PATH.")
        try:
            return read_key(sealed.pem, self._passphrase(password, sealed.salt), "sealed key")
        except InvalidInput:
            raise AccessDenied("The password does not open the signing key.", hint="Repeat it.") from None

    def _passphrase(self, password: str, salt: bytes) -> str:
        from argon2.low_level import Type, hash_secret_raw

        cost, secret = self.cost, normal(password)[:LONGEST].encode()
        return hash_secret_raw(secret, salt, cost.passes, cost.memory_kib, cost.lanes, 32, Type.ID).hex()


def normal(password: str) -> str:
    """Return a password in the one form that every keyboard's spelling of it has (NFKC, as RFC 8265 asks)."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "replace").decode()


def checked(password: str) -> str:
    """Return a new password in its normal form.

    Raises:
        InvalidInput: it is too short or too long.
    """
    text = normal(password)
    if not SHORTEST <= len(text) <= LONGEST:
        message = f"A password has {SHORTEST} to {LONGEST} characters, found {len(text)}."
        raise InvalidInput(message, hint="Choose a few words that do not belong together.")
    return text
