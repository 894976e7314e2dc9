"""How a function of a desk becomes an operation of the API: typed, documented, in a thread of its own.

@operation("POST", "/alarms/{id:str}/shelving", role="editor", matched=True)
def shelve_alarm(desk: Desk, id: str, data: Shelving, seen: Seen) -> Alarm: ...
"""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, TypeVar, get_type_hints

import msgspec
from anyio.to_thread import run_sync
from litestar import Request, Response
from litestar.datastructures import State
from litestar.enums import RequestEncodingType
from litestar.handlers import HTTPRouteHandler, delete, get, post, put
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import BodyKwarg, HeaderParameter, PathParameter, QueryParameter

from ninefold.client.answers import Problem
from ninefold.vocabulary.account import AccountRole
from ninefold.workbench.api.conditions import Seen
from ninefold.workbench.api.once import Replies, Reply, key_of
from ninefold.workbench.api.signing import Signer, confirmed_of, signer_of
from ninefold.workbench.desk import Desk
from ninefold.workbench.errors import PROBLEM
from ninefold.workbench.project import Project

Asked = Request[Any, Any, State]
Method = Literal["GET", "POST", "PUT", "DELETE"]
T = TypeVar("T")
MAX_BODY = 2_000_000  # bytes; a project file is the largest thing that is sent
_MAKERS: Mapping[Method, Any] = {"GET": get, "POST": post, "PUT": put, "DELETE": delete}
_ALWAYS = {
    400: "The request is malformed, or a parameter is unknown or out of its bounds",
    401: "Nobody is logged in, or the token does not hold",
    403: "The role is too small, or a rule of the product forbids it",
    404: "There is no such thing",
    406: "Only JSON is answered",
    421: "The Host is not ours",
    422: "What was sent cannot be used",
    503: "A file of the project cannot be used now; repeat later",
}
_WRITING = {409: "Somebody else was faster, or it is done already", 507: "The disk is full; nothing was written"}
_BODY = {413: "The body is too large", 415: "Only application/json is read"}
_MATCHED = {412: "It was changed since it was read", 428: "If-Match is missing: read it first"}
_JSON = BodyKwarg(media_type=RequestEncodingType.JSON)
_HANDED = {"desk", "seen", "signer", "confirmed"}  # what a function is given that no request names
_KEY = "[A-Za-z0-9_-]{8,100}"

IfMatch = Annotated[
    str | None,
    HeaderParameter(name="If-Match", max_length=200, description="The ETag with which it was read; 428 without"),
]
IfNoneMatch = Annotated[
    str | None, HeaderParameter(name="If-None-Match", max_length=200, description="* to write only what is not there")
]
IdempotencyKey = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key", pattern=f"^{_KEY}$",
        description="The same key with the same request is done once; its answer is kept for a day",
    ),
]  # fmt: skip


class Answered(msgspec.Struct, frozen=True):
    """An answer with more than its body; what a function returns instead of a plain value."""

    value: Any
    etag: str = ""
    location: str = ""


@dataclass(frozen=True)
class _Terms:
    """What was declared about an operation."""

    work: Callable[..., Any]
    status: int
    path: str
    once: bool  # takes an Idempotency-Key
    unstoppable: bool  # is done even when the file of idempotency keys cannot be used
    names: frozenset[str] = field(default_factory=frozenset)


def operation(
    method: Method, path: str, *, role: AccountRole = "viewer", status: int = 200, tag: str, matched: bool = False,
    creates: bool = False, once: bool | None = None, unstoppable: bool = False,
) -> Callable[[Callable[..., Any]], HTTPRouteHandler]:  # fmt: skip
    """Make a route of a function of a desk; parameters of the path and the query are its arguments, `data` its body.

    `matched` asks for If-Match (with `creates` also for If-None-Match) and hands over `seen`. An argument `signer`
    opens the person's key with the password of the body, `confirmed` only checks it. `once` (every POST unless it
    says no) heeds an Idempotency-Key.
    """

    def made(work: Callable[..., Any]) -> HTTPRouteHandler:
        hints = get_type_hints(work, include_extras=True)
        names = frozenset(inspect.signature(work).parameters)
        heeds = method == "POST" if once is None else once
        terms = _Terms(work, status, path, heeds, unstoppable, names)
        headers: dict[str, Any] = {"if_match": IfMatch} if matched else {}
        headers |= {"if_none_match": IfNoneMatch} if creates else {}
        headers |= {"idempotency_key": IdempotencyKey} if heeds else {}
        handle = _with_signature(_handler(terms), work, hints, path, headers)
        fails = _ALWAYS | (_WRITING if method != "GET" else {}) | (_BODY if "data" in names else {})
        fails |= _MATCHED if matched else {}
        fails |= {429: "Too many wrong passwords; wait"} if names & {"signer", "confirmed"} else {}
        query = {n for n in names if n not in _HANDED | {"data"} and f"{{{n}:" not in path}
        return _MAKERS[method](  # type: ignore[no-any-return]  # one of Litestar's decorators
            path, status_code=status, opt={"role": role, "body": "data" in names, "query": frozenset(query)},
            operation_id=work.__name__, summary=(work.__doc__ or "").splitlines()[0], tags=[tag],
            request_max_body_size=MAX_BODY, name=f"api.{work.__name__}",
            responses={code: ResponseSpec(Problem, description=why, media_type=PROBLEM) for code, why in fails.items()},
        )(handle)  # fmt: skip

    return made


