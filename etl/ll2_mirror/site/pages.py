"""The Datasette plugin of the site: its pages and what they show.

They replace Datasette's at the same paths: / is the front page, /db/table/id the page of a row.
Databases that aren't mirrors keep Datasette's pages.
"""

from __future__ import annotations

import json
import re
import sqlite3
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from datasette import NotFound, Response, hookimpl
from datasette.filters import FilterArguments
from datasette.utils import tilde_decode

from ll2_mirror.ll2.descriptions import questions
from ll2_mirror.ll2.model import Id
from ll2_mirror.ll2.schema import edges, target, views
from ll2_mirror.serve.datasette_adapter import (
    BriefTables,
    NamedRows,
    WholeAnswers,
    has_template,
    is_mirror,
    mirrors_metadata,
    own_page,
    real,
    users_metadata,
)
from ll2_mirror.site import display
from ll2_mirror.site.change_list import recent_changes
from ll2_mirror.site.context import (
    PageSection,
    Rows,
    SiteContext,
    search_expression,
    site_context,
    the_mirror,
)
from ll2_mirror.site.feeds import show_changes_feed, show_feed, show_robots, show_sitemap
from ll2_mirror.site.front_page import front_page
from ll2_mirror.site.row_page import row_page
from ll2_mirror.site.table_page import Fact, TablePage, chips, facts, table_page
from ll2_mirror.site.world_map import map_layers

if TYPE_CHECKING:
    from datasette.app import Datasette
    from datasette.utils.asgi import Request

_DATABASE = r"/(?!-/)(?P<database>[^/.]+)"
_PAGE_SIZE = 50  # rows of a table on one page
_MOST_ITEMS = 12  # rows of one table in a search
_MOST_SORTED = 2000  # that it sorts
_MOST_CHANGES = 100
_GONE = 410
_is_number = re.compile(r"\d{1,18}").fullmatch  # that SQLite takes as an id


@hookimpl(trylast=True)
def register_routes() -> list[tuple[str, Any]]:
    """Our pages, after those of other plugins; for other databases they show Datasette's.

    The search has a second address: datasette-search-all takes the first.
    """
    return [
        (r"/(?P<format>)$", show_front),
        (r"/-/index(?P<format>(?:\.json)?)$", show_index),
        (r"/-/(?:search|find)$", show_search),
        (r"/-/changes$", show_changes),
        (r"/-/map$", show_map),
        (r"/-/changes\.atom$", show_changes_feed),
        (r"/-/(?P<name>\w+)\.(?P<format>ics|atom)$", show_feed),
        (r"/robots\.txt$", show_robots),
        (r"/sitemap\.xml$", show_sitemap),
        (r"/-/tables$", to_tables),
        (r"/-/thing/(?P<name>\w+)(?:/(?P<id>[^/]+))?$", to_row),
        (rf"{_DATABASE}(?P<format>)$", show_tables),
        (rf"{_DATABASE}\.(?P<format>csv)$", whole_csv),
        (rf"{_DATABASE}/(?P<table>[^/.]+)(?P<format>)$", show_table),
        (rf"{_DATABASE}/(?P<table>[^/.]+)\.(?P<format>csv)$", whole_csv),
        (rf"{_DATABASE}(?:/(?P<table>[^/.]+))?\.(?P<format>json)$", show_json),
        (rf"{_DATABASE}/(?P<table>[^/.]+)/(?P<pks>[^/.]+)(?P<format>)$", show_row),
    ]


@hookimpl
def get_metadata(datasette: Datasette, key: str | None) -> dict[str, Any]:
    """Datasette's metadata for our tables: hidden ones, sort orders, facets."""
    return mirrors_metadata(datasette, key, _metadata)


def _metadata() -> dict[str, Any]:
    tables: dict[str, Any] = {
        view.name: {"description": view.text, "columns": {**view.columns}}
        for view in views().values()
    }
    for name in display.described():
        declared = display.of_table(name)
        chosen = {key: declared[key] for key in ("facets", "sort_desc") if key in declared}
        tables[name] = {"size": _PAGE_SIZE, "hidden": not display.has_pages(name), **chosen}
    return {"tables": tables}


@hookimpl
def canned_queries(datasette: Datasette, database: str) -> dict[str, Any]:
    """The questions, except those with a name that a user's metadata has."""
    if not is_mirror(datasette.databases[database]):
        return {}
    own = users_metadata(datasette, "queries", database) or {}
    return {
        name: {"sql": question.sql, "title": question.title, "description": question.why}
        for name, question in questions().items()
        if name not in own
    }


