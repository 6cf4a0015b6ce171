"""Writes rows to the tables: compares each with the stored one, and writes only those that differ.

Not sqlite-utils' upsert_all, which queries the schema about 137 times per page and writes every
row. Here each shape's statements are built once, and an unchanged row costs one comparison.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, NamedTuple

from ll2_mirror.ll2.model import Id, Key, Row, Shape
from ll2_mirror.ll2.page import seconds
from ll2_mirror.ll2.schema import own_columns, stored_keys
from ll2_mirror.ll2.shapes import shapes_of
from ll2_mirror.load.history import History
from ll2_mirror.store.sql import StoredRow, StoredRows, quoted, stored_rows
from ll2_mirror.transform.extra import merge_extra
from ll2_mirror.transform.normalize import Group


class Upsert:
    """Writes rows; those of a later group overwrite those of an earlier one.

    ``history`` gets each row before it is first written; None: no history.
    """

    def __init__(self, conn: sqlite3.Connection, history: History | None) -> None:
        self._conn = conn
        self._history = history

    def write(self, groups: Iterable[Group]) -> None:
        """Writes groups of rows; the columns of other shapes stay as they are."""
        for group in groups:
            for shape in sorted(group, key=lambda shape: shape.depth):
                statements, rows = _of_shape(shape), group[shape]
                before = statements.read(self._conn, rows)
                now = {id_: _applied(row, before.get(id_)) for id_, row in rows.items()}
                self._write(statements, before, now)

    def replace(self, table: str, rows: dict[Id, list[Row]]) -> None:
        """Replaces rows: each by what its objects make when applied in order to an empty row.

        Each row is written at most once, and only if it differs, so that a user's triggers see
        no state in between.
        """
        statements = _of_table(table)
        now = {id_: statements.combined(objects) for id_, objects in rows.items()}
        self._write(statements, statements.read(self._conn, rows), now)

    def delete(self, table: str, ids: list[Id]) -> None:
        """Deletes rows and their lists."""
        statements, parameters = _of_table(table), [(id_,) for id_ in ids]
        if self._history:
            self._history.touch(table, ids)
        for each in statements.lists:
            self._conn.executemany(each.clear, parameters)
        self._conn.executemany(f'DELETE FROM "{table}" WHERE id = ?', parameters)

    def _write(self, statements: _Statements, before: StoredRows, now: StoredRows) -> None:
        """Writes the rows that differ from those before, and their lists that do."""
        added = [id_ for id_ in now if id_ not in before]
        changed = [id_ for id_, row in now.items() if before.get(id_, row) != row]
        if self._history:
            self._history.touch(statements.table, [*changed, *added])
        write = self._conn.executemany
        write(statements.insert, (statements.parameters(now[id_]) for id_ in added))
        write(statements.update, (statements.parameters(now[id_]) for id_ in changed))
        for each in statements.lists:
            place = each.place
            differ = [id_ for id_ in changed if now[id_][place] != before[id_][place]]
            write(each.clear, ((id_,) for id_ in differ))
            for id_ in (*differ, *added):
                write(each.insert, each.parameters(id_, now[id_][place]))


class _List(NamedTuple):
    """A list of a table's rows: its place in a stored row, and the statements for its items."""

    place: int
    clear: str
    insert: str
    durations: tuple[int, ...]  # places in an item

    def parameters(self, owner: Id, items: list[Any] | None) -> Iterable[tuple[Any, ...]]:
        """The parameters of ``insert`` for each item of a list."""
        for position, item in enumerate(items or ()):
            values = item if type(item) is tuple else (item,)
            yield owner, position, *values, *(seconds(values[place]) for place in self.durations)


