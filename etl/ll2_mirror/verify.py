"""Proves that the file holds what LL2 sent; reads only.

Each stored page is byte for byte as LL2 sent it. Each text that counts is rendered from the tables
as it was sent, except for values that a newer text replaced. And the tables are what these texts
make: they are built once more, and compared.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ll2_mirror.errors import DataError, NotInMirror
from ll2_mirror.ll2.json import KEPT, parse, quote, spell, text
from ll2_mirror.ll2.lists import RESOURCES, SLICES, SOURCES
from ll2_mirror.ll2.model import Id, Shape, row_code
from ll2_mirror.ll2.page import Links, links_of, page_digest, records
from ll2_mirror.ll2.schema import own_tables, schema_text, tables
from ll2_mirror.ll2.shapes import shapes_of
from ll2_mirror.load.fold import rebuild
from ll2_mirror.store.file import Store
from ll2_mirror.store.reader import snapshot
from ll2_mirror.store.records import Node
from ll2_mirror.store.search import has_right_terms, misindexed, searched
from ll2_mirror.store.sql import dangling, quoted, statements
from ll2_mirror.transform.differences import ORDER, Difference, Place, differences, form, objects
from ll2_mirror.transform.render import Renderer

_MANY = 20  # how many problems of one kind are named
_CREATE = re.compile(r"^CREATE TABLE (\w+)", re.MULTILINE)


@dataclass
class Verdict:
    """What verify found; ``as_json`` is what ``verify --json`` prints."""

    pages: int = 0
    records: int = 0
    bytes: int = 0
    respelled: int = 0  # pages with the same values, but JSON that is spelled differently
    quarantined: int = 0  # records that keep an earlier state, or were never loaded: see status
    overtaken: int = 0  # values that a newer text replaced
    problems: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """The verdict as a JSON object."""
        return {"ok": not self.problems, **vars(self)}


class _PageText(NamedTuple):
    """A text that counts, and its index on its page."""

    number: int
    resource: str
    id: Id
    place: int


def verify(store: Store) -> Verdict:
    """Checks one state of the file."""
    proof = _Proof(store)
    try:
        with snapshot(store.conn):
            proof.run()
    except sqlite3.DatabaseError as error:
        proof.verdict.problems.append(f"the file is damaged: {error}")
    return proof.verdict


class _Proof:
    """One check of a file; its results go to ``verdict``."""

    def __init__(self, store: Store) -> None:
        self.verdict = Verdict()
        self._store = store
        self._conn = store.conn
        self._different: list[Difference] = []

    def run(self) -> None:
        """Checks the file itself, then its pages, then its tables."""
        problems = self.verdict.problems
        problems += [*_integrity(self._conn), *self._own(), *self._settings()]
        for resource in RESOURCES:
            self.verdict.quarantined += len(self._store.records.quarantined(resource))
        pages = self._conn.execute("SELECT id, resource, mode, digest FROM _pages").fetchall()
        for page in pages:
            self._page(*page)
        lost = "SELECT resource, id FROM _records WHERE page NOT IN (SELECT id FROM _pages)"
        for resource, id_ in self._conn.execute(lost).fetchmany(_MANY):
            problems.append(f"{resource} {id_}: the page with its text is gone")
        problems += self._unexplained()
        problems += self._searched()
        if not problems:  # else the texts can't be trusted, or the tables are known to be wrong
            problems += self._tables()

    def _own(self) -> Iterator[str]:
        """Problems in the tool's own tables: missing ones, and values that no sync writes."""
        existing = {name for (name,) in self._conn.execute("SELECT name FROM sqlite_master")}
        ours = {*own_tables(), *tables()}
        yield from (f"{table}: no such table" for table in sorted(ours - existing))
        for table, rows in self._store.ledger.unsound(tables()):
            yield f"{table}: rows that no sync writes: {rows}"
        known = {
            (part.resource.name, part.kind, mode)
            for part in SLICES.values()
            for mode in part.resource.modes
        }
        sql = "SELECT id, resource, part, mode, julianday(started), published FROM _walks"
        for id_, *walk, started, published in self._conn.execute(sql):
            if tuple(walk) not in known:
                yield f"_walks {id_}: LL2 has no {walk!r:.60}"
            if started is None or published not in (0, 1):
                yield f"_walks {id_}: rows that no sync writes: 1"

    def _settings(self) -> Iterator[str]:
        """Problems in the settings: unreadable ones, or another server than the last sync's."""
        settings = self._store.settings
        runs = self._store.ledger.runs("id = (SELECT max(id) FROM _runs)")
        try:
            _ = settings.resources, settings.mode
            if runs and settings.base_url != runs[0].base_url:
                yield f"the setting base_url isn't {runs[0].base_url}, which the last sync used"
        except DataError as error:
            yield str(error)

    def _searched(self) -> Iterator[str]:
        """Problems in the search index: texts that differ from the tables, and wrong terms."""
        for resource in searched():
            for id_ in misindexed(self._conn, resource):
                name = f"{resource.name} {id_}"
                yield f"{resource.search_table} {id_} doesn't have the texts of {name}"
            try:
                right = has_right_terms(self._conn, resource)
            except sqlite3.DatabaseError:
                right = False
            if not right:
                index = f"{resource.search_table}_fts"
                yield f"{index} doesn't have the terms of {resource.search_table}"

    # Pages

    def _page(self, page: int, resource: str, mode: str, digest: bytes) -> None:
        """Compares a page with its digest, and the texts on it with what the tables render."""
        self.verdict.pages += 1
        name = f"{resource}: the stored page {page}"
        shape = SOURCES[resource].modes.get(mode) if resource in SOURCES else None
        sql = "SELECT number, resource, id, place FROM _records WHERE page = ? ORDER BY place"
        texts = [_PageText(*row) for row in self._conn.execute(sql, (page,))]
        try:
            body = self._store.walks.body(page)
            # What is staged, or one object, has no text that counts: it needn't be understood.
            document = parse(body) if texts else {}
            results = records(document) if texts else []
        except DataError as error:
            self.verdict.problems.append(f"{name}: {error}")
            return
        if shape is None or page_digest(body) != digest:
            self.verdict.problems.append(f"{name} is not as LL2 sent it")
            return
        self.verdict.bytes += len(body)
        self.verdict.records += len(texts)
        if not texts:
            return
        for stored in texts:
            record = results[stored.place] if stored.place < len(results) else None
            if stored.resource != resource or _id_of(record) != stored.id:
                self.verdict.problems.append(f"{name} has no text of {stored.resource} {stored.id}")
                return
        self._compare(shape, texts, document, body)

    def _compare(
        self, shape: Shape, texts: list[_PageText], document: dict[str, Any], body: bytes
    ) -> None:
        """Compares the texts on a page with what the tables render, then the whole page."""
        results = document["results"]
        before = len(self._different), len(self.verdict.problems)
        rendered = self._render(shape, [(stored, results[stored.place]) for stored in texts])
        for stored in texts:
            record, mine = spell(results[stored.place], KEPT), rendered.get(stored.place)
            if mine is not None and text(record) != text(mine):
                name = f"{shape.table} {stored.id}"
                links = links_of([record, *results])
                different = list(differences(name, shape, record, mine, links))
                self._different += different
                if not different:
                    self.verdict.problems.append(f"{name} isn't rendered as LL2 sent it")
        same = before == (len(self._different), len(self.verdict.problems))
        if same and len(rendered) == len(results):
            page = {key: spell(value) for key, value in document.items() if key != "results"}
            page = {key: page.get(key, [*rendered.values()]) for key in document}
            indent = 4 if body[:2] == b"{\n" else None
            self.verdict.respelled += text(page, indent).encode() != body

    def _render(self, shape: Shape, texts: list[tuple[_PageText, Any]]) -> dict[int, Any]:
        """The records as the tables render them, by index; without those that can't be rendered."""
        links = {links_of([record]) for _, record in texts} - {Links("", "")}
        try:
            if len(links) <= 1:
                renderer = Renderer(self._conn, *next(iter(links), Links("", "")))
                rows = renderer.objects(shape, [stored.id for stored, _ in texts])
                return {stored.place: rows[stored.id] for stored, _ in texts}
        except (NotInMirror, DataError) as error:
            if len(texts) == 1:
                self._not_rendered(shape, *texts[0], error)
                return {}
        one_by_one = (self._render(shape, [pair]) for pair in texts)
        return {place: row for rows in one_by_one for place, row in rows.items()}

    def _not_rendered(
        self, shape: Shape, stored: _PageText, record: Any, error: NotInMirror | DataError
    ) -> None:
        """Counts a record that can't be rendered as overtaken if a newer text explains that.

        A newer text may have set a reference to a row that only texts with fewer keys have.
        """
        every = objects(shape, record)
        nodes = {(nested.table, value["id"]) for nested, value in every if nested.table}
        newest = self._store.records.newest(_codes(nodes))
        if isinstance(error, NotInMirror) and max(newest.values(), default=0) > stored.number:
            self.verdict.overtaken += 1
        else:
            self.verdict.problems.append(f"{shape.table} {stored.id}: {error}")

    def _unexplained(self) -> Iterator[str]:
        """The differences that no newer text explains; the others are counted as overtaken."""
        last = self._last_values({item.place for item in self._different if item.place.table})
        named: set[Place] = set()
        overtaken: set[Place] = set()
        for item in self._different:
            place = item.place
            if item.held in last.get(place, ()):
                overtaken.add(place)
            elif place not in named and len(named) < _MANY:
                named.add(place)
                key = ORDER if place.key is None else place.key
                yield (
                    f"{place.table} {place.id}: {key} is {item.held[:80]}, but LL2 sent"
                    f" {item.sent[:80]} ({item.record}: {item.path})"
                )
        self.verdict.overtaken += len(overtaken)

    def _last_values(self, places: set[Place]) -> dict[Place, list[str]]:
        """The values at these places in the newest texts that have them, one for each shape."""
        rows: dict[Node, list[Place]] = {}
        for place in places:
            if place.id is not None:
                rows.setdefault((place.table, place.id), []).append(place)
        values: dict[Place, list[str]] = {}
        numbers = self._store.records.newest(_codes(rows)).values()
        for chunk in self._store.records.texts(sorted({*numbers})):
            for counting in chunk:
                links = links_of([counting.record])
                for shape, value in objects(counting.shape, spell(counting.record, KEPT)):
                    for place in rows.get((shape.table, value.get("id", 0)), ()):
                        if place.shape == shape.name or (
                            not place.shape and place.key in shape.names
                        ):
                            last = form(shape, place.key, value, links)
                            values.setdefault(place, []).append(last)
        return values

    # Tables

    def _tables(self) -> Iterator[str]:
        """Applies the texts to temporary tables, and compares these with the file's.

        They have the same names, so statements without a schema use the temporary ones.
        """
        self._conn.execute("PRAGMA defer_foreign_keys = ON")
        for statement in statements(schema_text()):
            create = _CREATE.search(statement)
            if create and create[1] in tables():
                self._conn.execute(f"CREATE TEMP TABLE {statement[create.start(1) :]}")
        try:
            rebuild(self._store.records, self._conn)
        except DataError as error:
            yield str(error)
            return
        pinned = self._store.settings.pinned
        for table, columns in tables().items():
            key = [column.name for column in columns if column.kind in ("owner", "position")]
            key = key or ["id"]
            names = [column.name for column in columns]
            yield from _differing(self._conn, table, names, key, pinned)