@hookimpl
def prepare_connection(conn: sqlite3.Connection) -> None:
    """The functions of the SQL in site.toml."""
    for name, function in display.SQL_FUNCTIONS.items():
        conn.create_function(name, -1, function)


@hookimpl
def filters_from_request(datasette: Datasette, request: Request, database: str, table: str) -> Any:
    """Finds the rows of a table by name, for ?_search=, or by an item of theirs, for ?_of=."""
    text, item = request.args.get("_search"), request.args.get("_of")
    if (text is None and not item) or not is_mirror(datasette.databases[database]):
        return None
    site = SiteContext(real(datasette), database, request)

    async def find() -> FilterArguments:
        return await site.read(lambda rows: _filters(site, rows, table, text, item))

    return find


def _filters(
    site: SiteContext, rows: Rows, table: str, text: str | None, item: str | None
) -> FilterArguments:
    """What a table is filtered by; ``item`` is the table and the column of a list, and an id."""
    filters = FilterArguments([], {}, [])
    if text is not None and display.is_searched(table):
        ids = site.names.find(rows.conn, text, table).get(table, [])
        filters.where_clauses.append("id in (select value from json_each(:ll2_found))")
        filters.params["ll2_found"] = json.dumps(ids)
        filters.human_descriptions.append(f'the name has words starting with "{text}"')
    for edge in edges():
        start = f"{edge.table}.{edge.column}."
        if item and edge.owner_table == table and item.startswith(start):
            id_ = _id(item.removeprefix(start))
            name = rows.names(edge.target, [id_]).get(id_, id_)
            filters.where_clauses.append(
                f"id in (select {edge.owner} from {edge.table} where {edge.column} = :ll2_item)"
            )
            filters.params["ll2_item"] = id_
            filters.human_descriptions.append(f"{display.noun(edge.target)} = {name}")
    return filters


@hookimpl
def extra_template_vars(
    datasette: Datasette, database: str | None, request: Request | None
) -> dict[str, Any]:
    """The variables that our templates need on Datasette's pages of a mirror."""
    if not database or not is_mirror(datasette.databases[database]):
        return {}
    site = SiteContext(datasette, database, request)

    async def page_of(table: str, columns: list[Any], records: list[Any]) -> TablePage:
        parameters = request.args if request else ()
        return await site.read(lambda rows: table_page(rows, table, columns, records, parameters))

    async def facts_of(columns: list[str], records: list[Any]) -> list[list[Fact]]:
        answers = [dict(zip(columns, record, strict=True)) for record in records]
        return await site.read(lambda rows: facts(rows, "", columns, answers))

    return {"ll2": site, "table_page": page_of, "facts": facts_of}


# Our own pages


async def show_front(datasette: Datasette, request: Request) -> Response:
    """The front page."""
    site = site_context(datasette, request)
    if site is None or not await site.may_see() or has_template(datasette, "index.html"):
        return await own_page("index", datasette, request)
    front = await site.read(lambda rows: front_page(rows, datetime.now(UTC)))
    names = (name for name in datasette.databases if not name.startswith("_"))
    others = [name for name in names if name != site.name]
    return await site.page("ll2_front.html", page=front, others=others)


async def show_index(datasette: Datasette, request: Request) -> Response:
    """Datasette's own list of databases."""
    return await own_page("index", datasette, request)


async def show_changes(datasette: Datasette, request: Request) -> Response:
    """The page of recent changes."""
    site = the_mirror(datasette, request)
    changes = await site.read(lambda rows: recent_changes(rows)[:_MOST_CHANGES])
    return await site.page("ll2_changes.html", changes=changes, most=_MOST_CHANGES)


async def show_search(datasette: Datasette, request: Request) -> Response:
    """The search page: rows whose names have these words."""
    site, text = the_mirror(datasette, request), request.args.get("q") or ""
    sections = await site.read(lambda rows: _found(site, rows, text))
    has_words = bool(search_expression(text))
    return await site.page("ll2_search.html", text=text, has_words=has_words, sections=sections)


async def show_map(datasette: Datasette, request: Request) -> Response:
    """The map of the world with the places on it."""
    site = the_mirror(datasette, request)
    return await site.page("ll2_map.html", layers=await site.read(map_layers))


def _found(site: SiteContext, rows: Rows, text: str) -> list[PageSection]:
    """The found rows by table, first those whose names begin with the text."""
    sections, start = [], text.casefold()
    for table, ids in site.names.find(rows.conn, text).items():
        items = rows.items(table, ids[:_MOST_SORTED])
        items.sort(key=lambda item: (not item.name.casefold().startswith(start), item.name))
        more = f"{site.home}/{table}?{urlencode({'_search': text})}"
        sections.append(PageSection(display.title(table), items[:_MOST_ITEMS], len(ids), more))
    return [section for section in sections if section.items]


