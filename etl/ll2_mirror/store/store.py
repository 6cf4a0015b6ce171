"""The file: opening and creating it, settings, the pages of walks, the ledger of runs."""

from __future__ import annotations

import json
import os
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from ll2_mirror.clock import Clock, stamp
from ll2_mirror.errors import DataError, MirrorError, NotAMirror, Stopped, UsageError
from ll2_mirror.files import shipped
from ll2_mirror.ll2.jsontext import quote
from ll2_mirror.ll2.resources import MODES, RESOURCES

APPLICATION_ID = 0x4C4C326D  # as in schema.sql
SCHEMA_VERSION = 3  # as in schema.sql
_BUSY_SECONDS = 5.0
# What the ledger counts of each run, beside its requests.
RUN_COUNTS = ("records", "added", "changed", "moved", "unchanged", "gone", "conflicts")


class Walk(NamedTuple):
    """One walk over the pages of a resource."""

    id: int
    resource: str
    mode: str
    base_url: str
    started: str
    total: int | None  # records that LL2 lists; None where that isn't known, or moving


class StagedPage(NamedTuple):
    """A page of a walk."""

    offset: int
    limit: int
    digest: bytes
    ids: str  # of its records, as a JSON list


class Store:
    """An open mirror. Statements run at once; ``transaction`` groups them."""

    def __init__(self, conn: sqlite3.Connection, path: Path, clock: Clock) -> None:
        self.conn = conn
        self.path = path
        self.clock = clock
        self._inode = path.stat().st_ino

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
            if self.conn.in_transaction:
                self.conn.execute("ROLLBACK")
            if isinstance(error, sqlite3.IntegrityError):
                raise DataError(f"{self.path}: {error}: nothing was published") from error
            raise

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Reads one state of the file, whatever is committed meanwhile."""
        self.conn.execute("BEGIN")
        try:
            yield
        finally:
            self.conn.execute("ROLLBACK")

    def _still_there(self) -> None:
        """Raises Stopped where the file was deleted or replaced: all that is written is lost."""
        try:
            there = self.path.stat().st_ino == self._inode
        except OSError:
            there = False
        if not there:
            raise Stopped(
                f"{self.path} was deleted or replaced meanwhile: run the same command again"
            )

    @property
    def version(self) -> int:
        """The version of the file's schema."""
        version: int = self.conn.execute("PRAGMA user_version").fetchone()[0]
        return version

    # Settings

    def setting(self, key: str) -> str | None:
        """What the file remembers under a key, or None."""
        row = self.conn.execute("SELECT value FROM _settings WHERE key = ?", (key,)).fetchone()
        return row[0] if row else None

    def remember(self, **settings: str) -> None:
        """Keeps settings for the next sync; a value that is there already isn't written again."""
        self.conn.executemany(
            "INSERT INTO _settings (key, value) VALUES (?, ?)"
            " ON CONFLICT DO UPDATE SET value = excluded.value WHERE value <> excluded.value",
            settings.items(),
        )

    @property
    def mode(self) -> str | None:
        """The mode of the file, or None before the first sync."""
        mode = self.setting("mode")
        if mode is not None and mode not in MODES:
            raise DataError(f"{self.path}: its setting mode is damaged: {quote(mode)}")
        return mode

    @property
    def resources(self) -> list[str]:
        """The resources that the file mirrors, in the order in which they were first asked for."""
        held = self.setting("resources") or "[]"
        try:
            names = json.loads(held)
            if type(names) is list and all(name in RESOURCES for name in names):
                return names
        except (ValueError, TypeError):
            pass
        raise DataError(f"{self.path}: its setting resources is damaged: {quote(held)}")

    def forget(self, *keys: str) -> None:
        """Drops settings."""
        self.conn.executemany("DELETE FROM _settings WHERE key = ?", [(key,) for key in keys])

    # Walks and their pages

    def begin_walk(self, resource: str, mode: str, base_url: str) -> Walk:
        """A new walk; one that was under way for the resource is dropped with its pages."""
        started = stamp(self.clock.now())
        with self.transaction():
            self._drop_walks(resource, published=0)
            cursor = self.conn.execute(
                "INSERT INTO _walks (resource, mode, base_url, started, published)"
                " VALUES (?, ?, ?, ?, 0)",
                (resource, mode, base_url, started),
            )
        assert cursor.lastrowid is not None
        return Walk(cursor.lastrowid, resource, mode, base_url, started, None)

    def drop_walk(self, resource: str) -> None:
        """Drops the walk that is under way for a resource, with its pages."""
        with self.transaction():
            self._drop_walks(resource, published=0)

    def set_total(self, walk: Walk, total: int | None) -> Walk:
        """Keeps how many records LL2 lists in all, None while that is moving."""
        self.conn.execute("UPDATE _walks SET total = ? WHERE id = ?", (total, walk.id))
        return walk._replace(total=total)

    def stage(
        self, walk: Walk, offset: int, limit: int, body: bytes, digest: bytes, ids: str
    ) -> None:
        """Keeps one page of a walk, committed; a body that the file has is not written again.

        ``ids`` are those of its records, as a JSON list.
        """
        with self.transaction():
            held = "SELECT 1 FROM _bodies WHERE digest = ?"
            if not self.conn.execute(held, (digest,)).fetchone():
                self.conn.execute(
                    "INSERT INTO _bodies (digest, ids, body) VALUES (?, ?, ?)",
                    (digest, ids, zlib.compress(body, 3)),
                )
            self.conn.execute(
                'INSERT OR REPLACE INTO _pages (walk, "offset", "limit", digest)'
                " VALUES (?, ?, ?, ?)",
                (walk.id, offset, limit, digest),
            )

    def drop_pages_behind(self, walk: Walk, total: int) -> None:
        """Drops the pages of a walk that stand behind its records, now that there are fewer."""
        self.conn.execute(
            'DELETE FROM _pages WHERE walk = ? AND "offset" > 0 AND "offset" >= ?', (walk.id, total)
        )

    def pages(self, walk: Walk) -> list[StagedPage]:
        """The pages of a walk in order, without their bodies."""
        rows = self.conn.execute(
            'SELECT "offset", "limit", digest, ids FROM _pages JOIN _bodies USING (digest)'
            ' WHERE walk = ? ORDER BY "offset"',
            (walk.id,),
        )
        return [StagedPage(*row) for row in rows]

    def body(self, digest: bytes) -> bytes:
        """The text of a page as it came; raises DataError where it was damaged since.

        zlib's own checksum tells; verify compares the digest, too.
        """
        row = self.conn.execute("SELECT body FROM _bodies WHERE digest = ?", (digest,)).fetchone()
        try:
            return zlib.decompress(row[0])
        except (TypeError, zlib.error):
            name = digest.hex()[:12]
            raise DataError(f"{self.path}: the stored page {name} is damaged") from None

    def published_walk(self, resource: str) -> Walk | None:
        """The walk that the tables hold, or None before the first."""
        return next(self._walks("published AND resource = ?", resource), None)

    def walks_under_way(self) -> list[Walk]:
        """The walks that no sync has published yet, one for a resource at most."""
        return list(self._walks("NOT published"))

    def _walks(self, condition: str, *values: str) -> Iterator[Walk]:
        rows = self.conn.execute(
            f"SELECT id, resource, mode, base_url, started, total FROM _walks WHERE {condition}",
            values,
        )
        return (Walk(*row) for row in rows.fetchall())

    def publish_walk(self, walk: Walk) -> None:
        """Makes a walk the one that the tables hold, in place of the one before."""
        self._drop_walks(walk.resource, published=1)
        done = self.conn.execute("UPDATE _walks SET published = 1 WHERE id = ?", (walk.id,))
        if not done.rowcount:
            raise Stopped(f"{self.path}: the walk was dropped: run the same command again")
        self._drop_unused_bodies()

    def _drop_walks(self, resource: str, published: int) -> None:
        condition = "resource = ? AND published = ?"
        self.conn.execute(
            f"DELETE FROM _pages WHERE walk IN (SELECT id FROM _walks WHERE {condition})",
            (resource, published),
        )
        self.conn.execute(f"DELETE FROM _walks WHERE {condition}", (resource, published))
        if not published:
            self._drop_unused_bodies()

    def _drop_unused_bodies(self) -> None:
        self.conn.execute("DELETE FROM _bodies WHERE digest NOT IN (SELECT digest FROM _pages)")

    # Runs

    def insert_run(self, walk: Walk, requests: int) -> int:
        """Begins a row of the ledger; gives its id."""
        cursor = self.conn.execute(
            "INSERT INTO _runs (resource, mode, base_url, started, requests)"
            " VALUES (?, ?, ?, ?, ?)",
            (walk.resource, walk.mode, walk.base_url, walk.started, requests),
        )
        assert cursor.lastrowid is not None
        return cursor.lastrowid

    def close_run(self, run: int, **counts: int) -> None:
        """Writes what a run, which now ends, counted."""
        sets = ", ".join(f"{name} = ?" for name in ("finished", *counts))
        values = (stamp(self.clock.now()), *counts.values(), run)
        self.conn.execute(f"UPDATE _runs SET {sets} WHERE id = ?", values)


