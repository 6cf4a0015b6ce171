"""The ledger: what each run did, how many records LL2 lists, what changed, what is deleted.

It writes ``_runs`` and ``_tombstones``, and reads ``_records`` and ``_history``.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from ll2_mirror.clock import Clock, to_iso
from ll2_mirror.ll2.lists import Resource, slice_name
from ll2_mirror.ll2.model import Id
from ll2_mirror.store.sql import IN, among
from ll2_mirror.store.walks import Walk

LISTED = "SELECT id FROM _records WHERE resource = ?"  # the ids of a resource's records
# What is counted for each run, besides its requests.
COUNTS = ("records", "added", "changed", "moved", "unchanged", "gone", "conflicts")
# Conditions that are true only for rows that no sync writes.
_BAD_RUN = (
    "julianday(finished) IS NULL OR julianday(started) IS NULL OR finished NOT GLOB '????-??-??T*'"
)
_BAD_CHANGE = (
    "moving NOT IN (0, 1) OR typeof(key) <> 'text'"
    " OR kind NOT IN ('added', 'gone', 'changed', 'reordered')"
    " OR (key = '') <> (kind IN ('added', 'gone') AND from_value IS NULL OR kind = 'gone')"
    " OR kind = 'gone' AND (from_value IS NULL OR NOT json_valid(from_value))"
)


def listed(resource: str) -> str:
    """The query for the ids of a resource's records, with its name filled in."""
    return LISTED.replace("?", f"'{resource}'")


class Run(NamedTuple):
    """What one sync did with one resource: a row of ``_runs``; times are text."""

    id: int
    resource: str
    part: str  # of the resource: new, upcoming; empty: all of it
    mode: str
    base_url: str
    started: str
    finished: str
    requests: int
    records: int
    added: int
    changed: int
    moved: int
    unchanged: int
    gone: int
    conflicts: int

    @property
    def name(self) -> str:
        """What was synced: launches, launches/upcoming."""
        return slice_name(self.resource, self.part)


class Change(NamedTuple):
    """One entry of the history. ``key`` is LL2's, empty for a whole row; a list is JSON."""

    table: str
    id: Id
    key: str
    kind: str  # added, changed, reordered, gone
    before: Any = None
    after: Any = None
    moving: bool = False  # changes by itself: no news


