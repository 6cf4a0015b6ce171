"""Walks and stages each list, then publishes all or none; ``sync --due`` publishes one by one."""

from __future__ import annotations

import json
from typing import Any

from ll2_mirror.clock import to_iso
from ll2_mirror.due import Wanted, forget_failures, next_task, note_failure, note_run, without_parts
from ll2_mirror.errors import DataError, MirrorError, Stopped, UpstreamError
from ll2_mirror.extract.deletions import find_deleted
from ll2_mirror.extract.list_walk import ListWalk
from ll2_mirror.extract.upstream import Upstream
from ll2_mirror.ll2.lists import NEW, SLICES
from ll2_mirror.load.fold import BrokenPage
from ll2_mirror.load.publish import MISSING, CompleteWalk, Report, publish
from ll2_mirror.progress import Emit, ignore
from ll2_mirror.store.file import Store
from ll2_mirror.store.search import damaged_indexes, rebuild_indexes
from ll2_mirror.store.walks import Deletions

_FAILURES = 2  # in a row, after which ``sync --due`` ends: the server may be down
_TRIES = 2  # of one request in ``sync --due``: the next run is the retry


def sync(store: Store, upstream: Upstream, what: Wanted, emit: Emit = ignore) -> list[Report]:
    """Mirrors these lists, each in its mode, in one transaction.

    Raises UpstreamError, Stopped or DataError; the tables are then unchanged.
    """
    _keep_server(store, what)
    lists = {name: mode for name, mode in what.modes.items() if SLICES[name].kind != NEW}
    store.settings.keep("asked", lists)
    with upstream:
        upstream.budget.forget()
        upstream.learn_limit()
        return _mirror(store, upstream, what, emit)


def sync_due(
    store: Store, upstream: Upstream, what: Wanted, emit: Emit
) -> tuple[list[Report], MirrorError | None]:
    """Fetches what is due, as far as the limit allows, and publishes each list by itself.

    Returns the reports and the first error of a list; the other lists are fetched regardless.
    Reaching the limit is no error: the next sync continues.
    """
    reports, errors, tried = list[Report](), list[MirrorError](), set[str]()
    now, due = to_iso(store.clock.now()), store.settings.due
    store.settings.keep("due", {name: due.get(name, now) for name in without_parts(what.modes)})
    note_run(store)
    if not next_task(store, upstream.budget, what, tried):
        return [], None
    _keep_server(store, what)
    with upstream:
        upstream.budget.forget()
        upstream.learn_limit()
        upstream.tries = _TRIES
        in_a_row = 0
        while in_a_row < _FAILURES and (task := next_task(store, upstream.budget, what, tried)):
            name = task.part.name
            tried.add(name)
            upstream.fault = None
            try:
                alone = what._replace(modes={name: task.mode}, stale=task.stale)
                reports += _mirror(store, upstream, alone, emit)
                in_a_row = 0
            except (UpstreamError, DataError, Stopped) as error:
                failure = upstream.fault or error  # error may say only that retries used the limit
                if failure.exit_code == Stopped.exit_code and upstream.budget.left <= 0:
                    continue
                errors.append(failure)
                in_a_row += 1
                note_failure(store, task, failure)
    return reports, next(iter(errors), None)


def _keep_server(store: Store, what: Wanted) -> None:
    """Stores the server of a new file: the next sync uses it even if this one fails."""
    if store.settings.base_url is None:
        store.settings.remember(base_url=what.base_url)


def _mirror(store: Store, upstream: Upstream, what: Wanted, emit: Emit) -> list[Report]:
    """Walks these lists completely, confirms deletions, and publishes all in one transaction."""
    list_walks = [
        ListWalk(store, upstream, SLICES[name], mode, emit) for name, mode in what.modes.items()
    ]
    for list_walk in list_walks:
        list_walk.begin(what.stale)
    for list_walk in list_walks:
        list_walk.run()
    complete = [
        (list_walk, _deletions(store, upstream, list_walk, what, emit)) for list_walk in list_walks
    ]
    try:
        reports = _publish(store, upstream, what, complete)
    except DataError:
        for list_walk in list_walks:  # else the next syncs would fail the same way, for a day
            store.walks.drop(list_walk.walk)
        raise
    for report in reports:
        emit("published", **report.as_json())
    return reports


def _deletions(
    store: Store, upstream: Upstream, list_walk: ListWalk, what: Wanted, emit: Emit
) -> Deletions:
    """What a complete walk says is deleted, once it has found each record that LL2 has."""
    quarantined = store.records.quarantined(list_walk.walk.resource)
    missed = {row.id for row in quarantined if row.reason == MISSING and row.id is not None}
    asked = (missed, what.allow_shrink, emit)
    upstream.budget.walked = list_walk.walk.name
    while (deletions := find_deleted(store, upstream, list_walk.walk, *asked)).skipped:
        list_walk.find(deletions.skipped[0])
    return deletions


def _publish(
    store: Store, upstream: Upstream, what: Wanted, complete: list[tuple[ListWalk, Deletions]]
) -> list[Report]:
    """Publishes all walks in one transaction. A page that can't be read is fetched again, once."""
    fetched, spent = set[tuple[int, int]](), upstream.budget.spent_on
    while True:
        walks = [
            CompleteWalk(list_walk.walk, deletions, spent[list_walk.walk.name], list_walk.seconds)
            for list_walk, deletions in complete
        ]
        damaged = damaged_indexes(store.conn)
        try:
            with store.transaction():
                rebuild_indexes(store.conn, damaged)
                reports = publish(store, walks)
                _keep_settings(store, what)
            return reports
        except BrokenPage as error:
            page = (error.walk.id, error.page.offset)
            by_id = {list_walk.walk.id: list_walk for list_walk, _ in complete}
            if page in fetched or not by_id[error.walk.id].refetch(error.page):
                raise
            fetched.add(page)


def _keep_settings(store: Store, what: Wanted) -> None:
    """Stores what the file mirrors from now on, and that these lists didn't fail."""
    settings, modes = store.settings, what.modes
    lists = (name for name in modes if SLICES[name].kind != NEW)
    mirrored = list(dict.fromkeys([*settings.resources, *lists]))
    settings.remember(base_url=what.base_url, resources=json.dumps(mirrored))
    settings.keep("asked", {k: v for k, v in settings.asked.items() if k not in modes})
    settings.forget("last_error")
    forget_failures(store, modes)


def incomplete(
    store: Store, upstream: Upstream, what: Wanted, error: MirrorError
) -> list[dict[str, Any]]:
    """The JSON objects of ``sync --json`` for a failed sync: its requests and staged pages."""
    under_way = {walk.name: walk for walk in store.walks.under_way()}
    resumes = error.resumes if isinstance(error, Stopped) else None
    failure = {"error": str(error), "resumes": to_iso(resumes) if resumes else None}
    reports = []
    for name, mode in what.modes.items():
        staged = len(store.walks.pages(under_way[name])) if name in under_way else 0
        report = Report(name, mode, complete=False, requests=upstream.budget.spent_on[name])
        reports.append({**report.as_json(), "staged": staged, **failure})
    return reports
