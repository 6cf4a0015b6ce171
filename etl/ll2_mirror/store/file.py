"""Opens or creates a mirror, recognizes other files, and runs transactions."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

from ll2_mirror.clock import Clock
from ll2_mirror.errors import DataError, MirrorError, NotAMirror, Stopped, UsageError
from ll2_mirror.ll2.schema import (
    APPLICATION_ID,
    SCHEMA_VERSION,
    SqlView,
    own_tables,
    schema_text,
    tables,
    view_statements,
    views,
)
from ll2_mirror.store.ledger import Ledger
from ll2_mirror.store.reader import (
    BUSY_SECONDS,
    NOT_LOCAL,
    UNSHARED,
    Reading,
    find_temp_folder,
    limit_values,
    reading,
    roll_back,
    snapshot,
)
from ll2_mirror.store.records import ListedRecords
from ll2_mirror.store.search import teach_upper
from ll2_mirror.store.settings import Settings
from ll2_mirror.store.sql import dangling, quoted
from ll2_mirror.store.walks import Walks

_ANEW = "restore a backup, or sync to a new file"
_OURS = " AS\n    -- "  # follows the name in each of our views, but not in a user's own


class Store:
    """An open mirror. Each statement is committed by itself, unless ``transaction`` groups them.

    ``settings``, ``walks``, ``records`` and ``ledger`` read and write the tool's own tables.
    """

    def __init__(self, conn: sqlite3.Connection, path: Path, clock: Clock) -> None:
        teach_upper(conn)
        self.conn = conn
        self.path = path
        self.clock = clock
        self.settings = Settings(conn, path)
        self.walks = Walks(conn, path, clock, self.transaction)
        self.records = ListedRecords(conn, path)
        self.ledger = Ledger(conn, clock)
        self._inode = _inode(path)

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.conn.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """A write transaction: committed at the end, rolled back on any error.

        Foreign keys are checked at the commit. Raises DataError if one is violated, Stopped if the
        file was deleted or replaced, since everything written would be lost.
        """
        self.conn.execute("BEGIN IMMEDIATE")
        try:
            self.conn.execute("PRAGMA defer_foreign_keys = ON")
            yield
            if self._inode is not None and _inode(self.path) != self._inode:
                raise Stopped(
                    f"{self.path} was deleted or replaced meanwhile: run the same command again"
                )
            self.conn.execute("COMMIT")
        except BaseException as error:
            is_refused = isinstance(error, sqlite3.IntegrityError)
            reason = next(dangling(self.conn), str(error)) if is_refused else ""
            roll_back(self.conn)
            if is_refused:
                raise DataError(f"{self.path}: {reason}: nothing was published") from error
            raise

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Reads one state of the file, whatever is committed meanwhile.

        Raises Stopped if the file changed and SQLite couldn't notice: see ``reading``.
        """
        with snapshot(self.conn):
            yield
        if isinstance(self.conn, Reading) and not self.conn.is_current():
            raise Stopped(f"{self.path} was changed meanwhile: run the same command again")

    @property
    def version(self) -> int:
        """The version of the file's schema."""
        version: int = self.conn.execute("PRAGMA user_version").fetchone()[0]
        return version


def _inode(path: Path) -> int | None:
    """The file's inode number; None if there is no file."""
    with suppress(OSError):
        return path.stat().st_ino
    return None


# Opening


def open_store(path: Path, clock: Clock | None = None, *, create: bool = False) -> Store:
    """Opens the mirror at ``path``; with ``create``, to write, and creates it if it is missing.

    A file of an earlier version isn't changed: see load/upgrade.py.

    Raises UsageError if the file or folder doesn't exist or can't be accessed, NotAMirror if the
    file is something else or newer than this version.
    """
    is_missing = checked_path(path)
    if is_missing and not create:
        raise UsageError(f"{path} doesn't exist: `ll2-mirror sync {path}` creates it")
    with explaining(path), ExitStack() as undo:
        conn = undo.enter_context(closing(connect(path, write=create)))
        _prepare(conn, path, create)
        undo.pop_all()
    return Store(conn, path, clock or Clock())


def blank_store(path: Path, clock: Clock) -> Store:
    """An empty mirror in memory, in place of the one that a sync would create at ``path``."""
    conn = sqlite3.connect(":memory:", isolation_level=None)
    _create(conn)
    return Store(conn, path, clock)


def checked_path(path: Path) -> bool:
    """Whether the file is missing or empty; raises UsageError if the path can't be a file."""
    try:
        if not path.parent.is_dir():
            raise UsageError(f"{path.parent} is not a folder: create it first")
        about = path.stat()
    except FileNotFoundError:
        return True
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    if stat.S_ISDIR(about.st_mode):
        raise UsageError(f"{path} is a folder: name a file in it")
    if not stat.S_ISREG(about.st_mode):
        raise UsageError(f"{path} is a device or a pipe: name a file")
    return about.st_size == 0


