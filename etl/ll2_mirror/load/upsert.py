"""Rows to the tables: compares each with what is there, writes what differs, keeps the history.

sqlite-utils' upsert_all would ask for the schema some 137 times a page and write every row;
here each shape's statements are built once, and an unchanged row costs one comparison.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from ll2_mirror.ll2.model import Id, Key, Row, Shape, known_columns
from ll2_mirror.ll2.page import seconds
from ll2_mirror.ll2.schema import own_columns
from ll2_mirror.store.ledger import Change, Ledger
from ll2_mirror.store.sql import IN, among, list_items, quoted
from ll2_mirror.transform.extra import merged
from ll2_mirror.transform.normalize import Group

_HOST = re.compile(r"^[a-z]+://[^/]*")
_SECONDS = "ll2_seconds"  # the SQL function

Difference = tuple[Key, Any, Any]  # a key with its value before and now; a list's as a list


class Held(NamedTuple):
    """A row as the file has it: ``values`` of the shape's columns, a list as its items."""

    extra: str | None
    shapes: str | None  # None where the table has one shape only
    values: tuple[Any, ...]


class Upsert:
    """Brings the rows of one walk into the tables.

    ``conflicts`` has each (table, id) that came with two values in the walk, ``unlinked`` each
    that something ceased to refer to.
    """

    def __init__(self, conn: sqlite3.Connection, ledger: Ledger, run: int, root: Shape) -> None:
        self.conflicts: set[tuple[str, Id]] = set()
        self.unlinked: set[tuple[str, Id]] = set()
        conn.create_function(_SECONDS, 1, seconds, deterministic=True)
        self._conn = conn
        self._ledger = ledger
        self.run = run
        self._seen = _Seen(conn, root)
        self._statements: dict[Shape, Statements] = {}

    def page(self, groups: Iterable[Group]) -> None:
        """Brings in the rows of one page, those of a later group standing."""
        for group in groups:
            for shape in sorted(group, key=lambda shape: shape.depth):
                self._bring(shape, group[shape])

    def brought(self, group: Group) -> bool:
        """Whether the walk brought all rows of a group, each in its shape, beside records."""
        return all(self._seen.all_of(shape, rows) for shape, rows in group.items())

    def _bring(self, shape: Shape, rows: dict[Any, Row]) -> None:
        statements = self._statements.get(shape)
        if statements is None:
            statements = self._statements[shape] = Statements(shape)
        held = statements.held(self._conn, rows)
        fresh = [(row, statements.values(row)) for id_, row in rows.items() if id_ not in held]
        self._insert(statements, fresh)
        renewed, changes = [], list[Change]()
        for id_, before in held.items():
            row, values = rows[id_], statements.values(rows[id_])
            own = _own(shape, row.extra, before)
            if values != before.values or own != before[:2]:
                changes += self._changes(row, before, values, own[0])
                self._renew_lists(statements, id_, before.values, values)
                renewed.append((*statements.stored(values, own), id_))
        self._conn.executemany(statements.update, renewed)
        self._ledger.note(self.run, changes)
        self._seen.add(shape, rows)

    def _insert(self, statements: Statements, rows: list[tuple[Row, tuple[Any, ...]]]) -> None:
        shape = statements.shape
        self._conn.executemany(
            statements.insert,
            (
                statements.stored(values, (merged(shape, row.extra), shape.name))
                for row, values in rows
            ),
        )
        added = (Change(shape.table, row.id, "", "added") for row, _ in rows if row.id is not None)
        self._ledger.note(self.run, added)
        for row, values in rows:
            self._write_lists(statements, row.id, values)

    def _changes(
        self, row: Row, before: Held, values: tuple[Any, ...], extra: str | None
    ) -> Iterator[Change]:
        """The history of a row: what was known before and is now another."""
        shape, id_ = row.shape, row.id
        assert id_ is not None
        seen = (before.shapes or "").split() if shape.shared else [shape.name]
        known = known_columns(shape, seen)
        columns = set()
        for key, old, new in _differing(shape, before.values, values):
            if key.column in known:
                columns.add(key.column)
                self.unlinked.update(_left(shape, key, old, new))
                yield _change(shape, id_, key, old, new)
        if extra != before.extra:
            yield Change(shape.table, id_, "_extra", "changed", before.extra, extra)
        if (columns or extra != before.extra) and self._seen.knows(row, columns):
            self.conflicts.add((shape.table, id_))

    def _renew_lists(
        self, statements: Statements, id_: Id, before: tuple[Any, ...], values: tuple[Any, ...]
    ) -> None:
        for place, table, insert in statements.lists:
            if before[place] != values[place]:
                self._conn.execute(
                    f'DELETE FROM "{table}" WHERE "{statements.shape.list_column}" = ?', (id_,)
                )
                self._write_list(insert, id_, values[place])

    def _write_lists(self, statements: Statements, id_: Any, values: tuple[Any, ...]) -> None:
        for place, _, insert in statements.lists:
            self._write_list(insert, id_, values[place])

    def _write_list(self, insert: str, owner: Id, items: list[Any] | None) -> None:
        self._conn.executemany(
            insert,
            (
                (owner, place, *(item if type(item) is tuple else (item,)))
                for place, item in enumerate(items or ())
            ),
        )


