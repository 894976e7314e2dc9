"""Recount the verdicts of a finished demo from raw predictions: `python check.py PROJECT`; 1 with a sentence if they differ.

Nothing of ninefold is imported. The signed bundle that gateway-1 is to run is taken from the store, verified by
`ninefold verify`, and taken apart: its graph scores the test rows again, alarms and failures are counted machine by
machine and row by row, and the bounds come from their textbook formulas.
"""

import hashlib
import io
import json
import math
import sqlite3
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as daytime
from pathlib import Path
from statistics import NormalDist
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import numpy as np
import onnxruntime
import yaml

TARGET = "desired/edge:gateway-1"
TEST = -1  # the role of a test row
HOLD_S = 7200.0  # an alarm stays raised so long, or until the tool is changed
WEEK_US = 604_800e6
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Differs(Exception):
    """What was recorded is not what is counted here."""


def insist(holds: object, sentence: str) -> None:
    """Raise when something does not hold."""
    if not holds:
        raise Differs(sentence)


# The store and the bundle, as they lie on the disk


class Store:
    """The store's records and blobs, read only."""

    def __init__(self, project: Path) -> None:
        self.folder = project / ".ninefold"
        self._db = sqlite3.connect(f"file:{self.folder / 'store.db'}?mode=ro", uri=True)

    def bundle_file(self) -> bytes:
        """Return the signed file that gateway-1 is to run."""
        row = self._db.execute("SELECT value FROM reference WHERE name = ?", (TARGET,)).fetchone()
        insist(row, "Nothing was deployed to gateway-1.")
        return self.blob(json.loads(row[0])["file"])

    def body(self, id: str) -> Any:
        """Return the body of a record."""
        query = "SELECT CAST(b.data AS TEXT) FROM record r JOIN body b USING (content) WHERE r.id = ?"
        row = self._db.execute(query, (id,)).fetchone()
        insist(row, f"The record {id[:12]} of the bundle is not in the store.")
        return json.loads(row[0])[1]

    def blob(self, digest: str) -> bytes:
        """Return the bytes of a blob."""
        return (self.folder / "blobs" / digest[:2] / digest[2:]).read_bytes()

    def table(self, digest: str) -> dict[str, Any]:
        """Return a Parquet blob as lists by column, times as µs UTC."""
        path = str(self.folder / "blobs" / digest[:2] / digest[2:])
        with duckdb.connect() as connection:
            connection.execute("SET TimeZone = 'UTC'")
            found = connection.execute("SELECT * FROM read_parquet(?)", [path]).fetchnumpy()
        filled = {n: np.ma.filled(c, np.nan) if c.dtype.kind == "f" else np.asarray(c) for n, c in found.items()}
        return {n: c.astype("datetime64[us]").astype(np.int64) if c.dtype.kind == "M" else c for n, c in filled.items()}


@dataclass
class Link:
    """A record of the bundle's evidence: what kind, from what (role -> id), under which id."""

    id: str
    kind: str
    inputs: dict[str, str]


class Bundle:
    """A bundle file taken apart: graph, manifest, and the chain of evidence."""

    def __init__(self, data: bytes) -> None:
        with (
            zipfile.ZipFile(io.BytesIO(data)) as outer,
            zipfile.ZipFile(io.BytesIO(outer.read("payload.zip"))) as inner,
        ):
            self.graph, self.manifest = inner.read("model.onnx"), json.loads(inner.read("manifest.json"))
            first, *lines = outer.read("evidence.jsonl").decode().splitlines()
        self.roots: dict[str, str] = json.loads(first)["roots"]
        self.links = [self._link(json.loads(line)[0]) for line in lines]
        self.bodies = {k.id: json.loads(json.loads(line)[1])[1] for k, line in zip(self.links, lines, strict=True)}

    def _link(self, head: str) -> Link:
        fields = json.loads(head)
        id = hashlib.sha256(head.encode()).hexdigest()
        return Link(id, fields["kind"].partition("@")[0], {role: pair[0] for role, pair in fields["inputs"].items()})

    def of(self, id: str) -> Link:
        """Return a record by its id."""
        return next(k for k in self.links if k.id == id)


