"""The keys of a drawing: a small picture of each mark, for the page to set beside its word."""

from typing import Literal, TypeAlias

Key: TypeAlias = Literal[
    "stop", "shift", "normal", "event", "version", "threshold", "interval", "limit", "forbidden", "complete", "gap",
    "link", "strong", "back", "s1", "s2", "s3", "s4",
]  # fmt: skip

_LEVEL, _UPRIGHT = 'x1="0" x2="18" y1="5" y2="5"', 'x1="9" x2="9" y1="0" y2="10"'
_BOX = '<rect class="{}" x=".5" y=".5" width="17" height="9" rx="1.5"/>'
_KEYS: dict[Key, str] = {
    "stop": _BOX.format("n-sunken n-rim") + '<path class="n-hatch" d="M3 9L9 1M9 9l6-8"/>',
    "shift": _BOX.format("n-shift n-rim"),
    "normal": _BOX.format("n-normal"),
    "event": f'<line class="n-event" {_UPRIGHT}/>',
    "version": f'<line class="n-change" {_UPRIGHT}/>',
    "threshold": f'<line class="n-thr" {_LEVEL}/>',
    "interval": f'<line class="n-iv" {_LEVEL}/><circle class="n-pt" cx="9" cy="5" r="3.5"/>',
    "limit": f'<line class="n-limit" {_UPRIGHT}/>',
    "forbidden": _BOX.format("n-not"),
    "complete": _BOX.format("n-full-cell"),
    "gap": _BOX.format("n-gap-cell"),
    "link": f'<line class="n-link" {_LEVEL}/>',
    "strong": f'<line class="n-link n-strong" {_LEVEL}/>',
    "back": f'<line class="n-link n-back" {_LEVEL}/>',
    "s1": f'<line class="n-line" {_LEVEL}/>',
    "s2": f'<line class="n-line n-s2" {_LEVEL}/>',
    "s3": f'<line class="n-line n-s3" {_LEVEL}/>',
    "s4": f'<line class="n-line n-s4" {_LEVEL}/>',
}


def key(of: Key) -> str:
    """Return the picture of a mark, 18 by 10 pixels, hidden from those who hear the word beside it."""
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" class="n-fig n-key" width="18" height="10" viewBox="0 0 18 10" '
        f'aria-hidden="true">{_KEYS[of]}</svg>'
    )
