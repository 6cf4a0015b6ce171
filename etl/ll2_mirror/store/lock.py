"""A lock, so that only one sync of a file runs at a time; the end of the process releases it.

Not the library filelock, which does none of these: name the holder, take over a lock file left by
another user's process, leave other files alone, and leave no lock file behind.
"""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from ll2_mirror.errors import Stopped, UsageError
from ll2_mirror.files import writing

_WRITE = os.O_RDWR | os.O_CREAT
_SAFE = os.O_NOFOLLOW | os.O_NONBLOCK


@contextmanager
def only_sync(db: Path) -> Iterator[None]:
    """Holds the lock of a mirror; raises Stopped, which names the holder, if it is taken.

    It is the operating system's lock on a file beside the mirror, so a crash releases it. SQLite's
    own locks don't help: they are held for a moment, this one from the first page on.
    """
    real = db.resolve()  # one lock per file, whatever path names it
    path = real.with_name(f"{real.name}.lock")
    with writing(path):
        file = _locked(path, db)
    try:
        yield
    finally:
        with suppress(OSError):
            path.unlink()
        os.close(file)


def _locked(path: Path, db: Path) -> int:
    """Opens and locks the lock file, and writes the holder into it."""
    while True:
        with ExitStack() as undo:
            file = _open(path)
            undo.callback(os.close, file)
            _lock(file, path, db)
            if _is_effective(file, path):
                if _is_writable(file):
                    holder = f"pid {os.getpid()}, since {datetime.now(UTC):%FT%TZ}\n"
                    os.ftruncate(file, 0)
                    os.pwrite(file, holder.encode(), 0)
                    with suppress(PermissionError):  # another user's, which we may write
                        os.fchmod(file, 0o644)
                undo.pop_all()
                return file


def _open(path: Path) -> int:
    """Opens the lock file, to write or at least to read."""
    # Another user's lock file can often only be read (always, in a folder with the sticky bit);
    # that is enough to lock it. If it disappears meanwhile, the third attempt creates one.
    for way in (_WRITE, os.O_RDONLY):
        with suppress(PermissionError, FileNotFoundError):
            return os.open(path, way | _SAFE, 0o644)
    return os.open(path, _WRITE | _SAFE, 0o644)


def _lock(file: int, path: Path, db: Path) -> None:
    """Locks an open file, if it is one of our lock files."""
    regular = stat.S_ISREG(os.fstat(file).st_mode)
    holder = os.pread(file, 100, 0) if regular else b"something else"
    if holder and not holder.startswith(b"pid "):
        raise UsageError(f"{path} is in the way: it is not a lock file of ll2-mirror")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        who = holder.decode("ascii", "replace").partition("\n")[0] or "just started"
        raise Stopped(f"{db} is being synced by another process ({who})") from None
    except OSError as error:
        raise UsageError(
            f"{path} can't be locked ({error.strerror}): WAL mode needs a local disk"
        ) from None


def _is_effective(file: int, path: Path) -> bool:
    """Whether a locked file still has its name; otherwise others may lock a new file.

    A file left by another user's process is removed, so that the next one is ours; if that isn't
    permitted, the lock on it works, too.
    """
    try:
        if not os.path.samestat(os.fstat(file), path.stat()):
            return False
        if _is_writable(file):
            return True
        path.unlink()
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


def _is_writable(file: int) -> bool:
    return bool(fcntl.fcntl(file, fcntl.F_GETFL) & os.O_RDWR)
