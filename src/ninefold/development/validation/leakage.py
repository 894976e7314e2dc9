"""Leakage, looked for as an adversary would hide it: rows and groups on both sides of the split, a feature that is the
answer, a column that knows the future, a column that names its row.

The recipe's own checks (labels and features made again without the future) see what the recipe does. These see what
was in the data before: they know only columns, times, labels and the split.
"""

from collections.abc import Iterable, Iterator

import numpy as np

from ninefold.development.validation.examining import Examination, Material, truth_of
from ninefold.kernel.steps import Context
from ninefold.stats.influence import auc_with_influence
from ninefold.stats.intervals import wilson
from ninefold.vocabulary.columns import Array, Columns, Floats
from ninefold.vocabulary.leakage import Leakage, LeakCheck, LeakFinding
from ninefold.vocabulary.model import TEST

LEAK_POWER = 0.995  # a single feature that ranks like this is the answer
LOOK_POWER = 0.975
MOST_ROWS = 30_000  # for checks of single columns
AHEAD = (1, 2, 5)  # rows
LAST = 0.02  # of the rows of each asset, where a column that is filled in later is still empty
_YEARS = 10 * 365.25 * 86_400e6


def twins(matrix: Array, roles: Array) -> Iterator[LeakFinding]:
    """Yield test rows whose features stand in a training row as well, unless rows repeat themselves in training."""
    present = ~np.isnan(matrix).all(axis=1)
    codes = _row_codes(matrix)
    trained, tested = present & (roles >= 0), present & (roles == TEST)
    hits, n = int(np.isin(codes[tested], codes[trained]).sum()), int(tested.sum())
    if not hits:
        return
    usual = _repeats(codes[trained], roles[trained])
    if float(wilson(hits, n, 0.95, "lower")) > 2 * usual:
        message = f"{hits} of {n} test rows stand in training feature by feature; {usual:.2%} of training rows do so "
        message += "between folds."
        yield LeakFinding("duplicates", "", "leak", hits / n, 2 * usual, message)


def _row_codes(matrix: Array) -> Array:
    plain = np.ascontiguousarray(np.where(np.isnan(matrix), np.float32(np.nan), matrix + np.float32(0)), np.float32)
    if not plain.shape[1]:
        return np.zeros(len(plain), np.int64)
    rows = plain.view(np.dtype((np.void, plain.dtype.itemsize * plain.shape[1]))).ravel()
    return np.asarray(np.unique(rows, return_inverse=True)[1])


def _repeats(codes: Array, folds: Array) -> float:
    """Return the share of training rows that stand in another fold as well; with one fold, in another row."""
    names, place, counts = np.unique(codes, return_inverse=True, return_counts=True)
    if len(np.unique(folds)) < 2:
        return float((counts > 1)[place].mean()) if len(codes) else 0.0
    first, last = np.full(len(names), 127), np.full(len(names), -1)
    np.minimum.at(first, place, folds)
    np.maximum.at(last, place, folds)
    return float((first < last)[place].mean()) if len(codes) else 0.0


def groups_cut(columns: Columns, context: Iterable[str], roles: Array) -> Iterator[LeakFinding]:
    """Yield what names a part, tool or order (one run of rows each) and has rows on both sides of the split."""
    n = int((roles == TEST).sum())
    order = np.lexsort((columns["t"], columns["asset"].astype(str)))
    for name in (*(("frame",) if "frame" in columns else ()), *context):
        if columns[name].dtype.kind not in "Oi":
            continue
        pairs = zip(columns["asset"].tolist(), columns[name].tolist(), strict=True)
        names = np.array([f"{a}\x1f{v}" for a, v in pairs])
        distinct, codes = np.unique(names, return_inverse=True)
        runs = 1 + int((codes[order][1:] != codes[order][:-1]).sum())
        if name != "frame" and (runs > 1.2 * len(distinct) or 2 * len(distinct) > len(codes)):
            continue  # a product or a state comes again and again; what every row has anew names no group
        absent = np.array([v is None for v in columns[name].tolist()])
        hits = int((np.isin(codes, codes[(roles >= 0) & ~absent]) & (roles == TEST) & ~absent).sum())
        if n and hits / n > 0.01:
            message = f"{hits} of {n} test rows share their {name} with training rows of the same asset."
            yield LeakFinding("group", name, "leak" if name == "frame" else "look", hits / n, 0.01, message)


