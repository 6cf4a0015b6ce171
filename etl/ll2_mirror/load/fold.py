"""The one rule behind the tables.

    Each listed record has one text that counts: the last one from LL2 that was understood. The
    tables are what these texts make, applied in the order in which each last changed.

So of two values of one row, the latest change wins, and a row exists exactly as long as a text
that counts has it. ``rebuild`` makes the tables from all texts. ``Fold`` changes the tables to what
``rebuild`` would make after some texts changed or were removed::

    before   1 A{agency 7 "X"}   2 B{agency 7 "Y"}         agency 7 is "Y"
    then     B changes to B{agency 8 "Z"}: it is applied last, and no longer has agency 7
    after    1 A{agency 7 "X"}   3 B{agency 8 "Z"}         agency 7 is "X", agency 8 is "Z"

A changed text *releases* the rows that it no longer has: ``Fold.finish`` makes these again from
the other texts that have them, or deletes them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ll2_mirror.errors import NotAPage, NotUnderstood
from ll2_mirror.ll2.model import Id, Row, row_code
from ll2_mirror.ll2.page import record_digest
from ll2_mirror.ll2.schema import edges
from ll2_mirror.ll2.shapes import shapes_of
from ll2_mirror.load.history import History
from ll2_mirror.load.upsert import Upsert
from ll2_mirror.store.file import Store
from ll2_mirror.store.records import ListedRecords, Node, codes_of, packed_codes
from ll2_mirror.store.sql import IN, among, quoted, users_edges
from ll2_mirror.store.walks import StagedPage, Walk
from ll2_mirror.transform.normalize import Normalizer


class BrokenPage(NotAPage):
    """A staged page that turns out not to be a page of LL2 when its records are read."""

    def __init__(self, message: str, walk: Walk, page: StagedPage) -> None:
        super().__init__(message)
        self.walk = walk
        self.page = page


class RejectedRecord(NamedTuple):
    """A record that isn't understood; ``id`` is None if it has no valid id."""

    id: Id | None
    reason: str
    record: Any


@dataclass
class Folded:
    """The result of applying one walk."""

    met: int = 0  # records
    added: int = 0  # records that the list did not have
    found: set[Id] = field(default_factory=set)  # those of the quarantined records that it found
    rejected: list[RejectedRecord] = field(default_factory=list)
    normalizer: Normalizer = field(default_factory=Normalizer)


