"""Walks and their staged pages: what a crawl fetched, kept until it is published and after."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from itertools import compress
from pathlib import Path
from typing import Any, NamedTuple

from ll2_mirror.clock import Clock, to_iso
from ll2_mirror.errors import DataError, Stopped
from ll2_mirror.ll2.jsontext import parse
from ll2_mirror.ll2.model import Id, Shape
from ll2_mirror.ll2.packed import TooLargeError, counted, inflated
from ll2_mirror.ll2.page import Page, records
from ll2_mirror.ll2.resources import RESOURCES
from ll2_mirror.store.typed import Typed

Transaction = Callable[[], AbstractContextManager[None]]


class Walk(NamedTuple):
    """One walk over the pages of a resource."""

    id: int
    resource: str
    mode: str
    base_url: str
    started: str
    total: int | None  # records that LL2 lists, as its last page says; None before the first
    steps: int = 0  # back, since that page: the list moved

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
    latest: Any = ()  # of each record, whether no later page has it: those count


class Fate(NamedTuple):
    """What becomes of the records that a walk didn't meet."""

    gone: list[Id]
    missing: list[Id]  # not confirmed: they stay for now
    skipped: list[Id]  # LL2 has them: the list must have moved unseen


class Walks:
    """The walks of one file: one published for each resource, and one under way at most.

    What concerns the one under way is committed at once, in a ``transaction``; ``publish`` is part
    of the caller's.
    """

    def __init__(
        self, conn: sqlite3.Connection, path: Path, clock: Clock, transaction: Transaction
    ) -> None:
        self._conn = conn
        self._path = path
        self._clock = clock
        self._transaction = transaction

    def begin(self, resource: str, mode: str, base_url: str) -> Walk:
        """A new walk; one that was under way for the resource is dropped with its pages."""
        started = to_iso(self._clock.now())
        with self._transaction():
            self._delete(resource, published=0)
            cursor = self._conn.execute(
                "INSERT INTO _walks (resource, mode, base_url, started, published)"
                " VALUES (?, ?, ?, ?, 0)",
                (resource, mode, base_url, started),
            )
        assert cursor.lastrowid is not None
        return Walk(cursor.lastrowid, resource, mode, base_url, started, None)

    def published(self, resource: str) -> Walk | None:
        """The walk that the tables hold, or None before the first."""
        return next(self._read("published AND resource = ?", resource), None)

    @property
    def mode(self) -> str | None:
        """The mode of all that the tables hold; None where they hold several, or nothing."""
        modes = {walk.mode for walk in self._read("published")}
        return modes.pop() if len(modes) == 1 else None

    def under_way(self) -> list[Walk]:
        """The walks that no sync has published yet, one for a resource at most."""
        return list(self._read("NOT published"))

    def _read(self, condition: str, *values: str) -> Iterator[Walk]:
        rows = self._conn.execute(
            f"SELECT {', '.join(Walk._fields)} FROM _walks WHERE {condition}", values
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
        """Makes a walk the one that the tables hold, in place of the one before."""
        self._delete(walk.resource, published=1)
        done = self._conn.execute("UPDATE _walks SET published = 1 WHERE id = ?", (walk.id,))
        if not done.rowcount:
            raise Stopped(f"{self._path}: the walk was dropped: run the same command again")

    def drop(self, resource: str) -> None:
        """Drops the walk that is under way for a resource, with its pages."""
        with self._transaction():
            self._delete(resource, published=0)

    def _delete(self, resource: str, published: int) -> None:
        """Deletes a resource's walks, and the texts that no page has any more."""
        which = "resource = ? AND published = ?"
        self._conn.execute(
            f"DELETE FROM _pages WHERE walk IN (SELECT id FROM _walks WHERE {which})",
            (resource, published),
        )
        self._conn.execute(f"DELETE FROM _walks WHERE {which}", (resource, published))
        self._conn.execute("DELETE FROM _bodies WHERE digest NOT IN (SELECT digest FROM _pages)")

    # Pages

    def stage(self, walk: Walk, page: Page, number: int | None = None) -> Walk:
        """Keeps a page of a walk, behind its others or in place of one; gives the walk as it is.

        A text that the file has is not written again.
        """
        with self._transaction():
            held = "SELECT 1 FROM _bodies WHERE digest = ?"
            if not self._conn.execute(held, (page.digest,)).fetchone():
                self._conn.execute(
                    "INSERT INTO _bodies (digest, ids, body) VALUES (?, ?, ?)",
                    (page.digest, json.dumps(page.ids), zlib.compress(page.body, 3)),
                )
            next_ = "(SELECT ifnull(max(number) + 1, 0) FROM _pages WHERE walk = ?1)"
            self._conn.execute(
                'INSERT OR REPLACE INTO _pages (walk, number, "offset", "limit", digest)'
                f" VALUES (?1, ifnull(?2, {next_}), ?3, ?4, ?5)",
                (walk.id, number, page.offset, page.limit, page.digest),
            )
            return self._set(walk, page.total, 0)

    def pages(self, walk: Walk) -> list[StagedPage]:
        """The pages of a walk in the order they came, without their texts.

        Raises DataError for damaged ones.
        """
        rows = self._conn.execute(
            'SELECT number, "offset", "limit", digest, ids FROM _pages JOIN _bodies USING (digest)'
            " WHERE walk = ? ORDER BY number DESC",
            (walk.id,),
        )
        typed, met = Typed(self._path), set[Id]()
        pages = [typed.row(StagedPage(*row), f"_pages of the walk {walk.id}") for row in rows]
        for place, page in enumerate(pages):
            ids = typed.document(page.ids, f"_bodies {page.digest.hex()[:12]}: ids", list)
            if page.limit < 1:
                raise typed.damaged(f"_pages of the walk {walk.id}: limit", page.limit)
            if any(type(id_) not in (int, str, type(None)) for id_ in ids):
                raise typed.damaged(f"_bodies {page.digest.hex()[:12]}: ids", page.ids)
            pages[place] = page._replace(latest=tuple(id_ not in met for id_ in ids))
            met.update(id_ for id_ in ids if id_ is not None)
        return pages[::-1]

    def body(self, digest: bytes) -> bytes:
        """The text of a page as it came; raises DataError where it was damaged since.

        zlib's own checksum tells, and what is larger than a page may be; verify compares the
        digest, too.
        """
        row = self._conn.execute("SELECT body FROM _bodies WHERE digest = ?", (digest,)).fetchone()
        try:
            return counted(inflated(row[0]))
        except (TypeError, zlib.error, TooLargeError):
            name = digest.hex()[:12]
            raise DataError(f"{self._path}: the stored page {name} is damaged") from None

    def records(self, page: StagedPage) -> list[Any]:
        """The records of a page that count, as spelled.

        Raises DataError as ``body`` does, or NotAPage.
        """
        return list(compress(records(parse(self.body(page.digest))), page.latest))


class Met:
    """The records that one walk met, in a table of the connection's own, not in memory.

    ``ids`` is the query for them.
    """

    def __init__(self, conn: sqlite3.Connection, walk: Walk) -> None:
        self.resource = walk.resource
        self.ids = f"SELECT id FROM temp.met WHERE walk = {walk.id}"
        self._conn = conn
        self._walk = walk.id
        self._kind: type = walk.shape.id_type
        self._conn.execute(
            "CREATE TEMP TABLE IF NOT EXISTS met (walk, id, PRIMARY KEY (walk, id)) WITHOUT ROWID"
        )

    def refill(self, pages: Iterable[StagedPage]) -> None:
        """Takes up the records of these pages, no others."""
        self._conn.execute("DELETE FROM temp.met WHERE walk = ?", (self._walk,))
        for page in pages:
            self.add(json.loads(page.ids))

    def add(self, ids: list[Id | None]) -> None:
        """Adds the ids of a page, but what can't be an id of the resource."""
        self._conn.executemany(
            "INSERT OR IGNORE INTO temp.met VALUES (?, ?)",
            ((self._walk, id_) for id_ in self.named(ids)),
        )

    def named(self, ids: list[Id | None]) -> list[Any]:
        """Those of a page's ids that can be one of the resource's."""
        return [id_ for id_ in ids if type(id_) is self._kind]

    def any_of(self, ids: list[Any]) -> bool:
        """Whether one of these ids was met."""
        known = f"SELECT 1 FROM json_each(?) WHERE value IN ({self.ids}) LIMIT 1"
        return self._conn.execute(known, (json.dumps(ids),)).fetchone() is not None

    @property
    def count(self) -> int:
        """How many records were met."""
        number: int = self._conn.execute(f"SELECT count(*) FROM ({self.ids})").fetchone()[0]
        return number
