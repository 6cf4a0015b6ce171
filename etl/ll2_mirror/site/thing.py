"""The page of one row: what it is, what it has, what refers to it, what changed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from ll2_mirror.ll2.describe import Described
from ll2_mirror.ll2.duration import seconds
from ll2_mirror.ll2.model import Id
from ll2_mirror.ll2.page import LL2_URL
from ll2_mirror.ll2.resources import LIST_OF
from ll2_mirror.ll2.schema import Column, Edge, edges, keys, list_tables_of, tables, target
from ll2_mirror.serve.browse import is_web
from ll2_mirror.site import words
from ll2_mirror.site.declared import described, noun, title
from ll2_mirror.site.rows import Link, Picture, Rows

_MOST_SHOWN = 24  # of what refers to a row that are named
_MOST_CHANGES = 100
_LONG = 90  # characters from which on a text has a line of its own
_HIDDEN = ("own", "seconds", "many", "position", "owner")  # kinds of columns that are no facts
_KNOWN = ("id", "name", "url", "slug", "response_mode")  # what the page says elsewhere, or nowhere
_DURATION = re.compile(r"P(\d|T\d)")


class Fact(NamedTuple):
    """One value, with what it means; ``text`` is what stands beside it, as LL2 sent it."""

    key: str
    said: str
    value: str
    href: str = ""
    text: str = ""

    @property
    def is_long(self) -> bool:
        """Whether it is a text to read."""
        return not self.href and len(self.value) > _LONG


class Group(NamedTuple):
    """Rows that belong to one row, or refer to it; ``more`` leads to all of them."""

    title: str
    size: int
    links: list[Link]
    more: str = ""


class Change(NamedTuple):
    """One change in the history of a row."""

    when: str
    kind: str
    key: str
    before: str
    after: str


class Thing(NamedTuple):
    """All that the page of a row shows."""

    table: str
    id: Id
    name: str
    kind: str
    picture: Picture | None
    values: list[Fact]
    lists: list[Group]
    groups: list[Group]
    changes: list[Change]
    upstream: str
    gone: str = ""  # since when; empty: LL2 lists it, or never did
    is_kept: bool = True  # whether its row is still there

    @property
    def facts(self) -> list[Fact]:
        """The values that fit a line."""
        return [fact for fact in self.values if not fact.is_long]

    @property
    def texts(self) -> list[Fact]:
        """The values that are read."""
        return [fact for fact in self.values if fact.is_long]


def thing(rows: Rows, table: str, id_: Id) -> Thing | None:
    """What the page of a row shows; None: no row."""
    cursor = rows.conn.execute(f'SELECT * FROM "{table}" WHERE id = ?', (id_,))
    found = cursor.fetchone()
    if found is None:
        return None
    values = dict(zip((one[0] for one in cursor.description), tuple(found), strict=True))
    id_, picture = values["id"], _picture(rows, values)
    shown = {**values, "image_id": None} if picture else values  # it is there to be seen
    lists = list(_lists(rows, table, id_))
    known = [{link.href for link in one.links} for one in lists]
    groups = _groups(rows, table, id_)
    return Thing(
        table,
        id_,
        rows.names(table, [id_])[id_],
        noun(table),
        picture,
        list(_facts(rows, table, shown)),
        lists,
        [one for one in groups if {link.href for link in one.links} not in known],
        list(_changes(rows, table, id_)),
        _upstream(values.get("url")),
        _gone(rows, table, id_),
    )


def _picture(rows: Rows, values: dict[str, Any]) -> Picture | None:
    """The picture of a row; an image is its own."""
    of = values.get("image_id", values["id"] if "thumbnail_url" in values else None)
    return rows.pictures([of]).get(of)


def _upstream(url: Any) -> str:
    return f"{LL2_URL}{url}" if isinstance(url, str) and url.startswith("/") else ""


# What it is


def _facts(rows: Rows, table: str, values: dict[str, Any]) -> Iterator[Fact]:
    """The values that are known, in the order of the columns."""
    for one in described()[table].columns:
        column, value = one.column, values.get(one.column.name)
        shown = column.kind not in _HIDDEN and column.name not in _KNOWN
        if shown and value not in (None, "") and column.target not in rows.hidden:
            yield _fact(rows, one, value, values)


def _fact(rows: Rows, one: Described, value: Any, values: dict[str, Any]) -> Fact:
    column = one.column
    key, said = words.key(column.name), one.text
    if column.target:
        [link] = rows.links(column.target, [value]) or [Link(str(value), "", value)]
        return Fact(key, said, link.name, link.href)
    if column.kind == "duration":
        seconds = values.get(f"{column.name}_seconds")
        return Fact(key, said, str(value) if seconds is None else words.length(seconds), text=value)
    return _linked(key, said, spelled(column.kind, value, one.unit))


def _linked(key: str, said: str, shown: str) -> Fact:
    """A value, with a link where it is an address."""
    return Fact(key, said, shown, shown if is_web(shown) else "")


def spelled(kind: str, value: Any, unit: str = "") -> str:
    """A value as people write it."""
    ways: dict[str, Callable[[], str]] = {
        "bool": lambda: "yes" if value else "no",
        "date": lambda: words.day(value),
        "datetime": lambda: words.when(value),
        "int": lambda: words.number(value, unit),
        "float": lambda: words.number(value, unit),
    }
    return ways.get(kind, lambda: str(value))()


# What it has, and what refers to it


def _lists(rows: Rows, table: str, id_: Id) -> Iterator[Group]:
    """The lists of a row that have items."""
    for name in list_tables_of(table):
        item = next((one for one in tables()[name] if one.kind == "item"), None)
        if not rows.hidden.isdisjoint((name, item.target if item else "")):
            continue
        found = _items(rows, name, item, id_) if item else _texts(rows, name, id_)
        if found:
            yield Group(words.key(name.rpartition("__")[2]), len(found), found)


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
    for edge in sorted(referring, key=lambda edge: _place(edge.owner_table)):
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


def _place(table: str) -> int:
    return list(described()).index(table)


def _heading(edge: Edge, is_one_of_many: bool) -> str:
    by = edge.table.rpartition("__")[2] if edge.table != edge.owner_table else edge.column
    by = words.key(by).lower()
    return f"{title(edge.owner_table)}{f' ({by})' if is_one_of_many else ''}"


def _more(rows: Rows, edge: Edge, id_: Id) -> str:
    """The table's page with all rows that refer to a row; of a list, by SQL."""
    if edge.owner == "id":
        return f"{rows.home}/{edge.owner_table}?{edge.column}={id_}"
    if not isinstance(id_, int):
        return ""
    where = f"id+in+(select+{edge.owner}+from+{edge.table}+where+{edge.column}={id_})"
    return f"{rows.home}/{edge.owner_table}?_where={where}"


