"""A mirror as Datasette's own pages read it: as it is now, whatever it is called."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from datasette.database import Database
from datasette.views.base import DatasetteError

from ll2_mirror.errors import DataError, MirrorError
from ll2_mirror.files import printable
from ll2_mirror.ll2.schema import APPLICATION_ID
from ll2_mirror.store.explain import explained
from ll2_mirror.store.reading import File, Latest, reading

if TYPE_CHECKING:
    from datasette.app import Datasette


_known: WeakKeyDictionary[Database, bool] = WeakKeyDictionary()  # which are mirrors


class Unreadable(DatasetteError, MirrorError):
    """A file can't be read now; Datasette's pages say why, with status 503."""

    def __init__(self, told: str) -> None:
        DatasetteError.__init__(self, told, "Can't be read", status=503)


class LiveDatabase(Database):
    """A database of Datasette's whose connections are made anew where the file is another.

    Datasette's own puts the path into a URI as it is, and never looks at the file again.
    """

    def __init__(self, ds: Datasette, path: Path) -> None:
        super().__init__(ds, path=printable(str(path)))
        self.file = File(path)
        self._thread = threading.local()
        _known[self] = True

    def suggest_name(self) -> str:
        """What the database is called, by its file."""
        return printable(self.file.path.stem)

    @property
    def size(self) -> int:
        """The bytes of the file."""
        return self.file.path.stat().st_size

    def connect(self, write: bool = False) -> sqlite3.Connection:
        """A connection to the file; only plugins of others ask for one to write."""
        if not write:
            return _harmless(self.file.reading())
        uri = f"{self.file.path.resolve().as_uri()}?mode=rw"
        return sqlite3.connect(uri, uri=True, check_same_thread=False)

    async def execute_fn(self, fn: Callable[[sqlite3.Connection], Any]) -> Any:
        """What a function reads through a connection, in one of Datasette's threads."""
        if self.ds.executor is None:
            return self._read(fn)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.ds.executor, self._read, fn)

    def _read(self, fn: Callable[[sqlite3.Connection], Any]) -> Any:
        if not hasattr(self._thread, "latest"):
            self._thread.latest = Latest(self.file, self._prepare)
        try:
            return self._thread.latest(fn)
        except MirrorError as error:
            raise Unreadable(str(error)) from error
        except sqlite3.Error as error:  # most are of the SQL that somebody entered
            told = explained(error, Path(self.file.path.name))
            if type(told) is not DataError:
                raise
            raise Unreadable(str(told)) from error

    def _prepare(self, conn: sqlite3.Connection) -> None:
        self.ds._prepare_connection(_harmless(conn), self.name)

    def close(self) -> None:
        """Closes all connections to the file."""
        self.file.close()


def _harmless(conn: sqlite3.Connection) -> sqlite3.Connection:
    """The connection, which can now write nothing, whatever SQL somebody enters."""
    conn.execute("PRAGMA query_only = 1")
    return conn


def is_mirror(database: Database) -> bool:
    """Whether a database of Datasette's is a mirror, of any version."""
    if database not in _known:
        found = bool(database.path) and _holds_mirror(Path(database.path))
        if found is None:
            return False  # nothing yet: a sync may make it one
        _known[database] = found
    return _known[database]


def file_of(database: Database) -> File:
    """The file of a database of Datasette's."""
    return database.file if isinstance(database, LiveDatabase) else File(Path(database.path))


def _holds_mirror(path: Path) -> bool | None:
    """Whether a file is a mirror; None where that can't be told now."""
    try:
        with closing(reading(path, timeout=0)) as conn:
            found = conn.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID
            return found or (False if path.stat().st_size else None)
    except (sqlite3.Error, MirrorError, OSError):
        return None


def adopt(datasette: Datasette) -> None:
    """Has Datasette read each mirror that it opened as it is now."""
    for name, database in datasette.databases.items():
        if type(database) is Database and database.is_mutable and is_mirror(database):
            live = LiveDatabase(datasette, Path(database.path))
            live.name, live.route = database.name, database.route
            datasette.databases = {**datasette.databases, name: live}
