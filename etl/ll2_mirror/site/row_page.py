"""The page of one row: its values, its lists, the rows that refer to it, its history."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from ll2_mirror.ll2.lists import LIST_OF
from ll2_mirror.ll2.model import Id
from ll2_mirror.ll2.page import LL2_URL, seconds
from ll2_mirror.ll2.schema import Edge, edges, kind_of, list_tables_of, tables, target
from ll2_mirror.serve.browse import is_web
from ll2_mirror.site.config import described, noun, title
from ll2_mirror.site.context import Fact, Item, PageSection, Picture, Rows
from ll2_mirror.site.format import format_duration, format_key, format_time, format_value
from ll2_mirror.site.front_page import ChangeEntry
from ll2_mirror.site.table_page import facts

_MOST_CHANGES = 100
_MOST_REFERRING = 24  # rows that refer to this one, of one kind
_LONG = 90  # characters: a longer text has a line of its own
_NO_FACTS = ("own", "seconds", "many", "position", "owner")  # kinds of columns
_SHOWN_ELSEWHERE = (
    "id",
    "name",
    "url",
    "slug",
    "response_mode",
)  # shown elsewhere on the page, or not at all
_KINDS = {bool: "bool", int: "int", float: "float", str: "datetime"}  # of what LL2 sent
_DURATION = re.compile(r"P(\d|T\d)")


class RowPage(NamedTuple):
    """The contents of a row's page."""

    table: str
    id: Id
    name: str
    noun: str
    picture: Picture | None
    facts: list[Fact]
    lists: list[PageSection]
    related: list[PageSection]
    changes: list[ChangeEntry]
    upstream: str  # its URL at LL2
    gone: str = ""  # when it was deleted; empty if it wasn't, or was never listed
    is_kept: bool = True  # whether the row still exists


def row_page(rows: Rows, table: str, id_: Id) -> RowPage | None:
    """The contents of a row's page; None without such a row."""
    row = rows.conn.execute(f'SELECT * FROM "{table}" WHERE id = ?', (id_,)).fetchone()
    if row is None:
        return None
    values = dict(row)
    id_, image = values["id"], values.get("image_id", row["id"] if "thumbnail_url" in values else 0)
    picture = rows.pictures([image]).get(image)
    if picture:
        values["image_id"] = None  # it is there to be seen
    lists = list(_lists(rows, table, id_))
    listed = [{item.href for item in section.items} for section in lists]
    related = _related(rows, table, id_)
    return RowPage(
        table,
        id_,
        rows.names(table, [id_])[id_],
        noun(table),
        picture,
        _facts(rows, table, values),
        lists,
        [each for each in related if {item.href for item in each.items} not in listed],
        _changes(rows, table, id_),
        _upstream(values.get("url")),
        _tombstone(rows, table, id_)[0],
    )


def _upstream(url: Any) -> str:
    return f"{LL2_URL}{url}" if isinstance(url, str) and url.startswith("/") else ""


def _facts(rows: Rows, table: str, values: dict[str, Any]) -> list[Fact]:
    """The values that aren't null, in the order of the columns."""
    shown = {
        each.column.name: each.text
        for each in described()[table].columns
        if each.column.kind not in _NO_FACTS and each.column.name not in _SHOWN_ELSEWHERE
    }
    names = [name for name in shown if values.get(name) not in (None, "")]
    [row] = facts(rows, table, names, [values], brief=False)
    return [
        _readable(fact._replace(description=shown[name]))
        for name, fact in zip(names, row, strict=True)
    ]


def _readable(fact: Fact) -> Fact:
    """A value; one too long for a line is shown as a text."""
    return fact._replace(kind="text") if not fact.href and len(fact.value) > _LONG else fact


# The row's lists, and the rows that refer to it


def _lists(rows: Rows, table: str, id_: Id) -> Iterator[PageSection]:
    """The non-empty lists of a row."""
    for name in list_tables_of(table):
        owner, *columns = tables()[name]
        sql = f'SELECT * FROM "{name}" WHERE {owner.name} = ? ORDER BY position'
        read = [dict(row) for row in rows.conn.execute(sql, (id_,))]
        items = list(map(_text, read))
        for column in columns:
            if column.kind == "item":
                items = rows.items(column.target, [row[column.name] for row in read])
        if items:
            yield PageSection(format_key(name.rpartition("__")[2]), items, len(items))


def _text(row: dict[str, Any]) -> Item:
    """An item without a page of its own, such as a web link."""
    texts = (row.get(name) for name in ("title", "name", "url", "position"))
    url = row.get("url")
    text = next(text for text in texts if text not in (None, ""))
    return Item(str(text), str(url) if is_web(url) else "")


