"""A small milling cell for tests of the whole chain: the example's files, 45 days of history, one trainer, wide bounds."""

import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ninefold.cli.compose import Composer
from ninefold.development.validation.signing_off import Desk, approve
from ninefold.fleet.service import FleetService
from ninefold.kernel.canonical import sha256
from ninefold.kernel.parcel import GENESIS, Entry, Parcel, link, write_record
from ninefold.kernel.people import People
from ninefold.kernel.plan import Plan
from ninefold.kernel.progress import Cancel
from ninefold.kernel.project import STATE
from ninefold.kernel.records import Draft, Input, encode, head_of
from ninefold.kernel.signing import SigningKey
from ninefold.lifecycle.update import Outcome, bring_up_to_date
from ninefold.operations.deployment.publishing import publish
from ninefold.simulation.history import write_history
from ninefold.surface.session import Session
from ninefold.vocabulary.desired import REPORTED, Reported, State

EXAMPLE = Path(__file__).parents[1] / "examples" / "milling-cell"
MODEL = "tool-failure"
REQUIREMENT = "requirements/REQ-tool-failure-warning.md"
DAYS = 45
# What 45 days and a linear model can show: a quarter of about 130 failures is the test.
LOOSENED = {
    REQUIREMENT: {
        r"method: wilson, level: 0.95": "method: wilson, level: 0.6", r"min_samples: \d+": "min_samples: 20",
        r'op: "<=", value: 2\}': 'op: "<=", value: 6}',
    },
    "models/tool-failure.yaml": {r"trainers: .*": "trainers: [linear]", r"cpu: \d+ s": "cpu: 90 s"},
    "use-cases/UC-tool-failure.md": {r"history: 180 d": "history: 40 d"},
}  # fmt: skip


def copy_example(root: Path, changes: Mapping[str, Mapping[str, str]] = LOOSENED) -> None:
    """Copy the example's files and change them: file -> {pattern: its replacement}; each must be found."""
    shutil.copytree(EXAMPLE, root, ignore=shutil.ignore_patterns("*.py", "__pycache__", ".ninefold", "data"))
    for file, pairs in changes.items():
        text = (root / file).read_text(encoding="utf-8")
        for pattern, new in pairs.items():
            text, found = re.subn(pattern, new, text)
            assert found, f"{file} does not hold {pattern!r}"
        (root / file).write_text(text, encoding="utf-8")


def edit(root: Path, file: str, old: str, new: str) -> None:
    """Replace a text that must be there."""
    path = root / file
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{file} does not hold {old!r}"
    path.write_text(text.replace(old, new), encoding="utf-8")


def derive(root: Path) -> None:
    """Make the project and bring it up to the verdicts and the bundle; nobody has signed, and nothing serves the cell."""
    copy_example(root)
    write_history(root / "data", days=DAYS)
    with opened(root) as composer:
        outcome = run(composer)
        assert not outcome.failed, outcome.failed


def release(root: Path) -> None:
    """Sign what `derive` made and let both gateways run it. The live connection is left out: nothing serves it."""
    (root / "connections" / "cell.yaml").unlink()
    with opened(root) as composer:
        assert not run(composer).failed
        key = sign(composer.session)
        (root / "keys").mkdir()
        key.public.write(root / "keys" / "engineer.pub")
        assert not run(composer, "rollout:*").failed
        publish(composer.session.status(), composer.session.store, composer.session.blobs, "cell-gateways", key)
        for name in ("gateway-1", "gateway-2"):
            report_active(composer, Device(name))


@contextmanager
def opened(root: Path) -> Iterator[Composer]:
    """Open a project as the command line does."""
    composer = Composer(str(root), quiet=True)
    try:
        yield composer
    finally:
        composer.session.store.close()


def run(composer: Composer, *patterns: str) -> Outcome:
    """Do what `ninefold run` does."""
    return bring_up_to_date(composer.session, composer.steps, patterns, cancel=Cancel(), actor=composer.actor)


def sign(session: Session) -> SigningKey:
    """Let a new approver sign the model as it stands, and return their key."""
    key = SigningKey.new()
    People(session.store).add("Erika Beispiel", "", key.public, ("approver",))
    approve(Desk(session.status(), session.view(), session.store, session.clock.now()), MODEL, key, "It is shown.")
    return key


class Device:
    """A gateway's chain of records, as its agent makes it; `send` is its uplink."""

    def __init__(self, name: str, storage: str = "a1") -> None:
        self.name, self.origin = name, f"{name}-{storage}"
        self._sequence, self._hash = 0, GENESIS

    def note(self, kind: str, body: object, time: int, inputs: tuple[Input, ...] = (), key: str = "") -> Entry:
        """Add a record to the chain and return it as it travels."""
        draft = Draft(kind, encode(kind, body), "agent@1", f"device:{self.name}", time, inputs, key=key)
        self._sequence += 1
        head = head_of(draft, inputs, self.origin, self._sequence)
        digest, previous = sha256(head), self._hash
        self._hash = link(previous, digest)
        payload = write_record(head, draft.data)
        return Entry("alarm", self._sequence, self._sequence, previous, digest, self._hash, 0, time, time, payload)

    def reports(self, desired: str, stage: State, time: int) -> Entry:
        """Say what the device runs."""
        return self.note(REPORTED, Reported(f"edge:{self.name}", desired, stage), time)

    def send(self, composer: Composer, *entries: Entry) -> dict[str, str]:
        """Hand entries to the centre and return what it refused, by lane."""
        with FleetService(composer.root / STATE) as service:
            return dict(service.receive(self.name, Parcel(self.origin, entries)).problems)


def report_active(composer: Composer, device: Device) -> None:
    """Let a device say that it runs what it is to run."""
    [wanted] = [s for n, s in composer.session.status().statuses.items() if n.endswith(f"/{device.name}")]
    assert wanted.key, wanted.reason
    assert not device.send(composer, device.reports(wanted.key, "active", composer.clock.now()))


def states(plan: Plan) -> dict[str, str]:
    """Return the state of every task."""
    return {name: found.state for name, found in plan.statuses.items()}


def touched(before: Mapping[str, str], after: Mapping[str, str]) -> set[str]:
    """Return the tasks that stand otherwise than before; the tasks themselves must be the same."""
    assert before.keys() == after.keys()
    return {name for name in before if before[name] != after[name]}