def _handler(terms: _Terms) -> Callable[..., Awaitable[Response[Any]]]:
    async def handle(request: Asked, **given: Any) -> Response[Any]:
        key = given.pop("idempotency_key", None)
        conditions = given.pop("if_match", None), given.pop("if_none_match", None)
        given |= {n: v[1:] for n, v in given.items() if f"{{{n}:path}}" in terms.path}  # Litestar's begins with a slash
        if "seen" in terms.names:
            given["seen"] = Seen.of(*conditions)
        if "signer" in terms.names:
            given["signer"] = await signer_of(request, given["data"].password)
        if "confirmed" in terms.names:
            given["confirmed"] = await confirmed_of(request, given["data"].password)
        return await run_sync(_answer, terms, request, given, key)

    return handle


def _answer(terms: _Terms, request: Asked, given: dict[str, Any], key: str | None) -> Response[Any]:
    """Do the work in this thread, once for one Idempotency-Key, and return its answer."""
    project: Project = request.app.state.project
    viewer = request.state.viewer

    def work() -> Reply:
        with project.working() as session:
            return _reply(terms, terms.work(Desk(viewer, project, session), **given))

    if key is None:
        return _response(work(), replayed=False)
    body = msgspec.structs.replace(given["data"], password="") if _secret(given) else given.get("data")
    digest = key_of(request.method, request.url.path, body, given)
    replies = Replies(project.state, unstoppable=terms.unstoppable)
    reply, replayed = replies.once(viewer.person, key, digest, work)
    return _response(reply, replayed=replayed)


def _secret(given: Mapping[str, Any]) -> bool:
    return isinstance(given.get("signer"), Signer)


def _reply(terms: _Terms, found: Any) -> Reply:
    answered = found if isinstance(found, Answered) else Answered(found)
    headers = {"ETag": f'"{answered.etag}"'} if answered.etag else {}
    headers |= {"Location": answered.location} if answered.location else {}
    return Reply(terms.status, headers, msgspec.json.encode(answered.value))


def _response(reply: Reply, *, replayed: bool) -> Response[Any]:
    headers = dict(reply.headers) | ({"Idempotency-Replayed": "true"} if replayed else {})
    return Response(reply.body, status_code=reply.status, headers=headers, media_type="application/json")


def _with_signature(
    handle: Callable[..., Any], work: Callable[..., Any], hints: Mapping[str, Any], path: str,
    headers: Mapping[str, Any],
) -> Callable[..., Any]:  # fmt: skip
    """Give the handler the name, the words and the parameters of its function, as Litestar reads them."""
    found: dict[str, tuple[Any, Any]] = {}
    for name, parameter in inspect.signature(work).parameters.items():
        if name in _HANDED:
            continue
        hint = hints[name]
        if f"{{{name}:" in path:
            hint = Annotated[hint, PathParameter()]
        else:
            hint = Annotated[hint, _JSON] if name == "data" else _query(hint)
        found[name] = (hint, parameter.default)
    found |= {name: (hint, None) for name, hint in headers.items()}
    handle.__annotations__ = {
        "request": Asked, **{n: h for n, (h, _) in found.items()}, "return": Response[hints["return"]],  # type: ignore[valid-type]  # a type at run time
    }  # fmt: skip
    kinds = inspect.Parameter
    handle.__signature__ = inspect.Signature(  # type: ignore[attr-defined]  # what inspect itself looks for
        [
            kinds("request", kinds.KEYWORD_ONLY, annotation=Asked),
            *(kinds(n, kinds.KEYWORD_ONLY, annotation=h, default=d) for n, (h, d) in found.items()),
        ],
        return_annotation=handle.__annotations__["return"],
    )
    handle.__name__ = handle.__qualname__ = work.__name__
    handle.__doc__, handle.__module__ = work.__doc__, work.__module__
    return handle


def _query(hint: Any) -> Any:
    """Return the annotation of a parameter of the query, with the bounds that the function declared."""
    parts = getattr(hint, "__metadata__", ())
    if any(isinstance(p, QueryParameter) for p in parts):
        return hint
    return Annotated[hint, QueryParameter()]
