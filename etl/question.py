"""A question to one resource as SQL: which records, in which order, from where to where."""

from __future__ import annotations

import sqlite3
from array import array
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from etl.filters import Condition
from etl.model import Id, Resource
from etl.params import Params
from etl.render import Objects
from etl.search import all_of, grams, is_short, matching
from etl.shapes import RESOURCES

_MANY = 20_000  # records, of which to compare each takes longer than to know the trigrams
FEW = 1000  # ids that are read at once, where no more are asked for
_MOST_IDS = 4_000_000  # in all lists that are kept, 8 bytes each
_MOST_KEYS = 2_000
_LONGEST_KEY = 2_000  # characters: nobody asks such a thing twice
_MOST_LINKS = 8  # hosts and formats for which what is rendered is kept
_MOST_RENDERED = 5_000  # objects that are kept as rendered, because records nest them
_MOST_TEXT = 32 * 2**20  # characters of records that are kept

Texts = dict[Id, str]


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


class Known:
    """What is known of one state of a file: what it holds, and what was read since it is so."""

    def __init__(self, conn: sqlite3.Connection) -> None:
        self.held = held(conn, RESOURCES)
        self._counts: dict[Any, int] = {}
        self._lists: OrderedDict[Any, Sequence[Id]] = OrderedDict()
        self._listed = 0  # ids in all of them
        self._grams: dict[str, Sequence[str] | None] = {}
        self._nested: dict[tuple[str, str], dict[str, Objects]] = {}
        self._texts: dict[tuple[str, str, str], Texts] = {}
        self._written = 0  # characters in all of them

    def count(self, key: Any, read: Callable[[], int]) -> int:
        """A number that was read before, or is now."""
        if _is_long(key):
            return read()
        if key not in self._counts:
            if len(self._counts) >= _MOST_KEYS:
                self._counts.clear()
            self._counts[key] = read()
        return self._counts[key]

    def ids(self, key: Any, least: int, read: Callable[[], list[Id]]) -> Sequence[Id]:
        """A list of so many ids at least, unless there are fewer, read before or now."""
        if _is_long(key):
            return read()
        found = self._lists.get(key)
        if found is None or FEW <= len(found) < least:
            found = self._keep(key, read())
        else:
            self._lists.move_to_end(key)
        return found

    def _keep(self, key: Any, ids: list[Id]) -> Sequence[Id]:
        kept: Sequence[Any] = ids
        if all(type(id_) is int for id_ in ids):
            kept = array("q", ids)
        self._listed += len(ids) - len(self._lists.pop(key, ()))
        self._lists[key] = kept
        while self._listed > _MOST_IDS or len(self._lists) > _MOST_KEYS:
            self._listed -= len(self._lists.popitem(last=False)[1])
        return kept

    def grams(
        self, conn: sqlite3.Connection, resource: Resource, words: list[str]
    ) -> Sequence[str] | None:
        """The trigrams of a resource's index, where a word needs them and there are many records.

        None where there are texts that have none, being shorter.
        """
        if self.held[resource.name].records < _MANY or not any(map(is_short, words)):
            return None
        if resource.name not in self._grams:
            self._grams[resource.name] = grams(conn, resource)
        return self._grams[resource.name]

    def nested(self, base: str, suffix: str) -> dict[str, Objects]:
        """What was rendered with these links of objects that records share."""
        kept = self._nested.get((base, suffix), {})
        if len(self._nested) >= _MOST_LINKS or sum(map(len, kept.values())) > _MOST_RENDERED:
            self._nested.clear()
        return self._nested.setdefault((base, suffix), {})

    def texts(
        self, links: tuple[str, str], shape: str, ids: list[Id], render: Callable[[list[Id]], Texts]
    ) -> list[str]:
        """The texts of records with these links in a shape; those not yet known are rendered."""
        known = self._texts.setdefault((*links, shape), {})
        if missing := [id_ for id_ in ids if id_ not in known]:
            rendered = render(missing)
            known.update(rendered)
            self._written += sum(map(len, rendered.values()))
        texts = [known[id_] for id_ in ids]
        if self._written > _MOST_TEXT or len(self._texts) > _MOST_LINKS:
            self._texts.clear()
            self._written = 0
        return texts


def _is_long(key: Any) -> bool:
    return len(repr(key)) > _LONGEST_KEY


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
        listed = "SELECT id FROM _records WHERE resource = ?"
        if not self.where and not ordered:
            return (
                (self.found, self.found_values) if self.found else (listed, (self.resource.name,))
            )
        parts: list[str] = []
        values: list[Any] = []
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
    shape = next(reversed(resource.modes.values()))
    kinds = {key.name: key.kind for key in shape.keys}
    return [
        (f"{key}_seconds" if kinds[key] == "duration" else key, descending)
        for key, descending in order
    ]


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
