"""The only module that depends on the internals of Datasette 0.65, which 1.0 changes or removes.

It wraps what Datasette doesn't document, or has announced to remove:

- the hook ``get_metadata`` and ``metadata()`` (in 1.0: metadata in an internal database, and
  configuration): ``mirrors_metadata``, ``users_metadata``;
- the hook ``permission_allowed`` and ``ensure_permissions`` (in 1.0: SQL that selects what may be
  seen): ``actor_of``, ``may_see``;
- ``Database`` with ``_prepare_connection`` and ``executor``: ``LiveDatabase``, ``adopt``;
- its views, by class name, and the methods that they call: ``own_page``, ``BriefTables``,
  ``NamedRows``, ``WholeAnswers``; and the folder of a user's templates: ``has_template``.

The hook ``canned_queries`` (in 1.0: stored queries) is in the site.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import threading
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from functools import partial
from importlib import import_module
from itertools import islice
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from cachetools import LRUCache
from datasette import Forbidden, Response
from datasette.database import Database, QueryInterrupted
from datasette.utils import await_me_maybe, tilde_decode
from datasette.utils.asgi import Request
from datasette.version import __version__
from datasette.views.base import DatasetteError

from ll2_mirror.errors import DataError, MirrorError
from ll2_mirror.files import printable
from ll2_mirror.ll2.schema import APPLICATION_ID, tables
from ll2_mirror.serve.asgi import Scope
from ll2_mirror.store.file import explained, lend_views
from ll2_mirror.store.reader import LONGEST_VALUE, File, Latest, Reading, reading

if TYPE_CHECKING:
    from datasette.app import Datasette

_KNOWN_VERSIONS = ("0.65",)  # as major.minor
NAME = "ll2-mirror"  # of the plugin, in Datasette's configuration
_PLUGINS = ("ll2_mirror", "ll2_mirror_site")  # the entry points' names
_KNOWING = {b"cookie", b"authorization"}  # headers that may identify a user

# A file's views, before them those that lend_views makes.
_VIEWS = (
    "SELECT name, sql FROM temp.sqlite_master WHERE type = 'view'"
    " UNION ALL SELECT name, sql FROM main.sqlite_master WHERE type = 'view'"
)

Actor = dict[str, Any] | None  # None: not logged in


def version_problem(version: str = __version__) -> str:
    """Why this version of Datasette isn't supported, in one line; empty: it is."""
    if ".".join(version.split(".")[:2]) in _KNOWN_VERSIONS:
        return ""
    return (
        f"Datasette {version} isn't supported by ll2-mirror, only {' and '.join(_KNOWN_VERSIONS)}:"
        f" `pip install 'datasette~={_KNOWN_VERSIONS[-1]}.2'`"
    )


# Databases.

_known_mirrors: WeakKeyDictionary[Database, bool] = WeakKeyDictionary()


class UnreadablePage(DatasetteError, MirrorError):
    """A file can't be read; Datasette's pages say why, with status 503."""

    def __init__(self, message: str) -> None:
        DatasetteError.__init__(self, message, "Can't be read", status=503)


