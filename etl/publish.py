"""Brings a complete walk into the tables: normalize, upsert, prune, and the ledger."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

from etl.errors import NotAPage, Stopped
from etl.history import count, settle
from etl.jsontext import KEPT, parse, spell, text
from etl.model import Id, Resource, Shape
from etl.normalize import Drift, Normalizer, records
from etl.prune import Node, Pruner
from etl.shapes import RESOURCES, SHAPES
from etl.store import RUN_COUNTS, StagedPage, Store, Walk
from etl.tables import among, list_tables
from etl.upsert import Upsert


@dataclass
class Report:
    """What a sync did with one resource; ``as_json`` is the contract of ``sync --json``."""

    resource: str
    mode: str
    complete: bool = True
    requests: int = 0
    records: int = 0
    added: int = 0
    changed: int = 0
    moved: int = 0
    unchanged: int = 0
    gone: int = 0
    nested: int = 0  # rows that records nest, added, changed or gone
    conflicts: int = 0
    drift: list[dict[str, Any]] = field(default_factory=list)
    seconds: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """The report as a JSON object."""
        return {**asdict(self), "seconds": round(self.seconds, 3)}


class Brought(NamedTuple):
    """What one walk brought into the tables, before the sync's books are closed."""

    run: int
    report: Report
    unlinked: set[Node]  # what nothing may lead to any more


def bring_in(store: Store, walk: Walk, spent: int) -> Brought:
    """Brings a complete walk into the tables, within the caller's transaction."""
    resource = RESOURCES[walk.resource]
    report = Report(walk.resource, walk.mode, requests=spent)
    run = store.insert_run(walk, spent)
    store.conn.execute(
        "CREATE TEMP TABLE IF NOT EXISTS arrived (run, id, PRIMARY KEY (run, id)) WITHOUT ROWID"
    )
    pages = store.pages(walk)
    before = store.published_walk(walk.resource)
    held = [page.digest for page in store.pages(before)] if before else []
    conflicts, touched = _since_last_run(store, walk.resource, run)
    unlinked: set[Node] = set()
    if before and not touched and held == [page.digest for page in pages]:
        report.conflicts = conflicts
    else:
        skip = frozenset(() if touched or conflicts else held)
        unlinked = _bring(store, resource, walk, pages, skip, run, report)
    store.publish_walk(walk)
    return Brought(run, report, unlinked)


def close_books(store: Store, brought: list[Brought]) -> None:
    """Ends a sync, when all its walks are in the tables: what is gone, what changed, the ledger."""
    first = brought[0].run
    for run, _, unlinked in brought:
        Pruner(store.conn, first, run).prune(unlinked)
    settle(store.conn, first)
    for run, report, _ in brought:
        resource = RESOURCES[report.resource]
        counted = "SELECT count(*) FROM _records WHERE resource = ?"
        report.records = store.conn.execute(counted, (report.resource,)).fetchone()[0]
        report.changed, report.moved, report.nested = count(store.conn, resource, run)
        report.unchanged = report.records - report.added - report.changed
        store.close_run(run, **{name: getattr(report, name) for name in RUN_COUNTS})
    _forget_drift(store)


def _since_last_run(store: Store, resource: str, run: int) -> tuple[int, bool]:
    """How many rows came with two values in a resource's last run; whether others wrote since.

    In either case no page can be skipped: which value of a row stands depends on all of them.
    """
    last = store.conn.execute(
        "SELECT id, conflicts FROM _runs WHERE resource = ? AND id < ? ORDER BY id DESC LIMIT 1",
        (resource, run),
    ).fetchone()
    if not last:
        return 0, True
    wrote = "SELECT 1 FROM _history WHERE run > ? AND run < ? LIMIT 1"
    return last[1], store.conn.execute(wrote, (last[0], run)).fetchone() is not None


def _bring(
    store: Store,
    resource: Resource,
    walk: Walk,
    pages: list[StagedPage],
    skip: frozenset[bytes],
    run: int,
    report: Report,
) -> set[Node]:
    """Normalizes the pages and brings them in; those in ``skip`` are in the tables already.

    Where a row that records nest changed, a skipped page may nest it, too, with a value that
    stands because it is later: then all pages are brought in, after all. Gives what they ceased
    to refer to.
    """
    shape = resource.modes[walk.mode]
    store.conn.execute("SAVEPOINT bring")
    upsert, drift = _upsert_pages(store, shape, pages, skip, run)
    if upsert.overtaken and any(page.digest in skip for page in pages):
        store.conn.execute("ROLLBACK TO bring")
        upsert, drift = _upsert_pages(store, shape, pages, frozenset(), run)
    store.conn.execute("RELEASE bring")
    gone = _list_records(store, resource, run, report)
    report.conflicts = len(upsert.conflicts)
    _keep_drift(store, drift, run, report)
    return {*upsert.unlinked, *((resource.table, id_) for id_ in gone)}


def _upsert_pages(
    store: Store, shape: Shape, pages: list[StagedPage], skip: frozenset[bytes], run: int
) -> tuple[Upsert, dict[Drift, Id | None]]:
    upsert, normalizer = Upsert(store.conn, run, shape), Normalizer()
    walked = Walked(store)
    for page in pages:
        if page.digest in skip and page.ids is not None:
            walked.add(page.offset, page.ids)
            continue
        try:
            document = parse(store.body(page.digest))
            rows, ids = normalizer.page(shape, records(document))
        except NotAPage as error:
            raise NotAPage(f"the page at offset {page.offset}: {error}") from None
        listed = json.dumps(ids)
        walked.count = document["count"]
        walked.add(page.offset, listed)
        upsert.page(rows)
        store.processed(page.digest, listed)
    walked.check()
    return upsert, normalizer.drift


