"""Requirements: list, matrix, diagram, one requirement, and the forms that change its file."""

from typing import Any

from ninefold.design.requirements.editing import Change, change_criterion, change_wording
from ninefold.design.requirements.pages import Filled, diagram_page, item_page, list_page, matrix_page, new_page
from ninefold.kernel.errors import Conflict, EditConflict, InvalidFile, InvalidInput, NotFound
from ninefold.lifecycle.editing import create_file
from ninefold.lifecycle.new_files import new_file
from ninefold.surface.cells import Ref
from ninefold.surface.page import Page
from ninefold.surface.words import Say
from ninefold.vocabulary.requirement import RequirementIndex
from ninefold.workbench.desk import Answer, Desk, Done, Shown
from ninefold.workbench.pages import editing
from ninefold.workbench.pages.files import broken_page
from ninefold.workbench.routes import action, page


@page("/requirements")
def requirements(desk: Desk) -> Page:
    """Show the requirements that hold the words of `?q=`, from the row `?from=` on."""
    return list_page(desk.view, desk.plan, desk.query.get("q", ""), editing.start(desk), edits=desk.may("editor"))


@page("/requirements/matrix")
def requirements_matrix(desk: Desk) -> Page:
    """Show each criterion by the places that enforce it."""
    return matrix_page(desk.view, desk.plan, editing.start(desk))


@page("/requirements/diagram")
def requirements_diagram(desk: Desk) -> Page:
    """Show requirements and use cases with their links."""
    return diagram_page(desk.view, desk.plan)


@page("/requirements/new", role="editor")
def new_requirement(desk: Desk) -> Page:
    """Show the form for a new requirement."""
    del desk
    return new_page({}, {})


@action("/requirements/new")
def create_requirement(desk: Desk) -> Answer:
    """Write the file of a new requirement."""
    sent = {k: desk.form.get(k, "").strip() for k in ("name", "title", "owner")}
    sent["name"] = sent["name"].removeprefix("REQ-")
    try:
        made = new_file("requirement", sent["name"], sent["title"], sent["owner"])
        create_file(desk.session, desk.actor, made.path, made.text)
    except (InvalidInput, Conflict) as error:
        return new_page(sent, {"name": str(error)})
    id = f"REQ-{sent['name']}"
    return Done(Ref("requirement", id), Say("requirements.created", {"id": id}))


@page("/requirements/{id:str}")
def requirement(desk: Desk, id: str) -> Page:
    """Show one requirement; whoever may edit sees the form of its first criterion."""
    return _item(desk, id, _first(desk, id) if _known(desk, id) else "")


@page("/requirements/{id:str}/criteria/{criterion:str}", role="editor")
def criterion(desk: Desk, id: str, criterion: str) -> Page:
    """Show one requirement with the form of a criterion."""
    if _known(desk, id) and criterion not in [c.id for c in _index(desk, id).criteria]:
        raise NotFound(f"{id} has no criterion {criterion[:80]!r}.", hint=f"Open /requirements/{id}.")
    return _item(desk, id, criterion)


@page("/requirements/{id:str}/wording", role="editor")
def wording(desk: Desk, id: str) -> Page:
    """Show one requirement with the form of its words."""
    return _item(desk, id, "", words=True)


@action("/requirements/{id:str}/criteria/{criterion:str}")
def change_a_criterion(desk: Desk, id: str, criterion: str) -> Answer:
    """Save a changed criterion."""
    return _save(desk, id, criterion)


@action("/requirements/{id:str}/criteria/{criterion:str}/preview")
def preview_a_criterion(desk: Desk, id: str, criterion: str) -> Answer:
    """Show what saving a changed criterion would do."""
    return _preview(desk, id, criterion)


@action("/requirements/{id:str}/wording")
def change_the_wording(desk: Desk, id: str) -> Answer:
    """Save changed words."""
    return _save(desk, id, "")


@action("/requirements/{id:str}/wording/preview")
def preview_the_wording(desk: Desk, id: str) -> Answer:
    """Show what saving changed words would do."""
    return _preview(desk, id, "")


def _save(desk: Desk, id: str, criterion: str) -> Answer:
    file, etag = _file(desk, id), desk.form.get("etag", "")
    now = editing.opened(desk, file)
    apply = _applied(desk, file, criterion)
    tried = apply(now.text)
    action = f"requirements/{id}/criteria/{criterion}" if criterion else f"requirements/{id}/wording"
    if now.etag != etag and not tried.problems:
        return editing.conflict(desk, file, apply, action, Ref("requirement", id))
    problems = tried.problems
    if not problems:
        try:
            problems = editing.saved(desk, file, tried.text, etag)
        except EditConflict:
            return editing.conflict(desk, file, apply, action, Ref("requirement", id))
    if problems:
        return _item(desk, id, criterion, Filled(etag, desk.form, problems), words=not criterion)
    said = "requirements.saved" if tried.text != now.text else "requirements.saved-nothing"
    return Done(Ref("requirement", id, part="history"), Say(said, {"id": id}))


def _preview(desk: Desk, id: str, criterion: str) -> Answer:
    file = _file(desk, id)
    tried = _applied(desk, file, criterion)(editing.opened(desk, file).text)
    impact = () if tried.problems else editing.what_if(desk, file, tried.text)
    filled = Filled(desk.form.get("etag", ""), desk.form, tried.problems, impact)
    found = _item(desk, id, criterion, filled, words=not criterion)
    return found if tried.problems else Shown(found)


def _applied(desk: Desk, file: str, criterion: str) -> editing.Apply:
    def apply(text: str) -> editing.Tried:
        found: Change = (
            change_criterion(text, file, criterion, desk.form) if criterion else change_wording(text, file, desk.form)
        )
        return editing.Tried(found.text, found.problems)

    return apply


def _item(desk: Desk, id: str, criterion: str, filled: Filled | None = None, *, words: bool = False) -> Page:
    file = _file(desk, id)
    if not _known(desk, id):
        return broken_page(desk, file)
    found = editing.opened(desk, file)
    edits = desk.may("editor")
    try:
        return item_page(
            desk.view, desk.plan, id, found.text, criterion=criterion, filled=filled or Filled(found.etag),
            history=(editing.told_history(desk, file),), edits=edits, words=words,
        )  # fmt: skip
    except InvalidFile:
        return broken_page(desk, file)  # it was broken since the view was read


def _known(desk: Desk, id: str) -> bool:
    return f"{id}#index" in desk.view.facets and id.startswith("REQ-")


def _index(desk: Desk, id: str) -> RequirementIndex:
    body: Any = desk.view.facets[f"{id}#index"].body
    return body  # type: ignore[no-any-return]  # ids that begin with REQ- have this index


def _first(desk: Desk, id: str) -> str:
    return next((c.id for c in _index(desk, id).criteria), "")


def _file(desk: Desk, id: str) -> str:
    """Return the file of a requirement, also of one that cannot be read.

    Raises:
        NotFound: there is none.
    """
    if _known(desk, id):
        return desk.view.facets[f"{id}#index"].file
    file = f"requirements/{id}.md"
    if not any(p.file == file for p in desk.view.problems):
        raise NotFound(f"No requirement is called {id[:80]!r}.", hint="Look for it in the list of requirements.")
    return file


ROUTES = (
    requirements, requirements_matrix, requirements_diagram, new_requirement, create_requirement, requirement,
    criterion, wording, change_a_criterion, preview_a_criterion, change_the_wording, preview_the_wording,
)  # fmt: skip
