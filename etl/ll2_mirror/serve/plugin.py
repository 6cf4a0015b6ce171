"""The Datasette plugin: LL2's own paths, served from the mirror that Datasette has opened.

It stands before Datasette's routes, so that an answer's headers are upstream's; who may see the
database is asked of Datasette all the same.
"""

from __future__ import annotations

import asyncio
import re
import sqlite3
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from functools import cached_property
from http.cookies import CookieError
from ipaddress import IPv6Address
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from datasette import Forbidden, hookimpl, plugins
from datasette.utils import await_me_maybe
from datasette.utils.asgi import Request as Asked

from ll2_mirror.errors import DataError
from ll2_mirror.ll2.describe import Table, sections
from ll2_mirror.ll2.page import API_PATH
from ll2_mirror.ll2.resources import RESOURCES
from ll2_mirror.ll2.schema import own_tables
from ll2_mirror.query.api import refusal
from ll2_mirror.query.request import Request, decoded
from ll2_mirror.serve.reader import Reader, Watch, is_mirror
from ll2_mirror.serve.wire import Cache, Sent, matches, packs, prepared

if TYPE_CHECKING:
    from datasette.app import Datasette
    from datasette.database import Database


NAME = "ll2-mirror"  # of the plugin, in Datasette's configuration
_HOST = re.compile(r"(?:[A-Za-z0-9._-]+|\[(?P<address>[0-9A-Fa-f:.]+)\])(?::\d{1,5})?", re.ASCII)
_FRESH = b"public, max-age=0, must-revalidate"  # the next sync may be any time
_PLUGIN = "ll2_mirror"  # the entry point's name
_KNOWING = {b"cookie", b"authorization"}  # headers by which Datasette knows who asks
_FORBIDDEN = "You do not have permission to perform this action."
_OPEN = (b"access-control-allow-origin", b"*")
_EXPOSED = (b"access-control-expose-headers", b"ETag, Last-Modified")

App = Callable[[dict[str, Any], Any, Any], Awaitable[None]]


@hookimpl
def asgi_wrapper(datasette: Datasette) -> Callable[[App], App]:
    """Answers LL2's paths; all others are Datasette's."""
    api = Api(datasette)

    def wrap(app: App) -> App:
        async def asgi(scope: dict[str, Any], receive: Any, send: Any) -> None:
            if scope["type"] != "http" or not await api(scope, receive, send):
                await app(scope, receive, send)

        return asgi

    return wrap


@hookimpl
def get_metadata(datasette: Datasette, key: str | None) -> dict[str, Any]:
    """Says on Datasette's pages whose the data are and what they mean; hides the tool's own tables.

    Datasette asks for many a key besides, for each table that it lists: those have nothing here.
    It begins with some, so that a mirror is known as one before anything happens to its file.
    """
    mirrors = [name for name, database in datasette.databases.items() if _is_mirror(database)]
    asked = key in (None, "databases")
    return {"databases": {name: _metadata() for name in mirrors}} if asked else {}


def _metadata() -> dict[str, Any]:
    """What Datasette shows of a mirror; made anew each time, since Datasette changes it."""
    return {
        "source": "Launch Library 2, The Space Devs",
        "source_url": "https://thespacedevs.com/llapi",
        "tables": {
            **{table: {"hidden": True} for table in own_tables()},
            **{table.name: _told(table) for section in sections() for table in section.tables},
        },
    }


def _told(table: Table) -> dict[str, Any]:
    columns = {one.column.name: one.comment for one in table.columns}
    return {"description": table.text, "columns": columns}


_known: WeakKeyDictionary[Database, bool] = WeakKeyDictionary()  # which are mirrors


def _is_mirror(database: Database) -> bool:
    if database.path is None:
        return False
    if database not in _known:
        try:
            with closing(database.connect()) as conn:
                conn.execute("PRAGMA busy_timeout = 0")
                found = is_mirror(conn)
        except sqlite3.Error:
            return False
        if not found and not database.size:
            return False  # nothing yet: a sync may make it one
        _known[database] = found
    return _known[database]