class Walked:
    """The ids that a walk met, in a table of the connection's own; each may come once."""

    def __init__(self, store: Store) -> None:
        self._conn = store.conn
        self.count: int | None = None  # as the last page said that was read
        self._conn.execute("DROP TABLE IF EXISTS temp.walked")
        self._conn.execute("CREATE TEMP TABLE walked (id PRIMARY KEY) WITHOUT ROWID")

    def add(self, offset: int, ids: str) -> None:
        """Adds the ids of a page, given as a JSON list."""
        added = self._conn.execute(
            "INSERT OR IGNORE INTO temp.walked SELECT value FROM json_each(?)", (ids,)
        ).rowcount
        if added < len(json.loads(ids)):
            raise Stopped(
                f"the page at offset {offset} repeats a record: LL2's list moved during the walk;"
                " run the same command again"
            )

    def check(self) -> None:
        """Raises Stopped where the walk met another number of records than there are."""
        met = self._conn.execute("SELECT count(*) FROM temp.walked").fetchone()[0]
        if self.count is not None and met != self.count:
            raise Stopped(
                f"the walk met {met} records of {self.count}: LL2's list moved during the walk;"
                " run the same command again"
            )


def _list_records(store: Store, resource: Resource, run: int, report: Report) -> list[Id]:
    """Brings the list of records up to date; gives the ids of those gone, which get tombstones."""
    name = (resource.name,)
    gone = [
        row[0]
        for row in store.conn.execute(
            "SELECT id FROM _records WHERE resource = ? AND id NOT IN (SELECT id FROM walked)",
            name,
        )
    ]
    if gone:
        _bury(store, resource, gone, run)
    report.gone = len(gone)
    store.conn.execute(
        "INSERT INTO temp.arrived SELECT ?, id FROM walked"
        " WHERE id NOT IN (SELECT id FROM _records WHERE resource = ?)",
        (run, resource.name),
    )
    report.added = store.conn.execute(
        "INSERT INTO _records SELECT ?, id FROM temp.arrived WHERE run = ?", (resource.name, run)
    ).rowcount
    store.conn.execute(
        "DELETE FROM _tombstones WHERE resource = ? AND id IN (SELECT id FROM walked)", name
    )
    store.conn.execute(
        "INSERT OR IGNORE INTO _history"
        " SELECT run, ?, id, '', 'added', NULL, NULL, 0 FROM temp.arrived WHERE run = ?",
        (resource.table, run),
    )
    return gone


def _bury(store: Store, resource: Resource, gone: list[Id], run: int) -> None:
    """Writes tombstones for records that LL2 no longer lists."""
    before = store.published_walk(resource.name)
    bodies = _last_sent(store, before, set(gone)) if before else {}
    store.conn.executemany(
        "INSERT INTO _tombstones VALUES (?, ?, ?, ?)",
        ((resource.name, id_, run, body) for id_, body in bodies.items()),
    )
    store.conn.executemany(
        "INSERT OR IGNORE INTO _history VALUES (?, ?, ?, '', 'gone', ?, NULL, 0)",
        ((run, resource.table, id_, body) for id_, body in bodies.items()),
    )
    store.conn.execute(
        "DELETE FROM _records WHERE resource = ? AND id IN (SELECT value FROM json_each(?))",
        (resource.name, among(gone)),
    )


def _last_sent(store: Store, walk: Walk, wanted: set[Id]) -> dict[Id, str]:
    """The JSON of these records as the pages of a walk have it, by id."""
    found = {}
    for page in store.pages(walk):
        if wanted.intersection(json.loads(page.ids or "[]")):
            for record in records(parse(store.body(page.digest))):
                if record["id"] in wanted:
                    found[record["id"]] = text(spell(record, KEPT))
    return found


def _keep_drift(store: Store, drift: dict[Drift, Id | None], run: int, report: Report) -> None:
    for found, id_ in drift.items():
        report.drift.append({**found._asdict(), "id": id_})
        store.conn.execute(
            "INSERT OR IGNORE INTO _drift VALUES (?, ?, ?, ?, ?)",
            (*found, run, "" if id_ is None else id_),
        )


def _forget_drift(store: Store) -> None:
    """Takes out of the list of drift what no row has any more."""
    for shape_name, key, what in store.conn.execute(
        "SELECT shape, key, what FROM _drift"
    ).fetchall():
        if not any(_shows(extra, shape_name, key) for extra in _extras(store, SHAPES[shape_name])):
            store.conn.execute(
                "DELETE FROM _drift WHERE (shape, key, what) = (?, ?, ?)", (shape_name, key, what)
            )


def _extras(store: Store, shape: Shape) -> Iterator[Any]:
    """What the rows of a shape have beyond their columns, each by shape."""
    tables = [shape.table] if shape.table else list_tables(shape)
    for table in tables:
        rows = store.conn.execute(f'SELECT _extra FROM "{table}" WHERE _extra IS NOT NULL')
        yield from (parse(extra.encode()) for (extra,) in rows)


def _shows(extra: Any, shape: str, key: str) -> bool:
    part = extra.get(shape, {"values": {}})
    return key in part["values"] or (not key and "keys" in part)
