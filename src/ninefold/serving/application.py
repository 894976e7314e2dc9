"""Requests to answers: routes, tokens and models of the Open Inference Protocol V2. No sockets here.

Source: KServe, Open Inference Protocol V2 (health, metadata, inference); Triton, extension_model_repository (index).
"""

import logging
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from ninefold import __version__
from ninefold.kernel.errors import NinefoldError
from ninefold.serving.answers import BINARY, JSON, Answer, as_json, problem, refusal
from ninefold.serving.catalogue import EMPTY, Catalogue
from ninefold.serving.inference import Inferred, infer
from ninefold.serving.limits import Limits
from ninefold.serving.metrics import CONTENT_TYPE, Metrics
from ninefold.serving.model import Model
from ninefold.serving.tokens import Tokens

INLINE_BYTES = 16 << 10  # a larger request runs in a thread, so that it keeps no other waiting
_READ = (b"GET", b"HEAD")
_log = logging.getLogger("ninefold.serving")


class Route(NamedTuple):
    """What a path asks for."""

    kind: str  # server, live, ready, models, index, metrics, model, model-ready, infer
    methods: tuple[bytes, ...]
    model: str = ""
    version: str = ""


class Request(NamedTuple):
    """A request whose body is complete."""

    route: Route
    body: bytes
    split: int | None  # Inference-Header-Content-Length


_FIXED = {
    b"/v2": Route("server", _READ),
    b"/v2/": Route("server", _READ),
    b"/v2/health/live": Route("live", _READ),
    b"/v2/health/ready": Route("ready", _READ),
    b"/v2/models": Route("models", _READ),
    b"/v2/repository/index": Route("index", (b"POST",)),
    b"/metrics": Route("metrics", _READ),
}
_PUBLIC = {"live", "ready"}
Work = Callable[[], Answer]


@lru_cache(1024)  # clients ask for few different things
def route_of(target: bytes) -> Route | None:
    """Return what a request's target asks for; None when nothing is there."""
    path = target.partition(b"?")[0]
    if path.startswith(b"http://"):  # absolute form, RFC 9112, 3.2.2
        path = b"/" + path[7:].partition(b"/")[2]
    fixed = _FIXED.get(path)
    if fixed is not None:
        return fixed
    parts = path.split(b"/")
    if len(parts) < 4 or parts[:3] != [b"", b"v2", b"models"]:
        return None
    try:
        words = [(unquote_to_bytes(p) if b"%" in p else p).decode() for p in parts[3:]]
    except UnicodeDecodeError:
        return None
    name, version, rest = words[0], "", words[1:]
    if rest[:1] == ["versions"] and len(rest) >= 2:
        version, rest = rest[1], rest[2:]
    if not name:
        return None
    kinds: dict[tuple[str, ...], tuple[str, tuple[bytes, ...]]] = {
        (): ("model", _READ), ("ready",): ("model-ready", _READ), ("infer",): ("infer", (b"POST",)),
    }  # fmt: skip
    kind = kinds.get(tuple(rest))
    return None if kind is None else Route(*kind, name, version)


