"""The commands of step 5: the leaderboard, the operating point and the model."""

import click

from ninefold.surface.session import Session, pass_session


@click.command("candidates")
@click.argument("model")
@pass_session
def candidates_(session: Session, model: str) -> None:
    """Show the leaderboard of a model's race, with what failed and why."""
    from ninefold.development.modelling.report import leaderboard_table
    from ninefold.vocabulary.model import Leaderboard

    session.screen.show(leaderboard_table(model, session.ask(f"candidates:{model}").body(Leaderboard)))


@click.command("model")
@click.argument("model")
@pass_session
def model_(session: Session, model: str) -> None:
    """Show a model's threshold, what it is expected to pass, and the graph that ships."""
    from ninefold.development.modelling.report import model_table, operating_point_table
    from ninefold.vocabulary.model import Model, OperatingPoint

    point = session.ask(f"operating-point:{model}").body(OperatingPoint)
    session.screen.show(operating_point_table(model, point))
    session.screen.show(model_table(session.ask(f"model:{model}").body(Model)))


COMMANDS = (candidates_, model_)
