"""Walks and their staged pages: what was fetched, kept until it is published and after."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from itertools import compress
from math import ceil
from pathlib import Path
from typing import Any, NamedTuple

from ll2_mirror.clock import Clock, to_iso
from ll2_mirror.errors import DataError, Stopped
from ll2_mirror.ll2.json import parse
from ll2_mirror.ll2.lists import RESOURCES, Slice, slice_name
from ll2_mirror.ll2.model import Id, Shape
from ll2_mirror.ll2.page import Page, TooLargeError, counted, packed, records, unpacked
from ll2_mirror.store.sql import IN, among
from ll2_mirror.store.typed import Typed

Transaction = Callable[[], AbstractContextManager[None]]


class Walk(NamedTuple):
    """One walk over the pages of a resource, or of a part of it."""

    id: int
    resource: str
    part: str  # its kind; empty: the whole
    since: str | None  # from when on a record is new, where that is asked for
    mode: str
    base_url: str
    started: str
    total: int | None  # records that LL2 lists, as its last page says; None before the first
    steps: int = 0  # back, since that page: the list moved

    @property
    def name(self) -> str:
        """What was asked for: launches, launches/upcoming."""
        return slice_name(self.resource, self.part)

    @property
    def shape(self) -> Shape:
        """The shape of its records."""
        return RESOURCES[self.resource].modes[self.mode]


class StagedPage(NamedTuple):
    """A page of a walk."""

    number: int  # in the order they came
    offset: int
    limit: int
    digest: bytes
    ids: str  # of its records, as a JSON list
    latest: bytes = b""  # of each record, 1 where no later page has it: those count


class WalkProgress(NamedTuple):
    """How far a walk has come that isn't published yet: see ``under_way`` in docs/json.md."""

    resource: str
    mode: str
    started: str
    pages: int
    of: int | None  # pages in all, if the rest are as large as the last
    records: int
    total: int | None


class Deletions(NamedTuple):
    """What becomes of the records that a complete walk didn't meet."""

    gone: list[Id]
    missing: list[Id]  # not confirmed: they stay for now
    skipped: list[Id]  # LL2 has them: the list must have moved unseen


NO_DELETIONS = Deletions([], [], [])  # there are none