class LiveDatabase(Database):
    """A mirror as a database of Datasette's, reopened when the file is replaced.

    Datasette's own class doesn't escape the path in its URI, and never reopens a file.
    """

    def __init__(self, ds: Datasette, path: Path) -> None:
        super().__init__(ds, path=printable(str(path)))
        self.file = File(path)
        self._thread = threading.local()
        _known_mirrors[self] = True

    def suggest_name(self) -> str:
        """The name of the database, from its file."""
        return printable(self.file.path.stem)

    @property
    def size(self) -> int:
        """The size of the file in bytes."""
        return self.file.path.stat().st_size

    def connect(self, write: bool = False) -> sqlite3.Connection:
        """A connection to the file; only other plugins request one that can write."""
        if not write:
            return _harmless(self.file.reading())
        uri = f"{self.file.path.resolve().as_uri()}?mode=rw"
        return sqlite3.connect(uri, uri=True, check_same_thread=False)

    async def execute_fn(self, fn: Callable[[sqlite3.Connection], Any]) -> Any:
        """The result of a function that gets a connection, run in one of Datasette's threads."""
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
            raise UnreadablePage(str(error)) from error
        except sqlite3.DataError:  # a value that a user's SQL makes is too large
            raise
        except sqlite3.Error as error:  # most are errors in SQL that a user entered
            message = explained(error, Path(self.file.path.name))
            if type(message) is not DataError:
                raise
            raise UnreadablePage(str(message)) from error

    def _prepare(self, conn: Reading) -> None:
        self.ds._prepare_connection(_harmless(conn), self.name)

    async def view_names(self) -> list[str]:
        """The views, with those that are lent."""
        return [name for (name,) in await self.execute(f"SELECT DISTINCT name FROM ({_VIEWS})")]

    async def get_view_definition(self, view: str) -> str | None:
        """The statement of a view."""
        found = await self.execute(f"SELECT sql FROM ({_VIEWS}) WHERE name = ?", [view])
        return found.rows[0][0] if found.rows else None

    def close(self) -> None:
        """Closes all connections to the file."""
        self.file.close()


class BoundedCursor(sqlite3.Cursor):
    """A cursor whose rows take as much memory as one value may: more ends the query."""

    def fetchmany(self, size: int | None = 1) -> list[Any]:
        """The next rows."""
        return self._bounded(islice(self, size))

    def fetchall(self) -> list[Any]:
        """All rows that are left."""
        return self._bounded(self)

    def _bounded(self, rows: Iterator[Any]) -> list[Any]:
        kept, left = [], LONGEST_VALUE
        for row in rows:
            left -= sum(len(value) for value in row if isinstance(value, str | bytes))
            if left < 0:
                raise sqlite3.DataError(f"the rows have more than {LONGEST_VALUE:,} bytes")
            kept.append(row)
        return kept


def _harmless(conn: Reading) -> Reading:
    """The connection, read-only and within bounds, whatever SQL a user enters."""
    lend_views(conn)
    conn.execute("PRAGMA query_only = 1")
    conn.cursor = partial(conn.cursor, BoundedCursor)  # type: ignore[method-assign, assignment]
    return conn


def is_mirror(database: Database) -> bool:
    """Whether a database of Datasette's is a mirror, of any version."""
    if database not in _known_mirrors:
        holds = bool(database.path) and _holds_mirror(Path(database.path))
        if holds is None:
            return False  # not yet: a sync may make it one
        _known_mirrors[database] = holds
    return _known_mirrors[database]


def file_of(database: Database) -> File:
    """The file of a database."""
    return database.file if isinstance(database, LiveDatabase) else File(Path(database.path))


def _holds_mirror(path: Path) -> bool | None:
    """Whether a file is a mirror; None if it is empty or can't be read now."""
    try:
        with closing(reading(path, timeout=0)) as conn:
            if conn.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID:
                return True
            return False if path.stat().st_size else None
    except (sqlite3.Error, MirrorError, OSError):
        return None


def adopt(datasette: Datasette) -> None:
    """Replaces the database of each mirror that Datasette opened by a LiveDatabase."""
    for name, database in datasette.databases.items():
        if type(database) is Database and database.is_mutable and is_mirror(database):
            live = LiveDatabase(datasette, Path(database.path))
            live.name, live.route = database.name, database.route
            datasette.databases = {**datasette.databases, name: live}


# Metadata.


def mirrors_metadata(
    datasette: Datasette, key: str | None, make: Callable[[], dict[str, Any]]
) -> dict[str, Any]:
    """Metadata for each mirror, as the hook ``get_metadata`` returns it.

    It is made anew each time, since Datasette changes it. Datasette also asks for single keys,
    which get nothing; but its first calls find out which files are mirrors, before one can change.
    """
    mirrors = [name for name, database in datasette.databases.items() if is_mirror(database)]
    return {"databases": {name: make() for name in mirrors}} if key in (None, "databases") else {}


