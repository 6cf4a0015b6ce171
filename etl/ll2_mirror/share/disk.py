"""Files that are whole or not there, and what a disk says, in words for people."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from hashlib import file_digest
from pathlib import Path
from threading import Thread

from ll2_mirror.errors import Stopped, UsageError
from ll2_mirror.files import NO_ROOM

CHUNK = 256 * 1024  # bytes that are read at once
_BESIDE = ("", "-wal", "-shm", "-journal")  # what SQLite has of a file


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Raises Stopped where there is no room for a file, UsageError where it can't be written."""
    try:
        yield
    except OSError as error:
        if error.errno in NO_ROOM:
            told = f"{path}: the disk is full: make room and run the same command again"
            raise Stopped(told) from None
        raise UsageError(f"{error.filename or path}: {error.strerror}") from None


def settled(part: Path, folder: Path, name: Callable[[str], str]) -> tuple[str, int, str]:
    """Gives a whole file its name, in place of another; gives that, its size and its digest.

    The digest may make the name. No crash leaves anything between the file and the one before.
    """
    digests: list[str] = []
    reading = Thread(target=_read, args=(part, digests))
    reading.start()
    _keep(part)  # meanwhile the disk is at work
    reading.join()
    size, digest = part.stat().st_size, digests[0] if digests else sha256(part)
    part.replace(folder / name(digest))
    _keep(folder)
    return name(digest), size, digest


def _read(path: Path, digests: list[str]) -> None:
    """Adds the digest of a file; none where it can't be read, which the caller will meet."""
    with suppress(OSError):
        digests.append(sha256(path))


def _keep(path: Path) -> None:
    """Has the disk keep a file, or the names in a folder."""
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def sha256(path: Path) -> str:
    """The digest of a file, in hexadecimal."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def discard(path: Path) -> None:
    """Takes away a database that nobody has open, with what SQLite has beside it."""
    for suffix in _BESIDE:
        path.with_name(path.name + suffix).unlink(missing_ok=True)
