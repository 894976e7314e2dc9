"""Finding by a few letters: actions and objects of the project, the best match of each group first."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from ninefold.kernel.plan import Plan
from ninefold.kernel.sqlite import SqliteStore
from ninefold.kernel.view import View
from ninefold.lifecycle.attention import runnable
from ninefold.lifecycle.board.standing import Standing
from ninefold.operations.monitoring.episodes import Held, is_open
from ninefold.operations.monitoring.models import DRIFT
from ninefold.surface.cells import Ref
from ninefold.surface.words import Language, Say, Text, words
from ninefold.vocabulary.account import AccountRole
from ninefold.vocabulary.asset import Assets
from ninefold.vocabulary.requirement import RequirementIndex
from ninefold.vocabulary.use_case import UseCaseIndex

MOST = 8  # of each group
LONGEST = 200  # characters of a query
_HEX = re.compile(r"[0-9a-f]{4,64}")


class Found(NamedTuple):
    """One thing that can be opened: what it is called, and a few words beside it."""

    to: Ref
    text: Text
    note: Text = ""
    also: str = ""  # is searched too: an id, a title


class Group(NamedTuple):
    """What was found of one kind: the code of its heading, the best matches, and how many there are."""

    name: str
    found: tuple[Found, ...]
    total: int


class Sought(NamedTuple):
    """Where it is searched, and for whom."""

    plan: Plan
    view: View
    store: SqliteStore
    alarms: Sequence[Held]
    language: Language
    may: Callable[[AccountRole], bool]
    places: Sequence[tuple[str, str]] = ()  # (code of its words, path) of the navigation


def find(query: str, where: Sought) -> list[Group]:
    """Return what matches every word of a query; actions first. An empty query finds nothing."""
    asked = query.strip().lower()[:LONGEST].split()
    if not asked:
        return []
    groups = []
    for name, all_of in _GROUPS.items():
        ranked = _ranked(asked, all_of(where), where.language)
        if ranked:
            groups.append(Group(name, tuple(ranked[:MOST]), len(ranked)))
    records = _records(query.strip().lower(), where.store)
    return [*groups, *([Group("records", tuple(records[:MOST]), len(records))] if records else [])]


def _ranked(asked: Sequence[str], found: Iterable[Found], language: Language) -> list[Found]:
    """Return what holds every word: names that begin so first, then words that do, then any place."""
    scored: list[tuple[int, int, int, Found]] = []
    for number, item in enumerate(found):
        text = words(item.text, language).lower()
        whole = f"{text} {item.also.lower()} {item.to.key.lower()}"
        if not all(a in whole for a in asked):
            continue
        rank = 0 if text.startswith(asked[0]) else 1 if re.search(rf"\b{re.escape(asked[0])}", whole) else 2
        scored.append((rank, len(text), number, item))
    return [item for *_, item in sorted(scored, key=lambda s: s[:3])]


def _actions(where: Sought) -> Iterator[Found]:
    if where.may("editor"):
        if runnable(Standing(where.plan, where.view)).names:
            yield Found(Ref("page", ""), Say("find.run"), Say("find.run-note"), "run")
        for device in _targets(where.view):
            yield Found(
                Ref("device", device), Say("find.roll-back", {"device": device}), Say("find.never-blocked"), "rollback"
            )
        for held in where.alarms:
            if is_open(held.episode):
                values: dict[str, str | int | float] = {
                    "cause": held.episode.cause.removeprefix(DRIFT), "asset": held.episode.asset,
                }  # fmt: skip
                yield Found(Ref("asset", held.episode.asset), Say("find.judge", values), Say("find.judge-note"))
        yield Found(Ref("page", "requirements"), Say("find.new-requirement"), "", "new")
        yield Found(Ref("page", "use-cases"), Say("find.new-use-case"), "", "new")
    if where.may("approver"):
        for name, status in where.plan.statuses.items():
            if name.startswith("approval:") and status.roots == (name,):
                model = name.removeprefix("approval:")
                yield Found(Ref("validation", model), Say("find.sign", {"model": model}), Say("find.sign-note"))
    for name, status in where.plan.statuses.items():
        if name.startswith("rollout:") and status.last is not None:
            yield Found(Ref("page", f"trace/{name}"), Say("find.trace", {"name": name}), Say("find.trace-note"))
    yield Found(Ref("page", "audit"), Say("find.verify"), Say("find.audit-note"))
    yield Found(Ref("page", "audit.csv"), Say("find.export"), Say("find.audit-note"))


def _places(where: Sought) -> Iterator[Found]:
    for code, path in where.places:
        yield Found(Ref("page", path.lstrip("/")), Say(f"layout.place-{code}"))


def _requirements(where: Sought) -> Iterator[Found]:
    for facet in where.view.of_kind("index"):
        if isinstance(facet.body, RequirementIndex):
            yield Found(Ref("requirement", facet.body.id), facet.body.id, facet.body.title)


def _use_cases(where: Sought) -> Iterator[Found]:
    for facet in where.view.of_kind("index"):
        if isinstance(facet.body, UseCaseIndex):
            yield Found(Ref("use-case", facet.body.id), facet.body.title or facet.body.id, facet.body.id)


def _models(where: Sought) -> Iterator[Found]:
    for facet in where.view.of_kind("train"):
        model = facet.name.removeprefix("model:").removesuffix("#train")
        yield Found(Ref("model", model), model, facet.file)


def _targets(view: View) -> list[str]:
    found = {str(t) for f in view.of_kind("targets") for t in f.plain.get("targets", ())}
    return sorted(t.removeprefix("edge:") for t in found)


def _devices(where: Sought) -> Iterator[Found]:
    for device in _targets(where.view):
        yield Found(Ref("device", device), device)


def _machines(where: Sought) -> Iterator[Found]:
    facet = where.view.facets.get("assets")
    if facet is not None and isinstance(facet.body, Assets):
        for asset, path in sorted(facet.body.paths().items()):
            yield Found(Ref("asset", asset), asset, path)


def _alarms(where: Sought) -> Iterator[Found]:
    for held in where.alarms:
        episode = held.episode
        yield Found(
            Ref("alarm", episode.id), f"{episode.cause} · {episode.asset}", Say(f"overview.alarm-{episode.state}")
        )


def _files(where: Sought) -> Iterator[Found]:
    files = {f.file for f in where.view.facets.values() if f.file} | {p.file for p in where.view.problems}
    for file in sorted(files):
        yield Found(Ref("file", file), file)


def _tasks(where: Sought) -> Iterator[Found]:
    for name in where.plan.statuses:
        yield Found(Ref("task", name), name)


def _records(query: str, store: SqliteStore) -> list[Found]:
    if not _HEX.fullmatch(query):
        return []
    named = store.names_of(ids := store.ids(query, MOST + 1))
    return [Found(Ref("record", id), id[:16], (named[id] or [""])[0]) for id in ids]


_GROUPS: dict[str, Callable[[Sought], Iterator[Found]]] = {
    "actions": _actions, "places": _places, "use-cases": _use_cases, "requirements": _requirements, "models": _models,
    "devices": _devices, "machines": _machines, "alarms": _alarms, "files": _files, "tasks": _tasks,
}  # fmt: skip
