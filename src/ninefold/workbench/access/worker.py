"""The thread that holds access, and the few that hash passwords, so that a flood of logins holds nobody else up."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from ninefold.kernel.clock import Clock, SystemClock
from ninefold.kernel.errors import AccessDenied
from ninefold.workbench.access.access import Access
from ninefold.workbench.access.accounts import folded
from ninefold.workbench.access.passwords import Passwords
from ninefold.workbench.access.throttle import Throttle

T = TypeVar("T")
_HASHING = 2  # at a time: 64 MiB each


class Worker:
    """Access for an event loop. Open it at start and close it at the end."""

    def __init__(self, folder: Path, clock: Clock | None = None, passwords: Passwords | None = None) -> None:
        self.clock = clock or SystemClock()
        self.passwords = passwords or Passwords()
        self.throttle = Throttle(self.clock)
        self._folder = folder
        self._access: Access | None = None

    async def open(self) -> None:
        """Open the files.

        Raises:
            StoreError: one of them cannot be used.
        """
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="access")
        self._hashing = ThreadPoolExecutor(_HASHING, thread_name_prefix="password")
        loop = asyncio.get_running_loop()
        self._access = await loop.run_in_executor(self._pool, Access, self._folder, self.clock, self.passwords)

    async def __call__(self, work: Callable[[Access], T]) -> T:
        """Return what a piece of work returns in the thread of access."""
        access = self._access
        if access is None:
            raise RuntimeError("access is used before it is open")
        return await asyncio.get_running_loop().run_in_executor(self._pool, work, access)

    def wait_s(self, name: str, address: str) -> int:
        """Return how many seconds somebody has to wait before they try to log in; 0 when they need not."""
        return self.throttle.wait_s(folded(name[:1000]), address)

    async def login(self, name: str, password: str, address: str) -> str:
        """Return the secret of a new session. The answer is the same whether the name or the password is wrong.

        Raises:
            AccessDenied: the name and the password do not belong together, or one has to wait (see `wait_s`).
        """
        known = folded(name[:1000])
        if wait_s := self.throttle.wait_s(known, address):
            raise AccessDenied("There were too many tries.", hint=f"Wait {wait_s} s, then repeat.")
        self.throttle.failed(known, address)
        person, stored = await self(lambda a: a.stored(known))
        loop = asyncio.get_running_loop()
        if not await loop.run_in_executor(self._hashing, self.passwords.fits, stored, password):
            raise AccessDenied("Name and password do not belong together.", hint="Repeat both.")
        self.throttle.succeeded(known, address)
        return await self(lambda a: a.enter(person, address, stored))

    async def close(self) -> None:
        """Close the files and end the threads."""
        if self._access is not None:
            await self(lambda a: a.close())
            self._access = None
            self._pool.shutdown()
            self._hashing.shutdown()
