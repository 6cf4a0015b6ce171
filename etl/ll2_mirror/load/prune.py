"""Takes out of the tables what no listed record leads to any more; its last state goes to history.

So the tables hold what LL2 says now. Only what lost a reference in this run is looked at.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator

from ll2_mirror.ll2.model import Id
from ll2_mirror.ll2.resources import RESOURCES
from ll2_mirror.ll2.schema import Edge, edges
from ll2_mirror.ll2.shapes import SHAPES
from ll2_mirror.store.ledger import bury
from ll2_mirror.store.sql import list_items, quoted

Node = tuple[str, Id]


class Pruner:
    """Removes rows that nothing listed leads to; a run of the sync that began with ``first``."""

    def __init__(self, conn: sqlite3.Connection, first: int, run: int) -> None:
        self._conn = conn
        self._first = first
        self._run = run
        self._referrers: dict[str, list[Edge]] = {}
        self._references: dict[str, list[Edge]] = {}
        for edge in edges():
            self._referrers.setdefault(edge.target, []).append(edge)
            self._references.setdefault(edge.owner_table, []).append(edge)
        self._resources: dict[str, list[str]] = {}
        for resource in RESOURCES.values():
            self._resources.setdefault(resource.table, []).append(resource.name)

    def prune(self, candidates: Iterable[Node]) -> None:
        """Removes those of the candidates that no record leads to, and what only they led to."""
        stack = sorted(candidates, key=str)
        while stack:
            node = stack.pop()
            if self._held(node) and not self._alive(node):
                stack.extend(self._remove(node))

    def _held(self, node: Node) -> bool:
        found = self._conn.execute(f'SELECT 1 FROM "{node[0]}" WHERE id = ?', (node[1],))
        return found.fetchone() is not None

    def _alive(self, node: Node) -> bool:
        """Whether the way up from a row, through those that refer to it, reaches a record."""
        seen, stack = {node}, [node]
        while stack:
            node = stack.pop()
            if self._is_record(node):
                return True
            for above in self._above(node):
                if above not in seen:
                    seen.add(above)
                    stack.append(above)
        return False

    def _is_record(self, node: Node) -> bool:
        listed = "SELECT 1 FROM _records WHERE resource = ? AND id = ?"
        return any(
            self._conn.execute(listed, (resource, node[1])).fetchone()
            for resource in self._resources.get(node[0], ())
        )

    def _above(self, node: Node) -> Iterator[Node]:
        for edge in self._referrers.get(node[0], ()):
            for (id_,) in self._conn.execute(
                f'SELECT "{edge.owner}" FROM "{edge.table}" WHERE "{edge.column}" = ?', (node[1],)
            ):
                yield edge.owner_table, id_

    def _remove(self, node: Node) -> list[Node]:
        """Removes a row and its lists; gives what it referred to."""
        table, id_ = node
        below: list[Node] = []
        lists = set()
        for edge in self._references.get(table, ()):
            for (target,) in self._conn.execute(
                f'SELECT "{edge.column}" FROM "{edge.table}" WHERE "{edge.owner}" = ?', (id_,)
            ):
                if target is not None:
                    below.append((edge.target, target))
            if edge.table != table:
                lists.add(edge.table)
        bury(self._conn, self._first, self._run, node, self._as_json(table, id_))
        for name in lists:
            self._conn.execute(f'DELETE FROM "{name}" WHERE owner = ?', (id_,))
        self._conn.execute(f'DELETE FROM "{table}" WHERE id = ?', (id_,))
        return below

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
