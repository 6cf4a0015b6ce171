"""Walks and their staged pages: what a crawl fetched, kept until it is published and after."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
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
    total: int | None  # records that LL2 lists; None where that isn't known, or moving

    @property
    def shape(self) -> Shape:
        """The shape of its records."""
        return RESOURCES[self.resource].modes[self.mode]


class StagedPage(NamedTuple):
    """A page of a walk."""

    offset: int
    limit: int
    digest: bytes
    ids: str  # of its records, as a JSON list


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
            f"SELECT id, resource, mode, base_url, started, total FROM _walks WHERE {condition}",
            values,
        )
        typed = Typed(self._path)
        return (typed.row(Walk(*row), f"_walks {row[0]}") for row in rows.fetchall())

    def set_total(self, walk: Walk, total: int | None) -> Walk:
        """Keeps how many records LL2 lists in all, None while that is moving."""
        self._conn.execute("UPDATE _walks SET total = ? WHERE id = ?", (total, walk.id))
        return walk._replace(total=total)

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

    def stage(self, walk: Walk, page: Page) -> None:
        """Keeps one page of a walk; a text that the file has is not written again."""
        with self._transaction():
            held = "SELECT 1 FROM _bodies WHERE digest = ?"
            if not self._conn.execute(held, (page.digest,)).fetchone():
                self._conn.execute(
                    "INSERT INTO _bodies (digest, ids, body) VALUES (?, ?, ?)",
                    (page.digest, json.dumps(page.ids), zlib.compress(page.body, 3)),
                )
            self._conn.execute(
                'INSERT OR REPLACE INTO _pages (walk, "offset", "limit", digest)'
                " VALUES (?, ?, ?, ?)",
                (walk.id, page.offset, page.limit, page.digest),
            )

    def drop_pages_behind(self, walk: Walk, total: int) -> None:
        """Drops the pages of a walk that stand behind its records, now that there are fewer."""
        self._conn.execute(
            'DELETE FROM _pages WHERE walk = ? AND "offset" > 0 AND "offset" >= ?', (walk.id, total)
        )

    def pages(self, walk: Walk) -> list[StagedPage]:
        """The pages of a walk in order, without their texts; raises DataError for damaged ones."""
        rows = self._conn.execute(
            'SELECT "offset", "limit", digest, ids FROM _pages JOIN _bodies USING (digest)'
            ' WHERE walk = ? ORDER BY "offset"',
            (walk.id,),
        )
        typed = Typed(self._path)
        pages = [typed.row(StagedPage(*row), f"_pages of the walk {walk.id}") for row in rows]
        for page in pages:
            typed.document(page.ids, f"_bodies {page.digest.hex()[:12]}: ids", list)
            if page.limit < 1:
                raise typed.damaged(f"_pages of the walk {walk.id}: limit", page.limit)
        return pages

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
        """The records of a page, as spelled; raises DataError as ``body`` does, or NotAPage."""
        return records(parse(self.body(page.digest)))


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

    def refill(self, pages: Iterable[StagedPage]) -> bool:
        """Takes up the records of these pages, no others; False where one comes twice."""
        self._conn.execute("DELETE FROM temp.met WHERE walk = ?", (self._walk,))
        return all(self.add(page.ids) for page in pages)

    def add(self, ids: str) -> bool:
        """Adds the ids of a page, given as a JSON list; False where one was met before.

        What can't be an id of the resource's is left out.
        """
        added = self._conn.execute(
            "INSERT OR IGNORE INTO temp.met SELECT ?, value FROM json_each(?) WHERE type = ?",
            (self._walk, ids, "integer" if self._kind is int else "text"),
        ).rowcount
        return added == sum(type(id_) is self._kind for id_ in json.loads(ids))
