"""The one use case: walk and stage each resource, then publish all of them, or none."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, NamedTuple

from ll2_mirror.clock import to_iso
from ll2_mirror.errors import DataError, MirrorError, Stopped, UsageError
from ll2_mirror.extract.deletions import find_deleted
from ll2_mirror.extract.list_walk import STALE, ListWalk
from ll2_mirror.extract.upstream import Upstream
from ll2_mirror.ll2.lists import DEFAULT_RESOURCE, MODES, NEW, RESOURCES, SLICES, Slice
from ll2_mirror.ll2.page import API_PATH, LL2_URL
from ll2_mirror.load.fold import BrokenPage
from ll2_mirror.load.publish import MISSING, CompleteWalk, Report, publish
from ll2_mirror.progress import Emit, ignore
from ll2_mirror.store.file import Store
from ll2_mirror.store.search import mend
from ll2_mirror.store.walks import Deletions, Walk


class Wanted(NamedTuple):
    """What a sync is to mirror, and how."""

    base_url: str
    modes: dict[str, str]  # of each resource, in the order to walk them
    allow_shrink: bool = False  # whether that many records go is no fault of LL2's
    stale: float = STALE  # seconds after which a walk that was cut off isn't gone on with

    @property
    def mode(self) -> str | None:
        """The mode of them all; None where they have several."""
        several = set(self.modes.values())
        return several.pop() if len(several) == 1 else None


def wanted(store: Store, resources: list[str], base_url: str | None, mode: str | None) -> Wanted:
    """What is asked for; where nothing is said, what a sync that was cut off was to do.

    Else what the file holds. Raises UsageError for a mode that the one list asked for lacks, and
    for one that is poorer than what the file holds: there is no way back.
    """
    cut_off = _cut_off(store)
    urls = [base_url, *(walk.base_url for walk in cut_off), store.settings.base_url]
    before = dict.fromkeys([*store.settings.resources, *(walk.name for walk in cut_off)])
    names = list(dict.fromkeys(resources)) or _no_parts(before) or [DEFAULT_RESOURCE]
    if mode and len(names) == 1 and mode not in (known := SLICES[names[0]].resource.modes):
        raise UsageError(f"{names[0]} has no {mode} mode: choose {' or '.join(known)}")
    begun = {walk.name: walk.mode for walk in cut_off}
    modes = {name: _mode(store, SLICES[name], mode, begun.get(name)) for name in names}
    return Wanted(next(filter(None, urls), LL2_URL), modes)


def _no_parts(names: Iterable[str]) -> list[str]:
    """These lists without the parts of those that are among them as a whole."""
    known = set(names)
    return [
        name for name in names if not SLICES[name].kind or SLICES[name].resource.name not in known
    ]


def _mode(store: Store, part: Slice, asked: str | None, begun: str | None) -> str:
    """The richest mode that a list has up to the one asked for.

    Where none is, the richer of what the file has and what a walk that was cut off began; else
    normal, or what a file of an earlier version has in all its lists.
    """
    resource = part.resource
    walk = next(reversed(store.walks.held(resource.name)), None)
    held = walk.mode if walk and walk.mode in resource.modes else None
    richer = max(filter(None, (held, begun)), key=MODES.index, default=None)
    chosen = resource.mode_upto(asked or richer or store.settings.mode or "normal")
    if held and MODES.index(chosen) < MODES.index(held):
        raise UsageError(
            f"{store.path} holds {resource.name} in {held} mode, and a mode only grows: leave"
            f" --mode out, or sync {chosen} mode to another file"
        )
    return chosen


def _cut_off(store: Store) -> list[Walk]:
    """The walks of a sync that was cut off.

    One that never got a page may have been a slip: it binds nobody, unless there is nothing else.
    """
    walks = [walk for walk in store.walks.under_way() if walk.name in SLICES]
    begun = not store.settings.resources or any(store.walks.pages(walk) for walk in walks)
    return [walk for walk in walks if walk.mode in RESOURCES[walk.resource].modes] if begun else []


def sync(store: Store, upstream: Upstream, what: Wanted, emit: Emit = ignore) -> list[Report]:
    """Mirrors these resources, each in its mode: one transaction for all of them.

    Raises UpstreamError, Stopped or DataError, of which NotAPage and NotUnderstood are two; the
    tables are then as they were.
    """
    with upstream:
        upstream.budget.log.forget()
        upstream.learn_limit()
        return mirror(store, upstream, what, emit)


def mirror(store: Store, upstream: Upstream, what: Wanted, emit: Emit) -> list[Report]:
    """As ``sync`` does, with a server whose limit was asked for already."""
    upstream.budget.log.mark()
    list_walks = [
        ListWalk(store, upstream, SLICES[name], mode, emit) for name, mode in what.modes.items()
    ]
    for list_walk in list_walks:
        list_walk.begin(what.stale)
    done = _complete(store, upstream, list_walks, what.allow_shrink, emit)
    try:
        reports = _publish(store, upstream, what, done)
    except DataError:
        for list_walk, _ in done:  # else the next sync would meet the same again, for a day
            store.walks.drop(list_walk.walk)
        raise
    for report in reports:
        emit("published", **report.as_json())
    return reports


def _publish(
    store: Store, upstream: Upstream, what: Wanted, done: list[tuple[ListWalk, Deletions]]
) -> list[Report]:
    """Brings all walks into the tables at once. A page that can't be read is fetched once more."""
    fetched: set[tuple[int, int]] = set()
    while True:
        try:
            with store.transaction():
                mend(store.conn)
                reports = publish(store, [_complete_walk(upstream, *one) for one in done])
                lists = (name for name in what.modes if SLICES[name].kind != NEW)
                held = list(dict.fromkeys([*store.settings.resources, *lists]))
                store.settings.remember(base_url=what.base_url, resources=json.dumps(held))
                store.settings.forget("last_error")
            return reports
        except BrokenPage as error:
            list_walk = next(
                list_walk for list_walk, _ in done if list_walk.walk.id == error.walk.id
            )
            place = (error.walk.id, error.page.offset)
            if place in fetched or not list_walk.mend(error.page):
                raise
            fetched.add(place)


