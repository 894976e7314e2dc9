"""The OpenAPI document, generated from the operations; and all of them as one router of the workbench."""

from functools import cache
from importlib import import_module
from typing import Any

import msgspec
from litestar import Litestar, Response, Router, get
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme

from ninefold.workbench.api.door import checked, too_deep

PREFIX = "/api/v1"
MODULES = (
    "ninefold.workbench.api.standing",
    "ninefold.workbench.api.runs",
    "ninefold.workbench.api.files",
    "ninefold.workbench.api.design",
    "ninefold.workbench.api.development",
    "ninefold.workbench.api.decisions_of_people",
    "ninefold.workbench.api.fleet",
    "ninefold.workbench.api.alarms",
    "ninefold.workbench.api.evidence",
    "ninefold.workbench.api.accounts",
)
DESCRIPTION = (
    "What the pages of the workbench can do, for programs. Times are microseconds UTC. Errors are problem+json with a"
    " hint. Lists come in pages: send `next` as `cursor`. What changes something that was read sends its ETag as"
    " If-Match. Signing sends the person's password in the body; a token alone signs nothing."
)


def operations() -> list[Any]:
    """Return the operations of every module."""
    return [handler for module in MODULES for handler in import_module(module).ROUTES]


@get("/openapi.json", opt={"role": "viewer", "query": frozenset()}, include_in_schema=False, name="api.document")
async def shown() -> Response[bytes]:
    """Return the document."""
    return Response(document(), media_type="application/json")


@cache
def document() -> bytes:
    """Return the OpenAPI 3.1 document of the API as JSON."""
    scheme = SecurityScheme(type="http", scheme="bearer", description="A token of the page People and tokens")
    config = OpenAPIConfig(
        title="ninefold", version="1", description=DESCRIPTION, use_handler_docstrings=True, render_plugins=(),
        components=Components(security_schemes={"token": scheme}), security=[{"token": []}],
    )  # fmt: skip
    alone = Litestar([_router()], openapi_config=config, logging_config=None)
    return msgspec.json.encode(alone.openapi_schema.to_schema())


def _router() -> Router:
    handlers = [*operations(), shown]
    return Router(PREFIX, route_handlers=handlers, guards=[checked], exception_handlers={RecursionError: too_deep})


ROUTES = (_router(),)
