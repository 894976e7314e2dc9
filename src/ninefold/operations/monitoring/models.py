"""Which model an alarm speaks of, and the log of events that its labels come from; read from the facets of a view."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ninefold.bundle.tables import read_parquet
from ninefold.kernel.blobs import Blobs
from ninefold.kernel.errors import NotFound
from ninefold.kernel.steps import Evidence
from ninefold.kernel.view import View
from ninefold.recipes import Label
from ninefold.vocabulary.columns import Columns
from ninefold.vocabulary.criterion import CriterionSpec, MetricSpec

DRIFT = "drift:"


class Watched(NamedTuple):
    """A model, its recipe, and the datasets that its rows and labels come from."""

    model: str
    use_case: str
    recipe: str
    label: Label | None
    events: str  # task of the log; "" without a label that announces events
    datasets: tuple[str, ...]  # tasks of all inputs


class Log(NamedTuple):
    """A log of events, and how far it reaches (µs UTC)."""

    events: Columns
    as_of: int


def models_of(view: View) -> list[Watched]:
    """Return the models of a project, by name."""
    found = []
    for facet in view.of_kind("train"):
        model = facet.name.removeprefix("model:").removesuffix("#train")
        recipe = str(facet.plain["dataset"]).removeprefix("recipe:")
        inputs, label = view.facets.get(f"recipe:{recipe}#inputs"), view.facets.get(f"recipe:{recipe}#label")
        named = {} if inputs is None else inputs.plain["inputs"]
        body = label.body if label is not None and isinstance(label.body, Label) else None
        announced = body is not None and body.horizon is not None  # only such a label says what became of an alarm
        reference = str(named.get(body.source, "")) if body is not None and announced else ""
        tasks = tuple(sorted(f"dataset:{str(r).partition(':')[2]}" for r in named.values()))
        events = f"dataset:{reference.partition(':')[2]}" if reference else ""
        found.append(Watched(model, str(facet.plain["use_case"]), recipe, body, events, tasks))
    return found


def model_of(view: View, cause: str) -> Watched:
    """Return the model that an alarm's cause speaks of: its name, or drift:REQ/ID of a requirement of its use case.

    Raises:
        NotFound: none does.
    """
    watched = models_of(view)
    if not cause.startswith(DRIFT):
        found = [w for w in watched if w.model == cause]
    else:
        index = view.facets.get(f"{cause.removeprefix(DRIFT).partition('/')[0]}#index")
        linked = {link["to"] for link in (index.plain.get("links", ()) if index is not None else ())}
        found = [w for w in watched if w.use_case in linked]
    if not found:
        raise NotFound(f"The alarm's cause {cause} speaks of no model of this project.")
    return found[0]


def needed_of(view: View, watched: Watched) -> int:
    """Return the events that the gate of a model asks for: the largest min_samples of its use case; 0 for none."""
    linking = {
        f.name.removesuffix("#index")
        for f in view.of_kind("index")
        if f.name.startswith("REQ-") and any(link["to"] == watched.use_case for link in f.plain.get("links", ()))
    }
    specs = [f.body for f in view.of_kind("metric") if isinstance(f.body, MetricSpec)]
    needed = 0
    for spec in specs:
        criterion = view.facets.get(f"{spec.requirement}#criterion/{spec.criterion}")
        if spec.requirement in linking and "validation" in spec.where and criterion is not None:
            body = criterion.body
            needed = max(needed, body.min_samples if isinstance(body, CriterionSpec) else 0)
    return needed


def log_of(watched: Watched, ask: Callable[[str], Evidence], blobs: Blobs) -> Log:
    """Return the log that a model's labels come from, as it was last taken.

    Raises:
        NotFound: the model has no label that announces events, or the log was never taken.
    """
    if not watched.events and watched.label is not None:
        message = f"The label of {watched.model} announces no events: no log says what became of an alarm."
        raise NotFound(message, hint="Judge the alarm by hand: ninefold alarm.")
    if not watched.events:
        raise NotFound(f"The recipe {watched.recipe} of {watched.model} has no label.", hint="Add the block `label`.")
    evidence = ask(watched.events)
    events = read_parquet(blobs.get(evidence.blobs[0]))
    known = np.asarray(events["known"], np.float64)
    return Log(events, int(np.nanmax(known)) if np.isfinite(known).any() else 0)
