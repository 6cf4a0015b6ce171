"""Opens a mirror, makes one, and tells one from other files."""

from __future__ import annotations

import sqlite3
import stat
from contextlib import ExitStack, closing, suppress
from pathlib import Path

from ll2_mirror.clock import Clock
from ll2_mirror.errors import NotAMirror, UsageError
from ll2_mirror.ll2.schema import (
    APPLICATION_ID,
    SCHEMA_VERSION,
    own_tables,
    schema_text,
    wanted_columns,
)
from ll2_mirror.store.explain import explaining
from ll2_mirror.store.reading import BUSY_SECONDS, find_temp_folder, reading
from ll2_mirror.store.store import Store
from ll2_mirror.store.views import renew_views

_ANEW = "restore a backup, or sync to a new file"


def open_store(path: Path, clock: Clock | None = None, *, create: bool = False) -> Store:
    """Opens the mirror at ``path``; ``create`` makes one where there is none, to write to it.

    One of an earlier version comes as it is: see load/upgrade.py.

    Raises UsageError where there is no such file or folder, or no right to it, NotAMirror where
    the file is something else or newer than this version.
    """
    fresh = checked_path(path)
    if fresh and not create:
        raise UsageError(f"{path} is not there: `ll2-mirror sync {path}` makes it")
    with explaining(path), ExitStack() as undo:
        conn = undo.enter_context(closing(connect(path, write=create)))
        _prepare(conn, path, create)
        undo.pop_all()
    return Store(conn, path, clock or Clock())


def blank_store(path: Path, clock: Clock) -> Store:
    """A mirror in memory that holds nothing, as the one that a sync would make at ``path``."""
    conn = sqlite3.connect(":memory:", isolation_level=None)
    _create(conn)
    return Store(conn, path, clock)


def checked_path(path: Path) -> bool:
    """Whether there is no file yet, or an empty one; raises UsageError where none can be."""
    try:
        if not path.parent.is_dir():
            raise UsageError(f"{path.parent} is not a folder: create it first")
        found = path.stat()
    except FileNotFoundError:
        return True
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    if stat.S_ISDIR(found.st_mode):
        raise UsageError(f"{path} is a folder: name a file in it")
    return found.st_size == 0


def connect(path: Path, *, write: bool) -> sqlite3.Connection:
    """A connection to a file; one who only reads may lack the right to write, even beside it."""
    if not write:
        return reading(path)
    # isolation_level=None: transactions begin and end where the program says so.
    uri = f"{path.resolve().as_uri()}?mode=rwc"
    conn = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=BUSY_SECONDS)
    find_temp_folder(conn, path)
    return conn


def _prepare(conn: sqlite3.Connection, path: Path, create: bool) -> None:
    """Makes the tables where there are none, and sets what a connection needs."""
    if create and _is_blank(conn):
        _create(conn)
    _check(conn, path)
    if create:
        _restore(conn)
        _renew_views(conn)
    conn.execute("PRAGMA foreign_keys = ON")
    conn.execute("PRAGMA temp.cache_size = -256")  # kB: what a walk met may go to disk
    conn.execute("PRAGMA synchronous = NORMAL")  # in WAL mode: safe against any crash of ours


def _is_blank(conn: sqlite3.Connection) -> bool:
    """Whether a file holds nothing: a full disk may have ended its making before the tables."""
    return not conn.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]


def _create(conn: sqlite3.Connection) -> None:
    conn.execute("PRAGMA journal_mode = WAL")  # readers go on during a sync
    conn.executescript(f"BEGIN IMMEDIATE;\n{schema_text()}\nCOMMIT;")


def _restore(conn: sqlite3.Connection) -> None:
    """Gives a copy back what its making lost: the numbers in its header, WAL mode."""
    if not conn.execute("PRAGMA application_id").fetchone()[0]:
        stamp(conn)
    with suppress(sqlite3.OperationalError):  # in use now: the next sync does it
        conn.execute("PRAGMA journal_mode = WAL")


def stamp(conn: sqlite3.Connection) -> None:
    """Writes into a file's header what it is; a dump loses that."""
    conn.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    conn.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _renew_views(conn: sqlite3.Connection) -> None:
    """Brings the views of a file up to date; those of an older schema are made with its tables."""
    if version_of(conn) == SCHEMA_VERSION:
        with suppress(sqlite3.OperationalError):  # in use now: the next sync does it
            renew_views(conn)


def version_of(conn: sqlite3.Connection) -> int | None:
    """The version of a mirror's schema; None for a file that is no mirror.

    One restored from a dump has lost its header. It is of this version if it has all its columns.
    """
    application = conn.execute("PRAGMA application_id").fetchone()[0]
    version: int = conn.execute("PRAGMA user_version").fetchone()[0]
    if application == APPLICATION_ID:
        return version or None
    restored = (application, version) == (0, 0) and not missing_column(conn)
    return SCHEMA_VERSION if restored else None


def missing_column(conn: sqlite3.Connection) -> str:
    """The first column of LL2's that a file lacks, as ``table.column``; empty: none.

    SQLite would take the quoted name of a column that isn't there for a text.
    """
    there = set(
        conn.execute(
            "SELECT tables.name, columns.name FROM sqlite_master AS tables,"
            " pragma_table_info(tables.name) AS columns WHERE tables.type = 'table'"
            " AND tables.sql NOT LIKE 'CREATE VIRTUAL%'"  # a damaged index is verify's business
        )
    )
    wanted = {(table, name) for table, columns in wanted_columns().items() for name in columns}
    return ".".join(min(wanted - there, default=()))


def _check(conn: sqlite3.Connection, path: Path) -> None:
    """Raises NotAMirror for a file that this version can't read."""
    if _is_blank(conn):
        raise UsageError(f"{path} holds nothing yet: `ll2-mirror sync {path}` fills it")
    version = version_of(conn)
    if version is None:
        raise NotAMirror(
            f"{path} is an SQLite database, but not an ll2-mirror one: choose another file"
        )
    if version > SCHEMA_VERSION:
        raise NotAMirror(
            f"{path} was made by a newer ll2-mirror (its schema is {version}, this one reads"
            f" {SCHEMA_VERSION}): upgrade ll2-mirror"
        )
    if version == SCHEMA_VERSION and (flaw := flaw_of(conn)):
        raise NotAMirror(f"{path} {flaw}: {_ANEW}")


def flaw_of(conn: sqlite3.Connection) -> str:
    """What a mirror of this version lacks, in words that go on after its name; empty: nothing."""
    if missing := missing_column(conn):
        return f"lacks a column of a mirror: {missing}"
    if other := _stand_in(conn):
        return f"has a view in the place of a table: {other}"
    return ""


def _stand_in(conn: sqlite3.Connection) -> str:
    """The first of the tool's own tables that is a view, which may never end; empty: none is."""
    views = conn.execute("SELECT name FROM sqlite_master WHERE type = 'view' AND name GLOB '_*'")
    ours = {*own_tables()}  # FTS5 calls the tables of an index _search_pads_fts_data, ...
    return min((name for (name,) in views if {name, name.rpartition("_")[0]} & ours), default="")