class Ledger:
    """The ledger of one file. It leaves commits to the caller's transaction."""

    def __init__(self, conn: sqlite3.Connection, clock: Clock | None = None) -> None:
        self._conn = conn
        self._clock = clock or Clock()

    def _value(self, sql: str, *values: Any) -> Any:
        """The first value of the first row, or None."""
        row = self._conn.execute(sql, values).fetchone()
        return row[0] if row else None

    # Runs

    def open_run(self, walk: Walk, requests: int) -> int:
        """Inserts a run; returns its id."""
        cursor = self._conn.execute(
            "INSERT INTO _runs (resource, part, mode, base_url, started, requests)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (walk.resource, walk.part, walk.mode, walk.base_url, walk.started, requests),
        )
        assert cursor.lastrowid is not None
        return cursor.lastrowid

    def close_run(self, run: int, counts: dict[str, int]) -> None:
        """Writes a run's counts, and that it finished now."""
        sets = ", ".join(f"{name} = ?" for name in ("finished", *counts))
        values = (to_iso(self._clock.now()), *counts.values(), run)
        self._conn.execute(f"UPDATE _runs SET {sets} WHERE id = ?", values)

    def runs(self, condition: str = "1", *values: Any) -> list[Run]:
        """The runs that match a condition, oldest first."""
        columns = ", ".join(Run._fields)
        sql = f"SELECT {columns} FROM _runs WHERE {condition} ORDER BY id"
        return [Run(*row) for row in self._conn.execute(sql, values)]

    def last_run(self, resource: str, *parts: str) -> Run | None:
        """A resource's last run; if parts are named, the last run over one of them."""
        which = f"resource = ? AND (? OR part {IN})"
        newest = f"id = (SELECT max(id) FROM _runs WHERE {which})"
        return next(iter(self.runs(newest, resource, not parts, among(parts))), None)

    def newest(self) -> tuple[int, str] | None:
        """The id of the last run, and when it finished; works for a file of any version."""
        sql = "SELECT id, finished FROM _runs ORDER BY id DESC LIMIT 1"
        run: tuple[int, str] | None = self._conn.execute(sql).fetchone()
        return run

    def has_run(self, run: int, finished: str) -> bool:
        """Whether there is a run with this id that finished at this time."""
        sql = "SELECT 1 FROM _runs WHERE (id, finished) = (?, ?)"
        return self._value(sql, run, finished) is not None

    def finished(self) -> str | None:
        """When the last sync finished."""
        finished: str | None = self._value("SELECT max(finished) FROM _runs")
        return finished

    def resources(self) -> list[str]:
        """The resources that were ever published, in the order of their last runs."""
        sql = "SELECT resource FROM _runs GROUP BY resource ORDER BY max(id)"
        return [name for (name,) in self._conn.execute(sql)]

    # Records

    def records(self, resource: str) -> int:
        """How many records LL2 lists."""
        count: int = self._value(f"SELECT count(*) FROM ({LISTED})", resource)
        return count

    def ids(self, resource: str) -> list[Id]:
        """The records that LL2 lists, in order."""
        return [id_ for (id_,) in self._conn.execute(f"{LISTED} ORDER BY id", (resource,))]

    def lists(self, resource: str, id_: Id) -> bool:
        """Whether LL2 lists a record."""
        return self._value(f"SELECT 1 FROM ({LISTED}) WHERE id = ?", resource, id_) is not None

    # Tombstones

    def bury(self, run: int, resource: str, bodies: dict[Id, str]) -> None:
        """Stores the tombstones of deleted records: their JSON as LL2 last sent it, by id."""
        self._conn.executemany(
            "INSERT OR REPLACE INTO _tombstones VALUES (?, ?, ?, ?)",
            ((resource, id_, run, body) for id_, body in bodies.items()),
        )

    def unbury(self, resource: str) -> None:
        """Deletes the tombstones of records that LL2 lists again."""
        self._conn.execute(
            "DELETE FROM _tombstones AS gone WHERE resource = ? AND EXISTS"
            " (SELECT 1 FROM _records WHERE (resource, id) = (gone.resource, gone.id))",
            (resource,),
        )

    def tombstones(self, resource: str) -> int:
        """How many records LL2 no longer lists."""
        sql = "SELECT count(*) FROM _tombstones WHERE resource = ?"
        count: int = self._value(sql, resource)
        return count

    # History

    def changes(self, run: int, *, moving: bool = True) -> list[Change]:
        """What a run changed, by table, id and key; ``moving``: also what changes by itself."""
        rows = self._conn.execute(
            "SELECT table_name, id, key, kind, from_value, to_value, moving FROM _history"
            " WHERE run = ? AND moving <= ? ORDER BY table_name, id, key",
            (run, moving),
        )
        return [Change(*row) for row in rows]

    def last_state(self, table: str, id_: Id) -> str | None:
        """The last state of a deleted row, as JSON."""
        state: str | None = self._value(
            "SELECT from_value FROM _history WHERE table_name = ? AND id = ? AND kind = 'gone'"
            " ORDER BY run DESC LIMIT 1",
            table,
            id_,
        )
        return state

    def count(self, run: int, resource: Resource) -> tuple[int, int, int]:
        """How many records a run changed, how many only moved, and how many nested rows changed.

        A record that is new in the list counts as added, not as changed.
        """
        new = "SELECT id FROM _history WHERE run = ?1 AND table_name = ?2 AND kind = 'added'"
        own = (
            "SELECT id, min(moving) AS moving FROM _history WHERE run = ?1 AND table_name = ?2"
            f" AND key <> '' AND id IN ({LISTED.replace('?', '?3')}) AND id NOT IN ({new})"
            " GROUP BY id"
        )
        changed, moved = self._conn.execute(
            f"SELECT ifnull(sum(NOT moving), 0), ifnull(sum(moving), 0) FROM ({own})",
            (run, resource.table, resource.name),
        ).fetchone()
        nested = self._value(
            "SELECT count(*) FROM (SELECT DISTINCT table_name, id FROM _history"
            " WHERE run = ? AND table_name <> ? AND NOT moving)",
            run,
            resource.table,
        )
        return changed, moved, nested

    def unsound(self, tables: Iterable[str]) -> Iterator[tuple[str, int]]:
        """Each table of the ledger with rows that no sync writes, and how many.

        ``tables``: those that ``_history`` may name.
        """
        counts = " OR ".join(f"typeof({count}) <> 'integer'" for count in ("requests", *COUNTS))
        names = ", ".join(f"'{table}'" for table in tables)
        for table, condition in (
            ("_runs", f"{_BAD_RUN} OR {counts}"),
            ("_tombstones", "NOT json_valid(body)"),
            ("_history", f"{_BAD_CHANGE} OR table_name NOT IN ({names})"),
        ):
            if count := self._value(f"SELECT count(*) FROM {table} WHERE {condition}"):
                yield table, count
