"""The fixed list of functions that an expression may call, with what they take and give."""

from typing import Literal, NamedTuple

Kind = Literal["number", "text", "logical", "any"]


class Function(NamedTuple):
    """One function: its least and greatest number of arguments, and its meaning in one line."""

    least: int
    most: int
    meaning: str


MOST_ARGUMENTS = 16

FUNCTIONS: dict[str, Function] = {
    "abs": Function(1, 1, "magnitude"),
    "ceil": Function(1, 1, "smallest whole number that is not less"),
    "coalesce": Function(1, MOST_ARGUMENTS, "the first argument that is not null"),
    "exp": Function(1, 1, "e to the power of the argument"),
    "floor": Function(1, 1, "largest whole number that is not greater"),
    "greatest": Function(1, MOST_ARGUMENTS, "the same as max"),
    "if": Function(3, 3, "the second argument where the first is true, else the third"),
    "least": Function(1, MOST_ARGUMENTS, "the same as min"),
    "log": Function(1, 1, "natural logarithm; null at zero and below"),
    "log10": Function(1, 1, "decimal logarithm; null at zero and below"),
    "max": Function(1, MOST_ARGUMENTS, "the greatest argument; null if any is null"),
    "min": Function(1, MOST_ARGUMENTS, "the least argument; null if any is null"),
    "pow": Function(2, 2, "the first argument to the power of the second"),
    "sign": Function(1, 1, "-1, 0 or 1"),
    "sqrt": Function(1, 1, "square root; null below zero"),
}