def users_metadata(datasette: Datasette, key: str, database: str | None = None) -> Any:
    """A user's metadata by key, of all databases or of one; None if there is none."""
    return datasette.metadata(key, database=database, fallback=False)


def configured_base(datasette: Datasette) -> str:
    """The scheme://host that the plugin's configuration says; empty if it says none."""
    config = datasette.plugin_config(NAME) or {}
    return str(config.get("base_url") or "").rstrip("/")


# Users and permissions, which Datasette and its plugins decide.

# Whether an actor may see a database, by the time when that was decided, and both.
_decisions: WeakKeyDictionary[Datasette, LRUCache[tuple[int, str, str], bool]] = WeakKeyDictionary()


async def actor_of(datasette: Datasette, scope: Scope, receive: Any) -> Actor:
    """The user, as Datasette's plugins know them; None: not logged in."""
    headers = {name for name, _ in scope["headers"]}
    if _is_plain() and not headers & _KNOWING and "actor" not in scope:
        return None
    for answer in _hooks().actor_from_request(datasette=datasette, request=Request(scope, receive)):
        if actor := await await_me_maybe(answer):
            return dict(actor)
    return dict(scope["actor"]) if scope.get("actor") else None


async def may_see(datasette: Datasette, actor: Actor, database: str) -> bool:
    """Whether a user may see a mirror: the database and all of LL2's tables in it.

    It is all or nothing, because a response nests rows of many tables. What other plugins decide
    is asked again after a second: some pages check a hundred permissions, this one 60 tables.
    """
    when = 0 if _is_plain() else int(monotonic())
    decisions = _decisions.setdefault(datasette, LRUCache(500))
    key = (when, database, json.dumps(actor, sort_keys=True, default=repr))
    if key not in decisions:
        decisions[key] = await _is_allowed(datasette, actor, database)
    return decisions[key]


async def _is_allowed(datasette: Datasette, actor: Actor, database: str) -> bool:
    try:
        await datasette.ensure_permissions(actor, [("view-database", database), "view-instance"])
    except Forbidden:
        return False
    for table in tables():
        of_table = (database, table)  # seen as the database is, if nobody decides
        if not await datasette.permission_allowed(actor, "view-table", of_table, default=True):
            return False
    return True


def _is_plain() -> bool:
    """Whether only Datasette's own plugins decide who a user is, and what they may see."""
    hooks = _hooks()
    about = (hooks.actor_from_request, hooks.permission_allowed, hooks.get_metadata)
    names = {each.plugin_name for hook in about for each in hook.get_hookimpls()}
    return all(name.startswith("datasette.") or name in _PLUGINS for name in names)


def _hooks() -> Any:
    """Datasette's hooks; imported late, since that imports the plugins, of which this is one."""
    return import_module("datasette.plugins").pm.hook


# Datasette's own pages, slightly changed.


def has_template(datasette: Datasette, name: str) -> bool:
    """Whether a user has a template of their own for a page."""
    return bool(datasette.template_dir) and Path(str(datasette.template_dir), name).exists()


def method_not_allowed(method: str) -> DatasetteError:
    """The error for a request that would change something."""
    return DatasetteError(f"{method} is not allowed here, only GET.", status=405)


async def own_page(page: str, datasette: Any, request: Request) -> Response:
    """A page of Datasette's own; views are imported late, since they import the plugins.

    Raises DatasetteError: for parameters that can't be read, with the status 400 rather than 500.
    """
    if page == "table" and request.method == "POST" and await _only_reads(datasette, request):
        raise method_not_allowed("POST")
    view = getattr(import_module(f"datasette.views.{page}"), f"{page.capitalize()}View")
    try:
        response: Response = await view(datasette).dispatch_request(request)
    except DatasetteError as error:
        error.status = 400 if error.status == 500 else error.status
        raise
    except (ValueError, TypeError, LookupError, AssertionError) as error:  # it has no checks
        if not request.query_string:
            raise
        message = f"A parameter of this address can't be read: {error}"
        raise DatasetteError(message, status=400) from error
    if response.status == 405:
        raise method_not_allowed(request.method)
    return response


