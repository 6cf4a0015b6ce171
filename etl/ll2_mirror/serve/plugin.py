"""The Datasette plugin: it serves LL2's paths from a mirror that Datasette has opened.

It handles them before Datasette's routes, so that the response headers are LL2's. Datasette's
permissions apply all the same.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Awaitable, Callable, Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from datasette import NotFound, Response, hookimpl
from datasette.utils.asgi import asgi_send_file

from ll2_mirror.api.request import decoded, is_versioned
from ll2_mirror.api.response import as_json
from ll2_mirror.errors import MirrorError
from ll2_mirror.files import CHUNK
from ll2_mirror.images.folder import ImageFolder, media_type
from ll2_mirror.ll2.descriptions import questions, sections
from ll2_mirror.ll2.schema import own_tables, views
from ll2_mirror.serve.asgi import (
    HttpResponse,
    Scope,
    http_response,
    is_preflight,
    matches,
    normalized,
    origin,
    path_of,
    request_of,
    send_preflight,
    send_response,
    send_whole,
)
from ll2_mirror.serve.datasette_adapter import (
    Actor,
    actor_of,
    adopt,
    configured_base,
    file_of,
    is_mirror,
    may_see,
    mirrors_metadata,
    version_problem,
)
from ll2_mirror.serve.responses import Responder
from ll2_mirror.store.file import explained

if TYPE_CHECKING:
    from datasette.app import Datasette
    from datasette.database import Database
    from datasette.utils.asgi import Request


# Methods that Datasette's views accept: for any other, they look up an attribute of that name.
METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
_IMAGE_HEADERS = {
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; sandbox",
    "cross-origin-resource-policy": "cross-origin",
}
_NO_HOST = b"The Host header is not a host name."
_FOR_EVER = "max-age=31536000, immutable"  # a copy's name is its digest

App = Callable[[Scope, Any, Any], Awaitable[None]]


@hookimpl
def startup(datasette: Datasette) -> None:
    """Makes Datasette's pages follow each mirror; ends an unsupported Datasette."""
    if problem := version_problem():
        raise click.ClickException(problem)  # the datasette command prints it in one line
    adopt(datasette)


@hookimpl(hookwrapper=True)
def asgi_wrapper(datasette: Datasette) -> Generator[None, Any, None]:
    """Handles LL2's paths inside the wrappers of all other plugins, which may guard them.

    The first wrapper in the list is the innermost, and only a hookwrapper knows the whole list.
    """
    outcome = yield
    outcome.force_result([_wrapper(datasette), *outcome.get_result()])


def _wrapper(datasette: Datasette) -> Callable[[App], App]:
    """Handles LL2's paths; Datasette handles all others."""
    api = ApiPlugin(datasette)

    def wrap(app: App) -> App:
        async def asgi(scope: Scope, receive: Any, send: Any) -> None:
            if scope["type"] == "http":
                scope = normalized(scope)
                if await api(scope, receive, send):
                    return
                if scope["method"] not in METHODS:
                    await send_whole(send, 405, [(b"allow", ", ".join(METHODS).encode())])
                    return
                if origin(scope, secure=False) is None:  # Datasette would fail on it
                    await send_whole(send, 400, [(b"content-type", b"text/plain")], _NO_HOST)
                    return
            await app(scope, receive, send)

        return asgi

    return wrap


@hookimpl
def register_routes() -> list[tuple[str, Any]]:
    """The path of the image copies that the site's pages show."""
    return [(r"/-/picture/(?P<name>[0-9a-f]{64}\.[a-z]+)$", image_copy)]


@hookimpl(trylast=True)  # the last decision counts
def permission_allowed(datasette: Datasette, actor: Actor, action: str, resource: Any) -> Any:
    """Denies what reads all of LL2's tables to those who may not see all of them.

    That is SQL, the questions, the views, and the tool's own tables.
    """
    database, name = resource if type(resource) is tuple else (resource, "")
    is_own = name.startswith("_") or name in views()
    reads_all = {"execute-sql": True, "view-query": name in questions(), "view-table": is_own}
    if not reads_all.get(action) or not is_mirror(datasette.databases[database]):
        return None

    async def decision() -> bool | None:
        return None if await may_see(datasette, actor, database) else False

    return decision


@hookimpl
def get_metadata(datasette: Datasette, key: str | None) -> dict[str, Any]:
    """Source and descriptions for Datasette's pages; hides the tool's own tables."""
    return mirrors_metadata(datasette, key, _metadata)


