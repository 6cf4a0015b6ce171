"""Walks and their pages, which are staged until the walk is published."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from math import ceil
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from ll2_mirror.clock import Clock, to_iso
from ll2_mirror.errors import DataError
from ll2_mirror.ll2.json import parse
from ll2_mirror.ll2.lists import MODES, SOURCES, Slice, slice_name
from ll2_mirror.ll2.model import Id, Shape
from ll2_mirror.ll2.page import Page, TooLargeError, counted, packed, records, unpacked
from ll2_mirror.store.sql import IN, Typed, among

_ID_TYPES = {int, str, type(None)}
Transaction = Callable[[], AbstractContextManager[None]]


class Walk(NamedTuple):
    """One walk over the pages of a resource, or of a part of it."""

    id: int
    resource: str
    part: str  # its kind; empty: the whole list
    since: str | None  # the time since which a record is new, in a walk over new records
    mode: str
    base_url: str
    started: str
    total: int | None  # records in LL2's list, as of the last page; None before the first
    steps: int = 0  # steps back since that page, because the list changed

    @property
    def name(self) -> str:
        """What was requested: launches, launches/upcoming."""
        return slice_name(self.resource, self.part)

    @property
    def shape(self) -> Shape:
        """The shape of its records."""
        return SOURCES[self.resource].modes[self.mode]


class Holding(NamedTuple):
    """The published walks that the tables' records of one list come from.

    ``walks``: the last published walk over each part; under "", that over the whole list.
    """

    walks: dict[str, Walk]

    @property
    def whole(self) -> Walk | None:
        """The last walk over the whole list; None if there was none."""
        return self.walks.get("")

    @property
    def last(self) -> Walk | None:
        """The walk that began last; None if the file has nothing of the list."""
        return max(self.walks.values(), key=lambda walk: walk.id, default=None)

    @property
    def mode(self) -> str | None:
        """The poorest mode in which records were fetched; None if the file has none."""
        modes = [walk.mode for walk in ([self.whole] if self.whole else self.walks.values())]
        return min(modes, key=MODES.index, default=None)


class StagedPage(NamedTuple):
    """A page of a walk."""

    number: int  # in the order of fetching
    offset: int
    limit: int
    page: int  # the id of its text
    ids: list[Id | None]  # of its records, in order


class WalkProgress(NamedTuple):
    """How far an unpublished walk is: see ``under_way`` in docs/json.md."""

    resource: str
    mode: str
    started: str
    pages: int
    of: int | None  # the expected number of pages, if the rest are as large as the last
    records: int
    total: int | None


class Deletions(NamedTuple):
    """The records that a complete walk didn't find, by what LL2 says about them."""

    gone: list[Id]
    missing: list[Id]  # not confirmed deleted: they stay for now
    skipped: list[Id]  # LL2 has them: the list must have changed without a sign


NO_DELETIONS = Deletions([], [], [])


