"""The page of one row: what it is, what it has, what refers to it, what changed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from ll2_mirror.ll2.descriptions import Described
from ll2_mirror.ll2.lists import LIST_OF
from ll2_mirror.ll2.model import Id
from ll2_mirror.ll2.page import LL2_URL, seconds
from ll2_mirror.ll2.schema import kind_of, target
from ll2_mirror.serve.browse import is_web
from ll2_mirror.site.config import described, noun
from ll2_mirror.site.format import format_day, format_key, format_length, format_number, format_time
from ll2_mirror.site.related import Group, related
from ll2_mirror.site.rows import Link, Picture, Rows

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


class Change(NamedTuple):
    """One change in the history of a row."""

    when: str
    kind: str
    key: str
    before: str
    after: str


class RowPage(NamedTuple):
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


def row_page(rows: Rows, table: str, id_: Id) -> RowPage | None:
    """What the page of a row shows; None: no row."""
    found = rows.conn.execute(f'SELECT * FROM "{table}" WHERE id = ?', (id_,)).fetchone()
    if found is None:
        return None
    values = dict(found)
    id_, picture = values["id"], _picture(rows, values)
    shown = {**values, "image_id": None} if picture else values  # it is there to be seen
    return RowPage(
        table,
        id_,
        rows.names(table, [id_])[id_],
        noun(table),
        picture,
        list(_facts(rows, table, shown)),
        *related(rows, table, id_),
        list(_changes(rows, table, id_)),
        _upstream(values.get("url")),
        _tombstone(rows, table, id_)[0],
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
    key, said = format_key(column.name), one.text
    if column.target:
        [link] = rows.links(column.target, [value]) or [Link(str(value), "", value)]
        return Fact(key, said, link.name, link.href)
    if column.kind == "duration":
        seconds = values.get(f"{column.name}_seconds")
        return Fact(
            key, said, str(value) if seconds is None else format_length(seconds), text=value
        )
    return _linked(key, said, spelled(column.kind, value, one.unit))


def _linked(key: str, said: str, shown: str) -> Fact:
    """A value, with a link where it is an address."""
    return Fact(key, said, shown, shown if is_web(shown) else "")


def spelled(kind: str, value: Any, unit: str = "") -> str:
    """A value as people write it."""
    ways: dict[str, Callable[[], str]] = {
        "bool": lambda: "yes" if value else "no",
        "date": lambda: format_day(value),
        "datetime": lambda: format_time(value),
        "int": lambda: format_number(value, unit),
        "float": lambda: format_number(value, unit),
    }
    return ways.get(kind, lambda: str(value))()


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
        yield Change(format_time(finished), kind, format_key(key), *values)


def _told(rows: Rows, table: str, key: str, value: Any) -> str:
    """A value of the history: a row by its name, a list by how many it has."""
    if value is None:
        return "nothing"
    kind = kind_of(table, key)
    if kind == "one":
        return rows.names(target(table, key), [value]).get(value, f"number {value}")
    return _items_told(value) if kind == "many" else spelled(kind, value)


def _items_told(value: Any) -> str:
    try:
        return f"{len(json.loads(value)):,} in the list"
    except (ValueError, TypeError):
        return str(value)


# What is gone


def gone_row_page(rows: Rows, table: str, id_: Id) -> RowPage | None:
    """The page of a row that LL2 no longer has, as it last was; None: there never was one."""
    sql = _HISTORY.replace("WHERE", "WHERE kind = 'gone' AND")
    found = rows.conn.execute(sql, (table, id_)).fetchone()
    if found is None:
        return None
    last = _tombstone(rows, table, id_)[1] or _object(found[3])
    return RowPage(
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
        format_time(found[0]),
        is_kept=False,
    )


def _tombstone(rows: Rows, table: str, id_: Id) -> tuple[str, dict[str, Any]]:
    """Since when LL2 no longer lists a record, and how it last was; nothing of any other."""
    sql = (
        "SELECT finished, body FROM _tombstones AS gone JOIN _runs ON _runs.id = gone.run"
        " WHERE gone.resource = ? AND gone.id = ?"
    )
    found = rows.conn.execute(sql, (LIST_OF.get(table, ""), id_)).fetchone()
    return (format_time(found[0]), _object(found[1])) if found else ("", {})


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
        return Fact(format_key(key), "", format_length(seconds(value) or 0), text=value)
    return _linked(format_key(key), "", _shown(value))


def _shown(value: Any) -> str:
    if isinstance(value, list | dict):
        items = value if isinstance(value, list) else [value]
        named = [one["name"] for one in items if _has_name(one)]
        return ", ".join(named) or f"{len(value):,}"
    kinds = {bool: "bool", int: "int", float: "float", str: "datetime"}
    return spelled(kinds.get(type(value), ""), value)


def _has_name(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("name"), str)
