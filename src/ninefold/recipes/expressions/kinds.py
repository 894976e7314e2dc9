"""Which kind of value (number, text, logical) a part of an expression has; comparing text with a number is refused."""

from collections.abc import Mapping

from ninefold.kernel.decode import nearest
from ninefold.kernel.errors import InvalidInput
from ninefold.recipes.expressions.functions import Kind
from ninefold.recipes.expressions.parser import Node

_NUMERIC = {"+", "-", "*", "/", "negate"}
_CHOICES = {"if", "coalesce"}


def kind_of(node: Node, columns: Mapping[str, str], closed: bool = True) -> Kind:
    """Return the kind of an expression over columns of known kinds; "any" where a column's kind is not known yet.

    Raises:
        InvalidInput: an unknown column (only when `closed`), or kinds that do not go together; with the position.
    """
    kinds = [kind_of(child, columns, closed) for child in node.args]
    match node.kind:
        case "number" | "text" | "logical":
            return node.kind
        case "null":
            return "any"
        case "column":
            return _column(node, columns, closed)
        case "lookup":
            _want(node, kinds, "text")
            return "number"
        case "call" if node.value in _CHOICES:
            return _choice(node, kinds)
        case "call":
            _want(node, kinds, "number")
            return "number"
    if node.value in _NUMERIC:
        _want(node, kinds, "number")
        return "number"
    if node.value in {"and", "or", "not"}:
        _refuse(node, kinds, "text")
    elif node.value != "is null":
        _common(node, kinds)
        if "text" in kinds and node.value not in {"=", "!="}:
            raise _wrong(node, "text has no order; compare it with = or !=")
    return "logical"


def _column(node: Node, columns: Mapping[str, str], closed: bool) -> Kind:
    kind = columns.get(node.value)
    if kind is None:
        if not closed:
            return "any"
        raise InvalidInput(
            f"There is no column {node.value!r} (position {node.at}) at this step.", hint=nearest(node.value, columns)
        )
    return {"text": "text", "any": "any"}.get(kind, "number")  # type: ignore[return-value] # both are kinds


def _choice(node: Node, kinds: list[Kind]) -> Kind:
    branches = kinds
    if node.value == "if":
        _refuse(node, kinds[:1], "text")
        branches = kinds[1:]
    return _common(node, branches)


def _common(node: Node, kinds: list[Kind]) -> Kind:
    known = {"number" if k == "logical" else k for k in kinds if k != "any"}
    if len(known) > 1:
        raise _wrong(node, "text and numbers do not go together")
    if not known:
        return "any"
    return "text" if known == {"text"} else "number"


def _want(node: Node, kinds: list[Kind], wanted: Kind) -> None:
    if wanted == "number":
        _refuse(node, kinds, "text")
    else:
        for other in ("number", "logical"):
            _refuse(node, kinds, other)


def _refuse(node: Node, kinds: list[Kind], unwanted: str) -> None:
    if unwanted in kinds:
        found = "text" if unwanted == "text" else "a number"
        raise _wrong(node, f"{node.value} cannot take {found}")


def _wrong(node: Node, what: str) -> InvalidInput:
    return InvalidInput(f"The expression makes no sense at position {node.at}: {what}.")