class Walks:
    """The walks of one file: for each resource the one that is published, and those of parts since.

    Of each part one is under way at most. What concerns that is committed at once, in a
    ``transaction``; ``publish`` is part of the caller's.
    """

    def __init__(
        self, conn: sqlite3.Connection, path: Path, clock: Clock, transaction: Transaction
    ) -> None:
        self._conn = conn
        self._path = path
        self._clock = clock
        self._transaction = transaction

    def begin(self, part: Slice, mode: str, base_url: str, since: str | None = None) -> Walk:
        """A new walk; one that was under way for the same is dropped with its pages."""
        resource, started = part.resource.name, to_iso(self._clock.now())
        with self._transaction():
            self._delete("NOT published AND (resource, part) = (?, ?)", resource, part.kind)
            cursor = self._conn.execute(
                "INSERT INTO _walks (resource, part, since, mode, base_url, started, published)"
                " VALUES (?, ?, ?, ?, ?, ?, 0)",
                (resource, part.kind, since, mode, base_url, started),
            )
        assert cursor.lastrowid is not None
        return Walk(cursor.lastrowid, resource, part.kind, since, mode, base_url, started, None)

    def published(self, resource: str, part: str = "") -> Walk | None:
        """The last walk of a resource or a part that the tables hold; None before the first."""
        found = list(self._read("published AND (resource, part) = (?, ?)", resource, part))
        return found[-1] if found else None

    def held(self, resource: str) -> list[Walk]:
        """The walks that the tables hold of a resource: over the whole, and over parts since."""
        return list(self._read("published AND resource = ?", resource))

    @property
    def mode(self) -> str | None:
        """The mode of all that the tables hold; None where they hold several, or nothing."""
        modes = {walk.mode for walk in self._read("published")}
        return modes.pop() if len(modes) == 1 else None

    def under_way(self) -> list[Walk]:
        """The walks that no sync has published yet, one for a resource or a part at most."""
        return list(self._read("NOT published"))

    def progress(self) -> Iterator[WalkProgress]:
        """How far each walk under way has come that has a page."""
        for walk in self.under_way():
            pages = self.pages(walk)
            if not pages:
                continue
            end, total, last = pages[-1].offset + pages[-1].limit, walk.total, pages[-1].limit
            of = None if total is None else len(pages) + ceil(max(0, total - end) / last)
            records = min(end, total or 0)
            yield WalkProgress(walk.name, walk.mode, walk.started, len(pages), of, records, total)

    def _read(self, condition: str, *values: str) -> Iterator[Walk]:
        rows = self._conn.execute(
            f"SELECT {', '.join(Walk._fields)} FROM _walks WHERE {condition} ORDER BY id", values
        )
        typed = Typed(self._path)
        return (typed.row(Walk(*row), f"_walks {row[0]}") for row in rows.fetchall())

    def step_back(self, walk: Walk) -> Walk:
        """Keeps that the page which came was not staged: the next begins further in front."""
        return self._set(walk, walk.total, walk.steps + 1)

    def _set(self, walk: Walk, total: int | None, steps: int) -> Walk:
        values = (total, steps, walk.id)
        self._conn.execute("UPDATE _walks SET total = ?, steps = ? WHERE id = ?", values)
        return walk._replace(total=total, steps=steps)

    def publish(self, walk: Walk) -> None:
        """Makes a walk one that the tables hold; over the whole, in place of those begun before."""
        done = self._conn.execute("UPDATE _walks SET published = 1 WHERE id = ?", (walk.id,))
        if not done.rowcount:
            raise Stopped(f"{self._path}: the walk was dropped: run the same command again")
        if not walk.part:
            self._delete("published AND resource = ? AND id < ?", walk.resource, walk.id)

    def forget(self, walk: Walk, pages: list[StagedPage]) -> None:
        """Drops pages of a walk over a part, and one without any, unless it is the part's last."""
        numbers = ((page.number,) for page in pages)
        self._conn.executemany("DELETE FROM _pages WHERE number = ?", numbers)
        last = "SELECT max(id) FROM _walks WHERE published AND (resource, part) = (?, ?)"
        empty = f"id = ? AND id NOT IN (SELECT walk FROM _pages) AND id < ({last})"
        self._delete(empty, walk.id, walk.resource, walk.part)

    def drop(self, walk: Walk) -> None:
        """Drops a walk that is under way, with its pages."""
        with self._transaction():
            self._delete("NOT published AND id = ?", walk.id)

    def _delete(self, which: str, *values: Any) -> None:
        """Deletes walks, and the texts that no page has any more."""
        self._conn.execute(
            f"DELETE FROM _pages WHERE walk IN (SELECT id FROM _walks WHERE {which})", values
        )
        self._conn.execute(f"DELETE FROM _walks WHERE {which}", values)
        self._conn.execute("DELETE FROM _bodies WHERE digest NOT IN (SELECT digest FROM _pages)")

    # Pages

    def stage(self, walk: Walk, page: Page, number: int | None = None) -> Walk:
        """Keeps a page of a walk, behind its others or in place of one; gives the walk as it is.

        A text that the file has is not written again, unless it was damaged there.
        """
        with self._transaction():
            if not self._has(page):
                self._conn.execute(
                    "INSERT INTO _bodies (digest, ids, body) VALUES (?, ?, ?)"
                    " ON CONFLICT DO UPDATE SET ids = excluded.ids, body = excluded.body",
                    (page.digest, json.dumps(page.ids), packed(page.body)),
                )
            self._conn.execute(
                "INSERT OR REPLACE INTO _pages VALUES (?, ?, ?, ?, ?)",
                (number, walk.id, page.offset, page.limit, page.digest),
            )
            return self._set(walk, page.total, 0)

    def _has(self, page: Page) -> bool:
        """Whether the file has a page's text, and its ids, whole."""
        held = "SELECT body, ids FROM _bodies WHERE digest = ?"
        row = self._conn.execute(held, (page.digest,)).fetchone()
        try:
            return row is not None and (unpacked(row[0]), row[1]) == (
                page.body,
                json.dumps(page.ids),
            )
        except (TypeError, ValueError, TooLargeError):
            return False

    def pages(self, walk: Walk) -> list[StagedPage]:
        """The pages of a walk in the order they came, without their texts.

        A record of theirs counts if none that came later has it, nor one of another walk that the
        tables hold beside this. Raises DataError for damaged ones.
        """
        beside = {one.id for one in self.held(walk.resource) if walk.part or one.id > walk.id}
        rows = self._conn.execute(
            'SELECT walk, number, "offset", "limit", digest, ids'
            " FROM _pages JOIN _bodies USING (digest)"
            f" WHERE walk {IN} ORDER BY number DESC",
            (among([*beside, walk.id]),),
        )
        met, pages = set[Id](), list[StagedPage]()
        for whose, *row in rows:
            page, ids = self._page(StagedPage(*row), whose)
            if whose == walk.id:
                pages.append(page._replace(latest=bytes(id_ not in met for id_ in ids)))
            met.update(id_ for id_ in ids if id_ is not None)
        return pages[::-1]

    def _page(self, page: StagedPage, walk: int) -> tuple[StagedPage, list[Id | None]]:
        """A page and its ids; raises DataError where it is damaged."""
        typed = Typed(self._path)
        typed.row(page, f"_pages of the walk {walk}")
        place = f"_bodies {page.digest.hex()[:12]}: ids"
        ids: list[Id | None] = typed.document(page.ids, place, list)
        if page.limit < 1:
            raise typed.damaged(f"_pages of the walk {walk}: limit", page.limit)
        if any(type(id_) not in (int, str, type(None)) for id_ in ids):
            raise typed.damaged(place, page.ids)
        return page, ids

    def met_since(self, walk: Walk) -> set[Id]:
        """The records that walks over parts met which were begun after one over the whole."""
        since = (one for one in self.held(walk.resource) if one.id > walk.id)
        pages = (page for one in since for page in self.pages(one))
        return {id_ for page in pages for id_ in json.loads(page.ids)}

    def body(self, digest: bytes) -> bytes:
        """The text of a page as it came; raises DataError where it was damaged since.

        Its checksum tells, and what is larger than a page may be; verify compares the digest, too.
        """
        row = self._conn.execute("SELECT body FROM _bodies WHERE digest = ?", (digest,)).fetchone()
        try:
            return counted(unpacked(row[0]))
        except (TypeError, ValueError, TooLargeError):
            name = digest.hex()[:12]
            raise DataError(f"{self._path}: the stored page {name} is damaged") from None

    def records(self, page: StagedPage) -> list[Any]:
        """The records of a page that count, as spelled.

        Raises DataError as ``body`` does, or NotAPage.
        """
        return list(compress(records(parse(self.body(page.digest))), page.latest))


