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
from typing import Any

from ll2_mirror.ll2.duration import seconds
from ll2_mirror.ll2.jsontext import KEPT, parse, spell, text
from ll2_mirror.ll2.model import Id, Key, Row, Shape, known_columns, overlap
from ll2_mirror.ll2.schema import own_columns
from ll2_mirror.store.sql import IN, among, list_items, quoted

Segment = dict[Shape, dict[Any, Row]]
Lists = dict[str, dict[Any, list[Any]]]  # what the list tables hold, by key and owner
_HOST = re.compile(r"^[a-z]+://[^/]*")


class Upsert:
    """Brings the rows of one walk into the tables.

    ``conflicts`` has each (table, id) that came with two values in the walk, ``unlinked`` each
    that something ceased to refer to; ``overtaken`` says whether a row that records nest changed.
    """

    def __init__(self, conn: sqlite3.Connection, run: int, root: Shape) -> None:
        self.conflicts: set[tuple[str, Id]] = set()
        self.overtaken = False
        self.unlinked: set[tuple[str, Id]] = set()
        self._conn = conn
        self._run = run
        # A record comes once in a walk, so nothing else needs to remember that it did; unless
        # records nest rows of their own table.
        self._once = root if root.table not in _tables_below(root) else None
        self._statements: dict[Shape, Statements] = {}
        conn.execute("DROP TABLE IF EXISTS temp.seen")
        conn.execute(
            "CREATE TEMP TABLE seen (table_name, id, shape, PRIMARY KEY (table_name, id, shape))"
            " WITHOUT ROWID"
        )

    def page(self, rows: Iterable[Row]) -> None:
        """Brings in the rows of one page, the later of two values standing."""
        for segment in _segments(rows):
            for shape in sorted(segment, key=lambda shape: shape.depth):
                self._bring(shape, segment[shape])

    def _bring(self, shape: Shape, rows: dict[Any, Row]) -> None:
        statements = self._statements.get(shape)
        if statements is None:
            statements = self._statements[shape] = Statements(shape)
        held = {row[0]: row[1:] for row in self._conn.execute(statements.select, (among(rows),))}
        lists = {
            key.name: list_items(self._conn, shape, key, held) for key in statements.lists if held
        }
        inserts, updates = [], []
        for id_, row in rows.items():
            if id_ not in held:
                inserts.append((id_, row))
            elif update := self._renew(statements, row, held[id_], lists):
                updates.append((*update, id_))
        self._insert(shape, statements, inserts)
        self._conn.executemany(statements.update, updates)
        if shape is not self._once:
            self._conn.executemany(
                "INSERT OR IGNORE INTO temp.seen VALUES (?, ?, ?)",
                ((shape.table, id_, shape.name) for id_ in rows),
            )

    def _renew(
        self, statements: Statements, row: Row, held: tuple[Any, ...], lists: Lists
    ) -> tuple[Any, ...] | None:
        """Compares a row with the held one; gives what to write, if anything differs.

        The lists that differ are written, and the history of what was known before.
        """
        shape, id_, plain = row.shape, row.id, statements.plain(row.values)
        assert id_ is not None
        own, before = _split(held, statements.own)
        extra, shapes = _merged(shape, row.extra, *own)
        changed = self._changed(row, plain, before, lists)
        if not changed and (extra, shapes) == own:
            return None
        known = known_columns(shape, (own[1] or "").split() if shape.shared else [shape.name])
        noted = [change for change in changed if change[0].column in known]
        self._note(shape, id_, noted)
        if extra != own[0]:
            self._log(shape, id_, "_extra", "changed", own[0], extra, False)
        if noted or extra != own[0]:
            self._overtake(shape, id_, {change[0].column for change in noted})
        for key, _, new in changed:
            if key.kind == "many":
                self._replace_list(shape, key, id_, new)
        return statements.stored(plain, extra, shapes)

    def _insert(self, shape: Shape, statements: Statements, rows: list[tuple[Id, Row]]) -> None:
        self._conn.executemany(
            statements.insert,
            (
                statements.stored(statements.plain(row.values), extra, shape.name)
                for _, row in rows
                for extra in (_merged(shape, row.extra, None, None)[0],)
            ),
        )
        self._conn.executemany(
            "INSERT INTO _history VALUES (?, ?, ?, '', 'added', NULL, NULL, 0)",
            ((self._run, shape.table, id_) for id_, _ in rows),
        )
        for place, key in statements.list_places:
            for id_, row in rows:
                if row.values[place]:
                    items = _stored_items(shape, key, row.values[place]) or []
                    self._write_list(shape, key, id_, items)

    @staticmethod
    def _changed(
        row: Row, plain: tuple[Any, ...], before: tuple[Any, ...], lists: Lists
    ) -> list[tuple[Key, Any, Any]]:
        """The keys whose value differs, with the value before and now; a list's as a list."""
        if plain == before and not lists:
            return []
        changed = []
        for place, key in enumerate(row.shape.stored):
            if key.kind == "many":
                old = None if before[place] is None else lists[key.name].get(row.id, [])
                new = _stored_items(row.shape, key, row.values[place])
                if old != new:
                    changed.append((key, old, new))
            elif plain[place] != before[place]:
                changed.append((key, before[place], plain[place]))
        return changed

    def _note(self, shape: Shape, id_: Id, changed: list[tuple[Key, Any, Any]]) -> None:
        """Writes the history of a row's changes."""
        for key, old, new in changed:
            reordered = bool(key.kind == "many" and old and new and Counter(old) == Counter(new))
            kind = "reordered" if reordered else "changed"
            self._unlink(shape, key, old, new)
            moving = reordered or key.moving or (key.kind == "media" and _host_moved(old, new))
            held = [
                json.dumps(side) if key.kind == "many" and side is not None else side
                for side in (old, new)
            ]
            self._log(shape, id_, key.name, kind, held[0], held[1], moving)

    def _overtake(self, shape: Shape, id_: Id, columns: set[str]) -> None:
        """Notes what a change of these columns, or of a row's extra, means for the walk."""
        self.overtaken |= shape is not self._once
        names = {
            name
            for (name,) in self._conn.execute(
                "SELECT shape FROM temp.seen WHERE table_name = ? AND id = ?", (shape.table, id_)
            )
        }
        if known_columns(shape, names) & columns or (shape.name in names and not columns):
            self.conflicts.add((shape.table, id_))

    def _log(
        self, shape: Shape, id_: Id, key: str, kind: str, old: Any, new: Any, moving: bool
    ) -> None:
        self._conn.execute(
            "INSERT INTO _history VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET to_value = excluded.to_value, kind = excluded.kind,"
            " moving = excluded.moving",
            (self._run, shape.table, id_, key, kind, old, new, moving),
        )

    def _unlink(self, shape: Shape, key: Key, old: Any, new: Any) -> None:
        """Notes what the row referred to and no longer does."""
        if key.kind == "one" and old is not None:
            self.unlinked.add((shape.nested[key.name].table, old))
        elif key.kind == "many" and old:
            item = shape.nested[key.name]
            if item.table:
                self.unlinked.update((item.table, id_) for id_ in old if id_ not in (new or ()))
            else:
                self.unlinked.update(references(item, old))

    def _replace_list(self, shape: Shape, key: Key, owner: Id, items: list[Any] | None) -> None:
        self._conn.execute(f'DELETE FROM "{shape.list_table(key)}" WHERE owner = ?', (owner,))
        self._write_list(shape, key, owner, items or [])

    def _write_list(self, shape: Shape, key: Key, owner: Id, items: list[Any]) -> None:
        item = shape.nested[key.name]
        columns = ("item",) if item.table else (*item.columns, "_extra")
        self._conn.executemany(
            f'INSERT INTO "{shape.list_table(key)}" (owner, position, {quoted(columns)})'
            f" VALUES (?, ?{', ?' * len(columns)})",
            (
                (owner, place, *((values,) if item.table else values))
                for place, values in enumerate(items)
            ),
        )


