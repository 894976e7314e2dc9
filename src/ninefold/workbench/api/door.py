"""What every request of the API passes before its route: the body is JSON, JSON is wanted, each parameter is known."""

import traceback
from typing import Any

from litestar import Request, Response
from litestar.connection import ASGIConnection
from litestar.handlers.base import BaseRouteHandler

from ninefold.workbench import errors
from ninefold.workbench.api.refusals import Refusal

_ACCEPTED = {"*/*", "application/*", "application/json", "application/problem+json"}


def checked(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Return when the shape of a request is right.

    Raises:
        Refusal: 406, 415 or 400.
    """
    if not _wants_json(connection.headers.get("accept", "*/*")):
        raise Refusal(406, "Only JSON is answered.", "Send Accept: application/json.")
    kind = connection.headers.get("content-type", "").partition(";")[0].strip().lower()
    if handler.opt.get("body") and kind != "application/json":
        raise Refusal(415, f"A body of the type {kind[:60] or 'nothing'} is not read.", "Send application/json.")
    known = handler.opt.get("query", frozenset())
    if unknown := sorted({k for k in connection.query_params if k not in known}):
        hint = f"Use one of: {', '.join(sorted(known))}." if known else "Send none."
        raise Refusal(400, f"There is no parameter {unknown[0][:60]!r}.", hint)


def too_deep(request: Request[Any, Any, Any], error: RecursionError) -> Response[Any]:
    """Answer a body that is nested deeper than any of ours; a recursion elsewhere is our own failure."""
    if not any(frame.name == "decode_json" for frame in traceback.extract_tb(error.__traceback__)):
        return errors.failed(request, error)
    return errors.told(request, 400, "The body is nested too deeply.", "Send what the document describes.")


def _wants_json(accept: str) -> bool:
    ranges = [part.split(";") for part in accept.lower().split(",")]
    for name, *parameters in ranges:
        refused = any(p.strip().replace(" ", "") in {"q=0", "q=0.0", "q=0.00", "q=0.000"} for p in parameters)
        if name.strip() in _ACCEPTED and not refused:
            return True
    return False
