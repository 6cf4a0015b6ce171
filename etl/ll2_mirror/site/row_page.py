"""The page of one row: its values, its lists, the rows that refer to it, its history."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode

from ll2_mirror.ll2.lists import LIST_OF, RESOURCES
from ll2_mirror.ll2.model import Id
from ll2_mirror.ll2.page import LL2_URL
from ll2_mirror.ll2.schema import Edge, edges, list_tables_of
from ll2_mirror.site import display
from ll2_mirror.site.change_list import ChangeEntry, decoded, history, row_changes
from ll2_mirror.site.context import PageSection, Picture, Rows, picture_id
from ll2_mirror.site.section import list_items, read_sections
from ll2_mirror.site.table_page import Fact, facts, shortened

_MOST_REFERRING = 24  # rows that refer to this one, of one kind
_NO_FACTS = ("own", "seconds", "many", "position", "owner")  # kinds of columns
# Keys that are elsewhere on the page, or not at all.
_SHOWN_ELSEWHERE = ("id", "name", "url", "slug", "response_mode")


class RowPage(NamedTuple):
    """The contents of a row's page."""

    table: str
    id: Id
    name: str
    facts: list[Fact]
    changes: list[ChangeEntry]
    upstream: str  # its URL at LL2
    gone: str  # when it was deleted; empty if it wasn't, or was never listed
    is_kept: bool  # whether the row still exists
    picture: Picture | None = None
    sections: Sequence[PageSection] = ()
    lists: Sequence[PageSection] = ()
    related: Sequence[PageSection] = ()
    api: str | None = None  # empty: the API has it; else the mode in which it would; None: never


def row_page(rows: Rows, table: str, id_: Id) -> RowPage | None:
    """The page of a row, or of a deleted one as it last was; None if there never was one."""
    row = rows.conn.execute(f'SELECT * FROM "{table}" WHERE id = ?', (id_,)).fetchone()
    if row is None:
        return _gone_row_page(rows, table, id_)
    values = dict(row)
    id_ = values["id"]
    picture = rows.pictures([picture_id(values)]).get(picture_id(values))
    if picture:
        values["image_id"] = None  # it is there to be seen
    declared = display.site()["pages"].get(table, ())
    queries = [display.site()["queries"].get(each.get("query")) for each in declared]
    shown = set(re.findall(r"\w+", f"{declared}{queries}"))  # the tables that sections name
    lists = _lists(rows, table, id_, shown)
    listed = [{item.href for item in section.items} for section in lists]
    related = _related(rows, table, id_, shown)
    return RowPage(
        table,
        id_,
        rows.names(table, [id_])[id_],
        _facts(rows, table, values),
        row_changes(rows, table, id_, history(rows, table, id_)),
        _upstream(values),
        _tombstone(rows, table, id_)[0],
        is_kept=True,
        picture=picture,
        sections=read_sections(rows, declared, table, dict(row)),
        lists=lists,
        related=[each for each in related if {item.href for item in each.items} not in listed],
        api=_mode_for_api(rows, table, dict(row)),
    )


def _mode_for_api(rows: Rows, table: str, values: dict[str, Any]) -> str | None:
    """The mode in which the API would have a record; empty if it has it, None if it never would."""
    name = LIST_OF.get(table, "")
    sql = (
        "SELECT EXISTS (SELECT 1 FROM _records WHERE resource = :name AND id = :id)"
        " OR NOT EXISTS (SELECT 1 FROM _records WHERE resource = :name)"
    )
    found = rows.conn.execute(sql, {"name": name, "id": values["id"]}).fetchone()[0]
    if not (name and found):
        return None
    resource = RESOURCES[name]
    has_all = resource.richest.name in (values.get("_shapes") or resource.richest.name).split()
    return "" if has_all else list(resource.modes)[-1]


def _gone_row_page(rows: Rows, table: str, id_: Id) -> RowPage | None:
    changes = history(rows, table, id_)
    gone = next((change for change in changes if change["kind"] == "gone"), None)
    if gone is None:
        return None
    last = _tombstone(rows, table, id_)[1] or decoded(gone["from_value"], {})
    return RowPage(
        table,
        id_,
        rows.name(table, id_, last.get("name")),
        _facts(rows, table, {key: _named(value) for key, value in last.items()}),
        row_changes(rows, table, id_, changes),
        _upstream(last),
        display.format_time(gone["finished"]),
        is_kept=False,
    )


