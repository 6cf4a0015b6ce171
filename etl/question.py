"""A question to one resource as SQL: which records, in which order, from where to where."""

from __future__ import annotations

import sqlite3
from typing import Any, NamedTuple

from etl.filters import Condition
from etl.model import Id, Resource
from etl.params import Params
from etl.search import all_of, matching, terms


class Held(NamedTuple):
    """What a file holds of a resource: the mode of its last walk, and its records.

    ``whole``: each row of its table is one of them; else rows are there that records only nest.
    """

    mode: str
    records: int
    whole: bool


def held(conn: sqlite3.Connection, resources: dict[str, Resource]) -> dict[str, Held]:
    """What the file holds, by resource."""
    found = {}
    walks = conn.execute("SELECT resource, mode FROM _walks WHERE published").fetchall()
    for name, mode in walks:
        if name in resources and mode in resources[name].modes:
            counted = "SELECT count(*) FROM _records WHERE resource = ?"
            count = conn.execute(counted, (name,)).fetchone()[0]
            rows = conn.execute(f'SELECT count(*) FROM "{resources[name].table}"').fetchone()[0]
            found[name] = Held(mode, count, rows == count)
    return found


class Question(NamedTuple):
    """Which records of a resource: conditions on its rows, and the query for what a search finds.

    Both are SQL with its values; empty: all of them.
    """

    resource: Resource
    held: Held
    where: str
    where_values: list[Any]
    found: str
    found_values: list[Any]

    def count(self, conn: sqlite3.Connection) -> int:
        """How many records there are."""
        if not self.where and not self.found:
            return self.held.records
        sql, values = self._ids()
        number: int = conn.execute(f"SELECT count(*) FROM ({sql})", values).fetchone()[0]
        return number

    def ids(
        self, conn: sqlite3.Connection, order: list[tuple[str, bool]], limit: int, offset: int
    ) -> list[Id]:
        """The records' ids, in the order of these columns and directions, then by id."""
        sql, values = self._ids(ordered=bool(order))
        sql = f"{sql} ORDER BY {_order(order)} LIMIT ? OFFSET ?"
        return [row[0] for row in conn.execute(sql, [*values, limit, offset])]

    def has(self, conn: sqlite3.Connection, id_: Id) -> bool:
        """Whether a record is among them."""
        sql, values = self._ids()
        return (
            conn.execute(f"SELECT 1 FROM ({sql}) WHERE id = ?", [*values, id_]).fetchone()
            is not None
        )

    def _ids(self, *, ordered: bool = False) -> tuple[str, list[Any]]:
        """The query for all ids, from the narrowest table that knows; ``ordered``: by columns."""
        listed = "SELECT id FROM _records WHERE resource = ?"
        if not self.where and not ordered:
            return (self.found, self.found_values) if self.found else (listed, [self.resource.name])
        parts, values = [], []
        if self.found:  # all of which are listed
            parts.append(f"id IN ({self.found})")
            values += self.found_values
        elif not self.held.whole:
            parts.append(f"id IN ({listed})")
            values.append(self.resource.name)
        if self.where:
            parts.append(self.where)
            values += self.where_values
        condition = f" WHERE {all_of(parts)}" if parts else ""
        return f'SELECT id FROM "{self.resource.table}"{condition}', values


def asked(
    resource: Resource, held: Held, conditions: list[Condition], search: str | None
) -> Question:
    """The question that filters and a search make."""
    words = terms(search or "")
    found, found_values = matching(resource, words) if words else ("", [])
    where = all_of([condition.sql for condition in conditions]) if conditions else ""
    values = [value for condition in conditions for value in condition.values]
    return Question(resource, held, where, values, found, found_values)


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
    shape = next(reversed(resource.modes.values()))
    kinds = {key.name: key.kind for key in shape.keys}
    return [
        (f"{key}_seconds" if kinds[key] == "duration" else key, descending)
        for key, descending in order
    ]


def _order(order: list[tuple[str, bool]]) -> str:
    """ORDER BY with nulls where PostgreSQL has them: last, and first where descending."""
    by_id = [] if any(column == "id" for column, _ in order) else [("id", False)]
    parts = []
    for column, descending in (*order, *by_id):
        way = "DESC" if descending else "ASC"
        nulls = "" if column == "id" else " NULLS FIRST" if descending else " NULLS LAST"
        parts.append(f'"{column}" {way}{nulls}')
        if column == "id":
            break
    return ", ".join(parts)
