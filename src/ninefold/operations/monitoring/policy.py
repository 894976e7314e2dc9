"""The policy of a device: budgets of false alarms from the requirements as they are written now, and repairs."""

import time
from collections.abc import Callable

import msgspec

from ninefold.kernel.sqlite import SqliteStore
from ninefold.kernel.view import View
from ninefold.vocabulary.criterion import CriterionSpec, MetricSpec
from ninefold.vocabulary.policy import POLICY, Policy

_KEPT_S = 2.0  # how long the files that were read are taken as they were


def limits_of(view: View) -> dict[str, float]:
    """Return the budget (false alarms a year) of each drift criterion that holds at run time, by REQ/ID."""
    found = {}
    for facet in view.of_kind("metric"):
        spec = facet.body
        if isinstance(spec, MetricSpec) and spec.metric == "drift" and "runtime" in spec.where:
            other = view.facets.get(f"{spec.requirement}#criterion/{spec.criterion}")
            if other is not None and isinstance(other.body, CriterionSpec):
                found[f"{spec.requirement}/{spec.criterion}"] = other.body.threshold.value
    return found


def resets_of(store: SqliteStore) -> dict[str, int]:
    """Return how often the baseline of each asset was resumed."""
    value = store.reference(POLICY)
    return {} if value is None else msgspec.json.decode(value, type=dict[str, int])


def resumed(store: SqliteStore, asset: str) -> tuple[dict[str, str | None], dict[str, str]]:
    """Return what `put` must expect and move so that the detectors of an asset begin anew with that transaction."""
    before = store.reference(POLICY)
    counts = resets_of(store)
    after = {**counts, asset: counts.get(asset, 0) + 1}
    return {POLICY: before}, {POLICY: msgspec.json.encode(after, order="sorted").decode()}


def policy_of(
    view: Callable[[], View], timer: Callable[[], float] = time.monotonic
) -> Callable[[SqliteStore, str], Policy]:
    """Return what gives the policy of a device from the project's files; they are read at most every two seconds."""
    kept: list[tuple[float, dict[str, float]]] = []

    def policy(store: SqliteStore, _device: str) -> Policy:
        now = timer()
        if not kept or now - kept[-1][0] >= _KEPT_S:
            kept[:] = [(now, limits_of(view()))]
        return Policy(kept[-1][1], resets_of(store))

    return policy