def connect(path: Path, *, write: bool) -> sqlite3.Connection:
    """A connection to a file; without ``write``, no write permission is needed."""
    if not write:
        return reading(path)
    # isolation_level=None: sqlite3 doesn't begin transactions by itself.
    uri = f"{path.resolve().as_uri()}?mode=rwc"
    conn = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=BUSY_SECONDS)
    limit_values(conn)
    find_temp_folder(conn, path)
    return conn


def _prepare(conn: sqlite3.Connection, path: Path, create: bool) -> None:
    """Creates the tables in an empty file, and sets up the connection."""
    if create and _is_blank(conn):
        _create(conn)
    check_mirror(conn, path)
    if create:
        if not conn.execute("PRAGMA application_id").fetchone()[0]:
            stamp(conn)  # a copy made from a dump lost it
        try:
            conn.execute("PRAGMA journal_mode = WAL")  # a copy made by VACUUM INTO lost it
        except sqlite3.OperationalError:  # in use now: the next sync does it
            conn.execute("PRAGMA cache_spill = OFF")  # else each page waits for the readers to end
        _replace_views(conn)
    conn.execute("PRAGMA foreign_keys = ON")
    conn.execute("PRAGMA temp.cache_size = -256")  # kB; larger temporary tables go to disk
    conn.execute("PRAGMA synchronous = NORMAL")  # in WAL mode: a crash of the program loses nothing


def _is_blank(conn: sqlite3.Connection) -> bool:
    """Whether a file has no tables, for example because the disk was full when it was created."""
    return not conn.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]


def _create(conn: sqlite3.Connection) -> None:
    conn.execute("PRAGMA journal_mode = WAL")  # so that others can read during a sync
    conn.executescript(f"BEGIN IMMEDIATE;\n{schema_text()}\nCOMMIT;")


def stamp(conn: sqlite3.Connection) -> None:
    """Writes the application id and the schema version into a file's header."""
    conn.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    conn.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def drop_triggers(conn: sqlite3.Connection) -> None:
    """Drops all triggers of a copy: in somebody else's file, one could run forever."""
    triggers = conn.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for (name,) in triggers:
        conn.execute(f"DROP TRIGGER {quoted([name])}")


def _replace_views(conn: sqlite3.Connection) -> None:
    """Replaces our views if they differ in this version; a user's own stay."""
    if _outdated_views(conn):
        drops = "".join(f"DROP VIEW IF EXISTS {name};" for name in our_views(conn))
        with suppress(sqlite3.OperationalError):  # in use now: the next sync does it
            conn.executescript(f"BEGIN IMMEDIATE;{drops}{view_statements()}COMMIT;")


def lend_views(conn: sqlite3.Connection) -> None:
    """Makes our views for this connection alone if they differ in the file; a user's own stay."""
    for view in _outdated_views(conn):
        conn.execute(view.sql.replace("VIEW IF NOT EXISTS", "TEMP VIEW", 1))


def _outdated_views(conn: sqlite3.Connection) -> list[SqlView]:
    """Our views, if one of them differs in a file; without those whose names are a user's own."""
    if version_of(conn) != SCHEMA_VERSION:
        return []  # an upgrade makes them with the tables
    found = _statements(conn)
    ours = [view for view in views().values() if _is_ours(found.get(view.name, view.sql))]
    stored = {view.name: view.sql.replace(" IF NOT EXISTS", "", 1).rstrip(";\n") for view in ours}
    return ours if any(found.get(name) != sql for name, sql in stored.items()) else []


def our_views(conn: sqlite3.Connection) -> list[str]:
    """The views in a file that are ours, not a user's own."""
    return [name for name, sql in _statements(conn).items() if name in views() and _is_ours(sql)]


def _statements(conn: sqlite3.Connection) -> dict[str, str]:
    """The CREATE statement of each table, index and view of a file, by name."""
    return dict(conn.execute("SELECT name, sql FROM main.sqlite_master WHERE sql IS NOT NULL"))


def _is_ours(sql: str) -> bool:
    head, separator, _ = sql.partition(_OURS)
    return bool(separator) and head.startswith("CREATE VIEW ") and "\n" not in head


def version_of(conn: sqlite3.Connection) -> int | None:
    """The version of a mirror's schema; None for a file that is no mirror.

    A file restored from a dump has lost its header: it has this version if it has all columns.
    """
    application = conn.execute("PRAGMA application_id").fetchone()[0]
    version: int = conn.execute("PRAGMA user_version").fetchone()[0]
    if application == APPLICATION_ID:
        return version or None
    restored = (application, version) == (0, 0) and not missing_column(conn)
    return SCHEMA_VERSION if restored else None