def _metadata() -> dict[str, Any]:
    """The metadata of a mirror."""
    described = {
        table.name: {
            "description": table.text,
            "columns": {each.column.name: each.comment for each in table.columns},
        }
        for section in sections()
        for table in section.tables
    }
    return {
        "source": "Launch Library 2, The Space Devs",
        "source_url": "https://thespacedevs.com/llapi",
        "tables": {**{table: {"hidden": True} for table in own_tables()}, **described},
    }


class ApiPlugin:
    """LL2's API, from the first mirror among a Datasette's databases."""

    def __init__(self, datasette: Datasette) -> None:
        self._datasette = datasette
        self._mirror: Database | None = None
        self._respond: Responder | None = None
        self._prefix = datasette.setting("base_url").rstrip("/")  # before all paths

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> bool:
        """Responds to a request for one of LL2's paths; False for others, and without a mirror."""
        path = decoded(path_of(scope))
        if not (path.startswith(self._prefix) and is_versioned(path.removeprefix(self._prefix))):
            return False
        await self._datasette.invoke_startup()
        if not self._finds_mirror():
            return False
        if is_preflight(scope):
            await send_preflight(send, scope)
            return True
        actor, response = await self._answered(scope, receive)
        await send_response(send, scope, response, private=actor is not None)
        return True

    def _finds_mirror(self) -> bool:
        """Whether one of the databases is a mirror; the first one is served."""
        databases = self._datasette.databases.values()
        if self._mirror not in databases:
            self._mirror = next(filter(is_mirror, databases), None)
            self._respond = self._mirror and Responder(file_of(self._mirror))
        return self._mirror is not None

    async def _answered(self, scope: Scope, receive: Any) -> tuple[Actor, HttpResponse]:
        """The user, and the response for them."""
        actor = None
        try:
            actor = await actor_of(self._datasette, scope, receive)
            return actor, await self._response(scope, actor)
        except (sqlite3.Error, MirrorError) as error:
            assert self._mirror
            return actor, refused(503, _why(error, file_of(self._mirror).path.name))
        except Exception:
            logging.getLogger(__name__).exception("%s", path_of(scope))
            return actor, refused(500, "A fault of ll2-mirror's: its log says which.")

    async def _response(self, scope: Scope, actor: Actor) -> HttpResponse:
        """The response for a user; raises sqlite3.Error or MirrorError."""
        assert self._mirror
        assert self._respond
        if (base := self._base(scope)) is None:
            return refused(400, _NO_HOST.decode())
        if not await may_see(self._datasette, actor, self._mirror.name):
            return refused(403, "You do not have permission to perform this action.")
        return await self._respond(request_of(scope, base, self._prefix))

    def _base(self, scope: Scope) -> str | None:
        """The base of links: as configured, else as requested; None for an invalid Host header."""
        if configured := configured_base(self._datasette):
            return configured
        return origin(scope, secure=self._datasette.setting("force_https_urls"))


def refused(status: int, detail: str) -> HttpResponse:
    """An error as a response."""
    return http_response(as_json(status, {"detail": detail}))


def _why(error: sqlite3.Error | MirrorError, name: str) -> str:
    """Why a file can't be read, for people."""
    problem = explained(error, Path(name)) if isinstance(error, sqlite3.Error) else error
    message = str(problem or f"`ll2-mirror verify {name}` says why")
    return message if message.startswith(name) else f"{name} can't be read: {message}"


async def image_copy(datasette: Datasette, request: Request, send: Any) -> Response | None:
    """Sends the copy of an image; 304 if the client has it."""
    name = request.url_vars["name"]
    path = await _copy_path(datasette, request.actor, name)
    shared = "public" if request.actor is None else "private"
    headers = {**_IMAGE_HEADERS, "etag": f'"{name}"', "cache-control": f"{shared}, {_FOR_EVER}"}
    if matches(request.headers.get("if-none-match", "").encode(), headers["etag"].encode()):
        return Response("", status=304, headers=headers)
    about = {"content_type": media_type(name), "chunk_size": CHUNK, "headers": headers}
    await asgi_send_file(send, str(path), **about)
    return None


async def _copy_path(datasette: Datasette, actor: Actor, name: str) -> Path:
    """The path of a copy, beside a mirror that the user may see; raises NotFound."""
    for each, database in datasette.databases.items():
        path = is_mirror(database) and ImageFolder(file_of(database).path).file(name)
        if path and await may_see(datasette, actor, each):
            return path
    raise NotFound("No such picture is here")