class Statements:
    """The statements for one shape, and the way its rows become their parameters."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.lists = [
            (place, shape.list_table(key), _insert_into(shape, key))
            for place, key in enumerate(shape.stored)
            if key.kind == "many"
        ]
        self._own = own_columns(shape)
        self._keys = [(place, shape.stored[place]) for place, _, _ in self.lists]
        self._durations = [i for i, key in enumerate(shape.stored) if key.kind == "duration"]
        derived = [shape.stored[i].sort_column for i in self._durations]
        columns = (*self._own, *shape.columns, *derived)
        sets = ", ".join(f'"{column}" = ?' for column in columns)
        self._select = (
            f'SELECT id, {quoted((*self._own, *shape.columns))} FROM "{shape.table}" WHERE id {IN}'
        )
        self.insert = (
            f'INSERT INTO "{shape.table}" ({quoted(columns)})'
            f" VALUES ({', '.join('?' * len(columns))})"
        )
        self.update = f'UPDATE "{shape.table}" SET {sets} WHERE id = ?'

    def held(self, conn: sqlite3.Connection, ids: Iterable[Id]) -> dict[Any, Held]:
        """The rows that the file has, by id."""
        own = len(self._own)
        rows = {id_: row for id_, *row in conn.execute(self._select, (among(ids),))}
        for place, key in self._keys if rows else ():
            lists = list_items(conn, self.shape, key, rows)
            for id_, row in rows.items():
                row[own + place] = None if row[own + place] is None else lists.get(id_, [])
        return {
            id_: Held(row[0], row[1] if own > 1 else None, tuple(row[own:]))
            for id_, row in rows.items()
        }

    def values(self, row: Row) -> tuple[Any, ...]:
        """A row's values, each list as its table holds it."""
        if not self._keys:
            return row.values
        values = list(row.values)
        for place, key in self._keys:
            if values[place] is not None:
                values[place] = _items(self.shape.nested[key.name], values[place])
        return tuple(values)

    def stored(
        self, values: tuple[Any, ...], own: tuple[str | None, str | None]
    ) -> tuple[Any, ...]:
        """The parameters of ``insert``, and with the id behind them of ``update``."""
        plain = list(values)
        for place, _ in self._keys:
            plain[place] = None if plain[place] is None else len(plain[place])
        derived = (seconds(values[place]) for place in self._durations)
        return (*own[: len(self._own)], *plain, *derived)


class _Seen:
    """The shapes that each row came in during a walk, in a table of the connection's own."""

    def __init__(self, conn: sqlite3.Connection, root: Shape) -> None:
        self._conn = conn
        # A record comes once in a walk, so nothing need remember that it did; unless records nest
        # rows of their own table.
        below = {shape.table for shape in root.closure - {root}}
        self._once = root if root.table not in below else None
        conn.execute("DROP TABLE IF EXISTS temp.seen")
        conn.execute(
            "CREATE TEMP TABLE seen (table_name, id, shape, PRIMARY KEY (table_name, id, shape))"
            " WITHOUT ROWID"
        )

    def add(self, shape: Shape, ids: Iterable[Id]) -> None:
        """Notes that rows came in a shape."""
        if shape is not self._once:
            self._conn.executemany(
                "INSERT OR IGNORE INTO temp.seen VALUES (?, ?, ?)",
                ((shape.table, id_, shape.name) for id_ in ids),
            )

    def all_of(self, shape: Shape, ids: Iterable[Id]) -> bool:
        """Whether rows came in a shape; of records that need not be remembered."""
        sql = "SELECT 1 FROM temp.seen WHERE (table_name, id, shape) = (?, ?, ?)"
        places = ((shape.table, id_, shape.name) for id_ in ids)
        return shape is self._once or all(self._conn.execute(sql, one).fetchone() for one in places)

    def knows(self, row: Row, columns: set[str]) -> bool:
        """Whether the walk brought one of these columns of a row before; none: its extra."""
        rows = self._conn.execute(
            "SELECT shape FROM temp.seen WHERE table_name = ? AND id = ?", (row.shape.table, row.id)
        )
        names = {name for (name,) in rows}
        return bool(known_columns(row.shape, names) & columns) or (
            row.shape.name in names and not columns
        )


