"""False alarms of the drift monitor on 200 simulated in-control years each, and how soon it finds a shift.

Two sets of seeds, 100 years in each; none was used to set the monitor's limit. A few minutes of CPU time.
"""

import sys
import time

import numpy as np
from bench import report

from ninefold.stats.intervals import poisson_bound
from ninefold.testing.in_control import YEAR, Process, Watched, watch

BUDGET = 1.0  # alarms a year, all 50 features together
PROCESSES = {"iid": Process(), "AR(1) .8": Process(correlation=0.8)}
SEEDS = (20261124, 77001)
SHIFT = 0.19  # sd; PSI .036


def years(process: Process, seed: int, plants: int) -> list[Watched]:
    """Return the watched plants of one set of seeds, ten at a time to bound the memory."""
    rng = np.random.default_rng(seed)
    return [watch(process, min(10, plants - done), rng, BUDGET) for done in range(0, plants, 10)]


def figures(name: str, plants: int) -> dict[str, object]:
    """Return the figures of one process."""
    process, found = PROCESSES[name], {}
    start = time.process_time()
    sets = [years(process, seed, plants) for seed in SEEDS]
    alarms = np.concatenate([part.alarms for one in sets for part in one])
    total, watched = int(alarms.sum()), len(alarms) * process.days / YEAR
    resampled = np.random.default_rng(0).choice(alarms, (4000, len(alarms))).mean(axis=1)
    found[f"{name}: simulated years"] = watched
    for seed, one in zip(SEEDS, sets, strict=True):
        found[f"{name}: alarms, seed {seed}"] = int(sum(part.alarms.sum() for part in one))
    found[f"{name}: alarms a year"] = total / watched
    found[f"{name}: upper 95 % bound, exact Poisson"] = poisson_bound(total, watched, 0.95, "upper")
    found[f"{name}: upper 95 % bound, bootstrap over plants"] = float(np.quantile(resampled, 0.95))
    found[f"{name}: effective rows a day"] = float(np.median([p.effective_rows_per_day for one in sets for p in one]))
    found[f"{name}: smallest shift found in a week, sd"] = float(np.median([p.smallest_shift for o in sets for p in o]))
    moved = watch(
        Process(process.correlation, days=90), max(plants // 5, 2), np.random.default_rng(SEEDS[0] + 1), BUDGET, SHIFT
    )
    late = np.where(np.isnan(moved.first_alarm), np.inf, moved.first_alarm)
    found[f"{name}: days to find {SHIFT} sd (PSI .036) in one feature of 50, median"] = float(np.median(late))
    found[f"{name}: found within 90 days"] = f"{int(np.isfinite(late).sum())} of {len(late)}"
    found[f"{name}: CPU s"] = time.process_time() - start
    return found


def main() -> None:
    """Simulate, print and keep the row; a number of plants per seed may be given for a quick look (nothing is kept)."""
    plants = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    rows: dict[str, object] = {"budget, alarms a year": BUDGET}
    for name in PROCESSES:
        rows |= figures(name, plants)
    if len(sys.argv) > 1:
        for key, value in rows.items():
            print(f"{key:75} {value}")
        return
    what = (
        "In-control plants: 50 features, 500 rows a day, 20 bins, reference estimated from 40 days, frozen. Each plant "
        "is watched for one year under a budget of one alarm a year over all features."
    )
    report("false_alarms", what, rows, ("ninefold", "numpy"))


if __name__ == "__main__":
    main()
