"""Audit: what was recorded, the newest first, and whether every chain verifies."""

from ninefold.lifecycle.pages import audit_page
from ninefold.surface.page import Page
from ninefold.workbench.desk import Desk
from ninefold.workbench.routes import page


@page("/audit")
def audit(desk: Desk) -> Page:
    """Show the latest records, or those before a record (`?before=ID`)."""
    return audit_page(desk.session.store, before=desk.query.get("before", ""))


ROUTES = (audit,)
