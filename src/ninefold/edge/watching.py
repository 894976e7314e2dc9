"""Which monitors of drift are at work: those of the bundle that decides, under the policy that the centre told last."""

from collections.abc import Callable, Sequence

from ninefold.edge.drift import Breach, Drift
from ninefold.edge.unit import Unit
from ninefold.vocabulary.columns import Columns
from ninefold.vocabulary.policy import Policy
from ninefold.vocabulary.window import DriftState


class Watching:
    """The monitors of the active bundle. Without a policy drift is recorded, not raised."""

    def __init__(self, assets: Sequence[str], kept: Callable[[], bytes | None]) -> None:
        """Watch nothing yet; `kept` gives the state that was committed last."""
        self.policy: Policy | None = None
        self._assets, self._kept = assets, kept
        self._drift: Drift | None = None
        self._digest = ""  # of the monitors that `_drift` follows

    def turn_to(self, active: Unit | None) -> str:
        """Watch what a bundle names, and return why the drift that was found says nothing any more; "" when it does.

        A bundle with the same references goes on with the same evidence; what has drifted from others is raised anew.
        """
        digest = "" if active is None else active.payload.manifest.parts["monitors.json"]
        if digest == self._digest:
            return ""
        before, self._digest, self._drift = self._digest, digest, None
        if not before:
            return ""
        return "nothing is watched now" if active is None else f"bundle {active.digest[:12]} brought its own reference"

    def begin(self, active: Unit) -> None:
        """Read the references of a bundle that was turned to, and go on where its state was kept.

        Raises:
            InvalidInput: one of them cannot be used; without the state the monitors begin anew.
        """
        if self._drift is not None:
            return
        self._drift = drift = Drift(active.payload.drift, active.payload.manifest.contract, len(self._assets))
        kept = self._kept() or b""
        try:
            if kept.startswith(self._digest.encode()):
                drift.restore(kept[len(self._digest) :])
        finally:
            if self.policy is not None:
                drift.follow(self.policy)  # also a repair that came while nothing was watched

    def add(self, features: Columns, *, raising: bool) -> list[Breach]:
        """Take the features of decided parts and return what reached its budget."""
        return [] if self._drift is None else self._drift.add(features, self.policy if raising else None)

    def standing(self, asset: str) -> dict[str, DriftState]:
        """Return how the monitors of an asset stand."""
        return {} if self._drift is None else self._drift.standing(asset, self.policy)

    def follow(self, policy: Policy) -> list[str]:
        """Take the centre's policy and return the assets that were repaired since: their evidence begins anew."""
        resets = {} if self.policy is None else self.policy.resets
        self.policy = policy
        if self._drift is not None:
            self._drift.follow(policy)
        return [a for a, n in policy.resets.items() if n > resets.get(a, 0)]

    def state(self) -> bytes | None:
        """Return what a restart needs; None while nothing is watched."""
        return None if self._drift is None else self._digest.encode() + self._drift.state()
