"""Brings complete walks into the tables: normalize, upsert, prune, and the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from ll2_mirror.errors import DataError, NotAPage
from ll2_mirror.ll2.resources import PARTS, RESOURCES
from ll2_mirror.load.drift import forget_drift, keep_drift
from ll2_mirror.load.overtaken import let_go
from ll2_mirror.load.prune import Node, Pruner
from ll2_mirror.load.quarantine import kept_out, last_sent, quarantined, renew
from ll2_mirror.load.report import Report
from ll2_mirror.load.upsert import Upsert
from ll2_mirror.store.ledger import COUNTS, Run
from ll2_mirror.store.search import reindex
from ll2_mirror.store.store import Store
from ll2_mirror.store.walks import NOTHING, Fate, Met, StagedPage, Walk
from ll2_mirror.transform.normalize import Bad, Normalizer

BAD_SHARE = 0.01  # of a walk's records may be not understood, before none is published


class Unreadable(NotAPage):
    """A staged page that is no page of LL2, as only now is seen."""

    def __init__(self, told: str, walk: Walk, page: StagedPage) -> None:
        super().__init__(told)
        self.walk = walk
        self.page = page


class Brought(NamedTuple):
    """What one walk brought into the tables, before the sync's books are closed."""

    run: int
    report: Report
    unlinked: set[Node]  # what nothing may lead to any more


def bring_in(store: Store, walk: Walk, spent: int, fate: Fate) -> Brought:
    """Brings a complete walk into the tables, within the caller's transaction.

    All its pages, or none where it lists what the walk before did, to the byte: of two values of a
    row the later stands, and which that is only all pages together can tell.

    Raises Unreadable, or DataError where too many records are not understood.
    """
    report = Report(walk.name, walk.mode, requests=spent)
    last = store.ledger.last_run(walk.resource)
    run = store.ledger.open_run(walk, spent)
    if last and fate == NOTHING and _is_in(store, walk, last):
        report.conflicts, upsert = last.conflicts, None
    else:
        upsert = Upsert(store.conn, store.ledger, run, walk.shape)
        _bring(store, walk, upsert, report, fate)
    store.walks.publish(walk)
    if walk.part:
        let_go(store, walk, upsert)
    gone = {(RESOURCES[walk.resource].table, id_) for id_ in fate.gone}
    return Brought(run, report, gone | (upsert.unlinked if upsert else set()))


def _is_in(store: Store, walk: Walk, last: Run) -> bool:
    """Whether the tables hold what a walk brought: it is as the last, and nobody wrote since."""
    before = store.walks.published(walk.resource, walk.part)
    return (
        before is not None
        and last.part == walk.part
        and _digests(store, before) == _digests(store, walk)
        and not store.ledger.changed_since(last.id + 1)
        and not quarantined(store, walk.resource)
    )


def _digests(store: Store, walk: Walk) -> list[bytes]:
    return [page.digest for page in store.walks.pages(walk)]


def _bring(store: Store, walk: Walk, upsert: Upsert, report: Report, fate: Fate) -> None:
    """Brings the pages in, and says what becomes of each record."""
    resource, run, normalizer = RESOURCES[walk.resource], upsert.run, Normalizer()
    bad, met = list[Bad](), 0
    for results in _pages(store, walk):
        upsert.page(normalizer.page(walk.shape, results, bad))
        met += len(results)
    _refuse_many(bad, walk, met)
    if fate.gone:
        bodies = last_sent(store, resource.name, set(fate.gone))
        store.ledger.bury(run, resource, bodies, fate.gone)
    renew(store, walk, run, bad, set(fate.missing))
    stay = kept_out(store, resource.name)
    report.added = store.ledger.add_records(run, resource, Met(store.conn, walk), stay)
    report.gone = len(fate.gone)
    report.quarantined = [{"id": one.id, "reason": one.reason} for one in bad]
    report.missing = len(fate.missing)
    report.conflicts = len(upsert.conflicts)
    report.drift = keep_drift(store.conn, normalizer.drift, run)


def _pages(store: Store, walk: Walk) -> Iterator[list[Any]]:
    """The records of each staged page of a walk; raises Unreadable."""
    for page in store.walks.pages(walk):
        try:
            yield store.walks.records(page)
        except NotAPage as error:
            raise Unreadable(f"the page at offset {page.offset}: {error}", walk, page) from None


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
    store.ledger.settle(first)
    if store.ledger.changed_since(first):
        reindex(store.conn)
    for run, report, _ in brought:
        resource = PARTS[report.resource].resource
        report.records = store.ledger.records(resource.name)
        report.changed, report.moved, report.nested = store.ledger.count(run, resource)
        report.unchanged = report.records - report.added - report.changed
        store.ledger.close_run(run, {name: getattr(report, name) for name in COUNTS})
    forget_drift(store.conn)


def _prune(store: Store, brought: list[Brought]) -> None:
    """Removes what nothing leads to any more, but what a table of the user's own refers to.

    That is remembered, to be looked at again with each sync.
    """
    pruner = Pruner(store.conn, store.ledger, brought[0].run)
    again = store.settings.kept
    for run, report, unlinked in brought:
        before = set(pruner.kept)
        pruner.prune(run, unlinked | again)
        kept = ((node, by) for node, by in pruner.kept.items() if node not in before)
        report.kept = [{"table": table, "id": id_, "by": by} for (table, id_), by in kept]
        again = set()
    store.settings.keep("kept", sorted(map(list, pruner.kept), key=str))