async def _only_reads(datasette: Any, request: Request) -> bool:
    """Whether the URL isn't that of a query that writes: nothing else accepts POST."""
    route, name = (tilde_decode(request.url_vars[part]) for part in ("database", "table"))
    database = next((each for each in datasette.databases.values() if each.route == route), None)
    if not database:
        return False
    query = await datasette.get_canned_query(database.name, name, request.actor)
    return not (query and query.get("write"))


class _Altered:
    """A proxy that replaces some methods of an object of Datasette's."""

    def __init__(self, real: Any) -> None:
        self.real = real

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)


def real(datasette: Any) -> Any:
    """The Datasette behind a proxy, which hooks may be called with."""
    return getattr(datasette, "real", datasette)


class BriefTables(_Altered):
    """A Datasette, or one of its databases, that only knows tables' names and row counts.

    Datasette would look up six things for each of some 200 tables. ``may_see``: whether the user
    may see LL2's tables; ``count``: the number of rows by table.
    """

    def __init__(
        self,
        real: Any,
        may_see: Callable[[], Awaitable[bool]],
        count: Callable[[list[str]], Awaitable[dict[str, int | None]]],
    ) -> None:
        super().__init__(real)
        self.may_see, self.count = may_see, count

    def get_database(self, route: str) -> Any:
        """A proxy of the database."""
        return BriefTables(self.real.get_database(route=route), self.may_see, self.count)

    async def check_visibility(self, actor: Any, permissions: list[Any]) -> tuple[bool, bool]:
        """Whether a user may see something, and whether it is private."""
        action, *resource = permissions[0]
        if action == "view-table" and resource[0][1] in tables():
            return await self.may_see(), False
        visibility: tuple[bool, bool]
        visibility = await self.real.check_visibility(actor, permissions=permissions)
        return visibility

    async def table_counts(self, _limit: int) -> dict[str, int | None]:
        """How many rows each table has."""
        return await self.count(await self.real.table_names())

    async def get_all_foreign_keys(self) -> dict[str, Any]:
        """No foreign keys of any table."""
        return defaultdict(dict)

    async def table_columns(self, _table: str) -> list[str]:
        """No columns; nor primary keys, nor a table for search."""
        return []

    primary_keys = fts_table = table_columns


class NamedRows(_Altered):
    """A Datasette that labels foreign keys with our names, and suggests no facets, which is slow.

    ``names``: the names by id of the rows that a column refers to; None: not a column of LL2's.
    """

    def __init__(
        self, real: Any, names: Callable[[str, str, list[Any]], Awaitable[dict[Any, str] | None]]
    ) -> None:
        super().__init__(real)
        self.names = names

    def setting(self, key: str) -> Any:
        """A setting."""
        return key != "suggest_facets" and self.real.setting(key)

    async def expand_foreign_keys(
        self, database: str, table: str, column: str, values: list[Any]
    ) -> dict[tuple[str, Any], str]:
        """The labels of a column's values."""
        names = await self.names(table, column, values)
        if names is None:
            return dict(await self.real.expand_foreign_keys(database, table, column, values))
        return {(column, id_): name for id_, name in names.items()}


class WholeAnswers(_Altered):
    """A Datasette that returns all rows of a query, within its time limit, or an error."""

    async def execute(self, database: str, sql: str, params: Any, **_options: Any) -> Any:
        """The rows; raises DatasetteError where Datasette's CSV would be empty, with status 200."""
        try:
            return await self.real.execute(database, sql, params)
        except QueryInterrupted:
            limit = self.real.setting("sql_time_limit_ms")
            raise DatasetteError(
                f"The query takes more than {limit} ms: serve with a larger sql_time_limit_ms, or"
                " query the file itself",
                status=400,
            ) from None
        except sqlite3.DatabaseError as error:
            raise DatasetteError(str(error), status=400) from None
