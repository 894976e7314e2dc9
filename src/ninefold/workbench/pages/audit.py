"""Audit: what was recorded, the newest first, as a page or as CSV, and whether every chain verifies."""

import csv
import io
from typing import Any

from anyio.to_thread import run_sync
from litestar import Request, Response, get

from ninefold.lifecycle.known import names
from ninefold.lifecycle.pages.audit import COLUMNS, Asked, audit_page, rows_of
from ninefold.surface.cells import Ref
from ninefold.surface.page import Page
from ninefold.workbench.desk import Desk, Done
from ninefold.workbench.project import Project
from ninefold.workbench.routes import action, page

_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # how a cell begins that a spreadsheet would compute


@page("/audit")
def audit(desk: Desk) -> Page:
    """Show the latest records, narrowed by kind, step, actor and day, or those before a record (`?before=ID`)."""
    store, jobs = desk.session.store, desk.project.jobs
    return audit_page(store, _asked(desk.query), desk.viewer.zone, names(store), jobs.latest("verify"))


@action("/audit/verify", role="viewer")
def verify_chains(desk: Desk) -> Done:
    """Verify the whole store."""
    job, _ = desk.project.jobs.verify(desk.actor)
    return Done(Ref("page", f"jobs/{job.id}"))


@get("/audit.csv", opt={"role": "viewer"})
async def audit_csv(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Serve the records that the page would show, all of them, as CSV with opaque keys of people."""
    return await run_sync(_csv, request)


def _csv(request: Request[Any, Any, Any]) -> Response[bytes]:
    project: Project = request.app.state.project
    only, _ = _asked(request.query_params).filter(request.state.viewer.zone)
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    with project.working() as session:
        for row in rows_of(session.store, only):
            writer.writerow([f"'{c}" if c.startswith(_FORMULA) else c for c in row])
    headers = {"Content-Disposition": 'attachment; filename="audit.csv"'}
    return Response(out.getvalue().encode(), media_type="text/csv; charset=utf-8", headers=headers)


def _asked(query: Any) -> Asked:
    return Asked(*(str(query.get(f, ""))[:200].strip() for f in Asked.__struct_fields__))


ROUTES = (audit, verify_chains, audit_csv)
