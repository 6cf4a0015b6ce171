"""The one use case: walk and stage each resource, then publish all of them, or none."""

from __future__ import annotations

import json
from collections.abc import Callable
from time import monotonic

from etl.clock import now
from etl.errors import UsageError
from etl.model import Resource
from etl.publish import Brought, Report, bring_in, close_books
from etl.shapes import MODES, RESOURCES
from etl.store import Store, Walk
from etl.upstream import LIMIT, Upstream

# Called with the resource, the records fetched so far and how many there are.
Progress = Callable[[str, int, int], None]


def sync(
    store: Store,
    upstream: Upstream,
    resources: list[str],
    mode: str,
    progress: Progress = lambda resource, done, count: None,
) -> list[Report]:
    """Mirrors these resources in this mode: one transaction for all of them.

    Raises UpstreamError, Stopped or DataError, of which NotAPage and NotUnderstood are two; the
    tables are then as they were.
    """
    walks = []
    for name in resources:
        began, spent = monotonic(), upstream.requests
        walk = _fetch(store, upstream, RESOURCES[name], mode, progress)
        walks.append((walk, upstream.requests - spent, monotonic() - began))
    brought: list[Brought] = []
    with store.transaction():
        for walk, spent, seconds in walks:
            began = monotonic()
            brought.append(bring_in(store, walk, spent))
            brought[-1].report.seconds = seconds + monotonic() - began
        close_books(store, brought)
        store.remember(
            base_url=upstream.base_url,
            mode=mode,
            resources=json.dumps(list(dict.fromkeys([*store.resources, *resources]))),
        )
    return [one.report for one in brought]


def settled_mode(store: Store, asked: str | None) -> str:
    """The mode of a sync: the one asked for, else the file's, else the poorest.

    Raises UsageError where the file holds a richer one: there is no way back.
    """
    held = store.mode
    mode = asked or held or MODES[0]
    if held and MODES.index(mode) < MODES.index(held):
        raise UsageError(
            f"{store.path} is in {held} mode, and a file's mode only grows: leave --mode out,"
            f" or sync {mode} mode to another file"
        )
    return mode


def _fetch(
    store: Store, upstream: Upstream, resource: Resource, mode: str, progress: Progress
) -> Walk:
    """Walks a resource and stages its pages."""
    walk = store.begin_walk(resource.name, mode, upstream.base_url, now())
    for page in upstream.walk(resource.name, mode, resource.ordering):
        store.stage(walk, page.offset, page.body)
        progress(resource.name, min(page.offset + LIMIT, page.total), page.total)
    return walk
