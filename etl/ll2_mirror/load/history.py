"""The history of a sync: the difference between the tables before and after it.

Before the sync first writes a row, the row is copied to a temporary table. At the end, what differs
is written to ``_history``, so a change that was reverted leaves no entry.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, NamedTuple

from ll2_mirror.ll2.json import KEPT, parse, spell, text
from ll2_mirror.ll2.model import Id, Key, Shape, known_columns
from ll2_mirror.ll2.shapes import SHAPES
from ll2_mirror.store.sql import IN, among, list_items, quoted

_HOST = re.compile(r"^[a-z]+://[^/]*")
_CHUNK = 500  # rows compared at once
Entry = tuple[str, str, Any, Any, bool]  # key, kind, from, to, and whether it changes by itself


class _Image(NamedTuple):
    """A row's values by column; a list as its items: ids, or the values of each item."""

    extra: str | None
    shapes: str | None
    values: dict[str, Any]


class History:
    """What one sync changes, within the caller's transaction."""

    def __init__(self, conn: sqlite3.Connection) -> None:
        self.run = 0  # the run that changes belong to from now on
        self._conn = conn
        conn.execute("DROP TABLE IF EXISTS temp.touched")
        conn.execute(
            "CREATE TEMP TABLE touched (table_name, id, run, before, kind, body,"
            " PRIMARY KEY (table_name, id)) WITHOUT ROWID"
        )

    @property
    def is_empty(self) -> bool:
        """Whether nothing was written."""
        return self._conn.execute("SELECT 1 FROM temp.touched LIMIT 1").fetchone() is None

    def touch(self, table: str, ids: Iterable[Any], *, exist: bool) -> None:
        """Copies rows before they are written, unless this sync has already written them."""
        fresh = list(ids)
        images: dict[Any, _Image] = {}
        if exist and fresh:
            sql = f"SELECT id FROM temp.touched WHERE table_name = ? AND id {IN}"
            touched = {id_ for (id_,) in self._conn.execute(sql, (table, among(fresh)))}
            fresh = [id_ for id_ in fresh if id_ not in touched]
            images = _images(self._conn, table, fresh)
        self._conn.executemany(
            "INSERT OR IGNORE INTO temp.touched (table_name, id, run, before) VALUES (?, ?, ?, ?)",
            (
                (table, id_, self.run, json.dumps(images[id_]) if id_ in images else None)
                for id_ in fresh
            ),
        )

    def listed(self, table: str, ids: list[Id]) -> None:
        """Notes records that LL2 now lists."""
        self.touch(table, ids, exist=True)
        self._conn.execute(
            f"UPDATE temp.touched SET kind = 'added', run = ? WHERE table_name = ? AND id {IN}",
            (self.run, table, among(ids)),
        )

    def unlisted(self, table: str, bodies: dict[Id, str]) -> None:
        """Notes records that LL2 no longer lists, each with its JSON as LL2 last sent it.

        A record that was added in this sync gets no entry.
        """
        self.touch(table, bodies, exist=True)
        self._conn.executemany(
            "UPDATE temp.touched SET kind = iif(kind = 'added', NULL, 'gone'), body = ?, run = ?"
            " WHERE (table_name, id) = (?, ?)",
            ((body, self.run, table, id_) for id_, body in bodies.items()),
        )

    def write(self) -> None:
        """Writes the differences to ``_history``."""
        tables = self._conn.execute("SELECT DISTINCT table_name FROM temp.touched").fetchall()
        for (table,) in tables:
            there = f'id IN (SELECT id FROM "{table}")'
            self._conn.execute(
                "INSERT INTO _history SELECT run, table_name, id, '', kind, body, NULL, 0 FROM"
                " (SELECT run, table_name, id, body,"
                f" CASE WHEN kind IS NULL AND before IS NULL AND {there} THEN 'added' ELSE kind END"
                " AS kind FROM temp.touched WHERE table_name = ?) WHERE kind NOT NULL",
                (table,),
            )
            touched = self._conn.execute(
                "SELECT id, run, before, kind FROM temp.touched"
                " WHERE table_name = ? AND before NOT NULL AND kind IS NOT 'added'",
                (table,),
            ).fetchall()
            while chunk := touched[:_CHUNK]:
                del touched[:_CHUNK]
                self._write(table, chunk)
        self._conn.execute("DROP TABLE temp.touched")

    def _write(self, table: str, rows: list[tuple[Id, int, str, str | None]]) -> None:
        """Writes the differences in rows that existed before."""
        images = _images(self._conn, table, [id_ for id_, *_ in rows])
        for id_, run, copy, kind in rows:
            before, now = _Image(*json.loads(copy)), images.get(id_)
            entries: Iterable[Entry] = ()
            if now:
                entries = _changes(table, before, now)
            elif kind != "gone":
                entries = [_gone(table, before)]
            self._conn.executemany(
                "INSERT INTO _history VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                ((run, table, id_, *entry) for entry in entries),
            )


