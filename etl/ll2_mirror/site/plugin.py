"""The second plugin of Datasette: which of its pages of a mirror are ours, and what they show.

They stand where Datasette has its own: / is the front page, /db/table/id the page of a row. Where
no mirror is asked about, the page is Datasette's.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary

from datasette import Forbidden, NotFound, Response, hookimpl
from datasette.filters import FilterArguments
from datasette.utils import tilde_decode

from ll2_mirror.errors import MirrorError
from ll2_mirror.ll2.describe import sections
from ll2_mirror.ll2.labels import label
from ll2_mirror.ll2.page import API_PATH
from ll2_mirror.ll2.questions import questions
from ll2_mirror.ll2.resources import RESOURCES
from ll2_mirror.ll2.views import views
from ll2_mirror.serve.database import is_mirror
from ll2_mirror.serve.permissions import Permissions
from ll2_mirror.serve.plugin import NAME as DISTRIBUTION
from ll2_mirror.site import declared, words
from ll2_mirror.site.bars import Bar, bars
from ll2_mirror.site.front import front, news, state
from ll2_mirror.site.listing import Listing, listing
from ll2_mirror.site.names import Found, Names, expression
from ll2_mirror.site.rows import Link, Rows
from ll2_mirror.site.thing import gone, thing
from ll2_mirror.store.explain import explained

if TYPE_CHECKING:
    from datasette.app import Datasette
    from datasette.database import Database
    from datasette.utils.asgi import Request

T = TypeVar("T")

_DATABASE = r"/(?!-/)(?P<database>[^/.]+)"
_PAGE = 50  # rows of a table on one page
_MOST_FOUND = 12  # rows of one table that a search names
_MOST_SORTED = 2000  # that it puts in order
_MOST_NEWS = 100
_GONE = 410


_VIEWS = {"index": "IndexView", "row": "RowView", "table": "TableView"}


async def _datasettes(page: str, datasette: Any, request: Request) -> Response:
    """Datasette's own page; its views are imported late, since they import the plugins."""
    view = getattr(import_module(f"datasette.views.{page}"), _VIEWS[page])
    found: Response = await view(datasette).dispatch_request(request)
    return found


@hookimpl
def register_routes() -> list[tuple[str, Any]]:
    """Our pages; those of Datasette's that they stand for come when no mirror is asked about."""
    return [
        (r"/(?P<format>)$", front_page),
        (r"/-/index(?P<format>)$", datasettes_index),
        (r"/-/search$", search_page),
        (r"/-/changes$", changes_page),
        (r"/-/thing/(?P<name>\w+)(?:/(?P<id>[^/]+))?$", to_thing),
        (rf"{_DATABASE}/(?P<table>[^/.]+)(?P<format>)$", table_page),
        (rf"{_DATABASE}/(?P<table>[^/.]+)\.(?P<format>csv)$", whole_csv),
        (rf"{_DATABASE}/(?P<table>[^/.]+)/(?P<pks>[^/.]+)(?P<format>)$", thing_page),
    ]


@hookimpl
def get_metadata(datasette: Datasette, key: str | None) -> dict[str, Any]:
    """What Datasette does with our tables: which it hides, how it sorts, by what it narrows."""
    mirrors = [name for name, database in datasette.databases.items() if is_mirror(database)]
    asked = key in (None, "databases")
    return {"databases": {name: {"tables": _tables()} for name in mirrors}} if asked else {}


def _tables() -> dict[str, Any]:
    told = {
        view.name: {"description": view.text, "columns": {**view.columns}}
        for view in views().values()
    }
    ours = {table: _shown(table) for table in declared.described()}
    return {**told, **ours}


def _shown(table: str) -> dict[str, Any]:
    """How Datasette lists a table: a list's table, which only links others, isn't offered."""
    said = declared.of_table(table)
    chosen: dict[str, Any] = {
        key: said[key] for key in ("facets", "sort", "sort_desc") if key in said
    }
    return {"size": _PAGE, **chosen, **({"hidden": True} if "__" in table else {})}


@hookimpl
def canned_queries(datasette: Datasette, database: str) -> dict[str, Any]:
    """The questions; one that a user's metadata has by the same name is theirs."""
    if not is_mirror(datasette.databases[database]):
        return {}
    own = datasette.metadata("queries", database=database, fallback=False) or {}
    return {
        one.name: {"sql": one.sql, "title": one.title, "description": one.why}
        for one in questions().values()
        if one.name not in own
    }


@hookimpl
def filters_from_request(datasette: Datasette, request: Request, database: str, table: str) -> Any:
    """Finds the rows of a table by name, for ?_search=."""
    text = request.args.get("_search")
    if (
        text is None
        or table not in declared.described()
        or not is_mirror(datasette.databases[database])
    ):
        return None

    async def filtered() -> FilterArguments:
        site = Site(getattr(datasette, "real", datasette), database, request)
        [found] = await site.found(text, table) or [Found(table, [])]
        return FilterArguments(
            ["id in (select value from json_each(:ll2_found))"],
            {"ll2_found": json.dumps(found.ids)},
            [f'with "{text}" in their names'],
        )

    return filtered


