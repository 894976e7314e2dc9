"""From the bytes of a payload to a scorer at work: here the recipe's stream and the model meet."""

from collections.abc import Callable
from typing import Any

from ninefold.bundle.failsafe import Failsafe
from ninefold.bundle.golden import SelfTest, Stream, self_test
from ninefold.bundle.payload import Payload
from ninefold.bundle.scorer import Scorer, stream_state
from ninefold.bundle.session import Session
from ninefold.kernel.canonical import canonical
from ninefold.kernel.errors import NinefoldError, VerificationError
from ninefold.recipes.recipe import Recipe, decode
from ninefold.recipes.stream import Runner


def recipe_of(payload: Payload) -> Recipe:
    """Return the recipe of a payload.

    Raises:
        VerificationError: this version of ninefold cannot run it.
    """
    plain = payload.recipe
    inputs, features = (plain.get("inputs"), plain.get("features")) if isinstance(plain, dict) else (None, None)
    if not isinstance(inputs, dict) or not isinstance(features, dict):
        raise VerificationError("The payload's recipe has no inputs and features.", hint="Build the bundle anew.")
    try:
        return joined(inputs, features)
    except NinefoldError as error:
        raise VerificationError(f"The payload's recipe cannot be run: {error.message}", hint=error.hint) from None


def session_of(payload: Payload) -> Session:
    """Return the model of a payload, ready to score.

    Raises:
        InvalidInput: the graph cannot be loaded or does not fit its contract.
    """
    contract = payload.manifest.contract
    return Session(payload.model, contract.names, dict(contract.categories), contract.classes)


def joined(inputs: dict[str, Any], features: dict[str, Any]) -> Recipe:
    """Return the recipe, without its label, that the bodies of the facets #inputs and #features describe.

    Raises:
        InvalidInput: they are no recipe of this version.
    """
    named = inputs.get("inputs", inputs)
    return decode(canonical({"inputs": named, **features}))


def stream_of(recipe: Recipe) -> Callable[[bytes | None], Stream]:
    """Return what starts the recipe's stream anew, or from a state."""
    return lambda state: Runner(recipe) if state is None else Runner.restore(recipe, state)


def open_scorer(payload: Payload, failsafe: Failsafe | None = None, state: bytes | None = None) -> Scorer:
    """Return a scorer, anew or where another one of the same bundle stopped.

    Raises:
        VerificationError: the recipe cannot be run here.
        InvalidInput: the graph, the fallback rule or the state cannot be used.
    """
    recipe = recipe_of(payload)
    held = None if state is None else stream_state(state, payload.digest)
    stream = stream_of(recipe)(held)
    scorer = Scorer(payload, stream, failsafe, entity=recipe.keys.entity, moment=recipe.keys.time)
    if state is not None:
        scorer.resume(state)
    return scorer


def check_device(payload: Payload) -> SelfTest:
    """Return what the golden rows give on this device; what cannot even be opened is a finding."""
    try:
        return self_test(payload, session_of(payload), stream_of(recipe_of(payload)))
    except NinefoldError as error:
        return SelfTest(passed=False, reason=str(error), scored=0, computed=0, largest_difference=0.0)
