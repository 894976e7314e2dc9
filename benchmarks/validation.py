"""Validation: a 1,000-fold bootstrap bound of the AUC and all one- and two-way slices, on 100,000 rows of 20 columns.

The other side is what people write: scikit-learn's roc_auc_score on 1,000 resamples, and a mask for each slice.
"""

import time
from collections.abc import Callable
from itertools import combinations

import numpy as np
from bench import alternate, report, spread

from ninefold.criteria.measuring import measure
from ninefold.criteria.subjects import Samples
from ninefold.development.validation.slices import Coded, Erring, coded, search
from ninefold.vocabulary.criterion import Bound, MetricSpec

ROWS, FOLDS, LOOPED = 100_000, 1_000, 50  # of the loop only 50 folds are run; the row says so
RUNS = 3


def world() -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """Return labels (3 % positive), scores, and 18 numbers with two texts."""
    rng = np.random.default_rng(0)
    y = (rng.random(ROWS) < 0.03).astype(float)
    score = 1 / (1 + np.exp(-rng.normal(2 * y - 3, 1.0)))
    columns = {f"x{i}": rng.normal(0, 1, ROWS) for i in range(18)}
    columns |= {n: np.array(["L", "M", "H", "S"], object)[rng.integers(0, 4, ROWS)] for n in ("product", "line")}
    return y, score, columns


def spent(work: Callable[[], object]) -> float:
    """Return the CPU seconds of one call."""
    begun = time.process_time()
    work()
    return time.process_time() - begun


def main() -> None:
    """Measure both sides in turn."""
    from sklearn.metrics import roc_auc_score

    y, score, columns = world()
    spec = MetricSpec("REQ-x", "auc", "auc", ("validation",), {"repeats": FOLDS}, (), Bound("lower", "bootstrap", 0.95))
    wrong = (score >= 0.5) != (y == 1)
    every = np.ones(ROWS, dtype=bool)
    values: dict[str, Coded] = coded(columns)[0]
    bounds: dict[str, float] = {}
    counted: dict[str, int] = {}

    def ours() -> None:
        found = measure(spec, Samples(y, score), rng=np.random.default_rng(1)).overall
        bounds["ours"] = found.bound or 0.0

    def our_slices() -> None:
        slices = search(coded(columns)[0], {"wrong": Erring("", every, wrong)})
        counted["ours"] = slices.looked_at + slices.small

    def loop() -> None:
        rng, found = np.random.default_rng(1), []
        for _ in range(LOOPED):
            rows = rng.integers(0, ROWS, ROWS)
            found.append(roc_auc_score(y[rows], score[rows]))
        bounds["loop"] = float(np.quantile(found, 0.05))

    def loop_slices() -> None:
        masks = [[c.codes == k for k in range(len(c.labels))] for c in values.values()]
        found = [(m.sum(), wrong[m].sum()) for column in masks for m in column]
        for a, b in combinations(masks, 2):
            found += [(m.sum(), wrong[m].sum()) for first in a for second in b if (m := first & second).any()]
        counted["loop"] = len(found)

    sides = {"bootstrap": ours, "slices": our_slices, "loop, bootstrap": loop, "loop, slices": loop_slices}
    times = alternate({name: lambda work=work: spent(work) for name, work in sides.items()}, RUNS)
    if counted["ours"] != counted["loop"] or abs(bounds["ours"] - bounds["loop"]) > 0.003:
        raise SystemExit(f"the sides disagree: {counted}, {bounds}")
    scaled = [t * FOLDS / LOOPED for t in times["loop, bootstrap"]]
    both = [a + b for a, b in zip(times["bootstrap"], times["slices"], strict=True)]
    looped = [a + b for a, b in zip(scaled, times["loop, slices"], strict=True)]
    figures: dict[str, object] = {
        "bootstrap bound, CPU s": spread(times["bootstrap"]), "all slices, CPU s": spread(times["slices"]),
        "both, CPU s": spread(both), "target, CPU s": 3,
        f"loop of roc_auc_score, CPU s ({LOOPED} folds run, times {FOLDS // LOOPED})": spread(scaled),
        "loop of masks, CPU s": spread(times["loop, slices"]), "both loops, CPU s": spread(looped),
        "times faster": float(np.median(looped) / np.median(both)), "slices": counted["ours"],
    }  # fmt: skip
    what = "AUC with a 1,000-fold bootstrap bound and all one- and two-way slices with Wilson bounds; 100,000 rows, "
    report("validation", f"{what}20 columns, one process.", figures, ("numpy", "scikit-learn"))


if __name__ == "__main__":
    main()
