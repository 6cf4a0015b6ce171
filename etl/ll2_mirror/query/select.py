"""Which records of a resource, in which order, from where to where: as SQL."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from ll2_mirror.errors import DataError
from ll2_mirror.ll2.lists import Resource, View
from ll2_mirror.ll2.model import Id
from ll2_mirror.query.filters import Condition
from ll2_mirror.query.memory import FEW, Memory
from ll2_mirror.query.params import Params
from ll2_mirror.query.paths import sorted_by
from ll2_mirror.query.response import Refusal
from ll2_mirror.store.ledger import LISTED
from ll2_mirror.store.search import matching
from ll2_mirror.store.sql import IN, all_of

_ID = "id"
_MANY = 16  # times as many as are read at once
Query = tuple[str, tuple[Any, ...]]  # SQL with its values
Order = list[tuple[str, bool]]  # paths, or their SQL, each with whether it descends


class Selection(NamedTuple):
    """Which records of a resource: conditions on its rows, and the query for what a search finds.

    None: all of them.
    """

    memory: Memory
    resource: Resource
    where: Query | None
    found: Query | None

    @property
    def key(self) -> tuple[Any, ...]:
        """What tells it from others of the same state of a file."""
        return (self.resource.name, *self[2:])

    @property
    def total(self) -> int:
        """How many records the list has in all."""
        return self.memory.holdings[self.resource.name].records

    @property
    def is_whole(self) -> bool:
        """Whether each row of the table is one of the list's records."""
        return self.memory.holdings[self.resource.name].nested == 0

    @property
    def _is_read_whole(self) -> bool:
        """Whether to read all takes no longer than to read some, and to search again to count."""
        return bool(self.found) and self.total <= _MANY * FEW

    def page(self, order: Order, limit: int, offset: int) -> tuple[int, list[Id]]:
        """How many records there are, and the ids of some, in the order of these columns.

        A page near the begin is cut from the first ids, a later one from all of them: those of the
        next page are then known.
        """
        end = offset + limit
        if end > FEW and self._is_indexed(order):
            return self.total, self._indexed(order, offset, end)
        most = FEW if end <= FEW and not self._is_read_whole else -1
        key = (self.key, tuple(order))
        ids = self.memory.ids(key, min(end, self.total), lambda: self._ordered(order, most))
        is_all = self._is_read_whole or len(ids) < FEW
        count = len(ids) if is_all else self.memory.count(self.key, self._count)
        return count, list(ids[offset:end])

    def has(self, id_: Id) -> bool:
        """Whether a record is among them."""
        sql, values = self._ids()
        return bool(self._read(f"SELECT id FROM ({sql}) WHERE id = ?", (*values, id_)))

    def _count(self) -> int:
        if not self.where and not self.found:
            return self.total
        sql, values = self._ids()
        count = self.memory.conn.execute(f"SELECT count(*) FROM ({sql})", values)
        number: int = count.fetchone()[0]
        return number

    def _is_indexed(self, order: Order) -> bool:
        """Whether an index has all records in this order, so that to skip many is nothing."""
        if self.where or self.found:
            return False
        few = self.is_whole or self.memory.nested(self.resource) is not None
        return not order or (len(order) == 1 and few and not order[0][1])

    def _indexed(self, order: Order, offset: int, end: int) -> list[Id]:
        """The ids from one place to another, found from the end that is nearer."""
        sql, values = self._ids(ordered=bool(order))
        skipped, limit = offset, max(0, min(end, self.total) - offset)
        if backwards := offset > self.total // 2:
            skipped = max(0, self.total - end)
        sql = f"{sql} ORDER BY {_order(order, backwards)} LIMIT ? OFFSET ?"
        ids = self._read(sql, (*values, limit, skipped))
        return ids[::-1] if backwards else ids

    def _ordered(self, order: Order, most: int) -> list[Id]:
        """So many ids at most, ordered, then by id; -1: all."""
        sql, values = self._ids(ordered=bool(order))
        if self.where:  # the plus keeps SQLite from reading all rows in the order of an index
            order = [(path if path == _ID else f"+{path}", down) for path, down in order]
        return self._read(f"{sql} ORDER BY {_order(order)} LIMIT ?", (*values, most))

    def _read(self, sql: str, values: Sequence[Any]) -> list[Id]:
        """The ids that a query gives; raises DataError for what can't be one."""
        ids = [id_ for (id_,) in self.memory.conn.execute(sql, values)]
        if not set(map(type, ids)) <= {self.resource.richest.id_type}:
            raise DataError(f"_records: an id of {self.resource.name} is of another type")
        return ids

    @property
    def _narrowest(self) -> Query:
        """The query for what the search finds, which is listed; without one, for all listed."""
        return self.found or (LISTED, (self.resource.name,))

    @property
    def _listed(self) -> list[Query]:
        """The condition that a row of the table is among those, where one is needed."""
        if self.is_whole and not self.found:
            return []
        if not self.found and (nested := self.memory.nested(self.resource)):
            return [(f"id NOT {IN}", (nested,))]
        sql, values = self._narrowest
        return [(f"id IN ({sql})", values)]

    def _ids(self, *, ordered: bool = False) -> Query:
        """The query for all ids, from the narrowest table that knows; ``ordered``: by columns."""
        if not self.where and not ordered:
            return self._narrowest
        parts = [*self._listed, self.where] if self.where else self._listed
        condition = f" WHERE {all_of([sql for sql, _ in parts])}" if parts else ""
        values = tuple(value for _, values in parts for value in values)
        return f'SELECT id FROM "{self.resource.table}"{condition}', values