def _related(rows: Rows, table: str, id_: Id) -> Iterator[PageSection]:
    """The rows that refer to a row, by column."""
    referring = [edge for edge in edges() if edge.target == table]
    owners = [edge.owner_table for edge in referring]
    order = list(described())
    for edge in sorted(referring, key=lambda edge: order.index(edge.owner_table)):
        sql = f'FROM "{edge.table}" WHERE "{edge.column}" = ?'
        count = rows.conn.execute(f"SELECT count(*) {sql}", (id_,)).fetchone()[0]
        if count:
            limited = f'SELECT DISTINCT "{edge.owner}" {sql} LIMIT {_MOST_REFERRING}'
            ids = [owner for (owner,) in rows.conn.execute(limited, (id_,))]
            heading = title(edge.owner_table)
            if owners.count(edge.owner_table) > 1:
                heading += f" ({_reference(edge)})"
            items = rows.items(edge.owner_table, ids)
            yield PageSection(heading, items, count, _more(rows, edge, id_))


def _reference(edge: Edge) -> str:
    """The label of a reference: its column, or its list."""
    is_column = edge.table == edge.owner_table
    return format_key(edge.column if is_column else edge.table.rpartition("__")[2]).lower()


def _more(rows: Rows, edge: Edge, id_: Id) -> str:
    """The link to all rows that refer to a row; for a list, with SQL."""
    if edge.owner == "id":
        return f"{rows.home}/{edge.owner_table}?{edge.column}={id_}"
    if not isinstance(id_, int):
        return ""
    where = f"id+in+(select+{edge.owner}+from+{edge.table}+where+{edge.column}={id_})"
    return f"{rows.home}/{edge.owner_table}?_where={where}"


# The row's history


_HISTORY = (
    "SELECT _runs.finished, kind, key, from_value, to_value FROM _runs CROSS JOIN _history"
    " ON _history.run = _runs.id AND table_name = ? AND _history.id = ? WHERE NOT moving"
    f" ORDER BY _runs.id DESC LIMIT {_MOST_CHANGES}"
)


def _changes(rows: Rows, table: str, id_: Id) -> list[ChangeEntry]:
    """The history of a row, newest first."""
    read = rows.conn.execute(_HISTORY, (table, id_)).fetchall()
    entries = []
    for finished, kind, key, *values in map(tuple, read):
        before, after = (_changed(rows, table, key, each) if key else "" for each in values)
        entries.append(ChangeEntry(format_time(finished), kind, format_key(key), before, after))
    return entries


def _changed(rows: Rows, table: str, key: str, value: Any) -> str:
    """A value in the history: a row by its name, a list by its length."""
    if value is None:
        return "nothing"
    kind = kind_of(table, key)
    if kind == "one":
        return rows.names(target(table, key), [value]).get(value, f"number {value}")
    if kind != "many":
        return format_value(kind, value)
    try:
        return f"{len(json.loads(value)):,} in the list"
    except (ValueError, TypeError):
        return str(value)


# Deleted rows


def gone_row_page(rows: Rows, table: str, id_: Id) -> RowPage | None:
    """The page of a deleted row, as it last was; None if there never was one."""
    sql = _HISTORY.replace("WHERE", "WHERE kind = 'gone' AND")
    gone = rows.conn.execute(sql, (table, id_)).fetchone()
    if gone is None:
        return None
    last = _tombstone(rows, table, id_)[1] or _object(gone["from_value"])
    known = {key: value for key, value in last.items() if value not in (None, "", [], {})}
    return RowPage(
        table,
        id_,
        rows.name(table, id_, last.get("name")),
        noun(table),
        None,
        [_sent(key, known[key]) for key in known if key not in _SHOWN_ELSEWHERE],
        [],
        [],
        _changes(rows, table, id_),
        _upstream(last.get("url")),
        format_time(gone["finished"]),
        is_kept=False,
    )


def _tombstone(rows: Rows, table: str, id_: Id) -> tuple[str, dict[str, Any]]:
    """When LL2 stopped listing a record, and its last state; empty for any other."""
    sql = (
        "SELECT finished, body FROM _tombstones AS gone JOIN _runs ON _runs.id = gone.run"
        " WHERE gone.resource = ? AND gone.id = ?"
    )
    row = rows.conn.execute(sql, (LIST_OF.get(table, ""), id_)).fetchone()
    return (format_time(row["finished"]), _object(row["body"])) if row else ("", {})


def _object(text: Any) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, TypeError):
        return {}
    return value if isinstance(value, dict) else {}


def _sent(key: str, value: Any) -> Fact:
    """A value as LL2 sent it: an object by its name, a list by the names of its items."""
    if isinstance(value, list | dict):
        items = value if isinstance(value, list) else [value]
        names = [item.get("name") for item in items if isinstance(item, dict)]
        text = ", ".join(name for name in names if isinstance(name, str)) or f"{len(value):,}"
    elif isinstance(value, str) and _DURATION.match(value):
        return Fact(format_key(key), format_duration(seconds(value) or 0), sent=value)
    else:
        text = format_value(_KINDS.get(type(value), ""), value)
    return _readable(Fact(format_key(key), text, text if is_web(text) else ""))
