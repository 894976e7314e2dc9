"""A small cell that has been in service for some hours: devices, decisions, windows, alarms. All of it is made up."""

import hashlib
import math
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
from tests.small_cell import Device, opened

from ninefold.bundle.normal import payload_of
from ninefold.bundle.payload import Payload
from ninefold.cli.compose import Composer
from ninefold.edge.queue import Batch, Queue
from ninefold.fleet.service import FleetService
from ninefold.kernel.columnar import pack
from ninefold.kernel.parcel import Parcel
from ninefold.kernel.project import STATE
from ninefold.operations.monitoring.episodes import acknowledged, judged
from ninefold.operations.monitoring.triage import ended
from ninefold.vocabulary.alarm import EPISODE, AlarmEpisode, Signal
from ninefold.vocabulary.desired import Desired, Published, reference_of
from ninefold.vocabulary.window import WINDOW, DriftState, FeatureCounts, Window

MINUTE, HOUR = 60_000_000, 3_600_000_000
DRIFT, MODEL = "drift:REQ-tool-failure-warning/input-drift", "tool-failure"
OPEN_DRIFT, OPEN_WARNING = "d41f0000drift", "e77a0000warning"
HOURS = 4
_MACHINES = {"gateway-1": ("m1", "m2", "m3", "m4"), "gateway-2": ("m5", "m6", "m7", "m8")}
_DRIFTED = (
    Signal("process_air_residual", -0.61, 2.4, "low"), Signal("temperature_lift_mean", 8.4, 1.3, "low"),
    Signal("power_mean", 6120.0, 0.7, "high"),
)  # fmt: skip
_WARNED = (
    Signal("torque_lift", 1.58, 3.1, "high"), Signal("tool_wear_last", 208.0, 2.2, "high"),
    Signal("torque_lift_slope_20", 0.011, 0.9, "high"),
)  # fmt: skip


def furnish(root: Path) -> None:
    """Let both gateways enrol and send four hours of decisions, windows, one open drift, one open warning, old alarms."""
    with opened(root) as composer:
        now = composer.clock.now()
        with FleetService(root / STATE) as service:
            for name, machines in _MACHINES.items():
                credential = service.registry.enrol(name, service.registry.invite(name))
                service.registry.authenticate(credential)
                bundle = _bundle(service, name)
                with Queue(root / STATE / f"{name}.db", name) as queue:
                    queue.commit([_batch(machines, start, now, bundle) for start in range(0, HOURS * 60, 10)])
                    service.receive(name, Parcel(queue.origin, tuple(queue.pending()), waiting=queue.waiting()))
                (root / STATE / f"{name}.db").unlink()
            for name, machines in _MACHINES.items():
                device = Device(name, "b1")
                payload = payload_of(service.blobs, _bundle(service, name))
                assert payload is not None
                entries = [device.note(WINDOW, w, w.last) for w in _windows(machines, now, payload)]
                entries += [device.note(EPISODE, e, e.raised) for e in _episodes(now) if e.asset in machines]
                found = service.receive(name, Parcel(device.origin, tuple(entries)))
                assert not found.problems, found.problems
        _judge_old(composer, now)


def one_more(root: Path, number: int) -> None:
    """Let gateway-1 send ten minutes of decisions more, under ids of their own."""
    with opened(root) as composer, FleetService(root / STATE) as service:
        send_more(root, service, composer.clock.now(), number)


def send_more(root: Path, service: FleetService, now: int, number: int) -> None:
    """Do so through a service that is open already."""
    now += number * MINUTE // 100
    place = root / STATE / "more.db"
    with Queue(place, "gateway-1") as queue:
        queue.commit(
            [_batch(_MACHINES["gateway-1"], HOURS * 60 - 10, now, _bundle(service, "gateway-1"), f"/{number}")]
        )
        service.receive("gateway-1", Parcel(queue.origin, tuple(queue.pending())))
    place.unlink()


def _judge_old(composer: Composer, now: int) -> None:
    store = composer.session.store
    outcomes = ("averted", "confirmed", "averted", "false", "averted", "confirmed")
    for number, outcome in enumerate(outcomes):
        id = f"0ld{number}"
        acknowledged(store, id, composer.actor, now)
        ended(store, id, composer.actor, "tool changed", now)
        judged(store, id, outcome, composer.actor, now)  # type: ignore[arg-type]  # one of the outcomes


def _episodes(now: int) -> list[AlarmEpisode]:
    old = [
        AlarmEpisode(
            f"0ld{n}", f"m{n % 4 * 2 + 1}", MODEL, "raised", now - (n * 40 + 30) * HOUR, signals=_WARNED, parts=4
        )
        for n in range(6)
    ]
    decision = decision_id("m7", HOURS * 60 - 12)
    return [
        *old,
        AlarmEpisode(OPEN_DRIFT, "m4", DRIFT, "raised", now - 84 * MINUTE, signals=_DRIFTED, parts=31),
        AlarmEpisode(OPEN_WARNING, "m7", MODEL, "raised", now - 11 * MINUTE, decision, signals=_WARNED, parts=6),
    ]