def verify(project: Path, data: bytes) -> None:
    """Let `ninefold verify` look at the file, with nothing but the file and the trusted keys."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bundle.9fb"
        path.write_bytes(data)
        command = [sys.executable, "-m", "ninefold", "verify", str(path), "--trust", str(project / "keys")]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        insist(done.returncode == 0, f"`ninefold verify` refuses the bundle: {(done.stdout + done.stderr).strip()}")


# Counting


def scores(graph: bytes, manifest: Any, rows: dict[str, Any]) -> Any:
    """Return the score of each row, from the graph in the bundle: one float32 matrix in, one column out."""
    contract = manifest["contract"]
    names = [f["name"] for f in contract["features"]]
    codes = {n: {v: i for i, v in enumerate(values)} for n, values in contract.get("categories", {}).items()}
    columns = [[codes[n].get(v, np.nan) for v in rows[n]] if n in codes else rows[n] for n in names]
    matrix = np.array(columns, np.float64).T.astype(np.float32)
    session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    outputs = [o.name for o in session.get_outputs()]
    wanted = next((n for n in ("score", "probabilities") if n in outputs), outputs[0])
    found = np.asarray(session.run([wanted], {session.get_inputs()[0].name: matrix})[0])
    return found[:, -1] if found.ndim == 2 else found


class Worked:
    """Operating seconds: those between the first shift's begin and the last one's end on days without a planned stop."""

    def __init__(self, calendar: Any) -> None:
        self.zone = ZoneInfo(calendar["zone"])
        self.shifts = [tuple(daytime.fromisoformat(p) for p in s.split("-")) for s in calendar["shifts"].values()]
        stops = calendar.get("planned_stops", [])
        self.weekdays = {_DAYS.index(s["every"]) for s in stops if "every" in s}
        self.dates = [
            (date.fromisoformat(s["on"]), date.fromisoformat(s.get("to", s["on"]))) for s in stops if "on" in s
        ]
        self.begin = date(2020, 1, 1)
        self.before: dict[date, float] = {}

    def seconds(self, t: int) -> float:
        """Return the seconds worked from 2020 to a time (µs UTC)."""
        moment = datetime.fromtimestamp(t // 1_000_000, UTC).astimezone(self.zone)
        day, base = moment.date(), 0.0
        if day not in self.before:
            one, total = self.begin, 0.0
            while one <= day:
                self.before[one] = total
                total += sum(b - a for a, b in self.spans(one))
                one += timedelta(days=1)
        base = self.before[day]
        return base + sum(min(max(t / 1e6 - a, 0.0), b - a) for a, b in self.spans(day))

    def spans(self, day: date) -> list[tuple[float, float]]:
        """Return begin and end of the shifts of a day, in seconds since 1970 UTC."""
        if day.weekday() in self.weekdays or any(a <= day <= b for a, b in self.dates):
            return []
        return [
            (datetime.combine(day, a, self.zone).timestamp(), datetime.combine(day, b, self.zone).timestamp())
            for a, b in self.shifts
        ]


@dataclass
class Count:
    """What was counted, for the whole or one slice."""

    failures: int = 0
    announced: int = 0
    false: int = 0
    weeks: float = 0.0
    rows: int = 0


def count(
    rows: dict[str, Any], positive: Any, failures: list[tuple[str, int]], lead: Any, clock: Worked
) -> dict[str, Count]:
    """Return the counts by variant, and of all under "": machine by machine, row by row."""
    found: dict[str, Count] = {"": Count()}
    for machine in sorted(set(rows["asset"])):
        mine = sorted(np.flatnonzero(rows["asset"] == machine), key=lambda i: rows["t"][i])
        t, op = {i: int(rows["t"][i]) for i in mine}, {i: clock.seconds(int(rows["t"][i])) for i in mine}
        weeks = (t[mine[-1]] - t[mine[0]]) / WEEK_US
        raised: dict[str, list[int]] = {}  # tool life -> rows that raised an alarm
        for i in mine:
            alarms = raised.setdefault(rows["tool_life"][i], [])
            if positive[i] and (not alarms or op[i] - op[alarms[-1]] >= HOLD_S):
                alarms.append(i)
            found.setdefault(rows["variant"][i], Count()).rows += 1
        excused: set[int] = set()  # alarms that announce a failure, or come between the shortest lead and it
        for when in sorted(w for m, w in failures if m == machine and t[mine[0]] <= w <= t[mine[-1]]):
            last = [i for i in mine if t[i] <= when][-1]
            life = [i for i in mine if rows["tool_life"][i] == rows["tool_life"][last]]
            ahead = {i: clock.seconds(when) - op[i] for i in life}
            in_time = {i for i in life if lead[0] <= ahead[i] <= lead[1]}
            caught = bool(in_time & set(raised[rows["tool_life"][last]]))
            excused |= (
                in_time | {i for i in life if 0 <= ahead[i] < lead[0]} | set([i for i in life if ahead[i] <= 0][:1])
            )
            for part in (found[""], found[rows["variant"][last]]):
                part.failures, part.announced = part.failures + 1, part.announced + caught
        for i in sorted(i for alarms in raised.values() for i in alarms):
            wrong = i not in excused and not math.isnan(rows["label"][i])
            for part in (found[""], found[rows["variant"][i]]):
                part.false += wrong
        found[""].weeks, found[""].rows = found[""].weeks + weeks, found[""].rows + len(mine)
    for part in found.values():
        part.weeks = found[""].weeks * part.rows / found[""].rows
    return found


def wilson(k: float, n: float, level: float, side: int) -> float:
    """Return Wilson's bound of a share: side -1 for the lower, +1 for the upper."""
    z = NormalDist().inv_cdf(level)
    p = k / n
    return (p + z * z / (2 * n) + side * z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))) / (1 + z * z / n)