@cache
def _keys(table: str) -> dict[str, tuple[Shape, Key]]:
    """The keys of a table's rows by column, each with a shape that has it."""
    shapes = [shape for shape in SHAPES.values() if shape.table == table]
    return {key.column: (shape, key) for shape in shapes for key in shape.stored}


def _images(conn: sqlite3.Connection, table: str, ids: Iterable[Any]) -> dict[Any, _Image]:
    """Rows as they are now, by id."""
    keys = _keys(table)
    shared = next(iter(keys.values()))[0].shared
    own = "_extra, _shapes" if shared else "_extra, NULL"
    sql = f'SELECT id, {own}, {quoted(keys)} FROM "{table}" WHERE id {IN}'
    images = {
        id_: _Image(extra, shapes, dict(zip(keys, values, strict=True)))
        for id_, extra, shapes, *values in conn.execute(sql, (among(ids),))
    }
    for column, (shape, key) in keys.items() if images else ():
        if key.kind == "many":
            items = list_items(conn, shape, key, images)
            for id_, image in images.items():
                if image.values[column] is not None:
                    image.values[column] = items.get(id_, [])
    return images


def _gone(table: str, before: _Image) -> Entry:
    """The entry for a deleted row: its values by LL2's keys, a nested object as its id."""
    state = {_keys(table)[column][1].name: value for column, value in before.values.items()}
    if before.extra is not None:
        state["_extra"] = spell(parse(before.extra.encode()), KEPT)
    return "", "gone", text(state), None, False


def _changes(table: str, before: _Image, now: _Image) -> Iterator[Entry]:
    """The entries for the known values of a row that changed."""
    keys = _keys(table)
    shape = next(iter(keys.values()))[0]
    seen = (before.shapes or "").split() if shape.shared else [shape.name]
    for column in keys.keys() & known_columns(shape, seen):
        old, new = before.values[column], json.loads(json.dumps(now.values[column]))
        if old != new:
            yield _change(keys[column][1], old, new)
    if before.extra != now.extra:
        yield "_extra", "changed", before.extra, now.extra, False


def _change(key: Key, old: Any, new: Any) -> Entry:
    """The entry for a key; a list is written as JSON."""
    if key.kind != "many":
        moves = key.volatile or (key.kind == "media" and _host_moved(old, new))
        return key.name, "changed", old, new, moves
    before, after = (None if side is None else json.dumps(side) for side in (old, new))
    reordered = bool(old and new) and Counter(map(str, old)) == Counter(map(str, new))
    return key.name, "reordered" if reordered else "changed", before, after, reordered


def _host_moved(old: Any, new: Any) -> bool:
    """Whether only the host of a picture's URL differs: LL2 has several, by day and API host."""
    if not isinstance(old, str) or not isinstance(new, str):
        return False
    return _HOST.sub("", old) == _HOST.sub("", new)