def _id_of(record: Any) -> Any:
    return record.get("id") if type(record) is dict else None


def _codes(nodes: Iterable[Node]) -> list[int]:
    return [row_code(shape, id_) for table, id_ in nodes for shape in shapes_of(table)]


def _integrity(conn: sqlite3.Connection) -> Iterator[str]:
    try:
        lines = conn.execute(f"PRAGMA integrity_check({_MANY})").fetchall()
    except sqlite3.DatabaseError as error:
        lines = [(str(error),)]
    for (line,) in lines:
        if line != "ok" and "fts5" not in line.lower():  # search is looked at below
            yield f"the file is damaged: {line}"
    for _, fault in zip(range(_MANY), dangling(conn), strict=False):
        yield fault


def _differing(
    conn: sqlite3.Connection, table: str, columns: list[str], key: list[str], pinned: set[Node]
) -> Iterator[str]:
    """Each row in which a table of the file differs from what the texts make, and the column."""
    which = " AND ".join(f'"{column}" IS ?' for column in key)
    main, temp = (
        f'SELECT {quoted(columns)} FROM {schema}."{table}"' for schema in ("main", "temp")
    )
    one_way = f"SELECT {quoted(key)} FROM ({main} EXCEPT {temp})"
    other_way = f"SELECT {quoted(key)} FROM ({temp} EXCEPT {main})"
    owner = table.partition("__")[0]  # of a list table: the table of its owners
    most = _MANY + len(pinned)
    names = [*conn.execute(one_way).fetchmany(most), *conn.execute(other_way).fetchmany(most)]
    names = [name for name in dict.fromkeys(names) if (owner, name[0]) not in pinned]
    for name in names[:_MANY]:
        mine = conn.execute(f"{main} WHERE {which}", name).fetchone()
        theirs = conn.execute(f"{temp} WHERE {which}", name).fetchone()
        row = f"{table} {' '.join(map(str, name))}"
        if mine is None or theirs is None:
            yield f"{row} is {'not in the file' if mine is None else 'in no text of LL2'}"
            continue
        triples = zip(columns, mine, theirs, strict=True)
        for column, held, sent in (triple for triple in triples if triple[1] != triple[2]):
            yield f"{row}: {column} is {_shown(held)}, but LL2 sent {_shown(sent)}"
            break


def _shown(value: Any) -> str:
    return repr(value)[:80] if isinstance(value, bytes) else quote(value)
