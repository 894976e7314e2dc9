"""Which bundles are served: the files of some folders, looked at again and again, each verified before it answers.

What a look finds becomes the catalogue in one step; a request that runs keeps the model that it began with. A file
that does not verify changes nothing: what its path gave before goes on, as long as its signer is trusted and nobody
revoked it.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from ninefold.bundle.verification import Report
from ninefold.kernel.errors import InvalidFile, NinefoldError, NotFound, Problem
from ninefold.kernel.signing import PublicKey, trusted_in
from ninefold.serving.model import Model, open_model

SUFFIX = ".9fb"
MAX_FILES = 256
MAX_LIST = 1 << 20  # bytes of the list of what is revoked
_log = logging.getLogger("ninefold.serving")

Stamp = tuple[int, int, int]  # inode, size, time of change in ns: another file, or another content


class Catalogue(NamedTuple):
    """What is served at one moment; never changed, only replaced."""

    models: Mapping[str, Mapping[str, Model]]  # name -> version -> model, highest version first
    withdrawn: Mapping[str, Mapping[str, str]]  # name -> version -> why it is not served though its file is there
    refused: Mapping[str, str]  # file -> why it is not served

    @property
    def bundles(self) -> list[tuple[str, str, str]]:
        """(name, version, digest) of every model."""
        return [(m.name, m.version, m.digest) for versions in self.models.values() for m in versions.values()]


EMPTY = Catalogue({}, {}, {})


@dataclass
class _Kept:
    """What a path gave: the last model that verified, and why what is there now does not, if so."""

    stamp: Stamp
    model: Model | None = None
    report: Report | None = None
    problem: str = ""


@dataclass
class Shelf:
    """The files behind a catalogue. `look` may run in another thread, one at a time."""

    places: Sequence[Path]  # bundle files, and folders of them
    trusted: Path  # folder of *.pub files
    revoked: Path | None = None  # file with a digest a line: of a payload, or of an approval's record
    _kept: dict[Path, _Kept] = field(default_factory=dict)
    _keys: frozenset[str] = frozenset()
    _seen: object = None

    def changed(self) -> bool:
        """Return whether a file is not what it was at the last look."""
        return self._stamps() != self._seen

    def look(self, *, again: bool = False) -> Catalogue:
        """Return what is to be served now; files that did not change are verified anew only when asked `again`.

        Raises:
            InvalidInput: a trusted key cannot be read.
            InvalidFile: the list of what is revoked cannot be read.
        """
        self._seen = self._stamps()  # first: what changes meanwhile is seen at the next look
        trusted = trusted_in(self.trusted)
        revoked = read_revoked(self.revoked) if self.revoked is not None else {}
        again = again or trusted.keys() != self._keys
        kept: dict[Path, _Kept] = {}
        for path in self._files():
            before = self._kept.get(path)
            stamp = stamp_of(path)
            if stamp is None:
                continue
            if before is not None and before.stamp == stamp and not again:
                kept[path] = before
            else:
                kept[path] = self._open(path, stamp, before, trusted)
        for one in kept.values():  # what goes on after a bad file must still be trusted
            if one.report is not None and not trusted.keys() & set(one.report.signers):
                one.model = one.report = None
        self._kept, self._keys = kept, frozenset(trusted)
        return _arranged(kept, revoked)

    def _open(self, path: Path, stamp: Stamp, before: _Kept | None, trusted: Mapping[str, PublicKey]) -> _Kept:
        try:
            model, report = open_model(path, trusted.values())
        except NinefoldError as error:
            _log.error("%s is not served: %s", path, error)
            old = before or _Kept(stamp)
            return _Kept(stamp, old.model, old.report, str(error))
        if before is not None and before.model is not None and before.model.digest == model.digest:
            if before.model.version == model.version and before.model.name == model.name:
                model = before.model
        else:
            _log.info("%s: %s version %s is served", path, model.name, model.version)
        return _Kept(stamp, model, report)

    def _files(self) -> list[Path]:
        found: list[Path] = []
        for place in self.places:
            found += sorted(place.glob(f"*{SUFFIX}")) if place.is_dir() else [place]
        return list(dict.fromkeys(found))[:MAX_FILES]

    def _stamps(self) -> object:
        keys = sorted(self.trusted.glob("*.pub"))
        others = [*keys, *([self.revoked] if self.revoked is not None else [])]
        return [(p, stamp_of(p)) for p in (*self._files(), *others)]


def stamp_of(path: Path) -> Stamp | None:
    """Return what changes when another file is put there; None when there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return (found.st_ino, found.st_size, found.st_mtime_ns)


def _arranged(kept: Mapping[Path, _Kept], revoked: Mapping[str, str]) -> Catalogue:
    models: dict[str, dict[str, Model]] = {}
    withdrawn: dict[str, dict[str, str]] = {}
    refused: dict[str, str] = {}
    for path, one in kept.items():
        if one.problem:
            refused[str(path)] = one.problem
        model, report = one.model, one.report
        if model is None or report is None:
            continue
        named = {report.payload, report.evidence, *report.approvals, *(d.record for d in report.decisions)}
        other = models.get(model.name, {}).get(model.version)
        if hits := sorted(named & revoked.keys()):
            why = (
                f"{model.name} version {model.version} was revoked{': ' if revoked[hits[0]] else ''}{revoked[hits[0]]}"
            )
            withdrawn.setdefault(model.name, {})[model.version] = refused[str(path)] = f"{why}."
        elif other is not None and other.digest != model.digest:
            refused[str(path)] = f"Another file holds another {model.name} version {model.version}."
        else:
            models.setdefault(model.name, {})[model.version] = model
    ordered = {
        name: dict(sorted(versions.items(), key=lambda v: -int(v[0]))) for name, versions in sorted(models.items())
    }
    return Catalogue(ordered, withdrawn, refused)


def read_revoked(path: Path) -> dict[str, str]:
    """Return what a list revokes: digest -> reason. A line is a digest of 64 hexadecimal digits, then the reason.

    Raises:
        NotFound: there is no such file; without it nobody knows what is revoked.
        InvalidFile: with every line that cannot be read.
    """
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_LIST + 1)
    except OSError as error:
        hint = "Make it, if empty, before the server starts."
        raise NotFound(f"The list of what is revoked {path} cannot be read: {error.strerror}.", hint=hint) from None
    problems, found = [], {}
    if len(data) > MAX_LIST:
        problems.append(Problem(str(path), 0, "", f"It has more than {MAX_LIST} bytes."))
    for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
        digest, _, reason = line.partition("#")[0].strip().partition(" ")
        if not digest:
            continue
        if len(digest) != 64 or set(digest) - set("0123456789abcdef"):
            message = f"Expected a digest of 64 lower-case hexadecimal digits, found {digest[:20]!r}."
            problems.append(Problem(str(path), number, "", message))
        else:
            found[digest] = reason.strip()
    if problems:
        raise InvalidFile(problems)
    return found
