"""The blocks that a page is made of: facts, one sentence with its next step, a form, a difference, a panel of blocks.

They say what is to be shown, never how: no markup, no address of a web page. `role` is the least role that may act.
"""

from typing import Literal

import msgspec

from ninefold.surface.cells import Cell, Ref, State
from ninefold.surface.figure import Figure
from ninefold.surface.table import Table
from ninefold.surface.words import Text
from ninefold.vocabulary.account import AccountRole

Weight = Literal["main", "plain", "danger"]  # one main action a page; danger: rollback, stop, erase
FieldKind = Literal["text", "number", "area", "select", "date", "password", "hidden", "check", "file", "code"]


class Go(msgspec.Struct, frozen=True, tag=True):
    """A button that opens an object or a page: it changes nothing."""

    label: Text
    to: Ref
    weight: Weight = "plain"


class Field(msgspec.Struct, frozen=True, tag=True):
    """One field of a form. `problem` says what is wrong with the value that was sent, and what to write instead."""

    name: str
    label: Text
    kind: FieldKind = "text"
    value: str = ""
    options: tuple[tuple[str, Text], ...] = ()
    hint: Text = ""
    problem: Text = ""
    required: bool = False
    unit: str = ""
    ends: tuple[float, float] | None = None  # of a number: a script may offer a slider between them


class Act(msgspec.Struct, frozen=True, tag=True):
    """A button that does something: the name of an action of the workbench, with the values that are already known."""

    label: Text
    action: str  # path of a POST route, such as "run" or "alarms/ID/judge"
    values: tuple[tuple[str, str], ...] = ()
    weight: Weight = "plain"
    role: AccountRole = "editor"


class Sheet(msgspec.Struct, frozen=True, tag=True):
    """Fields of a form in rows beside what they are about: a cell is a field, whose label is heard, or is shown."""

    title: Text
    columns: tuple[Text, ...]
    rows: "tuple[tuple[Field | Cell, ...], ...]"


class Form(msgspec.Struct, frozen=True, tag=True):
    """Fields to fill in and the button that sends them. `preview` is the action that shows what saving would do."""

    title: Text
    action: str
    fields: tuple[Field, ...]
    submit: Text
    role: AccountRole = "editor"
    weight: Weight = "main"
    note: Text = ""
    problem: Text = ""
    preview: str = ""
    also: tuple[tuple[str, Text], ...] = ()  # other buttons: (action, label)
    sheet: Sheet | None = None  # below the other fields
    asks: bool = False  # it only looks something up: the fields stand in the address, and nothing is changed


class Facts(msgspec.Struct, frozen=True, tag=True):
    """Labelled values: a strip of figures (`strip`) or a list. A fact is (label, value, what stands beside it)."""

    title: Text
    items: tuple[tuple[Text, Cell, Text], ...]
    strip: bool = False


class Why(msgspec.Struct, frozen=True, tag=True):
    """State, reason, owner, next step: one sentence with one button."""

    state: State
    text: Text
    note: Text = ""
    owner: Text = ""
    action: Go | Act | None = None


class Words(msgspec.Struct, frozen=True, tag=True):
    """A paragraph; `mono` for text of a file; `lead` for the sentence that the page is about."""

    text: Text
    look: Literal["plain", "lead", "mono", "note"] = "plain"


class Difference(msgspec.Struct, frozen=True, tag=True):
    """Lines of a difference: (mark " ", "+" or "-", line number or 0, text)."""

    title: Text
    lines: tuple[tuple[str, int, str], ...]


class Stage(msgspec.Struct, frozen=True, tag=True):
    """One stage of something that goes on in stages, such as a rollout."""

    name: Text
    state: State
    note: Text = ""


class Stages(msgspec.Struct, frozen=True, tag=True):
    """Stages in order."""

    title: Text
    stages: tuple[Stage, ...]


class Trail(msgspec.Struct, frozen=True, tag=True):
    """The way from a sentence to a machine in a few boxes: (what, its name, one line)."""

    title: Text
    boxes: tuple[tuple[Ref, Text, Text], ...]
    here: int = -1


class Empty(msgspec.Struct, frozen=True, tag=True):
    """What is said where nothing is yet, and what to do first."""

    text: Text
    action: Go | Act | None = None


class BoardCell(msgspec.Struct, frozen=True, tag=True):
    """One use case at one step."""

    state: State
    reason: Text
    to: Ref


class BoardRow(msgspec.Struct, frozen=True, tag=True):
    """One use case with its nine cells."""

    use_case: Ref
    caption: Text
    cells: tuple[BoardCell, ...]


class Board(msgspec.Struct, frozen=True, tag=True):
    """Use cases by the nine steps."""

    rows: tuple[BoardRow, ...]
    lead: Why | None = None
    more: str = ""  # the address of the next use cases


class Panel(msgspec.Struct, frozen=True, tag=True):
    """Blocks in a frame. `span` of 12 columns; `live` names what it must be drawn anew for ("fleet", "alarms")."""

    title: Text
    blocks: "tuple[Block, ...]"
    end: Text = ""
    span: int = 12
    live: str = ""
    name: str = ""  # unique on its page; the address of a fragment, needed when it is live


class Column(msgspec.Struct, frozen=True, tag=True):
    """Panels below each other beside others: so a long one leaves no hole beside it."""

    blocks: "tuple[Block, ...]"
    span: int = 12


class Find(msgspec.Struct, frozen=True, tag=True):
    """Fields that choose what a page shows: sent by GET to a page (its path without the first slash)."""

    page: str
    fields: tuple[Field, ...]
    submit: Text


class Choice(msgspec.Struct, frozen=True, tag=True):
    """One answer of several, with what it means and a state that gives it colour and shape."""

    act: Act
    note: Text
    state: State


class Choices(msgspec.Struct, frozen=True, tag=True):
    """Answers of which one is given: the first tap chooses, the second confirms."""

    title: Text
    choices: tuple[Choice, ...]
    confirm: Text  # of the second button, with the answer after it


class Progress(msgspec.Struct, frozen=True, tag=True):
    """How far long work is: a share of 0 to 1, or None when nobody knows."""

    text: Text
    share: float | None = None


Block = (
    Table
    | Figure
    | Form
    | Facts
    | Why
    | Words
    | Difference
    | Stages
    | Trail
    | Empty
    | Board
    | Panel
    | Act
    | Go
    | Column
    | Find
    | Choices
    | Progress
)