def garwood(k: float, exposure: float, level: float, side: int) -> float:
    """Return the exact Poisson bound of a rate, by the chi-square quantile."""
    from scipy.stats import chi2

    if side < 0:
        return float(chi2.ppf(1 - level, 2 * k) / 2 / exposure) if k else 0.0
    return float(chi2.ppf(level, 2 * k + 2) / 2 / exposure)


def outcome(value: float, other: float, samples: int, criterion: Any) -> str:
    """Return pass, fail or insufficient of a bound and the bound on the other side."""
    limit, least = criterion["threshold"], criterion.get("min_samples", 0)
    met = (lambda x: x >= limit["value"]) if limit["op"] == ">=" else (lambda x: x <= limit["value"])
    if samples < least:
        return "insufficient"
    return "pass" if met(value) else "fail" if least or not met(other) else "insufficient"


# Comparing


def compare(name: str, judgement: Any, part: Count, metric: Any, criterion: Any, least: bool) -> None:
    """Raise when a recorded judgement is not what the counts say."""
    bound = metric.get("bound", {})
    level, side = bound.get("level", 0.95), -1 if bound["side"] == "lower" else 1
    recall = metric["metric"] == "recall"
    k, n = (part.announced, part.failures) if recall else (part.false, part.weeks)
    estimate = judgement["estimate"]
    for field, counted in (("successes", k), ("exposure", n)):
        same = math.isclose(estimate[field], counted, rel_tol=1e-9, abs_tol=1e-9)
        insist(same, f"{name}: {field} is recorded as {estimate[field]:g} and counted as {counted:g}.")
    if not n:
        insist(
            judgement["outcome"] == "insufficient", f"{name}: nothing was measured, yet it is {judgement['outcome']}."
        )
        return
    formula = wilson if recall else garwood
    edge, other = formula(k, n, level, side), formula(k, n, level, -side)
    for field, counted in (("value", k / n), ("bound", edge), ("opposite", other)):
        same = math.isclose(estimate[field], counted, rel_tol=1e-6, abs_tol=1e-9)
        insist(same, f"{name}: the {field} is recorded as {estimate[field]:.6g} and counted as {counted:.6g}.")
    rule = criterion if least else {**criterion, "min_samples": 0}
    counted = outcome(edge, other, int(n), rule)
    insist(judgement["outcome"] == counted, f"{name}: recorded as {judgement['outcome']}, counted as {counted}.")


def check(project: Path) -> list[str]:
    """Return one line for each verdict that was recounted.

    Raises:
        Differs: something recorded is not what is counted here.
    """
    store = Store(project)
    data = store.bundle_file()
    verify(project, data)
    bundle = Bundle(data)
    verdicts = {r.removeprefix("verdict:"): id for r, id in bundle.roots.items() if r.startswith("verdict:")}
    insist(verdicts, "The bundle's evidence holds no verdict.")
    lines = []
    for name, id in sorted(verdicts.items()):
        verdict = store.body(id)
        insist(verdict == bundle.bodies[id], f"{name}: the store's verdict is not the one in the signed bundle.")
        if verdict["metric"] in {"recall", "false_alarms_per_machine_week"}:
            lines.append(recount(project, store, bundle, name, id, verdict))
    insist(lines, "No verdict counts episodes.")
    return lines


