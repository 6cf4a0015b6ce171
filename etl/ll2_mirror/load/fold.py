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
    new: list[Id] = field(default_factory=list)  # that the list did not have
    seen: list[Id] = field(default_factory=list)  # that are on no later page
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
        for page, places in self._store.walks.newest(walk):
            folded.met += len(places)
            folded.seen += [id_ for place in places if (id_ := page.ids[place]) is not None]
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
        same, texts = [], []
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
                folded.new.append(id_)
        self._upsert.write(folded.normalizer.take())
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

    def finish(self, pinned: Iterable[Node] = ()) -> None:
        """Makes released rows again from the texts that still have them; deletes the others.

        A row that a newer text has is already right. ``pinned``: rows that an earlier sync kept
        for a user's table, to be checked again.
        """
        stale = self._stale(pinned)
        released = {node for nodes in stale.values() for node in nodes}
        having = self._store.records.newest(
            row_code(shape, id_) for table, id_ in released for shape in shapes_of(table)
        )
        nodes = self._store.records.nodes(having)
        gone = released.difference(nodes.values())
        rows: dict[str, dict[Id, list[Row]]] = {}
        for row in self._rows(sorted({*having.values()})):
            assert row.id is not None
            if (row.shape.table, row.id) in released:
                rows.setdefault(row.shape.table, {}).setdefault(row.id, []).append(row)
        self.pinned = self._pins(gone)
        for run, of_run in stale.items():
            self.history.run = run
            for table, ids in _by_table(of_run - gone):
                self._upsert.replace(table, {id_: rows[table][id_] for id_ in ids})
            for table, ids in _by_table((of_run & gone) - self.pinned.keys()):
                self._upsert.delete(table, ids)

    def _rows(self, numbers: list[int]) -> Iterator[Row]:
        """The rows that texts make, in order."""
        normalizer = Normalizer()
        for texts in self._store.records.texts(numbers):
            for text in texts:
                normalizer.add(text.shape, text.record)
            for group in normalizer.take():
                for rows in group.values():
                    yield from rows.values()

    def _stale(self, pinned: Iterable[Node]) -> dict[int, set[Node]]:
        """The rows that may have values of texts that no longer count, by the run to note."""
        records, stale = self._store.records, dict[int, set[Node]]()
        newest = records.newest(self._released)
        for code, node in records.nodes(self._released).items():
            number, run = self._released[code]
            if newest.get(code, 0) < number:
                stale.setdefault(run, set()).add(node)
        known = {node for nodes in stale.values() for node in nodes}
        stale.setdefault(self.history.run, set()).update(
            node for node in pinned if node not in known and self._has(node)
        )
        return stale

    def _has(self, node: Node) -> bool:
        sql = f'SELECT 1 FROM "{node[0]}" WHERE id = ?'
        return self._store.conn.execute(sql, (node[1],)).fetchone() is not None

    def _pins(self, gone: set[Node]) -> dict[Node, str]:
        """The rows that a table of the user's own refers to, and the rows that these refer to."""
        conn, pins = self._store.conn, dict[Node, str]()
        for edge in users_edges(conn):
            ids = [id_ for table, id_ in gone if table == edge.target]
            theirs, column = quoted([edge.table]), quoted([edge.column])
            sql = (  # compares columns, so that SQLite converts types as for a foreign key
                f"SELECT id FROM {edge.target} AS ours WHERE id {IN}"
                f" AND EXISTS (SELECT 1 FROM {theirs} AS theirs WHERE theirs.{column} = ours.id)"
            )
            pins |= {(edge.target, id_): edge.table for (id_,) in conn.execute(sql, (among(ids),))}
        stack = list(pins)
        while stack:
            node = stack.pop()
            for edge in edges():
                if edge.owner_table == node[0]:
                    sql = f'SELECT "{edge.column}" FROM "{edge.table}" WHERE "{edge.owner}" = ?'
                    for (id_,) in conn.execute(sql, (node[1],)):
                        if (below := (edge.target, id_)) in gone and below not in pins:
                            pins[below] = pins[node]
                            stack.append(below)
        return pins


def rebuild(records: ListedRecords, conn: sqlite3.Connection) -> None:
    """Fills empty tables from all texts; raises DataError if one is damaged or not understood."""
    upsert, normalizer = Upsert(conn, None), Normalizer()
    for texts in records.texts():
        for text in texts:
            normalizer.add(text.shape, text.record)
        upsert.write(normalizer.take())


def _by_table(nodes: Iterable[Node]) -> Iterator[tuple[str, list[Id]]]:
    """Groups the ids of rows by table."""
    tables = dict[str, list[Id]]()
    for table, id_ in sorted(nodes, key=str):
        tables.setdefault(table, []).append(id_)
    yield from tables.items()
