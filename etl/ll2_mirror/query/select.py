"""A question to one resource as SQL: which records, in which order, from where to where."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any, NamedTuple

from ll2_mirror.ll2.model import Id, Resource
from ll2_mirror.query.filters import Condition
from ll2_mirror.query.memory import FEW, Held, Known
from ll2_mirror.query.params import Params
from ll2_mirror.store.ledger import LISTED
from ll2_mirror.store.search import matching
from ll2_mirror.store.sql import all_of


class Question(NamedTuple):
    """Which records of a resource: conditions on its rows, and the query for what a search finds.

    Both are SQL with its values; empty: all of them.
    """

    resource: Resource
    held: Held
    where: str
    where_values: tuple[Any, ...]
    found: str
    found_values: tuple[Any, ...]

    @property
    def key(self) -> tuple[Any, ...]:
        """What tells the question from others."""
        return (self.resource.name, self.where, self.where_values, self.found, self.found_values)

    def page(
        self,
        conn: sqlite3.Connection,
        known: Known,
        order: list[tuple[str, bool]],
        limit: int,
        offset: int,
    ) -> tuple[int, list[Id]]:
        """How many records there are, and the ids of some, in the order of these columns.

        A page near the begin is cut from the first ids, a later one from all of them: those of the
        next page are then known.
        """
        end = offset + limit
        if end > FEW and self._is_indexed(order):
            return self.held.records, self._indexed(conn, order, offset, end)
        most = FEW if end <= FEW else -1
        key = (self.key, tuple(order))
        ids = known.ids(key, min(end, self.held.records), lambda: self._ordered(conn, order, most))
        if len(ids) < FEW:
            return len(ids), list(ids[offset:end])
        count = known.count(self.key, lambda: self._count(conn))
        return count, list(ids[offset:end])

    def _count(self, conn: sqlite3.Connection) -> int:
        if not self.where and not self.found:
            return self.held.records
        sql, values = self._ids()
        number: int = conn.execute(f"SELECT count(*) FROM ({sql})", values).fetchone()[0]
        return number

    def _is_indexed(self, order: list[tuple[str, bool]]) -> bool:
        """Whether an index has all records in this order, so that to skip many is nothing."""
        return not (self.where or self.found or any(descends for _, descends in order[:1])) and (
            not order or (len(order) == 1 and self.held.whole)
        )

    def _indexed(
        self, conn: sqlite3.Connection, order: list[tuple[str, bool]], offset: int, end: int
    ) -> list[Id]:
        """The ids from one place to another, found from the end that is nearer."""
        total = self.held.records
        sql, values = self._ids(ordered=bool(order))
        skipped, limit = offset, max(0, min(end, total) - offset)
        if backwards := offset > total // 2:
            skipped = max(0, total - end)
        sql = f"{sql} ORDER BY {_order(order, backwards)} LIMIT ? OFFSET ?"
        ids = [row[0] for row in conn.execute(sql, [*values, limit, skipped])]
        return ids[::-1] if backwards else ids

    def _ordered(
        self, conn: sqlite3.Connection, order: list[tuple[str, bool]], most: int
    ) -> list[Id]:
        """So many ids at most, ordered, then by id; -1: all."""
        sql, values = self._ids(ordered=bool(order))
        sql = f"{sql} ORDER BY {_order(order)} LIMIT ?"
        return [row[0] for row in conn.execute(sql, [*values, most])]

    def has(self, conn: sqlite3.Connection, id_: Id) -> bool:
        """Whether a record is among them."""
        sql, values = self._ids()
        return (
            conn.execute(f"SELECT 1 FROM ({sql}) WHERE id = ?", [*values, id_]).fetchone()
            is not None
        )

    def _ids(self, *, ordered: bool = False) -> tuple[str, tuple[Any, ...]]:
        """The query for all ids, from the narrowest table that knows; ``ordered``: by columns."""
        if not self.where and not ordered:
            return (
                (self.found, self.found_values) if self.found else (LISTED, (self.resource.name,))
            )
        parts: list[str] = []
        values: list[Any] = []
        if self.found:  # all of which are listed
            parts.append(f"id IN ({self.found})")
            values += self.found_values
        elif not self.held.whole:
            parts.append(f"id IN ({LISTED})")
            values.append(self.resource.name)
        if self.where:
            parts.append(self.where)
            values += self.where_values
        condition = f" WHERE {all_of(parts)}" if parts else ""
        return f'SELECT id FROM "{self.resource.table}"{condition}', tuple(values)


def asked(
    resource: Resource,
    held: Held,
    conditions: list[Condition],
    words: list[str],
    grams: Sequence[str] | None,
) -> Question:
    """The question that filters and the words of a search make; ``grams`` are the index's."""
    found, found_values = matching(resource, words, grams) if words else ("", [])
    where = all_of([condition.sql for condition in conditions]) if conditions else ""
    values = [value for condition in conditions for value in condition.values]
    return Question(resource, held, where, tuple(values), found, tuple(found_values))


def ordering(resource: Resource, params: Params) -> list[tuple[str, bool]]:
    """The keys to order by, each with whether it descends; those LL2 doesn't know are dropped."""
    found: dict[str, bool] = {}
    for term in (params.get("ordering") or "").split(","):
        key = term.strip()
        descending = key.startswith("-")
        key = key[1:] if descending else key
        if key in resource.orderings:
            found.setdefault(key, descending)
    return list(found.items())


def columns(resource: Resource, order: list[tuple[str, bool]]) -> list[tuple[str, bool]]:
    """The columns that hold these keys: a duration's is the one in seconds."""
    keys = resource.richest.by_name
    return [(keys[name].sort_column, descending) for name, descending in order]


def _order(order: list[tuple[str, bool]], backwards: bool = False) -> str:
    """ORDER BY with nulls where PostgreSQL has them: last, and first where descending."""
    by_id = [] if any(column == "id" for column, _ in order) else [("id", False)]
    parts = []
    for column, descends in (*order, *by_id):
        way, place = ("DESC", "FIRST") if descends != backwards else ("ASC", "LAST")
        parts.append(f'"{column}" {way}' + ("" if column == "id" else f" NULLS {place}"))
        if column == "id":
            break
    return ", ".join(parts)
