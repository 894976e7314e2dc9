"""Use cases: the ranking, the sheet of one, and the forms that change its file."""

from ninefold.design.prioritisation.case import Filled
from ninefold.design.prioritisation.editing import change_use_case
from ninefold.design.prioritisation.pages import case_page, new_page, ranking_page
from ninefold.kernel.documents import parse_front_matter
from ninefold.kernel.errors import Conflict, EditConflict, InvalidFile, InvalidInput, NotFound
from ninefold.lifecycle.board.rows import board_row
from ninefold.lifecycle.board.standing import Standing
from ninefold.lifecycle.editing import create_file
from ninefold.lifecycle.new_files import new_file
from ninefold.operations.monitoring.episodes import episodes
from ninefold.surface.blocks import Board, Panel
from ninefold.surface.cells import Ref
from ninefold.surface.page import Page
from ninefold.surface.words import Say
from ninefold.workbench.desk import Answer, Desk, Done, Shown
from ninefold.workbench.pages import editing
from ninefold.workbench.pages.files import broken_page
from ninefold.workbench.routes import action, page


@page("/use-cases")
def use_cases(desk: Desk) -> Page:
    """Show the ranking, from the row `?from=` on."""
    return ranking_page(desk.view, desk.plan, editing.start(desk), edits=desk.may("editor"))


@page("/use-cases/new", role="editor")
def new_use_case(desk: Desk) -> Page:
    """Show the form for a new use case."""
    del desk
    return new_page({}, {})


@action("/use-cases/new")
def create_use_case(desk: Desk) -> Answer:
    """Write the file of a new use case."""
    sent = {k: desk.form.get(k, "").strip() for k in ("name", "title", "owner")}
    sent["name"] = sent["name"].removeprefix("UC-")
    try:
        made = new_file("use-case", sent["name"], sent["title"], sent["owner"])
        create_file(desk.session, desk.actor, made.path, made.text)
    except (InvalidInput, Conflict) as error:
        return new_page(sent, {"name": str(error)})
    id = f"UC-{sent['name']}"
    return Done(Ref("use-case", id), Say("use-cases.created", {"id": id}))


@page("/use-cases/{id:str}")
def use_case(desk: Desk, id: str) -> Page:
    """Show one use case; whoever may edit sees its form."""
    return _case(desk, id)


@action("/use-cases/{id:str}")
def change_a_use_case(desk: Desk, id: str) -> Answer:
    """Save a changed use case."""
    file, etag = _file(desk, id), desk.form.get("etag", "")
    now, apply, back = editing.opened(desk, file), _applied(desk, file), Ref("use-case", id)
    tried = apply(now.text)
    if now.etag != etag and not tried.problems:
        return editing.conflict(desk, file, apply, f"use-cases/{id}", back)
    problems = tried.problems
    if not problems:
        try:
            problems = editing.saved(desk, file, tried.text, etag)
        except EditConflict:
            return editing.conflict(desk, file, apply, f"use-cases/{id}", back)
    if problems:
        return _case(desk, id, Filled(etag, desk.form, problems))
    said = "use-cases.saved" if tried.text != now.text else "use-cases.saved-nothing"
    return Done(back, Say(said, {"id": id}))


@action("/use-cases/{id:str}/preview")
def preview_a_use_case(desk: Desk, id: str) -> Answer:
    """Show what saving a changed use case would do."""
    file = _file(desk, id)
    tried = _applied(desk, file)(editing.opened(desk, file).text)
    impact = () if tried.problems else editing.what_if(desk, file, tried.text)
    found = _case(desk, id, Filled(desk.form.get("etag", ""), desk.form, tried.problems, impact))
    return found if tried.problems else Shown(found)


def _applied(desk: Desk, file: str) -> editing.Apply:
    def apply(text: str) -> editing.Tried:
        found = change_use_case(text, file, desk.form)
        return editing.Tried(found.text, found.problems)

    return apply


def _case(desk: Desk, id: str, filled: Filled | None = None) -> Page:
    file = _file(desk, id)
    if f"{id}#index" not in desk.view.facets:
        return broken_page(desk, file)
    found = editing.opened(desk, file)
    try:
        about = parse_front_matter(found.text, file)[1]
    except InvalidFile:
        return broken_page(desk, file)  # it was broken since the view was read
    return case_page(
        desk.view, desk.plan, id, about, filled=filled or Filled(found.etag),
        board=_steps(desk, id), history=(editing.told_history(desk, file),), edits=desk.may("editor"),
    )  # fmt: skip


def _steps(desk: Desk, id: str) -> tuple[Panel, ...]:
    """Return the use case at each of the nine steps."""
    alarms = episodes(desk.session.store, desk.session.clock.now())
    row = board_row(Standing(desk.plan, desk.view, alarms), desk.view.facets[f"{id}#index"].body)
    return (Panel(Say("use-cases.steps"), (Board((row,)),)),)


def _file(desk: Desk, id: str) -> str:
    """Return the file of a use case, also of one that cannot be read.

    Raises:
        NotFound: there is none.
    """
    if id.startswith("UC-") and f"{id}#index" in desk.view.facets:
        return desk.view.facets[f"{id}#index"].file
    file = f"use-cases/{id}.md"
    if not any(p.file == file for p in desk.view.problems):
        raise NotFound(f"No use case is called {id[:80]!r}.", hint="Look for it in the list of use cases.")
    return file


ROUTES = (
    use_cases, new_use_case, create_use_case, use_case, change_a_use_case, preview_a_use_case,
)  # fmt: skip
