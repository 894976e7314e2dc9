"""An OPC UA server on loopback with Basic256Sha256 and SignAndEncrypt, and nothing else; its nodes are its caller's.

Whoever has no certificate in the trust folder gets no session. asyncua alone does not give that: it validates a
certificate only if the client sends one, and opens a channel without security even where no such endpoint is offered.
So the certificate of the *channel* is looked up when the session is activated, and without one there is no session.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ninefold.kernel.errors import MissingDependency
from ninefold.simulation.servers.pki import SERVER_URI, TrustedClients, make_pair

MOST_CLIENTS = 20


async def secured_server(endpoint: str, pki: Path, name: str) -> tuple[Any, Any]:
    """Return a server that is ready for its nodes and not yet started, and the module `asyncua.ua`.

    Raises:
        MissingDependency: asyncua is not installed.
    """
    try:
        from asyncua import Server, ua
    except ImportError:
        raise MissingDependency("asyncua", "opcua", "A simulated controller") from None
    certificate, key = make_pair(pki, "server", SERVER_URI)
    (pki / "trusted").mkdir(exist_ok=True)
    clients = TrustedClients(pki)
    server = Server(user_manager=_users(clients))
    with all_kept():
        await server.init()
    await server.set_application_uri(SERVER_URI)
    server.set_endpoint(endpoint)
    server.set_server_name(name)
    await server.load_certificate(certificate)
    await server.load_private_key(key)
    server.set_security_policy([ua.SecurityPolicyType.Basic256Sha256_SignAndEncrypt])
    server.set_identity_tokens([ua.AnonymousIdentityToken])
    server.set_certificate_validator(_validator(clients))
    server.iserver.max_connections = MOST_CLIENTS
    return server, ua


def shared_value(ua: Any) -> Any:
    """Return a kind of `ua.DataValue` that nobody changes once it is written, so that the server needs no copies of it.

    asyncua copies a value deeply for each subscription that hears of it: 28 % of a busy cell's CPU.
    """

    class SharedValue(ua.DataValue):  # type: ignore[misc]  # asyncua is imported where it is needed, hence untyped
        def __deepcopy__(self, _: object) -> Any:
            return self

    return SharedValue


@contextmanager
def all_kept() -> Iterator[None]:
    """Look for no garbage while the standard's address space is made, all of it to stay: half of that time."""
    looking = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if looking:
            gc.enable()


def _users(clients: TrustedClients) -> Any:
    from asyncua.crypto.permission_rules import User, UserRole

    class Users:
        """Gives a user to a channel whose certificate is trusted, and to no other."""

        def get_user(self, *_: Any, certificate: Any = None, **__: Any) -> Any:
            name = clients.name_of(certificate)
            return None if name is None else User(role=UserRole.User, name=name)

    return Users()


def _validator(clients: TrustedClients) -> Any:
    """Return what refuses an untrusted certificate early and by its right name; `_users` is what must hold."""
    from asyncua import ua
    from asyncua.common.utils import ServiceError
    from asyncua.crypto.uacrypto import der_from_x509
    from asyncua.crypto.validator import CertificateValidator

    basic = CertificateValidator()

    async def validate(certificate: Any, description: Any) -> None:
        await basic.validate(certificate, description)
        if clients.name_of(der_from_x509(certificate)) is None:
            raise ServiceError(ua.StatusCodes.BadCertificateUntrusted)

    return validate
