"""One sync at a time on a file: a lock that ends with the process that holds it."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from etl.errors import Stopped, UsageError


@contextmanager
def only_sync(db: Path) -> Iterator[None]:
    """Holds the lock of a mirror; raises Stopped, which names who has it, where it is taken.

    It is the operating system's lock on a file beside the mirror, which no crash leaves behind.
    SQLite's own locks are no help: one is held for a moment, this one from the first page on.
    """
    path = db.with_name(f"{db.name}.lock")
    file = _locked(path, db)
    try:
        os.ftruncate(file, 0)
        os.pwrite(file, f"pid {os.getpid()}, since {datetime.now(UTC):%FT%TZ}".encode(), 0)
        yield
    finally:
        with suppress(OSError):
            path.unlink()
        os.close(file)


def _locked(path: Path, db: Path) -> int:
    """The open lock file; another one than ``path``'s is of no use: its holder took it away."""
    while True:
        try:
            file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise UsageError(f"{path} can't be written: {error.strerror}") from None
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(file, 100, 0).decode(errors="replace") or "just begun"
            os.close(file)
            raise Stopped(f"{db} is being synced by another process ({holder})") from None
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(file), path.stat()):
                return file
        os.close(file)
