"""What a sync's history says when all is brought in, and what that counts up to."""

from __future__ import annotations

import sqlite3

from ll2_mirror.ll2.model import Resource

_OF_SYNC = "run IN (SELECT id FROM _runs WHERE id >= ?1)"


def settle(conn: sqlite3.Connection, first: int) -> None:
    """Keeps, of all that the runs from ``first`` on noted, the state before the sync and after it.

    A row that came with two values, in one walk or in those of two resources, was written by each.
    """
    conn.execute(
        f"DELETE FROM _history AS done WHERE {_OF_SYNC} AND key <> '' AND (from_value IS to_value"
        " OR EXISTS (SELECT 1 FROM _history AS row"
        f" WHERE row.{_OF_SYNC} AND row.table_name = done.table_name AND row.id = done.id"
        " AND row.key = '' AND row.kind = 'added'))",
        (first,),
    )
    for place in conn.execute(
        f"SELECT table_name, id, key FROM _history WHERE {_OF_SYNC} AND key <> ''"
        " GROUP BY 1, 2, 3 HAVING count(*) > 1",
        (first,),
    ).fetchall():
        _settle_key(conn, first, place)


def _settle_key(conn: sqlite3.Connection, first: int, place: tuple[str, object, str]) -> None:
    """Makes one entry of those that several runs wrote for a key, or none."""
    which = f"{_OF_SYNC} AND (table_name, id, key) = (?2, ?3, ?4)"
    entries = conn.execute(
        f"SELECT run, from_value, to_value FROM _history WHERE {which} ORDER BY run",
        (first, *place),
    ).fetchall()
    before, after = entries[0][1], entries[-1][2]
    kept = entries[-1][0] if before != after else -1
    conn.execute(f"DELETE FROM _history WHERE {which} AND run <> ?5", (first, *place, kept))
    conn.execute(f"UPDATE _history SET from_value = ?5 WHERE {which}", (first, *place, before))


def bury(
    conn: sqlite3.Connection, first: int, run: int, row: tuple[str, object], last: str
) -> None:
    """Notes that a row is gone, with its last state; one that this sync added was never there."""
    which = f"{_OF_SYNC} AND (table_name, id) = (?2, ?3)"
    added = conn.execute(
        f"SELECT 1 FROM _history WHERE {which} AND kind = 'added'", (first, *row)
    ).fetchone()
    if added:
        conn.execute(f"DELETE FROM _history WHERE {which}", (first, *row))
    else:
        conn.execute(
            "INSERT OR IGNORE INTO _history VALUES (?, ?, ?, '', 'gone', ?, NULL, 0)",
            (run, *row, last),
        )


def count(conn: sqlite3.Connection, resource: Resource, run: int) -> tuple[int, int, int]:
    """How many records a run changed, how many only moved, how many rows of other tables changed.

    ``temp.arrived`` has the records that are new in the list: they are added, not changed.
    """
    own = (
        "SELECT id, min(moving) AS moving FROM _history WHERE run = ?1 AND table_name = ?2"
        " AND key <> '' AND id IN (SELECT id FROM _records WHERE resource = ?3)"
        " AND id NOT IN (SELECT id FROM temp.arrived WHERE run = ?1) GROUP BY id"
    )
    changed, moved = conn.execute(
        f"SELECT ifnull(sum(NOT moving), 0), ifnull(sum(moving), 0) FROM ({own})",
        (run, resource.table, resource.name),
    ).fetchone()
    nested = conn.execute(
        "SELECT count(*) FROM (SELECT DISTINCT table_name, id FROM _history"
        " WHERE run = ? AND table_name <> ? AND NOT moving)",
        (run, resource.table),
    ).fetchone()
    return changed, moved, nested[0]
