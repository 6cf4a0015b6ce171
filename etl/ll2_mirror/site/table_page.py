"""The rows of a table's page: each by its name, with its picture, its values spelled for people."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from ll2_mirror.serve.browse import is_web
from ll2_mirror.site.config import columns, described, described_columns, flags, site
from ll2_mirror.site.format import format_length, format_number, format_time
from ll2_mirror.site.row_page import spelled
from ll2_mirror.site.rows import Picture, Rows

_TIME = re.compile(r"\d{4}-\d\d-\d\dT")
_LONGEST = 120  # characters of a text that are shown
_ALWAYS = ("_all", "_col", "_nocol")  # parameters that ask for other columns


class Cell(NamedTuple):
    """A value; ``title`` is what LL2 sent, where that is another text."""

    text: str
    href: str = ""
    title: str = ""
    kind: str = ""  # number, when


class TableRow(NamedTuple):
    """A row: its name, its page, its picture, its cells."""

    name: str
    href: str
    picture: Picture | None
    cells: list[Cell]


class Head(NamedTuple):
    """The head of a column."""

    name: str
    said: str
    is_sortable: bool


class TablePage(NamedTuple):
    """What a table's page shows of its rows."""

    heads: list[Head]
    lines: list[TableRow]
    has_pictures: bool
    is_whole: bool  # whether all columns are shown


def table_page(
    rows: Rows,
    table: str,
    given: Sequence[dict[str, Any]],
    found: Sequence[Any],
    asked: Iterable[str],
) -> TablePage:
    """The rows that Datasette found, made for people; ``asked`` are the request's parameters."""
    names = [one["name"] for one in given]
    whole = any(name in asked for name in _ALWAYS)
    shown = list(given) if whole else _chosen(table, given)
    yes_no = flags(table)
    values = [{name: _raw(row, name, name in yes_no) for name in names} for row in found]
    kinds = described_columns(table)
    called = _called(rows, kinds, shown, values)
    pictures = rows.pictures(map(_picture_of, values)) if kinds else {}
    lines = []
    for (name, href), value in zip(_named(rows, table, values), values, strict=True):
        cells = [_cell(rows, kinds.get(one["name"]), one["name"], value, called) for one in shown]
        lines.append(_line(name, href, pictures.get(_picture_of(value)), cells, bool(kinds)))
    heads = [
        Head(one["name"], one.get("description") or "", bool(one["sortable"])) for one in shown
    ]
    return TablePage(heads, lines, bool(pictures), whole)


def _line(
    name: str, href: str, picture: Picture | None, cells: list[Cell], has_name: bool
) -> TableRow:
    """A row; where it has no column of its own for the name, its first cell leads to its page."""
    if has_name or not cells:
        return TableRow(name, href, picture, cells)
    return TableRow("", href, picture, [cells[0]._replace(href=href or cells[0].href), *cells[1:]])


def _chosen(table: str, given: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The columns that a page shows: those declared, of a view those that are no ids."""
    if table in described():
        by_name = {one["name"]: one for one in given}
        return [by_name[name] for name in columns(table) if name in by_name]
    of_rows = table in site()["views"]
    return [one for one in given if not (of_rows and re.fullmatch(r"(.+_)?id", one["name"]))]


def _raw(row: Any, name: str, is_flag: bool) -> Any:
    try:
        found = row[name]
    except KeyError:
        return None
    value = found["value"] if isinstance(found, dict) else found
    return bool(value) if is_flag and value in (0, 1) else value


def _named(rows: Rows, table: str, values: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """What each row is called, and where its page is; a view's is that of the row it is of."""
    of = table if table in described() else site()["views"].get(table, "")
    ids = [value.get("id") for value in values]
    if not of or "id" not in (values[0] if values else ()):
        return [("", "")] * len(values)
    known = rows.names(of, [id_ for id_ in ids if id_ is not None])
    return [
        (known.get(id_, str(id_)), rows.href(of, id_) if id_ in known else "")
        for id_ in map(_typed(known), ids)
    ]


def _typed(known: dict[Any, str]) -> Any:
    """Ids as the tables have them: Datasette gives that of a row as text."""
    by_text = {str(id_): id_ for id_ in known}
    return lambda id_: by_text.get(str(id_), id_)


def _picture_of(value: dict[str, Any]) -> Any:
    id_ = value.get("id") if "thumbnail_url" in value else value.get("image_id")
    return int(id_) if isinstance(id_, str) and id_.isdecimal() else id_


def _called(
    rows: Rows, kinds: dict[str, Any], shown: Sequence[dict[str, Any]], values: list[dict[str, Any]]
) -> dict[tuple[str, Any], str]:
    """What the rows are called that the shown columns refer to, by table and id."""
    ids = defaultdict[str, set[Any]](set)
    for one in shown:
        target = kinds[one["name"]].column.target if one["name"] in kinds else ""
        if target:
            ids[target] |= {value[one["name"]] for value in values} - {None}
    return {
        (target, id_): name
        for target, each in ids.items()
        for id_, name in rows.names(target, each).items()
    }


def _cell(
    rows: Rows, told: Any, name: str, value: dict[str, Any], called: dict[tuple[str, Any], str]
) -> Cell:
    raw = value[name]
    if raw is None or raw == "":
        return Cell("")
    if told is None:
        return _plain(raw)
    column = told.column
    if column.target:
        shown = called.get((column.target, raw))
        return Cell(shown or str(raw), rows.href(column.target, raw) if shown else "")
    seconds = value.get(f"{name}_seconds")
    if column.kind == "duration" and seconds is not None:
        return Cell(format_length(seconds), "", str(raw), "number")
    if column.kind in ("int", "float"):
        return Cell(format_number(raw, told.unit if told.unit == "year" else ""), "", "", "number")
    return _plain(raw if column.kind == "datetime" else spelled(column.kind, raw))


def _plain(raw: Any) -> Cell:
    if isinstance(raw, bytes):
        return Cell(f"{len(raw):,} bytes")
    if isinstance(raw, bool):
        return Cell(spelled("bool", raw))
    text = str(raw)
    if is_web(text):
        return Cell(text.partition("://")[2][:40], text)
    if _TIME.match(text):
        return Cell(format_time(text), "", text, "when")
    shown = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
    return Cell(
        shown, "", text if shown != text else "", "number" if isinstance(raw, int | float) else ""
    )