class Statements:
    """The statements for one shape, and the way its rows become their parameters."""

    def __init__(self, shape: Shape) -> None:
        self.own = own_columns(shape)
        self.list_places = [(i, key) for i, key in enumerate(shape.stored) if key.kind == "many"]
        self.lists = [key for _, key in self.list_places]
        self._durations = [i for i, key in enumerate(shape.stored) if key.kind == "duration"]
        derived = [f"{shape.columns[i]}_seconds" for i in self._durations]
        columns = (*self.own, *shape.columns, *derived)
        sets = ", ".join(f'"{column}" = ?' for column in columns)
        self.select = (
            f'SELECT id, {quoted((*self.own, *shape.columns))} FROM "{shape.table}" WHERE id {IN}'
        )
        self.insert = (
            f'INSERT INTO "{shape.table}" ({quoted(columns)})'
            f" VALUES ({', '.join('?' * len(columns))})"
        )
        self.update = f'UPDATE "{shape.table}" SET {sets} WHERE id = ?'

    def plain(self, values: tuple[Any, ...]) -> tuple[Any, ...]:
        """The values as the columns hold them: a list as its length."""
        if not self.list_places:
            return values
        out = list(values)
        for place, _ in self.list_places:
            out[place] = None if out[place] is None else len(out[place])
        return tuple(out)

    def stored(
        self, plain: tuple[Any, ...], extra: str | None, shapes: str | None
    ) -> tuple[Any, ...]:
        """The parameters of ``insert``, and with the id behind them of ``update``."""
        own = (extra, shapes)[: len(self.own)]
        return (*own, *plain, *(seconds(plain[place]) for place in self._durations))


