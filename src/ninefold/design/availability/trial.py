"""One connection, tried: is it reached, are its tags there, do they make sense, how fast and late do they come."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ninefold.connectors.contract import Connector, Deadline, ReadPlan
from ninefold.connectors.files import plugins
from ninefold.connectors.manifest import manifest_of
from ninefold.connectors.plugin import ConnectorPlugin
from ninefold.design.availability.connections import settings_of
from ninefold.design.availability.live import Look, TagLook, look
from ninefold.kernel.clock import Clock
from ninefold.kernel.errors import InvalidInput, NinefoldError, TagNotFound
from ninefold.kernel.project import STATE
from ninefold.kernel.view import View
from ninefold.surface.table import Table
from ninefold.vocabulary.availability import Finding

OPEN_S = 10.0
CLOCK_S = 60.0  # of offset, beyond which samples cannot be joined with those of other sources
SHOWN = 5


def trial(view: View, name: str, root: Path, clock: Clock, seconds: float) -> list[Finding]:
    """Return what a look of some seconds at a connection finds; a table is described, not loaded.

    Raises:
        NotFound: there is no such connection.
    """
    settings = settings_of(view, name)
    plugin: ConnectorPlugin = plugins().get(settings.connector)
    found = [_described(plugin)]
    if plugin.live is None:
        return found + list(_table(plugin, name, settings, root))
    access = view.facets[f"connection:{name}#access"].body
    connector = plugin.live(name, settings, root / STATE / "pki", clock)
    plan = ReadPlan(tuple(settings.tags))
    opened = asyncio.run(_opened(connector, plan))
    found += opened
    if all(f.result == "pass" for f in opened):
        found += _looked(plan, look(connector, plan.tags, seconds))
    writable = ", ".join(access.write) or "nothing"
    return [*found, Finding("write", "pass", f"{writable} may be written", len(access.write))]


def _described(plugin: ConnectorPlugin) -> Finding:
    try:
        about = manifest_of(plugin)
    except InvalidInput as error:
        return Finding("connector", "unknown", error.message)
    return Finding("connector", "pass", f"{about.name}, tier {about.tier}: {about.standard}")


def trial_table(name: str, findings: Sequence[Finding]) -> Table:
    """Return the findings for a person."""
    rows = tuple((f.check, f.result, _amount(f.measured, f.unit), _amount(f.needed, f.unit), f.why) for f in findings)
    return Table(f"Connection {name}", ("check", "result", "measured", "needed", "why"), rows)


def _amount(value: float | None, unit: str) -> str | None:
    return None if value is None else f"{value:.4g}{'' if unit == '1' else f' {unit}'}"


async def _opened(connector: Connector, plan: ReadPlan) -> list[Finding]:
    """Return whether it is reached and whether every address is there."""
    try:
        start = time.monotonic()
        await connector.open(Deadline(OPEN_S))
        took = time.monotonic() - start
        reached = Finding("reachable", "pass", "the other side answers", took, OPEN_S, "s")
        try:
            start = time.monotonic()
            await connector.read(plan, Deadline(OPEN_S))
        except TagNotFound as error:
            return [reached, Finding("addresses", "fail", str(error))]
        took = time.monotonic() - start
        return [
            reached,
            Finding("addresses", "pass", f"all {len(plan.tags)} tags were read at once", took, OPEN_S, "s"),
        ]
    except NinefoldError as error:
        return [Finding("reachable", "fail", str(error))]
    finally:
        await connector.close()


def _looked(plan: ReadPlan, seen: Look) -> Iterator[Finding]:
    if seen.error:
        yield Finding("samples", "fail", seen.error)
        return
    looks = {t.name: seen.tags[t.name] for t in plan.tags}
    silent = [n for n, x in looks.items() if x.samples == 0]
    came = sum(x.samples for x in looks.values())
    why = f"{_listed(silent)} sent nothing within {seen.seconds:g} s" if silent else "every tag sent samples"
    yield Finding("samples", "unknown" if silent else "pass", why, came)
    bad = [n for n, x in looks.items() if x.bad]
    yield Finding(
        "quality", "fail" if bad else "pass", f"{_listed(bad)} is bad" if bad else "no sample is bad", len(bad)
    )
    for doubt in seen.doubts.values():
        yield Finding("plausible", "fail" if doubt.certain else "unknown", doubt.why)
    if not seen.doubts:
        yield Finding("plausible", "pass", "the connector doubts no value")
    yield from _paced(looks)
    if seen.gaps:
        yield Finding("gaps", "fail", f"samples were lost {seen.gaps} times within {seen.seconds:g} s", seen.gaps)
    else:
        yield Finding("gaps", "pass", f"nothing was lost within {seen.seconds:g} s", 0)


def _paced(looks: dict[str, TagLook]) -> Iterator[Finding]:
    """Yield how often samples come, and how far the clocks are apart."""
    rates = {n: x.rate_hz for n, x in looks.items() if x.rate_hz is not None}
    if rates:
        slow, fast = min(rates, key=lambda n: rates[n]), max(rates, key=lambda n: rates[n])
        why = f"{slow} comes at {rates[slow]:.3g} Hz by the times of its samples"
        why += f", {fast} at {rates[fast]:.3g} Hz" if fast != slow else ""
        yield Finding("rate", "pass", why, rates[slow], None, "Hz")
    else:
        yield Finding("rate", "unknown", "too few samples to tell how often they come")
    offsets = {n: x.offset_s for n, x in looks.items() if x.offset_s is not None}
    if offsets:
        worst = max(offsets, key=lambda n: abs(offsets[n]))
        why = f"samples of {worst} arrive {offsets[worst]:.3g} s after their time, the way here included"
        result = "pass" if abs(offsets[worst]) <= CLOCK_S else "fail"
        yield Finding("clock", "pass" if result == "pass" else "fail", why, offsets[worst], CLOCK_S, "s")
    else:
        yield Finding("clock", "unknown", "too few samples to compare the clocks")


def _table(plugin: ConnectorPlugin, name: str, settings: Any, root: Path) -> Iterator[Finding]:
    """Yield whether a table is there and has the columns that are listed."""
    assert plugin.table is not None  # noqa: S101 - a plugin without live has a table
    try:
        source = plugin.table(name, settings, root)
        files = source.files()
        yield Finding("reachable", "pass", f"{len(files)} files are there", len(files))
        columns = source.describe()
        yield Finding("columns", "pass", f"{len(columns)} columns, those of all tags among them", len(columns))
    except NinefoldError as error:
        yield Finding("readable", "fail", str(error))


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")