def _insert_into(shape: Shape, key: Key) -> str:
    """The statement that adds an item to a list."""
    item = shape.nested[key.name]
    columns = [item.list_column] if item.table else [*item.columns, "_extra"]
    values = [f"?{place + 3}" for place in range(len(columns))]  # behind owner and position
    for place, one in enumerate(() if item.table else item.stored):
        if one.sort_column != one.column:
            columns.append(one.sort_column)
            values.append(f"{_SECONDS}({values[place]})")
    return (
        f'INSERT INTO "{shape.list_table(key)}" ({shape.list_column}, position, {quoted(columns)})'
        f" VALUES (?1, ?2, {', '.join(values)})"
    )


def _items(item: Shape, items: tuple[Any, ...]) -> list[Any]:
    """A list as its table holds it: ids, or the columns and the extra of items without one."""
    if item.table:
        return list(items)
    return [
        (
            *(int(value) if type(value) is bool else value for value in row.values),
            merged(item, row.extra),
        )
        for row in items
    ]


def _own(shape: Shape, extra: str | None, held: Held) -> tuple[str | None, str | None]:
    """The _extra and _shapes of a row after it came in a shape, from what they were before."""
    shapes = held.shapes
    if shape.shared and shape.name not in (shapes or "").split():
        names = {shape.name, *(shapes or "").split()}
        shapes = " ".join(sibling.name for sibling in shape.siblings if sibling.name in names)
    return merged(shape, extra, held.extra), shapes


def _differing(
    shape: Shape, before: tuple[Any, ...], values: tuple[Any, ...]
) -> Iterator[Difference]:
    triples = zip(shape.stored, before, values, strict=True)
    return (triple for triple in triples if triple[1] != triple[2])


def _change(shape: Shape, id_: Id, key: Key, old: Any, new: Any) -> Change:
    """A change of one key for the history, in which a list is JSON."""
    if key.kind != "many":
        moving = key.volatile or (key.kind == "media" and _host_moved(old, new))
        return Change(shape.table, id_, key.name, "changed", old, new, moving)
    reordered = bool(old and new) and Counter(old) == Counter(new)
    kind = "reordered" if reordered else "changed"
    before, after = (None if side is None else json.dumps(side) for side in (old, new))
    return Change(shape.table, id_, key.name, kind, before, after, reordered)


def _host_moved(old: Any, new: Any) -> bool:
    """Whether only the host of a picture's URL differs: LL2 has several, by day and API host."""
    if not isinstance(old, str) or not isinstance(new, str):
        return False
    return _HOST.sub("", old) == _HOST.sub("", new)


def _left(shape: Shape, key: Key, old: Any, new: Any) -> Iterator[tuple[str, Id]]:
    """What a row referred to by a key and no longer does."""
    nested = shape.nested.get(key.name)
    if nested is None or old is None:
        return
    if key.kind == "one":
        yield nested.table, old
    elif nested.table:
        yield from ((nested.table, id_) for id_ in old if id_ not in (new or ()))
    else:
        yield from _references(nested, old)


def _references(shape: Shape, rows: Iterable[Any]) -> Iterator[tuple[str, Id]]:
    """Each (table, id) that rows of a shape refer to; a row is the values of its columns."""
    ones = [(place, key) for place, key in enumerate(shape.stored) if key.kind == "one"]
    for row in rows:
        for place, key in ones:
            if row[place] is not None:
                yield shape.nested[key.name].table, row[place]
