"""What a sync would cost, and which lists are due: many lists kept fresh with few requests.

Each list has an age that it may reach, and so has each slice that is asked for by itself: what is
new, what is upcoming. What the file has and is overdue goes first, by how many times its age it is
old; then what was never fetched: what may be old least first, and last the lists that take hours,
which are those that can be asked for what is new alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from math import ceil, inf, isinf
from typing import Any, NamedTuple

from ll2_mirror.clock import from_iso, to_iso
from ll2_mirror.errors import DataError, MirrorError, Stopped, UpstreamError
from ll2_mirror.extract.list_walk import STALE, end_of, page_size, resumable
from ll2_mirror.extract.rate_limit import HOUR, RateLimit
from ll2_mirror.extract.upstream import PAGE_SIZES, Upstream
from ll2_mirror.ll2.lists import NEW, SLICES, Slice, slice_name
from ll2_mirror.load.publish import Report
from ll2_mirror.progress import Emit
from ll2_mirror.store.file import Store
from ll2_mirror.sync import Wanted, mirror

RESERVE = 0.2  # of the limit, that is left for a sync that a person asks for
_AGES, _FAILED = "ages", "failed"  # settings
_SHARE = 0.125  # of its age, that a walk may last, and after which one that failed is tried again
_FAILURES = 2  # in a row end a sync: it may be the server


# How old each list may be


def ages(store: Store) -> dict[str, float]:
    """The age in seconds that each list may reach."""
    changed = store.settings.read(_AGES, dict) or {}
    if not all(
        name in SLICES and type(age) in (int, float) and age > 0 for name, age in changed.items()
    ):
        raise DataError(f"{store.path}: its setting {_AGES} is damaged: set the age again")
    return {name: changed.get(name, part.age * HOUR) for name, part in SLICES.items()}


def set_ages(store: Store, wanted: dict[str, float | None]) -> None:
    """Keeps these ages in the file; None gives a list its own back."""
    changed = {**(store.settings.read(_AGES, dict) or {}), **wanted}
    store.settings.keep(_AGES, {name: age for name, age in changed.items() if age is not None})


# How each list stands


class SliceState(NamedTuple):
    """What the file has of a list, or of a slice of it."""

    as_of: datetime | None  # when that was fetched, by itself or with the list; None: never
    records: int | None  # that a walk over it has; None where that isn't known


def slice_state(store: Store, part: Slice) -> SliceState:
    """What the file has of a list or a slice.

    The newest of all are on one page. Of a view that was never walked, the list's rows tell.
    """
    whole = store.walks.published(part.resource.name)
    own = store.walks.published(part.resource.name, part.kind)
    as_of = max((from_iso(walk.started) for walk in (whole, own) if walk), default=None)
    records = own.total if own else None
    if part.newest_first:
        records = PAGE_SIZES[0]
    elif whole and not own and (view := part.view):
        sign = {"gte": ">=", "lte": "<="}[view.lookup]
        edge = to_iso(store.clock.now() + timedelta(hours=view.hours))
        sql = f'SELECT count(*) FROM "{part.resource.table}" WHERE "{view.key}" {sign} ?'
        records = store.conn.execute(sql, (edge,)).fetchone()[0]
    return SliceState(as_of, records)


class Task(NamedTuple):
    """A list or a slice of one, and what is left to do for it."""

    part: Slice
    mode: str
    age: float  # seconds that it may be old
    as_of: datetime | None  # when what the file has of it was fetched
    records: int | None  # that its walk has; None where that isn't known
    staged: int  # pages of a walk under way
    left: int | None  # requests that are left to make
    after: datetime | None  # when it may be asked for again, where that failed

    @property
    def hourly(self) -> float:
        """The requests an hour that keep it as fresh as it is to be."""
        return ceil(max(1, self.records or 0) / PAGE_SIZES[0]) * HOUR / self.age

    def due_at(self, now: datetime) -> datetime:
        """When it is to be fetched: now, where it was never."""
        due = self.as_of + timedelta(seconds=self.age) if self.as_of else now
        return max(due, self.after or due)

    def urgency(self, now: datetime) -> tuple[float, ...]:
        """Sorts tasks, the most urgent first: those that the file has, then the others."""
        if self.as_of:
            return 0, -(now - self.as_of).total_seconds() / self.age
        return 1, not self.part.kind and self.part.resource.delta is not None, self.age


def tasks(store: Store, what: Wanted, *, due: bool = False) -> Iterator[Task]:
    """What is left to do for each of the lists that are wanted; ``due``: by ``sync --due``."""
    may_be, failed = ages(store), store.settings.read(_FAILED, dict) or {}
    for name, mode in what.modes.items():
        part, age = SLICES[name], may_be[name]
        as_of, records = slice_state(store, part)
        stale = longest_walk(age) if due else what.stale
        walk, pages, _ = resumable(store, part, mode, what.base_url, stale)
        records = walk.total if walk and pages else records
        left = None
        if records is not None:
            full = due and not pages  # looking through all lists' last pages takes too long
            size = PAGE_SIZES[0] if full else page_size(store, part, mode, what.base_url, pages)
            left = ceil(max(0, records - end_of(pages)) / size)
            left = max(left, 0 if pages else 1)  # one tells that there are none
        again = timedelta(seconds=min(age * _SHARE, STALE))
        after = from_iso(failed[name]) + again if name in failed else None
        yield Task(part, mode, age, as_of, records, len(pages), left, after)


def longest_walk(age: float) -> float:
    """The seconds that a walk may last over a list of this age."""
    return max(STALE, age * _SHARE)


def due_tasks(store: Store, what: Wanted) -> list[Task]:
    """The tasks of ``sync --due``, the most urgent first.

    What is new in a list is known once the file has the list. A view needs no walk of its own where
    what is new in its list is asked for as often.
    """
    found = {task.part.name: task for task in tasks(store, what, due=True)}
    now = store.clock.now()

    def is_needed(task: Task) -> bool:
        part, new = task.part, found.get(slice_name(task.part.resource.name, NEW))
        if part.kind == NEW:
            return store.walks.published(part.resource.name) is not None
        return not (part.kind and new and new.age <= task.age)

    return sorted(filter(is_needed, found.values()), key=lambda task: task.urgency(now))


# sync --due


def sync_due(
    store: Store, upstream: Upstream, what: Wanted, emit: Emit
) -> tuple[list[Report], MirrorError | None]:
    """Fetches what is due, as far as the limit goes, and publishes each list by itself.

    Gives what was published, and the first error of a list; others are fetched all the same. That
    the limit is reached is none: the next sync goes on.
    """
    reports, errors, tried = list[Report](), list[MirrorError](), set[str]()
    if not _next(store, what, tried):
        return [], None
    with upstream:
        upstream.budget.log.forget()
        upstream.learn_limit()
        upstream.budget.spare = RESERVE
        in_a_row = 0
        while in_a_row < _FAILURES and (task := _next(store, what, tried)):
            name = task.part.name
            tried.add(name)
            try:
                stale = longest_walk(task.age)
                alone = what._replace(modes={name: task.mode}, stale=stale)
                reports += mirror(store, upstream, alone, emit)
                in_a_row = 0
            except (UpstreamError, DataError, Stopped) as error:
                if upstream.budget.left <= 0:
                    break
                errors.append(error)
                in_a_row += 1
            _keep_failure(store, name, failed=in_a_row > 0)
    return reports, next(iter(errors), None)


def _next(store: Store, what: Wanted, tried: set[str]) -> Task | None:
    """The task that is due most, of those that were not tried."""
    now = store.clock.now()
    due = (task for task in due_tasks(store, what) if task.due_at(now) <= now)
    return next((task for task in due if task.part.name not in tried), None)


def _keep_failure(store: Store, name: str, *, failed: bool) -> None:
    """Keeps when a list failed, so that it isn't asked for again at once."""
    failures = store.settings.read(_FAILED, dict) or {}
    failures.pop(name, None)
    failures |= {name: to_iso(store.clock.now())} if failed else {}
    store.settings.keep(_FAILED, failures)


