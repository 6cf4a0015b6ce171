"""The file: opens a mirror, makes one, tells it from other files, and writes whole transactions."""

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
    own_tables,
    schema_text,
    view_statements,
    views,
    wanted_columns,
)
from ll2_mirror.store.ledger import Ledger
from ll2_mirror.store.reader import (
    BUSY_SECONDS,
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
_OURS = " AS\n    -- "  # how each of our views begins behind its name; a user's own doesn't


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
        self.records = ListedRecords(conn, path)
        self.ledger = Ledger(conn, clock)
        self._inode = _inode(path)

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.conn.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing: committed at the end, rolled back on any error; readers see neither half.

        Foreign keys are checked at the commit. Raises DataError where the rows break one, Stopped
        where the file was deleted or replaced: all that is written would be lost.
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

        Raises Stopped where it may have been a mixture: see ``reading``.
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
    """What tells a file from others; None where there is none."""
    with suppress(OSError):
        return path.stat().st_ino
    return None


# Opening


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
        about = path.stat()
    except FileNotFoundError:
        return True
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    if stat.S_ISDIR(about.st_mode):
        raise UsageError(f"{path} is a folder: name a file in it")
    return about.st_size == 0


def connect(path: Path, *, write: bool) -> sqlite3.Connection:
    """A connection to a file; one who only reads may lack the right to write, even beside it."""
    if not write:
        return reading(path)
    # isolation_level=None: transactions begin and end where the program says so.
    uri = f"{path.resolve().as_uri()}?mode=rwc"
    conn = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=BUSY_SECONDS)
    limit_values(conn)
    find_temp_folder(conn, path)
    return conn


def _prepare(conn: sqlite3.Connection, path: Path, create: bool) -> None:
    """Makes the tables where there are none, and sets what a connection needs."""
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


def stamp(conn: sqlite3.Connection) -> None:
    """Writes into a file's header what it is; a dump loses that."""
    conn.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    conn.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def drop_triggers(conn: sqlite3.Connection) -> None:
    """Drops all triggers of a copy, which may be somebody else's file: they may never end."""
    triggers = conn.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for (name,) in triggers:
        conn.execute(f"DROP TRIGGER {quoted([name])}")


def _renew_views(conn: sqlite3.Connection) -> None:
    """Replaces our views if this version makes others; a user's own stay."""
    if version_of(conn) != SCHEMA_VERSION:
        return  # an upgrade makes them with the tables
    statements = _statements(conn)
    for view in views().values():
        wanted = view.sql.replace(" IF NOT EXISTS", "", 1).rstrip(";\n")
        sql = statements.get(view.name)
        if sql is None or (_is_ours(sql) and sql != wanted):
            drops = "".join(f"DROP VIEW IF EXISTS {name};" for name in our_views(conn))
            with suppress(sqlite3.OperationalError):  # in use now: the next sync does it
                conn.executescript(f"BEGIN IMMEDIATE;{drops}{view_statements()}COMMIT;")
            return


def our_views(conn: sqlite3.Connection) -> list[str]:
    """The views in a file that are ours, not a user's own."""
    return [name for name, sql in _statements(conn).items() if name in views() and _is_ours(sql)]


def _statements(conn: sqlite3.Connection) -> dict[str, str]:
    """How each table, index and view of a file was made, by name."""
    return dict(conn.execute("SELECT name, sql FROM main.sqlite_master WHERE sql IS NOT NULL"))


def _is_ours(sql: str) -> bool:
    head, separator, _ = sql.partition(_OURS)
    return bool(separator) and head.startswith("CREATE VIEW ") and "\n" not in head


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
    columns = set(
        conn.execute(
            "SELECT tables.name, columns.name FROM sqlite_master AS tables,"
            " pragma_table_info(tables.name) AS columns WHERE tables.type = 'table'"
            " AND tables.sql NOT LIKE 'CREATE VIRTUAL%'"  # a damaged index is verify's business
        )
    )
    wanted = {(table, name) for table, names in wanted_columns().items() for name in names}
    return ".".join(min(wanted - columns, default=()))


def check_mirror(conn: sqlite3.Connection, path: Path | str) -> None:
    """Raises NotAMirror for a file that this version can't read; ``path`` is for people."""
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
    if version < SCHEMA_VERSION:
        return  # an upgrade makes the tables anew
    if missing := missing_column(conn):
        raise NotAMirror(f"{path} lacks a column of a mirror: {missing}: {_ANEW}")
    ours = {*own_tables()}  # FTS5 calls the tables of an index _search_pads_fts_data, ...
    for (view,) in conn.execute("SELECT name FROM sqlite_master WHERE type = 'view'"):
        if view.startswith("_") and {view, view.rpartition("_")[0]} & ours:  # it may never end
            raise NotAMirror(f"{path} has a view in the place of a table: {view}: {_ANEW}")


# SQLite's errors

_AGAIN = "run the same command again"
_NO_ROOM = f": the disk, a quota or a limit of files is full: make room and {_AGAIN}"
_NOT_LOCAL = " can't be used here ({}): WAL mode needs a local disk"
_DAMAGED = f" is damaged: {{}}: {_ANEW}"
_NO_FILE = (
    " is not an SQLite database, or its header is damaged: choose another file, or restore a backup"
)

# SQLite's name of the error, our error for it, and its text after the file's name. The first match
# counts. EDQUOT and EFBIG come as IOERR_WRITE: only ENOSPC is FULL.
_BY_NAME: tuple[tuple[str, type[MirrorError], str], ...] = (
    ("SQLITE_BUSY", Stopped, f" is in use by another process: {_AGAIN}"),
    ("SQLITE_LOCKED", Stopped, f" is in use by another process: {_AGAIN}"),
    ("SQLITE_FULL", Stopped, f": the disk is full: make room and {_AGAIN}"),
    ("SQLITE_IOERR_WRITE", Stopped, _NO_ROOM),
    ("SQLITE_IOERR_SHMSIZE", Stopped, _NO_ROOM),
    *((name, UsageError, _NOT_LOCAL) for name in UNSHARED),
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
    ("codec can't decode", DataError, _DAMAGED),  # what SQLite says of a damaged schema
    ("invalid fts5 file format", DataError, _DAMAGED),
    ("vtable constructor failed", DataError, _DAMAGED),
    ("already exists", DataError, _DAMAGED),  # what an upgrade makes
    # Ours raises nothing itself: a signal came while SQLite called it.
    ("user-defined function", Stopped, f": interrupted: {_AGAIN}"),
)


@contextmanager
def explaining(path: Path) -> Iterator[None]:
    """Raises SQLite's errors about a file as ours, except those that only a bug causes."""
    try:
        yield
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise explained(error, path) or error from error


def explained(error: sqlite3.Error | UnicodeDecodeError, path: Path) -> MirrorError | None:
    """Our error for one of SQLite's; None for one that only a bug of ours causes."""
    name = getattr(error, "sqlite_errorname", "")
    named = [row for row in _BY_NAME if name.startswith(row[0])]
    for _, kind, words in named or [row for row in _BY_MESSAGE if row[0] in str(error)]:
        return kind(f"{path}{words.format(error)}")
    return None
