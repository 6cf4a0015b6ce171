"""The Datasette plugin of the site: its pages and what they show.

They replace Datasette's at the same paths: / is the front page, /db/table/id the page of a row.
Databases that aren't mirrors keep Datasette's pages.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from datasette import NotFound, Request, Response, hookimpl
from datasette.filters import FilterArguments
from datasette.utils import tilde_decode

from ll2_mirror.ll2.descriptions import questions
from ll2_mirror.ll2.schema import edges, target, views
from ll2_mirror.serve import datasette_adapter as adapter
from ll2_mirror.site import context, display, feeds
from ll2_mirror.site.change_list import recent_changes
from ll2_mirror.site.context import PageSection, Rows, SiteContext, site_context, the_mirror
from ll2_mirror.site.row_page import row_page
from ll2_mirror.site.section import front_page, read_sections
from ll2_mirror.site.table_page import Fact, TablePage, chips, facts, table_page

if TYPE_CHECKING:
    from datasette.app import Datasette

_DATABASE = r"/(?!-/)(?P<database>[^/.]+)"
_PAGE_SIZE = 50  # rows of a table on one page
_MOST_ITEMS = 12  # rows of one table in a search
_MOST_SORTED = 2000  # that it sorts
_MOST_CHANGES = 100
_GONE = 410


@hookimpl(trylast=True)
def register_routes() -> list[tuple[str, Any]]:
    """Our pages, after those of other plugins; for other databases they show Datasette's.

    The search has a second address: datasette-search-all takes the first.
    """
    return [
        (r"/(?P<format>)$", show_front),
        (r"/-/index(?P<format>(?:\.json)?)$", partial(adapter.own_page, "index")),
        (r"/-/(?:search|find)$", show_search),
        (r"/-/changes$", show_changes),
        (r"/-/map$", show_map),
        (r"/-/changes\.atom$", feeds.show_changes_feed),
        (r"/-/(?P<name>\w+)\.(?P<format>ics|atom)$", feeds.show_feed),
        (r"/robots\.txt$", feeds.show_robots),
        (r"/sitemap\.xml$", feeds.show_sitemap),
        (r"/-/(?:tables|thing/(?P<name>\w+)(?:/(?P<id>[^/]+))?)$", redirect),
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
    metadata = adapter.mirrors_metadata(datasette, key, _metadata)
    for name, ours in metadata.get("databases", {}).items():
        for table, users in (adapter.users_metadata(datasette, "tables", name) or {}).items():
            if "sort" in users:  # Datasette refuses both
                ours["tables"].get(table, {}).pop("sort_desc", None)
    return metadata


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
    if not adapter.is_mirror(datasette.databases[database]):
        return {}
    own = adapter.users_metadata(datasette, "queries", database) or {}
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
    if (text is None and not item) or not adapter.is_mirror(datasette.databases[database]):
        return None
    site = SiteContext(adapter.real(datasette), database, request)
    return lambda: site.read(lambda rows: _filters(site, rows, table, text, item))


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
            id_ = context.as_id(item.removeprefix(start))
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
    if not database or not adapter.is_mirror(datasette.databases[database]):
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
    if site is None or not await site.may_see() or adapter.has_template(datasette, "index.html"):
        return await adapter.own_page("index", datasette, request)
    front = await site.read(lambda rows: front_page(rows, datetime.now(UTC)))
    names = (name for name in datasette.databases if not name.startswith("_"))
    others = [name for name in names if name != site.name]
    return await site.page("ll2_front.html", page=front, others=others)


async def show_changes(datasette: Datasette, request: Request) -> Response:
    """The page of recent changes."""
    site = the_mirror(datasette, request)
    changes = await site.read(lambda rows: recent_changes(rows)[:_MOST_CHANGES])
    return await site.page("ll2_changes.html", changes=changes, most=_MOST_CHANGES)


async def show_search(datasette: Datasette, request: Request) -> Response:
    """The search page: rows whose names have these words."""
    site, text = the_mirror(datasette, request), request.args.get("q") or ""
    sections = await site.read(lambda rows: _found(site, rows, text))
    has_words = bool(context.search_expression(text))
    return await site.page("ll2_search.html", text=text, has_words=has_words, sections=sections)


async def show_map(datasette: Datasette, request: Request) -> Response:
    """The map of the world with the places on it."""
    site = the_mirror(datasette, request)
    layers = await site.read(lambda rows: read_sections(rows, display.site()["map"]))
    return await site.page("ll2_map.html", layers=layers)


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
        return await adapter.own_page("row", datasette, request)
    id_ = context.as_id(text)
    row = await site.read(lambda rows: row_page(rows, table, id_))
    if row is None:
        raise NotFound(f"No {display.noun(table)} has the id {id_}")
    return await site.page("ll2_row.html", 200 if row.is_kept else _GONE, page=row)


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
    if site is None or request.args.get("sql") or adapter.has_template(datasette, "database.html"):
        return await adapter.own_page("database", datasette, request)

    brief = adapter.BriefTables(
        datasette, site.may_see, lambda names: site.read(lambda rows: _counts(rows, names))
    )
    return await adapter.own_page("database", brief, request)


def _counts(rows: Rows, tables: list[str]) -> dict[str, int | None]:
    """The number of rows by table; None for the tool's own, and where it can't be read."""
    counts = dict[str, int | None].fromkeys(tables)
    for table in (table for table in tables if not table.startswith("_")):
        quoted = table.replace('"', '""')
        with suppress(sqlite3.DatabaseError):
            [counts[table]] = rows.conn.execute(f'SELECT count(*) FROM "{quoted}"').fetchone()
    return counts


async def show_table(datasette: Datasette, request: Request) -> Response:
    """The page of a table, a view or a question."""
    site = await _visible(datasette, request)
    if site is None:
        return await adapter.own_page("table", datasette, request)
    table = tilde_decode(request.url_vars["table"])
    of_table, users = chips(table), adapter.users_metadata(datasette, "tables", site.name) or {}
    if of_table and not request.args and not {"sort", "sort_desc"} & users.get(table, {}).keys():
        request.scope["query_string"] = next(iter(of_table.values())).encode()

    async def names(table: str, column: str, values: list[Any]) -> dict[Any, str] | None:
        referred = target(table, column.removesuffix("_id"))
        return await site.read(lambda rows: rows.names(referred, values)) if referred else None

    return await adapter.own_page("table", adapter.NamedRows(datasette, names), request)


async def whole_csv(datasette: Datasette, request: Request) -> Response:
    """A table, a question or a query as CSV, with all its rows unless the request limits them."""
    page = "table" if "table" in request.url_vars else "database"
    if page == "database" and not request.args.get("sql"):
        raise NotFound("A CSV is of one table: `ll2-mirror export` writes all")
    parts = {"_size", "_next", "_stream"} & set(request.args)
    if await _visible(datasette, request) and not parts and datasette.setting("allow_csv_stream"):
        query = request.scope["query_string"]
        request.scope["query_string"] = b"&".join(filter(None, (query, b"_stream=on")))
        datasette = adapter.WholeAnswers(datasette)
    return await adapter.own_page(page, datasette, request)


async def show_json(datasette: Datasette, request: Request) -> Response:
    """A table, a question or a query as JSON."""
    page = "table" if request.url_vars["table"] else "database"
    return await adapter.own_page(page, datasette, request)


async def redirect(datasette: Datasette, request: Request) -> Response:
    """Redirects from the API's pages, which don't know the database's name, to tables or rows."""
    site, *parts = the_mirror(datasette, request), *filter(None, request.url_vars.values())
    if parts and not display.is_ours(parts[0]):
        raise NotFound("No such table")
    query = f"?{request.query_string}" if request.query_string else ""
    return Response.redirect("/".join([site.home, *parts]) + query)


