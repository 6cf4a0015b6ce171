"""What a sync would cost: requests, and the time until the budget allows them all."""

from __future__ import annotations

from datetime import datetime
from math import ceil, isinf
from typing import Any

from ll2_mirror.clock import to_iso
from ll2_mirror.extract.list_walk import ListWalk, end_of
from ll2_mirror.extract.rate_limit import RateLimit
from ll2_mirror.extract.upstream import Upstream
from ll2_mirror.ll2.lists import SLICES
from ll2_mirror.progress import ignore
from ll2_mirror.store.store import Store
from ll2_mirror.sync import Wanted


def plan(store: Store, upstream: Upstream, wanted: Wanted) -> dict[str, Any]:
    """The cost of a sync, as the JSON object of ``plan --json``; asks only what is free.

    ``requests`` is None where a list was never walked, so that its length isn't known; so is
    ``minutes`` then. Raises UpstreamError or Stopped where LL2 can't be asked.
    """
    with upstream:
        upstream.ask_limit()
    standing, now = upstream.budget.current(), store.clock.now()
    resources = [
        _resource(store, upstream, name, mode, wanted.stale) for name, mode in wanted.modes.items()
    ]
    each = [one["requests"] for one in resources]
    requests = None if None in each else sum(each)
    return {
        "base_url": wanted.base_url,
        "mode": wanted.mode,
        "requests": requests,
        "minutes": None if requests is None else ceil(_wait(standing, requests, now) / 60),
        "staged": sum(one["staged"] for one in resources),
        "left": None if isinf(standing.left) else int(standing.left),
        "limit": standing.limit,
        "resumes": to_iso(standing.resumes) if standing.resumes else None,
        "resources": resources,
    }


def _resource(
    store: Store, upstream: Upstream, name: str, mode: str, stale: float
) -> dict[str, Any]:
    """What is left of one resource's walk; ``records`` as far as known."""
    crawl = ListWalk(store, upstream, SLICES[name], mode, ignore)
    walk, pages, _ = crawl.under_way(stale)
    records = walk.total if walk and pages else _held(store, name)
    requests = None
    if records is not None:
        requests = ceil(max(0, records - end_of(pages)) / crawl.first_size(pages))
        requests = max(requests, 0 if pages else 1)  # one tells that there are none
    found = {"resource": name, "mode": mode, "records": records}
    return {**found, "staged": len(pages), "requests": requests}


def _held(store: Store, name: str) -> int | None:
    """How many records LL2 had when they were walked last."""
    part = SLICES[name]
    walk = store.walks.published(part.resource.name, part.kind)
    return walk and (walk.total if part.kind else store.ledger.records(name))


def _wait(standing: RateLimit, requests: int, now: datetime) -> float:
    """The seconds until the last of so many requests can be made, each as early as allowed.

    Each can be made when the one that is ``limit`` before it is a window old: so all repeat,
    window by window, what the first ``limit`` of them do.
    """
    start = (max(now, standing.resumes or now) - now).total_seconds()
    if not standing.limit or not requests:
        return start
    rounds, rest = divmod(requests - 1, standing.limit)
    before = len(standing.times) + rest - standing.limit
    freed = standing.window - (now - standing.times[before]).total_seconds() if before >= 0 else 0
    return max(start, freed) + rounds * standing.window
