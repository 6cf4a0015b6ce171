"""The second plugin of Datasette: which of its pages of a mirror are ours, and what they are told.

They stand where Datasette has its own: / is the front page, /db/table/id the page of a row. Where
no mirror is asked about, the page is Datasette's.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from datasette import hookimpl
from datasette.filters import FilterArguments

from ll2_mirror.ll2.descriptions import questions
from ll2_mirror.ll2.schema import views
from ll2_mirror.serve.datasette_adapter import is_mirror, mirrors_metadata, real
from ll2_mirror.site import config, pages
from ll2_mirror.site.context import SiteContext

if TYPE_CHECKING:
    from datasette.app import Datasette
    from datasette.utils.asgi import Request

_DATABASE = r"/(?!-/)(?P<database>[^/.]+)"
_PAGE = 50  # rows of a table on one page


@hookimpl
def register_routes() -> list[tuple[str, Any]]:
    """Our pages; those of Datasette's that they stand for come when no mirror is asked about."""
    return [
        (r"/(?P<format>)$", pages.front_page),
        (r"/-/index(?P<format>)$", pages.datasettes_index),
        (r"/-/search$", pages.search_page),
        (r"/-/changes$", pages.changes_page),
        (r"/-/tables$", pages.to_tables_page),
        (r"/-/thing/(?P<name>\w+)(?:/(?P<id>[^/]+))?$", pages.to_row_page),
        (rf"{_DATABASE}(?P<format>)$", pages.tables_page),
        (rf"{_DATABASE}/(?P<table>[^/.]+)(?P<format>)$", pages.table_page),
        (rf"{_DATABASE}/(?P<table>[^/.]+)\.(?P<format>csv)$", pages.whole_csv),
        (rf"{_DATABASE}/(?P<table>[^/.]+)/(?P<pks>[^/.]+)(?P<format>)$", pages.show_row),
    ]


@hookimpl
def get_metadata(datasette: Datasette, key: str | None) -> dict[str, Any]:
    """What Datasette does with our tables: which it hides, how it sorts, by what it narrows."""
    return mirrors_metadata(datasette, key, _tables)


def _tables() -> dict[str, Any]:
    told = {
        view.name: {"description": view.text, "columns": {**view.columns}}
        for view in views().values()
    }
    ours = {table: _shown(table) for table in config.described()}
    return {"tables": {**told, **ours}}


def _shown(table: str) -> dict[str, Any]:
    """How Datasette lists a table: a list's table, which only links others, isn't offered."""
    said = config.of_table(table)
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
    is_ours = config.is_searched(table) and is_mirror(datasette.databases[database])
    if text is None or not is_ours:
        return None

    async def filtered() -> FilterArguments:
        site = SiteContext(real(datasette), database, request)
        found = await site.read(lambda rows: site.names.find(rows.conn, text, table))
        ids = [id_ for one in found for id_ in one.ids]
        return FilterArguments(
            ["id in (select value from json_each(:ll2_found))"],
            {"ll2_found": json.dumps(ids)},
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
    return {"ll2": SiteContext(datasette, database, request)} if mirror else {}
