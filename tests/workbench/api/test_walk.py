"""Every operation of the API meets every fault of access, behind the gate that serves it."""

import asyncio
from pathlib import Path

from litestar.testing import AsyncTestClient
from tests.workbench.access.made import keys
from tests.workbench.access.walk import Try, walk
from tests.workbench.api.served import PORT, app_of

from ninefold.kernel.project import STATE
from ninefold.testing.clock import FakeClock
from ninefold.workbench.api.document import operations

HOST = f"127.0.0.1:{PORT}"


async def tried(root: Path) -> list[Try]:
    """Start the workbench as a server does, and walk."""
    clock = FakeClock()
    app, made = app_of(root, PORT, clock), keys(root / STATE, clock)
    async with AsyncTestClient(app, base_url=f"http://{HOST}"):
        return [t for t in await walk(app, HOST, made) if t.path.startswith("/api/v1/")]


def test_nobody_comes_in_who_may_not(tmp_path: Path) -> None:
    """The right status for each, as a problem; no operation was left out."""
    (tmp_path / "ninefold.toml").write_text('name = "empty"\n', encoding="utf-8")
    tries = asyncio.run(tried(tmp_path))
    assert [t for t in tries if not t.passed or not t.problem] == []
    assert len({(t.method, t.path) for t in tries}) == len(operations()) + 1  # and the document itself