def _complete(
    store: Store, upstream: Upstream, list_walks: list[ListWalk], allow_shrink: bool, emit: Emit
) -> list[tuple[ListWalk, Deletions]]:
    """Walks all to their ends, then finds out about the records that the walks didn't meet."""
    for list_walk in list_walks:
        list_walk.run()
    done = []
    for list_walk in list_walks:
        held = store.records.quarantined(list_walk.walk.resource)
        missed_before = {one.id for one in held if one.reason == MISSING and one.id is not None}
        asked = (missed_before, allow_shrink, emit)
        while (found := find_deleted(store, upstream, list_walk.walk, *asked)).skipped:
            list_walk.find(found.skipped[0])
        done.append((list_walk, found))
    return done


def _complete_walk(upstream: Upstream, list_walk: ListWalk, deletions: Deletions) -> CompleteWalk:
    return CompleteWalk(
        list_walk.walk, deletions, _spent(upstream, list_walk.walk.name), list_walk.seconds
    )


def _spent(upstream: Upstream, name: str) -> int:
    """How many requests the sync of a list or a part has made."""
    return upstream.budget.log.spent_on(f"{API_PATH}{SLICES[name].listed}/")


def incomplete(
    store: Store, upstream: Upstream, asked: Wanted, error: MirrorError
) -> list[dict[str, Any]]:
    """The JSON objects of ``sync --json`` for a sync that failed: what it spent and staged."""
    under_way = {walk.name: walk for walk in store.walks.under_way()}
    resumes = error.resumes if isinstance(error, Stopped) else None
    found = []
    for name, mode in asked.modes.items():
        pages = store.walks.pages(under_way[name]) if name in under_way else []
        report = Report(name, mode, complete=False, requests=_spent(upstream, name))
        found.append(
            {
                **report.as_json(),
                "staged": len(pages),
                "error": str(error),
                "resumes": to_iso(resumes) if resumes else None,
            }
        )
    return found
