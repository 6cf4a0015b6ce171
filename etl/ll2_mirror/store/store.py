"""The open file: its connection, and transactions that are whole."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ll2_mirror.clock import Clock
from ll2_mirror.errors import DataError, Stopped
from ll2_mirror.store.ledger import Ledger
from ll2_mirror.store.reading import Reading, roll_back, snapshot
from ll2_mirror.store.records import ListedRecords
from ll2_mirror.store.search import teach_upper
from ll2_mirror.store.settings import Settings
from ll2_mirror.store.sql import dangling
from ll2_mirror.store.walks import Walks


class Store:
    """An open mirror. Statements run at once; ``transaction`` groups them.

    ``settings``, ``walks``, ``records`` and ``ledger`` are what the tool keeps in it for itself.
    """

    def __init__(self, conn: sqlite3.Connection, path: Path, clock: Clock) -> None:
        teach_upper(conn)
        self.conn = conn
        self.path = path
        self.clock = clock
        self.settings = Settings(conn, path)
        self.walks = Walks(conn, path, clock, self.transaction)
        self.records = ListedRecords(conn, self.walks, path)
        self.ledger = Ledger(conn, clock)
        self._inode = _inode(path)

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.conn.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing: committed at the end, rolled back on any error; readers see neither half.

        Foreign keys are checked at the commit. Raises DataError where the rows break one.
        """
        self.conn.execute("BEGIN IMMEDIATE")
        try:
            self.conn.execute("PRAGMA defer_foreign_keys = ON")
            yield
            self._still_there()
            self.conn.execute("COMMIT")
        except BaseException as error:
            broken = self._broken(error)
            roll_back(self.conn)
            if broken:
                raise DataError(f"{self.path}: {broken}: nothing was published") from error
            raise

    def _broken(self, error: BaseException) -> str:
        """Which reference a commit was refused for; empty where it was something else."""
        if not isinstance(error, sqlite3.IntegrityError):
            return ""
        found = dangling(self.conn) if self.conn.in_transaction else iter(())
        return next(found, str(error))

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Reads one state of the file, whatever is committed meanwhile.

        Raises Stopped where it may have been a mixture: see ``reading``.
        """
        with snapshot(self.conn):
            yield
        if isinstance(self.conn, Reading) and not self.conn.is_current():
            raise Stopped(f"{self.path} was changed meanwhile: run the same command again")

    def _still_there(self) -> None:
        """Raises Stopped where the file was deleted or replaced: all that is written is lost."""
        there = self._inode is None or _inode(self.path) == self._inode
        if not there:
            raise Stopped(
                f"{self.path} was deleted or replaced meanwhile: run the same command again"
            )

    @property
    def version(self) -> int:
        """The version of the file's schema."""
        version: int = self.conn.execute("PRAGMA user_version").fetchone()[0]
        return version


def _inode(path: Path) -> int | None:
    """What tells a file from others; None where there is none."""
    with suppress(OSError):
        return path.stat().st_ino
    return None