class Application:
    """What is asked of a server, whatever carried it here. Used in the thread of the event loop."""

    def __init__(self, limits: Limits, tokens: Tokens | None, metrics: Metrics | None = None) -> None:
        """Begin with no model; without `tokens` everybody may ask."""
        self.limits, self.tokens = limits, tokens
        self.metrics = metrics or Metrics()
        self.catalogue: Catalogue = EMPTY
        self.ready = False

    def admit(self, method: bytes, target: bytes, authorization: bytes) -> Route | Answer:
        """Return the route of a request, or why it goes no further; the body has not been read yet."""
        route = route_of(target)
        open_to_all = route is not None and route.kind in _PUBLIC
        if not open_to_all and self.tokens is not None and not self.tokens.allow(authorization):
            field = b'www-authenticate: Bearer realm="ninefold"\r\n'
            return problem(401, "The request carries no token that is known here.", field)
        if route is None:
            return problem(404, f"There is nothing at {target[:200].decode('ascii', 'replace')}.")
        if method not in route.methods:
            allowed = b", ".join(route.methods)
            return problem(405, f"Use {allowed.decode()} here.", b"allow: %b\r\n" % allowed)
        return route

    def handle(self, request: Request) -> Answer | Work:
        """Return the answer to a request, or the work that gives it in another thread."""
        route = request.route
        if route.kind != "infer":
            return self._told(route)
        found = self._model(route)
        if isinstance(found, Answer):
            return found
        if len(request.body) > INLINE_BYTES:
            return lambda: self._infer(found, request)
        return self._infer(found, request)

    def note(self, answer: Answer, seconds: float) -> None:
        """Count an answer that is on its way, and how long it took since its request was complete."""
        codes = self.metrics.codes
        codes[answer.status] = codes.get(answer.status, 0) + 1
        if answer.model is not None:
            self.metrics.of(answer.model, answer.version).note(answer.status, answer.rows, seconds)

    def _infer(self, model: Model, request: Request) -> Answer:
        """Return the answer of a model; errors of ours are answers, any other is written down and told as 500."""
        try:
            made: Inferred = infer(model, request.body, request.split, self.limits)
        except NinefoldError as error:
            answer = refusal(error)
        except Exception:  # one request must not take the others with it
            _log.exception("%s version %s failed on a request", model.name, model.version)
            answer = problem(500, "The server failed on this request; its log says why.")
        else:
            fields = b"inference-header-content-length: %d\r\n" % made.split if made.split else b""
            answer = Answer(200, made.body, BINARY if made.split else JSON, fields)
            answer.rows = made.rows
        answer.model, answer.version = model.name, model.version
        return answer

    def _model(self, route: Route) -> Model | Answer:
        """Return the model of a route, the highest version unless one is named; or why there is none."""
        versions = self.catalogue.models.get(route.model, {})
        model = versions.get(route.version) if route.version else next(iter(versions.values()), None)
        if model is not None:
            return model
        withdrawn = self.catalogue.withdrawn.get(route.model, {})
        why = withdrawn.get(route.version) if route.version else next(iter(withdrawn.values()), None)
        if why is not None:
            return problem(403, why)
        what = f"version {route.version[:40]} of the model" if route.version and versions else "model called"
        known = ", ".join(versions) if route.version and versions else ", ".join(self.catalogue.models)
        return problem(404, f"There is no {what} {route.model[:80]!r}. There are: {known or 'none'}.")

    def _told(self, route: Route) -> Answer:
        """Return what is known without asking a model."""
        match route.kind:
            case "live":
                return as_json({"live": True})
            case "ready":
                return as_json({"ready": self.ready}, 200 if self.ready else 503)
            case "server":
                extensions = ["binary_tensor_data", "model_repository"]
                return as_json({"name": "ninefold", "version": __version__, "extensions": extensions})
            case "models":
                return as_json({"models": list(self.catalogue.models)})
            case "index":
                return as_json(self._index())
            case "metrics":
                text = self.metrics.text(self.catalogue.bundles, list(self.catalogue.refused))
                return Answer(200, text, CONTENT_TYPE)
        found = self._model(route)
        if isinstance(found, Answer):
            return found
        if route.kind == "model-ready":
            return as_json({"name": found.name, "ready": self.ready}, 200 if self.ready else 503)
        return as_json(found.describe(tuple(self.catalogue.models[found.name])))

    def _index(self) -> list[dict[str, str]]:
        rows = [
            {"name": name, "version": version, "state": "READY", "reason": ""}
            for name, version, _ in self.catalogue.bundles
        ]
        for name, versions in self.catalogue.withdrawn.items():
            rows += [{"name": name, "version": v, "state": "UNAVAILABLE", "reason": why} for v, why in versions.items()]
        return rows
