"""One's own tokens, and for administrators who may log in."""

from ninefold.client.answers import Account, Page, Token, TokenMade
from ninefold.client.requests import TokenRequest
from ninefold.workbench.access.access import Access
from ninefold.workbench.access.api_tokens import Token as Stored
from ninefold.workbench.api.operation import operation
from ninefold.workbench.api.paging import Cursor, Limit, part
from ninefold.workbench.api.signing import Confirmed
from ninefold.workbench.desk import Desk

TAG = "Access"


@operation("GET", "/tokens", tag=TAG)
def tokens(desk: Desk, cursor: Cursor = "", limit: Limit = 100) -> Page[Token]:
    """List one's own tokens; a secret is never shown again."""
    access = Access(desk.project.state)
    try:
        return part(access.tokens.of(desk.actor), lambda t: t.digest, cursor, limit, _token)
    finally:
        access.close()


def _token(t: Stored) -> Token:
    return Token(t.digest, t.name, t.scope, t.made, t.until, t.used)


@operation("POST", "/tokens", status=201, tag=TAG, once=False)
def make_token(desk: Desk, data: TokenRequest, confirmed: Confirmed) -> TokenMade:  # noqa: ARG001 - it was right
    """Make a token of one's own; its secret is in this answer and nowhere else. The password is asked for again."""
    access = Access(desk.project.state)
    try:
        secret = access.tokens.make(
            desk.actor, desk.viewer.role, data.name, data.scope, data.days, access.clock.now()
        )  # fmt: skip
        return TokenMade(data.name, secret)
    finally:
        access.close()


@operation("DELETE", "/tokens/{id:str}", tag=TAG)
def revoke_token(desk: Desk, id: str) -> Token:
    """Revoke a token of one's own, at once."""
    access = Access(desk.project.state)
    try:
        found = [t for t in access.tokens.of(desk.actor) if t.digest == id]
        access.tokens.revoke(desk.actor, id)
        return _token(found[0])
    finally:
        access.close()


@operation("GET", "/accounts", role="administrator", tag=TAG)
def accounts(desk: Desk, cursor: Cursor = "", limit: Limit = 100) -> Page[Account]:
    """List who may log in, by their opaque key."""
    access = Access(desk.project.state)
    try:
        found = access.accounts.all()
        return part(
            found, lambda a: a.person, cursor, limit,
            lambda a: Account(a.person, a.name, a.role, a.made, a.has_password, a.has_key),
        )  # fmt: skip
    finally:
        access.close()


ROUTES = (tokens, make_token, revoke_token, accounts)