class Walks:
    """The walks of one file: the last published one of each list and part, and those under way.

    Of each part, at most one is under way. Its changes are committed immediately, each in a
    ``transaction``; ``publish`` belongs to the caller's transaction.
    """

    def __init__(
        self,
        conn: sqlite3.Connection,
        path: Path = Path(),  # for errors
        clock: Clock | None = None,
        transaction: Transaction = nullcontext,
    ) -> None:
        self._conn = conn
        self._path = path
        self._clock = clock or Clock()
        self._transaction = transaction

    def begin(self, part: Slice, mode: str, base_url: str, since: str | None = None) -> Walk:
        """Begins a walk; deletes one under way over the same part, with its pages."""
        resource, started = part.resource.name, to_iso(self._clock.now())
        with self._transaction():
            self._drop("(resource, part) = (?, ?)", resource, part.kind)
            cursor = self._conn.execute(
                "INSERT INTO _walks (resource, part, since, mode, base_url, started, published)"
                " VALUES (?, ?, ?, ?, ?, ?, 0)",
                (resource, part.kind, since, mode, base_url, started),
            )
        assert cursor.lastrowid is not None
        return Walk(cursor.lastrowid, resource, part.kind, since, mode, base_url, started, None)

    def holding(self, resource: str) -> Holding:
        """The published walks of a list by part, without those in modes that it no longer has."""
        modes = SOURCES[resource].modes
        return Holding(
            {walk.part: walk for walk in self.all_published(resource) if walk.mode in modes}
        )

    def all_published(self, resource: str) -> list[Walk]:
        """The published walks of a resource, over the whole and over parts, oldest first."""
        return list(self._read("published AND resource = ?", resource))

    @property
    def mode(self) -> str | None:
        """The mode of all published walks; None if they have several, or there are none."""
        modes = {walk.mode for walk in self._read("published")}
        return modes.pop() if len(modes) == 1 else None

    def under_way(self) -> list[Walk]:
        """The walks that aren't published yet, at most one for each part."""
        return list(self._read("NOT published"))

    def progress(self) -> Iterator[WalkProgress]:
        """How far each walk under way is; those without a page are left out."""
        for walk in self.under_way():
            pages = self.pages(walk)
            if not pages:
                continue
            end, total, last = pages[-1].offset + pages[-1].limit, walk.total, pages[-1].limit
            of = None if total is None else len(pages) + ceil(max(0, total - end) / last)
            records = min(end, total or 0)
            yield WalkProgress(walk.name, walk.mode, walk.started, len(pages), of, records, total)

    def _read(self, condition: str, *values: Any) -> Iterator[Walk]:
        rows = self._conn.execute(
            f"SELECT {', '.join(Walk._fields)} FROM _walks WHERE {condition} ORDER BY id", values
        )
        typed = Typed(self._path)
        return (typed.row(Walk(*row), f"_walks {row[0]}") for row in rows.fetchall())

    def step_back(self, walk: Walk) -> Walk:
        """Notes that a page was fetched but not staged; the next one begins further back."""
        return self._set(walk, walk.total, walk.steps + 1)

    def _set(self, walk: Walk, total: int | None, steps: int) -> Walk:
        values = (total, steps, walk.id)
        self._conn.execute("UPDATE _walks SET total = ?, steps = ? WHERE id = ?", values)
        return walk._replace(total=total, steps=steps)

    def publish(self, walk: Walk) -> None:
        """Marks a walk as published, and deletes the published walks that it replaces.

        These stay as long as a walk over the same list that began before them is under way: when
        that is published, their pages are newer than its own.
        """
        self._conn.execute("UPDATE _walks SET published = 1 WHERE id = ?", (walk.id,))
        self._forget(
            "published AND resource = ?1 AND id < ?2 AND ?3 IN (part, '')"
            " AND NOT EXISTS (SELECT 1 FROM _walks AS earlier WHERE NOT earlier.published"
            " AND earlier.resource = ?1 AND earlier.id < _walks.id)",
            walk.resource,
            walk.id,
            walk.part,
        )

    def drop(self, walk: Walk) -> None:
        """Deletes a walk that is under way, with its pages."""
        with self._transaction():
            self._drop("id = ?", walk.id)

    def _drop(self, which: str, *values: Any) -> None:
        if self._forget(f"NOT published AND {which}", *values):
            self.forget_pages()

    def _forget(self, which: str, *values: Any) -> int:
        """Deletes walks and their rows in ``_staged``; returns how many walks."""
        self._conn.execute(
            f"DELETE FROM _staged WHERE walk IN (SELECT id FROM _walks WHERE {which})", values
        )
        return self._conn.execute(f"DELETE FROM _walks WHERE {which}", values).rowcount

    def forget_pages(self) -> None:
        """Deletes the pages without a text that counts, unless their walk is under way.

        A page without records is one object: it counts as long as its walk is the last.
        """
        self._conn.execute(
            "DELETE FROM _pages WHERE id NOT IN (SELECT page FROM _records UNION"
            " SELECT page FROM _staged JOIN _walks ON walk = _walks.id"
            " WHERE NOT published OR ids = '[]')"
        )

    # Pages

    def stage(self, walk: Walk, page: Page, number: int | None = None) -> Walk:
        """Stores a page of a walk after its others, or in place of ``number``; returns the walk.

        A page that the file already has is not written again, unless it is damaged there.
        """
        key = (walk.resource, walk.mode, page.digest)
        which = "(resource, mode, digest) = (?, ?, ?)"
        with self._transaction():
            if not self._has(key, page.body):
                self._conn.execute(
                    "INSERT INTO _pages (resource, mode, digest, body) VALUES (?, ?, ?, ?)"
                    " ON CONFLICT DO UPDATE SET body = excluded.body",
                    (*key, packed(page.body)),
                )
            self._conn.execute(
                "INSERT OR REPLACE INTO _staged"
                f" SELECT ?, ?, ?, ?, id, ? FROM _pages WHERE {which}",
                (number, walk.id, page.offset, page.limit, json.dumps(page.ids), *key),
            )
            return self._set(walk, page.total, 0)

    def _has(self, key: tuple[str, str, bytes], body: bytes) -> bool:
        """Whether the file has a page's text, undamaged."""
        sql = "SELECT body FROM _pages WHERE (resource, mode, digest) = (?, ?, ?)"
        row = self._conn.execute(sql, key).fetchone()
        try:
            return row is not None and unpacked(row[0]) == body
        except (TypeError, ValueError, TooLargeError):
            return False

    def pages(self, walk: Walk) -> list[StagedPage]:
        """The pages of a walk in the order of fetching; raises DataError for damaged ones."""
        return [page for _, page in self._staged([walk.id])]

    def listed_twice(self, walk: Walk) -> list[Id]:
        """The records that are twice on one page of a walk: LL2 itself lists them twice."""
        counts = (Counter(page.ids) for page in self.pages(walk))
        twice = {id_ for ids in counts for id_, count in ids.items() if count > 1}
        return sorted((id_ for id_ in twice if id_ is not None), key=str)

    def newest(self, walk: Walk) -> Iterator[tuple[StagedPage, Sequence[int]]]:
        """The pages of a walk in the order of fetching, with the indexes of the records to load.

        These are the records that are on no later page of this walk or of a published one.
        """
        fewer = self._fewer(walk)
        for _, page in self._staged([walk.id]):
            yield page, fewer.get(page.number, range(len(page.ids)))

    def _fewer(self, walk: Walk) -> dict[int, list[int]]:
        """By page, the indexes of the records to load; only pages that have others, too."""
        walks = {walk.id, *(each.id for each in self.all_published(walk.resource))}
        first = "SELECT min(number) FROM _staged WHERE walk = ?"
        [since] = self._conn.execute(first, (walk.id,)).fetchone()
        met, fewer = set[Id | None](), dict[int, list[int]]()
        for whose, page in self._staged(walks, since or 0, "DESC"):
            places = []
            for place, id_ in enumerate(page.ids):
                if id_ is None or id_ not in met:
                    places.append(place)
                met.add(id_)
            if whose == walk.id and len(places) < len(page.ids):
                fewer[page.number] = places
        return fewer

    def _staged(
        self, walks: Iterable[int], since: int = 0, order: str = "ASC"
    ) -> Iterator[tuple[int, StagedPage]]:
        """The pages of some walks from a number on, in order, each with its walk's id."""
        rows = self._conn.execute(
            'SELECT walk, number, "offset", "limit", page, ids FROM _staged'
            f" WHERE walk {IN} AND number >= ? ORDER BY number {order}",
            (among(walks), since),
        )
        typed = Typed(self._path)
        for whose, number, offset, limit, page, listed in rows:
            place = f"_staged {number}"
            try:
                ids = orjson.loads(listed)
            except ValueError:
                ids = None
            if type(ids) is not list or not _ID_TYPES.issuperset(map(type, ids)):
                raise typed.damaged(f"{place}: ids", listed)
            if any(type(value) is not int for value in (offset, limit, page)) or limit < 1:
                raise typed.damaged(place, (offset, limit, page))
            yield whose, StagedPage(number, offset, limit, page, ids)

    def unfound(self, walk: Walk) -> list[Id]:
        """The listed records that neither a walk nor those that began after it found, in order."""
        found = (  # in SQL, which needs a third of the memory of a set
            "SELECT value FROM _walks JOIN _staged ON walk = _walks.id JOIN json_each(ids)"
            " WHERE resource = ?1 AND _walks.id >= ?2 AND json_valid(ids) AND value NOT NULL"
        )
        sql = f"SELECT id FROM _records WHERE resource = ?1 AND id NOT IN ({found}) ORDER BY id"
        return [id_ for (id_,) in self._conn.execute(sql, (walk.resource, walk.id))]

    def met_since(self, walk: Walk) -> set[Id | None]:
        """The records found by other walks over the list that began after this one."""
        later = self._read("resource = ? AND id > ?", walk.resource, walk.id)
        pages = self._staged(each.id for each in later)
        return {id_ for _, page in pages for id_ in page.ids}

    def body(self, page: int) -> bytes:
        """The text of a page as LL2 sent it; raises DataError if it is damaged or too large.

        This checks zstd's checksum; ``verify`` also compares the digest.
        """
        row = self._conn.execute("SELECT body FROM _pages WHERE id = ?", (page,)).fetchone()
        try:
            return counted(unpacked(row[0]))
        except (TypeError, ValueError, TooLargeError):
            raise DataError(f"{self._path}: the stored page {page} is damaged") from None

    def object(self, walk: Walk) -> Any:
        """The object that is the page of a walk, decoded; raises DataError as ``body`` does."""
        return parse(self.body(self.pages(walk)[-1].page))

    def records(self, page: int) -> list[Any]:
        """The records of a page; raises DataError as ``body`` does, or NotAPage."""
        return records(parse(self.body(page)))
