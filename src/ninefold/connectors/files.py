"""assets.yaml, calendar.yaml and connections/NAME.yaml as facets.

A connection's `#source` is all that identifies the source, and nothing of security: who may read it changes no data.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import PurePosixPath
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from ninefold.connectors.contract import PlannedTag
from ninefold.connectors.plugin import GROUP, ConnectorPlugin
from ninefold.connectors.tables import TableSettings
from ninefold.kernel.clock import parse_iso
from ninefold.kernel.documents import Document, decode, parse_yaml
from ninefold.kernel.errors import InvalidFile, NinefoldError, Problem
from ninefold.kernel.plugins import Plugins, load_plugins
from ninefold.kernel.view import Facet
from ninefold.vocabulary.asset import AssetGroup, Assets
from ninefold.vocabulary.calendar import Calendar

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_SHIFT = re.compile(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-4]):[0-5]\d")


class UnknownSource(msgspec.Struct, frozen=True):
    """A connection whose connector is not here: what it would bring, and what is missing."""

    connector: str
    signals: tuple[str, ...]
    missing: str


class Access(msgspec.Struct, frozen=True):
    """Who may reach the source, how it is asked, and what may be written to it."""

    zone: str
    write: tuple[str, ...] = ()
    security: Any = None
    other: dict[str, Any] = {}  # what else the file sets and does not identify the source: poll, timeout


class AssetReader:
    """assets.yaml: path of a node -> zone and assets."""

    patterns: Sequence[str] = ("assets.yaml",)

    def facets(self, text: str, file: str) -> Iterator[Facet]:
        """Return the one facet. See the contract."""
        document = parse_yaml(text, file)
        groups = decode(document, dict[str, AssetGroup])
        problems = []
        seen: dict[str, str] = {}
        for path, group in groups.items():
            for place, asset in enumerate(group.assets):
                if not asset or "/" in asset:
                    problems.append(document.problem((path, "assets", place), f"{asset!r} is no name of an asset."))
                if asset in seen:
                    message = f"The asset {asset!r} stands in {seen[asset]} already."
                    problems.append(document.problem((path, "assets", place), message, "Give it another name."))
                seen[asset] = path
        if problems:
            raise InvalidFile(problems)
        yield Facet("assets", "assets", Assets(groups), file, 1)

    def check(self, facets: Mapping[str, Facet]) -> Iterator[Problem]:
        """Return nothing: other files name assets, not this one them."""
        del facets
        yield from ()


class CalendarReader:
    """calendar.yaml: zone, shifts, planned stops, operating states."""

    patterns: Sequence[str] = ("calendar.yaml",)

    def facets(self, text: str, file: str) -> Iterator[Facet]:
        """Return the one facet. See the contract."""
        document = parse_yaml(text, file)
        calendar = decode(document, Calendar)
        problems = list(_calendar_problems(document, calendar))
        if problems:
            raise InvalidFile(problems)
        yield Facet("calendar", "calendar", calendar, file, 1)

    def check(self, facets: Mapping[str, Facet]) -> Iterator[Problem]:
        """Return nothing: a calendar names no other file."""
        del facets
        yield from ()


class ConnectionReader:
    """connections/NAME.yaml: which connector, which source, which tags, which security."""

    patterns: Sequence[str] = ("connections/*.yaml",)

    def facets(self, text: str, file: str) -> Iterator[Facet]:
        """Return source and access of one connection. See the contract."""
        name = PurePosixPath(file).stem
        document = parse_yaml(text, file)
        _check_name(document, name)
        tree = document.tree
        connector = tree.get("connector") if isinstance(tree, dict) else None
        if not isinstance(connector, str):
            raise InvalidFile([document.problem(("connector",), "The field 'connector' is missing.", _known())])
        try:
            plugin: ConnectorPlugin = plugins().get(connector)
        except NinefoldError as error:
            source: Any = UnknownSource(connector, _signals(tree), str(error))
            yield Facet(f"connection:{name}#source", "source", source, file, document.line(("connector",)))
            return
        settings = decode(document, plugin.settings)
        problems = list(_safety_problems(document, settings))
        if problems:
            raise InvalidFile(problems)
        line = document.line(("connector",))
        yield Facet(f"connection:{name}#source", "source", identity(plugin, settings), file, line)
        security = getattr(settings, "security", None)
        zone, write = getattr(settings, "zone", "enterprise"), tuple(getattr(settings, "write", ()))
        access = Access(zone, write, security, _other(plugin, settings))
        yield Facet(f"connection:{name}#access", "access", access, file, line)

    def check(self, facets: Mapping[str, Facet]) -> Iterator[Problem]:
        """Return connectors that are not here, and assets that the tree does not know."""
        tree = facets.get("assets")
        known = set(tree.body.paths()) if tree is not None else None
        for facet in facets.values():
            if facet.kind != "source":
                continue
            if isinstance(facet.body, UnknownSource):
                yield Problem(facet.file, facet.line, "connector", facet.body.missing)
            elif known is not None:
                tags = [t for t in getattr(facet.body, "tags", ()) if isinstance(t, PlannedTag)]
                for asset in sorted({t.asset for t in tags} - known):
                    message = f"The asset {asset!r} is not in assets.yaml."
                    yield Problem(facet.file, facet.line, "tags", message, "Add it there, or correct the name.")


READERS = (AssetReader(), CalendarReader(), ConnectionReader())


@cache
def plugins() -> Plugins:
    """Return the connectors that are installed."""
    return load_plugins(GROUP)


def identity(plugin: ConnectorPlugin, settings: Any) -> Any:
    """Return the settings with everything that does not identify the source set back to its default."""
    reset = {
        f.name: f.default
        for f in msgspec.structs.fields(settings)
        if f.name not in plugin.identity and f.default is not msgspec.NODEFAULT
    }
    return msgspec.structs.replace(settings, **reset)


def _other(plugin: ConnectorPlugin, settings: Any) -> dict[str, Any]:
    """Return the settings that were set and neither identify the source nor stand in Access by name."""
    named = {*plugin.identity, *Access.__struct_fields__}
    return {
        f.name: value
        for f in msgspec.structs.fields(settings)
        if f.name not in named and (value := getattr(settings, f.name)) != f.default
    }


def _check_name(document: Document, name: str) -> None:
    if not _NAME.fullmatch(name):
        message = f"{name!r} is no name of a connection."
        raise InvalidFile([document.problem((), message, "Use lower-case letters, digits, '-' and '_'.")])


def _known() -> str:
    return f"Use one of: {', '.join(sorted(plugins().found))}."


def _signals(tree: Mapping[str, Any]) -> tuple[str, ...]:
    tags = tree.get("tags")
    found = [t.get("signal") for t in tags if isinstance(t, dict)] if isinstance(tags, list) else []
    return tuple(sorted({s for s in found if isinstance(s, str)}))


def _safety_problems(document: Document, settings: Any) -> Iterator[Problem]:
    if isinstance(settings, TableSettings):
        try:
            ZoneInfo(settings.times_in)
        except (KeyError, ValueError, OSError):
            yield _zone_problem(document, ("times_in",), settings.times_in)
        return
    tags = [t for t in getattr(settings, "tags", ()) if isinstance(t, PlannedTag)]
    safety = {t.address for t in tags if t.safety}
    for place, address in enumerate(getattr(settings, "write", ())):
        if address in safety:
            message = f"{address} is marked safety and is never written."
            yield document.problem(("write", place), message, "Remove it from write.")
    seen: set[str] = set()
    for place, tag in enumerate(tags):
        for key in (tag.address, tag.name):
            if key in seen:
                yield document.problem(("tags", place), f"{key} stands twice.", "Remove one of them.")
            seen.add(key)


def _zone_problem(document: Document, path: tuple[str], zone: str) -> Problem:
    return document.problem(path, f"{zone!r} is no time zone.", 'Use an IANA name such as "Europe/Berlin".')


def _calendar_problems(document: Document, calendar: Calendar) -> Iterator[Problem]:
    try:
        ZoneInfo(calendar.zone)
    except (KeyError, ValueError, OSError):
        yield _zone_problem(document, ("zone",), calendar.zone)
    for name, times in calendar.shifts.items():
        if not _SHIFT.fullmatch(times):
            yield document.problem(("shifts", name), f"{times!r} is no shift.", 'Write it as "06:00-14:00".')
    for place, stop in enumerate(calendar.planned_stops):
        path = ("planned_stops", place)
        if (stop.every is None) == (stop.on is None):
            yield document.problem(
                path, "A stop has either 'every' or 'on'.", "Write {every: sun} or {on: 2026-12-24}."
            )
            continue
        try:
            first, last = (parse_iso(d) if d else 0 for d in (stop.on, stop.to or stop.on))
        except ValueError:
            yield document.problem(path, "The date is no ISO date.", "Write it as 2026-12-24.")
            continue
        if last < first:
            yield document.problem(path, f"The stop ends on {stop.to}, before it begins.", "Exchange the dates.")
    otherwise = [s for s, rule in calendar.states.items() if rule == "otherwise"]
    for state in otherwise[1:]:
        yield document.problem(("states", state), "Only one state can be 'otherwise'.", "Write an expression.")
