"""The Datasette plugin: LL2's own paths, served from the mirror that Datasette has opened.

It stands before Datasette's routes, so that a response's headers are upstream's; who may see the
database is asked of Datasette all the same.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from datasette import hookimpl

from ll2_mirror.api.request import ApiRoute, decoded, find_route
from ll2_mirror.api.response import as_json
from ll2_mirror.errors import MirrorError
from ll2_mirror.ll2.descriptions import Table, sections
from ll2_mirror.ll2.page import API_PATH
from ll2_mirror.ll2.schema import own_tables
from ll2_mirror.serve.datasette_adapter import (
    Actor,
    adopt,
    file_of,
    is_mirror,
    mirrors_metadata,
    permissions,
    version_problem,
)
from ll2_mirror.serve.headers import HttpResponse, allow, is_preflight, prepared, respond, start
from ll2_mirror.serve.picture import PATH, picture
from ll2_mirror.serve.reader import Responder
from ll2_mirror.serve.scope import Scope, client_of, origin, path_of, readable, request_of
from ll2_mirror.store.explain import explained

if TYPE_CHECKING:
    from datasette.app import Datasette
    from datasette.database import Database


# What Datasette's pages take: it looks for a method of any other name in its own code.
METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
NAME = "ll2-mirror"  # of the plugin, in Datasette's configuration

App = Callable[[Scope, Any, Any], Awaitable[None]]


@hookimpl
def startup(datasette: Datasette) -> None:
    """Has Datasette's own pages read each mirror as it is now; raises for an unknown Datasette."""
    if problem := version_problem():
        raise click.ClickException(problem)  # which Datasette's command line says in one line
    adopt(datasette)


@hookimpl
def asgi_wrapper(datasette: Datasette) -> Callable[[App], App]:
    """Answers LL2's paths; all others are Datasette's."""
    api = Api(datasette)

    def wrap(app: App) -> App:
        async def asgi(scope: Scope, receive: Any, send: Any) -> None:
            if scope["type"] == "http":
                scope = readable(scope)
                if await api(scope, receive, send):
                    return
                if scope["method"] not in METHODS:
                    await start(send, 405, [(b"allow", ", ".join(METHODS).encode())])
                    return
            await app(scope, receive, send)

        return asgi

    return wrap


@hookimpl
def register_routes() -> list[tuple[str, Any]]:
    """Where the copies of pictures are: see ``serve/browse.py`` and the site's pages."""
    return [(PATH, picture)]


@hookimpl
def get_metadata(datasette: Datasette, key: str | None) -> dict[str, Any]:
    """Says on Datasette's pages whose the data are and what they mean; hides our own tables."""
    return mirrors_metadata(datasette, key, _metadata)


def _metadata() -> dict[str, Any]:
    """What Datasette shows of a mirror."""
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


class Api:
    """LL2's API on the first mirror among the databases of a Datasette."""

    def __init__(self, datasette: Datasette) -> None:
        self._datasette = datasette
        self._permissions = permissions(datasette)
        self._mirror: Database | None = None
        self._respond: Responder | None = None
        self._prefix = datasette.setting("base_url").rstrip("/")  # before all paths

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> bool:
        """Answers a request for one of LL2's paths; False where it isn't, or no mirror is open."""
        path = decoded(path_of(scope))
        if not f"{path}/".startswith(f"{self._prefix}{API_PATH}"):
            return False
        await self._datasette.invoke_startup()
        if not self._finds_mirror():
            return False
        if is_preflight(scope):
            await allow(send, scope)
            return True
        actor, response = await self._answered(scope, receive, path.removeprefix(self._prefix))
        await respond(send, scope, response, private=actor is not None)
        return True

    def _finds_mirror(self) -> bool:
        """Whether there is a mirror among the databases: the first is the one that is served."""
        databases = self._datasette.databases.values()
        if self._mirror not in databases:
            self._mirror = next(filter(is_mirror, databases), None)
            self._respond = self._mirror and Responder(file_of(self._mirror))
        return self._mirror is not None

    async def _answered(self, scope: Scope, receive: Any, path: str) -> tuple[Actor, HttpResponse]:
        """Who asks, and the response for them."""
        actor = None
        try:
            actor = await self._permissions.actor(scope, receive)
            return actor, await self._response(scope, path, actor)
        except (sqlite3.Error, MirrorError) as error:
            assert self._mirror
            return actor, refused(503, _why(error, file_of(self._mirror).path.name))
        except Exception:
            logging.getLogger(__name__).exception("%s", path_of(scope))
            return actor, refused(500, "A fault of ll2-mirror's: its log says which.")

    async def _response(self, scope: Scope, path: str, actor: Actor) -> HttpResponse:
        """The response for somebody; raises sqlite3.Error or MirrorError."""
        assert self._mirror
        assert self._respond
        if (base := self._base(scope)) is None:
            return refused(400, "The Host header is no host's name.")
        route = find_route(path) or find_route(f"{path}/") or ApiRoute("none")
        if not await self._permissions.may_see(actor, self._mirror.name):
            return refused(403, "You do not have permission to perform this action.")
        request = request_of(scope, base, self._prefix)
        if route.page == "throttle":
            request = request._replace(client=client_of(scope))
        return await self._respond(request)

    def _base(self, scope: Scope) -> str | None:
        """Where the links lead: what is configured, else where the client asked."""
        config = self._datasette.plugin_config(NAME) or {}
        if configured := config.get("base_url"):
            return str(configured).rstrip("/")
        return origin(scope, secure=self._datasette.setting("force_https_urls"))


def refused(status: int, detail: str) -> HttpResponse:
    """A response that says why there is none."""
    return prepared(as_json(status, {"detail": detail}))


def _why(error: sqlite3.Error | MirrorError, name: str) -> str:
    """Why a file can't be read, in words for people."""
    found = explained(error, Path(name)) if isinstance(error, sqlite3.Error) else error
    told = str(found or f"`ll2-mirror verify {name}` says why")
    return told if told.startswith(name) else f"{name} can't be read: {told}"
