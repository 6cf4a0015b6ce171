"""Takes out of the tables what no listed record leads to any more; its last state goes to history.

So the tables hold what LL2 says now. Only what lost a reference in this sync is looked at, and what
a table of the user's own kept the last time.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator

from ll2_mirror.ll2.lists import LIST_OF
from ll2_mirror.ll2.model import Id
from ll2_mirror.ll2.schema import Edge, edges, list_tables_of, tables
from ll2_mirror.ll2.shapes import SHAPES
from ll2_mirror.load.referrers import Node, Referrers, by_end
from ll2_mirror.store.ledger import Ledger
from ll2_mirror.store.sql import list_items, quoted, users_edges


class Pruner:
    """Removes rows that nothing listed leads to; for the sync whose first run was ``first``.

    ``kept`` has those that stay because a table of the user's own refers to them, with its name.
    """

    def __init__(self, conn: sqlite3.Connection, ledger: Ledger, first: int) -> None:
        self.kept: dict[Node, str] = {}
        self._conn = conn
        self._ledger = ledger
        self._first = first
        self._referrers = Referrers(conn)
        self._references = by_end(edges(), "owner_table")
        self._users = by_end(users_edges(conn), "target")

    def prune(self, run: int, candidates: Iterable[Node]) -> None:
        """Removes those of the candidates that no record leads to, and what only they led to.

        The history has them in this run.
        """
        stack = sorted(candidates, key=str)
        while stack:
            node = stack.pop()
            if self._held(node) and not self._alive(node):
                stack.extend(self._remove(run, node))

    def _held(self, node: Node) -> bool:
        found = self._conn.execute(f'SELECT 1 FROM "{node[0]}" WHERE id = ?', (node[1],))
        return found.fetchone() is not None

    def _alive(self, node: Node) -> bool:
        """Whether the way up from a row, through those that refer to it, reaches a record.

        Or a row of the user's own: then the row on the way that it refers to is kept.
        """
        way = []
        for above in self._referrers.upwards([node]):
            if self._is_record(above):
                return True
            way.append(above)
        kept = {one: by for one in way if (by := self._user_of(one))}
        self.kept |= kept
        return bool(kept)

    def _is_record(self, node: Node) -> bool:
        table, id_ = node
        return table in LIST_OF and self._ledger.lists(LIST_OF[table], id_)

    def _user_of(self, node: Node) -> str | None:
        """The table of the user's own that refers to a row, if one does."""
        found = (edge.table for edge in self._users.get(node[0], ()) if self._refers(edge, node[1]))
        return next(found, None)

    def _refers(self, edge: Edge, id_: Id) -> bool:
        sql = f'SELECT 1 FROM "{edge.table}" WHERE "{edge.column}" = ? LIMIT 1'
        return self._conn.execute(sql, (id_,)).fetchone() is not None

    def _remove(self, run: int, node: Node) -> list[Node]:
        """Removes a row and its lists; gives what it referred to."""
        table, id_ = node
        below = [
            below for edge in self._references.get(table, ()) for below in self._below(edge, id_)
        ]
        self._ledger.row_gone(self._first, run, node, self._as_json(table, id_))
        for name in list_tables_of(table):
            owner = tables()[name][0].name
            self._conn.execute(f'DELETE FROM "{name}" WHERE "{owner}" = ?', (id_,))
        self._conn.execute(f'DELETE FROM "{table}" WHERE id = ?', (id_,))
        return below

    def _below(self, edge: Edge, id_: Id) -> Iterator[Node]:
        """What a row refers to by an edge."""
        sql = f'SELECT "{edge.column}" FROM "{edge.table}" WHERE "{edge.owner}" = ?'
        targets = self._conn.execute(sql, (id_,))
        return ((edge.target, target) for (target,) in targets if target is not None)

    def _as_json(self, table: str, id_: Id) -> str:
        """A row by LL2's keys: a nested object as its id, a list as its items' ids or values."""
        state: dict[str, object] = {}
        for shape in (s for s in SHAPES.values() if s.table == table):
            row = self._conn.execute(
                f'SELECT {quoted(shape.columns)} FROM "{table}" WHERE id = ?', (id_,)
            ).fetchone()
            for key, value in zip(shape.stored, row, strict=True):
                listed = key.kind == "many" and value is not None
                state[key.name] = (
                    list_items(self._conn, shape, key, [id_]).get(id_, []) if listed else value
                )
        extra = self._conn.execute(f'SELECT _extra FROM "{table}" WHERE id = ?', (id_,)).fetchone()
        if extra[0] is not None:
            state["_extra"] = json.loads(extra[0])
        return json.dumps(state, ensure_ascii=False)
