"""What is known of one state of a file: what it holds, and what answers have in common."""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from ll2_mirror.errors import DataError
from ll2_mirror.ll2.lists import RESOURCES, Resource, slice_name
from ll2_mirror.ll2.model import Id
from ll2_mirror.query.kept import Kept
from ll2_mirror.query.paths import lacking
from ll2_mirror.store.ledger import Ledger, listed
from ll2_mirror.store.search import grams, is_short, is_whole, teach_upper
from ll2_mirror.store.sql import among
from ll2_mirror.transform.render import Objects, Renderer

_MANY = 20_000  # records, of which to compare each takes longer than to know the trigrams
_MOST_NESTED = 500  # rows that are left out one by one: of more, those that are listed are asked
FEW = 500  # ids that are read at once, where no more are asked for
_MOST_COUNTS = 4 * 2**20  # bytes of the questions whose counts are kept
_MOST_IDS = 32 * 2**20  # bytes of the lists of ids that are kept
_EACH = {array: 8, list: 96}  # bytes of an id: packed, or as a text
_MOST_LINKS = 8  # hosts and formats for which what is rendered is kept
_MOST_RENDERED = 5_000  # objects that are kept as rendered, because records nest them
_MOST_TEXT = 32 * 2**20  # characters of records that are kept

Links = tuple[str, str]  # what stands before and after the path of each link
Texts = dict[Id, str]


class Holding(NamedTuple):
    """What a file holds of a resource: the mode of its last walk, how many records it lists.

    ``nested``: how many rows of its table are none of them, since records only nest them.
    ``only``: the view whose records they are; empty where the file has all that LL2 lists.
    """

    mode: str
    records: int
    nested: int
    only: str = ""


def _holdings(conn: sqlite3.Connection) -> Iterator[tuple[str, Holding]]:
    walks = conn.execute("SELECT resource, part, mode FROM _walks WHERE published").fetchall()
    whole = {name for name, part, _ in walks if not part}
    for name, part, mode in walks:
        if name in RESOURCES and mode in RESOURCES[name].modes and (not part or name not in whole):
            count = Ledger(conn).records(name)
            rows = conn.execute(f'SELECT count(*) FROM "{RESOURCES[name].table}"').fetchone()[0]
            yield name, Holding(mode, count, rows - count, slice_name(name, part) if part else "")


class Memory:
    """One state of a file: the connection that reads it, and what is known since it did.

    Give the same again while the file is the same.
    """

    def __init__(self, conn: sqlite3.Connection) -> None:
        self.conn = conn
        teach_upper(conn)
        self.holdings = dict(_holdings(conn))
        self.rendered = Rendered()
        self._counts = Kept[Any, int](_MOST_COUNTS, lambda key, _: len(repr(key)))
        self._lists = Kept[Any, Sequence[Id]](
            _MOST_IDS, lambda key, ids: len(repr(key)) + _EACH[type(ids)] * len(ids)
        )
        self._whole: set[str] = set()  # the resources whose index is
        self._grams: dict[str, Sequence[str] | None] = {}
        self._lacking: dict[tuple[str, str], str] = {}
        self._nested: dict[str, str] = {}

    def holds(self, resource: str, name: str) -> bool:
        """Whether the file has a list: a resource, or a view of one."""
        held = self.holdings.get(resource)
        return held is not None and held.only in ("", name)

    def count(self, key: Any, read: Callable[[], int]) -> int:
        """A number that was read before, or is now."""
        found = self._counts.get(key)
        return self._counts.keep(key, read()) if found is None else found

    def ids(self, key: Any, least: int, read: Callable[[], list[Id]]) -> Sequence[Id]:
        """A list of so many ids at least, unless there are fewer, read before or now."""
        found = self._lists.get(key)
        if found is None or FEW <= len(found) < least:
            found = self._lists.keep(key, _packed(read()))
        return found

    def grams(self, resource: Resource, words: list[str]) -> Sequence[str] | None:
        """The trigrams of a resource's index, where a word needs them and there are many records.

        None where there are texts that have none, being shorter.
        """
        if self.holdings[resource.name].records < _MANY or not any(map(is_short, words)):
            return None
        if resource.name not in self._grams:
            self._grams[resource.name] = grams(self.conn, resource)
        return self._grams[resource.name]

    def nested(self, resource: Resource) -> str | None:
        """The ids of the rows that records only nest, as JSON; None where they are many."""
        if self.holdings[resource.name].nested not in range(_MOST_NESTED):
            return None
        if resource.name not in self._nested:
            sql = f'SELECT id FROM "{resource.table}" WHERE id NOT IN ({listed(resource.name)})'
            self._nested[resource.name] = among(id_ for (id_,) in self.conn.execute(sql))
        return self._nested[resource.name]

    def require_index(self, resource: Resource) -> None:
        """Raises DataError where a search would miss records of a resource."""
        if resource.name in self._whole:
            return
        if not is_whole(self.conn, resource):
            raise DataError(
                f"the search index of {resource.name} is damaged: the next sync mends it"
            )
        self._whole.add(resource.name)

    def lacking(self, resource: Resource, path: str) -> str:
        """The begin of a path that the rows of a resource don't all have; empty: they have it."""
        if (key := (resource.name, path)) not in self._lacking:
            mode = self.holdings[resource.name].mode
            self._lacking[key] = lacking(self.conn, resource, mode, path)
        return self._lacking[key]

    def renderer(self, links: Links) -> Renderer:
        """What renders records with these links, and knows what it rendered of what they share."""
        return Renderer(self.conn, *links, self.rendered.nested(links))


def _packed(ids: list[Id]) -> Sequence[Id]:
    """The same ids in less memory, if they are integers."""
    numbers: Sequence[Any] = array("q", ids) if all(type(id_) is int for id_ in ids) else ids
    return numbers


class Rendered:
    """What was rendered, by the links in it: objects that records share, and texts of records."""

    def __init__(self) -> None:
        self._nested: dict[Links, dict[str, Objects]] = {}
        self._texts: dict[tuple[Links, str], Texts] = {}
        self._written = 0  # characters in all of them

    def nested(self, links: Links) -> dict[str, Objects]:
        """What was rendered with these links of objects that records share, by shape."""
        kept = self._nested.get(links, {})
        if len(self._nested) >= _MOST_LINKS or sum(map(len, kept.values())) > _MOST_RENDERED:
            self._nested.clear()
        return self._nested.setdefault(links, {})

    def texts(
        self, links: Links, shape: str, ids: list[Id], render: Callable[[list[Id]], Texts]
    ) -> list[str]:
        """The texts of records with these links in a shape; those not yet known are rendered."""
        known = self._texts.setdefault((links, shape), {})
        if missing := [id_ for id_ in ids if id_ not in known]:
            rendered = render(missing)
            known.update(rendered)
            self._written += sum(map(len, rendered.values()))
        texts = [known[id_] for id_ in ids]
        if self._written > _MOST_TEXT or len(self._texts) > _MOST_LINKS:
            self._texts.clear()
            self._written = 0
        return texts
