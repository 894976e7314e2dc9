"""The fleet's service over HTTP (Litestar): bounded bodies, one error body, credentials never logged."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import msgspec
from litestar import Litestar, Request, Response, get, post
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.params import FromPath
from litestar.response import File

from ninefold.fleet.service import FleetService, PolicyOf
from ninefold.kernel.clock import Clock
from ninefold.kernel.errors import AccessDenied, InvalidInput, NinefoldError, NotFound, Refused
from ninefold.kernel.parcel import MAX_PARCEL, Receipt, read_parcel, to_bytes
from ninefold.vocabulary.desired import DesiredDocument

MAX_ENROLMENT = 4096  # bytes
_SEAL_EVERY_S = 60.0

P = ParamSpec("P")
T = TypeVar("T")
_log = logging.getLogger("ninefold.fleet")
_STATUS: dict[type[NinefoldError], int] = {AccessDenied: 401, InvalidInput: 400, NotFound: 404, Refused: 403}
_PROBLEM = "application/problem+json"


class Enrolment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a device sends once."""

    device: str
    token: str


class Worker:
    """The one thread that holds the service: SQLite objects belong to a thread, and receipts come in order."""

    def __init__(self, folder: Path, clock: Clock | None = None, policy: PolicyOf | None = None) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="fleet")
        self._folder, self._clock, self._policy = folder, clock, policy
        self._service: FleetService | None = None

    async def open(self) -> None:
        """Open the files.

        Raises:
            StoreError: one of them cannot be used.
        """
        loop = asyncio.get_running_loop()
        self._service = await loop.run_in_executor(self._pool, FleetService, self._folder, self._clock, self._policy)

    async def __call__(self, work: Callable[[FleetService], T]) -> T:
        """Return what a piece of work returns in that thread."""
        service = self._service
        if service is None:
            raise RuntimeError("the worker is used before it is open")
        return await asyncio.get_running_loop().run_in_executor(self._pool, work, service)

    async def close(self) -> None:
        """Seal what waits and close the files."""
        if self._service is not None:
            await self(lambda s: s.seal(all_of_it=True))
            await self(lambda s: s.close())
        self._pool.shutdown()


def application(folder: Path, clock: Clock | None = None, policy: PolicyOf | None = None) -> Litestar:
    """Return the application over a project's folder `.ninefold`; the workbench mounts it, `serve` runs it alone."""
    worker = Worker(folder, clock, policy)
    return Litestar(
        [enrol, uplink, desired, bundle, live],
        lifespan=[lambda app: _lifespan(app, worker)],
        exception_handlers={NinefoldError: _refused, HTTPException: _http, Exception: _failed},
        request_max_body_size=MAX_PARCEL,
        openapi_config=None,
        logging_config=None,
    )


@contextlib.asynccontextmanager
async def _lifespan(app: Litestar, worker: Worker) -> AsyncIterator[None]:
    await worker.open()
    app.state.worker = worker
    sealing = asyncio.create_task(_seal_now_and_then(worker))
    try:
        yield
    finally:
        sealing.cancel()
        await asyncio.gather(sealing, return_exceptions=True)
        await worker.close()


async def _seal_now_and_then(worker: Worker) -> None:
    while True:
        await asyncio.sleep(_SEAL_EVERY_S)
        try:
            await worker(lambda s: s.seal())
        except NinefoldError as error:
            _log.error("segments were not sealed: %s", error)  # they wait; the next minute tries again


async def _device(request: Request[Any, Any, State]) -> str:
    """Return the device that a request's credential belongs to.

    Raises:
        AccessDenied: there is none.
    """
    kind, _, credential = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not 20 <= len(credential) <= 200:
        raise AccessDenied("The request carries no credential.", hint="Enrol the device first.")
    worker: Worker = request.app.state.worker
    return await worker(lambda s: s.registry.authenticate(credential))


@get("/v1/live", sync_to_thread=False)
def live() -> dict[str, str]:
    """Say that the service runs."""
    return {"status": "ok"}


@post("/v1/enrol", request_max_body_size=MAX_ENROLMENT, status_code=200)
async def enrol(request: Request[Any, Any, State]) -> dict[str, str]:
    """Exchange a one-time token for a credential."""
    body = await request.body()
    try:
        wanted = msgspec.json.decode(body, type=Enrolment)
    except msgspec.MsgspecError as error:
        raise InvalidInput(f"The enrolment is malformed: {error}.") from None
    worker: Worker = request.app.state.worker
    credential = await worker(lambda s: s.registry.enrol(wanted.device, wanted.token))
    return {"credential": credential}


@post("/v1/uplink", status_code=200)
async def uplink(request: Request[Any, Any, State]) -> Response[bytes]:
    """Take a parcel; the receipt is sent after the commit."""
    device = await _device(request)  # before the body is read
    parcel = read_parcel(await request.body())
    worker: Worker = request.app.state.worker
    receipt: Receipt = await worker(lambda s: s.receive(device, parcel))
    for lane, problem in receipt.problems.items():
        _log.error("lane %s of %s stopped: %s", lane, device, problem)
    return Response(to_bytes(receipt), media_type="application/msgpack")


@get("/v1/desired")
async def desired(request: Request[Any, Any, State]) -> Response[bytes]:
    """Return what the device is to run; 204 when nothing is."""
    device = await _device(request)
    worker: Worker = request.app.state.worker
    document: DesiredDocument | None = await worker(lambda s: s.desired(device))
    if document is None:
        return Response(b"", status_code=204)
    return Response(to_bytes(document), media_type="application/msgpack")


@get("/v1/bundles/{digest:str}")
async def bundle(request: Request[Any, Any, State], digest: FromPath[str]) -> File:
    """Return a bundle that the device is to run."""
    device = await _device(request)
    worker: Worker = request.app.state.worker
    path = await worker(lambda s: s.bundle(device, digest))
    return File(path, filename=f"{digest[:16]}.9fb", media_type="application/octet-stream")


def _refused(_: Request[Any, Any, State], error: NinefoldError) -> Response[dict[str, Any]]:
    status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 503)
    return _problem(status, error.message, error.hint)


def _http(_: Request[Any, Any, State], error: HTTPException) -> Response[dict[str, Any]]:
    return _problem(error.status_code, error.detail)


def _failed(request: Request[Any, Any, State], error: Exception) -> Response[dict[str, Any]]:
    _log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return _problem(500, "The service failed; its log says why.")


def _problem(status: int, detail: str, hint: str = "") -> Response[dict[str, Any]]:
    content = {"type": "about:blank", "status": status, "detail": detail, "hint": hint}
    return Response(content, status_code=status, media_type=_PROBLEM)
