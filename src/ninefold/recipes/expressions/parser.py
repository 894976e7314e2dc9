"""Text to a tree of nodes, bounded in length, depth and size; an error names its position and the nearest name."""

import re
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from ninefold.kernel.decode import nearest
from ninefold.kernel.errors import InvalidInput
from ninefold.recipes.expressions.functions import FUNCTIONS

MAX_LENGTH = 2000
MAX_DEPTH = 32

Tables = Mapping[str, Mapping[str, float]]


class Node(NamedTuple):
    """One part of an expression.

    `kind` is number, text, null, column, call (a function), lookup (a declared table) or op; `value` is the literal or
    the name; `at` the 1-based position in the text.
    """

    kind: str
    value: Any
    args: tuple["Node", ...] = ()
    at: int = 0


class _Token(NamedTuple):
    kind: str
    text: str
    at: int


_TOKENS = re.compile(
    r"""\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?![\w.])
    |(?P<name>[^\W\d]\w*)|`(?P<quoted>[^`]+)`|"(?P<text>[^"]*)"|'(?P<text1>[^']*)'
    |(?P<sign>==|!=|<>|<=|>=|\*\*|[-+*/^<>=(),]))""",
    re.VERBOSE,
)
_KEYWORDS = frozenset({"and", "or", "not", "is", "null", "true", "false"})
_BINARY = {
    "or": 1, "and": 2, "=": 4, "!=": 4, "<": 4, "<=": 4, ">": 4, ">=": 4, "+": 5, "-": 5, "*": 6, "/": 6,
}  # fmt: skip
_SAME = {"==": "=", "<>": "!=", "**": "^"}
_NOT, _IS, _NEGATE, _POWER = 3, 4, 7, 8


def parse(text: str, tables: Collection[str] | None = ()) -> Node:
    """Return the tree of an expression; `tables` are the declared lookup tables, None takes any name for one.

    Raises:
        InvalidInput: with the position of what cannot be read, an unknown function, or an exceeded bound.
    """
    return _parse(text, None if tables is None else tuple(sorted(tables)))


@lru_cache(maxsize=512)
def _parse(text: str, tables: tuple[str, ...] | None) -> Node:
    if len(text) > MAX_LENGTH:
        raise InvalidInput(f"The expression has {len(text)} characters; at most {MAX_LENGTH} are allowed.")
    parser = _Parser(list(_tokens(text)), tables)
    node = parser.expression(0, 0)
    parser.expect("end")
    return node


def columns_of(node: Node) -> dict[str, int]:
    """Return the columns that an expression reads, with the position of their first use."""
    found = {node.value: node.at} if node.kind == "column" else {}
    for child in node.args:
        found = {**columns_of(child), **found}
    return found


def _tokens(text: str) -> Iterator[_Token]:
    end = 0
    while text[end:].strip():
        match = _TOKENS.match(text, end)
        if match is None:
            at = end + len(text[end:]) - len(text[end:].lstrip())
            raise _wrong(f"found {text[at]!r}, which no expression contains", at + 1)
        kind, start = str(match.lastgroup), match.start(str(match.lastgroup)) + 1
        word = str(match.group(kind))
        if kind == "name" and word in _KEYWORDS:
            kind = "keyword"
        yield _Token({"text1": "text"}.get(kind, kind), _SAME.get(word, word) if kind == "sign" else word, start)
        end = match.end()
    yield _Token("end", "", len(text) + 1)


def _wrong(what: str, at: int, hint: str = "") -> InvalidInput:
    return InvalidInput(f"The expression cannot be read at position {at}: {what}.", hint=hint)


