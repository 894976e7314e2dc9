"""The criteria that a rollout names: by their full name, or by the id alone where the use case leaves no doubt."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from ninefold.kernel.view import Facet


class Resolved(NamedTuple):
    """A criterion with its two facets."""

    requirement: str
    criterion: str

    @property
    def name(self) -> str:
        """The full name: REQ/ID."""
        return f"{self.requirement}/{self.criterion}"

    @property
    def metric_facet(self) -> str:
        """The facet that says what is measured."""
        return f"{self.requirement}#metric/{self.criterion}"

    @property
    def criterion_facet(self) -> str:
        """The facet that says what it is held against."""
        return f"{self.requirement}#criterion/{self.criterion}"


def resolve(name: str, model: str, facets: Mapping[str, Facet]) -> Resolved | str:
    """Return the criterion that a name means for a model, or the sentence that says why there is none."""
    requirement, slash, criterion = name.rpartition("/")
    linked = linking(model, facets)
    found = [r for r in ([requirement] if slash else linked) if f"{r}#criterion/{criterion}" in facets]
    if not found:
        where = f"the requirements of {model} ({', '.join(linked) or 'none link to its use case'})"
        return f"There is no criterion {name!r} in {where}."
    if len(found) > 1:
        return f"{name!r} is a criterion of {' and of '.join(found)}; write it as {found[0]}/{criterion}."
    return Resolved(found[0], criterion)


def linking(model: str, facets: Mapping[str, Facet]) -> list[str]:
    """Return the requirements that link to the use case of a model, by id."""
    train = facets.get(f"model:{model}#train")
    if train is None:
        return []
    use_case = str(_plain(train)["use_case"])
    found = []
    for name, facet in facets.items():
        if facet.kind == "index" and name.startswith("REQ-"):
            links = _plain(facet).get("links", ())
            if any(link["to"] == use_case for link in links):
                found.append(name.removesuffix("#index"))
    return sorted(found)


def _plain(facet: Facet) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(facet.body, enc_hook=float)
    return plain
