"""Selects, orders and slices the records of a resource in SQL."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from ll2_mirror.api.filters import Condition
from ll2_mirror.api.request import Params
from ll2_mirror.api.response import Refusal
from ll2_mirror.api.snapshot import SnapshotCache
from ll2_mirror.errors import DataError
from ll2_mirror.ll2.lists import Resource, View
from ll2_mirror.ll2.model import Id, Shape
from ll2_mirror.store.ledger import LISTED
from ll2_mirror.store.search import matching
from ll2_mirror.store.sql import all_of

FEW = 500  # ids that are read at once
_SHORT = 8_000  # records: up to here, finding all is as fast as finding some and their count
_ID = "id"
Query = tuple[str, tuple[Any, ...]]  # SQL with its values
Order = list[tuple[str, bool]]  # paths, or their SQL, each with whether it descends


class Selection(NamedTuple):
    """Selected records of a resource: conditions on its rows, and the query for a search.

    None: all records.
    """

    snapshot: SnapshotCache
    resource: Resource
    where: Query | None
    search: Query | None

    @property
    def key(self) -> tuple[Any, ...]:
        """The cache key of the selection."""
        return (self.resource.name, *self[2:])

    @property
    def total(self) -> int:
        """How many records the list has in all."""
        return self.snapshot.holdings[self.resource.name].records

    def page(self, order: Order, limit: int, offset: int) -> tuple[int, list[Id]]:
        """The number of records, and the ids on one page, ordered by these columns.

        For a page near the beginning, the first ids are read, for a later one all of them: those of
        the next page are then cached.
        """
        end = offset + limit
        if end > FEW and not self.where and not self.search:
            return self.total, self._slice(order, offset, min(end, self.total))
        most = FEW if end <= FEW and not (self.search and self.total <= _SHORT) else -1
        key = (self.key, tuple(order), most)
        ids = self.snapshot.cached(key, lambda: self._read(order, most))
        is_all = most < 0 or len(ids) < most
        return len(ids) if is_all else self.snapshot.cached(self.key, self._count), ids[offset:end]

    def has(self, id_: Id) -> bool:
        """Whether a record is selected."""
        sql, values = self._ids()
        return bool(self._checked(f"SELECT id FROM ({sql}) WHERE id = ?", (*values, id_)))

    def _count(self) -> int:
        if not self.where and not self.search:
            return self.total
        sql, values = self._ids()
        count = self.snapshot.conn.execute(f"SELECT count(*) FROM ({sql})", values)
        return int(count.fetchone()[0])

    def _read(self, order: Order, limit: int, offset: int = 0) -> list[Id]:
        """Up to ``limit`` ids in order, then by id; -1: all."""
        sql, values = self._ids(ordered=any(path != _ID for path, _ in order))
        if self.where:  # the plus keeps SQLite from reading all rows by an index
            order = [(path if path == _ID else f"+{path}", down) for path, down in order]
        sql = f"{sql} ORDER BY {_order_terms(order)} LIMIT ? OFFSET ?"
        return self._checked(sql, (*values, limit, offset))

    def _slice(self, order: Order, offset: int, end: int) -> list[Id]:
        """A slice of all ids, read from the nearer end, so that SQLite sorts fewer."""
        if offset <= self.total // 2:
            return self._read(order, end - offset, offset)
        backwards = [*((path, not descends) for path, descends in order), (_ID, True)]
        return self._read(backwards, end - offset, self.total - end)[::-1]

    def _checked(self, sql: str, values: Sequence[Any]) -> list[Id]:
        """The ids of a query; raises DataError for a value that can't be an id."""
        ids = [id_ for (id_,) in self.snapshot.conn.execute(sql, values)]
        if not set(map(type, ids)) <= {self.resource.richest.id_type}:
            raise DataError(f"_records: an id of {self.resource.name} is of another type")
        return ids

    def _ids(self, *, ordered: bool = False) -> Query:
        """The query for all ids, from the smallest table that has them; ``ordered``: by columns."""
        narrowest = self.search or (LISTED, (self.resource.name,))
        if not self.where and not ordered:
            return narrowest
        parts = [self.where] if self.where else []
        if self.search or self.snapshot.holdings[self.resource.name].nested:
            sql, values = narrowest
            parts.insert(0, (f"id IN ({sql})", values))
        condition = f" WHERE {all_of([sql for sql, _ in parts])}" if parts else ""
        all_values = tuple(value for _, values in parts for value in values)
        return f'SELECT id FROM "{self.resource.table}"{condition}', all_values


def selected(
    snapshot: SnapshotCache,
    resource: Resource,
    conditions: list[Condition],
    words: list[str],
    not_searched: Collection[str],
) -> Selection:
    """The records that match all conditions and contain all words of a search.

    The search ignores the paths ``not_searched``.
    """
    where, search = None, None
    if conditions:
        compared = (value for condition in conditions for value in condition.values)
        where = (all_of([condition.sql for condition in conditions]), tuple(compared))
    if words:
        sql, values = matching(resource, words, not_searched)
        search = (sql, tuple(values))
    return Selection(snapshot, resource, where, search)


def ordering(resource: Resource, params: Params, view: View | None) -> Order:
    """The paths to order by, without unknown ones; if none is left, the list's default.

    Raises Refusal for a path with several values per record: LL2 would repeat the record.
    """
    mode, order = resource.mode_for(params.get("mode")), dict[str, bool]()
    for term in (params.get("ordering") or "").split(","):
        path, descends = _term(term)
        if has_several(resource, mode, path):
            why = "a record has several of them"
            raise Refusal(501, {"detail": f"The ordering {path} can't be answered: {why}."})
        if path in resource.orderings_in(mode):
            order.setdefault(path, descends)
    return list(order.items()) or [_term((view or resource).default_ordering)]


def _term(text: str) -> tuple[str, bool]:
    path = text.strip()
    return path.removeprefix("-"), path.startswith("-")


def has_several(resource: Resource, mode: str, path: str) -> bool:
    """Whether a path of LL2's orderings leads through a list, even one that no body has."""
    key = resource.richest.by_name.get(path.partition("__")[0])
    known = resource.orderings or resource.modes[mode].names
    return path in known and (key is None or key.kind == "many")


def as_sql(resource: Resource, order: Order) -> Order:
    """The SQL for these paths; none for the id alone, which is the default order."""
    if order == [(_ID, False)]:
        return []
    shape = resource.richest
    return [(path if path == _ID else order_by(shape, path), down) for path, down in order]


def order_by(shape: Shape, path: str, row: str = "") -> str:
    """The SQL to sort a row of a shape's table by a path; for an object, its id.

    ``row`` is the alias of the row's table in the query, if it has one.
    """
    name, _, rest = path.partition("__")
    key, nested, row = shape.by_name[name], shape.nested.get(name), row or shape.table
    column = f'"{row}"."{key.sort_column}"'
    if nested is None or rest in ("", "id"):
        return column
    inner = f"{row}__{name}"
    value = order_by(nested, rest, inner)
    return f'(SELECT {value} FROM "{nested.table}" AS "{inner}" WHERE "{inner}".id = {column})'


def _order_terms(order: Order) -> str:
    """ORDER BY with nulls as in PostgreSQL: last, or first if descending."""
    terms: list[str] = []
    for sql, descends in order:
        direction, nulls = ("DESC", "FIRST") if descends else ("ASC", "LAST")
        if sql == _ID:
            return ", ".join([*terms, f"{sql} {direction}"])
        terms.append(f"{sql} {direction} NULLS {nulls}")
    return ", ".join([*terms, f"{_ID} ASC"])
