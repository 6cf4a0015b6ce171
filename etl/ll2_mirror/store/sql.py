"""The SQL that reading and writing share, and checks of values in the tool's own tables."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, NoReturn, TypeVar, get_type_hints

from ll2_mirror.clock import from_iso
from ll2_mirror.errors import DataError, NotAPage
from ll2_mirror.ll2.json import KEPT, parse, spell
from ll2_mirror.ll2.model import Id, Key, Shape
from ll2_mirror.ll2.schema import Edge, tables

Row = TypeVar("Row", bound=NamedTuple)

IN = "IN (SELECT value FROM json_each(?))"  # any number of ids in one parameter, see among()


def among(ids: Iterable[Id]) -> str:
    """The parameter for IN: the ids as a JSON list; raises DataError for an invalid id."""
    return _as_list(list(ids))


def _no_id(value: object) -> NoReturn:
    raise DataError(f"the file has a row whose id is {value!r:.60}: restore a backup")


_as_list = json.JSONEncoder(default=_no_id).encode


def quoted(columns: Iterable[str]) -> str:
    """Column names for a statement, quoted: "offset" is an SQL keyword."""
    return ", ".join('"{}"'.format(column.replace('"', '""')) for column in columns)


def list_items(
    conn: sqlite3.Connection, shape: Shape, key: Key, owners: Iterable[Id]
) -> dict[Any, list[Any]]:
    """The items of these owners' lists, in order, by owner.

    An item is its id, or if it has none, the tuple of its columns and its ``_extra``.
    """
    item = shape.nested[key.name]
    columns = item.list_column if item.table else quoted((*item.columns, "_extra"))
    items: dict[Any, list[Any]] = {}
    whose = shape.list_column
    for owner, *rest in conn.execute(
        f'SELECT {whose}, {columns} FROM "{shape.list_table(key)}"'
        f" WHERE {whose} {IN} ORDER BY {whose}, position",
        (among(owners),),
    ):
        items.setdefault(owner, []).append(rest[0] if item.table else tuple(rest))
    return items


StoredRow = tuple[Any, ...]  # the tool's own columns, then LL2's; a list as its items
StoredRows = dict[Any, StoredRow]  # by id


def stored_rows(
    conn: sqlite3.Connection,
    table: str,
    own: Sequence[str],
    keys: Sequence[tuple[Shape, Key]],
    ids: Iterable[Id],
) -> StoredRows:
    """The rows with these ids, with some columns of the tool's own and some keys."""
    columns = quoted((*own, *(key.column for _, key in keys)))
    select = f'SELECT id, {columns} FROM "{table}" WHERE id {IN}'
    rows = {id_: row for id_, *row in conn.execute(select, (among(ids),))}
    for place, (shape, key) in enumerate(keys, len(own)):
        if rows and key.kind == "many":
            lists = list_items(conn, shape, key, rows)
            for id_, row in rows.items():
                row[place] = None if row[place] is None else lists.get(id_, [])
    return {id_: tuple(row) for id_, row in rows.items()}


def all_of(parts: Sequence[str]) -> str:
    """Conditions joined by AND, as a balanced tree: SQLite limits the depth of expressions."""
    if len(parts) == 1:
        return parts[0]
    half = len(parts) // 2
    return f"({all_of(parts[:half])} AND {all_of(parts[half:])})"


def dangling(conn: sqlite3.Connection) -> Iterator[str]:
    """A message for each row that refers to a missing one."""
    for table, rowid, target, _ in conn.execute("PRAGMA foreign_key_check"):
        at = f"{table} {rowid}" if rowid is not None else f"a row of {table}"
        yield f"{at} refers to a row that {target} doesn't have"


def users_edges(conn: sqlite3.Connection) -> list[Edge]:
    """The columns of users' own tables that refer to LL2's rows and so prevent their deletion.

    Foreign keys with an action for deletion (CASCADE, SET NULL) don't prevent it.
    """
    rows = conn.execute(
        'SELECT tables.name, keys."from", keys."table" FROM sqlite_master AS tables,'
        " pragma_foreign_key_list(tables.name) AS keys WHERE tables.type = 'table'"
        " AND on_delete IN ('NO ACTION', 'RESTRICT') AND lower(ifnull(keys.\"to\", 'id')) = 'id'"
    ).fetchall()
    ours = tables().keys()
    return [
        Edge(table, column, column, table, target.lower())
        for table, column, target in rows
        if table not in ours and not table.startswith("_") and target.lower() in ours
    ]


def statements(script: str) -> Iterator[str]:
    """Each statement of a script; sqlite3's executescript would commit first."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


class Typed:
    """Checks values of one file; raises DataError for those that no sync writes."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def damaged(self, place: str, value: Any) -> DataError:
        """The error for a value; ``place`` is its table, row and column."""
        shown = ascii(value)
        shown = shown if len(shown) <= 60 else f"{shown[:57]}..."
        return DataError(
            f"{self._path} is damaged: {place} is {shown}: restore a backup, or sync to a new file"
        )

    def row(self, row: Row, place: str) -> Row:
        """The row; each value must have the type that the row's class declares."""
        for name, kind in _kinds(type(row)).items():
            if not isinstance(value := getattr(row, name), kind):
                raise self.damaged(f"{place}: {name}", value)
        return row

    def text(self, value: Any, place: str) -> str:
        """A text."""
        if not isinstance(value, str):
            raise self.damaged(place, value)
        return value

    def time(self, value: Any, place: str) -> datetime:
        """A time."""
        try:
            return from_iso(value)
        except DataError:
            raise self.damaged(place, value) from None

    def document(self, value: Any, place: str, kind: type = object) -> Any:
        """The value of a JSON text, spelled; ``kind`` is its expected type."""
        try:
            document = spell(parse(value.encode()), KEPT)
        except (NotAPage, AttributeError, UnicodeError):
            raise self.damaged(place, value) from None
        if not isinstance(document, kind):
            raise self.damaged(place, value)
        return document


@cache
def _kinds(row: type) -> dict[str, Any]:
    """The type of each value of a row's class; SQLite has no bool."""
    kinds = {name: int if kind is bool else kind for name, kind in get_type_hints(row).items()}
    return {name: kind for name, kind in kinds.items() if kind is not Any}
