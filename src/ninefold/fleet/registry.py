"""Who may send: devices that were invited once, and the credential that each of them holds; only hashes are kept."""

import hashlib
import re
import secrets
from typing import NamedTuple

from ninefold.fleet.database import Database
from ninefold.kernel.clock import Clock
from ninefold.kernel.errors import AccessDenied, InvalidInput, NotFound

TTL_S = 3600.0
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_SEEN_STEP_US = 10_000_000  # a device's last contact is noted at most every ten seconds


class Device(NamedTuple):
    """An enrolled device; times in µs UTC, `seen` 0 before its first request."""

    name: str
    enrolled: int
    seen: int
    revoked: bool


class Registry:
    """Devices and invitations in the fleet's file."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    def invite(self, device: str, ttl_s: float = TTL_S) -> str:
        """Return a one-time token with which a device may enrol until its time is over; an older one is void.

        Raises:
            InvalidInput: the name has other characters than a-z, 0-9 and -, or the time is not positive.
        """
        if not _NAME.fullmatch(device):
            message = f"{device!r} is no name of a device: use a-z, 0-9 and -, at most 63 characters."
            raise InvalidInput(message, hint="Write it as gateway-1.")
        if not ttl_s > 0:
            raise InvalidInput(f"An invitation of {ttl_s} s is over before it begins.", hint="Give it more time.")
        token = secrets.token_urlsafe(24)
        expires = self._clock.now() + round(ttl_s * 1e6)
        with self._database.writing() as db:
            db.execute("DELETE FROM invitation WHERE device = ? OR expires < ?", (device, self._clock.now()))
            db.execute("INSERT INTO invitation VALUES (?, ?, ?)", (_hash(token), device, expires))
        return token

    def enrol(self, device: str, token: str) -> str:
        """Return the credential of a device in exchange for its token; an earlier credential is void.

        Raises:
            AccessDenied: the token is unknown, used, over, or of another device. The message does not say which.
        """
        credential = secrets.token_urlsafe(32)
        with self._database.writing() as db:
            now = self._clock.now()
            query = "DELETE FROM invitation WHERE token = ? AND device = ? AND expires >= ?"
            if db.execute(query, (_hash(token), device, now)).rowcount != 1:
                message = f"The token does not enrol the device {device[:63]!r}."
                raise AccessDenied(message, hint="Get a new one at the centre: ninefold fleet invite DEVICE.")
            db.execute("INSERT OR REPLACE INTO device VALUES (?, ?, ?, 0, 0)", (device, _hash(credential), now))
        return credential

    def authenticate(self, credential: str) -> str:
        """Return the device that a credential belongs to, and note that it was seen.

        Raises:
            AccessDenied: no device has it, or it was revoked.
        """
        query = "SELECT name, seen FROM device WHERE credential = ? AND revoked = 0"
        row = self._database.connection.execute(query, (_hash(credential),)).fetchone()
        if row is None:
            hint = "Enrol the device again: ninefold fleet invite DEVICE."
            raise AccessDenied("The credential belongs to no enrolled device.", hint=hint)
        now = self._clock.now()
        if now - row[1] > _SEEN_STEP_US:
            with self._database.writing() as db:
                db.execute("UPDATE device SET seen = ? WHERE name = ?", (now, row[0]))
        return str(row[0])

    def revoke(self, device: str) -> None:
        """Refuse a device from now on; what it sent stays.

        Raises:
            NotFound: there is no such device.
        """
        with self._database.writing() as db:
            if db.execute("UPDATE device SET revoked = 1 WHERE name = ?", (device,)).rowcount == 0:
                raise NotFound(f"No device is called {device!r}.", hint="List them: ninefold fleet list.")

    def devices(self) -> list[Device]:
        """Return all devices by name."""
        query = "SELECT name, enrolled, seen, revoked FROM device ORDER BY name"
        rows = self._database.connection.execute(query)
        return [Device(name, enrolled, seen, bool(revoked)) for name, enrolled, seen, revoked in rows]


def _hash(secret: str) -> str:
    """Return what is kept of a secret. It has 192 random bits or more: no salt or slow hash would add anything."""
    return hashlib.sha256(secret.encode()).hexdigest()
