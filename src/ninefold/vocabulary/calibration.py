"""Calibration: how raw scores were turned into probabilities that mean what they say, and why in this way."""

from typing import Literal

import msgspec

Method = Literal["none", "temperature", "sigmoid", "isotonic"]  # the simplest first


class Calibration(msgspec.Struct, frozen=True):
    """The calibrator that stands behind a graph as nodes of its own; `none` leaves the graph as it is.

    temperature: the logit divided by `scale`. sigmoid: `scale` times the logit plus `shift`. isotonic: straight lines
    between `knots` (score, share). Losses are log losses, each fold read by a calibrator that has not seen it.
    """

    method: Method
    losses: dict[str, float]  # method -> mean log loss out of fold
    errors: dict[str, float]  # method -> standard error of its distance from the best
    reason: str
    rows: int
    scale: float = 1.0
    shift: float = 0.0
    knots: tuple[tuple[float, float], ...] = ()
