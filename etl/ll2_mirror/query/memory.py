"""A question to one resource as SQL: which records, in which order, from where to where."""

from __future__ import annotations

import sqlite3
from array import array
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from ll2_mirror.ll2.model import Id, Resource
from ll2_mirror.ll2.resources import RESOURCES
from ll2_mirror.store.ledger import LISTED
from ll2_mirror.store.search import grams, is_short
from ll2_mirror.transform.render import Objects

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
            count = conn.execute(f"SELECT count(*) FROM ({LISTED})", (name,)).fetchone()[0]
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