# What it costs


def plan(store: Store, upstream: Upstream, what: Wanted) -> dict[str, Any]:
    """The cost of a sync, as the JSON object of ``plan --json``; asks only what is free.

    ``requests`` is None where a list was never walked, so that its length isn't known; so is
    ``minutes`` then. Raises UpstreamError or Stopped where LL2 can't be asked.
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

    Each can be made when the one that is ``limit`` before it is a window old: so all repeat,
    window by window, what the first ``limit`` of them do.
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

    Where the ages cost more than the limit allows, all lists get late alike: the one that is so
    most times its age is always next.
    """
    with upstream:
        upstream.ask_limit()
    limit, now, allowed = upstream.budget.current(), store.clock.now(), inf
    if limit.limit is not None:
        allowed = max(1, limit.limit - limit.share(RESERVE)) * HOUR / limit.window
    due = due_tasks(store, what)
    costs = sum(task.hourly for task in due)
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
        "resources": [_scheduled(task, now, max(1.0, costs / allowed)) for task in due],
    }


def _scheduled(task: Task, now: datetime, late: float) -> dict[str, Any]:
    """One list of the schedule; ``late``: how many times its age it will reach."""
    return {
        "resource": task.part.name,
        "max_age_seconds": round(task.age),
        "due": task.due_at(now) <= now,
        "due_at": to_iso(task.due_at(now)),
        "requests": task.left,
        "requests_per_hour": round(task.hourly, 3),
        "reaches_seconds": round(task.age * late),
    }
