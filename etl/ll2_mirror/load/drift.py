"""What LL2 sends and its document doesn't mention: recorded until no row has it any more."""

from __future__ import annotations

import sqlite3
from typing import Any

from ll2_mirror.ll2.model import Id, Shape
from ll2_mirror.ll2.schema import list_tables
from ll2_mirror.ll2.shapes import SHAPES
from ll2_mirror.transform.extra import read
from ll2_mirror.transform.layout import Drift


def keep_drift(
    conn: sqlite3.Connection, drift: dict[Drift, Id | None], run: int
) -> list[dict[str, Any]]:
    """Records the drift of a run, each with the id of an example; returns it as JSON objects."""
    conn.executemany(
        "INSERT OR IGNORE INTO _drift VALUES (?, ?, ?, ?, ?)",
        ((*item, run, "" if id_ is None else id_) for item, id_ in drift.items()),
    )
    return [{**item._asdict(), "id": id_} for item, id_ in drift.items()]


def forget_drift(conn: sqlite3.Connection) -> None:
    """Deletes from ``_drift`` what no row has any more."""
    names = [name for (name,) in conn.execute("SELECT DISTINCT shape FROM _drift").fetchall()]
    for name in names:
        used = _used_keys(conn, SHAPES[name]) if name in SHAPES else set()
        listed = conn.execute("SELECT key FROM _drift WHERE shape = ?", (name,)).fetchall()
        conn.executemany(
            "DELETE FROM _drift WHERE shape = ? AND key = ?",
            ((name, key) for (key,) in listed if key not in used),
        )


def _used_keys(conn: sqlite3.Connection, shape: Shape) -> set[str]:
    """The keys that rows have in ``_extra`` for a shape; an empty one means another key order."""
    used = set()
    for table in [shape.table] if shape.table else list_tables(shape):
        for (extra,) in conn.execute(f'SELECT _extra FROM "{table}" WHERE _extra IS NOT NULL'):
            part = read(extra).get(shape.name, {"values": {}})
            used |= part["values"].keys()
            used |= {""} if "keys" in part else set()
    return used
