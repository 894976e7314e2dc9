"""Models: what every model file became, and one model's race, threshold and graph."""

from ninefold.development.modelling.pages import model_page, models_page
from ninefold.surface.page import Page
from ninefold.workbench.desk import Desk
from ninefold.workbench.routes import page
from ninefold.workbench.starting import start_of


@page("/models")
def models(desk: Desk) -> Page:
    """Show every model, from a row on (`?from=`)."""
    return models_page(desk.view, desk.plan, start_of(desk))


@page("/models/{name:str}")
def model(desk: Desk, name: str) -> Page:
    """Show one model; `?threshold=` tries a threshold, `?sort=` and `?from=` turn over the leaderboard."""
    return model_page(
        desk.session, name, language=desk.viewer.language, sort=desk.query.get("sort", "rank"), start=start_of(desk),
        threshold=desk.query.get("threshold", ""),
    )  # fmt: skip


ROUTES = (models, model)