def selected(
    memory: Memory,
    resource: Resource,
    conditions: list[Condition],
    words: list[str],
    less: Collection[str],
) -> Selection:
    """The records for which all conditions hold, and in which a search finds all words.

    It doesn't look at the paths ``less``.
    """
    where, found = None, None
    if conditions:
        values = (value for condition in conditions for value in condition.values)
        where = (all_of([condition.sql for condition in conditions]), tuple(values))
    if words:
        sql, asked = matching(resource, words, memory.grams(resource, words), less)
        found = (sql, tuple(asked))
    return Selection(memory, resource, where, found)


def ordering(resource: Resource, params: Params, view: View | None) -> Order:
    """The paths to order by, those LL2 doesn't know dropped; if none is left, the list's own.

    Raises Refusal for one of which a record has several: LL2 would list it once for each.
    """
    mode, found = resource.mode_for(params.get("mode")), dict[str, bool]()
    for term in (params.get("ordering") or "").split(","):
        path, descends = _term(term)
        if has_several(resource, mode, path):
            why = "a record has several of them"
            raise Refusal(501, {"detail": f"The ordering {path} can't be answered: {why}."})
        if path in resource.orderings_in(mode):
            found.setdefault(path, descends)
    return list(found.items()) or [_term((view or resource).order)]


def _term(text: str) -> tuple[str, bool]:
    path = text.strip()
    return path.removeprefix("-"), path.startswith("-")


def has_several(resource: Resource, mode: str, path: str) -> bool:
    """Whether LL2 sorts by a path that leads through a list, be it one that no body has."""
    key = resource.richest.by_name.get(path.partition("__")[0])
    known = resource.orderings or resource.modes[mode].names
    return path in known and (key is None or key.kind == "many")


def as_sql(resource: Resource, order: Order) -> Order:
    """The SQL of what these paths lead to; none for the id alone, by which all is ordered."""
    if order == [(_ID, False)]:
        return []
    shape = resource.richest
    return [(path if path == _ID else sorted_by(shape, path), down) for path, down in order]


def _order(order: Order, backwards: bool = False) -> str:
    """ORDER BY with nulls where PostgreSQL has them: last, and first where descending."""
    by_id = [] if any(sql == _ID for sql, _ in order) else [(_ID, False)]
    parts = []
    for sql, descends in (*order, *by_id):
        way, place = ("DESC", "FIRST") if descends != backwards else ("ASC", "LAST")
        parts.append(f"{sql} {way}" + ("" if sql == _ID else f" NULLS {place}"))
        if sql == _ID:
            break
    return ", ".join(parts)
