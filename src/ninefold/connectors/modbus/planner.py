"""Which requests read a set of tags: neighbours together, small gaps bridged, unreadable ranges never crossed.

What a device refuses is learned by halving: a range that answers with exception 2 (or 3, too many) is asked in two
halves, and where both halves answer and the whole did not, a hole is remembered that no later request crosses.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple

from ninefold.connectors.modbus.address import REGISTERS, Table
from ninefold.connectors.modbus.settings import MOST_BITS, MOST_REGISTERS

ILLEGAL_ADDRESS, ILLEGAL_VALUE = 2, 3  # exceptions that may mean: not all of this in one request
BITS = 16  # in a register: that many bits cost what one register costs


class Span(NamedTuple):
    """What one tag takes: registers or bits, from `start` to before `end`."""

    unit: int
    table: Table
    start: int
    end: int


class Block(NamedTuple):
    """One request, and which spans (by their index) its answer holds."""

    unit: int
    table: Table
    start: int
    end: int
    spans: tuple[int, ...]

    @property
    def size(self) -> int:
        """How many registers or bits are asked for."""
        return self.end - self.start


class Answer(NamedTuple):
    """What a block got: data (registers or bits), or the exception code of the device."""

    block: Block
    data: Any = None
    code: int = 0


class Holes:
    """What a device does not let us read across. Grows while a connection lives, and is forgotten with it."""

    def __init__(self) -> None:
        self._found: set[Span] = set()
        self.changes = 0

    def __len__(self) -> int:
        return len(self._found)

    def add(self, hole: Span) -> None:
        """Remember a range that no request may contain; one without length lies between two registers."""
        if hole not in self._found:
            self._found.add(hole)
            self.changes += 1

    def filled(self, span: Span) -> None:
        """Forget a hole that answers again."""
        if span in self._found:
            self._found.remove(span)
            self.changes += 1

    def within(self, request: Span) -> bool:
        """Return whether a request would contain a hole; one without length counts inside it, not at its edges."""
        return any(
            (h.unit, h.table) == (request.unit, request.table)
            and request.start <= h.start and h.end <= request.end
            and (h.start < h.end or request.start < h.start < request.end)
            for h in self._found
        )  # fmt: skip

    def holds(self, span: Span) -> bool:
        """Return whether a tag itself lies in a hole: it is asked for alone."""
        return span in self._found


def plan_blocks(spans: Sequence[Span], *, bridge: int, most: int = MOST_REGISTERS, holes: Holes) -> tuple[Block, ...]:
    """Return the requests that read all spans, in the order of units, tables and addresses."""
    blocks: list[Block] = []
    alone = False  # whether the block before takes no neighbour
    for index in sorted(range(len(spans)), key=lambda i: spans[i]):
        span = spans[index]
        limit = most if span.table in REGISTERS else MOST_BITS
        allowed = bridge if span.table in REGISTERS else bridge * BITS
        last = blocks[-1] if blocks else None
        in_hole = holes.holds(span)
        if (
            last is not None and not alone and not in_hole
            and (last.unit, last.table) == (span.unit, span.table)
            and span.start - last.end <= allowed
            and max(last.end, span.end) - last.start <= limit
            and not holes.within(Span(span.unit, span.table, last.start, max(last.end, span.end)))
        ):  # fmt: skip
            blocks[-1] = last._replace(end=max(last.end, span.end), spans=(*last.spans, index))
        else:
            blocks.append(Block(*span, (index,)))
        alone = in_hole
    return tuple(blocks)


async def fetch(
    blocks: Sequence[Block], spans: Sequence[Span], ask: Callable[[Block], Awaitable[Answer]], holes: Holes
) -> list[Answer]:
    """Return the answers to all blocks. One that is refused is asked for in parts, and holes are learned."""
    answers: list[Answer] = []
    for block in blocks:
        answers += await _asked(block, spans, ask, holes)
    return answers


async def _asked(
    block: Block, spans: Sequence[Span], ask: Callable[[Block], Awaitable[Answer]], holes: Holes
) -> list[Answer]:
    answer = await ask(block)
    alone = len(block.spans) == 1
    if answer.code == ILLEGAL_ADDRESS and alone:
        holes.add(Span(*block[:4]))
    if answer.code == 0 and alone:
        holes.filled(Span(*block[:4]))
    if answer.code not in (ILLEGAL_ADDRESS, ILLEGAL_VALUE) or alone:
        return [answer]
    left, right = _halves(block, spans)
    first, second = [await _asked(half, spans, ask, holes) for half in (left, right)]
    if len(first) == len(second) == 1 and not first[0].code and not second[0].code:
        holes.add(Span(block.unit, block.table, min(left.end, right.start), right.start))
    return [*first, *second]


def _halves(block: Block, spans: Sequence[Span]) -> tuple[Block, Block]:
    """Split a block between two of its tags, which stand in the order of their addresses."""
    middle = len(block.spans) // 2
    parts = (block.spans[:middle], block.spans[middle:])
    left, right = (Block(block.unit, block.table, spans[p[0]].start, max(spans[i].end for i in p), p) for p in parts)
    return left, right
