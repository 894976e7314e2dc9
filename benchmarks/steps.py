"""100 empty steps in a chain, cold and cached: our runner beside Dagster's in-process executor; CPU ms a step."""

import json
import tempfile
import time
from pathlib import Path

from bench import alternate, peer, report, run, spread

from ninefold.kernel.blobs import Blobs
from ninefold.kernel.clock import SystemClock
from ninefold.kernel.progress import Cancel, Silent
from ninefold.kernel.sqlite import SqliteStore
from ninefold.kernel.status import status
from ninefold.kernel.steps import Ask, Context, Result, Task
from ninefold.kernel.view import Facet, View
from ninefold.lifecycle.runner import Runner

N = 100
DAGSTER = """
import json, time, logging
from dagster import DagsterInstance, In, Nothing, job, op
ops = []
for i in range(100):
    after = {} if i == 0 else {"after": In(Nothing)}
    ops.append(op(name=f"s{i}", ins=after)(lambda context: None))
@job
def chain():
    last = None
    for i, o in enumerate(ops):
        last = o() if i == 0 else o(after=last)
logging.disable(logging.CRITICAL)
chain.execute_in_process()
start = time.process_time()
chain.execute_in_process()
print(json.dumps(1e3 * (time.process_time() - start) / 100))
"""


class Chain:
    """A step of N tasks, each after the one before."""

    name, version, kind = "chain", "1", "derive"
    consumes, produces, environment = frozenset({"number"}), frozenset({"link"}), ()

    def plan(self, view: View, ask: Ask) -> list[Task]:  # noqa: ARG002 - the contract
        """Return the chain."""
        rest = [Task(f"t{i}", {}, {"before": f"t{i - 1}"}, params=i) for i in range(1, N)]
        return [Task("t0", {"a": "a"}), *rest]

    def run(self, task: Task, ctx: Context) -> Result:  # noqa: ARG002 - the contract
        """Do nothing."""
        return Result("link@1", {"i": task.params or 0})


def once(store: SqliteStore, folder: Path) -> float:
    """Return CPU ms a step of bringing the chain up to date."""
    start = time.process_time()
    view = View([Facet("a", "number", {"value": 1.0})], {}, 0)
    runner = Runner(view, store, Blobs(folder), SystemClock(), folder, "me", Silent(), Cancel(), lambda _name: True)
    status([Chain()], view, store, runner)
    runner.finish()
    return 1e3 * (time.process_time() - start) / N


def main() -> None:
    """Measure cold, cached and the peer in turn."""
    dagster = str(peer("dagster", "dagster==1.13.29"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        stores: list[SqliteStore] = []

        def cold() -> float:
            stores.append(SqliteStore(folder / f"{len(stores)}.db"))
            return once(stores[-1], folder)

        found = alternate(
            {
                "cold": cold,
                "cached": lambda: once(stores[-1], folder),
                "Dagster": lambda: float(json.loads(run([dagster, "-c", DAGSTER])[3].splitlines()[-1])),
            },
            5,
        )
    figures: dict[str, object] = {f"{side}, CPU ms a step": spread(values) for side, values in found.items()}
    figures["ratio, Dagster to cold"] = spread(found["Dagster"])["median"] / spread(found["cold"])["median"]
    what = (
        "100 empty steps in a chain. Ours: a durable record, its chain and lineage for each. Dagster: in one process,"
    )
    report("steps", f"{what} its second run, without an instance on disk.", figures, ["ninefold"])


if __name__ == "__main__":
    main()
