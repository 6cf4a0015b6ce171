"""The rows of a table's page: name, picture, formatted values."""

from __future__ import annotations

import re
from collections.abc import Collection, Container, Sequence
from typing import Any, NamedTuple

from ll2_mirror.ll2.descriptions import Described
from ll2_mirror.serve.browse import is_web
from ll2_mirror.site import config
from ll2_mirror.site.context import Fact, Picture, Rows
from ll2_mirror.site.format import format_duration, format_key, format_value

_TIME = re.compile(r"\d{4}-\d\d-\d\dT")
_LONGEST = 120  # characters of a text in a table
_LONGEST_URL = 40
_ALL_COLUMNS = ("_all", "_col", "_nocol")  # parameters that select other columns
_TYPES = {bool: "bool", int: "number", float: "number"}  # kinds of values that no shape has
_STYLES = dict.fromkeys(("int", "float", "number"), "number") | {"datetime": "time"}

Values = dict[str, Any]  # of one row, by column


class TableRow(NamedTuple):
    """A row: its name, its page, its picture, its cells."""

    name: str
    href: str
    picture: Picture | None
    cells: list[Fact]


class TablePage(NamedTuple):
    """The rows of a table's page; ``columns`` are some of Datasette's."""

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
    """Formats the rows that Datasette read; ``parameters`` are those of the request."""
    has_all = any(name in parameters for name in _ALL_COLUMNS)
    shown = list(columns) if has_all else _chosen(table, columns)
    is_ours, flags = table in config.described(), config.flags(table)
    values = [
        {each["name"]: _value(record, each["name"], flags) for each in columns}
        for record in records
    ]
    pictures = rows.pictures(map(_picture_id, values)) if is_ours else {}
    cells = facts(rows, table, [each["name"] for each in shown], values)
    lines = []
    for row, (name, href), line in zip(values, _names(rows, table, values), cells, strict=True):
        if line and not is_ours:  # a view: its first column is the link
            line[0] = line[0]._replace(href=href or line[0].href)
        lines.append(TableRow(name * is_ours, href, pictures.get(_picture_id(row)), line))
    return TablePage(shown, lines, bool(pictures), has_all)


def _chosen(table: str, columns: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The columns to show: those in site.toml; for a view, those that aren't ids."""
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
    if isinstance(value, dict):  # of a foreign key
        value = value["value"]
    return bool(value) if name in flags and value in (0, 1) else value


def _names(rows: Rows, table: str, values: Sequence[Values]) -> list[tuple[str, str]]:
    """The name and the page of each row; for a view, those of the underlying row."""
    owner = table if table in config.described() else config.site()["views"].get(table, "")
    if not owner or not values or "id" not in values[0]:
        return [("", "")] * len(values)
    names = rows.names(owner, [row["id"] for row in values if row["id"] is not None])
    by_text = {str(id_): name for id_, name in names.items()}  # Datasette has a row's id as text
    ids = [str(row["id"]) for row in values]
    return [(by_text.get(id_, id_), rows.href(owner, id_) if id_ in by_text else "") for id_ in ids]


def _picture_id(row: Values) -> Any:
    id_ = row.get("id") if "thumbnail_url" in row else row.get("image_id")
    return int(id_) if isinstance(id_, str) and id_.isdecimal() else id_


def facts(
    rows: Rows, table: str, names: Collection[str], values: Sequence[Values], *, brief: bool = True
) -> list[list[Fact]]:
    """Some formatted columns of each row; ``brief``: shortened, without units, for a table."""
    described = config.described_columns(table)
    targets = {name: described[name].column.target for name in names if name in described}
    links = {
        (name, id_): (label, rows.href(target, id_))
        for name, target in targets.items()
        if target
        for id_, label in rows.names(target, {row[name] for row in values} - {None}).items()
    }

    def fact(name: str, row: Values) -> Fact:
        if (name, row[name]) in links:
            return Fact(format_key(name), *links[name, row[name]])
        return _fact(described.get(name), name, row, brief)

    return [[fact(name, row) for name in names] for row in values]


def _fact(described: Described | None, name: str, row: Values, brief: bool) -> Fact:
    value, key = row[name], format_key(name)
    if value in (None, "") or isinstance(value, bytes):
        return Fact(key, f"{len(value):,} bytes" if value else "")
    is_time = isinstance(value, str) and _TIME.match(value)
    guess = "datetime" if is_time else _TYPES.get(type(value), "")
    kind = described.column.kind if described else guess
    seconds = row.get(f"{name}_seconds")
    if kind == "duration" and seconds is not None:
        return Fact(key, format_duration(seconds), sent=str(value), kind="number")
    unit = described.unit if described else ""
    text = format_value(kind, value, "" if brief and unit != "year" else unit)
    if is_web(text):
        return Fact(key, text.partition("://")[2][:_LONGEST_URL] if brief else text, text)
    if brief and len(text) > _LONGEST:
        return Fact(key, f"{text[: _LONGEST - 1]}…", sent=text)
    is_table_time = brief and kind == "datetime"
    return Fact(key, text, sent=value if is_table_time else "", kind=_STYLES.get(kind, ""))
