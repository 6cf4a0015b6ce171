"""All that depends on the inside of Datasette 0.65, which its 1.0 has otherwise or no longer.

Nothing else in this package touches what Datasette doesn't document or has announced to remove:

- the hook ``get_metadata`` and ``metadata()`` (in 1.0: metadata in an internal database, and
  configuration): ``mirrors_metadata``, ``users_metadata``;
- the hook ``permission_allowed`` and ``ensure_permissions`` (in 1.0: SQL that selects what may be
  seen): ``Permissions``;
- ``Database`` with ``_prepare_connection`` and ``executor``: ``LiveDatabase``, ``adopt``;
- its pages' views, by class name, and the methods that they call: ``own_page``, ``BriefTables``,
  ``NamedRows``; and where a user's templates are: ``has_template``.

The hook ``canned_queries`` (in 1.0: stored queries) is the site's.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import threading
from collections import defaultdict
from collections.abc import Awaitable, Callable
from contextlib import closing
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, ref

from cachetools import LRUCache
from datasette import Forbidden, Response
from datasette.database import Database
from datasette.utils import await_me_maybe, tilde_decode
from datasette.utils.asgi import Request
from datasette.version import __version__
from datasette.views.base import DatasetteError

from ll2_mirror.errors import DataError, MirrorError
from ll2_mirror.files import printable
from ll2_mirror.ll2.schema import APPLICATION_ID, tables
from ll2_mirror.serve.asgi import Scope
from ll2_mirror.store.explain import explained
from ll2_mirror.store.reading import File, Latest, reading

if TYPE_CHECKING:
    from datasette.app import Datasette

_KNOWN_VERSIONS = ("0.65",)  # as major.minor
_PLUGINS = ("ll2_mirror", "ll2_mirror_site")  # the entry points' names
_KNOWING = {b"cookie", b"authorization"}  # headers by which Datasette knows who asks

Actor = dict[str, Any] | None  # None: nobody whom Datasette knows


def version_problem(version: str = __version__) -> str:
    """Why this version of Datasette can't be used, in one line; empty: it can."""
    if ".".join(version.split(".")[:2]) in _KNOWN_VERSIONS:
        return ""
    return (
        f"Datasette {version} isn't supported by ll2-mirror, only {' and '.join(_KNOWN_VERSIONS)}:"
        f" `pip install 'datasette~={_KNOWN_VERSIONS[-1]}.2'`"
    )


# Databases: a mirror is read as it is now, whatever it is called.

_known_mirrors: WeakKeyDictionary[Database, bool] = WeakKeyDictionary()


class UnreadablePage(DatasetteError, MirrorError):
    """A file can't be read now; Datasette's pages say why, with status 503."""

    def __init__(self, message: str) -> None:
        DatasetteError.__init__(self, message, "Can't be read", status=503)


class LiveDatabase(Database):
    """A database of Datasette's whose connections are made anew where the file is another.

    Datasette's own puts the path into a URI as it is, and never looks at the file again.
    """

    def __init__(self, ds: Datasette, path: Path) -> None:
        super().__init__(ds, path=printable(str(path)))
        self.file = File(path)
        self._thread = threading.local()
        _known_mirrors[self] = True

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
            raise UnreadablePage(str(error)) from error
        except sqlite3.Error as error:  # most are of the SQL that somebody entered
            message = explained(error, Path(self.file.path.name))
            if type(message) is not DataError:
                raise
            raise UnreadablePage(str(message)) from error

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
    if database not in _known_mirrors:
        holds = bool(database.path) and _holds_mirror(Path(database.path))
        if holds is None:
            return False  # nothing yet: a sync may make it one
        _known_mirrors[database] = holds
    return _known_mirrors[database]


def file_of(database: Database) -> File:
    """The file of a database of Datasette's."""
    return database.file if isinstance(database, LiveDatabase) else File(Path(database.path))


def _holds_mirror(path: Path) -> bool | None:
    """Whether a file is a mirror; None where that can't be told now."""
    try:
        with closing(reading(path, timeout=0)) as conn:
            if conn.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID:
                return True
            return False if path.stat().st_size else None
    except (sqlite3.Error, MirrorError, OSError):
        return None


def adopt(datasette: Datasette) -> None:
    """Has Datasette read each mirror that it opened as it is now."""
    for name, database in datasette.databases.items():
        if type(database) is Database and database.is_mutable and is_mirror(database):
            live = LiveDatabase(datasette, Path(database.path))
            live.name, live.route = database.name, database.route
            datasette.databases = {**datasette.databases, name: live}


# Metadata, which the hook of that name returns.


def mirrors_metadata(
    datasette: Datasette, key: str | None, make: Callable[[], dict[str, Any]]
) -> dict[str, Any]:
    """The metadata of each mirror, made anew for each and each time, since Datasette changes it.

    Datasette asks for many a key besides, for each table that it lists: those have nothing here.
    It begins with some, so that a mirror is known as one before anything happens to its file.
    """
    mirrors = [name for name, database in datasette.databases.items() if is_mirror(database)]
    return {"databases": {name: make() for name in mirrors}} if key in (None, "databases") else {}


