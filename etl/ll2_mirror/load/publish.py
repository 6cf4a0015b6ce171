"""Brings a complete walk into the tables: normalize, upsert, prune, and the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from ll2_mirror.errors import DataError, NotAPage
from ll2_mirror.ll2.jsontext import parse
from ll2_mirror.ll2.model import Id, Resource, Shape
from ll2_mirror.ll2.page import records
from ll2_mirror.ll2.resources import RESOURCES
from ll2_mirror.ll2.schema import list_tables
from ll2_mirror.ll2.shapes import SHAPES
from ll2_mirror.load.prune import Node, Pruner
from ll2_mirror.load.quarantine import last_sent, quarantined, renew
from ll2_mirror.load.report import Report
from ll2_mirror.load.upsert import Upsert
from ll2_mirror.store.ledger import count, settle
from ll2_mirror.store.search import reindex
from ll2_mirror.store.sql import among
from ll2_mirror.store.store import RUN_COUNTS, StagedPage, Store, Walk
from ll2_mirror.store.walks import Fate
from ll2_mirror.transform.normalize import Bad, Drift, Normalizer


class Unreadable(NotAPage):
    """A staged page that is no page of LL2, as only now is seen."""

    def __init__(self, told: str, walk: Walk, page: StagedPage) -> None:
        super().__init__(told)
        self.walk = walk
        self.page = page


BAD_SHARE = 0.01  # of a walk's records may be not understood, before none is published


class Brought(NamedTuple):
    """What one walk brought into the tables, before the sync's books are closed."""

    run: int
    report: Report
    unlinked: set[Node]  # what nothing may lead to any more


def bring_in(store: Store, walk: Walk, spent: int, fate: Fate) -> Brought:
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
    suspects = bool(quarantined(store, walk.resource)) or fate != Fate([], [], [])
    unlinked: set[Node] = set()
    if before and not (touched or suspects) and held == [page.digest for page in pages]:
        report.conflicts = conflicts
    else:
        skip = frozenset(() if touched or conflicts or suspects else held)
        unlinked = _bring(store, resource, walk, pages, skip, run, report, fate)
    store.publish_walk(walk)
    return Brought(run, report, unlinked)


def close_books(store: Store, brought: list[Brought]) -> None:
    """Ends a sync, when all its walks are in the tables: what is gone, what changed, the ledger."""
    first = brought[0].run
    for run, _, unlinked in brought:
        Pruner(store.conn, first, run).prune(unlinked)
    settle(store.conn, first)
    noted = "SELECT 1 FROM _history WHERE run >= ? LIMIT 1"
    if store.conn.execute(noted, (first,)).fetchone():
        reindex(store.conn)
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
    fate: Fate,
) -> set[Node]:
    """Normalizes the pages and brings them in; those in ``skip`` are in the tables already.

    Where a row that records nest changed, a skipped page may nest it, too, with a value that
    stands because it is later: then all pages are brought in, after all. Gives what they ceased
    to refer to.
    """
    shape = resource.modes[walk.mode]
    store.conn.execute("SAVEPOINT bring")
    upsert, normalizer, bad = _upsert_pages(store, walk, shape, pages, skip, run)
    if upsert.overtaken and any(page.digest in skip for page in pages):
        store.conn.execute("ROLLBACK TO bring")
        upsert, normalizer, bad = _upsert_pages(store, walk, shape, pages, frozenset(), run)
    store.conn.execute("RELEASE bring")
    if len(bad) > 1 and len(bad) > BAD_SHARE * (walk.total or 0):
        raise DataError(
            f"{bad[0].reason}; {len(bad)} of {walk.total} records of {walk.resource} are not"
            " understood: nothing was published"
        )
    if fate.gone:
        _bury(store, resource, fate.gone, run)
    renew(store, walk, run, bad, fate.missing)
    _list_records(store, resource, walk, run, report)
    report.gone = len(fate.gone)
    report.quarantined = [{"id": one.id, "reason": one.reason} for one in bad]
    report.missing = len(fate.missing)
    report.conflicts = len(upsert.conflicts)
    _keep_drift(store, normalizer.drift, run, report)
    return {*upsert.unlinked, *((resource.table, id_) for id_ in fate.gone)}


def _upsert_pages(
    store: Store,
    walk: Walk,
    shape: Shape,
    pages: list[StagedPage],
    skip: frozenset[bytes],
    run: int,
) -> tuple[Upsert, Normalizer, list[Bad]]:
    upsert, normalizer = Upsert(store.conn, run, shape), Normalizer()
    bad: list[Bad] = []
    for page in pages:
        if page.digest in skip:
            continue
        try:
            rows, _ = normalizer.page(shape, records(parse(store.body(page.digest))), bad)
        except NotAPage as error:
            raise Unreadable(f"the page at offset {page.offset}: {error}", walk, page) from None
        upsert.page(rows)
    return upsert, normalizer, bad


def _list_records(store: Store, resource: Resource, walk: Walk, run: int, report: Report) -> None:
    """Adds to the list of records those that the walk met first."""
    name = resource.name
    store.conn.execute(
        "INSERT INTO temp.arrived SELECT ?1, id FROM temp.walked WHERE walk = ?2"
        " AND id NOT IN (SELECT id FROM _records WHERE resource = ?3)"
        " AND id NOT IN (SELECT id FROM _quarantine WHERE resource = ?3 AND id IS NOT NULL)",
        (run, walk.id, name),
    )
    report.added = store.conn.execute(
        "INSERT INTO _records SELECT ?, id FROM temp.arrived WHERE run = ?", (name, run)
    ).rowcount
    store.conn.execute(
        "DELETE FROM _tombstones WHERE resource = ?1"
        " AND id IN (SELECT id FROM _records WHERE resource = ?1)",
        (name,),
    )
    store.conn.execute(
        "INSERT OR IGNORE INTO _history"
        " SELECT run, ?, id, '', 'added', NULL, NULL, 0 FROM temp.arrived WHERE run = ?",
        (resource.table, run),
    )


def _bury(store: Store, resource: Resource, gone: list[Id], run: int) -> None:
    """Writes tombstones for records that LL2 no longer lists."""
    bodies = last_sent(store, resource.name, set(gone))
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