async def show_row(datasette: Datasette, request: Request) -> Response:
    """The page of a row, even of a deleted one."""
    table, text = (tilde_decode(request.url_vars[part]) for part in ("table", "pks"))
    site = await _visible(datasette, request)
    if site is None or not display.has_pages(table):
        return await own_page("row", datasette, request)
    id_ = _id(text)
    row = await site.read(lambda rows: row_page(rows, table, id_))
    if row is None:
        raise NotFound(f"No {display.noun(table)} has the id {id_}")
    return await site.page("ll2_row.html", 200 if row.is_kept else _GONE, page=row)


def _id(text: str) -> Id:
    """The id that a part of a URL is."""
    return int(text) if _is_number(text) else text


# Datasette's pages with our templates


async def _visible(datasette: Datasette, request: Request) -> SiteContext | None:
    """The mirror that a path names; raises Forbidden if the visitor may not see all of it.

    Called before Datasette's page begins, which leaves coroutines behind if ours raise.
    """
    site = site_context(datasette, request)
    if site:
        await site.check()
    return site


async def show_tables(datasette: Datasette, request: Request) -> Response:
    """The page of all tables, with only names and counts."""
    site = await _visible(datasette, request)
    if site is None or request.args.get("sql") or has_template(datasette, "database.html"):
        return await own_page("database", datasette, request)

    async def count(names: list[str]) -> dict[str, int | None]:
        return await site.read(lambda rows: {name: _count(rows.conn, name) for name in names})

    return await own_page("database", BriefTables(datasette, site.may_see, count), request)


def _count(conn: sqlite3.Connection, table: str) -> int | None:
    """The number of rows of a table; None for the tool's own, and if it can't be read."""
    quoted = table.replace('"', '""')
    try:
        sql = f'SELECT count(*) FROM "{quoted}"'
        return None if table.startswith("_") else conn.execute(sql).fetchone()[0]
    except sqlite3.DatabaseError:
        return None


async def show_table(datasette: Datasette, request: Request) -> Response:
    """The page of a table, a view or a question."""
    site = await _visible(datasette, request)
    if site is None:
        return await own_page("table", datasette, request)
    table = tilde_decode(request.url_vars["table"])
    of_table, users = chips(table), users_metadata(datasette, "tables", site.name) or {}
    if of_table and not request.args and not {"sort", "sort_desc"} & users.get(table, {}).keys():
        request.scope["query_string"] = of_table[0].query.encode()

    async def names(table: str, column: str, values: list[Any]) -> dict[Any, str] | None:
        referred = target(table, column.removesuffix("_id"))
        return await site.read(lambda rows: rows.names(referred, values)) if referred else None

    return await own_page("table", NamedRows(datasette, names), request)


async def whole_csv(datasette: Datasette, request: Request) -> Response:
    """A table, a question or a query as CSV, with all its rows unless the request limits them."""
    page = "table" if "table" in request.url_vars else "database"
    if page == "database" and not request.args.get("sql"):
        raise NotFound("A CSV is of one table: `ll2-mirror export` writes all")
    parts = {"_size", "_next", "_stream"} & set(request.args)
    if await _visible(datasette, request) and not parts and datasette.setting("allow_csv_stream"):
        query = request.scope["query_string"]
        request.scope["query_string"] = b"&".join(filter(None, (query, b"_stream=on")))
        datasette = WholeAnswers(datasette)
    return await own_page(page, datasette, request)


async def show_json(datasette: Datasette, request: Request) -> Response:
    """A table, a question or a query as JSON."""
    page = "table" if request.url_vars["table"] else "database"
    return await own_page(page, datasette, request)


# Redirects from the API's pages, which don't know the database's name


async def to_tables(datasette: Datasette, request: Request) -> Response:
    """Redirects to all tables."""
    return Response.redirect(the_mirror(datasette, request).home)


async def to_row(datasette: Datasette, request: Request) -> Response:
    """Redirects to a table, or to one of its rows."""
    site, table, id_ = the_mirror(datasette, request), *map(request.url_vars.get, ("name", "id"))
    if not display.is_ours(table):
        raise NotFound("No such table")
    query = f"?{request.query_string}" if request.query_string else ""
    return Response.redirect(f"{site.home}/{table}{f'/{id_}' if id_ else ''}{query}")
