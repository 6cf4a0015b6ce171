"""Brings complete walks into the tables: normalize, upsert, prune, and the ledger."""

from __future__ import annotations

from typing import NamedTuple

from ll2_mirror.errors import DataError
from ll2_mirror.ll2.lists import LIST_OF, RESOURCES, SLICES
from ll2_mirror.load.bring import Bringing
from ll2_mirror.load.drift import forget_drift, keep_drift
from ll2_mirror.load.overtaken import let_go
from ll2_mirror.load.prune import Pruner
from ll2_mirror.load.quarantine import last_sent, quarantined, renew
from ll2_mirror.load.referrers import Node, Referrers
from ll2_mirror.load.report import Report
from ll2_mirror.store.ledger import COUNTS, Run
from ll2_mirror.store.search import reindex
from ll2_mirror.store.store import Store
from ll2_mirror.store.walks import NO_DELETIONS, Deletions, Walk
from ll2_mirror.transform.normalize import Bad

BAD_SHARE = 0.01  # of a walk's records may be not understood, before none is published


class Brought(NamedTuple):
    """What one walk brought into the tables, before the sync's books are closed."""

    run: int
    report: Report
    unlinked: set[Node]  # what nothing may lead to any more
    conflicts: set[Node]  # what came with two values


def bring_in(store: Store, walk: Walk, spent: int, deletions: Deletions) -> Brought:
    """Brings a complete walk into the tables, within the caller's transaction.

    Nothing where it lists what the walk before did, to the byte, and nobody wrote since.

    Raises Unreadable, or DataError where too many records are not understood.
    """
    report = Report(walk.name, walk.mode, requests=spent)
    last = store.ledger.last_run(walk.resource)
    whole = None if walk.part else store.ledger.last_run(walk.resource, "")
    run = store.ledger.open_run(walk, spent)
    bringing, upsert = Bringing(store, walk, run), None
    if last and deletions == NO_DELETIONS and _is_in(store, walk, last):
        report.conflicts = last.conflicts
    else:
        since = whole.id if whole and store.ledger.remembers(whole.id) else None
        upsert = bringing.bring(since)
        report.conflicts = len(upsert.conflicts)
        _report(store, walk, bringing, report, deletions)
    store.walks.publish(walk)
    if walk.part:
        let_go(store, walk, upsert)
    gone = {(RESOURCES[walk.resource].table, id_) for id_ in deletions.gone}
    return Brought(run, report, gone | bringing.unlinked, upsert.conflicts if upsert else set())


def _is_in(store: Store, walk: Walk, last: Run) -> bool:
    """Whether the tables hold what a walk brought: it is as the last, and nobody wrote since."""
    before = store.walks.published(walk.resource, walk.part)
    return (
        before is not None
        and last.part == walk.part
        and before.shape == walk.shape
        and _digests(store, before) == _digests(store, walk)
        and store.ledger.remembers(last.id)
        and not store.ledger.changed_since(last.id + 1)
        and not quarantined(store, walk.resource)
    )


def _digests(store: Store, walk: Walk) -> list[bytes]:
    return [page.digest for page in store.walks.pages(walk)]


def _report(
    store: Store, walk: Walk, bringing: Bringing, report: Report, deletions: Deletions
) -> None:
    """Says what becomes of the records that can't be understood, and of those that weren't met."""
    resource, bad = RESOURCES[walk.resource], bringing.bad
    _refuse_many(bad, walk, bringing.met)
    if deletions.gone:
        bodies = last_sent(store, resource.name, set(deletions.gone))
        store.ledger.bury(bringing.run, resource, bodies, deletions.gone)
    renew(store, walk, bringing.run, bad, set(deletions.missing))
    # What these say of shared rows isn't brought in now, but counts when they come again.
    unsaid = {*deletions.missing, *(one.id for one in bad), *store.walks.met_since(walk)}
    store.ledger.forget_digests((resource.name, id_) for id_ in unsaid)
    report.added = bringing.added
    report.gone = len(deletions.gone)
    report.quarantined = [{"id": one.id, "reason": one.reason} for one in bad]
    report.missing = len(deletions.missing)
    report.drift = keep_drift(store.conn, bringing.normalizer.drift, bringing.run)


def _refuse_many(bad: list[Bad], walk: Walk, met: int) -> None:
    """Raises DataError where more records are not understood than one and a share of the walk."""
    if len(bad) > max(1, BAD_SHARE * met):
        raise DataError(
            f"{bad[0].reason}; {len(bad)} of {met} records of {walk.resource} are not"
            " understood: nothing was published"
        )


def close_books(store: Store, brought: list[Brought]) -> None:
    """Ends a sync, when all its walks are in the tables: what is gone, what changed, the ledger."""
    first = brought[0].run
    _prune(store, brought)
    _doubt(store, store.ledger.disputed(first).union(*(one.conflicts for one in brought)))
    store.ledger.settle(first)
    if store.ledger.changed_since(first):
        reindex(store.conn)
    for run, report, *_ in brought:
        resource = SLICES[report.resource].resource
        report.records = store.ledger.records(resource.name)
        report.changed, report.moved, report.nested = store.ledger.count(run, resource)
        report.unchanged = report.records - report.added - report.changed
        store.ledger.close_run(run, {name: getattr(report, name) for name in COUNTS})
    forget_drift(store.conn)


def _doubt(store: Store, rows: set[Node]) -> None:
    """Lets the records come again that lead to rows which may hold what another said of them."""
    above = Referrers(store.conn).upwards(rows)
    store.ledger.forget_digests((LIST_OF[table], id_) for table, id_ in above if table in LIST_OF)


def _prune(store: Store, brought: list[Brought]) -> None:
    """Removes what nothing leads to any more, but what a table of the user's own refers to.

    That is remembered, to be looked at again with each sync.
    """
    pruner = Pruner(store.conn, store.ledger, brought[0].run)
    again = store.settings.kept
    for run, report, unlinked, _ in brought:
        before = set(pruner.kept)
        pruner.prune(run, unlinked | again)
        kept = ((node, by) for node, by in pruner.kept.items() if node not in before)
        report.kept = [{"table": table, "id": id_, "by": by} for (table, id_), by in kept]
        again = set()
    store.settings.keep("kept", sorted(map(list, pruner.kept), key=str))
