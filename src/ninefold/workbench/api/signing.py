"""Signing over the API: the password travels in the body, as on the pages, whatever the request comes with.

A token alone signs nothing. The key is opened for one request; wrong passwords are counted with those of the login.
"""

from typing import Any, NamedTuple

from litestar import Request

from ninefold.kernel.errors import AccessDenied
from ninefold.kernel.signing import SigningKey
from ninefold.workbench.api.refusals import Refusal


class Signer(NamedTuple):
    """A person's key, opened for this request."""

    key: SigningKey


class Confirmed(NamedTuple):
    """A person has given their password with this request, and it was right."""

    person: str


async def signer_of(request: Request[Any, Any, Any], password: str) -> Signer:
    """Return the signing key of who asks.

    Raises:
        Refusal: 429 after too many wrong passwords; 403 when it does not open the key.
    """
    access, person = request.app.state.access, request.state.viewer.person
    with_throttle(request)
    try:
        key = await access(lambda a: a.accounts.signing_key(person, password))
    except AccessDenied as error:  # not 401: who asks is known
        raise Refusal(403, error.message, error.hint) from None
    access.throttle.succeeded(person, address_of(request))
    return Signer(key)


async def confirmed_of(request: Request[Any, Any, Any], password: str) -> Confirmed:
    """Return that a password is the one of who asks.

    Raises:
        Refusal: 429 after too many wrong ones; 403 when it is not.
    """
    access, person = request.app.state.access, request.state.viewer.person
    with_throttle(request)
    stored = await access(lambda a: a.accounts.password_hash(person))
    if not await access(lambda a: a.passwords.fits(stored, password)):
        raise Refusal(403, "The password does not fit.", "Repeat it.")
    access.throttle.succeeded(person, address_of(request))
    return Confirmed(person)


def with_throttle(request: Request[Any, Any, Any]) -> None:
    """Count a try, which a right password takes back.

    Raises:
        Refusal: 429, there were too many.
    """
    throttle, person, address = request.app.state.access.throttle, request.state.viewer.person, address_of(request)
    if wait_s := throttle.wait_s(person, address):
        headers = {"Retry-After": str(wait_s)}
        raise Refusal(429, "There were too many wrong passwords.", f"Wait {wait_s} s, then repeat.", headers=headers)
    throttle.failed(person, address)


def address_of(request: Request[Any, Any, Any]) -> str:
    """Return the address that asks."""
    return request.client.host if request.client else ""
