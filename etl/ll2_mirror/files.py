"""Files: those shipped with the package, and those written completely or not at all."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import file_digest
from pathlib import Path
from typing import BinaryIO, cast

from ll2_mirror.errors import Stopped, UsageError

CHUNK = 256 * 1024  # bytes read at a time
# The system's errors if there is no room for a file.
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_BESIDE = ("", "-wal", "-shm", "-journal")  # the files that SQLite makes for a database
_PACKAGE = Path(__file__).resolve().parent


def shipped(name: str) -> Path:
    """The path of a file that is part of the program, such as ``schema.sql``.

    In a wheel it is inside the package, see pyproject.toml; in a clone, at the top.
    """
    inside = _PACKAGE / name
    return inside if inside.exists() else _PACKAGE.parents[1] / name


def printable(name: str) -> str:
    """A file's name as printable text: bytes that aren't UTF-8 become question marks."""
    return name.encode(errors="replace").decode()


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Raises Stopped if there is no room for a file, UsageError if it can't be written."""
    try:
        yield
    except OSError as error:
        if error.errno in NO_ROOM:
            full = f"{path}: the disk is full: make room and run the same command again"
            raise Stopped(full) from None
        where = error.filename or path
        raise UsageError(f"{where} can't be written: {error.strerror}") from None


def open_own(path: Path, mode: str) -> BinaryIO:
    """Opens one of our files to write; raises OSError if a link is in its place."""

    def opener(name: str, flags: int) -> int:
        return os.open(name, flags | os.O_NOFOLLOW, 0o666)

    return cast("BinaryIO", open(path, mode, opener=opener))


def commit_file(part: Path, final: Path) -> None:
    """Renames a complete file to its final name, replacing another atomically."""
    _flush(part)
    part.replace(final)
    _flush(final.parent)


def _flush(path: Path) -> None:
    """Flushes a file, or the names in a folder, to the disk."""
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
    """Removes a database that isn't open, with SQLite's files beside it."""
    for suffix in _BESIDE:
        path.with_name(path.name + suffix).unlink(missing_ok=True)
