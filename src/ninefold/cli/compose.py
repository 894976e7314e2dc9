"""The composition root of the command line: the terminal, and what a device is told through the centre's service."""

from collections.abc import Callable
from functools import cached_property
from pathlib import Path

from ninefold.cli.screen import Terminal
from ninefold.kernel.clock import Clock
from ninefold.kernel.sqlite import SqliteStore
from ninefold.lifecycle.opening import Opening, cancellable
from ninefold.vocabulary.policy import Policy

__all__ = ["Composer", "cancellable"]


class Composer(Opening):
    """Opens what a command asks for, when it asks for it."""

    def __init__(self, project: str | None, quiet: bool = False, clock: Clock | None = None) -> None:
        super().__init__(Path(project) if project else Path.cwd(), clock)
        self.quiet = quiet

    @cached_property
    def screen(self) -> Terminal:  # type: ignore[override]  # read once, on first use; never set from outside
        """The terminal."""
        return Terminal(self.quiet)

    @property
    def policy(self) -> Callable[[SqliteStore, str], Policy]:
        """What a device is told about watching, and what is done about the alarms that it sent before."""
        from ninefold.operations.monitoring.breaches import seen_last
        from ninefold.operations.monitoring.policy import policy_of

        tell, last = policy_of(self.view), ""

        def policy(store: SqliteStore, device: str) -> Policy:
            nonlocal last
            if (newest := seen_last(store)) != last:
                last = newest
                self._follow(store)
            return tell(store, device)

        return policy

    def _follow(self, store: SqliteStore) -> None:
        """Do what the requirements demand about alarms of drift, in the thread that holds this store."""
        from ninefold.operations.deployment.publishing import order
        from ninefold.operations.monitoring.breaches import follow
        from ninefold.operations.monitoring.proposing import proposed

        session = self.session_on(store)
        done = follow(
            store, self.view(), lambda target, then: order(store, target, then, self.actor, self.clock),
            lambda episode: proposed(session, episode, f"breach of {episode.cause}"), self.actor, self.clock.now(),
        )  # fmt: skip
        for one in done:
            if one.problem:
                self.screen.write(f"alarm {one.episode[:12]}: {one.then} was not done: {one.problem}")
