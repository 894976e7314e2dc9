"""Expressions as SQL text: every literal typed, every partial function guarded, overflow null where `arrays` looks."""

from collections.abc import Mapping

from ninefold.kernel.errors import InvalidInput
from ninefold.recipes.expressions.kinds import kind_of
from ninefold.recipes.expressions.parser import Node, Tables
from ninefold.recipes.sql import bounded, literal, number, quoted

MAX_SQL = 200_000

_GUARDS = {"sqrt": (">= 0", "sqrt"), "log": ("> 0", "ln"), "log10": ("> 0", "log10")}


def _risky(node: Node) -> bool:
    """Return whether a part may be infinite or NaN; only + - * / pow and exp make such values."""
    if node.kind == "op":
        return node.value in {"+", "-", "*", "/"} or (node.value == "negate" and _risky(node.args[0]))
    if node.kind != "call" or node.value in {"min", "max", "coalesce", "sign"}:
        return node.value == "coalesce" and _risky(node.args[-1])
    return node.value in {"pow", "exp"} or any(map(_risky, node.args))


class Renderer:
    """Renders one expression. A guard repeats its operand, so it stands only where a value is looked at."""

    def __init__(self, columns: Mapping[str, str], tables: Tables) -> None:
        self.columns = columns
        self.tables = tables

    def column(self, node: Node) -> str:
        """Return an expression that gives a column's value: DOUBLE or VARCHAR.

        Raises:
            InvalidInput: an unknown column, kinds that do not fit, or a text that grows beyond 200 kB.
        """
        kind = kind_of(node, self.columns)
        if kind == "text":
            return self._size(self.value(node))
        return self._size(self.seen(node))

    def condition(self, node: Node) -> str:
        """Return an expression that gives a condition: BOOLEAN."""
        kind_of(node, self.columns)
        return self._size(self.logical(node))

    def _size(self, sql: str) -> str:
        if len(sql) > MAX_SQL:
            raise InvalidInput(
                f"The expression becomes {len(sql)} characters of SQL; at most {MAX_SQL} are allowed.",
                hint="Split it into several derive steps.",
            )
        return sql

    def numeric(self, node: Node) -> str:
        sql = self.value(node)
        kind = kind_of(node, self.columns)
        if kind == "logical":
            return f"CAST(CAST({sql} AS INTEGER) AS DOUBLE)"
        return sql

    def seen(self, node: Node) -> str:
        sql = self.numeric(node)
        return bounded(sql) if _risky(node) else sql

    def logical(self, node: Node) -> str:
        if kind_of(node, self.columns) == "logical":
            return self.value(node)
        return f"({self.seen(node)} <> 0)"

    def value(self, node: Node) -> str:
        match node.kind:
            case "number":
                return number(node.value)
            case "logical":
                return "TRUE" if node.value else "FALSE"
            case "null":
                return "NULL"
            case "text":
                return literal(node.value)
            case "column":
                name = quoted(node.value)
                return f"CAST({name} AS DOUBLE)" if self.columns[node.value] == "time" else name
            case "lookup":
                return self._lookup(node)
            case "call":
                return self._call(node)
        return self._operator(node)

    def _lookup(self, node: Node) -> str:
        rows = " ".join(
            f"WHEN {literal(key)} THEN {number(value)}" for key, value in sorted(self.tables[node.value].items())
        )
        return f"(CASE {self.value(node.args[0])} {rows} END)" if rows else "CAST(NULL AS DOUBLE)"

    def _operator(self, node: Node) -> str:
        match node.value:
            case "is null":
                text = kind_of(node.args[0], self.columns) == "text"
                return f"({(self.value if text else self.seen)(node.args[0])} IS NULL)"
            case "not":
                return f"(NOT {self.logical(node.args[0])})"
            case "and" | "or":
                a, b = (self.logical(child) for child in node.args)
                return f"({a} {node.value.upper()} {b})"
            case "negate":
                return f"(-{self.numeric(node.args[0])})"
        text = any(kind_of(child, self.columns) == "text" for child in node.args)
        looks = node.value in {"=", "!=", "<", "<=", ">", ">="}
        render = self.value if text else self.seen if looks else self.numeric
        a, b = (render(child) for child in node.args)
        if looks:
            return f"({a} {'<>' if node.value == '!=' else node.value} {b})"
        if node.value == "/":
            b = f"NULLIF({b}, 0e0)"
        return f"({a} {node.value} {b})"

    def _call(self, node: Node) -> str:
        name = node.value
        if name == "if":
            kind = kind_of(node, self.columns)
            yes, no = (self.value(c) if kind == "text" else self.numeric(c) for c in node.args[1:])
            return f"(CASE WHEN {self.logical(node.args[0])} THEN {yes} ELSE {no} END)"
        if name == "coalesce":
            text = kind_of(node, self.columns) == "text"
            parts = [self.value(c) if text else self.seen(c) for c in node.args]
            return f"COALESCE({', '.join(parts)})" if len(parts) > 1 else parts[0]
        render = self.seen if name in {"min", "max", "sign"} else self.numeric
        args = [render(child) for child in node.args]
        if name in {"min", "max"}:
            return self._extreme(name, args)
        if name in _GUARDS:
            test, function = _GUARDS[name]
            return f"(CASE WHEN {args[0]} {test} THEN {function}({args[0]}) END)"
        if name in {"pow", "exp"}:
            return f"{name}({', '.join(args)})"
        return f"CAST({name}({args[0]}) AS DOUBLE)"

    def _extreme(self, name: str, args: list[str]) -> str:
        if len(args) == 1:
            return args[0]
        missing = " OR ".join(f"{a} IS NULL" for a in args)  # LEAST and GREATEST skip nulls
        function = "LEAST" if name == "min" else "GREATEST"
        return f"(CASE WHEN {missing} THEN NULL ELSE {function}({', '.join(args)}) END)"
