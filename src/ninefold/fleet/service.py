"""The centre's side of the edge as plain calls: what the server, the workbench and the commands share. No HTTP here."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, Self

import msgspec

from ninefold.fleet import segments
from ninefold.fleet.database import Database
from ninefold.fleet.inbox import Inbox
from ninefold.fleet.registry import Device, Registry
from ninefold.fleet.waiting import Noted, note, waiting_of
from ninefold.kernel.blobs import Blobs
from ninefold.kernel.clock import Clock, SystemClock
from ninefold.kernel.errors import Refused
from ninefold.kernel.ingest import ingest
from ninefold.kernel.parcel import Head, Parcel, Receipt
from ninefold.kernel.records import Record
from ninefold.kernel.sqlite import SqliteStore
from ninefold.vocabulary.desired import Desired, DesiredDocument, Published, Reported, reference_of
from ninefold.vocabulary.policy import Policy

PolicyOf = Callable[[SqliteStore, str], Policy]  # of a device; called in the service's thread


class DeviceState(NamedTuple):
    """What the centre knows of a device."""

    name: str
    enrolled: int
    seen: int
    revoked: bool
    desired: DesiredDocument | None
    reported: Reported | None
    settled: bool  # its last report says that it runs what is desired


class FleetService:
    """Enrolment, receipt, desired and reported state, downloads. One object belongs to one thread."""

    def __init__(
        self, folder: Path, clock: Clock | None = None, policy: PolicyOf | None = None, store: SqliteStore | None = None
    ) -> None:
        """Open the store, the blobs and the fleet's file of a project's folder `.ninefold`.

        `policy` gives what a device is told about watching; without it none is told. A `store` that is given stays
        open. The clock is the centre's own, also where the project's is a simulated plant's: by it parcels are received
        and sealed, and whoever invites and whoever enrols agree on the time.

        Raises:
            StoreError: one of them cannot be used.
        """
        self.clock = clock or SystemClock()
        self._policy = policy
        self._borrowed = store is not None
        self.store = SqliteStore(folder / "store.db") if store is None else store
        self.blobs = Blobs(folder / "blobs")
        self.database = Database(folder / "fleet.db")
        self.registry = Registry(self.database, self.clock)
        self.inbox = Inbox(self.database, self.clock)

    def close(self) -> None:
        """Close the files."""
        self.database.close()
        if not self._borrowed:
            self.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def receive(self, device: str, parcel: Parcel) -> Receipt:
        """Take a parcel and return what is safe at the centre now, after the commit.

        Raises:
            Refused: the origin belongs to another device.
        """
        heads, problems = self.inbox.accept(device, parcel, lambda o, e: ingest(self.store, o, e))
        self._witness(device, parcel, heads.get("alarm"))
        if parcel.waiting is not None:
            note(self.database, device, parcel.waiting, self.clock.now())
        tail = self.store.tails().get(self.store.origin)
        head = None if tail is None else Head(self.store.origin, *tail)
        document = self.desired(device)
        acknowledged = {lane: h.sequence for lane, h in heads.items()}
        return Receipt(acknowledged, head, document.content if document else "", problems,
                       self.policy(device))  # fmt: skip

    def policy(self, device: str) -> Policy | None:
        """Return what a device is told about watching; None when this centre tells none."""
        return None if self._policy is None else self._policy(self.store, device)

    def _witness(self, device: str, parcel: Parcel, head: Head | None) -> None:
        known = self.store.tails().get(parcel.origin)
        if head is not None and known == (head.sequence, head.hash):
            self.store.witness(parcel.origin, self.store.origin, *known)
        seen = parcel.seen
        if seen is not None and seen.origin == self.store.origin and seen.sequence > 0:
            self.store.witness(self.store.origin, device, seen.sequence, seen.hash)

    def desired(self, device: str) -> DesiredDocument | None:
        """Return what a device is to run; None when no rollout names it."""
        value = self.store.reference(reference_of(f"edge:{device}"))
        if value is None:
            return None
        published = msgspec.json.decode(value, type=Published)
        record = self.store.get(published.record)
        desired = record.body(Desired)
        ref = msgspec.structs.replace(desired.bundle, file=published.file, size=published.size)
        desired = msgspec.structs.replace(desired, bundle=ref)
        return DesiredDocument(record.id, record.content, desired, published.key)

    def bundle(self, device: str, digest: str) -> Path:
        """Return the bundle file with a digest, when it is the one that a device is to run.

        Raises:
            Refused: it is not what this device is to run.
            NotFound: the blob is not here.
        """
        document = self.desired(device)
        if document is None or document.desired.bundle.file != digest:
            raise Refused(f"The bundle {digest[:12]} is not what {device} is to run.")
        return self.blobs.get(digest)

    def reported(self, device: str) -> Record | None:
        """Return the device's last report."""
        return self.store.reported(f"edge:{device}")

    def waiting(self, device: str) -> Noted | None:
        """Return how full a device's queue was when it last sent; None when it never said."""
        return waiting_of(self.database, device)

    def devices(self) -> list[DeviceState]:
        """Return what the centre knows of every device, by name."""
        return [self.state_of(device) for device in self.registry.devices()]

    def state_of(self, device: Device) -> DeviceState:
        """Return what the centre knows of one device."""
        document = self.desired(device.name)
        record = self.reported(device.name)
        body = record.body(Reported) if record else None
        settled = bool(document and body and body.desired == document.key and body.stage == "active")
        return DeviceState(*device, document, body, settled)

    def seal(self, *, all_of_it: bool = False) -> list[str]:
        """Seal what is old or large enough into segments, or all of it, and return the record ids."""
        return segments.seal(self.inbox, self.store, self.blobs, self.clock, all_of_it=all_of_it)
