"""Signatures inside record bodies: a decision carries the key and the signature of the person who took it."""

from typing import Any, TypeVar

import msgspec

from ninefold.kernel.canonical import canonical
from ninefold.kernel.errors import InvalidInput, VerificationError
from ninefold.kernel.signing import PublicKey, SigningKey, unhex

T = TypeVar("T", bound=msgspec.Struct)


def sign_body(body: T, key: SigningKey, context: str) -> T:
    """Return the body with its `public_key` and a `signature` over the canonical bytes of all the rest."""
    named = msgspec.structs.replace(body, public_key=key.public.hex, signature="")
    signature = key.sign(context, canonical(named)).hex()
    return msgspec.structs.replace(named, signature=signature)


def check_body(plain: Any, context: str) -> PublicKey:
    """Return the key that signed a body, given as the plain values of its record; fields of newer versions count.

    Raises:
        VerificationError: it carries no signature, or one that does not fit.
    """
    fields = dict(plain) if isinstance(plain, dict) else {}
    try:
        signature = unhex(str(fields.pop("signature", "")), 64, "signature")
        key = PublicKey.from_hex(str(fields.get("public_key", "")))
    except InvalidInput as error:
        raise VerificationError(f"The {context} carries no signature: {error.message}") from None
    key.verify(context, canonical(fields), signature)
    return key
