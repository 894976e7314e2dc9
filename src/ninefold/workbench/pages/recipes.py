"""Recipes and datasets: what is made of the data, step by step, and how its columns are spread."""

from ninefold.development.data.pages import dataset_page, recipe_page, recipes_page
from ninefold.surface.page import Page
from ninefold.workbench.desk import Desk
from ninefold.workbench.routes import page
from ninefold.workbench.starting import start_of


@page("/data/recipes")
def recipes(desk: Desk) -> Page:
    """Show every recipe and dataset, from a row on (`?from=`)."""
    return recipes_page(desk.view, desk.plan, start_of(desk))


@page("/data/recipes/{name:str}")
def recipe(desk: Desk, name: str) -> Page:
    """Show one recipe; `?q=` finds columns, `?column=` shows one in full."""
    return recipe_page(desk.session, name, desk.viewer.language, start=start_of(desk), **_asked(desk))


@page("/data/sets/{name:str}")
def dataset(desk: Desk, name: str) -> Page:
    """Show one dataset version; `?q=` finds columns, `?column=` shows one in full."""
    return dataset_page(desk.session, name, desk.viewer.language, start=start_of(desk), **_asked(desk))


def _asked(desk: Desk) -> dict[str, str]:
    return {"words": desk.query.get("q", ""), "column": desk.query.get("column", "")}


ROUTES = (recipes, recipe, dataset)
