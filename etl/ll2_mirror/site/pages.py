"""Our pages: what each shows, and where it is Datasette's after all."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from datasette import Forbidden, NotFound, Response
from datasette.utils import tilde_decode

from ll2_mirror.errors import MirrorError
from ll2_mirror.ll2.lists import RESOURCES
from ll2_mirror.ll2.schema import target
from ll2_mirror.serve.datasette_adapter import BriefTables, NamedRows, own_page
from ll2_mirror.site import config
from ll2_mirror.site.context import SiteContext, site_context
from ll2_mirror.site.front import front, news
from ll2_mirror.site.names import expression
from ll2_mirror.site.row_page import gone_row_page, row_page
from ll2_mirror.site.rows import Link, Rows
from ll2_mirror.store.explain import explained

if TYPE_CHECKING:
    from datasette.app import Datasette
    from datasette.utils.asgi import Request

_MOST_FOUND = 12  # rows of one table that a search names
_MOST_SORTED = 2000  # that it puts in order
_MOST_NEWS = 100
_GONE = 410


def _templates_are_ours(datasette: Datasette, name: str) -> bool:
    """Whether a user has no template of their own for a page."""
    own = datasette.template_dir
    return not (own and Path(own, name).exists())


async def _open(datasette: Datasette, request: Request) -> SiteContext:
    """The mirror; raises NotFound where there is none, or none that may be seen."""
    site = site_context(datasette, request)
    if site is None or not await site.may_see():
        raise NotFound("No mirror is open")
    return site


async def datasettes_index(datasette: Datasette, request: Request) -> Response:
    """Datasette's own list of databases."""
    return await own_page("index", datasette, request)


async def _explained(site: SiteContext, page: Any) -> Response:
    """A page; where the file can't be read, one that says why."""
    try:
        return await page
    except MirrorError as error:
        told = str(error)
    except sqlite3.Error as error:
        told = str(explained(error, Path(site.name)) or f"{site.name} is no whole mirror: {error}")
    return await site.shown("ll2_problem.html", 503, problem=told)


async def front_page(datasette: Datasette, request: Request) -> Response:
    """What this is: counts, how fresh, what changed, what is in space now, the front_tables."""
    site = site_context(datasette, request)
    if site is None or not await site.may_see() or not _templates_are_ours(datasette, "index.html"):
        return await datasettes_index(datasette, request)
    return await _explained(site, _front(site))


async def _front(site: SiteContext) -> Response:
    found = await site.read(lambda rows: front(rows, datetime.now(UTC)))
    others = [
        name for name in site.datasette.databases if name != site.name and not name.startswith("_")
    ]
    return await site.shown("ll2_front.html", page=found, others=others)


async def changes_page(datasette: Datasette, request: Request) -> Response:
    """What the last syncs changed."""
    site = await _open(datasette, request)
    return await _explained(site, _changes(site))


async def _changes(site: SiteContext) -> Response:
    found = await site.read(lambda rows: news(rows)[:_MOST_NEWS])
    return await site.shown("ll2_changes.html", news=found, most=_MOST_NEWS)


async def search_page(datasette: Datasette, request: Request) -> Response:
    """What has a name like that."""
    site = await _open(datasette, request)
    return await _explained(site, _search(site, request.args.get("q") or ""))


async def _search(site: SiteContext, text: str) -> Response:
    found = await site.read(lambda rows: list(_found(site, rows, text)))
    asked = bool(expression(text))
    return await site.shown("ll2_search.html", text=text, asked=asked, found=found)


def _found(site: SiteContext, rows: Rows, text: str) -> Iterator[tuple[str, int, list[Link]]]:
    """What is called like that, by table: first what begins with the text."""
    for table, ids in site.names.find(rows.conn, text):
        links = rows.links(table, ids[:_MOST_SORTED])
        links.sort(
            key=lambda link: (not link.name.casefold().startswith(text.casefold()), link.name)
        )
        if links:
            yield table, len(ids), links[:_MOST_FOUND]


async def tables_page(datasette: Datasette, request: Request) -> Response:
    """All tables: Datasette's page, in our template, which shows no more than names and counts."""
    site = site_context(datasette, request)
    if site is None or request.args.get("sql"):
        return await own_page("database", datasette, request)
    if not _templates_are_ours(datasette, "database.html"):
        return await own_page("database", datasette, request)

    async def count(names: list[str]) -> dict[str, int | None]:
        return await site.read(lambda rows: {name: _count(rows.conn, name) for name in names})

    return await own_page("database", BriefTables(datasette, site.may_see, count), request)


def _count(conn: sqlite3.Connection, table: str) -> int | None:
    """The rows of a table; None for one of the tool's own, and one that can't be read."""
    quoted = table.replace('"', '""')
    try:
        sql = f'SELECT count(*) FROM "{quoted}"'
        return None if table.startswith("_") else conn.execute(sql).fetchone()[0]
    except sqlite3.DatabaseError:
        return None


async def table_page(datasette: Datasette, request: Request) -> Response:
    """A table: Datasette's page, in our template; it suggests no facets, which takes longest."""
    site = site_context(datasette, request)
    if site is None:
        return await own_page("table", datasette, request)

    async def names(table: str, column: str, values: list[Any]) -> dict[Any, str] | None:
        referred = target(table, column.removesuffix("_id"))
        return await site.read(lambda rows: rows.names(referred, values)) if referred else None

    return await own_page("table", NamedRows(datasette, names), request)


async def whole_csv(datasette: Datasette, request: Request) -> Response:
    """A table as CSV: all its rows, unless a part of them is asked for."""
    site = site_context(datasette, request)
    parts = {"_size", "_next", "_stream"} & set(request.args)
    if site and not parts and datasette.setting("allow_csv_stream"):
        query = request.scope["query_string"]
        request.scope["query_string"] = b"&".join(filter(None, (query, b"_stream=on")))
    return await own_page("table", datasette, request)


async def show_row(datasette: Datasette, request: Request) -> Response:
    """One row; also of a row that is gone."""
    table, id_ = (tilde_decode(request.url_vars[part]) for part in ("table", "pks"))
    site = site_context(datasette, request)
    if site is None or table not in config.described() or "__" in table:
        return await own_page("row", datasette, request)
    if not await site.may_see(table):
        raise Forbidden("view-table")
    return await _explained(site, _row(site, table, _id(table, id_)))


def _id(table: str, text: str) -> Any:
    """An id as its table has it."""
    is_number = config.described()[table].columns[0].column.type == "INTEGER"
    return int(text) if is_number and text.isdecimal() and len(text) < 19 else text


async def _row(site: SiteContext, table: str, id_: Any) -> Response:
    found = await site.read(
        lambda rows: row_page(rows, table, id_) or gone_row_page(rows, table, id_)
    )
    if found is None:
        raise NotFound(f"No {config.noun(table)} has the number {id_}")
    return await site.shown("ll2_row.html", 200 if found.is_kept else _GONE, page=found)


async def to_tables_page(datasette: Datasette, request: Request) -> Response:
    """From the pages of the API, which don't know what the database is called."""
    return Response.redirect((await _open(datasette, request)).home)


async def to_row_page(datasette: Datasette, request: Request) -> Response:
    """From the API's name of a list, or of one record, to the page here."""
    site, name = await _open(datasette, request), request.url_vars["name"]
    resource = RESOURCES.get(name)
    table = resource.table if resource else name
    if table not in config.described():
        raise NotFound("No such table")
    id_ = request.url_vars["id"]
    return Response.redirect(f"{site.home}/{table}{f'/{id_}' if id_ else ''}")
