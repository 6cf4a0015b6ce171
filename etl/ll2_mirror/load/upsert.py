"""Writes rows to the tables: compares each with the stored one, and writes only those that differ.

Not sqlite-utils' upsert_all, which queries the schema about 137 times per page and writes every
row. Here each shape's statements are built once, and an unchanged row costs one comparison.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Any, NamedTuple

from ll2_mirror.ll2.model import Id, Key, Row, Shape
from ll2_mirror.ll2.page import seconds
from ll2_mirror.ll2.schema import own_columns
from ll2_mirror.ll2.shapes import shapes_of
from ll2_mirror.load.history import History
from ll2_mirror.store.sql import IN, among, list_items, quoted
from ll2_mirror.transform.extra import merge_extra
from ll2_mirror.transform.normalize import Group

_SECONDS = "ll2_seconds"  # the SQL function


class Upsert:
    """Writes rows; those of a later group overwrite those of an earlier one.

    ``history`` gets each row before it is first written; None: no history.
    """

    def __init__(self, conn: sqlite3.Connection, history: History | None) -> None:
        conn.create_function(_SECONDS, 1, seconds, deterministic=True)
        self._conn = conn
        self._history = history
        self._statements: dict[Shape, _Statements] = {}

    def write(self, groups: Iterable[Group]) -> None:
        """Writes groups of rows."""
        for group in groups:
            for shape in sorted(group, key=lambda shape: shape.depth):
                self._write(shape, group[shape])

    def _write(self, shape: Shape, rows: dict[Any, Row]) -> None:
        statements = self._of(shape)
        stored = statements.read(self._conn, rows)
        added, changed = list[tuple[Row, _StoredRow]](), list[tuple[Row, _StoredRow]]()
        for id_, row in rows.items():
            before = stored.get(id_)
            now = statements.stored(row, before)
            if before is None:
                added.append((row, now))
            elif now != before:
                changed.append((row, now))
        if self._history and (added or changed):
            self._history.touch(shape.table, [row.id for row, _ in changed], exist=True)
            self._history.touch(shape.table, [row.id for row, _ in added], exist=False)
        self._conn.executemany(statements.insert, map(statements.parameters, added))
        self._conn.executemany(
            statements.update, ((*statements.parameters(pair), pair[0].id) for pair in changed)
        )
        for place, table, insert in statements.lists:
            for row, now in changed:
                if now.values[place] != stored[row.id].values[place]:
                    self._clear_list(shape, table, [row.id])
                    self._write_list(insert, row.id, now.values[place])
            for row, now in added:
                self._write_list(insert, row.id, now.values[place])

    def _write_list(self, insert: str, owner: Id | None, items: list[Any] | None) -> None:
        self._conn.executemany(
            insert,
            (
                (owner, position, *(item if type(item) is tuple else (item,)))
                for position, item in enumerate(items or ())
            ),
        )

    def replace(self, table: str, rows: dict[Id, list[Row]]) -> None:
        """Replaces stored rows: each by what its objects make when applied in order.

        Each row is written at most once, and only if it differs, so that a user's triggers see
        no state in between.
        """
        shapes = shapes_of(table)
        columns = dict.fromkeys(
            column for shape in shapes for column in self._of(shape).columns if column != "id"
        )
        select = f'SELECT id, {quoted(columns)} FROM "{table}" WHERE id {IN}'
        now = {id_: tuple(row) for id_, *row in self._conn.execute(select, (among(rows),))}
        sets = ", ".join(f'"{column}" = ?' for column in columns)
        keys = [(shape, key) for shape in shapes for key in shape.lists]
        stored_items = {key.column: list_items(self._conn, shape, key, rows) for shape, key in keys}
        for id_, occurrences in rows.items():
            values, lists = self._combined(occurrences)
            new = tuple(map(values.get, columns))
            if new != now[id_]:
                self._touch(table, [id_])
                self._conn.execute(f'UPDATE "{table}" SET {sets} WHERE id = ?', (*new, id_))
            for shape, key in keys:
                items = lists.get(key.column) or []
                if items != stored_items[key.column].get(id_, []):
                    stored_items[key.column][id_] = items
                    self._touch(table, [id_])
                    self._clear_list(shape, shape.list_table(key), [id_])
                    self._write_list(_insert_into(shape, key), id_, items)

    def _combined(self, rows: list[Row]) -> tuple[dict[str, Any], dict[str, list[Any]]]:
        """The values and list items, by column, of one row's objects applied in order."""
        values, lists = dict[str, Any](), dict[str, list[Any]]()
        before: _StoredRow | None = None
        for row in rows:
            statements = self._of(row.shape)
            before = statements.stored(row, before)
            values |= zip(statements.columns, statements.parameters((row, before)), strict=True)
            for place, key in statements.keys:
                lists[key.column] = before.values[place]
        return values, lists

    def _touch(self, table: str, ids: list[Id]) -> None:
        if self._history:
            self._history.touch(table, ids, exist=True)

    def delete(self, table: str, ids: list[Id]) -> None:
        """Deletes rows and their lists."""
        self._touch(table, ids)
        for shape in shapes_of(table):
            for key in shape.lists:
                self._clear_list(shape, shape.list_table(key), ids)
        self._conn.execute(f'DELETE FROM "{table}" WHERE id {IN}', (among(ids),))

    def _clear_list(self, shape: Shape, table: str, ids: list[Any]) -> None:
        where = f'"{shape.list_column}" {IN}'
        self._conn.execute(f'DELETE FROM "{table}" WHERE {where}', (among(ids),))

    def _of(self, shape: Shape) -> _Statements:
        statements = self._statements.get(shape)
        if statements is None:
            statements = self._statements[shape] = _Statements(shape)
        return statements


