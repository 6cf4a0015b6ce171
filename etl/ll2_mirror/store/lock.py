"""One sync at a time on a file: a lock that ends with the process that holds it."""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from ll2_mirror.errors import Stopped, UsageError

# Another user's lock file can often only be read, in a folder with the sticky bit whatever its
# rights are; that is enough to lock it. If it goes meanwhile, the first way makes a new one.
_WAYS = (os.O_RDWR | os.O_CREAT, os.O_RDONLY, os.O_RDWR | os.O_CREAT)


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
        if _is_ours(file):
            _sign(file, path)
        yield
    finally:
        with suppress(OSError):
            path.unlink()
        os.close(file)


def _locked(path: Path, db: Path) -> int:
    """The lock file, open and locked."""
    while True:
        with ExitStack() as undo:
            file = _open(path)
            undo.callback(os.close, file)
            _take(file, path, db)
            if _counts(file, path):
                undo.pop_all()
                return file


def _open(path: Path) -> int:
    """The lock file, open to write or at least to read."""
    reason: str | None = None
    for flags in _WAYS:
        try:
            return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK, 0o644)
        except (PermissionError, FileNotFoundError) as error:
            reason = error.strerror
        except OSError as error:
            raise UsageError(f"{path} can't be written: {error.strerror}") from None
    raise UsageError(f"{path} can't be written: {reason}")


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


def _counts(file: int, path: Path) -> bool:
    """Whether a locked file keeps others out: one that no longer has the name doesn't.

    What another user's process left behind is taken away, so that the next is ours; where that is
    forbidden, its lock is as good.
    """
    with suppress(FileNotFoundError):
        if os.path.samestat(os.fstat(file), path.stat()):
            return _is_ours(file) or not _removed(path)
    return False


def _is_ours(file: int) -> bool:
    """Whether a lock file is open to write."""
    return bool(fcntl.fcntl(file, fcntl.F_GETFL) & os.O_RDWR)


def _removed(path: Path) -> bool:
    """Whether a lock file that nobody holds could be taken away."""
    try:
        path.unlink()
    except OSError:
        return False
    return True


def _sign(file: int, path: Path) -> None:
    """Says in the lock file who holds it, for all to read."""
    who = f"pid {os.getpid()}, since {datetime.now(UTC):%FT%TZ}\n"
    try:
        os.ftruncate(file, 0)
        os.pwrite(file, who.encode(), 0)
    except OSError as error:
        raise UsageError(f"{path} can't be written: {error.strerror}") from None
    with suppress(PermissionError):  # another's, which we may write
        os.fchmod(file, 0o644)
