"""The way up from a row: the rows that refer to it, those that refer to these, up to records."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator

from ll2_mirror.ll2.model import Id
from ll2_mirror.ll2.schema import Edge, edges

Node = tuple[str, Id]  # a row: its table, its id


class Referrers:
    """Finds the rows of one file that refer to others."""

    def __init__(self, conn: sqlite3.Connection) -> None:
        self._conn = conn
        self._edges = by_end(edges(), "target")

    def upwards(self, nodes: Iterable[Node]) -> Iterator[Node]:
        """Rows, those that refer to them, and so on; each once."""
        seen: set[Node] = set()
        for node in nodes:
            stack = [node]
            while stack:
                if (one := stack.pop()) not in seen:
                    seen.add(one)
                    yield one
                    stack.extend(self._above(one))

    def _above(self, node: Node) -> Iterator[Node]:
        for edge in self._edges.get(node[0], ()):
            for (id_,) in self._conn.execute(
                f'SELECT "{edge.owner}" FROM "{edge.table}" WHERE "{edge.column}" = ?', (node[1],)
            ):
                yield edge.owner_table, id_


def by_end(found: Iterable[Edge], end: str) -> dict[str, list[Edge]]:
    """Edges by the table at one of their ends."""
    by: dict[str, list[Edge]] = {}
    for edge in found:
        by.setdefault(getattr(edge, end), []).append(edge)
    return by
