"""Large contents by digest in a folder: written once, read-only; a crash leaves garbage, never a half result."""

import errno
import hashlib
import os
import shutil
import tempfile
from pathlib import Path

from ninefold.kernel.errors import NotFound, StoreError, VerificationError


class Blobs:
    """A folder of contents named by their sha256."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, data: bytes) -> str:
        """Keep bytes and return their digest.

        Raises:
            StoreError: the disk is full or the folder cannot be written.
        """
        digest = hashlib.sha256(data).hexdigest()
        if not self.path(digest).exists():
            with self._temporary() as temporary:
                temporary.write_bytes(data)
                self._settle(temporary, digest)
        return digest

    def put_file(self, source: Path) -> str:
        """Keep a copy of a file and return its digest.

        Raises:
            StoreError: the disk is full or the folder cannot be written.
        """
        digest = digest_of(source)
        if not self.path(digest).exists():
            with self._temporary() as temporary:
                shutil.copyfile(source, temporary)
                if digest_of(temporary) != digest:
                    raise StoreError(f"{source} changed while it was copied.", hint="Stop its writer, then repeat.")
                self._settle(temporary, digest)
        return digest

    def path(self, digest: str) -> Path:
        """Return where a content lies, or would lie."""
        return self.folder / digest[:2] / digest[2:]

    def get(self, digest: str) -> Path:
        """Return the file of a content.

        Raises:
            NotFound: it is not here.
        """
        path = self.path(digest)
        if not path.exists():
            raise NotFound(
                f"The blob {digest[:12]} is not here.", hint="Run its step again with: ninefold run --again."
            )
        return path

    def read(self, digest: str) -> bytes:
        """Return the bytes of a content, checked against the digest.

        Raises:
            NotFound: it is not here.
            VerificationError: the file was altered.
        """
        data = self.get(digest).read_bytes()
        if hashlib.sha256(data).hexdigest() != digest:
            message = f"The blob {digest[:12]} was altered on disk."
            raise VerificationError(message, hint="Restore it from a copy, or run its step again.")
        return data

    def _temporary(self) -> "_Temporary":
        return _Temporary(self.folder)

    def _settle(self, temporary: Path, digest: str) -> None:
        path = self.path(digest)
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("rb") as stream:
            os.fsync(stream.fileno())
        temporary.chmod(0o444)
        temporary.replace(path)


class _Temporary:
    """A file beside the blobs that is gone afterwards unless it was settled; maps a full disk to an error of ours."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path: Path | None = None

    def __enter__(self) -> Path:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(prefix=".new-", dir=self.folder)
        except OSError as error:
            raise _mapped(error, self.folder) from error
        os.close(handle)
        self.path = Path(name)
        return self.path

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if self.path is not None:
            self.path.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise _mapped(error, self.folder) from error


def _mapped(error: OSError, folder: Path) -> StoreError:
    if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        return StoreError(
            f"The disk that holds {folder} is full; nothing was written.", hint="Free space, then repeat."
        )
    return StoreError(f"The folder {folder} cannot be written: {error.strerror}.", hint="Check its permissions.")


def digest_of(path: Path) -> str:
    """Return the sha256 of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
