"""Every need against every source that lists it: tables are loaded once, live sources are looked at once."""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from ninefold.connectors.contract import PlannedTag
from ninefold.connectors.files import UnknownSource, plugins
from ninefold.connectors.plugin import ConnectorPlugin
from ninefold.connectors.tables import TableSettings
from ninefold.design.availability.history import EventHistory, Measures, measure_events
from ninefold.design.availability.judging import event_verdict, live_findings, signal_findings, signal_verdict, worst
from ninefold.design.availability.live import Look, look
from ninefold.design.availability.operating import Operation
from ninefold.kernel.clock import Clock
from ninefold.kernel.errors import NinefoldError
from ninefold.kernel.project import STATE
from ninefold.kernel.records import revive
from ninefold.vocabulary.asset import Assets
from ninefold.vocabulary.availability import Availability, Finding, GapMap, NeedVerdict, SourceFindings
from ninefold.vocabulary.calendar import Calendar
from ninefold.vocabulary.use_case import DataNeed, DataNeeds

DEFAULT_GAP_S = 86_400.0  # between samples that still belong together, when a need names no gap
KINDS = {"number": "number", "text": "text", "time": "number"}


@dataclass(frozen=True)
class Source:
    """One connection as the check sees it: its settings, or why it has none."""

    name: str
    connector: str
    settings: Any = None
    missing: str = ""
    signals: frozenset[str] = frozenset()

    @classmethod
    def of(cls, name: str, plain: Mapping[str, Any], access: Mapping[str, Any]) -> "Source":
        """Return the source whose facets these are the bodies of."""
        if "missing" in plain:
            unknown = msgspec.convert(plain, UnknownSource)
            return cls(name, unknown.connector, None, unknown.missing, frozenset(unknown.signals))
        plugin: ConnectorPlugin = plugins().get(plain["connector"])
        security = {"security": access["security"]} if access.get("security") else {}
        settings = msgspec.convert(
            {**plain, **security, **access.get("other", {})}, plugin.settings, strict=False, dec_hook=revive
        )
        return cls(name, plugin.name, settings, "", frozenset(t.signal for t in settings.tags))

    @property
    def is_table(self) -> bool:
        """Whether it holds history."""
        return isinstance(self.settings, TableSettings)

    @property
    def tags(self) -> tuple[PlannedTag, ...]:
        """The tags of a live source."""
        return () if self.settings is None or self.is_table else self.settings.tags


@dataclass
class _Check:
    """What all needs share: where, when, and what was measured already."""

    root: Path
    clock: Clock
    assets: Assets
    operation: Operation
    now: int
    looks: dict[str, Look] = field(default_factory=dict)
    maps: list[GapMap] = field(default_factory=list)

    def wanted(self, need: DataNeed, found: Iterable[str]) -> tuple[str, ...]:
        """Return the assets that a need names; without assets.yaml those that the source holds."""
        return self.assets.matching(need.assets) if self.assets.groups else tuple(sorted(set(found)))


def check_needs(
    needs: DataNeeds,
    sources: Sequence[Source],
    assets: Assets,
    calendar: Calendar | None,
    labels_needed: int,
    root: Path,
    clock: Clock,
) -> Availability:
    """Return the verdict on every need of a use case.

    Raises:
        InvalidInput: the calendar or an operating state cannot be used.
    """
    check = _Check(root, clock, assets, Operation(calendar), clock.now())
    check.operation.signals(sorted({state for need in needs.needs for state in need.when}))
    with ThreadPoolExecutor(1) as pool:  # a look waits for samples; the tables are measured meanwhile
        looks = pool.submit(_looks, needs.needs, sources, check)
        tables = _tables(needs.needs, [s for s in sources if s.is_table], check)
        check.looks.update(looks.result())
    verdicts = tuple(_verdict(need, sources, tables, labels_needed, check) for need in needs.needs)
    return Availability(needs.use_case, worst(verdicts), verdicts, check.now, tuple(check.maps))


Measured = dict[tuple[str, DataNeed], tuple[list[Finding], EventHistory | None]]  # (connection, need) -> what it holds


def _tables(needs: Sequence[DataNeed], sources: Sequence[Source], check: _Check) -> Measured:
    """Load each table once and measure all that is needed of it."""
    found: Measured = {}
    for source in sources:
        mine = [n for n in needs if _serves(source, n)]
        if not mine:
            continue
        try:
            found |= _table(source, mine, check)
        except NinefoldError as error:
            failed = Finding("readable", "fail", error.message)
            found |= {(source.name, need): ([failed], None) for need in mine}
    return found


