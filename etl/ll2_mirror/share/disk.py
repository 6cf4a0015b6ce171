"""Files that are whole or not there, and what a disk says, in words for people."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import file_digest
from pathlib import Path
from typing import BinaryIO, cast

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


def open_own(path: Path, mode: str) -> BinaryIO:
    """Opens a file of ours to write; raises OSError where somebody has put a link in its place."""

    def opener(name: str, flags: int) -> int:
        return os.open(name, flags | os.O_NOFOLLOW, 0o666)

    return cast("BinaryIO", open(path, mode, opener=opener))


def commit_file(part: Path, final: Path) -> None:
    """Gives a whole file its name, in place of another: no crash leaves anything between them."""
    _flush(part)
    part.replace(final)
    _flush(final.parent)


def _flush(path: Path) -> None:
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