class _Statements:
    """The SQL statements for some keys of a table's rows."""

    def __init__(self, shape: Shape, keys: Sequence[tuple[Shape, Key]]) -> None:
        self.table, self._own, self._keys = shape.table, own_columns(shape), keys
        placed = list(enumerate(keys, len(self._own)))
        self.lists = [_list(place, *pair) for place, pair in placed if pair[1].kind == "many"]
        durations = [(place, key) for place, (_, key) in placed if key.kind == "duration"]
        self._durations = [place for place, _ in durations]
        self._columns = [key.column for _, key in keys]
        columns = [*self._own, *self._columns, *(key.sort_column for _, key in durations)]
        values = {column: f"?{number}" for number, column in enumerate(columns, 1)}
        sets = ", ".join(f'"{name}" = {value}' for name, value in values.items() if name != "id")
        self.insert = _insert(self.table, columns)
        self.update = f'UPDATE "{self.table}" SET {sets} WHERE id = {values["id"]}'

    def read(self, conn: sqlite3.Connection, ids: Iterable[Id]) -> StoredRows:
        """The stored rows with these ids."""
        return stored_rows(conn, self.table, self._own, self._keys, ids)

    def parameters(self, row: StoredRow) -> list[Any]:
        """The parameters of ``insert`` and ``update``."""
        plain = [*row, *(seconds(row[place]) for place in self._durations)]
        for each in self.lists:
            items = plain[each.place]
            plain[each.place] = None if items is None else len(items)
        return plain

    def combined(self, objects: Iterable[Row]) -> StoredRow:
        """The row that objects in several shapes make."""
        own, row, values = len(self._own), None, dict[str, Any]()
        for each in objects:
            row = _applied(each, row)
            values |= zip(each.shape.columns, row[own:], strict=True)
        assert row
        return (*row[:own], *map(values.get, self._columns))


@cache
def _of_shape(shape: Shape) -> _Statements:
    """The statements for the keys of one shape."""
    return _Statements(shape, [(shape, key) for key in shape.stored])


@cache
def _of_table(table: str) -> _Statements:
    """The statements for all keys of a table."""
    return _Statements(shapes_of(table)[0], stored_keys(table))


def _list(place: int, shape: Shape, key: Key) -> _List:
    item, table = shape.nested[key.name], shape.list_table(key)
    columns, durations = [item.list_column], []
    if not item.table:
        columns = [*item.columns, "_extra"]
        durations = [each for each in item.stored if each.kind == "duration"]
    places = tuple(item.stored.index(each) for each in durations)
    columns = [shape.list_column, "position", *columns, *(each.sort_column for each in durations)]
    clear = f'DELETE FROM "{table}" WHERE {shape.list_column} = ?'
    return _List(place, clear, _insert(table, columns), places)


def _insert(table: str, columns: list[str]) -> str:
    marks = ", ".join("?" * len(columns))
    return f'INSERT INTO "{table}" ({quoted(columns)}) VALUES ({marks})'


def _applied(row: Row, before: StoredRow | None) -> StoredRow:
    """The stored row in a shape's columns after an object in that shape is applied to it."""
    shape, values = row.shape, row.values
    if shape.lists:
        values = tuple(
            _items(item, value) if item and value is not None else value
            for item, value in zip(_items_of(shape), values, strict=True)
        )
    extra = merge_extra(shape, row.extra, before[0] if before else None)
    own = (extra, _shapes(shape, before[1] if before else None)) if shape.shared else (extra,)
    return (*own, *values)


@cache
def _items_of(shape: Shape) -> tuple[Shape | None, ...]:
    """For each stored key, the shape of its items if it is a list."""
    return tuple(shape.nested[key.name] if key.kind == "many" else None for key in shape.stored)


@cache
def _shapes(shape: Shape, before: str | None) -> str:
    """The names of the shapes in which a row was received: those before, and this one."""
    names = {shape.name, *(before or "").split()}
    return " ".join(sibling.name for sibling in shape.siblings if sibling.name in names)


def _items(item: Shape, items: tuple[Any, ...]) -> list[Any]:
    """A list as stored: ids, or for items without an id, their columns and ``_extra``."""
    if item.table:
        return list(items)
    return [
        (
            *(int(value) if type(value) is bool else value for value in row.values),
            merge_extra(item, row.extra),
        )
        for row in items
    ]
