"""The Datasette plugin: LL2's own paths, served from the mirror that Datasette has opened.

It stands before Datasette's routes, so that an answer's headers are upstream's; who may see the
database is asked of Datasette all the same.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from datasette import Forbidden, hookimpl, plugins
from datasette.utils import await_me_maybe
from datasette.utils.asgi import Request as Asked

from etl.files import shipped
from etl.query import Request, refusal
from etl.served import Cache, Reader, Sent, Watch, is_current, is_mirror, matches, packs, prepared
from etl.shapes import API_PATH

if TYPE_CHECKING:  # Datasette is being imported itself when it loads its plugins
    from datasette.app import Datasette
    from datasette.database import Database

NAME = "ll2-mirror"  # of the plugin, in Datasette's configuration
_HOST = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?")
_FRESH = b"public, max-age=0, must-revalidate"  # the next sync may be any time
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
def get_metadata(datasette: Datasette) -> dict[str, Any]:
    """Hides the tool's own tables on Datasette's pages, and says whose the data are."""
    found = {}
    for name, database in datasette.databases.items():
        if _is_mirror(database):
            found[name] = _metadata()
    return {"databases": found}


def _metadata() -> dict[str, Any]:
    """What Datasette shows of a mirror; made anew each time, since Datasette changes it."""
    return {
        "source": "Launch Library 2, The Space Devs",
        "source_url": "https://thespacedevs.com/llapi",
        "tables": {table: {"hidden": True} for table in _own_tables()},
    }


@cache
def _own_tables() -> list[str]:
    schema = shipped("schema.sql").read_text(encoding="utf-8")
    tables: list[str] = re.findall(r"^CREATE (?:VIRTUAL )?TABLE (_\w+)", schema, re.MULTILINE)
    return tables


_known: WeakKeyDictionary[Database, bool] = WeakKeyDictionary()  # which are mirrors


def _is_mirror(database: Database) -> bool:
    if database.path is None:
        return False
    if database not in _known:
        try:
            with closing(database.connect()) as conn:
                _known[database] = is_mirror(conn)
        except sqlite3.Error:
            return False
    return _known[database]


class Api:
    """LL2's API on the first mirror among the databases of a Datasette."""

    def __init__(self, datasette: Datasette) -> None:
        self._datasette = datasette
        self._database: Database | None = None

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> bool:
        """Answers a request for one of LL2's paths; False where it isn't, or no mirror is open."""
        path = (
            (scope.get("raw_path") or scope["path"].encode()).partition(b"?")[0].decode("latin-1")
        )
        prefix = self._datasette.setting("base_url").rstrip("/")
        if not f"{path}/".startswith(f"{prefix}{API_PATH}") or not self._open():
            return False
        await self._datasette.invoke_startup()
        headers = dict(scope["headers"])
        asked = Asked(scope, receive)
        if scope["method"] == "OPTIONS" and b"access-control-request-method" in headers:
            await _send(send, 204, _preflight(headers))
            return True
        private = await self._actor(asked)
        if (refused := await self._refused(private)) is not None:
            sent = refused
        else:
            sent = await self._answered(scope, headers, path.removeprefix(prefix), prefix)
        await _respond(send, scope["method"], headers, sent, private is not None)
        return True

    def _open(self) -> bool:
        """Finds the mirror, and what goes with it."""
        databases = self._datasette.databases.values()
        found = self._database
        if found is None or found not in databases:
            found = next((one for one in databases if _is_mirror(one)), None)
            if found is not None and found is not self._database:
                self._read = Reader(Path(str(found.path)))
                self._watch, self._cache = Watch(found.connect()), Cache()
            self._database = found
        return found is not None

    async def _actor(self, asked: Asked) -> dict[str, Any] | None:
        """Who asks, as Datasette's plugins know them."""
        for found in plugins.pm.hook.actor_from_request(datasette=self._datasette, request=asked):
            if actor := await await_me_maybe(found):
                return dict(actor)
        actor = asked.scope.get("actor")
        return dict(actor) if actor else None

    async def _refused(self, actor: dict[str, Any] | None) -> Sent | None:
        """The answer to one who may not see the database."""
        assert self._database is not None
        wanted = [("view-database", self._database.name), "view-instance"]
        try:
            await self._datasette.ensure_permissions(actor, wanted)
        except Forbidden:
            return prepared(refusal(403, "You do not have permission to perform this action."))
        return None

    async def _answered(
        self, scope: dict[str, Any], headers: dict[bytes, bytes], path: str, prefix: str
    ) -> Sent:
        """The answer to a request, from memory where the file is the same as when it was given."""
        base = self._base(scope, headers)
        if base is None:
            return prepared(refusal(400, "The Host header is no host's name."))
        accept = headers.get(b"accept")
        request = Request(
            path,
            scope["query_string"].decode("latin-1"),
            f"{base}{prefix}",
            None if accept is None else accept.decode("latin-1"),
            "GET" if scope["method"] == "HEAD" else scope["method"],
            (scope.get("client") or ("127.0.0.1",))[0],
        )
        version = self._watch.version
        sent = self._cache.get(request, version)
        if sent is None:
            sent = await self._asked(request)
            self._cache.keep(request, sent, version)
        return sent

    async def _asked(self, request: Request) -> Sent:
        assert self._database is not None
        name = Path(str(self._database.path)).name

        def read(conn: sqlite3.Connection) -> Sent:
            if not is_current(conn):
                words = (
                    f"Another version of ll2-mirror made {name}: `ll2-mirror status {name}` helps."
                )
                return prepared(refusal(501, words))
            return self._read(conn, request)

        try:
            if self._read.is_quick:  # a thread of Datasette's would take longer to begin
                return read(self._watch.conn)
            return await self._database.execute_fn(read)  # type: ignore[no-any-return]
        except sqlite3.Error:
            return prepared(
                refusal(503, f"{name} can't be read: `ll2-mirror verify {name}` says why.")
            )

    def _base(self, scope: dict[str, Any], headers: dict[bytes, bytes]) -> str | None:
        """Where the links lead: what is configured, else where the client asked."""
        config = self._datasette.plugin_config(NAME) or {}
        if config.get("base_url"):
            return str(config["base_url"]).rstrip("/")
        host = headers.get(b"host", b"localhost").decode("latin-1")
        https = self._datasette.setting("force_https_urls")
        scheme = "https" if https else scope.get("scheme", "http")
        return f"{scheme}://{host}" if _HOST.fullmatch(host) else None


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
    if status == 200:
        headers += [
            (b"etag", sent.etag),
            (b"cache-control", b"private, no-store" if private else _FRESH),
        ]
        if matches(asked.get(b"if-none-match", b""), sent.etag):
            kept = (b"vary", b"etag", b"cache-control", *(name for name, _ in (_OPEN, _EXPOSED)))
            await _send(send, 304, [one for one in headers if one[0] in kept])
            return
    if sent.packed and packs(asked.get(b"accept-encoding", b"")):
        body = sent.packed
        headers = [(n, v + b", Accept-Encoding") if n == b"vary" else (n, v) for n, v in headers]
        headers.append((b"content-encoding", b"gzip"))
    headers.append((b"content-length", str(len(body)).encode()))
    await _send(send, status, headers, b"" if method == "HEAD" else body)


async def _send(
    send: Any, status: int, headers: list[tuple[bytes, bytes]], body: bytes = b""
) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
