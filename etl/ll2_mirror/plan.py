"""What a sync would cost: in requests, and in hours."""

from __future__ import annotations

from datetime import datetime
from math import ceil, inf, isinf
from typing import Any

from ll2_mirror.clock import to_iso
from ll2_mirror.due import RESERVE, Task, Wanted, due_tasks, pace, tasks
from ll2_mirror.extract.rate_limit import HOUR, RateLimit
from ll2_mirror.extract.upstream import Upstream
from ll2_mirror.store.file import Store


def plan(store: Store, upstream: Upstream, what: Wanted) -> dict[str, Any]:
    """The cost of a sync, as the JSON object of ``plan --json``; its only request is free.

    ``requests`` and ``minutes`` are None if a list was never walked: its length isn't known.
    Raises UpstreamError or Stopped if LL2 can't be asked.
    """
    with upstream:
        upstream.ask_limit()
    limit, now, planned = upstream.budget.current(), store.clock.now(), list(tasks(store, what))
    is_known = all(task.left is not None for task in planned)
    requests = sum(task.left or 0 for task in planned) if is_known else None
    return {
        "base_url": what.base_url,
        "mode": what.mode,
        "requests": requests,
        "minutes": None if requests is None else ceil(seconds_for(limit, requests, now) / 60),
        "staged": sum(task.staged for task in planned),
        "left": None if isinf(limit.left) else int(limit.left),
        "limit": limit.limit,
        "resumes": to_iso(limit.resumes) if limit.resumes else None,
        "resources": [
            {
                "resource": task.part.name,
                "mode": task.mode,
                "records": task.records,
                "staged": task.staged,
                "requests": task.left,
            }
            for task in planned
        ],
    }


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
    due = due_tasks(store, what, pace(store, limit))
    costs = sum(task.hourly for task in due)
    late = max(1.0, costs / allowed)
    first = [task for task in due if task.as_of is None]
    fill = sum(1 if task.left is None else task.left for task in first)
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
            "known": all(task.records is not None for task in first),
            "hours": round(fill / allowed, 1),
        },
        "resources": [_scheduled(task, now, late) for task in due],
    }


def _scheduled(task: Task, now: datetime, late: float) -> dict[str, Any]:
    """One list of the schedule; ``late``: how many times its age it will reach."""
    return {
        "resource": task.part.name,
        "max_age_seconds": round(task.age),
        "near_seconds": task.near and round(task.near),
        "due": task.due_at(now) <= now,
        "due_at": to_iso(task.due_at(now)),
        "requests": task.left,
        "requests_per_hour": round(task.hourly, 3),
        "reaches_seconds": round(task.age * late),
    }