def open_store(path: Path, clock: Clock | None = None, *, create: bool = False) -> Store:
    """Opens the mirror at ``path``; ``create`` makes one where there is none.

    One of an earlier version comes as it is: see etl/upgrade.py.

    Raises UsageError where there is no such file or folder, or no right to it, NotAMirror where
    the file is something else or newer than this version.
    """
    fresh = checked_path(path)
    if fresh and not create:
        raise UsageError(f"{path} is not there: `ll2-mirror sync {path}` makes it")
    try:
        conn = _connect(path, create)
    except sqlite3.OperationalError as error:
        raise UsageError(f"{path}: {error}") from error
    try:
        if create and (fresh or _is_blank(conn)):
            _create(conn)
        _check(conn, path)
        conn.execute("PRAGMA foreign_keys = ON")
        conn.execute("PRAGMA temp.cache_size = -256")  # kB: what a walk met may go to disk
        conn.execute("PRAGMA synchronous = NORMAL")  # in WAL mode: safe against any crash of ours
    except (sqlite3.Error, MirrorError) as error:
        conn.close()
        raise explained(error, path) from error
    return Store(conn, path, clock or Clock())


def checked_path(path: Path) -> bool:
    """Whether there is no file yet, or an empty one; raises UsageError where none can be."""
    try:
        if path.is_dir():
            raise UsageError(f"{path} is a folder: name a file in it")
        if not path.parent.is_dir():
            raise UsageError(f"{path.parent} is no folder: create it first")
        return not path.exists() or path.stat().st_size == 0
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None


