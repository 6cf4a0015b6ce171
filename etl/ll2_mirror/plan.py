"""What a sync would cost: requests, and the time until the budget allows them all."""

from __future__ import annotations

from datetime import datetime, timedelta
from math import ceil, isinf
from typing import Any

from ll2_mirror.clock import stamp
from ll2_mirror.extract.budget import Throttle
from ll2_mirror.extract.crawl import Crawl, end_of
from ll2_mirror.extract.upstream import Upstream
from ll2_mirror.ll2.resources import RESOURCES
from ll2_mirror.progress import silence
from ll2_mirror.store.store import Store
from ll2_mirror.sync import Wanted


def plan(store: Store, upstream: Upstream, wanted: Wanted, stale: float) -> dict[str, Any]:
    """The cost of a sync, as the JSON object of ``plan --json``; asks only what is free.

    ``requests`` is None where a list was never walked, so that its length isn't known; so is
    ``minutes`` then.
    """
    upstream.learn_limit()
    budget, now = upstream.budget, store.clock.now()
    resources = [_resource(store, upstream, name, wanted.mode, stale) for name in wanted.resources]
    each = [one["requests"] for one in resources]
    requests = None if None in each else sum(each)
    minutes = None
    if requests is not None:
        free = budget.resumes if budget.left <= 0 else None
        done = _last(budget.times(), budget.throttle, requests, max(now, free or now))
        minutes = ceil((done - now).total_seconds() / 60)
    left = budget.left
    return {
        "base_url": wanted.base_url,
        "mode": wanted.mode,
        "requests": requests,
        "minutes": minutes,
        "staged": sum(one["staged"] for one in resources),
        "left": None if isinf(left) else int(left),
        "limit": budget.throttle.limit,
        "resumes": stamp(budget.resumes) if budget.resumes else None,
        "resources": resources,
    }


def _resource(
    store: Store, upstream: Upstream, name: str, mode: str, stale: float
) -> dict[str, Any]:
    """What is left of one resource's walk; ``records`` as far as known."""
    crawl = Crawl(store, upstream, RESOURCES[name], mode, silence)
    walk, pages, _ = crawl.under_way(stale)
    records = walk.total if walk and pages else _held(store, name)
    requests = None
    if records is not None:
        requests = ceil(max(0, records - end_of(pages)) / crawl.first_limit(pages))
        requests = max(requests, 0 if pages else 1)  # one tells that there are none
    return {"resource": name, "records": records, "staged": len(pages), "requests": requests}


def _held(store: Store, name: str) -> int | None:
    """How many records LL2 had when they were walked last."""
    if not store.walks.published(name):
        return None
    return store.ledger.records(name)


def _last(spent: list[datetime], throttle: Throttle, requests: int, start: datetime) -> datetime:
    """When the last of so many requests can be made, each as early as the limit allows."""
    times, now = list(spent), start
    for _ in range(requests if throttle.limit else 0):
        if len(times) >= (throttle.limit or 0):
            now = max(now, times[-(throttle.limit or 0)] + timedelta(seconds=throttle.window))
        times.append(now)
    return now
