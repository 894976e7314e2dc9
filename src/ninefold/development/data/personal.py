"""Operator and shift columns are no features, unless an agreement is declared: nobody is scored by the way."""

import re
from collections.abc import Collection

from ninefold.kernel.errors import Refused
from ninefold.recipes import Recipe

AGREEMENTS = "project#agreements"
_WORDS = frozenset(
    {
        "operator", "operators", "shift", "shifts", "employee", "worker", "staff", "person", "personnel", "badge",
        "bediener", "schicht", "mitarbeiter", "werker", "personal", "personalnummer", "operateur", "equipe",
    }
)  # fmt: skip


def is_personal(column: str) -> bool:
    """Return whether a column's name says that it is about people; a name says nothing for the opposite."""
    return bool(_WORDS & set(re.split(r"[^a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", column).lower())))


def personal_columns(recipe: Recipe, agreed: Collection[str]) -> tuple[str, ...]:
    """Return the personal columns that a step reads or that would be features, less the agreed ones.

    A personal column that only identifies the frame, or is only filtered on, makes no feature.
    """
    read = {n for step in recipe.steps if step.__struct_config__.tag != "filter" for n in step.reads()}
    keys = {recipe.keys.entity, recipe.keys.time, recipe.keys.frame}
    names = (read | set(recipe.features())) - keys - set(agreed)
    return tuple(sorted(n for n in names if is_personal(n)))


def refusal(columns: Collection[str]) -> Refused:
    """Return the error for personal columns."""
    names = ", ".join(columns)
    message = f"The recipe makes features of {names}, which is about people."
    return Refused(message, hint="Leave it out, or declare the agreement: agreements = [...] in ninefold.toml.")
