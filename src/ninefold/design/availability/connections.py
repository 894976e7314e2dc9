"""Connectors and connections for people: which there are, what the other side offers, whom each one trusts."""

import asyncio
import hashlib
from pathlib import Path
from typing import Any

import msgspec
from cryptography.hazmat.primitives.serialization import Encoding

from ninefold.connectors.contract import Connector, Deadline, exceeded
from ninefold.connectors.files import UnknownSource, plugins
from ninefold.connectors.manifest import manifest_of
from ninefold.connectors.opcua.settings import OpcuaSettings
from ninefold.kernel.certificates import create_certificate, fingerprint, read_certificate
from ninefold.kernel.clock import Clock
from ninefold.kernel.decode import nearest
from ninefold.kernel.errors import Conflict, InvalidInput, NotFound, Refused
from ninefold.kernel.project import STATE
from ninefold.kernel.view import View
from ninefold.surface.table import Table

MAX_TAGS = 5000  # that a browse shows
BROWSE_S = 60.0


def connectors_table() -> Table:
    """Return every installed connector as its manifest describes it, and those that cannot be loaded."""
    rows = []
    for name, plugin in sorted(plugins().found.items()):
        kind = "live" if plugin.live is not None else "table"
        try:
            about = manifest_of(plugin)
        except InvalidInput as error:  # another's package may lack it
            rows.append((name, kind, "", "", "", "", error.message))
            continue
        abilities = ", ".join(about.capabilities)
        rows.append((name, kind, about.tier, abilities, about.standard, about.driver, "ready"))
    rows += [(b.name, "", "", "", "", "", f"{b.error}") for b in plugins().broken]
    columns = ("connector", "kind", "tier", "can", "standard", "driver", "state")
    return Table("Connectors", columns, tuple(rows), ("Write one with: ninefold connector new NAME.",), "None.")


def connections_table(view: View) -> Table:
    """Return every connection with its connector, its zone, and how many signals it brings."""
    rows = []
    for facet in view.of_kind("source"):
        name = facet.name.removeprefix("connection:").removesuffix("#source")
        body = facet.body
        access = view.facets.get(f"connection:{name}#access")
        where = getattr(body, "endpoint", None) or getattr(body, "path", "")
        signals = body.signals if isinstance(body, UnknownSource) else {t.signal for t in body.tags}
        written = len(access.body.write) if access is not None else 0
        zone = access.body.zone if access is not None else ""
        state = body.missing if isinstance(body, UnknownSource) else "ready"
        rows.append((name, body.connector, where, zone, len(signals), written, state))
    columns = ("connection", "connector", "where", "zone", "signals", "writable", "state")
    return Table("Connections", columns, tuple(rows), (), "There is no file in connections/.")


def settings_of(view: View, name: str) -> Any:
    """Return the settings of a connection, those included that do not identify its source.

    Raises:
        NotFound: there is no such connection, or its file has problems.
    """
    facet = view.facets.get(f"connection:{name}#source")
    if facet is None:
        known = [f.name.removeprefix("connection:").removesuffix("#source") for f in view.of_kind("source")]
        raise NotFound(f"There is no connection {name!r}.", hint=nearest(name, known) or "Write connections/NAME.yaml.")
    if isinstance(facet.body, UnknownSource):
        raise NotFound(facet.body.missing)
    access = view.facets[f"connection:{name}#access"].body
    security = {} if access.security is None else {"security": access.security}
    return msgspec.structs.replace(facet.body, **security, **access.other)


def tags_table(view: View, name: str, root: Path, clock: Clock, under: str | None = None) -> Table:
    """Return what the other side of a live connection offers, or the columns of a table.

    Raises:
        ConnectorError: it cannot be reached.
    """
    settings = settings_of(view, name)
    plugin = plugins().get(settings.connector)
    if plugin.live is None:
        columns = plugin.table(name, settings, root).describe().items()
        return Table(f"Columns of {name}", ("column", "type"), tuple(columns))
    connector = plugin.live(name, settings, root / STATE / "pki", clock)
    rows = asyncio.run(_browse(connector, under))
    known = {t.address for t in settings.tags}
    listed = tuple((n, a, t, u, "yes" if w else "", "yes" if a in known else "") for n, a, t, u, w in rows)
    notes = (f"Only the first {MAX_TAGS} are shown.",) if len(rows) == MAX_TAGS else ()
    return Table(f"Tags of {name}", ("name", "address", "type", "unit", "writable", "listed"), listed, notes, "None.")


async def _browse(connector: Connector, under: str | None) -> list[tuple[str, str, str, str, bool]]:
    found = []
    try:
        await connector.open(Deadline(10))
        async with asyncio.timeout(BROWSE_S):
            async for tag in connector.browse(under):
                found.append((tag.name, tag.address, tag.type, tag.unit, tag.writable))
                if len(found) == MAX_TAGS:
                    break
    except TimeoutError:
        raise exceeded(connector.name, BROWSE_S) from None
    finally:
        await connector.close()
    return found


def identity(view: View, name: str, root: Path) -> tuple[Path, str]:
    """Return our certificate for a connection, made when it is absent, and its fingerprint; for the server's owner.

    Raises:
        Refused: the connection needs none.
    """
    settings = _secured(view, name)
    pair = create_certificate(root / STATE / "pki", settings.security.certificate, settings.application)
    return pair.certificate, fingerprint(pair.certificate)


def trust(
    view: View, name: str, root: Path, *, certificate: Path | None = None, expected: str | None = None
) -> tuple[Path, str]:
    """Pin a server's certificate: the one of a file, or the one that it shows when its fingerprint is the expected one.

    Raises:
        Refused: neither file nor fingerprint is given, or the fingerprint is another one.
        Conflict: another certificate is pinned already.
    """
    settings = _secured(view, name)
    target = root / STATE / "pki" / "trusted" / f"{settings.security.server or name}.der"
    if certificate is not None:
        data = read_certificate(certificate).public_bytes(Encoding.DER)
    else:
        from ninefold.connectors.opcua.connector import shown_certificate

        data = asyncio.run(shown_certificate(name, settings.endpoint))
    found = hashlib.sha256(data).hexdigest()
    if certificate is None and expected is None:
        message = f"The server at {settings.endpoint} shows a certificate with the fingerprint {found}."
        raise Refused(
            message,
            hint=f"Compare it at the server, then run: ninefold connector trust {name} --fingerprint {found}.",
        )
    if expected is not None and found != expected.replace(":", "").lower():
        message = f"The certificate has the fingerprint {found}, not the expected one."
        raise Refused(message, hint="Find out who answers there before anything is trusted.")
    if target.exists() and target.read_bytes() != data:
        message = f"Another certificate is pinned for {name}: {fingerprint(target)[:16]}."
        raise Conflict(message, hint=f"Remove {target.relative_to(root)} when the server's owner confirms the change.")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)
    return target, found


def _secured(view: View, name: str) -> OpcuaSettings:
    settings = settings_of(view, name)
    if not isinstance(settings, OpcuaSettings):
        raise Refused(f"The connection {name} needs no certificate.", hint="Only OPC UA does.")
    return settings
