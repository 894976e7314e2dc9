"""Pages of the fleet: all devices, and one with its rollout and what a person may tell it."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import msgspec

from ninefold.fleet.device_words import pending_of, pending_words, stages_of, state_of
from ninefold.fleet.registry import Device
from ninefold.fleet.service import DeviceState, FleetService
from ninefold.kernel.errors import NotFound
from ninefold.surface.blocks import Act, Empty, Facts, Field, Form, Go, Panel, Stages, Why
from ninefold.surface.cells import Cell, Measure, Moment, Noted, Ref, State
from ninefold.surface.page import Page
from ninefold.surface.table import Table
from ninefold.surface.words import Say, Text
from ninefold.vocabulary.desired import Desired, Reported

ROWS = 100
_CRUMBS = (Ref("page", "fleet", Say("layout.place-fleet")),)
NOTHING: Mapping[str, Any] = MappingProxyType({})
Waiting = Mapping[str, str]  # device -> deployment that wants it


def fleet_page(
    service: FleetService, waiting: Waiting, deployments: Sequence[tuple[str, State, str]], first: int = 0
) -> Page:
    """Return the devices, a hundred from a place on; `waiting` are those that deployments name.

    `deployments` are (name, state, reason), for the list of what can be published.
    """
    enrolled = service.registry.devices()
    known = {d.name for d in enrolled}
    every = enrolled + [Device(n, 0, 0, revoked=False) for n in sorted(set(waiting) - known)]
    states = [service.state_of(d) for d in every[first : first + ROWS]]
    more = f"/fleet?first={first + ROWS}" if len(every) > first + ROWS else ""
    rows = tuple(_row(s, s.name in known) for s in states)
    columns = tuple(Say(f"fleet.{c}") for c in ("device", "desired", "reported", "state", "p99", "memory", "seen"))
    table = Table(Say("fleet.devices"), columns, rows, (), "", more)
    empty = Empty(Say("fleet.nothing"))
    devices = Panel(
        Say("fleet.devices"), (table if rows else empty,), Say("fleet.outward"), live="fleet", name="devices"
    )
    blocks = (
        Panel("", (_lead(states, deployments),), live="fleet plan", name="lead"), devices,
        Panel(Say("fleet.deployments"), (_deployments(deployments),), span=7, live="fleet plan", name="deployments"),
        Panel(Say("fleet.invite-title"), (_invite(),), span=5),
    )  # fmt: skip
    return Page(_title(states, len(every)), blocks, (), Say("fleet.subtitle"), place="fleet")


def _title(states: Sequence[DeviceState], count: int) -> Say:
    for s in states:
        if s.reported is not None and not s.revoked and s.reported.stage in {"shadow", "canary", "waits", "self-test"}:
            model = s.desired.desired.model if s.desired else ""
            return Say(f"fleet.title-{s.reported.stage}", {"device": s.name, "model": model})
    settled = sum(s.settled for s in states)
    if not count:
        return Say("fleet.title-empty")
    return Say("fleet.title", {"n": settled, "of": len(states), "all": count})


def _lead(states: Sequence[DeviceState], deployments: Sequence[tuple[str, State, str]]) -> Why | Empty:
    """Return what needs a person first."""
    for s in states:
        if s.reported is not None and s.reported.stage == "waits":
            text = Say("fleet.lead-waits", {"device": s.name})
            note = pending_words(s.desired.desired, s.reported) if s.desired else ""
            return Why(
                State("pending"),
                text,
                note,
                action=Go(Say("fleet.open", {"device": s.name}), Ref("device", s.name), "main"),
            )
        if s.reported is not None and s.reported.stage in {"refused", "rolled-back", "stopped"} and not s.revoked:
            text = Say(f"fleet.lead-{s.reported.stage}", {"device": s.name})
            go = Go(Say("fleet.open", {"device": s.name}), Ref("device", s.name), "main")
            return Why(state_of(s), text, s.reported.reason, action=go)
    for name, state, reason in deployments:
        if state.name != "fresh":
            go = Go(Say("fleet.open-deployment", {"name": name}), Ref("deployment", name), "main")
            return Why(state, Say("fleet.lead-deployment", {"name": name}), reason, action=go)
    if not states:
        return Empty(Say("fleet.lead-empty"))
    return Why(State("fresh"), Say("fleet.lead-fine", {"n": len(states)}))


def _row(s: DeviceState, enrolled: bool) -> tuple[Cell, ...]:
    wanted, found = s.desired, s.reported
    desired = None if wanted is None else Noted(wanted.desired.model, wanted.desired.bundle.digest[:12])
    reported = None if found is None else Noted(Say(f"fleet.stage-{found.stage}"), found.active[:12] or "–")
    told: Text = pending_words(wanted.desired, found) if wanted is not None and found is not None else ""
    state = State("missing", Say("fleet.not-enrolled")) if not enrolled else state_of(s)
    kind = " · ".join(found.device[k] for k in ("machine", "python") if k in found.device) if found else ""
    measured = found.measured if found else {}
    return (
        Noted(Ref("device", s.name), kind) if kind else Ref("device", s.name), desired, reported,
        Noted(state, told) if told else state, Measure(measured.get("p99_ms"), "ms"),
        Measure(measured.get("rss_mb"), "MB"), Moment(s.seen) if s.seen else None,
    )  # fmt: skip


def _deployments(found: Sequence[tuple[str, State, str]]) -> Table:
    rows = tuple((Ref("deployment", name), state, reason) for name, state, reason in found)
    columns = (Say("fleet.deployment"), Say("fleet.state"), Say("fleet.reason"))
    return Table(Say("fleet.deployments"), columns, rows, (), Say("fleet.no-deployments"))


def _invite() -> Form:
    fields = (
        Field("device", Say("fleet.name"), hint=Say("fleet.name-hint"), required=True),
        Field("minutes", Say("fleet.valid"), "number", "60", unit="min"),
    )
    return Form(Say("fleet.invite-title"), "fleet/invite", fields, Say("fleet.invite"), "administrator", "plain",
                Say("fleet.invite-note"))  # fmt: skip


def device_page(
    service: FleetService, name: str, waiting: Waiting, typed: Mapping[str, str] = NOTHING,
    problems: Mapping[str, Text] = NOTHING,
) -> Page:  # fmt: skip
    """Return one device: its rollout, its evidence, and what a person may tell it. `typed` and `problems` are what
    somebody sent who wanted to answer for a criterion, and what is wrong with it, by field.

    Raises:
        NotFound: there is no such device, and no deployment names it.
    """
    enrolled = next((d for d in service.registry.devices() if d.name == name), None)
    if enrolled is None and name not in waiting and service.desired(name) is None:
        raise NotFound(f"No device is called {name[:63]!r}.", hint="Open the page Fleet.")
    s = service.state_of(enrolled or Device(name, 0, 0, revoked=False))
    state = State("missing", Say("fleet.not-enrolled")) if enrolled is None else state_of(s)
    blocks: list[Panel] = [Panel("", (_device_lead(s, state, waiting.get(name, "")),), live="fleet", name="lead")]
    if s.desired is not None:
        wanted = s.desired.desired
        title = Say("fleet.rollout-of", {"model": wanted.model})
        blocks.append(
            Panel(
                title, (Stages(title, stages_of(wanted, s.reported)),), wanted.deployment, live="fleet", name="rollout"
            )
        )
        blocks.append(
            Panel(Say("fleet.criteria"), (_criteria(wanted, s.reported),), span=7, live="fleet", name="criteria")
        )
    blocks.append(Panel(Say("fleet.runs"), (_facts(s),), span=5, live="fleet", name="facts"))
    blocks.append(Panel(Say("fleet.tell"), _orders(s), Say("fleet.never-blocked"), 5, name="orders"))
    if s.desired is not None and s.reported is not None and pending_of(s.desired.desired, s.reported):
        blocks.append(
            Panel(
                Say("fleet.accept-title"),
                (_accept(name, s.desired.desired, s.reported, typed, problems),),
                span=7,
                name="accept",
            )
        )
    actions = (
        ()
        if not enrolled or s.revoked
        else (Act(Say("fleet.revoke"), f"fleet/{name}/revoke", (), "danger", "administrator"),)
    )
    title = Say("fleet.device-title", {"device": name, "model": s.desired.desired.model if s.desired else "–"})
    return Page(title, tuple(blocks), (), "", (state,), actions, _CRUMBS, place="fleet")


def _device_lead(s: DeviceState, state: State, deployment: str) -> Why:
    """Return state, reason and next step of a device."""
    name, found = s.name, s.reported
    if s.revoked:
        return Why(state, Say("fleet.lead-revoked"))
    if found is None:
        text = Say("fleet.lead-enrol" if not s.enrolled else "fleet.lead-silent", {"device": name})
        return Why(state, text, action=Go(Say("fleet.open-fleet"), Ref("page", "fleet")))
    if s.desired is None:
        go = Go(Say("fleet.open-deployment", {"name": deployment}), Ref("deployment", deployment), "main")
        return Why(state, Say("fleet.lead-nothing", {"device": name}), action=go if deployment else None)
    if found.stage == "waits":
        return Why(state, Say("fleet.lead-waits", {"device": name}), pending_words(s.desired.desired, found))
    if found.stage in {"refused", "rolled-back", "stopped"}:
        retry = Act(Say("fleet.retry"), f"fleet/{name}/order", (("what", "retry"),), "main")
        return Why(state, Say(f"fleet.lead-{found.stage}", {"device": name}), found.reason, action=retry)
    code = "fleet.lead-active" if s.settled else "fleet.lead-going"
    return Why(state, Say(code, {"model": s.desired.desired.model}), found.reason)


def _criteria(wanted: Desired, found: Reported | None) -> Table:
    told = {c.criterion: c for c in found.criteria} if found else {}
    accepted = {a.criterion: a.until for a in wanted.accepted}
    names = {"pass": "pass", "fail": "failed", "insufficient": "insufficient"}
    rows: list[tuple[Cell, ...]] = []
    for c in wanted.criteria:
        said, needed = told.get(c.name), c.criterion.min_samples
        state = State(names[said.outcome]) if said else State("pending")  # type: ignore[arg-type]  # three states
        shown: Cell = state if c.name not in accepted else Noted(state, Say("fleet.accepted"))
        samples = (
            None if said is None else Say("fleet.of", {"n": said.samples, "of": needed}) if needed else said.samples
        )
        value = Measure(said.value) if said and said.value is not None else None
        requirement, _, criterion = c.name.partition("/")
        threshold = f"{c.criterion.threshold.op} {c.criterion.threshold.value:g}"
        rows.append(
            (
                Ref("requirement", requirement, criterion, criterion),
                shown,
                value,
                threshold,
                samples,
                said.reason if said else "",
            )
        )
    columns = tuple(Say(f"fleet.{c}") for c in ("criterion", "state", "value", "threshold", "samples", "reason"))
    return Table(Say("fleet.criteria"), columns, tuple(rows), (), Say("fleet.no-criteria"))


def _facts(s: DeviceState) -> Facts:
    items: list[tuple[Text, Cell, Text]] = []
    if s.desired is not None:
        ref = Ref("record", s.desired.record, s.desired.desired.bundle.digest[:12])
        items.append((Say("fleet.desired"), ref, s.desired.desired.command))
    if found := s.reported:
        for code, digest in (("active", found.active), ("candidate", found.candidate), ("previous", found.previous)):
            if digest:
                items.append((Say(f"fleet.bundle-{code}"), digest[:12], ""))
        for code, key, unit in (("p50", "p50_ms", "ms"), ("p99", "p99_ms", "ms"), ("memory", "rss_mb", "MB")):
            if key in found.measured:
                items.append((Say(f"fleet.{code}"), Measure(found.measured[key], unit), ""))
        if found.device:
            items.append((Say("fleet.hardware"), " · ".join(f"{k} {v}" for k, v in sorted(found.device.items())), ""))
        if found.agent:
            items.append((Say("fleet.agent"), found.agent, ""))
    items.append((Say("fleet.enrolled"), Moment(s.enrolled) if s.enrolled else Say("fleet.not-enrolled"), ""))
    items.append((Say("fleet.seen"), Moment(s.seen) if s.seen else Say("fleet.never"), ""))
    return Facts("", tuple(items))


def _orders(s: DeviceState) -> tuple[Facts | Act, ...]:
    """Return what can always be said to a device; no state of it takes a button away."""
    found = s.reported
    back: Cell = found.previous[:12] if found is not None and found.previous else Say("fleet.rule")
    facts = Facts("", ((Say("fleet.back-to"), back, ""), (Say("fleet.takes"), Say("fleet.next-contact"), "")))
    path = f"fleet/{s.name}/order"
    return (
        facts,
        Act(Say("fleet.rollback", {"device": s.name}), path, (("what", "rollback"),), "danger"),
        Act(Say("fleet.stop", {"device": s.name}), path, (("what", "stop"),), "danger"),
        Act(Say("fleet.retry"), path, (("what", "retry"),)),
    )


def _accept(
    name: str, wanted: Desired, found: Reported, typed: Mapping[str, str], problems: Mapping[str, Text]
) -> Form:
    options = tuple(
        (c.criterion, Say("fleet.pending", {"criterion": c.criterion, "n": c.samples, "of": needed, "more": 0}))
        for c, needed in pending_of(wanted, found)
    )
    fields = (
        Field("criterion", Say("fleet.criterion"), "select", typed.get("criterion", options[0][0]), options),
        Field("reason", Say("fleet.why"), "area", typed.get("reason", ""), required=True),
        Field("until", Say("fleet.until-day"), "date", typed.get("until", ""), required=True),
        Field("password", Say("fleet.password"), "password", required=True),
    )  # fmt: skip
    told = tuple(msgspec.structs.replace(f, problem=problems.get(f.name, "")) for f in fields)
    return Form(Say("fleet.accept-title"), f"fleet/{name}/accept", told, Say("fleet.accept"), "approver", "main",
                Say("fleet.accept-note"))  # fmt: skip