def power(values: Array, truth: Floats, kind: str) -> float:
    """Return how well one column alone orders the truth, 0.5 to 1: AUC (mean over classes), or for a number
    (1 + |rank correlation|) / 2. Text is first told by the truth of every other row, and read on the rest.
    """
    targets = [truth] if kind != "multiclass" else [
        np.where(np.isnan(truth), np.nan, truth == c) for c in np.unique(truth[~np.isnan(truth)])]  # fmt: skip
    found = []
    for target in targets:
        given, wanted = _told(values, target) if values.dtype == object else (values.astype(np.float64), target)
        kept = np.isfinite(given) & ~np.isnan(wanted)
        if kept.sum() < 20:
            continue
        if kind == "regression":
            found.append((1 + abs(_rank_correlation(given[kept], wanted[kept]))) / 2)
            continue
        positive = wanted[kept] == 1
        if min(int(positive.sum()), int((~positive).sum())) >= 5:
            auc = auc_with_influence(positive, given[kept])[0]
            found.append(max(auc, 1 - auc))
    return float(np.mean(found)) if found else 0.5


def _told(values: Array, target: Floats) -> tuple[Floats, Floats]:
    """Return odd rows: for each text the mean truth that it had in even rows; and their truth."""
    codes = np.unique(np.array([str(v) for v in values.tolist()]), return_inverse=True)[1]
    learn = (np.arange(len(codes)) % 2 == 0) & ~np.isnan(target)
    sums = np.bincount(codes[learn], target[learn], codes.max(initial=0) + 1)
    counts = np.bincount(codes[learn], minlength=codes.max(initial=0) + 1)
    mean = np.divide(sums, counts, out=np.full(len(sums), np.nan), where=counts > 0)
    return mean[codes][1::2], target[1::2]


def _rank_correlation(a: Floats, b: Floats) -> float:
    first, second = _ranks(a), _ranks(b)
    spread = float(first.std() * second.std())
    return float(((first - first.mean()) * (second - second.mean())).mean() / spread) if spread > 0 else 0.0


def _ranks(values: Floats) -> Floats:
    ordered = np.sort(values)
    return np.asarray((np.searchsorted(ordered, values, "left") + np.searchsorted(ordered, values, "right")) / 2)


def single(name: str, values: Array, truth: Floats, kind: str) -> Iterator[LeakFinding]:
    """Yield a column that is the answer, by its values or by where it is null."""
    strength = power(values, truth, kind)
    if strength >= LOOK_POWER:
        yield _strong("single feature", name, strength, f"{name} alone orders the labels with {strength:.4f}.")
    null = _null(values)
    if 0 < null.sum() < len(null):
        strength = power(null.astype(np.float64), truth, kind)
        if strength >= LOOK_POWER:
            message = f"Whether {name} is null orders the labels with {strength:.4f}."
            yield _strong("single feature", name, strength, message)


def _strong(check: str, name: str, strength: float, message: str) -> LeakFinding:
    severe = strength >= LEAK_POWER
    return LeakFinding(
        check, name, "leak" if severe else "look", strength, LEAK_POWER if severe else LOOK_POWER, message
    )


def future(name: str, values: Array, rows: Columns, truth: Floats, kind: str, *, learnt: bool) -> Iterator[LeakFinding]:
    """Yield a column that holds later times or a later label.

    Rows stand asset by asset in the order of time. `learnt` says whether the model reads the column.
    """
    t = rows["t"]
    if values.dtype.kind in "fiu":
        numbers = values.astype(np.float64)
        some = np.isfinite(numbers)
        if some.any() and np.median(np.abs(numbers[some] - t[some])) < _YEARS and np.median(numbers[some]) > 1e14:
            late = float((numbers[some] > t[some]).mean())
            if late > 0:
                message = f"{name} holds a time after the end of its row in {late:.2%} of the rows."
                yield LeakFinding("future", name, "leak" if learnt else "look", late, 0.0, message)
    if not learnt:
        return
    now = power(values, truth, kind)
    for rows_ahead in AHEAD:
        later = _shifted(truth, rows["asset"], rows_ahead)
        strength = power(values, later, kind)
        if kind != "regression" and strength >= LEAK_POWER and strength > now:
            message = f"{name} orders the labels {rows_ahead} row(s) ahead with {strength:.4f}, those of its own row "
            message += f"with {now:.4f}."
            yield LeakFinding("future", name, "leak", strength, LEAK_POWER, message)
            break


def _shifted(truth: Floats, asset: Array, ahead: int) -> Floats:
    out = np.full(len(truth), np.nan)
    same = asset[ahead:] == asset[:-ahead]
    out[:-ahead] = np.where(same, truth[ahead:], np.nan)
    return out