class Api:
    """LL2's API on the first mirror among the databases of a Datasette."""

    def __init__(self, datasette: Datasette) -> None:
        self._datasette = datasette
        self._database: Database | None = None
        self._open: tuple[Reader, Watch, Cache] | None = None
        self._thread = ThreadPoolExecutor(1, "ll2")
        self._busy = 0  # requests that the thread has
        self._open_to_all: dict[str | None, bool] = {}  # by table

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> bool:
        """Answers a request for one of LL2's paths; False where it isn't, or no mirror is open."""
        sent = (scope.get("raw_path") or scope["path"].encode()).partition(b"?")[0]
        path = decoded(sent.decode("latin-1"))
        prefix = self._datasette.setting("base_url").rstrip("/")
        if not f"{path}/".startswith(f"{prefix}{API_PATH}"):
            return False
        if (database := self._mirror()) is None:
            return False
        await self._datasette.invoke_startup()
        headers = dict(scope["headers"])
        if scope["method"] == "OPTIONS" and b"access-control-request-method" in headers:
            await _send(send, 204, _preflight(headers))
            return True
        place = path.removeprefix(prefix).removeprefix(API_PATH).partition("/")[0]
        table = RESOURCES[place].table if place in RESOURCES else None
        actor = None
        try:
            if self._is_plain and not headers.keys() & _KNOWING and "actor" not in scope:
                allowed = await self._may_anybody(table)
            else:
                actor = await self._actor(Asked(scope, receive))
                allowed = await self._may_see(actor, table)
            if allowed:
                found = await self._answered(scope, prefix, database)
            else:
                found = prepared(refusal(403, _FORBIDDEN))
        except (sqlite3.Error, DataError):
            name = Path(str(database.path)).name
            words = f"{name} can't be read: `ll2-mirror verify {name}` says why."
            found = prepared(refusal(503, words))
        await _respond(send, scope["method"], headers, found, actor is not None)
        return True

    def _mirror(self) -> Database | None:
        """The first database that is a mirror."""
        databases = self._datasette.databases.values()
        if self._database not in databases:
            self._database = next((one for one in databases if _is_mirror(one)), None)
            self._open = None
            self._open_to_all.clear()
        return self._database

    def _opened(self, database: Database) -> tuple[Reader, Watch, Cache]:
        """What goes with the mirror; raises sqlite3.Error where it can't be opened."""
        if self._open is None:
            reader = Reader(Path(str(database.path)), database.connect())
            self._open = reader, Watch(database.connect()), Cache()
        return self._open

    async def _actor(self, asked: Asked) -> dict[str, Any] | None:
        """Who asks, as Datasette's plugins know them."""
        with suppress(CookieError):  # then it is nobody whom Datasette knows
            hook = plugins.pm.hook.actor_from_request
            for found in hook(datasette=self._datasette, request=asked):
                if actor := await await_me_maybe(found):
                    return dict(actor)
        actor = asked.scope.get("actor")
        return dict(actor) if actor else None

    async def _may_anybody(self, table: str | None) -> bool:
        """Whether somebody whom nobody knows may see a table: the same whenever it is asked."""
        if table not in self._open_to_all:
            self._open_to_all[table] = await self._may_see(None, table)
        return self._open_to_all[table]

    async def _may_see(self, actor: dict[str, Any] | None, table: str | None) -> bool:
        """Whether Datasette shows somebody the database, and the table that a path lists."""
        assert self._database is not None
        wanted: list[Any] = [("view-database", self._database.name), "view-instance"]
        if table:
            wanted.insert(0, ("view-table", (self._database.name, table)))
        try:
            await self._datasette.ensure_permissions(actor, wanted)
        except Forbidden:
            return False
        return True

    @cached_property
    def _is_plain(self) -> bool:
        """Whether no plugin but Datasette's own has a say in who asks, and who may see what."""
        hooks = plugins.pm.hook
        said = (hooks.actor_from_request, hooks.permission_allowed, hooks.get_metadata)
        names = {one.plugin_name for hook in said for one in hook.get_hookimpls()}
        return all(name.startswith("datasette.") or name == _PLUGIN for name in names)

    async def _answered(self, scope: dict[str, Any], prefix: str, database: Database) -> Sent:
        """The answer to a request, from memory where the file is the same as when it was given.

        Raises sqlite3.Error or DataError where the file can't be read.
        """
        base = self._base(scope)
        if base is None:
            return prepared(refusal(400, "The Host header is no host's name."))
        request = request_of(scope, base, prefix)
        reader, watch, cache = self._opened(database)
        version = watch.version
        sent = cache.get(request, version)
        if sent is None:
            sent = await self._read(request, reader, watch)
            cache.keep(request, sent, version)
        return sent

    async def _read(self, request: Request, reader: Reader, watch: Watch) -> Sent:
        """Reads an answer: at once where that is quick, else in a thread that reads one by one.

        In one, and not in each of Datasette's, so that all profit from what was read before.
        """
        if reader.is_quick and not watch.waits and not self._busy:
            return reader(request)
        self._busy += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._thread, reader, request)
        finally:
            self._busy -= 1

    def _base(self, scope: dict[str, Any]) -> str | None:
        """Where the links lead: what is configured, else where the client asked."""
        config = self._datasette.plugin_config(NAME) or {}
        if configured := config.get("base_url"):
            return str(configured).rstrip("/")
        host = dict(scope["headers"]).get(b"host", b"localhost").decode("latin-1")
        secure = self._datasette.setting("force_https_urls") or scope.get("scheme") == "https"
        return f"{'https' if secure else 'http'}://{host}" if _is_host(host) else None


