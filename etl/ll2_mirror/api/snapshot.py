"""A cache for one state of a file: what it holds, and what responses share."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import suppress
from functools import cache, cached_property
from operator import itemgetter
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

from cachetools import LRUCache

from ll2_mirror.api.filters import followed
from ll2_mirror.clock import Clock
from ll2_mirror.errors import DataError
from ll2_mirror.ll2.lists import RESOURCES, Resource
from ll2_mirror.ll2.model import Id, Key, Shape, known_columns
from ll2_mirror.store.ages import ListAge, list_ages
from ll2_mirror.store.file import Store
from ll2_mirror.store.ledger import Ledger, listed
from ll2_mirror.store.records import ListedRecords
from ll2_mirror.store.search import is_whole, teach_upper
from ll2_mirror.store.walks import Walks
from ll2_mirror.transform.render import Objects, Renderer

_MOST_IDS = 32 * 2**20  # bytes of counts and lists of ids that are kept
_MOST_TEXT = 32 * 2**20  # characters of records that are kept
_ID_BYTES = {int: 40, str: 96}  # of an id in a list
_ENTRY_BYTES = 300  # about what an entry takes besides its key and its ids
_MOST_LINKS = 8  # hosts and formats for which what is rendered is kept
_MOST_OBJECTS = 5_000  # that are kept as rendered, because records share them

Links = tuple[str, str]  # what stands before and after the path of each link
Texts = dict[Id, str]
Columns = frozenset[tuple[str, str]]  # each with its table
V = TypeVar("V")


@cache
def columns_of(shape: Shape) -> Columns:
    """The columns that records in a shape fill, with those of all that they nest."""
    tables = (each for each in shape.closure if each.table)
    return frozenset((each.table, column) for each in tables for column in each.columns)


class LRU(Generic[V]):
    """A cache with a limit in bytes; drops the least recently used values."""

    def __init__(self, most: int) -> None:
        self._sized: LRUCache[Hashable, tuple[int, V]] = LRUCache(most, getsizeof=itemgetter(0))

    @property
    def size(self) -> int:
        """The bytes of all values."""
        return int(self._sized.currsize)

    def get(self, key: Hashable) -> V | None:
        """The value of a key, or None."""
        sized = self._sized.get(key)
        return sized[1] if sized else None

    def keep(self, key: Hashable, value: V, size: int) -> V:
        """Keeps a value of ``size`` bytes, unless it alone is above the limit."""
        with suppress(ValueError):
            self._sized[key] = (size, value)
        return value


class ListHolding(NamedTuple):
    """What a file holds of a list: see Holding, and the number of its records.

    ``nested``: the number of rows of its table that are only nested in records.
    """

    mode: str
    records: int
    nested: int
    names: list[str]  # what the file has: the list or views of it


def _holdings(conn: sqlite3.Connection, walks: Walks) -> Iterator[tuple[str, ListHolding]]:
    for name, resource in RESOURCES.items():
        holding = walks.holding(name)
        if holding.mode:
            count = Ledger(conn).records(name)
            rows = conn.execute(f'SELECT count(*) FROM "{resource.table}"').fetchone()[0]
            names = [walk.name for walk in holding.walks.values()]
            yield name, ListHolding(holding.mode, count, rows - count, names)


class SnapshotCache:
    """The cache for one state of a file, with the connection that reads it.

    Use the same one as long as the file doesn't change.
    """

    def __init__(self, conn: sqlite3.Connection, name: str, clock: Clock | None = None) -> None:
        """Takes the connection, and the file's name for errors."""
        self.conn = conn
        self._name = name
        self._clock = clock or Clock()
        teach_upper(conn)
        self.records = ListedRecords(conn, Path(name))
        self.holdings = dict(_holdings(conn, Walks(conn, Path(name))))
        self.known = LRU[Any](_MOST_IDS)  # counts, lists of ids, what was checked
        # What was rendered. An LRU would take a fifth of the time of a page.
        self._objects: dict[Links, dict[str, Objects]] = {}
        self._texts: dict[tuple[Links, str], Texts] = {}
        self._written = 0  # characters in all of them

    def holds(self, resource: str, name: str) -> bool:
        """Whether the file has a list: a resource or a view of one."""
        holding = self.holdings.get(resource)
        return holding is not None and not {resource, name}.isdisjoint(holding.names)

    @cached_property
    def ages(self) -> dict[str, ListAge]:
        """How old the lists and views are that the file has, by name."""
        return list_ages(Store(self.conn, Path(self._name), self._clock))

    def object(self, name: str) -> tuple[str, Any]:
        """The mode in which a page came that is one object, and the object, decoded."""
        return self.cached(("object", name), lambda: self._object(name))

    def _object(self, name: str) -> tuple[str, Any]:
        walks = Walks(self.conn, Path(self._name))
        walk = walks.holding(name).walks[""]
        return walk.mode, walks.object(walk)

    def sources(self, resource: str, columns: Columns) -> Iterator[str]:
        """The other lists that brought what these columns hold of a resource's records.

        They are those that fill most of the columns which the resource's own mode lacks.
        """
        filled = {
            name: columns_of(RESOURCES[name].modes[holding.mode])
            for name, holding in self.holdings.items()
        }
        lacking = columns - filled.pop(resource, frozenset())
        own = {pair for pair in lacking if pair[0] == RESOURCES[resource].table}
        while lacking and filled:
            most = max(
                filled, key=lambda name: (len(own & filled[name]), len(lacking & filled[name]))
            )
            brought = lacking & filled.pop(most)
            lacking -= brought
            own -= brought
            if brought:
                yield from [most] if most in self.ages else self.holdings[most].names

    def cached(self, key: Hashable, read: Callable[[], V]) -> V:
        """A count, a text or a list of ids, cached."""
        value: V | None = self.known.get(key)
        if value is None:
            value = read()
            size = _ENTRY_BYTES + len(repr(key))
            if isinstance(value, list) and value:
                size += _ID_BYTES[type(value[0])] * len(value)
            self.known.keep(key, value, size)
        return value

    def texts(
        self, links: Links, shape: Shape, ids: Sequence[Id], render: Callable[[list[Id]], Texts]
    ) -> list[str]:
        """The texts of records in a shape with these links; renders those not cached."""
        known = self._texts.setdefault((links, shape.name), {})
        if missing := [id_ for id_ in ids if id_ not in known]:
            known.update(render(missing))
            self._written += sum(len(known[id_]) for id_ in missing)
        texts = [known[id_] for id_ in ids]
        if self._written > _MOST_TEXT or len(self._texts) > _MOST_LINKS:
            self._texts.clear()
            self._written = 0
        return texts

    def renderer(self, links: Links) -> Renderer:
        """The renderer for these links, which caches the objects that records share."""
        objects = self._objects.get(links, {})
        if len(self._objects) >= _MOST_LINKS or sum(map(len, objects.values())) > _MOST_OBJECTS:
            self._objects.clear()
        return Renderer(self.conn, *links, self._objects.setdefault(links, {}))

    def require_index(self, resource: Resource) -> None:
        """Raises DataError if a search would miss records of a resource."""
        if not self.cached(("index", resource.name), lambda: is_whole(self.conn, resource)):
            raise DataError(
                f"the search index of {resource.name} is damaged: the next sync mends it"
            )

    def unknown_key(self, resource: Resource, path: str) -> str:
        """The first part of a path that some rows of a resource lack; empty: none does."""
        mode = self.holdings[resource.name].mode
        return self.cached(
            ("unknown", resource.name, path),
            lambda: first_unknown_key(self.conn, resource, mode, path),
        )


def first_unknown_key(conn: sqlite3.Connection, resource: Resource, mode: str, path: str) -> str:
    """The first part of a path whose last key some row was never seen with; empty: none.

    The keys of the records' own mode were seen; further keys may have come with other lists.
    """
    known: Shape | None = resource.modes[mode]
    ids, begin = listed(resource.name), ""
    for shape, key in resource.richest.resolve(path):
        begin = f"{begin}__{key.name}".lstrip("_")
        is_known = known is not None and key.name in known.by_name
        if not is_known and not _all_have(conn, shape, key, ids):
            return begin
        known = known.nested.get(key.name) if known and is_known else None
        ids = followed(shape, key, ids)
    return ""


def _all_have(conn: sqlite3.Connection, shape: Shape, key: Key, ids: str) -> bool:
    """Whether all of some rows were seen with a key."""
    if not shape.shared:
        return True
    sql = f'SELECT DISTINCT _shapes FROM "{shape.table}" WHERE id IN ({ids})'
    shapes = ((names or "").split() for (names,) in conn.execute(sql))
    return all(key.column in known_columns(shape, names) for names in shapes)
