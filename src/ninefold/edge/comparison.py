"""Does the candidate alarm more often than the bundle that is active? A sequential test on the same parts.

Only parts on which the two disagree speak. Under the null hypothesis, "the candidate does not alarm more", each
disagreement is the candidate's alarm with a chance of at most one half, so the mean of the likelihood ratios for some
rates of disagreement r : 1 is an e-process: by Ville's inequality it exceeds 1/alpha with a chance of at most alpha,
whatever the number of looks. Disagreements in a row on one asset count once: they have one cause.
Source: Robbins, Statistical methods related to the law of the iterated logarithm, 1970 (mixtures of likelihood ratios).
"""

import math

import msgspec

ALPHA = 0.05
_RATIOS = (2.0, 4.0, 16.0)
_QUIET = 3  # parts of agreement on an asset that end a disagreement


class Disagreement(msgspec.Struct, frozen=True):
    """The disagreement that an asset is in: whose alarm it is, and for how many parts the two agree again."""

    candidate: bool
    quiet: int = 0


class Comparison(msgspec.Struct, frozen=True):
    """The state of the test; survives a restart."""

    parts: int = 0
    more: int = 0  # disagreements in which only the candidate alarms
    fewer: int = 0  # in which only the active bundle does
    alarms_candidate: int = 0  # parts
    alarms_active: int = 0
    open: dict[str, Disagreement] = {}

    @property
    def evidence(self) -> float:
        """The e-value against "the candidate does not alarm more"; 1 says nothing, 1/alpha decides."""
        terms = [self.more * math.log(2 * r / (1 + r)) + self.fewer * math.log(2 / (1 + r)) for r in _RATIOS]
        largest = max(terms)
        if largest > 700:
            return math.inf
        return math.exp(largest) * sum(math.exp(t - largest) for t in terms) / len(terms)

    @property
    def decided(self) -> bool:
        """Whether the candidate alarms more often, at the level alpha."""
        return self.evidence >= 1 / ALPHA

    def add(self, asset: str, *, candidate: bool, active: bool) -> "Comparison":
        """Return the state after one part that both judged."""
        open_, more, fewer = dict(self.open), self.more, self.fewer
        held = open_.get(asset)
        if candidate == active:
            if held is not None:
                open_[asset] = Disagreement(held.candidate, held.quiet + 1)
                if held.quiet + 1 >= _QUIET:
                    del open_[asset]
        else:
            if held is None or held.candidate != candidate:
                more, fewer = more + candidate, fewer + active
            open_[asset] = Disagreement(candidate)
        counts = (self.parts + 1, more, fewer, self.alarms_candidate + candidate, self.alarms_active + active)
        return Comparison(*counts, open_)
