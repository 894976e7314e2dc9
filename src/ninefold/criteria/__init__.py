"""Criteria: what a metric measures on a subject, and what a measurement means against a threshold.

`measure(spec, subject)` gives a measurement, `judge(criterion, measurement, now)` a verdict; `metrics` is the registry,
`planning` says how many samples a bound needs and how likely a pass is.
"""

from ninefold.criteria.episodes import EpisodeCurve, EpisodeIndex, episode_curve
from ninefold.criteria.judging import judge
from ninefold.criteria.measuring import measure
from ninefold.criteria.operating import OperatingClock
from ninefold.criteria.subjects import DriftEvidence, Episodes, Events, Readings, Samples, Shares
from ninefold.criteria.worst import Case, measure_worst

__all__ = [
    "Case",
    "DriftEvidence",
    "EpisodeCurve",
    "EpisodeIndex",
    "Episodes",
    "Events",
    "OperatingClock",
    "Readings",
    "Samples",
    "Shares",
    "episode_curve",
    "judge",
    "measure",
    "measure_worst",
]
