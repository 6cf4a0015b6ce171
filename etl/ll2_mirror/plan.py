"""What a sync would cost: in requests, and in hours."""

from __future__ import annotations

from datetime import datetime, timedelta
from math import ceil, inf, isinf
from typing import Any, NamedTuple

from ll2_mirror.clock import to_iso
from ll2_mirror.due import RESERVE, Task, Wanted, due_tasks, pace
from ll2_mirror.extract.list_walk import end_of, page_size, resumable
from ll2_mirror.extract.rate_limit import HOUR, RateLimit
from ll2_mirror.extract.upstream import PAGE_SIZES, Upstream
from ll2_mirror.ll2.lists import SLICES, Slice
from ll2_mirror.store.file import Store


class Work(NamedTuple):
    """What is left to fetch in a walk over a list or part."""

    records: int | None  # in the list; None if unknown
    staged: int  # pages of an interrupted walk
    requests: int | None  # None if unknown


def plan(store: Store, upstream: Upstream, what: Wanted) -> dict[str, Any]:
    """The cost of a sync, as the JSON object of ``plan --json``; its only request is free.

    ``requests`` and ``minutes`` are None if a list was never walked: its length isn't known.
    Raises UpstreamError or Stopped if LL2 can't be asked.
    """
    with upstream:
        upstream.ask_limit()
    limit, now = upstream.budget.current(), store.clock.now()
    planned = {
        name: _work(store, what.base_url, name, mode, what.stale)
        for name, mode in what.modes.items()
    }
    is_known = all(work.requests is not None for work in planned.values())
    requests = sum(work.requests or 0 for work in planned.values()) if is_known else None
    return {
        "base_url": what.base_url,
        "mode": what.mode,
        "requests": requests,
        "minutes": None if requests is None else ceil(seconds_for(limit, requests, now) / 60),
        "staged": sum(work.staged for work in planned.values()),
        "left": None if isinf(limit.left) else int(limit.left),
        "limit": limit.limit,
        "resumes": to_iso(limit.resumes) if limit.resumes else None,
        "resources": [
            {"resource": name, "mode": what.modes[name], **work._asdict()}
            for name, work in planned.items()
        ],
    }


def _work(store: Store, base_url: str, name: str, mode: str, stale: float) -> Work:
    """What is left to fetch; an interrupted walk older than ``stale`` isn't resumed."""
    part = SLICES[name]
    walk, pages, _ = resumable(store, part, mode, base_url, stale)
    records = walk.total if walk else _count(store, part)
    if records is None:
        return Work(None, len(pages), None)
    size = page_size(store, part, mode, base_url, pages)
    left = ceil(max(0, records - end_of(pages)) / size)
    return Work(records, len(pages), left if pages else max(1, left))


def _count(store: Store, part: Slice) -> int | None:
    """How many records a walk over a list or part has; None if unknown.

    New records are assumed to fit on one page. The records of a view that was never walked are
    counted in the list's table.
    """
    if part.newest_first:
        return PAGE_SIZES[0]
    walks = store.walks.holding(part.resource.name).walks
    if part.kind in walks or "" not in walks or not (view := part.view):
        return walks[part.kind].total if part.kind in walks else None
    sign = {"gte": ">=", "lte": "<="}[view.lookup]
    edge = to_iso(store.clock.now() + timedelta(hours=view.hours))
    sql = f'SELECT count(*) FROM "{part.resource.table}" WHERE "{view.key}" {sign} ?'
    [count] = store.conn.execute(sql, (edge,)).fetchone()
    return int(count)


def seconds_for(limit: RateLimit, requests: int, now: datetime) -> float:
    """The seconds until the last of so many requests can be made, each as early as allowed.

    A request can be made when the one ``limit`` before it is a window old. So each window repeats
    what the first ``limit`` requests do.
    """
    start = (max(now, limit.resumes or now) - now).total_seconds()
    if not limit.limit or not requests:
        return start
    rounds, rest = divmod(requests - 1, limit.limit)
    before = len(limit.times) + rest - limit.limit
    freed = limit.window - (now - limit.times[before]).total_seconds() if before >= 0 else 0
    return max(start, freed) + rounds * limit.window


def schedule(store: Store, upstream: Upstream, what: Wanted) -> dict[str, Any]:
    """What ``sync --due`` has to do, as the JSON object of ``plan --due --json``.

    If the ages cost more than the limit allows, all lists exceed their ages by the same factor, as
    the list with the highest factor always comes next.
    """
    with upstream:
        upstream.ask_limit()
    limit, now, allowed = upstream.budget.current(), store.clock.now(), inf
    if limit.limit is not None:
        allowed = max(1, limit.limit - limit.share(RESERVE)) * HOUR / limit.window
    due = [
        (task, _work(store, what.base_url, task.part.name, task.mode, task.stale))
        for task in due_tasks(store, what, pace(store, limit))
    ]
    costs = sum(_hourly(task, work) for task, work in due)
    late = max(1.0, costs / allowed)
    first = [work for task, work in due if task.as_of is None]
    fill = sum(1 if work.requests is None else work.requests for work in first)
    return {
        "base_url": upstream.base_url,
        "limit": limit.limit,
        "reserve": limit.share(RESERVE),
        "requests_per_hour": round(costs, 2),
        "allowed_per_hour": None if allowed == inf else round(allowed, 2),
        "carries": costs <= allowed,
        "first_fill": {
            "lists": len(first),
            "requests": fill,
            "known": all(work.records is not None for work in first),
            "hours": round(fill / allowed, 1),
        },
        "resources": [_scheduled(task, work, now, late) for task, work in due],
    }


def _hourly(task: Task, work: Work) -> float:
    """The requests per hour that keep a list below its maximum age."""
    return ceil(max(1, work.records or 0) / PAGE_SIZES[0]) * HOUR / task.age


def _scheduled(task: Task, work: Work, now: datetime, late: float) -> dict[str, Any]:
    """One list of the schedule; ``late``: how many times its age it will reach."""
    return {
        "resource": task.part.name,
        "max_age_seconds": round(task.age),
        "near_seconds": task.near and round(task.near),
        "due": task.due_at(now) <= now,
        "due_at": to_iso(task.due_at(now)),
        "requests": work.requests,
        "requests_per_hour": round(_hourly(task, work), 3),
        "reaches_seconds": round(task.age * late),
    }