def _bundle(service: FleetService, device: str) -> str:
    value = service.store.reference(reference_of(f"edge:{device}"))
    assert value is not None
    published = msgspec.json.decode(value, type=Published)
    return service.store.get(published.record).body(Desired).bundle.digest


def decision_id(asset: str, minute: int, more: str = "") -> str:
    """Return the id of the decision on a machine at a minute of the four hours."""
    return hashlib.sha256(f"{asset}/{minute}{more}".encode()).hexdigest()[:20]


def _batch(machines: Sequence[str], start: int, now: int, bundle: str, more: str = "") -> Batch:
    """Return ten minutes of decisions, one a machine and two minutes."""
    places = [(m, minute) for minute in range(start, start + 10, 2) for m in machines]
    rows = len(places)
    t = np.array([now - (HOURS * 60 - minute) * MINUTE for _, minute in places])
    wear = np.array([(int(m[1:]) * 37 + minute) % 240 for m, minute in places], float)
    late = np.array([max(minute - (HOURS * 60 - 90), 0) if m == "m4" else 0 for m, minute in places], float)
    wobble = np.array([math.sin(int(m[1:]) + minute / 7) for m, minute in places])
    score = np.clip(0.03 + (wear / 260) ** 6 + 0.01 * wobble, 0, 1)
    columns = {
        "id": _texts([decision_id(m, minute, more) for m, minute in places]), "asset": _texts([m for m, _ in places]),
        "frame": _texts([str(4000 + minute // 2) for _, minute in places]), "t": t, "as_of": t,
        "by": _texts(["model"] * rows), "score": score, "label": np.full(rows, None, object), "alarm": score > 0.145,
        "quality": _texts(["good"] * rows), "good": np.ones(rows), "age_s": np.full(rows, 0.4),
        "cause": _texts([""] * rows), "bundle": _texts([bundle] * rows), "role": _texts(["active"] * rows),
        "acted": score > 0.145, "feature.tool_wear_last": wear,
        "feature.process_air_residual": -0.05 + 0.06 * wobble - late * 0.006,
        "feature.temperature_lift_mean": 10.2 + 0.2 * wobble - late * 0.02,
        "feature.power_mean": 5600 + 120 * wobble + late * 6, "feature.torque_lift": 1 + (wear / 240) ** 3 * 0.6,
        "feature.torque_lift_slope_20": (wear / 240) ** 2 * 0.012,
    }  # fmt: skip
    return Batch("prediction", pack(columns), rows, int(t.min()), int(t.max()))


def _texts(values: Sequence[str]) -> "np.ndarray[tuple[int], np.dtype[np.object_]]":
    out = np.empty(len(values), object)
    out[:] = values
    return out


def _counted(payload: Payload, name: str, moved: int) -> FeatureCounts:
    """Return fifty parts of a feature as training had it, moved down by some bins."""
    column = payload.profile["features"][name]
    edges, share = np.array(column["edges"]), np.array(column["share"])
    rows = np.searchsorted(np.cumsum(share), (np.arange(50) + 0.5) / 50)
    rows = np.maximum(rows - moved, 0)
    values = edges[np.clip(rows, 0, len(edges) - 1)]
    counts = np.bincount(rows, minlength=len(share))
    return FeatureCounts(tuple(counts.tolist()), 0, float(values.sum()))


def _windows(machines: Sequence[str], now: int, payload: Payload) -> list[Window]:
    found = []
    for machine in machines:
        for number in range(1, 9):
            last = now - (8 - number) * 30 * MINUTE
            drifts = machine == "m4" and number > 5
            rate = 300.0 / 10 ** (number - 5) if drifts else 900.0 + 40 * number
            state = DriftState(
                rate, 3.0, _DRIFTED if drifts else _DRIFTED[:1], 51.0, 1.1, 1.0, number, provisional=False
            )
            drift = {"REQ-tool-failure-warning/input-drift": state}
            window = Window(
                machine, "producing", payload.digest, number, last - 30 * MINUTE, last, 50, alarms=number % 2,
                latency_p50_ms=1.1, latency_p99_ms=3.4, drift=drift, features={
                    n: _counted(payload, n, 3 * (number - 5) if drifts else 0)
                    for n in ("temperature_lift_mean", "power_mean")
                }, latencies=(5, 18, 20, 7, *[0] * 8),
            )  # fmt: skip
            found.append(window)
    return found
