"""Expressions on numpy arrays. Null is NaN (text: None); logical values are 1, 0 and NaN (Kleene).

Arithmetic runs in IEEE doubles; where a value is looked at (comparison, is null, min, max, coalesce, a condition, the
end), what is infinite, not a number or beyond 1e100 is null. SQL does the same at the same places.
"""

from collections.abc import Mapping

import numpy as np

from ninefold.recipes.expressions.parser import Node, Tables
from ninefold.recipes.table import bounded, null_mask
from ninefold.vocabulary.columns import Array, Floats


def evaluate(node: Node, columns: Mapping[str, Array], tables: Tables, rows: int) -> Array:
    """Return the value of an expression for each row: float64 `(rows,)`, or an object array of text."""
    with np.errstate(all="ignore"):
        value = _seen(_value(node, columns, tables))
    if value.shape == (rows,):
        return value
    out = np.empty(rows, value.dtype)
    out[:] = value
    return out


def _value(node: Node, columns: Mapping[str, Array], tables: Tables) -> Array:
    match node.kind:
        case "number":
            return np.float64(node.value)  # type: ignore[return-value] # a 0-d array in all that follows
        case "logical":
            return np.float64(node.value)  # type: ignore[return-value] # as above
        case "null":
            return np.float64(np.nan)  # type: ignore[return-value] # as above
        case "text":
            return np.array(node.value, dtype=object)
        case "column":
            array = columns[node.value]
            return array.astype(np.float64) if array.dtype == np.int64 else array
    args = [_value(child, columns, tables) for child in node.args]
    if node.kind == "lookup":
        return _lookup(args[0], tables[node.value])
    if node.kind == "call":
        return _call(node.value, args)
    return _operator(node.value, args)


def _lookup(keys: Array, table: Mapping[str, float]) -> Floats:
    if keys.ndim == 0:
        keys = np.array([keys.item()], dtype=object)
    return np.array([table.get(k, np.nan) for k in keys.tolist()], dtype=np.float64)


def _operator(name: str, args: list[Array]) -> Array:
    if name == "is null":
        return null_mask(_seen(args[0])).astype(np.float64)
    if name in {"and", "or", "not"}:
        return _logic(name, [_truth(a) for a in args])
    if name == "negate":
        return -args[0]
    a, b = args
    match name:
        case "+":
            return a + b
        case "-":
            return a - b
        case "*":
            return a * b
        case "/":
            return np.where(b == 0, np.nan, a / b)
    return _compare(name, a, b)


_COMPARE = {
    "=": np.equal, "!=": np.not_equal, "<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal,
}  # fmt: skip


def _compare(name: str, a: Array, b: Array) -> Floats:
    a, b = _seen(a), _seen(b)
    unknown = null_mask(a) | null_mask(b)
    if (a.dtype == object) != (b.dtype == object):  # text with an untyped null
        return np.where(unknown, np.nan, np.nan)
    return np.where(unknown, np.nan, _COMPARE[name](a, b).astype(np.float64))


def _seen(value: Array) -> Array:
    value = np.asarray(value)
    return value if value.dtype == object else bounded(value)


def _truth(value: Array) -> Floats:
    value = _seen(value)
    return np.where(np.isnan(value), np.nan, value != 0)


def _logic(name: str, args: list[Floats]) -> Floats:
    if name == "not":
        return 1.0 - args[0]
    a, b = args
    if name == "and":
        return np.where((a == 0) | (b == 0), 0.0, a * b)
    return np.where((a == 1) | (b == 1), 1.0, np.maximum(a, b))


def _call(name: str, args: list[Array]) -> Array:
    first = args[0]
    match name:
        case "min" | "max":
            return _extreme(name, args)
        case "if":
            return _choose(_truth(first) == 1, args[1], args[2])
        case "coalesce":
            return _coalesce(args)
        case "pow":
            return np.power(first, args[1])
        case "exp":
            return np.exp(first)
        case "sqrt":
            return np.sqrt(np.where(first >= 0, first, np.nan))
        case "log":
            return np.log(np.where(first > 0, first, np.nan))
        case "log10":
            return np.log10(np.where(first > 0, first, np.nan))
    plain = {"abs": np.abs, "floor": np.floor, "ceil": np.ceil, "sign": np.sign}
    result: Array = plain[name](_seen(first) if name == "sign" else first)
    return result


def _extreme(name: str, args: list[Array]) -> Array:
    pick = np.minimum if name == "min" else np.maximum  # both give NaN if any is NaN
    result = _seen(args[0])
    for other in args[1:]:
        result = pick(result, _seen(other))
    return result


def _coalesce(args: list[Array]) -> Array:
    result = args[-1]
    for earlier in reversed(args[:-1]):
        seen = _seen(earlier)
        result = _choose(~null_mask(seen), seen, result)
    return result


def _choose(condition: Array, yes: Array, no: Array) -> Array:
    yes, no = np.asarray(yes), np.asarray(no)
    if yes.dtype == object or no.dtype == object:
        yes, no = _as_text(yes), _as_text(no)
    return np.where(condition, yes, no)


def _as_text(value: Array) -> Array:
    return value if value.dtype == object else np.full(value.shape, None, dtype=object)  # a bare null
