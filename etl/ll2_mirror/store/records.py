"""The records that LL2 lists, each with the text that counts: the last that was understood.

``_records.number`` is the order in which these texts last changed. Applied in this order, they make
the tables (see load/fold.py). Each text is stored with the codes of the rows that it makes, numbers
of 8 bytes (see ``row_code``), so that the texts that have a row are found without reading a text.
"""

from __future__ import annotations

import sqlite3
import zlib
from array import array
from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from ll2_mirror.errors import DataError
from ll2_mirror.ll2.json import KEPT, spell, text
from ll2_mirror.ll2.lists import RESOURCES
from ll2_mirror.ll2.model import Id, Shape, row_code
from ll2_mirror.ll2.shapes import SHAPES
from ll2_mirror.store.sql import IN, Typed, among
from ll2_mirror.store.walks import Walks

_CHUNK = 1000  # texts read at once, to limit memory
_ID_BITS = 48
_DAMAGED = "_records: rows is damaged: restore a backup, or sync to a new file"
_SHAPES = {shape.code: shape for shape in SHAPES.values() if shape.table}

Node = tuple[str, Id]  # a row: its table and id


class Text(NamedTuple):
    """A record's text that counts, decoded."""

    number: int
    resource: str
    id: Id
    shape: Shape
    record: Any


class Known(NamedTuple):
    """What the file knows of a record's text, without the text itself."""

    number: int
    page: int
    place: int
    digest: bytes
    rows: bytes


class Quarantined(NamedTuple):
    """A record whose last text was not understood, or that a walk did not find."""

    id: Id | None
    run: int  # the run that first noted it
    reason: str
    sent: str | None  # JSON, as LL2 last sent it; None: it was not listed


