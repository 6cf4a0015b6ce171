"""The rows of a table's page: name, picture, formatted values."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from ll2_mirror.ll2.descriptions import Described
from ll2_mirror.ll2.lists import LIST_OF
from ll2_mirror.ll2.schema import Column
from ll2_mirror.site import display
from ll2_mirror.site.context import Item, Picture, Rows, as_id, picture_id

_is_time = re.compile(r"\d{4}-\d\d-\d\d(T|$)").match
_is_id = re.compile(r"(.+_)?id").fullmatch
_LONGEST = 120  # characters of a text in a table
_LONGEST_URL = 40
_LONG = 90  # characters: a longer text has a line of its own on the page of its row
_TYPES = {bool: "bool", int: "number", float: "number", bytes: "bytes"}  # kinds by the value
_STYLES = dict.fromkeys(("int", "float", "number", "year", "duration"), "number") | {
    "datetime": "time"
}
_UNKNOWN = Described(Column("", "", ""), "", "", is_general=False)  # a column that no shape has

Values = Mapping[str, Any]  # of one row, by column


class Fact(NamedTuple):
    """One value; ``sent`` is what LL2 sent, if that differs."""

    key: str
    value: str
    href: str = ""
    sent: str = ""
    unit: str = ""
    description: str = ""
    kind: str = ""  # number, time, text


class TableRow(NamedTuple):
    """A row: its name, its page, its picture, its cells."""

    name: str
    href: str
    picture: Picture | None
    cells: list[Fact]


class TablePage(NamedTuple):
    """The rows of a table's page; ``columns`` are some of Datasette's.

    ``named`` is the column of the names, if it is one. ``chips`` are choices of rows that are one
    click away, by name, as queries of URLs; ``chip`` is the chosen one, and ``is_exact`` whether
    nothing else was asked for.
    """

    columns: list[dict[str, Any]]
    named: dict[str, Any] | None
    rows: list[TableRow]
    has_pictures: bool
    has_all_columns: bool
    is_gallery: bool
    chips: dict[str, str]
    chip: str
    is_exact: bool
    in_api: bool  # whether the API has records of the table


def chips(table: str) -> dict[str, str]:
    """The chips of a table, the default first; none of most tables."""
    now = datetime.now(UTC)
    times = {"now": f"{now:%Y-%m-%dT%H:%MZ}", "today": f"{now:%Y-%m-%d}"}
    declared = display.of_table(table).get("chips", {})
    return {name: query.format(**times) for name, query in declared.items()}


def table_page(
    rows: Rows,
    table: str,
    columns: Sequence[dict[str, Any]],
    records: Iterable[Iterable[dict[str, Any]]],
    parameters: Collection[str],
) -> TablePage:
    """Formats the rows that Datasette read; ``parameters`` are those of the request."""
    has_all = not {"_all", "_col", "_nocol"}.isdisjoint(parameters)
    is_ours = display.is_ours(table)
    named = next((each for each in columns if is_ours and each["name"] == "name"), None)
    shown = [each for each in columns if each != named] if has_all else _chosen(table, columns)
    values = [{cell["column"]: cell["raw"] for cell in cells} for cells in records]
    lines = _lines(rows, table, [each["name"] for each in shown], values)
    of_table, asked = chips(table), set(parameters)
    keys = {name: dict(parse_qsl(query)).keys() for name, query in of_table.items()}
    chip = next((name for name in of_table if keys[name] <= asked), "")
    listed = "SELECT EXISTS (SELECT 1 FROM _records WHERE resource = ?)"
    return TablePage(
        shown,
        named,
        lines,
        has_pictures=any(line.picture for line in lines),
        has_all_columns=has_all,
        is_gallery=bool(display.of_table(table).get("gallery")) and not has_all,
        chips=of_table,
        chip=chip,
        is_exact=keys.get(chip) == asked,
        in_api=bool(rows.conn.execute(listed, (LIST_OF.get(table),)).fetchone()[0]),
    )


def _lines(
    rows: Rows, table: str, columns: Sequence[str], values: Sequence[Values]
) -> list[TableRow]:
    """The rows with their names, pictures and some of their columns."""
    is_ours = display.is_ours(table)
    owner = table if display.has_pages(table) else display.site()["views"].get(table, "")
    ids = [as_id(str(row.get("id", ""))) for row in values]  # Datasette has those of tables as text
    items = rows.by_id(owner, ids) if owner else {}
    pictures = rows.pictures(picture_id(row) for row in values) if is_ours else {}
    lines = []
    for id_, row, cells in zip(ids, values, facts(rows, table, columns, values), strict=True):
        item = items.get(id_, Item(str(id_)))
        if not is_ours:  # a view: its first column is the link
            cells[:1] = [cell._replace(href=item.href or cell.href) for cell in cells[:1]]
        picture = pictures.get(picture_id({**row, "id": id_}))
        lines.append(TableRow(item.name * is_ours, item.href, picture, list(map(shortened, cells))))
    return lines


def _chosen(table: str, columns: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The columns to show: those in site.toml, else of a view those that aren't ids."""
    by_name = {each["name"]: each for each in columns}
    is_ours, is_view = display.is_ours(table), table in display.site()["views"]
    declared = (
        display.shown_columns(table) if is_ours else display.of_table(table).get("columns", ())
    )
    default = [each for each in columns if not (is_view and _is_id(each["name"]))]
    return [by_name[name] for name in declared if name in by_name] or default


def shortened(fact: Fact) -> Fact:
    """A value as it fits into a table; of a text that is cut, ``sent`` has the whole."""
    if fact.href.startswith("http"):
        url = fact.value.partition("://")[2]
        shown = url if len(url) <= _LONGEST_URL else f"{url[: _LONGEST_URL - 1]}…"
        return fact._replace(value=shown)
    if len(fact.value) > _LONGEST:
        return fact._replace(value=f"{fact.value[: _LONGEST - 1]}…", sent=fact.value)
    return fact


def facts(
    rows: Rows, table: str, names: Collection[str], values: Sequence[Values]
) -> list[list[Fact]]:
    """Some columns of each row, formatted; rows that they refer to by their names."""
    links = {name: rows.linked(table, name, [row[name] for row in values]) for name in names}
    return [
        [_fact(table, name, row, links[name].get(row[name])) for name in names] for row in values
    ]


def _fact(table: str, name: str, row: Values, linked: Item | None) -> Fact:
    """A column of a row, formatted; ``linked`` is the row that it refers to."""
    value, column = row[name], display.described_columns(table).get(name, _UNKNOWN)
    fact = Fact(display.format_key(name), "", description=column.text)
    if value in (None, ""):
        return fact
    if linked:
        return fact._replace(value=linked.name, href=linked.href)
    if precision := display.of_table(table).get("precision", {}).get(name):
        text = display.format_net(value, row.get(precision))
        return fact._replace(value=text, kind="time")
    kind = display.kinds(table).get(name) or _kind(value)
    text = display.format_value(kind, value)
    href = display.web_address(text)
    return fact._replace(
        value=text,
        href=href,
        sent=value if kind == "duration" and text != value else "",
        unit=column.unit if kind in ("int", "float") else "",
        kind="text" if len(text) > _LONG and not href else _STYLES.get(kind, ""),
    )


def _kind(value: Any) -> str:
    """The kind of a value that no shape has."""
    is_time = isinstance(value, str) and _is_time(value)
    return "datetime" if is_time else _TYPES.get(type(value), "")
