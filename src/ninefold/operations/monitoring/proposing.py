"""The proposal to train again that follows from an alarm, with what its model's labels stand at now."""

from ninefold.operations.monitoring.models import log_of, model_of, needed_of
from ninefold.operations.monitoring.proposals import propose
from ninefold.surface.session import Session
from ninefold.vocabulary.alarm import AlarmEpisode
from ninefold.vocabulary.proposal import Proposal


def proposed(session: Session, episode: AlarmEpisode, why: str) -> Proposal:
    """Return the proposal to train the model again that an alarm speaks of.

    Raises:
        NotFound: the alarm speaks of no model, or its log of labels was never taken.
    """
    view = session.view()
    watched = model_of(view, episode.cause)
    log = log_of(watched, session.ask, session.blobs)
    return propose(watched, episode, log, needed_of(view, watched), why)
