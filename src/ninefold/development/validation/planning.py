"""Which criteria are judged for which model before it ships, and from what; read from the facets of a view."""

from dataclasses import dataclass

from ninefold.kernel.view import View
from ninefold.vocabulary.criterion import MetricSpec


@dataclass(frozen=True)
class Judged:
    """One criterion that is judged for one model."""

    model: str
    spec: MetricSpec
    recipe: str  # name
    events: str  # name of the dataset of events that the label is made from; "" when the recipe has none

    @property
    def subject(self) -> str:
        """What names of tasks end with: MODEL/REQ-x/recall."""
        return f"{self.model}/{self.spec.requirement}/{self.spec.criterion}"

    @property
    def role(self) -> str:
        """How an approval names the verdict: REQ-x/recall."""
        return f"{self.spec.requirement}/{self.spec.criterion}"


def models(view: View) -> list[str]:
    """Return the names of all models."""
    return [f.name.removeprefix("model:").removesuffix("#train") for f in view.of_kind("train")]


def judged(view: View, model: str) -> list[Judged]:
    """Return the criteria that are judged for a model: of every requirement that links to its use case, those that
    hold in validation, and drift, which holds at run time and is tried on the test rows.
    """
    train = view.facets[f"model:{model}#train"].plain
    recipe = str(train["dataset"]).removeprefix("recipe:")
    found = []
    for requirement in _linking(view, str(train["use_case"])):
        for facet in view.of_kind("metric"):
            spec = facet.body
            if isinstance(spec, MetricSpec) and spec.requirement == requirement and _before_shipping(spec):
                found.append(Judged(model, spec, recipe, _events(view, recipe)))
    return found


def verdict_names(view: View, model: str) -> dict[str, str]:
    """Return role (REQ-x/recall) -> task of every verdict that a model's approval rests on.

    Drift holds at run time only: its trial on the test rows says how the monitor would have done, and gates nothing.
    """
    return {j.role: f"verdict:{j.subject}" for j in judged(view, model) if "validation" in j.spec.where}


def _before_shipping(spec: MetricSpec) -> bool:
    return "validation" in spec.where or (spec.metric == "drift" and "runtime" in spec.where)


def _linking(view: View, use_case: str) -> list[str]:
    """Return the ids of the requirements that link to a use case."""
    found = []
    for facet in view.of_kind("index"):
        links = facet.plain.get("links", ())
        if facet.name.startswith("REQ-") and any(link["to"] == use_case for link in links):
            found.append(facet.name.removesuffix("#index"))
    return found


def _events(view: View, recipe: str) -> str:
    """Return the name of the dataset that a recipe's label takes its events from; "" when it takes none."""
    label, inputs = view.facets.get(f"recipe:{recipe}#label"), view.facets.get(f"recipe:{recipe}#inputs")
    if label is None or inputs is None or not label.plain.get("event"):
        return ""
    plain = inputs.plain
    reference = str(plain.get("inputs", plain).get(label.plain.get("from", ""), ""))
    return reference.partition(":")[2]
