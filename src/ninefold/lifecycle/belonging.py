"""To which use cases and to which of the nine steps each task belongs: read from the plan's edges and the files."""

from collections.abc import Iterator, Mapping
from functools import lru_cache

from ninefold.kernel.plan import Plan, Status
from ninefold.kernel.view import View
from ninefold.lifecycle.graph import step_numbers
from ninefold.vocabulary.requirement import RequirementIndex

_REQUIREMENTS = 1


class Belonging:
    """Where every task of a plan belongs. `uses` holds the ids of use cases by task, `steps` the number of the step."""

    def __init__(self, plan: Plan, view: View) -> None:
        numbers = step_numbers()
        self.steps: dict[str, int] = {n: numbers.get(s.step.name, 0) for n, s in plan.statuses.items()}
        self.models = {_owner(f.name): str(f.plain["use_case"]) for f in view.of_kind("train")}  # model -> use case
        self.recipes = {  # recipe -> the models that are made of its rows
            recipe: [m for m, r in _recipes(view).items() if r == recipe] for recipe in set(_recipes(view).values())
        }
        self.requirements = linked(view)
        self.uses: dict[str, set[str]] = {}
        for status in plan.statuses.values():  # inputs come first
            self.uses[status.name] = set(self._direct(status, view))
            for before in _inputs(status):
                self.uses[status.name] |= self.uses.get(before, set())
        for name, status in reversed(plan.statuses.items()):  # what is made for a use case belongs to it
            for before in _inputs(status):
                if before in self.uses:
                    self.uses[before] |= self.uses[name]
        self._by_cell: dict[tuple[str, int], list[Status]] = {}
        for name, status in plan.statuses.items():
            for use_case in self.uses[name]:
                self._by_cell.setdefault((use_case, self.steps[name]), []).append(status)

    def tasks(self, use_case: str, step: int) -> list[Status]:
        """Return the tasks of a use case at a step, inputs first."""
        return self._by_cell.get((use_case, step), [])

    def models_of(self, use_case: str) -> list[str]:
        """Return the models that a use case has, by name."""
        return sorted(m for m, u in self.models.items() if u == use_case)

    def requirements_of(self, use_case: str) -> list[str]:
        """Return the requirements that demand something of a use case, directly or through one that they refine."""
        return sorted(r for r, uses in self.requirements.items() if use_case in uses)

    def _direct(self, status: Status, view: View) -> Iterator[str]:
        task = status.task
        if task is None:  # it could not be planned, so there are no edges: its file says where it belongs
            yield from self._of_file(status.name.partition(":")[2].partition("/")[0], view)
            return
        if isinstance(task.params, Mapping) and isinstance(task.params.get("use_case"), str):
            yield task.params["use_case"]
        for facet in task.facets.values():
            owner, _, part = facet.partition("#")
            if owner.startswith("UC-"):
                yield owner
            elif part == "train":
                yield from filter(None, [self.models.get(_owner(facet))])
            elif self.steps[status.name] == _REQUIREMENTS:
                yield from self.requirements.get(owner, ())

    def _of_file(self, name: str, view: View) -> Iterator[str]:
        deployed = view.facets.get(f"deployment:{name}#targets")
        models = [name, *self.recipes.get(name, [])]
        if deployed is not None:
            models.append(str(deployed.plain.get("model", "")))
        yield from (self.models[m] for m in models if m in self.models)


@lru_cache(maxsize=4)
def belonging(plan: Plan, view: View) -> Belonging:
    """Return where the tasks of a plan belong; found once for each plan, which never changes."""
    return Belonging(plan, view)


def linked(view: View) -> dict[str, frozenset[str]]:
    """Return requirement -> the use cases that it demands something of; what it refines counts too."""
    links = {
        f.body.id: [link.to for link in f.body.links]
        for f in view.of_kind("index")
        if isinstance(f.body, RequirementIndex)
    }
    found = {}
    for requirement in links:
        met, todo = set(), [requirement]
        while todo:
            for to in links.get(todo.pop(), ()):
                if to not in met:
                    met.add(to)
                    todo.append(to)
        found[requirement] = frozenset(m for m in met if m.startswith("UC-"))
    return found


def _recipes(view: View) -> dict[str, str]:
    return {_owner(f.name): str(f.plain["dataset"]).removeprefix("recipe:") for f in view.of_kind("train")}


def _owner(facet: str) -> str:
    return facet.partition("#")[0].partition(":")[2]


def _inputs(status: Status) -> list[str]:
    return [] if status.task is None else list(status.task.results.values())