# What changed


_HISTORY = (
    "SELECT _runs.finished, kind, key, from_value, to_value FROM _runs CROSS JOIN _history"
    " ON _history.run = _runs.id AND table_name = ? AND _history.id = ? WHERE NOT moving"
    f" ORDER BY _runs.id DESC LIMIT {_MOST_CHANGES}"
)


def _changes(rows: Rows, table: str, id_: Id) -> Iterator[Change]:
    """The history of a row, the newest first."""
    for finished, kind, key, before, after in rows.conn.execute(_HISTORY, (table, id_)).fetchall():
        values = (_told(rows, table, key, value) if key else "" for value in (before, after))
        yield Change(words.when(finished), kind, words.key(key), *values)


def _told(rows: Rows, table: str, key: str, value: Any) -> str:
    """A value of the history: a row by its name, a list by how many it has."""
    if value is None:
        return "nothing"
    _, known = keys().get((table, key), (None, None))
    kind = known.kind if known else ""
    if kind == "one":
        return rows.names(target(table, key), [value]).get(value, f"number {value}")
    return _items_told(value) if kind == "many" else spelled(kind, value)


def _items_told(value: Any) -> str:
    try:
        return f"{len(json.loads(value)):,} in the list"
    except (ValueError, TypeError):
        return str(value)


# What is gone


def gone(rows: Rows, table: str, id_: Id) -> Thing | None:
    """The page of a row that LL2 no longer has, as it last was; None: there never was one."""
    sql = _HISTORY.replace("WHERE", "WHERE kind = 'gone' AND")
    found = rows.conn.execute(sql, (table, id_)).fetchone()
    if found is None:
        return None
    last = _last(rows, table, id_) or _object(found[3])
    return Thing(
        table,
        id_,
        rows.name(table, id_, last.get("name")),
        noun(table),
        None,
        [
            _was(key, value)
            for key, value in last.items()
            if _is_shown(key, value) and target(table, key) not in rows.hidden
        ],
        [],
        [],
        list(_changes(rows, table, id_)),
        _upstream(last.get("url")),
        words.when(found[0]),
        is_kept=False,
    )


def _gone(rows: Rows, table: str, id_: Id) -> str:
    """Since when LL2 doesn't list a record whose row others keep; empty: it does, or never did."""
    sql = (
        "SELECT finished FROM _tombstones AS gone JOIN _runs ON _runs.id = gone.run"
        " WHERE gone.resource = ? AND gone.id = ?"
    )
    found = rows.conn.execute(sql, (LIST_OF.get(table, ""), id_)).fetchone()
    return words.when(found[0]) if found else ""


def _last(rows: Rows, table: str, id_: Id) -> dict[str, Any]:
    """The record as LL2 last sent it, where it was one of those that LL2 lists."""
    sql = "SELECT body FROM _tombstones WHERE resource = ? AND id = ?"
    found = rows.conn.execute(sql, (LIST_OF.get(table, ""), id_)).fetchone()
    return _object(found[0]) if found else {}


def _object(text: Any) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, TypeError):
        return {}
    return found if isinstance(found, dict) else {}


def _is_shown(key: str, value: Any) -> bool:
    return key not in _KNOWN and value not in (None, "", [], {})


def _was(key: str, value: Any) -> Fact:
    """A value as LL2 sent it: an object by its name, a list by the names of its items."""
    if isinstance(value, str) and _DURATION.match(value):
        return Fact(words.key(key), "", words.length(seconds(value) or 0), text=value)
    return _linked(words.key(key), "", _shown(value))


def _shown(value: Any) -> str:
    if isinstance(value, list | dict):
        items = value if isinstance(value, list) else [value]
        named = [one["name"] for one in items if _has_name(one)]
        return ", ".join(named) or f"{len(value):,}"
    kinds = {bool: "bool", int: "int", float: "float", str: "datetime"}
    return spelled(kinds.get(type(value), ""), value)


def _has_name(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("name"), str)