class Met:
    """The records that one walk met, in a table of the connection's own, not in memory.

    ``ids`` is the query for them. Those of pages that follow each other are a chain.
    """

    def __init__(self, conn: sqlite3.Connection, walk: Walk) -> None:
        self.resource = walk.resource
        self.ids = f"SELECT id FROM temp.met WHERE walk = {walk.id}"
        self._conn = conn
        self._walk = walk.id
        self._kind: type = walk.shape.id_type
        self._conn.execute(
            "CREATE TEMP TABLE IF NOT EXISTS met"
            " (walk, id, chain, PRIMARY KEY (walk, id)) WITHOUT ROWID"
        )

    def clear(self) -> None:
        """Lets go of all."""
        self._conn.execute("DELETE FROM temp.met WHERE walk = ?", (self._walk,))

    def add(self, ids: list[Any], chain: int) -> None:
        """Adds records to a chain, and takes them out of any other."""
        self._conn.executemany(
            "INSERT OR REPLACE INTO temp.met VALUES (?, ?, ?)",
            ((self._walk, id_, chain) for id_ in ids),
        )

    def named(self, ids: list[Id | None]) -> list[Any]:
        """Those of a page's ids that can be one of the resource's."""
        return [id_ for id_ in ids if type(id_) is self._kind]

    def any_of(self, ids: list[Any], chain: int | None = None) -> bool:
        """Whether one of these records was met: on a chain, or on any."""
        known = f"{self.ids} AND id {IN} AND chain = ifnull(?, chain) LIMIT 1"
        return self._conn.execute(known, (among(ids), chain)).fetchone() is not None

    @property
    def count(self) -> int:
        """How many records were met."""
        number: int = self._conn.execute(f"SELECT count(*) FROM ({self.ids})").fetchone()[0]
        return number