def _table(source: Source, needs: Sequence[DataNeed], check: _Check) -> Measured:
    plugin: ConnectorPlugin = plugins().get(source.connector)
    assert plugin.table is not None  # noqa: S101 - a source of tables has one
    table = plugin.table(source.name, source.settings, check.root)
    states = {s for n in needs for s in n.when if n.kind == "signal"}
    signals = {n.signal for n in needs} | check.operation.signals(sorted(states))
    ready = Finding("readable", "pass", "the source is read")
    found: Measured = {}
    with table.loaded(signals) as (connection, name):
        kinds = {c: KINDS[t] for c, t in table.describe().items()}
        held = [a for (a,) in connection.execute(f"SELECT DISTINCT asset FROM {name}").fetchall() if a is not None]
        measures = Measures(connection, name, check.operation)
        for need in needs:
            assets = check.wanted(need, held)
            if need.kind == "event":
                found[source.name, need] = ([ready], measure_events(connection, name, need.signal, assets))
            else:
                inside = check.operation.inside(need.when, kinds)
                gap_s = float(need.max_gap) if need.max_gap is not None else DEFAULT_GAP_S
                measured = measures.signal(need.signal, assets, inside, gap_s)
                findings = signal_findings(need, assets, measured, check.operation, check.now)
                found[source.name, need] = ([ready, *findings], None)
        check.maps += [msgspec.structs.replace(m, connection=source.name) for m in measures.maps()]
    return found


def _looks(needs: Sequence[DataNeed], sources: Sequence[Source], check: _Check) -> dict[str, Look]:
    found = {}
    for source in sources:
        tags = [t for t in source.tags if any(_serves(source, n) and t.signal == n.signal for n in needs)]
        if not tags:
            continue
        plugin: ConnectorPlugin = plugins().get(source.connector)
        assert plugin.live is not None  # noqa: S101 - a source with planned tags is live
        connector = plugin.live(source.name, source.settings, check.root / STATE / "pki", check.clock)
        found[source.name] = look(connector, tags)
    return found


def _serves(source: Source, need: DataNeed) -> bool:
    """Return whether a connection is to bring a need: the one that it names, or any that lists the signal."""
    if need.from_:
        return source.name == need.from_
    if need.kind == "event":
        return source.is_table and source.settings.holds_events
    return need.signal in source.signals


def _verdict(
    need: DataNeed, sources: Sequence[Source], tables: Measured, labels_needed: int, check: _Check
) -> NeedVerdict:
    serving = [s for s in sources if _serves(s, need) and not s.missing]
    if not serving:
        return _nobody(need, [s for s in sources if _serves(s, need)])
    histories = [(s, *tables[s.name, need]) for s in serving if (s.name, need) in tables]
    if need.kind == "event":
        return _event(need, histories, labels_needed, check)
    lives = [_live(need, s, check) for s in serving if s.name in check.looks]
    return signal_verdict(need, [_findings(s, found) for s, found, _ in histories], lives)


def _event(
    need: DataNeed,
    histories: Sequence[tuple[Source, list[Finding], EventHistory | None]],
    labels_needed: int,
    check: _Check,
) -> NeedVerdict:
    """Return the verdict of the log that holds most."""
    needed = labels_needed if need.per_class == "derived" else need.per_class
    verdicts = [
        event_verdict(need, _findings(s, found), events or EventHistory(0, ()), needed, check.now)
        for s, found, events in histories
    ]
    if not verdicts:
        return _nobody(need, [])
    return max(verdicts, key=lambda v: v.labels or 0)


def _live(need: DataNeed, source: Source, check: _Check) -> SourceFindings:
    tags = {t.asset: t.name for t in source.tags if t.signal == need.signal}
    assets = check.wanted(need, tags)
    return _findings(source, live_findings(need, assets, tags, check.looks[source.name]))


def _findings(source: Source, found: Iterable[Finding]) -> SourceFindings:
    return SourceFindings(source.name, source.connector, tuple(found))


def _nobody(need: DataNeed, without_connector: Sequence[Source]) -> NeedVerdict:
    """Return the verdict on a need that no connection brings, with what is to be added."""
    if without_connector:
        source = without_connector[0]
        found = _findings(source, [Finding("connector", "fail", source.missing)])
        action = f"Add the connector {source.connector}: install a package that brings it, or write one."
        return NeedVerdict(need.signal, need.kind, "missing", source.missing, action, "the use case", (found,))
    if need.from_:
        reason = f"there is no connection {need.from_!r}"
        action = f"Write connections/{need.from_}.yaml."
    else:
        reason = f"no connection brings {need.signal}"
        known = ", ".join(sorted(plugins().found))
        action = f"Add {need.signal} to a connection's tags, or a connection over one of: {known}."
    found_none = SourceFindings("", "", (Finding("connector", "fail", reason),))
    return NeedVerdict(need.signal, need.kind, "missing", reason, action, "the use case", (found_none,))