def request_of(scope: dict[str, Any], base: str, prefix: str) -> Request:
    """The request that an ASGI scope holds, its path without the prefix; HEAD asks as GET does."""
    sent = scope["query_string"]
    try:
        query = sent.decode("utf-8")
    except UnicodeDecodeError:
        query = sent.decode("latin-1")
    accept = [value.decode("latin-1") for name, value in scope["headers"] if name == b"accept"]
    path = (scope.get("raw_path") or scope["path"].encode()).partition(b"?")[0].decode("latin-1")
    return Request(
        path.removeprefix(prefix),
        query,
        f"{base}{prefix}",
        ",".join(accept) if accept else None,
        "GET" if scope["method"] == "HEAD" else scope["method"],
        (scope.get("client") or ("127.0.0.1",))[0],
    )


def _is_host(text: str) -> bool:
    """Whether a Host header names a host, as a name or an address."""
    match = _HOST.fullmatch(text)
    if match is None or match["address"] is None:
        return match is not None
    try:
        IPv6Address(match["address"])
    except ValueError:
        return False
    return True


def _preflight(headers: dict[bytes, bytes]) -> list[tuple[bytes, bytes]]:
    """What a browser asks before it sends a header of its own to another origin."""
    return [
        _OPEN,
        (b"access-control-allow-methods", b"GET, HEAD"),
        (b"access-control-allow-headers", headers.get(b"access-control-request-headers", b"*")),
        (b"access-control-max-age", b"86400"),
        (b"vary", b"Access-Control-Request-Headers"),
    ]


async def _respond(
    send: Any, method: str, asked: dict[bytes, bytes], sent: Sent, private: bool
) -> None:
    """Sends an answer, packed where the client takes that; 304 where the client has it already."""
    headers = [*sent.headers, _OPEN, _EXPOSED]
    status, body = sent.status, sent.body
    packed = sent.packed if packs(asked.get(b"accept-encoding", b"")) else b""
    if packed:
        headers = [(n, v + b", Accept-Encoding") if n == b"vary" else (n, v) for n, v in headers]
    if status == 200:
        fresh = b"private, no-store" if private else _FRESH
        headers += [(b"etag", sent.etag), (b"cache-control", fresh)]
        if matches(asked.get(b"if-none-match", b""), sent.etag):
            kept = (b"vary", b"etag", b"cache-control", *(name for name, _ in (_OPEN, _EXPOSED)))
            await _send(send, 304, [one for one in headers if one[0] in kept])
            return
    if packed:
        body = packed
        headers.append((b"content-encoding", b"gzip"))
    headers.append((b"content-length", str(len(body)).encode()))
    await _send(send, status, headers, b"" if method == "HEAD" else body)


async def _send(
    send: Any, status: int, headers: list[tuple[bytes, bytes]], body: bytes = b""
) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
