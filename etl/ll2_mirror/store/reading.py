"""Reads a file while others may write to it, or put another in its place.

SQLite lets a reader see one state, and never a mixture, through files beside the mirror: the
write-ahead log and its index, which each reader in WAL mode must find or make. Who may do neither
(the mount is read-only, the folder another's) can only tell SQLite that the file never changes:
"immutable". Whether that is so is then not SQLite's business, but ``Reading.is_current``'s. See
https://sqlite.org/wal.html#readonly.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import NamedTuple, TypeVar
from weakref import WeakSet

from ll2_mirror.errors import MirrorError, Stopped, TooLong, UsageError

BUSY_SECONDS = 5.0
READ_SECONDS = 10.0  # that a response may take: those of the largest mirrors take a tenth of one
_TRIES = 5  # at a file that changes while it is read
_STEPS = 10_000  # of SQLite's machine between two looks at the clock: less than a millisecond
# How SQLite says that it neither finds nor may make what readers share.
_ALONE = ("SQLITE_CANTOPEN", "SQLITE_READONLY_DIRECTORY", "SQLITE_READONLY_CANTINIT")

Version = tuple[int, int]  # of what a connection reads: the same for one state of a file
T = TypeVar("T")
_numbers = count()


class FileIdentity(NamedTuple):
    """What a file is known by; ``state`` moves with its content, and is only told where asked."""

    file: tuple[int, int]
    state: tuple[int, ...] = ()


def _identity(path: Path, *, frozen: bool = False) -> FileIdentity:
    about = path.stat()
    state = (about.st_size, about.st_mtime_ns, about.st_ctime_ns) if frozen else ()
    return FileIdentity((about.st_dev, about.st_ino), state)


class Reading(sqlite3.Connection):
    """A connection that reads a file; it may go from thread to thread.

    ``is_frozen``: through it, nothing is seen of what others write. ``waits``: it may have to wait
    for a writer.
    """

    path: Path
    is_frozen: bool
    waits: bool
    _number: int  # of all that were opened
    _real: Path  # where links lead
    _was: FileIdentity
    _log: FileIdentity | None = None

    def begin(self, path: Path, real: Path, was: FileIdentity) -> None:
        """Reads what the file is; ``was``: as it was seen before."""
        self.path, self._real, self._was = path, real, was
        self._number = next(_numbers)
        self.is_frozen = bool(was.state)
        mode = self.execute("PRAGMA journal_mode").fetchone()[0]
        self.execute("PRAGMA schema_version").fetchone()
        self.waits = not self.is_frozen and mode != "wal"
        with suppress(OSError):
            self._log = _identity(_beside(real, "-wal"))

    @property
    def version(self) -> Version:
        """What differs by connection, and moves with each commit of others.

        See https://sqlite.org/pragma.html#pragma_data_version.
        """
        return self._number, self.execute("PRAGMA data_version").fetchone()[0]

    def is_current(self) -> bool:
        """Whether the path leads to what was opened; a frozen file must be as it was then."""
        try:
            same = _identity(self.path, frozen=self.is_frozen) == self._was
        except OSError:
            return False
        return same and not (self.is_frozen and log_of(self._real))

    def check_log(self) -> None:
        """Raises UsageError where the file was replaced, but its log was not: it damages another.

        SQLite takes the log beside a file for that file's.
        """
        with suppress(OSError):
            log = _beside(self.path.resolve(), "-wal")
            replaced = _identity(self.path).file != self._was.file
            if replaced and _identity(log) == self._log and log.stat().st_size:
                raise UsageError(
                    f"{log.name} is the log of a file that was replaced by another: end all that"
                    " has it open, then remove it"
                )


def _beside(real: Path, end: str) -> Path:
    return real.with_name(f"{real.name}{end}")


def log_of(real: Path) -> Path | None:
    """The log that holds changes which the file itself hasn't; None: there is none."""
    logs = (_beside(real, end) for end in ("-wal", "-journal"))
    return next((log for log in logs if log.exists() and log.stat().st_size), None)


def reading(path: Path, timeout: float = BUSY_SECONDS) -> Reading:
    """A connection to a file, to read it as it is now.

    Raises UsageError where it isn't there, or its log can't be read, and sqlite3.Error.
    """
    for _ in range(_TRIES):
        try:
            conn = _opened(path, timeout)
        except OSError as error:
            raise UsageError(f"{path.name} can't be read: {error.strerror}") from None
        if conn.is_current():
            find_temp_folder(conn, path)
            return conn
        conn.close()
    if log := log_of(path.resolve()):
        raise UsageError(
            f"{path.name} can't be read here: its last changes are in {log.name}, which only who"
            " may write beside it can read: open it once where it can be written"
        )
    raise Stopped(f"{path.name} is being replaced: run the same command again")