# Errors


@hookimpl(trylast=True)
def handle_exception(
    datasette: Datasette, request: Request, exception: Exception
) -> Callable[[], Awaitable[Response | None]]:
    """The page for an exception. JSON and databases that aren't mirrors are left to Datasette."""
    return lambda: _error_page(datasette, request, exception)


async def _error_page(
    datasette: Datasette, request: Request, exception: Exception
) -> Response | None:
    """A page that looks like the site, with a search and a way home."""
    name = context.database_in(request)
    is_known = any(name == each.route for each in datasette.databases.values())
    site = site_context(datasette, request, name if is_known else "")
    status, message = _explained(datasette, exception)
    users = any(adapter.has_template(datasette, f"{each}.html") for each in (status, "error"))
    if site is None or users or request.path.endswith(".json") or not await site.may_see():
        return None
    # Without the variables that other plugins add: one of them may be what failed.
    template = datasette.jinja_env.get_template("ll2_error.html")
    variables = {"ll2": site, "urls": datasette.urls, "sql": request.args.get("sql")}
    body = await template.render_async(status=status, message=message, **variables)
    headers = {"Allow": "GET, HEAD"} if status == 405 else {}
    return Response.html(body, status=status, headers=headers)


def _explained(datasette: Datasette, exception: Exception) -> tuple[int, str]:
    """The HTTP status of an exception, and its message for people."""
    if getattr(exception, "message_is_html", False):  # only Datasette's page of a slow query
        limit = datasette.setting("sql_time_limit_ms")
        return 400, f"The query was stopped after {limit:,} ms, the limit of this server."
    status = getattr(exception, "status", 500)  # Datasette logs the others
    message = getattr(exception, "message", exception)
    return status, str(message) if status != 500 else "The server failed; its log has the details."