class _StoredRow(NamedTuple):
    """A row as stored: ``values`` has the shape's columns, a list as its items."""

    extra: str | None
    shapes: str | None  # None if the table has only one shape
    values: tuple[Any, ...]


class _Statements:
    """The SQL statements for one shape, and the conversion of its rows to parameters."""

    def __init__(self, shape: Shape) -> None:
        self._shape = shape
        self.lists = [
            (place, shape.list_table(key), _insert_into(shape, key))
            for place, key in enumerate(shape.stored)
            if key.kind == "many"
        ]
        self._own = own_columns(shape)
        self.keys = [(place, shape.stored[place]) for place, _, _ in self.lists]
        self._durations = [i for i, key in enumerate(shape.stored) if key.kind == "duration"]
        columns = self.columns = (*self._own, *_derived(shape))
        sets = ", ".join(f'"{column}" = ?' for column in columns)
        self._select = (
            f'SELECT id, {quoted((*self._own, *shape.columns))} FROM "{shape.table}" WHERE id {IN}'
        )
        self.insert = (
            f'INSERT INTO "{shape.table}" ({quoted(columns)})'
            f" VALUES ({', '.join('?' * len(columns))})"
        )
        self.update = f'UPDATE "{shape.table}" SET {sets} WHERE id = ?'

    def read(self, conn: sqlite3.Connection, ids: Iterable[Id]) -> dict[Any, _StoredRow]:
        """The stored rows, by id."""
        own = len(self._own)
        rows = {id_: row for id_, *row in conn.execute(self._select, (among(ids),))}
        for place, key in self.keys if rows else ():
            lists = list_items(conn, self._shape, key, rows)
            for id_, row in rows.items():
                row[own + place] = None if row[own + place] is None else lists.get(id_, [])
        return {
            id_: _StoredRow(row[0], row[1] if own > 1 else None, tuple(row[own:]))
            for id_, row in rows.items()
        }

    def stored(self, row: Row, before: _StoredRow | None) -> _StoredRow:
        """A row as it will be stored in place of ``before``."""
        shape, values = self._shape, row.values
        if self.keys:
            items = list(values)
            for place, key in self.keys:
                if items[place] is not None:
                    items[place] = _items(shape.nested[key.name], items[place])
            values = tuple(items)
        shapes = before.shapes if before else None
        if shape.shared and shape.name not in (seen := (shapes or "").split()):
            names = {shape.name, *seen}
            shapes = " ".join(sibling.name for sibling in shape.siblings if sibling.name in names)
        return _StoredRow(
            merge_extra(shape, row.extra, before.extra if before else None), shapes, values
        )

    def parameters(self, row: tuple[Row, _StoredRow]) -> tuple[Any, ...]:
        """The parameters of ``insert``; those of ``update`` have the id after them."""
        extra, shapes, values = row[1]
        plain = list(values)
        for place, _ in self.keys:
            plain[place] = None if plain[place] is None else len(plain[place])
        derived = (seconds(values[place]) for place in self._durations)
        return (*(extra, shapes)[: len(self._own)], *plain, *derived)


def _derived(shape: Shape) -> list[str]:
    """The columns of a shape, then those computed from them."""
    return [
        *shape.columns,
        *(key.sort_column for key in shape.stored if key.sort_column != key.column),
    ]


def _insert_into(shape: Shape, key: Key) -> str:
    """The statement that adds an item to a list."""
    item = shape.nested[key.name]
    columns = [item.list_column] if item.table else [*item.columns, "_extra"]
    values = [f"?{place + 3}" for place in range(len(columns))]  # after owner and position
    for place, stored in enumerate(() if item.table else item.stored):
        if stored.sort_column != stored.column:
            columns.append(stored.sort_column)
            values.append(f"{_SECONDS}({values[place]})")
    return (
        f'INSERT INTO "{shape.list_table(key)}" ({shape.list_column}, position, {quoted(columns)})'
        f" VALUES (?1, ?2, {', '.join(values)})"
    )


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