class Fold:
    """Applies the texts of one sync to the tables, within the caller's transaction.

    After ``finish``, ``pinned`` has the rows that no text has any more but that a table of the
    user's own refers to, each with the name of that table.
    """

    def __init__(self, store: Store) -> None:
        self.history = History(store.conn)
        self.pinned: dict[Node, str] = {}
        self._store = store
        self._upsert = Upsert(store.conn, self.history)
        # By row code: the number of the newest text that released the row, and the run.
        self._released: dict[int, tuple[int, int]] = {}

    def apply(self, walk: Walk) -> Folded:
        """Applies the changed texts of a walk to the tables.

        Unchanged texts now count on their new pages. Raises BrokenPage, or DataError for a
        damaged page.
        """
        folded, on_pages = Folded(), self._store.records.on_pages(walk.resource)
        quarantined = {
            item.id
            for item in self._store.records.quarantined(walk.resource)
            if item.id is not None
        }
        for page, places in self._store.walks.newest(walk):
            folded.met += len(places)
            folded.found.update(quarantined.intersection(page.ids[place] for place in places))
            if on_pages.get(page.page, 0) == len(places) == len(page.ids):
                continue  # all its texts, if any, already count on this page
            try:
                results = self._store.walks.records(page.page)
            except NotAPage as error:
                message = f"the page at offset {page.offset}: {error}"
                raise BrokenPage(message, walk, page) from None
            self.apply_page(walk, page, [(place, results[place]) for place in places], folded)
        return folded

    def apply_page(
        self, walk: Walk, page: StagedPage, results: list[tuple[int, Any]], folded: Folded
    ) -> None:
        """Applies records of a page, each with its index there, to the tables."""
        shape, records = walk.shape, self._store.records
        ids = (page.ids[place] for place, _ in results)
        known = records.known(walk.resource, [id_ for id_ in ids if id_ is not None])
        same, texts, new = [], [], []
        for place, record in results:
            id_, digest = page.ids[place], record_digest(shape, record)
            before = known.get(id_) if id_ is not None else None
            if before and before.digest == digest:
                same.append((page.page, place, before.number))
                continue
            try:
                codes = folded.normalizer.add(shape, record, place)
            except NotUnderstood as error:
                known_id = id_ if type(id_) is shape.id_type else None
                folded.rejected.append(RejectedRecord(known_id, str(error), record))
                continue
            assert id_ is not None
            texts.append((id_, page.page, place, digest, packed_codes(codes)))
            if before:
                self._release(before.rows, before.number, kept=codes)
            else:
                new.append(id_)
        self._upsert.write(folded.normalizer.take())
        self.history.listed(shape.table, new)
        folded.added += len(new)
        records.move(same)
        records.put(walk.resource, texts)

    def remove(self, resource: str, ids: Iterable[Id]) -> None:
        """Removes records from their list, and releases the rows that their texts have."""
        known = self._store.records.known(resource, ids).values()
        for text in known:
            self._release(text.rows, text.number)
        self._store.records.remove(text.number for text in known)

    def _release(self, rows: bytes, number: int, kept: Iterable[int] = ()) -> None:
        """Notes the rows of a text, except those that its replacement has, too."""
        for code in {*codes_of(rows)}.difference(kept):
            before = self._released.get(code, (0, 0))
            self._released[code] = max(before, (number, self.history.run))

    def finish(self) -> None:
        """Makes released rows again from the texts that still have them; deletes the others.

        A row that a newer text has is already right. Rows that an earlier sync kept for a user's
        table are checked again.
        """
        records, pinned = self._store.records, self._store.settings.pinned
        released = records.nodes(self._released)
        # A text may have a row in any shape of the row's table.
        rows = {*released.values(), *pinned}
        codes = {row_code(shape, row[1]): row for row in rows for shape in shapes_of(row[0])}
        newest, having = records.newest(codes), dict[Node, set[int]]()
        for code, number in newest.items():
            having.setdefault(codes[code], set()).add(number)
        stale = dict.fromkeys(pinned, self.history.run)  # each with the run to note
        for code, row in released.items():
            number, run = self._released[code]
            if newest.get(code, 0) < number:
                stale[row] = run
        gone = stale.keys() - having.keys()
        self.pinned = self._pins(gone)
        self._store.settings.keep("kept", sorted(map(list, self.pinned), key=str))
        objects = self._objects({row: having[row] for row in stale.keys() - gone})
        for run, table, ids in _grouped(stale, objects):
            self.history.run = run
            self._upsert.replace(table, {id_: objects[table, id_] for id_ in ids})
        for run, table, ids in _grouped(stale, gone - self.pinned.keys()):
            self.history.run = run
            self._upsert.delete(table, ids)

    def _objects(self, having: dict[Node, set[int]]) -> dict[Node, list[Row]]:
        """The objects of each row in the texts with these numbers, in order."""
        objects, normalizer = dict[Node, list[Row]](), Normalizer()
        for texts in self._store.records.texts(sorted(set[int]().union(*having.values()))):
            for text in texts:
                normalizer.add(text.shape, text.record)
            for group in normalizer.take():
                for rows in group.values():
                    for id_, row in rows.items():
                        if (row.shape.table, id_) in having:
                            objects.setdefault((row.shape.table, id_), []).append(row)
        return objects

    def _pins(self, gone: set[Node]) -> dict[Node, str]:
        """The rows that a table of the user's own refers to, and the rows that these refer to."""
        conn, new = self._store.conn, dict[Node, str]()
        for edge in users_edges(conn):
            ids = [id_ for table, id_ in gone if table == edge.target]
            theirs, column = quoted([edge.table]), quoted([edge.column])
            sql = (  # compares columns, so that SQLite converts types as for a foreign key
                f"SELECT id FROM {edge.target} AS ours WHERE id {IN}"
                f" AND EXISTS (SELECT 1 FROM {theirs} AS theirs WHERE theirs.{column} = ours.id)"
            )
            new |= {(edge.target, id_): edge.table for (id_,) in conn.execute(sql, (among(ids),))}
        pins = dict(new)
        while new:
            owners, new = new, {}
            for edge in edges():
                ids = [id_ for table, id_ in owners if table == edge.owner_table]
                sql = (
                    f'SELECT "{edge.owner}", "{edge.column}" FROM "{edge.table}"'
                    f' WHERE "{edge.owner}" {IN}'
                )
                for owner, id_ in conn.execute(sql, (among(ids),)) if ids else ():
                    if (edge.target, id_) in gone and (edge.target, id_) not in pins:
                        new[edge.target, id_] = owners[edge.owner_table, owner]
            pins |= new
        return pins


def rebuild(records: ListedRecords, conn: sqlite3.Connection) -> None:
    """Fills empty tables from all texts; raises DataError if one is damaged or not understood."""
    upsert, normalizer = Upsert(conn, None), Normalizer()
    for texts in records.texts():
        for text in texts:
            normalizer.add(text.shape, text.record)
        upsert.write(normalizer.take())


def _grouped(runs: dict[Node, int], rows: Iterable[Node]) -> Iterator[tuple[int, str, list[Id]]]:
    """The ids of rows by run and table."""
    groups = dict[tuple[int, str], list[Id]]()
    for table, id_ in sorted(rows, key=str):
        groups.setdefault((runs[table, id_], table), []).append(id_)
    yield from ((run, table, ids) for (run, table), ids in groups.items())
