"""One decision: what was said of which part, what it rested on, and the way back to the evidence of its bundle."""

import math

from ninefold.fleet.decisions import FoundDecision, bundle_record, find
from ninefold.kernel.errors import NotFound
from ninefold.lifecycle.live.normal import normals
from ninefold.lifecycle.live.scene import Scene
from ninefold.operations.monitoring.episodes import episodes
from ninefold.surface.blocks import Facts, Panel, Trail
from ninefold.surface.cells import Cell, Measure, Moment, Ref, State
from ninefold.surface.page import Page
from ninefold.surface.table import Table
from ninefold.surface.words import Say, Text, quote, term


def decision_page(scene: Scene, id: str) -> Page:
    """Return the page of a decision by its id or the beginning of one.

    Raises:
        NotFound: no agent has sent it.
    """
    found = find(scene.service, id)
    if found is None:
        raise NotFound(f"No agent has sent a decision {id[:40]!r}.", hint="Look at the page Live.")
    fields = found.fields
    asset, warns = str(fields["asset"]), bool(fields["alarm"])
    title = Say("live.decision-warn" if warns else "live.decision-none", {"asset": asset, "part": str(fields["frame"])})
    blocks = (
        Panel(Say("live.way"), (_trail(scene, found),), name="way"),
        Panel(Say("live.said"), (_facts(scene, found),), span=5, name="said"),
        Panel(Say("live.rested-on"), (_features(scene, found),), span=7, name="features"),
    )
    crumbs = (Ref("page", "live", Say("layout.place-live")), Ref("page", f"live/{asset}", asset))
    states = (State("alarm" if warns else "normal", Say("live.warn" if warns else "live.no-warning")),)
    return Page(title, blocks, (), str(fields["id"]), states, (), crumbs, place="live")


def _trail(scene: Scene, found: FoundDecision) -> Trail:
    """Return the way from the decision to the record of its bundle, from where the trace goes on."""
    fields = found.fields
    boxes: list[tuple[Ref, Text, Text]] = [
        (Ref("decision", str(fields["id"])), Say("live.decision"), str(fields["id"])[:12])
    ]
    if found.segment:
        boxes.append((Ref("record", found.segment), Say("live.segment"), found.segment[:12]))
    record = bundle_record(scene.service, str(fields.get("bundle", "")))
    if record is not None:
        boxes.append((Ref("record", record.id), Say("live.bundle"), str(fields["bundle"])[:12]))
        inputs = [i for i in record.inputs if i.role in {"model", "approval"}]
        boxes += [(Ref("record", i.id), term("kinds.of-", i.role), i.id[:12]) for i in inputs]
    return Trail(Say("live.way"), tuple(boxes), 0)


def _facts(scene: Scene, found: FoundDecision) -> Facts:
    fields, now = found.fields, scene.now
    score = float(fields["score"])
    items: list[tuple[Text, Cell, Text]] = [
        (Say("live.machine"), Ref("page", f"live/{fields['asset']}", str(fields["asset"])), ""),
        (Say("live.part"), str(fields["frame"]), ""), (Say("live.time"), Moment(int(fields["t"])), ""),
        (Say("live.by"), Say(f"live.by-{fields['by']}", {"role": str(fields.get("role", ""))}), ""),
        (Say("live.score"), Measure(score) if math.isfinite(score) else None, ""),
        (Say("live.device"), found.origin, ""),
    ]  # fmt: skip
    if fields.get("quality"):
        items.append(
            (Say("live.quality"), term("terms.quality-", str(fields["quality"])), quote(str(fields.get("cause") or "")))
        )
    raised = next((h.episode for h in episodes(scene.service.store, now) if h.episode.decision == fields["id"]), None)
    if raised is not None:
        items.append((Say("live.alarm"), Ref("alarm", raised.id, raised.id[:12]), ""))
    sealed: Cell = Ref("record", found.segment, found.segment[:12]) if found.segment else Say("live.not-sealed")
    items.append((Say("live.segment"), sealed, ""))
    return Facts("", tuple(items))


def _features(scene: Scene, found: FoundDecision) -> Table:
    known = normals(scene, str(found.fields.get("bundle") or ""))
    rows: list[tuple[Cell, ...]] = []
    for name, value in sorted(found.features.items()):
        shown: Cell = str(value)
        if isinstance(value, int | float):
            shown = Measure(float(value), "", 4) if math.isfinite(value) else None
        low_high = known.get(name)
        rows.append((name, shown, "" if low_high is None else f"{low_high[0]:.3g} – {low_high[1]:.3g}"))
    columns = (Say("alarms.signal"), Say("alarms.value"), Say("live.normal"))
    return Table(Say("live.rested-on"), columns, tuple(rows), (), Say("live.no-features"))
