"""Publishes complete walks: applies their texts to the tables, and writes the ledger."""

from __future__ import annotations

import sqlite3
from dataclasses import asdict, dataclass, field
from time import monotonic
from typing import Any, NamedTuple

from ll2_mirror.errors import DataError
from ll2_mirror.ll2.json import KEPT, spell, text
from ll2_mirror.ll2.lists import SLICES, SOURCES
from ll2_mirror.ll2.model import Id, Shape
from ll2_mirror.ll2.schema import list_tables
from ll2_mirror.ll2.shapes import SHAPES
from ll2_mirror.load.fold import Fold, Folded
from ll2_mirror.store.file import Store
from ll2_mirror.store.ledger import COUNTS
from ll2_mirror.store.search import reindex
from ll2_mirror.store.walks import Deletions, Walk
from ll2_mirror.transform.extra import read
from ll2_mirror.transform.layout import Drift

REJECTED_SHARE = 0.01  # of a walk's records: if more aren't understood, nothing is published
MISSING = "not listed, and not confirmed gone"


@dataclass
class Report:
    """What a sync did with one resource; ``as_json`` is what ``sync --json`` prints."""

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
    nested: int = 0  # nested rows added, changed or deleted
    conflicts: int = 0  # always 0: no longer counted
    missing: int = 0  # not listed, not confirmed deleted: they stay for now
    kept: list[dict[str, Any]] = field(default_factory=list)  # rows that a user's table refers to
    quarantined: list[dict[str, Any]] = field(default_factory=list)
    drift: list[dict[str, Any]] = field(default_factory=list)
    seconds: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """The report as a JSON object."""
        return {**asdict(self), "seconds": round(self.seconds, 3)}


class CompleteWalk(NamedTuple):
    """A complete walk, with the requests and seconds that it took."""

    walk: Walk
    deletions: Deletions
    requests: int
    seconds: float


def publish(store: Store, complete: list[CompleteWalk]) -> list[Report]:
    """Publishes the walks of one sync, within the caller's transaction.

    Raises BrokenPage, or DataError if too many records are not understood.
    """
    fold, runs = Fold(store), list[tuple[int, Report]]()
    for walk, deletions, requests, seconds in complete:
        began = monotonic()
        run = fold.history.run = store.ledger.open_run(walk, requests)
        folded = fold.apply(walk)
        _refuse_many(folded, walk)
        _unlist(store, fold, walk.resource, deletions.gone)
        store.ledger.unbury(walk.resource)
        _quarantine(store, run, walk, folded, deletions.missing)
        store.walks.publish(walk)
        report = Report(
            walk.name,
            walk.mode,
            requests=requests,
            added=folded.added,
            gone=len(deletions.gone),
            missing=len(deletions.missing),
            quarantined=[{"id": item.id, "reason": item.reason} for item in folded.rejected],
            drift=_keep_drift(store.conn, folded.normalizer.drift, run),
        )
        report.seconds = seconds + monotonic() - began
        runs.append((run, report))
    fold.finish()
    runs[0][1].kept = [
        {"table": table, "id": id_, "by": by} for (table, id_), by in fold.pinned.items()
    ]
    if not fold.history.is_empty:
        fold.history.write()
        reindex(store.conn)
        _forget_drift(store.conn)
    store.walks.forget_pages()
    for run, report in runs:
        _close(store, run, report)
    return [report for _, report in runs]


def _refuse_many(folded: Folded, walk: Walk) -> None:
    """Raises DataError if more than one record and REJECTED_SHARE of a walk are not understood."""
    rejected, met = folded.rejected, folded.met
    if len(rejected) > max(1, REJECTED_SHARE * met):
        raise DataError(
            f"{rejected[0].reason}; {len(rejected)} of {met} records of {walk.resource} are not"
            " understood: nothing was published"
        )


def _unlist(store: Store, fold: Fold, resource: str, gone: list[Id]) -> None:
    """Removes deleted records from the list; keeps each one's last text as a tombstone."""
    bodies = store.records.bodies(resource, gone)
    store.ledger.bury(fold.history.run, resource, bodies)
    fold.history.unlisted(SOURCES[resource].table, bodies)
    fold.remove(resource, gone)


def _quarantine(store: Store, run: int, walk: Walk, folded: Folded, missing: list[Id]) -> None:
    """Quarantines the records that a walk didn't understand or find, and removes those it did.

    A walk over a part doesn't change the state of records that it didn't find. No walk changes
    the state of records that a later walk has found.
    """
    before = {item.id: item.run for item in store.records.quarantined(walk.resource)}
    out: set[Id | None] = {*folded.found}
    if not walk.part:
        out |= before.keys() - store.walks.met_since(walk)
    rows: list[tuple[Id | None, str, str | None]] = [
        (item.id, item.reason, text(spell(item.record, KEPT))) for item in folded.rejected
    ]
    rows += [(id_, MISSING, None) for id_ in sorted(missing, key=str)]
    store.conn.executemany(
        "DELETE FROM _quarantine WHERE resource = ? AND id IS ?",
        ((walk.resource, id_) for id_ in out),
    )
    store.conn.executemany(
        "INSERT INTO _quarantine (resource, id, run, reason, sent) SELECT ?1, ?2, ?3, ?4, ?5"
        " WHERE NOT EXISTS (SELECT 1 FROM _quarantine"
        " WHERE resource = ?1 AND id IS ?2 AND sent IS ?5)",
        ((walk.resource, id_, before.get(id_, run), *rest) for id_, *rest in rows),
    )


def _close(store: Store, run: int, report: Report) -> None:
    """Counts what a run did, from the history that is now written."""
    resource = SLICES[report.resource].resource
    report.records = store.ledger.records(resource.name)
    report.changed, report.moved, report.nested = store.ledger.count(run, resource)
    report.unchanged = report.records - report.added - report.changed
    store.ledger.close_run(run, {name: getattr(report, name) for name in COUNTS})


# What LL2 sends and its document doesn't mention


def _keep_drift(
    conn: sqlite3.Connection, drift: dict[Drift, Id | None], run: int
) -> list[dict[str, Any]]:
    """Records the drift of a run, each with the id of an example; returns it as JSON objects."""
    conn.executemany(
        "INSERT OR IGNORE INTO _drift VALUES (?, ?, ?, ?, ?)",
        ((*item, run, "" if id_ is None else id_) for item, id_ in drift.items()),
    )
    return [{**item._asdict(), "id": id_} for item, id_ in drift.items()]


def _forget_drift(conn: sqlite3.Connection) -> None:
    """Deletes from ``_drift`` what no row has any more."""
    names = [name for (name,) in conn.execute("SELECT DISTINCT shape FROM _drift").fetchall()]
    for name in names:
        used = _used_keys(conn, SHAPES[name]) if name in SHAPES else set()
        listed = conn.execute("SELECT key FROM _drift WHERE shape = ?", (name,)).fetchall()
        conn.executemany(
            "DELETE FROM _drift WHERE shape = ? AND key = ?",
            ((name, key) for (key,) in listed if key not in used),
        )


def _used_keys(conn: sqlite3.Connection, shape: Shape) -> set[str]:
    """The keys that rows have in ``_extra`` for a shape; an empty one means another key order."""
    used = set()
    for table in [shape.table] if shape.table else list_tables(shape):
        for (extra,) in conn.execute(f'SELECT _extra FROM "{table}" WHERE _extra IS NOT NULL'):
            part = read(extra).get(shape.name, {"values": {}})
            used |= part["values"].keys()
            used |= {""} if "keys" in part else set()
    return used
