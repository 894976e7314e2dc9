"""The command of step 2: the ranking."""

import click

from ninefold.surface.session import Session, pass_session


@click.command("ranking")
@pass_session
def ranking_(session: Session) -> None:
    """Show the use cases by priority, how stable the order is, and which answer to seek first."""
    from ninefold.design.prioritisation.report import ranking_page
    from ninefold.vocabulary.ranking import Ranking

    session.screen.show(ranking_page(session.ask("ranking").body(Ranking)))


COMMANDS = (ranking_,)
