"""Nobody comes past the gate of the workbench as it is served: every route, every role, every fault."""

import asyncio
from pathlib import Path

from tests.workbench.access.made import HOST, keys, lifespan
from tests.workbench.access.walk import FAULTS, Try, walk

from ninefold.kernel.clock import SystemClock
from ninefold.kernel.project import STATE
from ninefold.workbench.access.gatekeeper import handlers_of
from ninefold.workbench.access.listening import Listening
from ninefold.workbench.app import guarded


def test_the_table_of_routes_roles_and_faults(tmp_path: Path) -> None:
    """Each route turns away whoever may not call it, with the right status; pages lead to the login, the API tells."""
    (tmp_path / "ninefold.toml").write_text('name = "walked"\n', encoding="utf-8")
    made = keys(tmp_path / STATE, SystemClock())
    app = guarded(tmp_path, Listening())

    async def go() -> list[Try]:
        async with lifespan(app):
            return await walk(app, HOST, made)

    tries = asyncio.run(go())
    assert [t for t in tries if not t.passed] == []
    assert {t.path for t in tries} == {path for path, _, _ in handlers_of(app)}
    assert {t.fault for t in tries} == set(FAULTS)
    for one in tries:
        if one.path.startswith("/api/"):
            assert one.problem, one
        elif one.status == 303:
            assert one.location.startswith("/login"), one