def find_temp_folder(conn: sqlite3.Connection, path: Path) -> None:
    """Has SQLite keep temporary tables beside the mirror, or else in memory, where it must."""
    folder = path.resolve().parent
    try:
        tempfile.TemporaryFile(dir=None).close()
    except OSError:
        if os.access(folder, os.W_OK):
            os.environ["SQLITE_TMPDIR"] = str(folder)
        else:
            conn.execute("PRAGMA temp_store = MEMORY")


def _opened(path: Path, timeout: float) -> Reading:
    try:
        return _begun(path, "rw", _identity(path), timeout)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorname not in _ALONE:
            raise
    return _begun(path, "ro&immutable=1", _identity(path, frozen=True), timeout)


def _begun(path: Path, mode: str, was: FileIdentity, timeout: float) -> Reading:
    real = path.resolve()
    conn = sqlite3.connect(
        f"{real.as_uri()}?mode={mode}",
        uri=True,
        isolation_level=None,
        timeout=timeout,
        check_same_thread=False,
        factory=Reading,
    )
    try:
        conn.begin(path, real, was)
    except UnicodeDecodeError as error:  # in what SQLite says of a damaged schema
        conn.close()
        raise sqlite3.DatabaseError(str(error)) from error
    except BaseException:
        conn.close()
        raise
    return conn


class File:
    """A file that several connections read, again and again."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._last: Reading | None = None
        self._all: WeakSet[Reading] = WeakSet()

    def reading(self, timeout: float = BUSY_SECONDS) -> Reading:
        """Another connection; raises as ``reading`` does."""
        if self._last:
            self._last.check_log()
        self._last = reading(self.path, timeout)
        self._all.add(self._last)
        return self._last

    def close(self) -> None:
        """Closes all connections, whatever they are reading."""
        for conn in list(self._all):
            with suppress(sqlite3.ProgrammingError):  # it is closed
                conn.interrupt()
            conn.close()


@dataclass(eq=False)
class Latest:
    """Reads a file through a connection that is made anew where the file is another.

    ``prepare`` is called with each connection.
    """

    file: File
    prepare: Callable[[Reading], object] = lambda _: None
    timeout: float = BUSY_SECONDS
    _conn: Reading | None = field(default=None, init=False)

    def connection(self) -> Reading:
        """A connection to the file as it is now; raises as ``reading`` does."""
        if self._conn and self._conn.is_current():
            return self._conn
        self.close()
        self._conn = self.file.reading(self.timeout)
        self.prepare(self._conn)
        return self._conn

    @property
    def version(self) -> Version | None:
        """What moves with each commit, and where the file is replaced; None: it can't be read."""
        try:
            return self.connection().version
        except (sqlite3.Error, MirrorError):
            return None

    def __call__(self, read: Callable[[Reading], T]) -> T:
        """What is read of one state of the file; where it may be a mixture, it is read again."""
        for _ in range(_TRIES):
            conn = self.connection()
            try:
                result = read(conn)
            except (sqlite3.Error, MirrorError):
                if conn.is_current():
                    raise
            else:
                if not conn.is_frozen or conn.is_current():
                    return result
        raise Stopped(f"{self.file.path.name} is being written: ask again")

    def close(self) -> None:
        """Closes the connection; the next question opens another."""
        if self._conn:
            self._conn.close()
        self._conn = None


@contextmanager
def snapshot(conn: sqlite3.Connection) -> Iterator[None]:
    """Reads one state of a file, whatever is committed meanwhile."""
    conn.execute("BEGIN")
    try:
        yield
    finally:
        roll_back(conn)


def roll_back(conn: sqlite3.Connection) -> None:
    """Ends a transaction, unless the file is closed: a signal may come on the way into one."""
    with suppress(sqlite3.ProgrammingError):
        if conn.in_transaction:
            conn.execute("ROLLBACK")


@contextmanager
def time_limit(conn: sqlite3.Connection, seconds: float, name: str) -> Iterator[None]:
    """Ends what a connection reads of a file when it has taken so long; raises TooLong."""
    end = time.monotonic() + seconds
    conn.set_progress_handler(lambda: time.monotonic() > end, _STEPS)
    try:
        yield
    except sqlite3.OperationalError:
        if time.monotonic() <= end:
            raise
        raise TooLong(
            f"{name} takes more than {seconds:g} seconds to read: there may be something else in"
            " the place of a table"
        ) from None
    finally:
        conn.set_progress_handler(None, 0)
