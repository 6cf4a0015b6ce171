"""One sync at a time on a file: a lock that ends with the process that holds it."""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from ll2_mirror.errors import Stopped, UsageError


@contextmanager
def only_sync(db: Path) -> Iterator[None]:
    """Holds the lock of a mirror; raises Stopped, which names who has it, where it is taken.

    It is the operating system's lock on a file beside the mirror, which no crash leaves behind.
    SQLite's own locks are no help: one is held for a moment, this one from the first page on.
    """
    real = db.resolve()  # one lock for a file, by whatever name it is called
    path = real.with_name(f"{real.name}.lock")
    file = _locked(path, db)
    try:
        try:
            os.ftruncate(file, 0)
            os.pwrite(file, f"pid {os.getpid()}, since {datetime.now(UTC):%FT%TZ}\n".encode(), 0)
        except OSError as error:
            raise UsageError(f"{path} can't be written: {error.strerror}") from None
        yield
    finally:
        with suppress(OSError):
            path.unlink()
        os.close(file)


def _locked(path: Path, db: Path) -> int:
    """The open lock file; another one than ``path``'s is of no use: its holder took it away."""
    while True:
        try:
            file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK, 0o644)
        except OSError as error:
            raise UsageError(f"{path} can't be written: {error.strerror}") from None
        try:
            _take(file, path, db)
        except BaseException:
            os.close(file)
            raise
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(file), path.stat()):
                return file
        os.close(file)


def _take(file: int, path: Path, db: Path) -> None:
    """Locks an open lock file, if it is one of ours."""
    regular = stat.S_ISREG(os.fstat(file).st_mode)
    holder = os.pread(file, 100, 0) if regular else b"something else"
    if holder and not holder.startswith(b"pid "):
        raise UsageError(f"{path} is in the way: it is no lock of ll2-mirror's")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        who = holder.decode("ascii", "replace").partition("\n")[0] or "just begun"
        raise Stopped(f"{db} is being synced by another process ({who})") from None
    except OSError as error:
        raise UsageError(f"{path} can't be locked: {error.strerror}") from None
