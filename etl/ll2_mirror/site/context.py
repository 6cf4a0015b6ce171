"""A mirror as somebody sees it who makes a request: what the templates call ``ll2``."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar
from weakref import WeakKeyDictionary

from datasette import Response
from datasette.utils import tilde_decode

from ll2_mirror.images.folder import ImageFolder
from ll2_mirror.ll2.descriptions import Question, questions, sections
from ll2_mirror.ll2.lists import LIST_OF
from ll2_mirror.ll2.page import API_PATH
from ll2_mirror.ll2.schema import views
from ll2_mirror.serve.datasette_adapter import file_of, is_mirror, permissions
from ll2_mirror.serve.plugin import NAME
from ll2_mirror.site import config
from ll2_mirror.site.bars import Bar, bars
from ll2_mirror.site.format import format_key
from ll2_mirror.site.names import Names
from ll2_mirror.site.rows import Rows
from ll2_mirror.site.table_page import TablePage, table_page
from ll2_mirror.store.reading import snapshot

if TYPE_CHECKING:
    from datasette.app import Datasette
    from datasette.database import Database
    from datasette.utils.asgi import Request

T = TypeVar("T")


class Known(NamedTuple):
    """What is kept of a mirror from request to request."""

    names: Names
    folder: ImageFolder


_known: WeakKeyDictionary[Any, dict[str, Known]] = WeakKeyDictionary()  # by database


class SiteContext:
    """A mirror as somebody sees it who makes a request; what the templates call ``ll2``."""

    def __init__(self, datasette: Datasette, name: str, request: Request | None) -> None:
        self.datasette = datasette
        self.name = name
        self.request = request
        self.home = str(datasette.urls.database(name))
        self.api = str(datasette.urls.path(API_PATH.lstrip("/")))
        self.root = str(datasette.urls.instance())
        self.search = str(datasette.urls.path("-/search"))
        self.changes = str(datasette.urls.path("-/changes"))
        self.style = str(datasette.urls.static_plugins(NAME, "site.css"))
        known = _known.setdefault(datasette, {})
        if name not in known:
            known[name] = Known(Names(), ImageFolder(file_of(self.database).path))
        self.names, self._folder = known[name]

    @property
    def database(self) -> Database:
        """The database of Datasette's."""
        return self.datasette.databases[self.name]

    @property
    def title(self) -> str:
        """What the site is called; a user's metadata may say."""
        return self.datasette.metadata("title") or str(config.site()["title"])

    @property
    def text(self) -> str:
        """What the site is."""
        return self.datasette.metadata("description") or str(config.site()["text"])

    @property
    def questions(self) -> list[Question]:
        """The questions, in order."""
        return list(questions().values())

    def table(self, name: str) -> str:
        """What a table is called."""
        return config.title(name)

    def key(self, name: str) -> str:
        """What a column is called."""
        return format_key(name)

    def facet(self, table: str, column: str, label: Any) -> str:
        """What a value of a facet is called: a flag is yes or no."""
        is_flag = column in config.flags(table)
        shown = {"0": "no", "1": "yes"}.get(str(label)) if is_flag else None
        return shown or ("none" if label in (None, "") else str(label))

    def is_ours(self, table: str) -> bool:
        """Whether a table is one of LL2's."""
        return table in config.described()

    def is_searched(self, table: str) -> bool:
        """Whether the rows of a table can be found by name."""
        return config.is_searched(table)

    def api_of(self, table: str) -> str:
        """Where the API lists what a table has; empty where it doesn't."""
        name = LIST_OF.get(table)
        return f"{self.api}{name}/" if name else ""

    def sections(self, tables: list[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
        """The tables that Datasette knows, by subject, in the order to read them, without lists."""
        known = {table["name"]: table for table in tables if table["count"] != 0}
        found = [
            (
                one.heading,
                [known[t.name] for t in one.tables if t.name in known and "__" not in t.name],
            )
            for one in sections()
        ]
        return [(heading, each) for heading, each in found if each]

    def said(self, table: str) -> str:
        """The sentence of a table or a view."""
        told = config.described().get(table) or views().get(table)
        return told.text if told else ""

    def question(self, name: str | None) -> Question | None:
        """A question by its name; None for another."""
        return questions().get(name or "")

    def bars(self, name: str | None, columns: list[str], rows: list[Any]) -> list[Bar]:
        """The drawing of an answer; none where the question has none."""
        found = self.question(name)
        return bars(columns, rows, found.bars) if found else []

    async def read(self, read: Callable[[Rows], T]) -> T:
        """What is read of the file, from one state of it, without what may not be seen."""
        hidden = await self._hidden()

        def reading(conn: sqlite3.Connection) -> T:
            with snapshot(conn):
                return read(Rows(conn, self.home, hidden, self._copy))

        found: T = await self.database.execute_fn(reading)
        return found

    def _copy(self, url: str) -> str:
        """The address of the copy of a picture; empty: there is none."""
        name = self._folder.shown(url)
        return str(self.datasette.urls.path(f"-/picture/{name}")) if name else ""

    async def may_see(self, _table: str = "") -> bool:
        """Whether who asks may see the database as a whole; asked once for a request."""
        actor = self.request.actor if self.request else None
        known = self.request.scope.setdefault("ll2_may_see", {}) if self.request else {}
        if self.name not in known:
            known[self.name] = await permissions(self.datasette).may_see(actor, self.name)
        return bool(known[self.name])

    async def _hidden(self) -> frozenset[str]:
        """The tables that who asks may not see: none, or all."""
        return frozenset() if await self.may_see() else frozenset(config.described())

    async def table_page(self, table: str, given: list[Any], found: list[Any]) -> TablePage:
        """The rows of a table's page."""
        asked = self.request.args if self.request else ()
        return await self.read(lambda rows: table_page(rows, table, given, found, asked))

    async def shown(self, template: str, status: int = 200, **context: Any) -> Response:
        """A page of ours."""
        body = await self.datasette.render_template(
            template, {**context, "ll2": self}, request=self.request
        )
        return Response.html(body, status=status)


def site_context(datasette: Datasette, request: Request) -> SiteContext | None:
    """The mirror that the path names, else the first one; None: there is none."""
    name = tilde_decode(request.url_vars.get("database", ""))
    for each, database in datasette.databases.items():
        if is_mirror(database) and name in ("", database.route):
            return SiteContext(datasette, each, request)
    return None