def _tombstone(rows: Rows, table: str, id_: Id) -> tuple[str, dict[str, Any]]:
    """When LL2 stopped listing a record, and its last state; empty for any other."""
    sql = (
        "SELECT finished, body FROM _tombstones AS gone JOIN _runs ON _runs.id = gone.run"
        " WHERE gone.resource = ? AND gone.id = ?"
    )
    row = rows.conn.execute(sql, (LIST_OF.get(table, ""), id_)).fetchone()
    return (display.format_time(row["finished"]), decoded(row["body"], {})) if row else ("", {})


def _named(value: Any) -> Any:
    """A value that LL2 sent: an object by its name, a list by its items' names or its length."""
    if not isinstance(value, list | dict):
        return value
    items = value if isinstance(value, list) else [value]
    names = [item["name"] for item in items if isinstance(item, dict) and item.get("name")]
    return ", ".join(map(str, names)) or (f"{len(value):,}" if value else "")


def _upstream(values: dict[str, Any]) -> str:
    path = str(values.get("url"))
    return f"{LL2_URL}{path}" if path.startswith("/") else ""


def _facts(rows: Rows, table: str, values: dict[str, Any]) -> list[Fact]:
    """The values that aren't empty, without what is elsewhere on the page."""
    of_kind = display.kinds(table)
    names = [
        name
        for name, value in values.items()
        if value not in (None, "", "P0D")
        and (name, value) != ("is_placeholder", 0)
        and name not in _SHOWN_ELSEWHERE
        and of_kind.get(name) not in _NO_FACTS
    ]
    [of_row] = facts(rows, table, names, [values])
    return [shortened(fact) if fact.href.startswith("http") else fact for fact in of_row]


# The row's lists, and the rows that refer to it


def _lists(rows: Rows, table: str, id_: Id, shown: set[str]) -> list[PageSection]:
    """The lists of a row, without empty ones and those that are shown."""
    lists = {
        name: list_items(rows, name, id_) for name in list_tables_of(table) if name not in shown
    }
    return [
        PageSection(display.format_key(name.rpartition("__")[2]), items, len(items))
        for name, items in lists.items()
        if items
    ]


def _related(rows: Rows, table: str, id_: Id, shown: set[str]) -> list[PageSection]:
    """The rows that refer to a row, by column, without those of tables that are shown."""
    order = list(display.described())
    referring = [edge for edge in edges() if edge.target == table and edge.owner_table not in shown]
    referring.sort(key=lambda edge: order.index(edge.owner_table))
    by_owner = Counter(edge.owner_table for edge in referring)
    sections = (_referring(rows, edge, id_, by_owner[edge.owner_table] > 1) for edge in referring)
    return [section for section in sections if section.items]


def _referring(rows: Rows, edge: Edge, id_: Id, is_one_of_several: bool) -> PageSection:
    """The rows that refer to a row by a column, or in a list: how many, and the newest."""
    key, where, query = edge.column, f'"{edge.column}" = ?', {edge.column: id_}
    if edge.owner != "id":  # a list's
        key = edge.table.rpartition("__")[2]
        where = f'id IN (SELECT "{edge.owner}" FROM "{edge.table}" WHERE {where})'
        query = {"_of": f"{edge.table}.{edge.column}.{id_}"}
    sql = f'FROM "{edge.owner_table}" WHERE {where}'
    [count] = rows.conn.execute(f"SELECT count(*) {sql}", (id_,)).fetchone()
    newest = display.of_table(edge.owner_table).get("sort_desc", "id")
    limited = f'SELECT id {sql} ORDER BY "{newest}" DESC, id DESC LIMIT {_MOST_REFERRING}'
    items = rows.items(edge.owner_table, [row for (row,) in rows.conn.execute(limited, (id_,))])
    heading = display.title(edge.owner_table)
    if is_one_of_several:
        heading += f" ({display.format_key(key).lower()})"
    return PageSection(heading, items, count, f"{rows.home}/{edge.owner_table}?{urlencode(query)}")
