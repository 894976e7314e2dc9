"""The commands of step 1: warnings, coverage, and the diagram."""

from pathlib import Path

import click

from ninefold.kernel.errors import NotFound
from ninefold.surface.session import Session, pass_session


@click.group("requirements")
def requirements_() -> None:
    """Lint requirements, show what they cover, and draw them."""


@requirements_.command("lint")
@click.argument("ids", nargs=-1)
@pass_session
def lint_(session: Session, ids: tuple[str, ...]) -> None:
    """Show the warnings about all requirements, or those named, and the evidence that their bounds need."""
    from ninefold.design.requirements.lint import lint_now, lint_page

    view = session.view()
    known = sorted(f.name.removesuffix("#index") for f in view.of_kind("index") if f.name.startswith("REQ-"))
    if unknown := [id for id in ids if id not in known]:
        hint = f"Use one of: {', '.join(known) or 'none'}."
        raise NotFound(f"No requirement is called {unknown[0]}, or its file has problems.", hint=hint)
    session.screen.show(lint_page([lint_now(view.facets, id) for id in ids or known]))


@requirements_.command("coverage")
@pass_session
def coverage_(session: Session) -> None:
    """Show which requirement demands what of which use case and where, and what nothing covers."""
    from ninefold.design.requirements.coverage import coverage_page
    from ninefold.vocabulary.coverage import Coverage

    session.screen.show(coverage_page(session.ask("coverage").body(Coverage)))


@requirements_.command("diagram")
@click.option(
    "--output", "-o", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The SVG to write."
)
@pass_session
def diagram_(session: Session, output: Path) -> None:
    """Draw requirements, use cases, links and criteria as the files have them now."""
    from ninefold.design.requirements.diagram import diagram_of

    figure = diagram_of(session.view())
    output.write_text(figure.svg, encoding="utf-8")
    session.screen.write(f"{output}: {figure.description}")


COMMANDS = (requirements_,)