def recount(project: Path, store: Store, bundle: Bundle, name: str, id: str, verdict: Any) -> str:
    """Recount one verdict from the rows and the graph."""
    links = bundle.of(id).inputs
    measured = bundle.of(links["measurement"]).inputs
    criterion, metric = store.body(links["criterion"])["body"], store.body(measured["metric"])["body"]
    written = in_words(project, verdict)
    insist(verdict["threshold"] == criterion["threshold"], f"{name} was judged by another threshold.")
    same = written["threshold"]["value"] == verdict["threshold"]["value"]
    insist(same, f"{name} was judged by {verdict['threshold']}, the file says {written['threshold']}.")
    rows, events, model = test_rows(store, measured)
    positive = scores(bundle.graph, bundle.manifest, rows) >= bundle.manifest["decide"]["threshold"]
    insist(bundle.manifest["decide"]["threshold"] == model["threshold"], "The bundle decides by another threshold.")
    kinds = events["event"] == store.body(measured["label"])["body"]["event"]
    real = kinds & (events["outcome"] != "averted") if "outcome" in events else kinds
    failures = [(a, int(t)) for a, t in zip(events["asset"][real], events["occurred"][real], strict=True)]
    clock = Worked(store.body(measured["calendar"])["body"])
    lead = metric["params"].get("lead", [0.0, HOLD_S])
    parts = count(rows, positive, failures, [seconds(x) for x in lead], clock)
    compare(name, verdict["overall"], parts[""], metric, criterion, least=True)
    for part in verdict.get("slices", []):
        counts = parts.get(part["where"]["variant"], Count())
        compare(f"{name} of {part['where']['variant']}", part, counts, metric, criterion, least=False)
    insist(verdict["outcome"] == verdict["overall"]["outcome"], f"{name}: outcome and judgement differ.")
    whole = parts[""]
    said = f"{whole.announced} of {whole.failures} failures announced, {whole.false} false alarms in {whole.weeks:.1f}"
    return f"{name}: {verdict['outcome']}; from {len(positive):,} predictions: {said} machine-weeks"


def test_rows(store: Store, measured: dict[str, str]) -> tuple[dict[str, Any], dict[str, Any], Any]:
    """Return the rows that no training saw, with their labels; the log; and the model."""
    model = store.body(measured["model"])
    features = store.table(store.body(measured["features"])["parquet"])
    labels = store.table(store.body(measured["labels"])["parquet"])
    roles = np.load(io.BytesIO(store.blob(model["roles"])), allow_pickle=False)
    same = len(roles) == len(features["t"]) and (features["frame"] == labels["frame"]).all()
    insist(same, "Features, labels and roles are not of the same rows.")
    train, test = roles >= 0, roles == TEST
    insist(features["t"][train].max() < model["test_from"], "The model was trained on rows of the test's time.")
    both = set(features["tool_life"][train]) & set(features["tool_life"][test])
    insist(not both, f"Training and test share the tool {min(both, default='')}.")
    rows = {n: c[test] for n, c in features.items()}
    rows["label"] = labels["label"][test].astype(np.float64)
    return rows, store.table(store.body(measured["events"])["parquet"]), model


def in_words(project: Path, verdict: Any) -> Any:
    """Return the criterion as the requirement's file says it now."""
    path = project / "requirements" / f"{verdict['requirement']}.md"
    front = yaml.safe_load(path.read_text(encoding="utf-8").split("---\n")[1])
    return next(c for c in front["criteria"] if c["id"] == verdict["criterion"])


def seconds(value: Any) -> float:
    """Return a duration in seconds, however it was recorded."""
    if isinstance(value, (int, float)):
        return float(value)
    number, unit = str(value).split()
    return float(number) * {"s": 1, "min": 60, "h": 3600, "d": 86400}[unit]


def main() -> int:
    """Check the project that the argument names."""
    try:
        lines = check(Path(sys.argv[1]).resolve())
    except Differs as error:
        sys.stdout.write(f"The demo is not what it says: {error}\n")
        return 1
    sys.stdout.write("\n".join(lines) + "\nThe verdicts are those that the predictions give.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
