"""Rolling out what is approved: the rollout's own tasks run when nothing before them waits, then it is published."""

from ninefold.kernel.progress import Cancel
from ninefold.kernel.signing import SigningKey
from ninefold.lifecycle.update import bring_up_to_date
from ninefold.operations.deployment.publishing import Deployed, publish, tasks_of
from ninefold.workbench.desk import Desk


def roll_out(desk: Desk, deployment: str, key: SigningKey) -> list[Deployed]:
    """Let the targets of a deployment fetch its approved bundle, signed with this key.

    Nothing that is long is run here: a rollout whose model is not fresh and approved is refused, as by the commands.

    Raises:
        NotFound: there is no such deployment.
        Refused: a task is blocked or waits for others, or the uses of its approval are used up.
    """
    session = desk.session
    due = [s.name for s in tasks_of(desk.plan, deployment) if s.state in {"stale", "missing"} and not s.waits]
    if due:
        outcome = bring_up_to_date(session, desk.project.steps, due, cancel=Cancel(), actor=desk.actor)
        for error in outcome.failed.values():
            raise error
    return publish(desk.plan, session.store, session.blobs, deployment, key, session.clock)
