"""Bytes exactly as received, named by their SHA-256: `blobs/ab/cdef…`."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import tempfile
import time
from pathlib import Path

from casebook.errors import BlobDamaged, BlobMissing, CasebookError

_SHA256 = re.compile(r"[0-9a-f]{64}")
_INCOMING = "incoming-"


class Blobs:
    """A folder of blobs. Several processes may write to it at once: equal bytes meet under one name."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, sha256: str) -> Path:
        """Return where the blob of that name lies or would lie. ValueError: not a lower-case SHA-256."""
        if not _SHA256.fullmatch(sha256):
            raise ValueError(f"not a lower-case hexadecimal SHA-256: {sha256!r}")
        return self.root / sha256[:2] / sha256[2:]

    def __contains__(self, sha256: str) -> bool:
        return self.path(sha256).is_file()

    def put(self, data: bytes) -> str:
        """Store the bytes and return their name.

        The file appears whole or not at all. Bytes already there are not written again, unless their file was cut
        short or damaged. CasebookError: the disk is full or the folder cannot be written.
        """
        sha256 = hashlib.sha256(data).hexdigest()
        path = self.path(sha256)
        try:
            if not (path.is_file() and path.read_bytes() == data):
                path.parent.mkdir(parents=True, exist_ok=True)
                _write_whole(path, data)
        except OSError as error:
            raise _explained(error, self.root) from error
        return sha256

    def get(self, sha256: str) -> bytes:
        """Return the bytes of that name. BlobMissing, BlobDamaged: they are gone, or no longer hash to their name."""
        path = self.path(sha256)
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            raise BlobMissing(
                f"The blob {path} is missing.", remedy="Restore the blobs folder from a backup, or scan again."
            ) from None
        if hashlib.sha256(data).hexdigest() != sha256:
            raise BlobDamaged(
                f"The blob {path} is damaged: its bytes are not those its name promises.",
                remedy="Restore this file from a backup, or delete it and scan again.",
            )
        return data

    def sweep(self, older_than_seconds: float) -> int:
        """Delete what killed writers left half written, where it is older than that; return how many files."""
        limit = time.time() - older_than_seconds
        stale = [path for path in self.root.glob(f"*/{_INCOMING}*") if path.stat().st_mtime < limit]
        for path in stale:
            path.unlink(missing_ok=True)
        return len(stale)


def _write_whole(path: Path, data: bytes) -> None:
    handle, name = tempfile.mkstemp(prefix=_INCOMING, dir=path.parent)
    incoming = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        incoming.replace(path)
    except BaseException:
        incoming.unlink(missing_ok=True)
        raise


def _explained(error: OSError, root: Path) -> CasebookError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return CasebookError(
            f"The disk is full: {root} takes no more files.",
            remedy="Free some space and run the command again; what is stored already stays.",
        )
    return CasebookError(
        f"The blob folder {root} cannot be written: {error.strerror}.",
        remedy="Check that it is a folder and that you may write to it.",
    )
