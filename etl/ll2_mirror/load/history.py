"""The history of a sync: the difference between the tables before and after it.

Before the sync first writes a row, the row is copied to a temporary table. At the end, what differs
is written to ``_history``, so a change that was reverted leaves no entry.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from ll2_mirror.ll2.json import KEPT, parse, spell, text
from ll2_mirror.ll2.model import Id, Key, known_columns
from ll2_mirror.ll2.schema import own_columns, stored_keys
from ll2_mirror.ll2.shapes import shapes_of
from ll2_mirror.store.sql import IN, StoredRows, among, stored_rows

_HOST = re.compile(r"^[a-z]+://[^/]*")
_CHUNK = 500  # rows compared at once
Entry = tuple[str, str, Any, Any, bool]  # key, kind, from, to, and whether it changes by itself


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

    def touch(self, table: str, ids: Collection[Any]) -> None:
        """Copies rows before they are written, unless this sync has already written them."""
        if not ids:
            return
        sql = f"SELECT id FROM temp.touched WHERE table_name = ? AND id {IN}"
        touched = {id_ for (id_,) in self._conn.execute(sql, (table, among(ids)))}
        fresh = [id_ for id_ in ids if id_ not in touched]
        copies = {id_: json.dumps(row) for id_, row in _images(self._conn, table, fresh).items()}
        self._conn.executemany(
            "INSERT INTO temp.touched (table_name, id, run, before) VALUES (?, ?, ?, ?)",
            ((table, id_, self.run, copies.get(id_)) for id_ in fresh),
        )

    def listed(self, table: str, ids: list[Id]) -> None:
        """Notes records that LL2 now lists."""
        self.touch(table, ids)
        self._conn.execute(
            f"UPDATE temp.touched SET kind = 'added', run = ? WHERE table_name = ? AND id {IN}",
            (self.run, table, among(ids)),
        )

    def unlisted(self, table: str, bodies: dict[Id, str]) -> None:
        """Notes records that LL2 no longer lists, each with its JSON as LL2 last sent it.

        A record that was added in this sync gets no entry.
        """
        self.touch(table, bodies)
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
            entries: Iterable[Entry] = ()
            before = json.loads(copy)
            if id_ in images:
                entries = _changes(table, before, json.loads(json.dumps(images[id_])))
            elif kind != "gone":
                entries = [_gone(table, before)]
            self._conn.executemany(
                "INSERT INTO _history VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                ((run, table, id_, *entry) for entry in entries),
            )


def _images(conn: sqlite3.Connection, table: str, ids: Iterable[Any]) -> StoredRows:
    """Rows as they are now, by id."""
    own = own_columns(shapes_of(table)[0])
    return stored_rows(conn, table, own, stored_keys(table), ids)


def _gone(table: str, before: list[Any]) -> Entry:
    """The entry for a deleted row: its values by LL2's keys, a nested object as its id."""
    keys = stored_keys(table)
    state = {key.name: value for (_, key), value in zip(keys, before[-len(keys) :], strict=True)}
    if before[0] is not None:
        state["_extra"] = spell(parse(before[0].encode()), KEPT)
    return "", "gone", text(state), None, False


def _changes(table: str, before: list[Any], now: list[Any]) -> Iterator[Entry]:
    """The entries for the known values of a row that changed."""
    shape, keys = shapes_of(table)[0], stored_keys(table)
    known = known_columns(shape, (before[1] or "").split() if shape.shared else [shape.name])
    sides = zip(keys, before[-len(keys) :], now[-len(keys) :], strict=True)
    for (_, key), old, new in sides:
        if key.column in known and old != new:
            yield _change(key, old, new)
    if before[0] != now[0]:
        yield "_extra", "changed", before[0], now[0], False


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