@hookimpl
def extra_template_vars(
    datasette: Datasette, database: str | None, request: Request | None
) -> dict[str, Any]:
    """What the pages of a mirror need that Datasette makes of our templates."""
    if not database or database not in datasette.databases:
        return {}
    mirror = is_mirror(datasette.databases[database])
    return {"ll2": Site(datasette, database, request)} if mirror else {}


_sites: WeakKeyDictionary[Any, tuple[Permissions, dict[str, Names]]] = WeakKeyDictionary()


class Site:
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
        self.style = str(datasette.urls.static_plugins(DISTRIBUTION, "site.css"))
        self._permissions, names = _sites.setdefault(datasette, (Permissions(datasette), {}))
        self._names = names.setdefault(name, Names())

    @property
    def database(self) -> Database:
        """The database of Datasette's."""
        return self.datasette.databases[self.name]

    @property
    def title(self) -> str:
        """What the site is called; a user's metadata may say."""
        return self.datasette.metadata("title") or str(declared.site()["title"])

    @property
    def text(self) -> str:
        """What the site is."""
        return self.datasette.metadata("description") or str(declared.site()["text"])

    @property
    def questions(self) -> list[Any]:
        """The questions, in order."""
        return list(questions().values())

    def table(self, name: str) -> str:
        """What a table is called."""
        return declared.title(name)

    def key(self, name: str) -> str:
        """What a column is called."""
        return words.key(name)

    def facet(self, table: str, column: str, label: Any) -> str:
        """What a value of a facet is called: a flag is yes or no."""
        flags = declared.flags(table) if self.is_ours(table) else ()
        shown = {"0": "no", "1": "yes"}.get(str(label)) if column in flags else None
        return shown or ("none" if label in (None, "") else str(label))

    def is_ours(self, table: str) -> bool:
        """Whether a table is one of LL2's."""
        return table in declared.described()

    def is_searched(self, table: str) -> bool:
        """Whether the rows of a table can be found by name."""
        return self.is_ours(table) and bool(label(table))

    def api_of(self, table: str) -> str:
        """Where the API lists what a table has; empty where it doesn't."""
        name = declared.resources().get(table)
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
        told = declared.described().get(table) or views().get(table)
        return told.text if told else ""

    def question(self, name: str | None) -> Any:
        """A question by its name; None for another."""
        return questions().get(name or "")

    def bars(self, name: str | None, columns: list[str], rows: list[Any]) -> list[Bar]:
        """The drawing of an answer; none where the question has none."""
        found = self.question(name)
        return bars(columns, rows, found.bars) if found and found.bars else []

    async def read(self, read: Callable[[Rows], T]) -> T:
        """What is read of the file, from one state of it."""

        def reading(conn: sqlite3.Connection) -> T:
            conn.execute("BEGIN")
            try:
                return read(Rows(conn, self.home))
            finally:
                conn.execute("ROLLBACK")

        found: T = await self.database.execute_fn(reading)
        return found

    async def may_see(self, table: str = "") -> bool:
        """Whether who asks may see the database, and a table of it."""
        actor = self.request.actor if self.request else None
        return await self._permissions.may_see(actor, self.name, table)

    async def hidden(self) -> frozenset[str]:
        """The tables that who asks may not see."""
        tables = declared.described()
        return frozenset([table for table in tables if not await self.may_see(table)])

    async def found(self, text: str, *tables: str) -> list[Found]:
        """What a search finds, by table."""
        return await self.read(lambda rows: self._names.find(rows.conn, text, *tables))

    async def state(self) -> Any:
        """How the file stands."""
        return await self.read(lambda rows: state(rows.conn, datetime.now(UTC)))

    async def listing(self, table: str, given: list[Any], found: list[Any]) -> Listing:
        """The rows of a table's page."""
        asked = self.request.args if self.request else ()
        return await self.read(lambda rows: listing(rows, table, given, found, asked))

    async def shown(self, template: str, status: int = 200, **context: Any) -> Response:
        """A page of ours."""
        body = await self.datasette.render_template(
            template, {**context, "ll2": self}, request=self.request
        )
        return Response.html(body, status=status)


def _mirror(datasette: Datasette, request: Request, name: str = "") -> Site | None:
    """The mirror of that name, or the first one; None: there is none."""
    for each, database in datasette.databases.items():
        if is_mirror(database) and name in ("", database.route):
            return Site(datasette, each, request)
    return None


def _templates_are_ours(datasette: Datasette, name: str) -> bool:
    """Whether a user has no template of their own for a page."""
    own = datasette.template_dir
    return not (own and Path(own, name).exists())


async def datasettes_index(datasette: Datasette, request: Request) -> Response:
    """Datasette's own list of databases."""
    return await _datasettes("index", datasette, request)


async def _explained(site: Site, page: Any) -> Response:
    """A page; where the file can't be read, one that says why."""
    try:
        return await page
    except MirrorError as error:
        told = str(error)
    except sqlite3.Error as error:
        told = str(explained(error, Path(site.name)) or f"{site.name} is no whole mirror: {error}")
    return await site.shown("ll2_matter.html", 503, matter=told)