def users_metadata(datasette: Datasette, key: str, database: str | None = None) -> Any:
    """What a user's metadata has under a key, of all databases or of one; None: nothing."""
    return datasette.metadata(key, database=database, fallback=False)


# Who asks, and what they may see: up to Datasette and its plugins.

_permissions: WeakKeyDictionary[Datasette, Permissions] = WeakKeyDictionary()


def permissions(datasette: Datasette) -> Permissions:
    """The permissions of a Datasette: one for all parts of it."""
    if datasette not in _permissions:
        _permissions[datasette] = Permissions(datasette)
    return _permissions[datasette]


class Permissions:
    """The permissions of one Datasette."""

    def __init__(self, datasette: Datasette) -> None:
        self._ref = ref(datasette)  # else none would ever be let go
        self._known: LRUCache[tuple[str, str], bool] = LRUCache(500)  # by database and actor

    @property
    def _datasette(self) -> Datasette:
        datasette = self._ref()
        assert datasette is not None  # who asks has it
        return datasette

    async def actor(self, scope: Scope, receive: Any) -> Actor:
        """Who asks, as Datasette's plugins know them."""
        headers = {name for name, _ in scope["headers"]}
        if self._is_plain and not headers & _KNOWING and "actor" not in scope:
            return None
        for answer in _hooks().actor_from_request(
            datasette=self._datasette, request=Request(scope, receive)
        ):
            if actor := await await_me_maybe(answer):
                return dict(actor)
        return dict(scope["actor"]) if scope.get("actor") else None

    async def may_see(self, actor: Actor, database: str) -> bool:
        """Whether Datasette shows somebody a mirror as a whole: each of LL2's tables in it.

        What isn't seen as a whole isn't shown at all: a response nests rows of many tables.
        """
        if not self._is_plain:
            return await self._ask(actor, database)
        key = (database, json.dumps(actor, sort_keys=True, default=repr))
        if key not in self._known:
            self._known[key] = await self._ask(actor, database)
        return self._known[key]

    async def _ask(self, actor: Actor, database: str) -> bool:
        of_database = [("view-database", database), "view-instance"]
        try:
            await self._datasette.ensure_permissions(actor, of_database)
            for table in tables():
                of_table = [("view-table", (database, table)), *of_database]
                await self._datasette.ensure_permissions(actor, of_table)
        except Forbidden:
            return False
        return True

    @cached_property
    def _is_plain(self) -> bool:
        """Whether no plugin but Datasette's own has a say in who asks, and who may see what."""
        hooks = _hooks()
        about = (hooks.actor_from_request, hooks.permission_allowed, hooks.get_metadata)
        names = {each.plugin_name for hook in about for each in hook.get_hookimpls()}
        return all(name.startswith("datasette.") or name in _PLUGINS for name in names)


def _hooks() -> Any:
    """What plugins can say; imported late, since that imports the plugins, of which this is one."""
    return import_module("datasette.plugins").pm.hook


# Datasette's own pages, with parts of it altered for ours.


def has_template(datasette: Datasette, name: str) -> bool:
    """Whether a user has a template of their own for a page."""
    return bool(datasette.template_dir) and Path(str(datasette.template_dir), name).exists()


async def own_page(page: str, datasette: Any, request: Request) -> Response:
    """Datasette's own page; its views are imported late, since they import the plugins."""
    if page == "table" and request.method == "POST" and await _only_reads(datasette, request):
        return Response.text("Method not allowed", status=405, headers={"Allow": "GET, HEAD"})
    view = getattr(import_module(f"datasette.views.{page}"), f"{page.capitalize()}View")
    response: Response = await view(datasette).dispatch_request(request)
    return response


async def _only_reads(datasette: Any, request: Request) -> bool:
    """Whether what a database has of that name is no query that writes: nothing else takes POST."""
    route, name = (tilde_decode(request.url_vars[part]) for part in ("database", "table"))
    database = next((each for each in datasette.databases.values() if each.route == route), None)
    if not database:
        return False
    query = await datasette.get_canned_query(database.name, name, request.actor)
    return not (query and query.get("write"))


class _Altered:
    """A part of Datasette as it is to be for a page of ours: what isn't said here is the real's."""

    def __init__(self, real: Any) -> None:
        self.real = real

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)


def real(datasette: Any) -> Any:
    """The Datasette itself, where a hook is called with one of those below."""
    return getattr(datasette, "real", datasette)


class BriefTables(_Altered):
    """A Datasette, or a database of one, that says of tables no more than their names and counts.

    It would look up six things of each of some two hundred, one by one. ``may_see`` says whether
    who asks may see LL2's tables, ``count`` gives the rows of each of some tables.
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
        """The database, in brief."""
        return BriefTables(self.real.get_database(route=route), self.may_see, self.count)

    async def check_visibility(self, actor: Any, permissions: list[Any]) -> tuple[bool, bool]:
        """Whether somebody may see what is first among these; of LL2's tables that is known."""
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
    """A Datasette that suggests no facets, which takes longest, and calls rows as we do.

    ``names`` gives what the rows are called that a column refers to, by id; None: not ours.
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
        """What rows are called that a column refers to."""
        names = await self.names(table, column, values)
        if names is None:
            return dict(await self.real.expand_foreign_keys(database, table, column, values))
        return {(column, id_): name for id_, name in names.items()}
