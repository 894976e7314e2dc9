"""The commands of step 1: warnings, coverage, and the diagram."""

from pathlib import Path

import click

from ninefold.surface.session import Session, pass_session


@click.group("requirements")
def requirements_() -> None:
    """Lint requirements, show what they cover, and draw them."""


@requirements_.command("lint")
@click.argument("ids", nargs=-1)
@pass_session
def lint_(session: Session, ids: tuple[str, ...]) -> None:
    """Show the warnings about all requirements, or those named, and the evidence that their bounds need."""
    from ninefold.design.requirements.lint import lint_page
    from ninefold.vocabulary.requirement_lint import RequirementLint

    names = [f"lint:{id}" for id in ids] or [n for n in session.status().statuses if n.startswith("lint:")]
    session.screen.show(lint_page([session.ask(name).body(RequirementLint) for name in names]))


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
