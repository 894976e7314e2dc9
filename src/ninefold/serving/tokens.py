"""API tokens: who may ask. A file holds a name and the sha256 of each token, never a token.

One line a token: `NAME SHA256`, `#` begins a remark. A token has 256 random bits, so a plain hash is enough.
"""

import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Mapping
from pathlib import Path

from ninefold.kernel.errors import Conflict, InvalidFile, InvalidInput, NotFound, Problem, Refused

MAX_FILE = 64 << 10
MAX_TOKENS = 100  # each request is held against all of them
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_HEADER = re.compile(rb"[Bb]earer +([\x21-\x7e]{20,200})")


class Tokens:
    """The tokens of a file at one moment."""

    def __init__(self, digests: Mapping[str, bytes]) -> None:
        """Take sha256 digests by name."""
        self.names = tuple(digests)
        self._digests = tuple(digests.values())

    def allow(self, header: bytes) -> bool:
        """Return whether an `Authorization` header carries one of the tokens.

        It is held against every token, whichever fits: the time does not tell which one was near.
        """
        match = _HEADER.fullmatch(header)
        if match is None:
            return False
        found = hashlib.sha256(match[1]).digest()
        fits = False
        for digest in self._digests:
            fits |= hmac.compare_digest(found, digest)
        return fits


def read_tokens(path: Path) -> Tokens:
    """Return the tokens of a file.

    Raises:
        NotFound: there is no such file.
        Refused: others may write to it.
        InvalidFile: with every line that cannot be read.
    """
    problems: list[Problem] = []
    digests: dict[str, bytes] = {}
    for number, line in enumerate(_lines(path), 1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        if len(words) != 2 or not _NAME.fullmatch(words[0]) or not _DIGEST.fullmatch(words[1]):
            message = "A line is a name (a-z, 0-9, -) and 64 lower-case hexadecimal digits."
            problems.append(Problem(str(path), number, "", message, "Make one with: ninefold inference token NAME."))
        elif words[0] in digests:
            problems.append(Problem(str(path), number, "", f"The name {words[0]} stands here twice."))
        else:
            digests[words[0]] = bytes.fromhex(words[1])
    if not problems and not 1 <= len(digests) <= MAX_TOKENS:
        problems.append(Problem(str(path), 0, "", f"It holds {len(digests)} tokens; 1 to {MAX_TOKENS} are expected."))
    if problems:
        raise InvalidFile(problems)
    return Tokens(digests)


def add_token(path: Path, name: str) -> str:
    """Return a new token under a name; the file, made with mode 0600 if need be, gets its hash.

    Raises:
        InvalidInput: the name has other characters than a-z, 0-9 and -.
        Conflict: the name is there already.
    """
    if not _NAME.fullmatch(name):
        message = f"{name!r} is no name of a token: use a-z, 0-9 and -, at most 63 characters."
        raise InvalidInput(message, hint="Write it as line-3.")
    kept = ""
    if path.exists():
        if name in read_tokens(path).names:
            raise Conflict(f"A token is called {name} already.", hint="Delete its line, or name another.")
        kept = path.read_text(encoding="utf-8")
    token = secrets.token_urlsafe(32)
    line = f"{name} {hashlib.sha256(token.encode()).hexdigest()}\n"
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(kept + ("" if not kept or kept.endswith("\n") else "\n") + line)
    temporary.replace(path)  # a server that reads it meanwhile sees the old or the new file
    return token


def _lines(path: Path) -> list[str]:
    try:
        mode = path.stat().st_mode
        with path.open("rb") as stream:
            data = stream.read(MAX_FILE + 1)
    except OSError as error:
        hint = "Make one with: ninefold inference token NAME --tokens FILE."
        raise NotFound(f"The file of tokens {path} cannot be read: {error.strerror}.", hint=hint) from None
    if mode & 0o022:
        raise Refused(f"The file of tokens {path} can be written by others.", hint=f"Run: chmod 600 {path}.")
    if len(data) > MAX_FILE:
        raise InvalidInput(f"The file of tokens {path} has more than {MAX_FILE} bytes.")
    return data.decode("utf-8", "replace").splitlines()