class _Parser:
    """Precedence climbing: or, and, not, comparison and `is null`, + -, * /, sign, power."""

    def __init__(self, tokens: list[_Token], tables: tuple[str, ...] | None) -> None:
        self.tokens = tokens
        self.tables = tables
        self.place = 0

    def peek(self, *texts: str) -> bool:
        token = self.tokens[self.place]
        return token.kind in {"sign", "keyword"} and token.text in texts

    def next(self) -> _Token:
        token = self.tokens[self.place]
        self.place = min(self.place + 1, len(self.tokens) - 1)
        return token

    def expect(self, wanted: str) -> None:
        token = self.tokens[self.place]
        if wanted == "end":
            if token.kind != "end":
                raise _wrong(f"found {token.text!r}, expected the end or an operator", token.at)
        elif not self.peek(wanted):
            raise _wrong(f"found {token.text or 'the end'!r}, expected {wanted!r}", token.at)
        self.next()

    def expression(self, floor: int, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise _wrong(f"it is nested deeper than {MAX_DEPTH}", self.tokens[self.place].at)
        left = self.prefix(depth)
        chain = depth
        while True:
            token = self.tokens[self.place]
            if self.peek("is") and floor <= _IS:
                left = self.is_null(left)
            elif token.kind in {"sign", "keyword"} and _BINARY.get(token.text, -1) > floor:
                self.next()
                right = self.expression(_BINARY[token.text], depth + 1)
                left = Node("op", token.text, (left, right), token.at)
            elif self.peek("^") and floor < _POWER:
                self.next()
                left = Node("call", "pow", (left, self.expression(_NEGATE, depth + 1)), token.at)
            else:
                return left
            chain += 1
            if chain > depth + 200:
                raise _wrong("it has more than 200 operators in a row", token.at)

    def is_null(self, left: Node) -> Node:
        at = self.next().at
        negated = self.peek("not")
        if negated:
            self.next()
        self.expect("null")
        node = Node("op", "is null", (left,), at)
        return Node("op", "not", (node,), at) if negated else node

    def prefix(self, depth: int) -> Node:
        token = self.next()
        if token.kind == "number":
            return self.number(token)
        if token.kind == "text":
            return Node("text", token.text, (), token.at)
        if token.kind == "quoted":
            return Node("column", token.text, (), token.at)
        if token.kind == "name":
            if self.peek("("):
                return self.call(token, depth)
            return Node("column", token.text, (), token.at)
        return self.sign(token, depth)

    def sign(self, token: _Token, depth: int) -> Node:
        match token.text:
            case "(" if token.kind == "sign":
                node = self.expression(0, depth + 1)
                self.expect(")")
                return node
            case "-" if token.kind == "sign":
                return Node("op", "negate", (self.expression(_NEGATE, depth + 1),), token.at)
            case "+" if token.kind == "sign":
                return self.expression(_NEGATE, depth + 1)
            case "not" if token.kind == "keyword":
                return Node("op", "not", (self.expression(_NOT, depth + 1),), token.at)
            case "null" if token.kind == "keyword":
                return Node("null", None, (), token.at)
            case "true" | "false" if token.kind == "keyword":
                return Node("logical", token.text == "true", (), token.at)
        found = repr(token.text) if token.kind != "end" else "the end"
        raise _wrong(f"found {found}, expected a number, a column or a function", token.at)

    def number(self, token: _Token) -> Node:
        value = float(token.text)
        if not abs(value) <= 1e100:
            raise _wrong(f"{token.text} is beyond the largest number, 1e100", token.at)
        return Node("number", value, (), token.at)

    def call(self, token: _Token, depth: int) -> Node:
        self.expect("(")
        args: list[Node] = []
        while not self.peek(")"):
            if args:
                self.expect(",")
            args.append(self.expression(0, depth + 1))
        self.expect(")")
        name = token.text
        if name in FUNCTIONS:
            least, most, kind = FUNCTIONS[name].least, FUNCTIONS[name].most, "call"
        elif self.tables is None or name in self.tables:
            least, most, kind = 1, 1, "lookup"
        else:
            hint = nearest(name, [*FUNCTIONS, *self.tables]).rstrip(".") + f"; or declare {name} under tables."
            raise _wrong(f"there is no function or table {name!r}", token.at, hint)
        if not least <= len(args) <= most:
            count = str(least) if least == most else f"{least} to {most}"
            raise _wrong(f"{name} takes {count} arguments, found {len(args)}", token.at)
        name = {"least": "min", "greatest": "max"}.get(name, name)
        return Node(kind, name, tuple(args), token.at)
