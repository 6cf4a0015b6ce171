"""What a server adds to the answers: a cache by the file's version, validators, gzip."""

from __future__ import annotations

import sqlite3
from email.utils import format_datetime
from pathlib import Path
from typing import NamedTuple

from ll2_mirror.clock import Clock, moment
from ll2_mirror.errors import DataError
from ll2_mirror.ll2.schema import APPLICATION_ID, SCHEMA_VERSION
from ll2_mirror.query.api import Mirror, refusal
from ll2_mirror.query.memory import Known
from ll2_mirror.query.request import Request
from ll2_mirror.serve.browse import browse
from ll2_mirror.serve.wire import Sent, prepared
from ll2_mirror.store.ledger import Ledger

_QUICK = 20_000  # records that are asked so quickly that nobody need wait elsewhere


class Watch:
    """Tells when a file has changed, through a connection that only reads.

    ``version`` moves with each commit of any other connection; None where it can't be read now.
    """

    def __init__(self, conn: sqlite3.Connection) -> None:
        self.conn = conn
        # Only in WAL mode does a reader never wait for a writer.
        self.waits = conn.execute("PRAGMA journal_mode").fetchone()[0] != "wal"
        conn.execute("PRAGMA busy_timeout = 0")

    @property
    def version(self) -> int | None:
        """The version of the file; see https://sqlite.org/pragma.html#pragma_data_version."""
        try:
            version: int = self.conn.execute("PRAGMA data_version").fetchone()[0]
        except sqlite3.Error:
            return None
        return version


class Facts(NamedTuple):
    """What is known of a version of the file, and when the last sync ended, for HTTP."""

    version: int
    known: Known
    synced: str | None


class Reader:
    """Answers requests through one connection that only reads, each answer from one snapshot."""

    def __init__(self, path: Path, conn: sqlite3.Connection) -> None:
        self._name = path.name
        self._conn = conn
        self._facts: Facts | None = None

    @property
    def is_quick(self) -> bool:
        """Whether an answer takes a few milliseconds at most; False while that isn't known."""
        held = self._facts.known.held.values() if self._facts else ()
        return max((one.records for one in held), default=_QUICK + 1) <= _QUICK

    def __call__(self, request: Request) -> Sent:
        """The answer; raises sqlite3.Error or DataError where the file can't be read."""
        conn = self._conn
        conn.execute("BEGIN")
        try:
            version = conn.execute("PRAGMA user_version").fetchone()[0]  # the snapshot begins
            if version != SCHEMA_VERSION:
                words = f"Another version of ll2-mirror made {self._name}: `ll2-mirror status"
                return prepared(refusal(501, f"{words} {self._name}` helps."))
            facts = self._read_facts()
            mirror = Mirror(conn, self._name, browse, facts.known)
            return prepared(mirror.answer(request), facts.synced)
        finally:
            conn.execute("ROLLBACK")

    def _read_facts(self) -> Facts:
        """The facts of the snapshot; those read before, where the file is the same."""
        version = self._conn.execute("PRAGMA data_version").fetchone()[0]
        if self._facts is None or self._facts.version != version:
            finished = Ledger(self._conn, Clock()).finished()
            try:
                synced = format_datetime(moment(finished), usegmt=True) if finished else None
            except (ValueError, TypeError):
                raise DataError(f"{self._name}: its runs are damaged") from None
            self._facts = Facts(version, Known(self._conn), synced)
        return self._facts


def is_mirror(conn: sqlite3.Connection) -> bool:
    """Whether a file is a mirror of any version; raises sqlite3.Error where that can't be told."""
    return bool(conn.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID)