def missing_column(conn: sqlite3.Connection) -> str:
    """The first of LL2's columns that a file lacks, as ``table.column``; empty if it has all.

    SQLite reads the quoted name of a missing column as a string, without an error.
    """
    existing = set(
        conn.execute(
            "SELECT tables.name, columns.name FROM sqlite_master AS tables,"
            " pragma_table_info(tables.name) AS columns WHERE tables.type = 'table'"
            " AND tables.sql NOT LIKE 'CREATE VIRTUAL%'"  # fails for a damaged search index
        )
    )
    required = {(table, each.name) for table, columns in tables().items() for each in columns}
    return ".".join(min(required - existing, default=()))


def check_mirror(conn: sqlite3.Connection, path: Path | str) -> None:
    """Raises NotAMirror for a file that this version can't read; ``path`` is for the message."""
    if _is_blank(conn):
        raise UsageError(f"{path} is empty: `ll2-mirror sync {path}` fills it")
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
    if version < SCHEMA_VERSION:
        return  # an upgrade rebuilds the tables
    if missing := missing_column(conn):
        raise NotAMirror(f"{path} lacks a column of a mirror: {missing}: {_ANEW}")
    ours = {*own_tables()}  # FTS5 calls the tables of an index _search_pads_fts_data, ...
    for (view,) in conn.execute("SELECT name FROM sqlite_master WHERE type = 'view'"):
        if view.startswith("_") and {view, view.rpartition("_")[0]} & ours:  # could run forever
            raise NotAMirror(f"{path} has a view in the place of a table: {view}: {_ANEW}")


# SQLite's errors

_AGAIN = "run the same command again"
_NO_ROOM = f": the disk, a quota or a limit of files is full: make room and {_AGAIN}"
_DAMAGED = f" is damaged: {{}}: {_ANEW}"
_NO_FILE = (
    " is not an SQLite database, or its header is damaged: choose another file, or restore a backup"
)

# The start of SQLite's error name, our error for it, and its text after the file's name. The first
# match counts. SQLite reports EDQUOT and EFBIG as IOERR_WRITE: only ENOSPC is FULL.
_BY_NAME: tuple[tuple[str, type[MirrorError], str], ...] = (
    ("SQLITE_BUSY", Stopped, f" is in use by another process: {_AGAIN}"),
    ("SQLITE_LOCKED", Stopped, f" is in use by another process: {_AGAIN}"),
    ("SQLITE_FULL", Stopped, f": the disk is full: make room and {_AGAIN}"),
    ("SQLITE_IOERR_WRITE", Stopped, _NO_ROOM),
    ("SQLITE_IOERR_SHMSIZE", Stopped, _NO_ROOM),
    *((name, UsageError, NOT_LOCAL) for name in UNSHARED),
    ("SQLITE_IOERR_CORRUPTFS", DataError, _DAMAGED),
    ("SQLITE_IOERR", Stopped, f": the disk failed ({{}}): {_AGAIN}"),
    ("SQLITE_READONLY", UsageError, " can't be written: {}"),
    ("SQLITE_CANTOPEN", UsageError, " can't be opened: {}"),
    ("SQLITE_NOTADB", NotAMirror, _NO_FILE),
    ("SQLITE_CORRUPT", DataError, _DAMAGED),
    ("SQLITE_TOOBIG", DataError, _DAMAGED),
    ("SQLITE_INTERRUPT", Stopped, f": interrupted: {_AGAIN}"),
)
# The same by a part of the message, if SQLite has no name for the error.
_BY_MESSAGE: tuple[tuple[str, type[MirrorError], str], ...] = (
    ("no such table", NotAMirror, " lacks a table of a mirror: {}"),
    ("no such column", NotAMirror, " lacks a column of a mirror: {}"),
    ("has no column named", NotAMirror, " lacks a column of a mirror: {}"),
    ("no such module", NotAMirror, " needs an SQLite with FTS5: {}"),
    ("Could not decode", DataError, _DAMAGED),
    ("codec can't decode", DataError, _DAMAGED),  # SQLite's message quotes a damaged schema
    ("invalid fts5 file format", DataError, _DAMAGED),
    ("vtable constructor failed", DataError, _DAMAGED),
    ("already exists", DataError, _DAMAGED),  # what an upgrade creates
    # Our functions raise nothing themselves: a signal arrived while SQLite called one.
    ("user-defined function", Stopped, f": interrupted: {_AGAIN}"),
)


@contextmanager
def explaining(path: Path) -> Iterator[None]:
    """Converts SQLite's errors about a file to ours, except those that only a bug causes."""
    try:
        yield
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise explained(error, path) or error from error


def explained(error: sqlite3.Error | UnicodeDecodeError, path: Path) -> MirrorError | None:
    """Our error for one of SQLite's; None for one that only a bug in this program causes."""
    name = getattr(error, "sqlite_errorname", "")
    named = [row for row in _BY_NAME if name.startswith(row[0])]
    for _, kind, words in named or [row for row in _BY_MESSAGE if row[0] in str(error)]:
        return kind(f"{path}{words.format(error)}")
    return None
