"""Reads a file that others may write to or replace.

In WAL mode, SQLite shows a reader one consistent state through files beside the mirror: the
write-ahead log and its index, which each reader must find or create. If it can't (on a read-only
mount or a full disk, in another user's folder), the file can only be opened as "immutable", and
SQLite no longer notices changes: ``Reading.is_current`` does.
See https://sqlite.org/wal.html#readonly.
"""

from __future__ import annotations

import errno
import fcntl
import os
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TypeVar
from weakref import WeakSet

from ll2_mirror.errors import MirrorError, Stopped, TooLong, UsageError
from ll2_mirror.ll2.page import MAX_BODY

BUSY_SECONDS = 5.0
LONGEST_VALUE = 2 * MAX_BODY  # bytes of a value or a row: twice what LL2's largest page may have
READ_SECONDS = 10.0  # for one response; with the largest mirrors it takes a tenth of a second
_TRIES = 5  # to read a file that changes during each attempt
_STEPS = 10_000  # of SQLite's virtual machine between two checks of the clock: less than 1 ms
# SQLite's errors when the files that readers share are missing and can't be created: for lack of a
# permission, or because the disk is full, or can't share memory or lock files, as over a network.
_FORBIDDEN = ("SQLITE_CANTOPEN", "SQLITE_READONLY_DIRECTORY", "SQLITE_READONLY_CANTINIT")
UNSHARED = (
    "SQLITE_IOERR_SHM",
    "SQLITE_IOERR_LOCK",
    "SQLITE_IOERR_RDLOCK",
    "SQLITE_PERM",
    "SQLITE_PROTOCOL",
)
NOT_LOCAL = " can't be used here ({}): WAL mode needs a local disk"

Version = tuple[int, int]  # the same as long as a connection reads the same state of a file
T = TypeVar("T")
_numbers = count()


class Reading(sqlite3.Connection):
    """A connection that reads a file; it may be used from several threads.

    ``is_frozen``: it sees nothing of what others write. ``waits``: it may wait for a writer.
    """

    def __init__(self, path: Path, mode: str, timeout: float) -> None:
        self.path = path
        self.is_frozen = mode != "rw"
        self._real = path.resolve()  # the target of symbolic links
        self._was = path.stat()
        self._log: os.stat_result | None = None
        self._number = next(_numbers)  # unique in this process
        super().__init__(
            f"{self._real.as_uri()}?mode={mode}",
            uri=True,
            isolation_level=None,
            timeout=timeout,
            check_same_thread=False,
        )
        limit_values(self)
        with ExitStack() as undo:
            undo.callback(self.close)
            journal = self.execute("PRAGMA journal_mode").fetchone()[0]
            self.execute("PRAGMA schema_version").fetchone()
            undo.pop_all()
        self.waits = not self.is_frozen and journal != "wal"
        with suppress(OSError):
            self._log = _beside(self._real, "-wal").stat()

    @property
    def version(self) -> Version:
        """Differs between connections, and changes with each commit of another connection.

        See https://sqlite.org/pragma.html#pragma_data_version.
        """
        return self._number, self.execute("PRAGMA data_version").fetchone()[0]

    def is_current(self) -> bool:
        """Whether the path still leads to the opened file; a frozen one must be unchanged."""
        try:
            now = self.path.stat()
        except OSError:
            return False
        if not self.is_frozen:
            return os.path.samestat(now, self._was)
        return _state(now) == _state(self._was) and not log_of(self._real)

    def check_log(self) -> None:
        """Raises UsageError if the file was replaced, but not its log, which would damage it.

        SQLite applies the log beside a file to that file.
        """
        with suppress(OSError):
            path = _beside(self.path.resolve(), "-wal")
            log, replaced = path.stat(), not os.path.samestat(self.path.stat(), self._was)
            if replaced and self._log and os.path.samestat(log, self._log) and log.st_size:
                raise UsageError(
                    f"{path.name} is the log of a file that was replaced by another: stop every"
                    " program that has it open, then remove it"
                )


def _state(about: os.stat_result) -> tuple[int, ...]:
    """What changes if a file's content does."""
    return about.st_dev, about.st_ino, about.st_size, about.st_mtime_ns, about.st_ctime_ns


def _beside(real: Path, end: str) -> Path:
    return real.with_name(f"{real.name}{end}")


def log_of(real: Path) -> Path | None:
    """The log with changes that aren't in the file itself; None if there is none."""
    logs = (_beside(real, end) for end in ("-wal", "-journal"))
    return next((log for log in logs if log.exists() and log.stat().st_size), None)


