"""The one tree of errors. Recovery depends on the class; the message says what happened, to what, and what to do next.

NinefoldError
├── InvalidFile         a file that a person wrote cannot be used; carries every problem found in it
├── InvalidInput        data or an argument from outside breaks its declared bounds
├── NotFound            a name that is asked for does not exist
├── Conflict            somebody else changed the same thing first; read again and repeat
│   └── EditConflict    a file changed since it was read; carries the difference
├── Refused             a rule of the product forbids it (gate, consent, policy)
├── StoreError          a file that keeps evidence or what waits to be sent cannot be used
│   ├── DiskFull        its disk is full or failing; nothing was written
│   ├── StoreLocked     another process holds it longer than the deadline
│   └── StoreTooOld     its schema is older (or newer) than this version reads
├── VerificationError   evidence does not verify: digest, signature, chain, version
├── ConnectorError      a machine's protocol failed
│   ├── Unreachable     nobody answers at the endpoint
│   ├── AccessDenied    the other side refuses certificate, user or policy
│   ├── TagNotFound     the address does not exist there
│   └── DeadlineExceeded
├── MissingDependency   an optional package is not installed; names the extra
├── BudgetExceeded      work was ended at its CPU, wall or memory budget
└── Cancelled           a person or a signal ended the work
"""

from collections.abc import Sequence
from dataclasses import dataclass


class NinefoldError(Exception):
    """Base of everything that ninefold raises on purpose.

    `hint` begins with a verb and says what to do next; surfaces print it below the message.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".rstrip()


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in a file: where it stands, what was found and expected, and a guess at the fix."""

    file: str
    line: int  # 1-based; 0 when the whole file is meant
    field: str  # dotted path inside the file, "" when the whole file is meant
    message: str
    hint: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        field = f" {self.field}:" if self.field else ""
        return f"{place}:{field} {self.message}{' ' + self.hint if self.hint else ''}"


class InvalidFile(NinefoldError):
    """A file that a person wrote cannot be used. All problems are reported together."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(p) for p in self.problems))


class InvalidInput(NinefoldError):
    """Data or an argument from outside breaks its declared bounds."""


class NotFound(NinefoldError):
    """A name that is asked for does not exist."""


class Conflict(NinefoldError):
    """Somebody else changed the same thing first; read again and repeat."""


class EditConflict(Conflict):
    """A file changed since it was read. `diff` leads from what it holds now to what was to be saved."""

    def __init__(self, file: str, diff: str, etag: str) -> None:
        self.file, self.diff, self.etag = file, diff, etag
        what = "has been changed since it was read" if etag else "has been removed since it was read"
        super().__init__(f"{file} {what}.", hint="Look at the difference, and save again on top of it.")


class Refused(NinefoldError):
    """A rule of the product forbids it: a closed gate, missing consent, a policy."""


class StoreError(NinefoldError):
    """A file that keeps evidence, or what waits to be sent, cannot be used."""


class DiskFull(StoreError):
    """The disk that holds the file is full or failing; nothing was written."""


class StoreLocked(StoreError):
    """Another process holds the store longer than the deadline."""


class StoreTooOld(StoreError):
    """The store's schema is not the one that this version reads."""


class VerificationError(NinefoldError):
    """Evidence does not verify: a digest, a signature, a chain or a version."""


class ConnectorError(NinefoldError):
    """A machine's protocol failed."""


class Unreachable(ConnectorError):
    """Nobody answers at the endpoint."""


class AccessDenied(ConnectorError):
    """The other side refuses the certificate, the user or the security policy."""


class TagNotFound(ConnectorError):
    """The address does not exist on the other side."""


class DeadlineExceeded(ConnectorError):
    """The other side did not answer in time."""


class MissingDependency(NinefoldError):
    """An optional package is not installed."""

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        hint = f"Install it: pip install 'ninefold[{extra}]'."
        super().__init__(f"{purpose} needs the package {package}.", hint=hint)


class BudgetExceeded(NinefoldError):
    """Work was ended at its CPU, wall or memory budget."""


class Cancelled(NinefoldError):
    """A person or a signal ended the work."""