def references(shape: Shape, rows: Iterable[Any]) -> Iterator[tuple[str, Id]]:
    """Each (table, id) that rows of a shape refer to; a row is the values of its columns."""
    for place, key in enumerate(shape.stored):
        if key.kind == "one":
            for row in rows:
                if row[place] is not None:
                    yield shape.nested[key.name].table, row[place]


def _tables_below(shape: Shape) -> set[str]:
    """The tables of all that a shape nests, at any depth."""
    below = {nested.table for nested in shape.nested.values()}
    return below.union(*map(_tables_below, shape.nested.values()))


def _segments(rows: Iterable[Row]) -> Iterator[Segment]:
    """The rows in groups within which none arrives with two values, in the order they came."""
    segment: Segment = {}
    for row in rows:
        same = segment.get(row.shape, {}).get(row.id)
        if same == row:
            continue
        if same or (row.shape.shared and _contradicts(segment, row)):
            yield segment
            segment = {}
        segment.setdefault(row.shape, {})[row.id] = row
    yield segment


def _contradicts(segment: Segment, row: Row) -> bool:
    for sibling in row.shape.siblings:
        other = segment.get(sibling, {}).get(row.id)
        if other and any(other.values[a] != row.values[b] for a, b in overlap(sibling, row.shape)):
            return True
    return False


def _split(
    held: tuple[Any, ...], own: tuple[str, ...]
) -> tuple[tuple[str | None, str | None], tuple[Any, ...]]:
    """A held row as its _extra and _shapes (None where the table has none), and its values."""
    if len(own) == 2:
        return (held[0], held[1]), held[2:]
    return (held[0], None), held[1:]


def _merged(
    shape: Shape, extra: str | None, held: str | None, shapes: str | None
) -> tuple[str | None, str | None]:
    """The _extra and _shapes of a row after it came in a shape, from what they were before."""
    if shape.shared:
        names = (shapes or "").split()
        if shape.name not in names:
            order = [sibling.name for sibling in shape.siblings]
            shapes = " ".join(sorted((*names, shape.name), key=order.index))
    if extra is None and held is None:
        return None, shapes
    parts = spell(parse(held.encode()), KEPT) if held else {}
    for sibling in shape.siblings:
        if sibling is not shape and sibling.name in parts:
            _drop_renewed(parts, sibling, shape)
    parts.pop(shape.name, None)
    if extra is not None:
        parts[shape.name] = spell(parse(extra.encode()), KEPT)
    return (text(dict(sorted(parts.items()))) if parts else None), shapes


def _drop_renewed(parts: dict[str, Any], sibling: Shape, shape: Shape) -> None:
    """Takes out of a sibling's part the values of keys that the shape has brought anew."""
    part = parts[sibling.name]
    anew = set(sibling.names) & set(shape.columns)
    part["values"] = {key: value for key, value in part["values"].items() if key not in anew}
    if not part["values"] and "keys" not in part:
        del parts[sibling.name]


def _stored_items(shape: Shape, key: Key, items: tuple[Any, ...] | None) -> list[Any] | None:
    """A list as its table holds it: ids, or the columns and the extra of items without one."""
    if items is None:
        return None
    item = shape.nested[key.name]
    if item.table:
        return list(items)
    return [
        (
            *(int(value) if type(value) is bool else value for value in row.values),
            _merged(item, row.extra, None, None)[0],
        )
        for row in items
    ]


def _host_moved(old: Any, new: Any) -> bool:
    """Whether only the host of a picture's URL differs: LL2 has several, by day and API host."""
    if not isinstance(old, str) or not isinstance(new, str):
        return False
    return _HOST.sub("", old) == _HOST.sub("", new)
