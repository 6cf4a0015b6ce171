"""The rows of a table's page: each by its name, with its picture, its values for people."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Container, Sequence
from typing import Any, NamedTuple

from ll2_mirror.ll2.descriptions import Described
from ll2_mirror.serve.browse import is_web
from ll2_mirror.site import config
from ll2_mirror.site.context import Fact, Picture, Rows
from ll2_mirror.site.format import (
    format_duration,
    format_key,
    format_number,
    format_time,
    format_value,
)

_TIME = re.compile(r"\d{4}-\d\d-\d\dT")
_LONGEST = 120  # characters of a text that are shown
_ALL_COLUMNS = ("_all", "_col", "_nocol")  # parameters that choose other columns

Values = dict[str, Any]  # of one row, by column


class TableRow(NamedTuple):
    """A row: its name, its page, its picture, its cells."""

    name: str
    href: str
    picture: Picture | None
    cells: list[Fact]


class TablePage(NamedTuple):
    """What a table's page shows of its rows; ``columns`` are some of Datasette's."""

    columns: list[dict[str, Any]]
    rows: list[TableRow]
    has_pictures: bool
    has_all_columns: bool


def table_page(
    rows: Rows,
    table: str,
    columns: Sequence[dict[str, Any]],
    records: Sequence[Any],
    parameters: Container[str],
) -> TablePage:
    """The rows that Datasette read, made for people; ``parameters`` are those of the request."""
    has_all = any(name in parameters for name in _ALL_COLUMNS)
    shown = list(columns) if has_all else _chosen(table, columns)
    flags = config.flags(table)
    values = [
        {each["name"]: _value(record, each["name"], flags) for each in columns}
        for record in records
    ]
    described = config.described_columns(table)
    names = _referred_names(rows, described, shown, values)
    pictures = rows.pictures(map(_picture_id, values)) if described else {}
    lines = []
    for row, (name, href) in zip(values, _names(rows, table, values), strict=True):
        cells = [_cell(rows, described.get(c["name"]), c["name"], row, names) for c in shown]
        picture = pictures.get(_picture_id(row))
        if cells and not described:  # a view: its first column leads to the page
            cells[0] = cells[0]._replace(href=href or cells[0].href)
        lines.append(TableRow(name if described else "", href, picture, cells))
    return TablePage(shown, lines, bool(pictures), has_all)


def _chosen(table: str, columns: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The columns that a page shows: those declared, of a view those that are no ids."""
    if table in config.described():
        by_name = {each["name"]: each for each in columns}
        return [by_name[name] for name in config.columns(table) if name in by_name]
    has_page = table in config.site()["views"]
    is_id = re.compile(r"(.+_)?id").fullmatch
    return [each for each in columns if not (has_page and is_id(each["name"]))]


def _value(record: Any, name: str, flags: Container[str]) -> Any:
    try:
        value = record[name]
    except KeyError:
        return None
    if isinstance(value, dict):  # of a column that refers to a row
        value = value["value"]
    return bool(value) if name in flags and value in (0, 1) else value


def _names(rows: Rows, table: str, values: list[Values]) -> list[tuple[str, str]]:
    """What each row is called, and where its page is; a view's is that of the row it is of."""
    owner = table if table in config.described() else config.site()["views"].get(table, "")
    if not owner or not values or "id" not in values[0]:
        return [("", "")] * len(values)
    names = rows.names(owner, [row["id"] for row in values if row["id"] is not None])
    ids = {str(id_): id_ for id_ in names}  # Datasette gives that of a row as text
    return [
        (names[ids[text]], rows.href(owner, text)) if text in ids else (text, "")
        for text in (str(row["id"]) for row in values)
    ]


def _picture_id(row: Values) -> Any:
    id_ = row.get("id") if "thumbnail_url" in row else row.get("image_id")
    return int(id_) if isinstance(id_, str) and id_.isdecimal() else id_


def _referred_names(
    rows: Rows,
    described: dict[str, Described],
    shown: list[dict[str, Any]],
    values: list[Values],
) -> dict[tuple[str, Any], str]:
    """What the rows are called that the shown columns refer to, by table and id."""
    ids = defaultdict[str, set[Any]](set)
    for name in (each["name"] for each in shown):
        if name in described and (target := described[name].column.target):
            ids[target] |= {row[name] for row in values} - {None}
    return {
        (target, id_): name
        for target, each in ids.items()
        for id_, name in rows.names(target, each).items()
    }


def _cell(
    rows: Rows,
    described: Described | None,
    name: str,
    row: Values,
    names: dict[tuple[str, Any], str],
) -> Fact:
    value, key, kind = row[name], format_key(name), described.column.kind if described else ""
    if value is None or value == "":
        return Fact(key, "")
    if described and (target := described.column.target):
        referred = names.get((target, value))
        return Fact(key, referred or str(value), rows.href(target, value) if referred else "")
    seconds = row.get(f"{name}_seconds")
    if kind == "duration" and seconds is not None:
        return Fact(key, format_duration(seconds), sent=str(value), kind="number")
    if described and kind in ("int", "float"):
        unit = "year" if described.unit == "year" else ""
        return Fact(key, format_number(value, unit), kind="number")
    return _plain(key, format_value(kind, value) if kind == "date" else value)


def _plain(key: str, value: Any) -> Fact:
    """A value by its type alone."""
    if isinstance(value, bytes):
        return Fact(key, f"{len(value):,} bytes")
    if isinstance(value, bool):
        return Fact(key, format_value("bool", value))
    if isinstance(value, int | float):
        return Fact(key, str(value), kind="number")
    return _text(key, str(value))


def _text(key: str, text: str) -> Fact:
    if is_web(text):
        return Fact(key, text.partition("://")[2][:40], text)
    if _TIME.match(text):
        return Fact(key, format_time(text), sent=text, kind="time")
    if len(text) > _LONGEST:
        return Fact(key, f"{text[: _LONGEST - 1]}…", sent=text)
    return Fact(key, text)
