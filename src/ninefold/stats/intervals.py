"""Confidence bounds for shares (Wilson) and rates (exact Poisson), and the distributions that they rest on.

All bounds are one-sided at their level; a two-sided 95 % interval is the pair of bounds at level 0.975.
"""

import math
from statistics import NormalDist
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Side = Literal["lower", "upper"]
Floats = NDArray[np.float64]

_STEPS = 200_000  # far beyond what a converging series needs at 1e9 events


def normal_quantile(share: float) -> float:
    """Return z with P(N(0,1) <= z) = share, 0 < share < 1."""
    return NormalDist().inv_cdf(share)


def wilson(successes: ArrayLike, trials: ArrayLike, level: float, side: Side) -> Floats:
    """Return the one-sided Wilson score bound of a share; inputs broadcast, counts may be fractional.

    No trials say nothing: 0 below, 1 above. Source: Wilson, J. Am. Stat. Assoc. 22 (1927) 209.

    >>> round(float(wilson(189, 189, 0.975, "lower")), 4)
    0.9801
    """
    k, n = np.asarray(successes, dtype=np.float64), np.asarray(trials, dtype=np.float64)
    z = normal_quantile(level)
    some = np.where(n > 0, n, 1.0)
    p = np.where(n > 0, k / some, 0.5)
    centre = p + z * z / (2 * some)
    half = z * np.sqrt(np.maximum(p * (1 - p), 0) / some + z * z / (4 * some * some))
    sign, empty, edge = (-1, 0.0, p <= 0) if side == "lower" else (1, 1.0, p >= 1)
    bound = np.clip((centre + sign * half) / (1 + z * z / some), 0.0, 1.0)
    return np.asarray(np.where((n > 0) & ~edge, bound, empty), dtype=np.float64)


def gamma_above(shape: float, x: float) -> float:
    """Return Q(shape, x): the share of a Gamma(shape, 1) above x; also P(Poisson(x) < shape) for a whole shape.

    Series below the mode, continued fraction above it (Lentz). Source: Numerical Recipes, 3rd ed., 6.2.
    """
    if x <= 0:
        return 1.0
    front = math.exp(shape * math.log(x) - x - math.lgamma(shape))
    return 1.0 - front * _series(shape, x) if x < shape + 1 else front * _fraction(shape, x)


def _series(shape: float, x: float) -> float:
    term = total = 1.0 / shape
    for step in range(1, _STEPS):
        term *= x / (shape + step)
        total += term
        if term < total * 1e-16:
            break
    return total


def _fraction(shape: float, x: float) -> float:
    b = x + 1.0 - shape
    c, d = 1e300, 1.0 / b
    total = d
    for step in range(1, _STEPS):
        a = -step * (step - shape)
        b += 2.0
        d, c = 1.0 / (a * d + b or 1e-300), b + a / c or 1e-300
        total *= d * c
        if abs(d * c - 1.0) < 1e-15:
            break
    return total


def gamma_quantile(shape: float, above: float) -> float:
    """Return x with `gamma_above(shape, x) == above`; Newton steps kept inside a shrinking bracket."""
    z = -normal_quantile(above)
    x = shape * max(1 - 1 / (9 * shape) + z / (3 * math.sqrt(shape)), 1e-3) ** 3  # Wilson-Hilferty
    low, high = 0.0, math.inf
    for _ in range(200):
        error = gamma_above(shape, x) - above
        low, high = (x, high) if error > 0 else (low, x)
        slope = math.exp((shape - 1) * math.log(x) - x - math.lgamma(shape))
        step = x + error / slope if slope > 0 else math.nan
        if not low < step < high:
            step = 2 * x + 1 if math.isinf(high) else (low + high) / 2
        if abs(step - x) <= 1e-12 * x:
            return step
        x = step
    return x


def poisson_bound(count: float, exposure: float, level: float, side: Side) -> float:
    """Return the exact one-sided bound of a rate from `count` events in `exposure`; infinite or 0 for no exposure.

    A fractional count interpolates (used for planning). Source: Garwood, Biometrika 28 (1936) 437.

    >>> round(poisson_bound(0, 1.0, 0.95, "upper"), 4)
    2.9957
    """
    if exposure <= 0:
        return math.inf if side == "upper" else 0.0
    if side == "upper":
        return gamma_quantile(count + 1, 1 - level) / exposure
    return gamma_quantile(count, level) / exposure if count > 0 else 0.0


def binomial_at_least(hits: int, trials: int, share: ArrayLike) -> Floats:
    """Return P(X >= hits) for X ~ Binomial(trials, share), for every share."""
    p = np.clip(np.asarray(share, dtype=np.float64), 1e-300, 1 - 1e-16)
    if hits <= 0:
        return np.ones_like(p)
    k = np.arange(hits, trials + 1)
    logs = np.array([math.lgamma(trials + 1) - math.lgamma(i + 1) - math.lgamma(trials - i + 1) for i in k.tolist()])
    terms = logs + k * np.log(p)[..., None] + (trials - k) * np.log1p(-p)[..., None]
    return np.asarray(np.clip(np.exp(terms).sum(axis=-1), 0.0, 1.0), dtype=np.float64)


def poisson_at_most(count: int, mean: ArrayLike) -> Floats:
    """Return P(X <= count) for X ~ Poisson(mean), for every mean."""
    means = np.asarray(mean, dtype=np.float64)
    if count < 0:
        return np.zeros_like(means)
    shares = [gamma_above(count + 1, m) for m in means.ravel().tolist()]
    return np.array(shares, dtype=np.float64).reshape(means.shape)