def filled_in_later(name: str, values: Array, asset: Array) -> Iterator[LeakFinding]:
    """Yield a column that is empty in the latest rows only; rows stand asset by asset in the order of time."""
    null = _null(values)
    starts = np.flatnonzero(np.append(True, asset[1:] != asset[:-1]))
    ends = np.append(starts[1:], len(asset))
    last = np.zeros(len(asset), dtype=bool)
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        if end - start >= 50:
            last[end - max(round(LAST * (end - start)), 5) : end] = True
    if last.sum() < 5 or last.all():
        return
    lower = float(wilson(int(null[last].sum()), int(last.sum()), 0.95, "lower"))
    before = float(null[~last].mean())
    if lower > 0.5 and before < 0.2:
        message = f"{name} is null in {null[last].mean():.0%} of each asset's latest rows and in {before:.1%} of the "
        message += "others: it may be filled in later."
        yield LeakFinding("future", name, "look", lower, 0.5, message)


def identifier(name: str, values: Array, rows: Columns, roles: Array) -> Iterator[LeakFinding]:
    """Yield a column that names its row, or that counts on and on, so that test rows lie where nothing was learnt."""
    if values.dtype == object:
        present = [v for v in values.tolist() if v is not None]
        share = len(set(present)) / len(present) if present else 0.0
        if share > 0.5 and len(present) >= 50:
            message = f"{name} has a value of its own in {share:.0%} of the rows: it names them."
            yield LeakFinding("identifier", name, "leak", share, 0.5, message)
        return
    numbers = values.astype(np.float64)
    some = np.isfinite(numbers)
    if some.sum() < 50:
        return
    given = numbers[some]
    share = len(np.unique(given)) / len(given)
    dense = np.ptp(given) + 1 <= 3 * len(given)  # a number of its own; a count or a place leaves most of its range out
    if share > 0.95 and dense and (given == np.round(given)).all():
        message = f"{name} is a whole number that {share:.0%} of the rows have for themselves: it names them."
        yield LeakFinding("identifier", name, "leak", share, 0.95, message)
        return
    order = abs(_rank_correlation(given, rows["t"][some].astype(np.float64)))
    trained, tested = numbers[some & (roles >= 0)], numbers[some & (roles == TEST)]
    if order > 0.999 and len(trained) and len(tested):
        outside = float(((tested < trained.min()) | (tested > trained.max())).mean())
        if outside > 0.5:
            message = f"{name} rises with time; {outside:.0%} of the test rows lie outside what training saw."
            yield LeakFinding("identifier", name, "leak", outside, 0.5, message)


def _null(values: Array) -> Array:
    if values.dtype == object:
        return np.array([v is None for v in values.tolist()], dtype=bool)
    return np.isnan(values.astype(np.float64))


ABOUT = {
    "duplicates": "test rows whose features stand in training",
    "group": "a part, tool or order with rows on both sides of the split",
    "single feature": "a feature, or where it is null, that orders the labels all by itself",
    "future": "a time after the row's end, a label of later rows, a column that is filled in later",
    "identifier": "a feature that names its row, or counts on into the test rows",
}


def check(material: Material) -> Leakage:
    """Return all checks and what they found."""
    rows, roles = material.rows.features, material.rows.roles
    truth = truth_of(material.model, material.rows.labels)
    matrix = material.session.matrix(rows)
    findings = [*twins(matrix, roles), *groups_cut(rows, material.context, roles)]
    order = np.lexsort((rows["t"], rows["asset"].astype(str)))
    trained = order[roles[order] >= 0]
    trained = trained[:: max(1, len(trained) // MOST_ROWS)] if len(trained) > 2 * MOST_ROWS else trained
    near = order[:MOST_ROWS]  # neighbours in time stay neighbours
    ends = rows["asset"][order]
    for name in material.features:
        values = rows[name]
        findings += single(name, values[trained], truth[trained], material.kind)
        of = {"asset": rows["asset"][near], "t": rows["t"][near]}
        findings += future(name, values[near], of, truth[near], material.kind, learnt=True)
        findings += filled_in_later(name, values[order], ends)
        findings += identifier(name, values, rows, roles)
    for name in material.context:
        findings += future(name, rows[name], rows, truth, material.kind, learnt=False)
    looked = {"duplicates": int((roles == TEST).sum()), "group": len(material.context) + 1}
    checks = tuple(
        LeakCheck(name, about, looked.get(name, len(material.features)), sum(f.check == name for f in findings))
        for name, about in ABOUT.items()
    )
    findings.sort(key=lambda f: (f.severity, f.check, f.column))
    return Leakage(checks, tuple(findings))


class LeakageStep(Examination):
    """Plans `leakage:MODEL`."""

    name = "leakage"
    version = "1"
    produces = frozenset({"leakage"})
    record = "leakage@1"

    def examine(self, found: Material, ctx: Context) -> Leakage:  # noqa: ARG002 - nothing is drawn
        """Return what the checks found."""
        return check(found)