def reading(path: Path, timeout: float = BUSY_SECONDS) -> Reading:
    """A connection that reads the current file.

    Raises UsageError if it doesn't exist or its log can't be read, and sqlite3.Error.
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
            f"{path.name} can't be read here: its last changes are in {log.name}, which can be read"
            " only with write permission there: open it once with that permission"
        )
    raise Stopped(f"{path.name} is being replaced: run the same command again")


def limit_values(conn: sqlite3.Connection) -> None:
    """Limits the size of values that SQL can make: a visitor's, or that of a file's own views."""
    conn.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_VALUE)


def find_temp_folder(conn: sqlite3.Connection, path: Path) -> None:
    """Lets SQLite keep temporary tables beside the mirror or in memory if /tmp isn't writable."""
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
        try:
            return Reading(path, "rw", timeout)
        except sqlite3.OperationalError as error:
            is_unshared = error.sqlite_errorname.startswith(UNSHARED)
            if error.sqlite_errorname == "SQLITE_BUSY" and _lacks_locks(path.resolve().parent):
                is_unshared = True
            if is_unshared and log_of(path.resolve()):
                raise UsageError(f"{path}{NOT_LOCAL.format(error)}") from error
            if not is_unshared and error.sqlite_errorname not in _FORBIDDEN:
                raise
        return Reading(path, "ro&immutable=1", timeout)
    except UnicodeDecodeError as error:  # SQLite's message quotes a damaged schema
        raise sqlite3.DatabaseError(str(error)) from error


def _lacks_locks(folder: Path) -> bool:
    """Whether no file in a folder can be locked: SQLite then says that all of them are in use."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno == errno.ENOLCK
    return False


class File:
    """A file, with all connections that read it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._last: Reading | None = None
        self._all: WeakSet[Reading] = WeakSet()

    def reading(self, timeout: float = BUSY_SECONDS) -> Reading:
        """A new connection; raises as ``reading`` does."""
        if self._last:
            self._last.check_log()
        conn = self._last = reading(self.path, timeout)
        self._all.add(conn)
        return conn

    def close(self) -> None:
        """Closes all connections, even while they read."""
        for conn in list(self._all):
            with suppress(sqlite3.ProgrammingError):  # it is closed
                conn.interrupt()
            conn.close()


@dataclass(eq=False)
class Latest:
    """Reads a file through a connection that is reopened when the file is replaced.

    ``prepare`` is called with each new connection.
    """

    file: File
    prepare: Callable[[Reading], object] = lambda _: None
    timeout: float = BUSY_SECONDS
    _conn: Reading | None = field(default=None, init=False)

    def connection(self) -> Reading:
        """A connection to the current file; raises as ``reading`` does."""
        if self._conn and self._conn.is_current():
            return self._conn
        self.close()
        conn = self.file.reading(self.timeout)
        self.prepare(conn)
        self._conn = conn
        return conn

    @property
    def version(self) -> Version | None:
        """Changes with each commit, and if the file is replaced; None if it can't be read."""
        try:
            return self.connection().version
        except (sqlite3.Error, MirrorError):
            return None

    def __call__(self, read: Callable[[Reading], T]) -> T:
        """The result of reading one state of the file; retried if the file changed meanwhile."""
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
        """Closes the connection; the next read opens another."""
        if self._conn:
            self._conn.close()
        self._conn = None


@contextmanager
def snapshot(conn: sqlite3.Connection) -> Iterator[None]:
    """A read transaction: one state of the file, whatever is committed meanwhile."""
    conn.execute("BEGIN")
    try:
        yield
    finally:
        roll_back(conn)


def roll_back(conn: sqlite3.Connection) -> None:
    """Rolls back the transaction, if there is one; a signal may arrive at any time."""
    with suppress(sqlite3.ProgrammingError):
        if conn.in_transaction:
            conn.execute("ROLLBACK")


@contextmanager
def time_limit(conn: sqlite3.Connection, seconds: float, name: str) -> Iterator[None]:
    """Interrupts a connection's queries after this many seconds; raises TooLong."""
    end = time.monotonic() + seconds
    conn.set_progress_handler(lambda: time.monotonic() > end, _STEPS)
    try:
        yield
    except sqlite3.OperationalError:
        if time.monotonic() <= end:
            raise
        raise TooLong(
            f"{name} takes more than {seconds:g} seconds to read: a view may have replaced a table"
        ) from None
    finally:
        conn.set_progress_handler(None, 0)
