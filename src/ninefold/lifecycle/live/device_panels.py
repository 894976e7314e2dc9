"""What the device of a machine says of itself: its latency against the limits of requirements, and its queue."""

from collections.abc import Iterator
from typing import NamedTuple

from ninefold.fleet.courses import lost_since
from ninefold.kernel.view import View
from ninefold.lifecycle.live.machine import HOUR_US, HOURS, Machine
from ninefold.lifecycle.live.scene import Scene
from ninefold.lifecycle.live.versions import models_of
from ninefold.operations.monitoring.models import models_of as watched_models
from ninefold.surface.blocks import Block, Facts
from ninefold.surface.cells import Cell, Measure, Moment, State
from ninefold.surface.charts.histogram import histogram
from ninefold.surface.words import Say, Text, say
from ninefold.vocabulary.criterion import CriterionSpec, MetricSpec
from ninefold.vocabulary.window import LATENCY_EDGES_MS

_SAID = {"input_to_decision_p50_ms": "p50", "input_to_decision_p99_ms": "p99"}  # what windows carry


class Limit(NamedTuple):
    """A limit of a requirement on the time from input to decision."""

    requirement: str
    criterion: str
    which: str  # p50 or p99
    op: str
    value: float  # ms

    def holds(self, measured: float) -> bool:
        """Return whether a measured latency (ms) keeps it."""
        return measured < self.value if self.op == "<" else measured <= self.value


def limits_of(view: View, use_case: str) -> list[Limit]:
    """Return the limits on latency of the requirements that link to a use case, by requirement."""
    return sorted(_limits(view, use_case))


def _limits(view: View, use_case: str) -> Iterator[Limit]:
    linked = {
        f.name.removesuffix("#index")
        for f in view.of_kind("index")
        if f.name.startswith("REQ-") and any(link["to"] == use_case for link in f.plain.get("links", ()))
    }
    for facet in view.of_kind("metric"):
        spec = facet.body
        if not isinstance(spec, MetricSpec) or spec.metric not in _SAID or spec.requirement not in linked:
            continue
        other = view.facets.get(f"{spec.requirement}#criterion/{spec.criterion}")
        if other is not None and isinstance(other.body, CriterionSpec) and other.body.threshold.op in {"<", "<="}:
            limit = other.body.threshold
            yield Limit(spec.requirement, spec.criterion, _SAID[spec.metric], limit.op, limit.value)


def latency(scene: Scene, m: Machine) -> tuple[Block, ...]:
    """Return the latency that the device measured: how decisions are spread, and the percentiles at limits."""
    limits = _of_machine(scene, m)
    measured = {} if m.window is None else {"p50": m.window.latency_p50_ms, "p99": m.window.latency_p99_ms}
    items: list[tuple[Text, Cell, Text]] = []
    for which, value in measured.items():
        if value is not None and m.window is not None:
            parts = Say("live.parts", {"n": m.window.parts})
            items.append((Say(f"live.{which}-window"), Measure(value, "ms"), parts))
            items += [_against(x, value) for x in limits if x.which == which]
    if m.window is not None and items:
        items.append((Say("live.window-end"), Moment(m.window.last), ""))
    if (told := _self_test(scene, m)) is not None:
        items.append((Say("live.p99-device"), Measure(told, "ms"), ""))
    if not items:
        return (Facts("", ((Say("live.latency"), State("missing", Say("live.not-told")), ""),)),)
    return *_spread(scene, m, limits), Facts("", tuple(items))


def _of_machine(scene: Scene, m: Machine) -> list[Limit]:
    named = set(models_of(scene, m.device).values())
    cases = sorted({w.use_case for w in watched_models(scene.view) if w.model in named})
    return list(dict.fromkeys(x for c in cases for x in limits_of(scene.view, c)))


def _against(limit: Limit, measured: float) -> tuple[Text, Cell, Text]:
    kept = limit.holds(measured)
    state = State("pass" if kept else "failed", Say("live.limit-kept" if kept else "live.limit-broken"))
    words = Say("live.limit", {"op": limit.op, "n": limit.value, "name": f"{limit.requirement}/{limit.criterion}"})
    return words, state, ""


def _self_test(scene: Scene, m: Machine) -> float | None:
    record = scene.service.reported(m.device) if m.device else None
    measured = record.plain.get("measured", {}) if record is not None and record.data is not None else {}
    return float(measured["p99_ms"]) if "p99_ms" in measured else None


def _spread(scene: Scene, m: Machine, limits: list[Limit]) -> Iterator[Block]:
    """Yield the histogram of the windows of a day; devices of older versions send percentiles alone."""
    if not sum(m.latencies):
        return
    edges = (LATENCY_EDGES_MS[0] / 2, *LATENCY_EDGES_MS, 2 * LATENCY_EDGES_MS[-1])
    marks = [(say("live.limit-mark", scene.language, which=x.which), x.value) for x in limits]
    if m.window is not None and m.window.latency_p99_ms is not None:
        marks.append(("p99", m.window.latency_p99_ms))
    n = sum(m.latencies)
    title = say("live.latency-title", scene.language, asset=m.asset)
    told = say("live.latency-words", scene.language, n=n)
    columns = tuple(say(f"live.{c}", scene.language) for c in ("at-least", "below", "decisions"))
    inside = [(w, v) for w, v in marks if edges[0] <= v <= edges[-1]]
    yield histogram(
        f"latency-{m.asset}", title, told, edges, m.latencies, marks=inside, unit="ms", columns=columns,  # type: ignore[arg-type]  # three of them
        geometric=True,
    )  # fmt: skip


def queue(scene: Scene, m: Machine) -> Facts:
    """Return what came from the machine's device, and what waits there, as the device said with its last parcel."""
    items: list[tuple[Text, Cell, Text]] = [
        (Say("live.newest"), Moment(m.last) if m.last else Say("live.no-word"), ""),
        (Say("live.received"), len(m.course["t"]) if m.course else 0, Say("live.in-hours", {"n": round(HOURS)})),
        *_waiting(scene, m.device),
    ]
    lost = lost_since(scene.service, m.device, scene.now - 24 * HOUR_US)
    state = State("pass", Say("live.none-lost")) if not lost else State("failed", Say("live.lost-n", {"n": lost}))
    items.append((Say("live.lost-24h"), state, ""))
    return Facts("", tuple(items))


def _waiting(scene: Scene, device: str) -> Iterator[tuple[Text, Cell, Text]]:
    noted = scene.service.waiting(device) if device else None
    if noted is None:
        yield Say("live.waits"), State("missing", Say("live.waits-untold")), ""
        return
    w = noted.waiting
    yield Say("live.waits"), w.entries, Say("live.waits-size", {"kb": round(w.bytes / 1000)})
    yield Say("live.waits-oldest"), Measure(w.oldest_s, "s", 2), ""
    yield Say("live.waits-told"), Moment(noted.at), ""