class ListedRecords:
    """The listed records of one file. It leaves commits to the caller's transaction."""

    def __init__(self, conn: sqlite3.Connection, path: Path) -> None:
        self._conn = conn
        self._walks = Walks(conn, path)  # to read pages
        self._path = path

    # Texts

    def known(self, resource: str, ids: Iterable[Id]) -> dict[Id, Known]:
        """What the file knows of the texts of some records, by id."""
        rows = self._conn.execute(
            "SELECT id, number, page, place, digest, rows FROM _records"
            f" WHERE resource = ? AND id {IN}",
            (resource, among(ids)),
        )
        return {id_: Known(*values) for id_, *values in rows}

    def on_pages(self, resource: str) -> dict[int, int]:
        """How many texts of a list count on each page."""
        sql = "SELECT page, count(*) FROM _records WHERE resource = ? GROUP BY page"
        return dict(self._conn.execute(sql, (resource,)))

    def put(self, resource: str, texts: Iterable[tuple[Id, int, int, bytes, bytes]]) -> None:
        """Makes these texts count, as the newest: id, page, place, digest and rows of each."""
        self._conn.executemany(
            "INSERT OR REPLACE INTO _records (resource, id, page, place, digest, rows)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            ((resource, *values) for values in texts),
        )

    def move(self, places: Iterable[tuple[int, int, int]]) -> None:
        """Notes the new pages of unchanged texts: page, place and number of each."""
        self._conn.executemany("UPDATE _records SET page = ?, place = ? WHERE number = ?", places)

    def remove(self, numbers: Iterable[int]) -> None:
        """Removes records from their lists."""
        self._conn.executemany("DELETE FROM _records WHERE number = ?", ((n,) for n in numbers))

    def texts(self, numbers: Iterable[int] | None = None) -> Iterator[list[Text]]:
        """The texts with these numbers, or all, in order, in chunks.

        Raises DataError for a damaged page, or one that lacks a text.
        """
        if numbers is None:
            numbers = (n for (n,) in self._conn.execute("SELECT number FROM _records ORDER BY 1"))
        iterator = iter(numbers)
        while chunk := list(islice(iterator, _CHUNK)):
            yield self._read(chunk)

    def _read(self, numbers: list[int]) -> list[Text]:
        """Some texts, in order; each page is read once."""
        rows = self._conn.execute(
            "SELECT number, _records.resource, _records.id, mode, page, place"
            f" FROM _records JOIN _pages ON _pages.id = page WHERE number {IN} ORDER BY page",
            (among(numbers),),
        )
        results, page, texts = list[Any](), 0, dict[int, Text]()
        for number, resource, id_, mode, its_page, place in rows:
            if its_page != page:
                page, results = its_page, self._walks.records(its_page)
            modes = RESOURCES[resource].modes if resource in RESOURCES else {}
            shape, is_place = modes.get(mode), type(place) is int and place < len(results)
            record = results[place] if is_place else None
            if shape is None or type(record) is not dict or record.get("id") != id_:
                raise DataError(f"the stored page {page} has no text of {resource} {id_}")
            texts[number] = Text(number, resource, id_, shape, record)
        if lost := [number for number in numbers if number not in texts]:
            raise DataError(f"_records {lost[0]}: the page of its text is not in the file")
        return [texts[number] for number in numbers]

    def bodies(self, resource: str, ids: Collection[Id]) -> dict[Id, str]:
        """The JSON of some records, as LL2 sent it, by id."""
        numbers = sorted(known.number for known in self.known(resource, ids).values())
        return {
            body.id: text(spell(body.record, KEPT))
            for chunk in self.texts(numbers)
            for body in chunk
        }

    # Rows

    def newest(self, codes: Iterable[int]) -> dict[int, int]:
        """By code, the number of the newest text with its row; codes without one are omitted."""
        unique, newest = set(codes), dict[int, int]()
        tables = {_shape_of(code).table for code in unique}
        lists = [
            resource.name
            for resource in RESOURCES.values()
            if any(
                nested.table in tables
                for shape in resource.modes.values()
                for nested in shape.closure
            )
        ]
        rows = self._conn.execute(
            f"SELECT number, rows FROM _records WHERE resource {IN} ORDER BY number",
            (among(lists),),
        )
        for number, blob in rows:
            for code in unique.intersection(codes_of(blob)):
                newest[code] = number
        return newest

    def nodes(self, codes: Iterable[int]) -> dict[int, Node]:
        """The row of each code; codes of rows that don't exist are left out."""
        nodes, hashed = dict[int, Node](), dict[Shape, set[int]]()
        for code in codes:
            shape, number = _shape_of(code), code & (1 << _ID_BITS) - 1
            if number >> _ID_BITS - 1:
                hashed.setdefault(shape, set()).add(code)
            else:
                nodes[code] = shape.table, number
        for shape, its_codes in hashed.items():
            for (id_,) in self._conn.execute(f'SELECT id FROM "{shape.table}"'):
                if (code := row_code(shape, id_)) in its_codes:
                    nodes[code] = shape.table, id_
        return nodes

    # Quarantine

    def quarantined(self, resource: str) -> list[Quarantined]:
        """The records of a list that are in quarantine; raises DataError for damaged ones."""
        rows = self._conn.execute(
            "SELECT id, run, reason, sent FROM _quarantine WHERE resource = ? ORDER BY id",
            (resource,),
        )
        typed = Typed(self._path)
        return [typed.row(Quarantined(*row), f"_quarantine {resource} {row[0]}") for row in rows]


def _shape_of(code: int) -> Shape:
    try:
        return _SHAPES[code >> _ID_BITS]
    except KeyError:
        raise DataError(_DAMAGED) from None


def codes_of(rows: bytes) -> Iterable[int]:
    """The codes in a value of ``_records.rows``; raises DataError if it is damaged."""
    try:
        return memoryview(zlib.decompress(rows)).cast("Q")
    except (TypeError, zlib.error):
        raise DataError(_DAMAGED) from None


def packed_codes(codes: Iterable[int]) -> bytes:
    """Codes as stored in ``_records.rows``: unique, sorted, 8 bytes each, compressed by a third."""
    return zlib.compress(array("Q", sorted(set(codes))).tobytes(), 1)
