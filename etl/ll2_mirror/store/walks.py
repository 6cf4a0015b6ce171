"""What a complete walk didn't meet: gone, or only missed? LL2 is asked before it is removed."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import NamedTuple

from ll2_mirror.ll2.model import Id
from ll2_mirror.ll2.resources import RESOURCES
from ll2_mirror.store.store import StagedPage, Store, Walk


class Walked:
    """What one walk met: ``temp.walked`` has its ids, each once, with the walk's own."""

    def __init__(self, store: Store, walk: Walk) -> None:
        self._conn = store.conn
        self._walk = walk.id
        kind = RESOURCES[walk.resource].modes[walk.mode].id_type
        self._kind: type = kind
        self._stored = "integer" if kind is int else "text"
        self._conn.execute(
            "CREATE TEMP TABLE IF NOT EXISTS walked"
            " (walk, id, PRIMARY KEY (walk, id)) WITHOUT ROWID"
        )

    def refill(self, pages: Iterable[StagedPage]) -> bool:
        """Takes up the records of these pages, no others; False where one comes twice."""
        self._conn.execute("DELETE FROM temp.walked WHERE walk = ?", (self._walk,))
        return all(self.add(page.ids) for page in pages)

    def add(self, ids: str) -> bool:
        """Adds the ids of a page, given as a JSON list; False where one was met before.

        What can't be an id of the resource's is left out.
        """
        added = self._conn.execute(
            "INSERT OR IGNORE INTO temp.walked SELECT ?, value FROM json_each(?) WHERE type = ?",
            (self._walk, ids, self._stored),
        ).rowcount
        return added == sum(type(id_) is self._kind for id_ in json.loads(ids))

    def missing(self, resource: str) -> list[Id]:
        """The records that the file lists, and the walk didn't meet."""
        rows = self._conn.execute(
            "SELECT id FROM _records WHERE resource = ?"
            " AND id NOT IN (SELECT id FROM temp.walked WHERE walk = ?) ORDER BY id",
            (resource, self._walk),
        )
        return [id_ for (id_,) in rows]


class Fate(NamedTuple):
    """What becomes of the records that a walk didn't meet."""

    gone: list[Id]
    missing: list[Id]  # not confirmed: they stay for now
    skipped: list[Id]  # LL2 has them: the list must have moved unseen
