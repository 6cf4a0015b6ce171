"""What is known of one state of a file: what it holds, and what responses have in common."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import suppress
from operator import itemgetter
from typing import Any, Generic, NamedTuple, TypeVar

from cachetools import LRUCache

from ll2_mirror.errors import DataError
from ll2_mirror.ll2.lists import RESOURCES, Resource, slice_name
from ll2_mirror.ll2.model import Id, Key, Shape, known_columns
from ll2_mirror.store.ledger import Ledger, listed
from ll2_mirror.store.search import is_whole, teach_upper
from ll2_mirror.transform.render import Objects, Renderer

_MOST_IDS = 32 * 2**20  # bytes of counts and lists of ids that are kept
_MOST_TEXT = 32 * 2**20  # characters of records that are kept
_ID_BYTES = {int: 40, str: 96}  # of an id in a list
_MOST_LINKS = 8  # hosts and formats for which what is rendered is kept
_MOST_OBJECTS = 5_000  # that are kept as rendered, because records share them

Links = tuple[str, str]  # what stands before and after the path of each link
Texts = dict[Id, str]
V = TypeVar("V")


class LRU(Generic[V]):
    """Values by key, within so many bytes: where there are more, the longest unused go."""

    def __init__(self, most: int) -> None:
        self._sized: LRUCache[Hashable, tuple[int, V]] = LRUCache(most, getsizeof=itemgetter(0))

    @property
    def size(self) -> int:
        """The bytes of all that is kept."""
        return int(self._sized.currsize)

    def get(self, key: Hashable) -> V | None:
        """The value kept under a key, or None."""
        sized = self._sized.get(key)
        return sized[1] if sized else None

    def keep(self, key: Hashable, value: V, size: int) -> V:
        """Keeps a value of so many bytes, unless there are more of them than all may have."""
        with suppress(ValueError):
            self._sized[key] = (size, value)
        return value

    def clear(self) -> None:
        """Drops all."""
        self._sized.clear()


class ListHolding(NamedTuple):
    """What a file holds of a resource: the mode of its last walk, how many records it lists.

    ``nested``: how many rows of its table are none of them, since records only nest them.
    ``only``: the view whose records they are; empty where the file has all that LL2 lists.
    """

    mode: str
    records: int
    nested: int
    only: str = ""


def _holdings(conn: sqlite3.Connection) -> Iterator[tuple[str, ListHolding]]:
    walks = conn.execute("SELECT resource, part, mode FROM _walks WHERE published").fetchall()
    whole = {name for name, part, _ in walks if not part}
    for name, part, mode in walks:
        if name in RESOURCES and mode in RESOURCES[name].modes and (not part or name not in whole):
            count = Ledger(conn).records(name)
            rows = conn.execute(f'SELECT count(*) FROM "{RESOURCES[name].table}"').fetchone()[0]
            yield (
                name,
                ListHolding(mode, count, rows - count, slice_name(name, part) if part else ""),
            )


class SnapshotCache:
    """One state of a file: the connection that reads it, and what is known since it did.

    Give the same again while the file is the same.
    """

    def __init__(self, conn: sqlite3.Connection) -> None:
        self.conn = conn
        teach_upper(conn)
        self.holdings = dict(_holdings(conn))
        self.known = LRU[Any](_MOST_IDS)  # counts, lists of ids
        # What was rendered. An LRU would take a fifth of the time of a page.
        self._objects: dict[Links, dict[str, Objects]] = {}
        self._texts: dict[tuple[Links, str], Texts] = {}
        self._written = 0  # characters in all of them
        self._whole: set[str] = set()  # the resources whose index is
        self._unknown_keys: dict[tuple[str, str], str] = {}

    def holds(self, resource: str, name: str) -> bool:
        """Whether the file has a list: a resource, or a view of one."""
        holding = self.holdings.get(resource)
        return holding is not None and holding.only in ("", name)

    def count(self, key: Hashable, read: Callable[[], int]) -> int:
        """A number that was read before, or is now."""
        count: int | None = self.known.get(key)
        return self.known.keep(key, read(), _size(key)) if count is None else count

    def ids(self, key: Hashable, read: Callable[[], list[Id]]) -> list[Id]:
        """A list of ids that was read before, or is now."""
        ids: list[Id] | None = self.known.get(key)
        if ids is None:
            ids = read()
            each = _ID_BYTES[type(ids[0])] if ids else 0
            self.known.keep(key, ids, _size(key) + each * len(ids))
        return ids

    def texts(
        self, links: Links, shape: Shape, ids: Sequence[Id], render: Callable[[list[Id]], Texts]
    ) -> list[str]:
        """The texts of records with these links in a shape; those not yet known are rendered."""
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
        """What renders records with these links, and knows what it rendered of what they share."""
        objects = self._objects.get(links, {})
        if len(self._objects) >= _MOST_LINKS or sum(map(len, objects.values())) > _MOST_OBJECTS:
            self._objects.clear()
        return Renderer(self.conn, *links, self._objects.setdefault(links, {}))

    def require_index(self, resource: Resource) -> None:
        """Raises DataError where a search would miss records of a resource."""
        if resource.name in self._whole:
            return
        if not is_whole(self.conn, resource):
            raise DataError(
                f"the search index of {resource.name} is damaged: the next sync mends it"
            )
        self._whole.add(resource.name)

    def unknown_key(self, resource: Resource, path: str) -> str:
        """The begin of a path that the rows of a resource don't all have; empty: they have it."""
        if (key := (resource.name, path)) not in self._unknown_keys:
            mode = self.holdings[resource.name].mode
            self._unknown_keys[key] = first_unknown_key(self.conn, resource, mode, path)
        return self._unknown_keys[key]


def _size(key: Hashable) -> int:
    """The bytes that an entry takes by its key, in round numbers."""
    return 300 + len(repr(key))


def first_unknown_key(conn: sqlite3.Connection, resource: Resource, mode: str, path: str) -> str:
    """The begin of a path that ends with a key which some row was never seen with; empty: none.

    What the mode of the records has is seen; beyond that, other lists may have brought it.
    """
    known: Shape | None = resource.modes[mode]
    ids, begin = listed(resource.name), ""
    for shape, key in resource.richest.resolve(path):
        begin = f"{begin}__{key.name}".lstrip("_")
        is_known = known is not None and key.name in known.by_name
        if not is_known and not _all_have(conn, shape, key, ids):
            return begin
        known = known.nested.get(key.name) if known and is_known else None
        column, table, owner = f'"{key.column}"', shape.table, "id"
        if key.kind == "many":
            column = shape.nested[key.name].list_column
            table, owner = shape.list_table(key), shape.list_column
        ids = f'SELECT {column} FROM "{table}" WHERE {owner} IN ({ids})'
    return ""


def _all_have(conn: sqlite3.Connection, shape: Shape, key: Key, ids: str) -> bool:
    """Whether each of some rows was seen with a key."""
    if not shape.shared:
        return True
    sql = f'SELECT DISTINCT _shapes FROM "{shape.table}" WHERE id IN ({ids})'
    shapes = ((names or "").split() for (names,) in conn.execute(sql))
    return all(key.column in known_columns(shape, names) for names in shapes)
