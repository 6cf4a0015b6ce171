"""What a row has and what refers to it: its lists, and the rows of other tables that name it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ll2_mirror.ll2.model import Id
from ll2_mirror.ll2.schema import Column, Edge, edges, list_tables_of, tables
from ll2_mirror.serve.browse import is_web
from ll2_mirror.site.config import described, title
from ll2_mirror.site.format import format_key
from ll2_mirror.site.rows import Link, Rows

_MOST_SHOWN = 24  # of what refers to a row that are named


class Group(NamedTuple):
    """Rows that belong to one row, or refer to it; ``more`` leads to all of them."""

    title: str
    size: int
    links: list[Link]
    more: str = ""


def related(rows: Rows, table: str, id_: Id) -> tuple[list[Group], list[Group]]:
    """The lists of a row that have items; and what refers to it, unless a list has just that."""
    lists = list(_lists(rows, table, id_))
    known = [{link.href for link in one.links} for one in lists]
    groups = _groups(rows, table, id_)
    return lists, [one for one in groups if {link.href for link in one.links} not in known]


def _lists(rows: Rows, table: str, id_: Id) -> Iterator[Group]:
    """The lists of a row that have items."""
    for name in list_tables_of(table):
        item = next((one for one in tables()[name] if one.kind == "item"), None)
        if not rows.hidden.isdisjoint((name, item.target if item else "")):
            continue
        found = _items(rows, name, item, id_) if item else _texts(rows, name, id_)
        if found:
            yield Group(format_key(name.rpartition("__")[2]), len(found), found)


def _items(rows: Rows, name: str, item: Column, id_: Id) -> list[Link]:
    sql = f'SELECT {item.name} FROM "{name}" WHERE {tables()[name][0].name} = ? ORDER BY position'
    return rows.links(item.target, [found for (found,) in rows.conn.execute(sql, (id_,))])


def _texts(rows: Rows, name: str, id_: Id) -> list[Link]:
    """The items of a list that have no page: pages of the web, and the like."""
    owner, *_ = known = [column.name for column in tables()[name]]
    shown = [one for one in known if one in ("title", "name", "url")] or ["position"]
    href = "url" if "url" in known else "''"
    columns = f"coalesce({', '.join([*shown, 'NULL'])}, ''), {href}"
    sql = f'SELECT position, {columns} FROM "{name}" WHERE {owner} = ? ORDER BY position'
    found = rows.conn.execute(sql, (id_,)).fetchall()
    return [Link(str(text), url if is_web(url) else "", n) for n, text, url in found]


def _groups(rows: Rows, table: str, id_: Id) -> Iterator[Group]:
    """What refers to a row, by the column that does; those that nothing does by are left out."""
    referring = [edge for edge in edges() if edge.target == table]
    times = [edge.owner_table for edge in referring]
    order = list(described())
    for edge in sorted(referring, key=lambda edge: order.index(edge.owner_table)):
        if not rows.hidden.isdisjoint((edge.owner_table, edge.table)):
            continue
        sql = f'FROM "{edge.table}" WHERE "{edge.column}" = ?'
        count = rows.conn.execute(f"SELECT count(*) {sql}", (id_,)).fetchone()[0]
        if count:
            limited = f'SELECT DISTINCT "{edge.owner}" {sql} LIMIT {_MOST_SHOWN}'
            ids = [owner for (owner,) in rows.conn.execute(limited, (id_,))]
            heading = _heading(edge, times.count(edge.owner_table) > 1)
            more = _more(rows, edge, id_)
            yield Group(heading, count, rows.links(edge.owner_table, ids), more)


def _heading(edge: Edge, is_one_of_many: bool) -> str:
    by = edge.table.rpartition("__")[2] if edge.table != edge.owner_table else edge.column
    by = format_key(by).lower()
    return f"{title(edge.owner_table)}{f' ({by})' if is_one_of_many else ''}"


def _more(rows: Rows, edge: Edge, id_: Id) -> str:
    """The table's page with all rows that refer to a row; of a list, by SQL."""
    if edge.owner == "id":
        return f"{rows.home}/{edge.owner_table}?{edge.column}={id_}"
    if not isinstance(id_, int):
        return ""
    where = f"id+in+(select+{edge.owner}+from+{edge.table}+where+{edge.column}={id_})"
    return f"{rows.home}/{edge.owner_table}?_where={where}"
