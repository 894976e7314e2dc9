"""The wording of a statement: the six EARS patterns and words that nobody can measure. English only; warnings only.

Source: Mavin, Wilkinson, Harwood, Novak, "Easy approach to requirements syntax (EARS)", RE'09, 317-322.
"""

import re
from collections.abc import Iterator

from ninefold.vocabulary.requirement_lint import Finding, Pattern

LONGEST = 600  # characters; also bounds what the expressions below may cost

_KEYWORDS: dict[str, Pattern] = {"while": "state", "when": "event", "where": "optional", "if": "unwanted"}
_SUBJECT = re.compile(r"(?:then\s+)?(?:the|a|an|each|every|all)\s+\S", re.IGNORECASE)
_SHALL = re.compile(r"\bshall\b", re.IGNORECASE)
_CLAUSE = re.compile(r",\s+|\s+(?=then\b)", re.IGNORECASE)
_NEXT_SENTENCE = re.compile(r"[.!?]\s+[A-Z]")
_ENGLISH = re.compile(r"\b(?:the|a|an|of|to|and|is|are|in|with|by|at|it|not|be|must|should|will)\b", re.IGNORECASE)

WEAK_WORDS = (
    "fast", "quick", "quickly", "slow", "adequate", "adequately", "appropriate", "appropriately", "sufficient",
    "sufficiently", "robust", "reliable", "reliably", "user-friendly", "easy", "easily", "simple", "efficient",
    "efficiently", "flexible", "timely", "in time", "as soon as possible", "as possible", "if possible", "if necessary",
    "where possible", "normally", "usually", "typically", "generally", "often", "sometimes", "several", "some", "many",
    "few", "most", "minimal", "optimal", "acceptable", "good", "bad", "better", "etc", "and so on", "and/or",
    "including but not limited to", "tbd", "to be defined", "high accuracy", "state of the art", "real time",
)  # fmt: skip
_WEAK = re.compile(
    r"(?<![\w-])(?:" + "|".join(sorted(map(re.escape, WEAK_WORDS), key=len, reverse=True)) + r")(?![\w-])",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"\b(?:at|the)\s+$", re.IGNORECASE)  # "at most two hours", "at the most"


def is_english(statement: str) -> bool:
    """Return whether the rules can be applied: the statement says shall, or has English function words."""
    if _SHALL.search(statement):
        return True
    words = statement.split()
    return len(_ENGLISH.findall(statement)) * 5 >= max(len(words), 1)


def pattern_of(sentence: str) -> Pattern | None:
    """Return the EARS pattern of a sentence, or None.

    >>> pattern_of("While a machine is producing, the system shall warn of a failure.")
    'state'
    >>> pattern_of("Warnings should come early.") is None
    True
    """
    head, *rest = _SHALL.split(sentence[:LONGEST], maxsplit=1)
    if not rest or not rest[0].strip(" ."):
        return None
    *conditions, subject = [c.strip() for c in _CLAUSE.split(head) if c.strip()] or [""]
    if not _SUBJECT.match(subject):
        return None
    kinds = [_KEYWORDS[word] for c in conditions if (word := c.split(maxsplit=1)[0].lower()) in _KEYWORDS]
    if conditions and conditions[0].split(maxsplit=1)[0].lower() not in _KEYWORDS:
        return None
    then = subject.lower().startswith("then")
    if ("unwanted" in kinds) != then:
        return None  # EARS writes an unwanted event as "If ..., then ...", and nothing else so
    if not kinds:
        return "ubiquitous"
    return kinds[0] if len(kinds) == 1 else "complex"


def read_statement(statement: str) -> tuple[Pattern | None, tuple[Finding, ...]]:
    """Return the pattern and the warnings about a statement's wording."""
    if not is_english(statement):
        message = "The statement does not read as English; its wording is not checked."
        return None, (Finding("language", message, "Check by hand that it is one measurable sentence."),)
    pattern = pattern_of(statement)
    return pattern, tuple(_wording(statement, pattern))


def _wording(statement: str, pattern: Pattern | None) -> Iterator[Finding]:
    if len(statement) > LONGEST:
        message = f"The statement has {len(statement)} characters; only the first {LONGEST} are checked."
        yield Finding("long", message, "Move reasons and explanations into a paragraph of their own.")
    statement = statement[:LONGEST]
    if _NEXT_SENTENCE.search(statement):
        yield Finding("one-sentence", "The statement has more than one sentence.", "Split it into requirements.")
    demands = len(_SHALL.findall(statement))
    if demands > 1:
        yield Finding("one-shall", f"The statement says shall {demands} times.", "Give each demand its requirement.")
    if pattern is None:
        hint = "Write: While <state>, when <event>, the <system> shall <response>. Or: If <event>, then the ..."
        yield Finding("pattern", "The statement fits no EARS pattern.", hint)
    for word in dict.fromkeys(_weak_words(statement)):
        yield Finding("weak-word", f"Nobody can measure {word!r}.", "Replace it by a number with its unit, or drop it.")


def _weak_words(statement: str) -> Iterator[str]:
    for match in _WEAK.finditer(statement):
        word = match.group().lower()
        if word in {"most", "few"} and _NUMBERED.search(statement[: match.start()]):
            continue  # "at most two hours" is a limit
        yield word