async def front_page(datasette: Datasette, request: Request) -> Response:
    """What this is: counts, how fresh, what changed, what is in space now, the doors."""
    site = _mirror(datasette, request)
    if site is None or not await site.may_see() or not _templates_are_ours(datasette, "index.html"):
        return await datasettes_index(datasette, request)
    return await _explained(site, _front(site))


async def _front(site: Site) -> Response:
    hidden = await site.hidden()
    found = await site.read(lambda rows: front(rows, datetime.now(UTC), hidden))
    others = [
        name for name in site.datasette.databases if name != site.name and not name.startswith("_")
    ]
    return await site.shown("ll2_front.html", page=found, others=others)


async def changes_page(datasette: Datasette, request: Request) -> Response:
    """What the last syncs changed."""
    site = _mirror(datasette, request)
    if site is None or not await site.may_see():
        raise NotFound("No mirror is open")
    hidden = await site.hidden()
    return await _explained(site, _changes(site, hidden))


async def _changes(site: Site, hidden: frozenset[str]) -> Response:
    found = await site.read(lambda rows: list(news(rows, hidden))[:_MOST_NEWS])
    return await site.shown("ll2_changes.html", news=found, most=_MOST_NEWS)


async def search_page(datasette: Datasette, request: Request) -> Response:
    """What has a name like that."""
    site = _mirror(datasette, request)
    if site is None or not await site.may_see():
        raise NotFound("No mirror is open")
    return await _explained(site, _search(site, request.args.get("q") or ""))


async def _search(site: Site, text: str) -> Response:
    hidden = await site.hidden()
    found = [one for one in await site.found(text) if one.ids and one.table not in hidden]
    named = await site.read(partial(_named, found=found, text=text))
    asked = bool(expression(text))
    return await site.shown("ll2_search.html", text=text, asked=asked, found=named)


def _named(rows: Rows, found: list[Found], text: str) -> list[tuple[str, int, list[Link]]]:
    """What was found, by name: first what begins with the text."""
    made = []
    for table, ids in found:
        links = rows.links(table, ids[:_MOST_SORTED])
        links.sort(
            key=lambda link: (not link.name.casefold().startswith(text.casefold()), link.name)
        )
        made.append((table, len(ids), links[:_MOST_FOUND]))
    return made


async def table_page(datasette: Datasette, request: Request) -> Response:
    """A table: Datasette's page, in our template; it suggests no facets, which takes longest."""
    site = _mirror(datasette, request, tilde_decode(request.url_vars["database"]))
    return await _datasettes("table", _Quiet(datasette) if site else datasette, request)


class _Quiet:
    """A Datasette that suggests no facets."""

    def __init__(self, datasette: Datasette) -> None:
        self.real = datasette

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    def setting(self, key: str) -> Any:
        """A setting."""
        return key != "suggest_facets" and self.real.setting(key)


async def whole_csv(datasette: Datasette, request: Request) -> Response:
    """A table as CSV: all its rows, unless a part of them is asked for."""
    site = _mirror(datasette, request, tilde_decode(request.url_vars["database"]))
    parts = {"_size", "_next", "_stream"} & set(request.args)
    if site and not parts and datasette.setting("allow_csv_stream"):
        query = request.scope["query_string"]
        request.scope["query_string"] = b"&".join(filter(None, (query, b"_stream=on")))
    return await _datasettes("table", datasette, request)


async def thing_page(datasette: Datasette, request: Request) -> Response:
    """One row; also of a row that is gone."""
    asked = {key: tilde_decode(request.url_vars[key]) for key in ("database", "table", "pks")}
    site, table = _mirror(datasette, request, asked["database"]), asked["table"]
    if site is None or table not in declared.described() or "__" in table:
        return await _datasettes("row", datasette, request)
    if not await site.may_see(table):
        raise Forbidden("view-table")
    return await _explained(site, _thing(site, table, _id(table, asked["pks"])))


def _id(table: str, text: str) -> Any:
    """An id as its table has it."""
    is_number = declared.described()[table].columns[0].column.type == "INTEGER"
    return int(text) if is_number and text.isdecimal() and len(text) < 19 else text


async def _thing(site: Site, table: str, id_: Any) -> Response:
    hidden = await site.hidden()
    found = await site.read(lambda rows: thing(rows, table, id_, hidden) or gone(rows, table, id_))
    if found is None:
        raise NotFound(f"No {declared.noun(table)} has the number {id_}")
    return await site.shown("ll2_thing.html", _GONE if found.gone else 200, thing=found)


async def to_thing(datasette: Datasette, request: Request) -> Response:
    """From the API's name of a list, or of one record, to the page here."""
    site, name = _mirror(datasette, request), request.url_vars["name"]
    resource = RESOURCES.get(name)
    table = resource.table if resource else name
    if site is None or table not in declared.described():
        raise NotFound("No such table")
    id_ = request.url_vars["id"]
    return Response.redirect(f"{site.home}/{table}{f'/{id_}' if id_ else ''}")
