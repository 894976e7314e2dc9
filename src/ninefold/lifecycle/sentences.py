"""What an edit did, as sentences: a message code and its values for every language, and the words in English."""

from collections.abc import Callable
from typing import NamedTuple

from ninefold.vocabulary.edit import FieldChange

_PRIORITIES = ("could", "should", "must")


class Sentence(NamedTuple):
    """One sentence: the code under which surfaces have it in their languages, its values, and its English words."""

    code: str
    values: dict[str, str]
    text: str


def sentence(change: FieldChange) -> Sentence:
    """Return what a change of a field says to a person."""
    if not change.field:
        return plain("edit.rewritten")
    known = _KNOWN.get(_kind(change))
    if known is not None and change.before and change.after and (found := known(change)) is not None:
        return found
    values = {"field": change.field, "before": change.before, "after": change.after}
    if not change.before:
        return Sentence("edit.added", values, f"{change.field} was added: {_stopped(change.after)}")
    if not change.after:
        return Sentence("edit.removed", values, f"{change.field} was removed; it was {_stopped(change.before)}")
    text = f"{change.field} changed from {change.before} to {_stopped(change.after)}"
    return Sentence("edit.changed", values, text)


def plain(code: str) -> Sentence:
    """Return a sentence about a whole file."""
    return Sentence(code, {}, _WHOLE[code])


_WHOLE = {
    "edit.created": "The file was created.",
    "edit.deleted": "The file was removed.",
    "edit.layout": "Only comments or layout changed.",
    "edit.rewritten": "The text changed; one side cannot be read field by field.",
    "edit.outside": "The file was changed outside the workbench.",
}


def _kind(change: FieldChange) -> str:
    """Return the field without the name of the criterion: criteria.threshold.value."""
    head, _, rest = change.field.partition("[")
    return head + rest.partition("]")[2] if change.about.get("criterion") else change.field


def _subject(change: FieldChange) -> tuple[str, str]:
    """Return the criterion in words, and the verb that fits."""
    words = change.about["criterion"].replace("-", " ").replace("_", " ")
    verb = "were" if words.endswith("s") and not words.endswith("ss") else "was"
    return words[:1].upper() + words[1:], verb


def _per(change: FieldChange) -> str:
    """Return the unit that a metric's name carries, in words: " per machine and week"."""
    metric = change.about.get("metric", "")
    name, _, per = metric.partition("_per_")
    if per:
        return f" per {' and '.join(per.split('_'))}"
    return " ms" if name.endswith("_ms") else ""


def _threshold(change: FieldChange) -> Sentence | None:
    before, after = _number(change.before), _number(change.after)
    if before is None or after is None or change.about.get("op") not in {">=", "<="}:
        return None
    tighter = (after > before) == (change.about["op"] == ">=")
    word = "tightened" if tighter else "loosened"
    subject, verb = _subject(change)
    values = {**change.about, "before": change.before, "after": change.after, "unit": _per(change).strip()}
    text = f"{subject} {verb} {word} from {change.before} to {change.after}{_per(change)}."
    return Sentence(f"edit.threshold.{word}", values, text)


def _level(change: FieldChange) -> Sentence | None:
    before, after = _number(change.before), _number(change.after)
    if before is None or after is None:
        return None
    word = "raised" if after > before else "lowered"
    values = {**change.about, "before": change.before, "after": change.after}
    text = f"The confidence asked of {_subject(change)[0]!r} was {word} from {change.before} to {change.after}."
    return Sentence(f"edit.level.{word}", values, text)


def _samples(change: FieldChange) -> Sentence:
    values = {**change.about, "before": change.before, "after": change.after}
    text = f"{_subject(change)[0]!r} now needs at least {change.after} samples; it was {change.before}."
    return Sentence("edit.min_samples", values, text)


def _statement(change: FieldChange) -> Sentence:
    values = {"before": change.before, "after": change.after}
    return Sentence("edit.statement", values, f"The statement now reads: “{change.after}”")


def _text(change: FieldChange) -> Sentence:
    values = {"before": change.before, "after": change.after}
    return Sentence("edit.text", values, f"The text below now reads: “{change.after}”")


def _title(change: FieldChange) -> Sentence:
    values = {"before": change.before, "after": change.after}
    return Sentence("edit.title", values, f"The title changed from “{change.before}” to “{change.after}”.")


def _priority(change: FieldChange) -> Sentence | None:
    if change.before not in _PRIORITIES or change.after not in _PRIORITIES:
        return None
    word = "raised" if _PRIORITIES.index(change.after) > _PRIORITIES.index(change.before) else "lowered"
    values = {"before": change.before, "after": change.after}
    return Sentence(f"edit.priority.{word}", values, f"The priority was {word} from {change.before} to {change.after}.")


def _stopped(text: str) -> str:
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


_KNOWN: dict[str, Callable[[FieldChange], Sentence | None]] = {
    "criteria.threshold.value": _threshold,
    "criteria.bound.level": _level,
    "criteria.min_samples": _samples,
    "statement": _statement,
    "text below": _text,
    "title": _title,
    "priority": _priority,
}