def _connect(path: Path, write: bool) -> sqlite3.Connection:
    """Opens the file; one who only reads may lack the right to write, even beside the file."""
    mode = ""
    if not write and not os.access(path, os.W_OK):
        # Without a write-ahead log nobody is writing, so there is nothing to look out for.
        logged = path.with_name(f"{path.name}-wal").exists()
        mode = "?mode=ro" if logged else "?immutable=1"
    # isolation_level=None: transactions begin and end where this module says so.
    return sqlite3.connect(
        f"{path.resolve().as_uri()}{mode}", uri=True, isolation_level=None, timeout=_BUSY_SECONDS
    )


def _is_blank(conn: sqlite3.Connection) -> bool:
    """Whether a file holds nothing: a full disk may have ended its making before the tables."""
    return not conn.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]


def _create(conn: sqlite3.Connection) -> None:
    schema = shipped("schema.sql").read_text(encoding="utf-8")
    conn.execute("PRAGMA journal_mode = WAL")  # readers go on during a sync
    conn.executescript(f"BEGIN IMMEDIATE;\n{schema}\nCOMMIT;")


def _check(conn: sqlite3.Connection, path: Path) -> None:
    application = conn.execute("PRAGMA application_id").fetchone()[0]
    version = conn.execute("PRAGMA user_version").fetchone()[0]
    if application != APPLICATION_ID:
        raise NotAMirror(f"{path} is an SQLite file, but no ll2-mirror: choose another name")
    if version < 1 or _is_blank(conn):
        raise NotAMirror(f"{path} has no tables of a mirror: choose another name")
    if version > SCHEMA_VERSION:
        raise NotAMirror(
            f"{path} was made by a newer ll2-mirror (its schema is {version}, this one reads"
            f" {SCHEMA_VERSION}): upgrade ll2-mirror"
        )


# What SQLite says, the error of ours that it is, and how that goes on after the file's name.
_EXPLAINED: tuple[tuple[str, type[MirrorError], str], ...] = (
    ("locked", Stopped, " is in use by another process: run the same command again"),
    ("no such table", NotAMirror, " lacks a table of a mirror: {}"),
    ("no such column", NotAMirror, " lacks a column of a mirror: {}"),
    ("readonly", UsageError, " can't be written: {}"),
    ("unable to open", UsageError, " can't be written: {}"),
    # Ours raises nothing itself: a signal came while SQLite called it.
    ("user-defined function", Stopped, ": interrupted: run the same command again"),
    ("disk is full", Stopped, ": the disk is full: make room and run the same command again"),
    ("not a database", NotAMirror, " is no SQLite file: choose another name"),
)


def explained(error: Exception, path: Path) -> MirrorError:
    """An error of SQLite's as one of ours, in words for people."""
    if isinstance(error, MirrorError):
        return error
    for said, ours, words in _EXPLAINED:
        if said in str(error):
            return ours(f"{path}{words.format(error)}")
    ours = UsageError if isinstance(error, sqlite3.OperationalError) else DataError
    return ours(f"{path}: {error}")
