"""Brings a complete walk into the tables: normalize, upsert, prune, and the ledger."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from etl.clock import now
from etl.errors import NotAPage, Stopped
from etl.jsontext import KEPT, parse, spell, text
from etl.model import Id, Resource, Shape
from etl.normalize import Drift, Normalizer, records
from etl.prune import Pruner
from etl.shapes import RESOURCES
from etl.store import StagedPage, Store, Walk
from etl.tables import among
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


def publish(store: Store, walk: Walk, spent: int) -> Report:
    """Brings a complete walk into the tables, within the caller's transaction."""
    resource = RESOURCES[walk.resource]
    report = Report(walk.resource, walk.mode, requests=spent)
    run = store.insert_run(
        resource=walk.resource,
        mode=walk.mode,
        base_url=walk.base_url,
        started=walk.started,
        finished=now(),
        requests=spent,
        **dict.fromkeys(
            ("records", "added", "changed", "moved", "unchanged", "gone", "conflicts"), 0
        ),
    )
    pages = store.pages(walk)
    before = store.published_walk(walk.resource)
    held = [page.digest for page in store.pages(before)] if before else []
    conflicts, touched = _since_last_run(store, walk.resource, run)
    if before and not touched and held == [page.digest for page in pages]:
        report.conflicts = conflicts
    else:
        skip = frozenset(() if touched or conflicts else held)
        _bring(store, resource, walk, pages, skip, run, report)
    store.publish_walk(walk)
    counted = "SELECT count(*) FROM _records WHERE resource = ?"
    report.records = store.conn.execute(counted, (walk.resource,)).fetchone()[0]
    report.unchanged = report.records - report.added - report.changed
    store.update_run(
        run,
        records=report.records,
        added=report.added,
        changed=report.changed,
        moved=report.moved,
        unchanged=report.unchanged,
        gone=report.gone,
        conflicts=report.conflicts,
        finished=now(),
    )
    return report


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
) -> None:
    """Normalizes the pages and brings them in; those in ``skip`` are in the tables already.

    Where a row that records nest changed, a skipped page may nest it, too, with a value that
    stands because it is later: then all pages are brought in, after all.
    """
    shape = resource.modes[walk.mode]
    store.conn.execute("SAVEPOINT bring")
    upsert, drift = _upsert_pages(store, shape, pages, skip, run)
    if upsert.overtaken and any(page.digest in skip for page in pages):
        store.conn.execute("ROLLBACK TO bring")
        upsert, drift = _upsert_pages(store, shape, pages, frozenset(), run)
    store.conn.execute("RELEASE bring")
    gone = _list_records(store, resource, run, report)
    upsert.finish()
    Pruner(store.conn, run).prune({*upsert.unlinked, *((resource.table, id_) for id_ in gone)})
    report.conflicts = len(upsert.conflicts)
    _keep_drift(store, drift, run, report)
    _count_changes(store, resource, run, report)


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
        walked.count = document["count"]
        walked.add(page.offset, json.dumps(ids))
        upsert.page(rows)
        store.processed(page.digest, json.dumps(ids))
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
    store.conn.execute("DROP TABLE IF EXISTS temp.arrived")
    store.conn.execute(
        "CREATE TEMP TABLE arrived AS SELECT id FROM walked"
        f" WHERE id NOT IN (SELECT id FROM _records WHERE resource = '{resource.name}')"
    )
    report.added = store.conn.execute(
        "INSERT INTO _records SELECT ?, id FROM arrived", name
    ).rowcount
    store.conn.execute(
        "DELETE FROM _tombstones WHERE resource = ? AND id IN (SELECT id FROM walked)", name
    )
    store.conn.execute(
        "INSERT OR IGNORE INTO _history SELECT ?, ?, id, '', 'added', NULL, NULL, 0 FROM arrived",
        (run, resource.table),
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


def _count_changes(store: Store, resource: Resource, run: int, report: Report) -> None:
    """Counts records by what the history says of their own rows, and the other rows."""
    own = (
        "SELECT id, min(moving) AS moving FROM _history WHERE run = ?1 AND table_name = ?2"
        " AND key <> '' AND id IN (SELECT id FROM _records WHERE resource = ?3)"
        " AND id NOT IN (SELECT id FROM arrived) GROUP BY id"
    )
    changed, moved = store.conn.execute(
        f"SELECT ifnull(sum(NOT moving), 0), ifnull(sum(moving), 0) FROM ({own})",
        (run, resource.table, resource.name),
    ).fetchone()
    nested = (
        "SELECT count(DISTINCT table_name || ' ' || id) FROM _history"
        " WHERE run = ? AND table_name <> ? AND NOT moving"
    )
    report.changed, report.moved = changed, moved
    report.nested = store.conn.execute(nested, (run, resource.table)).fetchone()[0]
