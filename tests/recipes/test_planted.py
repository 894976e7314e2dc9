"""Errors planted in one engine at a time: the comparison must catch each, or parity would prove nothing."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tests.recipes import cases
from tests.recipes.test_parity import OPERATIONS

from ninefold.recipes import sql, table
from ninefold.recipes.operations import admit, frames, history, rowwise, statistics
from ninefold.recipes.sql import Dialect

CUTS = [0.21, 0.22, 0.5, 0.77]


def messy(rows: int = 400) -> dict[str, Any]:
    """A table with every trouble at once, the same each time."""
    rng = np.random.default_rng(11)
    moved = rng.choice([0, 1, 1, 2, 5, 30, -2], rows) * 10 * cases.SECOND
    x = rng.choice([np.nan, 1.0, -2.5, 0.0, 1e8, 1e8 + 0.1, 1e8 + 0.2, np.inf, 7.25], rows)
    return {
        "asset": rng.choice(np.array(["m1", "m2", None], dtype=object), rows),
        "ts": cases.START + np.cumsum(moved),
        "part": np.where(rng.random(rows) < 0.03, np.nan, np.floor(np.arange(rows) / 14)),
        "x": x,
        "y": rng.normal(0, 10, rows),
        "life": np.where(rng.random(rows) < 0.1, np.nan, np.floor(np.arange(rows) / 90)),
        "variant": rng.choice(np.array(["L", "M", "H", None], dtype=object), rows),
        "numeral": rng.choice(np.array(["1", "1_0", "nan", " 2.5", "x", None], dtype=object), rows),
    }


LOG = {
    "asset": np.array(["m1", "m1", "m2"], dtype=object),
    "known": cases.START + np.array([100, 100, 300]) * cases.SECOND,
    "occurred": cases.START + np.array([50, 20, 290]) * cases.SECOND,
    "value": np.array([1.0, 2.0, 3.0]),
}
JOIN = "as_of: {right: log, columns: [value], tolerance: 10 min}"


def check(name: str) -> None:
    if name == "as_of":
        late = {n: a[:3] for n, a in messy().items()} | {"asset": np.full(3, "m1", dtype=object)}
        late["ts"] = cases.START + np.array([99, 100, 101]) * cases.SECOND
        cases.all_equal(cases.steps(JOIN, right=True), late, CUTS, {"log": LOG})
        return
    tables = "tables: {nominal: {L: 37, M: 40, H: 44}}"
    cases.all_equal(cases.steps(*OPERATIONS[name], tables=tables), messy(), CUTS)


@pytest.mark.parametrize("name", ["as_of", *OPERATIONS])
def test_without_a_planted_error_the_engines_agree(name: str) -> None:
    """The same table that catches the errors below."""
    check(name)


def _sample_std(*args: Any) -> Any:
    v, _, g, groups, mean = args
    n = np.bincount(g, minlength=groups)
    with np.errstate(all="ignore"):
        return np.sqrt(np.bincount(g, (v - mean[g]) ** 2, groups) / (n - 1))


def _naive_spread(name: str, mean: str, weight: str) -> str:
    return f'sqrt(abs(sum({weight} * "{name}" * "{name}") / sum({weight}) - avg("{name}") * avg("{name}")))'


def _strange_null(array: Any) -> Any:
    first = np.ones(len(array), bool)
    if len(array) > 1:
        first[1:] = array[1:] != array[:-1]
    return first


last_rows, running, bounded = history._last_rows, admit._running, sql.bounded


def _lenient(_: Dialect, text: str) -> str:
    return bounded(f"TRY_CAST(replace({text}, '_', '') AS DOUBLE)")


def _whole_push(code: Any, t: Any, before: Any) -> Any:
    return np.maximum(running(code, t, before), t.max(initial=0))


def _open_join(_: Dialect, left: str, right: str, equal: str, later: str) -> str:
    return f"{left} ASOF LEFT JOIN {right} ON {equal} AND {later.replace('>=', '>')}"


def _null_is_low(self: rowwise.Clip, *_: Any) -> rowwise.Rows:
    return rowwise.Rows(
        lambda b: b.with_({n: np.fmax(b.columns[n], a or -np.inf) for n, (a, _) in self.columns_.items()})
    )


PLANTED: dict[str, tuple[str, Any, str, Callable[..., Any]]] = {
    "nulls are not skipped in fill": ("fill", Dialect, "last_known", lambda _, v, w: f"last_value({v}) OVER {w}"),
    "underscores are digits": ("cast", Dialect, "to_number", _lenient),
    "first is the last": ("window", Dialect, "first_by", lambda d, v, o: d.last_by(v, o)),
    "window std is of the sample": ("window by rows", statistics, "_std", _sample_std),
    "window std is naive": ("window", frames, "spread", _naive_spread),
    "rolling forgets a row at a cut": ("rolling", history, "_last_rows", lambda r, f, n: last_rows(r, f, n - 1)),
    "lag forgets a row at a cut": ("lag", history, "_last_rows", lambda r, f, n: last_rows(r, f, n - 1)),
    "null differs from null in reset": ("rolling", history, "changes", _strange_null),
    "lateness is judged by push": ("admit", admit, "_running", _whole_push),
    "infinity is a number": ("none", table, "bounded", lambda a: np.asarray(a, dtype=float)),
    "clip turns null into the bound": ("clip", rowwise.Clip, "kernel", _null_is_low),
    "as-of is open at the known time": ("as_of", Dialect, "as_of", _open_join),
}


@pytest.mark.parametrize("name", PLANTED)
@pytest.mark.job("data/planted", against="cases", what="planted error")
def test_a_planted_error_is_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the bit-equality of stream and batch, or by the comparison with DuckDB."""
    operation, where, attribute, wrong = PLANTED[name]
    monkeypatch.setattr(where, attribute, wrong)
    with pytest.raises(AssertionError):
        check(operation)
