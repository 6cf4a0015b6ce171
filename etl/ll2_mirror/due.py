"""What a sync is to do: which lists, in which modes, which of them are due, and what that costs.

Each list has an age that it may reach, and so has each slice that can be synced by itself: what is
new, what is upcoming. Overdue lists come first, by how many times their age they are old; then
lists that were never fetched, those with the shortest age first, and last the lists that take
hours: those that can be asked for what is new alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from math import ceil, inf, isinf
from typing import Any, NamedTuple

from ll2_mirror.clock import from_iso, to_iso
from ll2_mirror.errors import MirrorError, UsageError
from ll2_mirror.extract.list_walk import STALE, end_of, page_size, resumable
from ll2_mirror.extract.rate_limit import HOUR, RateLimit
from ll2_mirror.extract.upstream import PAGE_SIZES, Upstream
from ll2_mirror.ll2.lists import DEFAULT_RESOURCE, MODES, NEW, SLICES, Slice, slice_name
from ll2_mirror.ll2.page import LL2_URL
from ll2_mirror.store.ages import ages, latest
from ll2_mirror.store.file import Store
from ll2_mirror.store.sql import Typed
from ll2_mirror.store.walks import Walk

RESERVE = 0.2  # of the limit: left for a sync that a person runs
_FAILED = "failed"  # a setting
# Of a list's age: how long its walk may last, and how long it is left alone after a first failure.
_SHARE = 0.125


# What is asked for


class Wanted(NamedTuple):
    """What a sync is to mirror, and how."""

    base_url: str
    modes: dict[str, str]  # of each list or slice, in the order to walk them
    allow_shrink: bool = False  # publish a list even if too many of its records are missing
    stale: float = STALE  # seconds after which an interrupted walk isn't resumed

    @property
    def mode(self) -> str | None:
        """The mode of all of them; None if they have several."""
        several = set(self.modes.values())
        return several.pop() if len(several) == 1 else None


def wanted(store: Store, resources: list[str], base_url: str | None, mode: str | None) -> Wanted:
    """What is asked for; by default what an interrupted sync was to do, or what the file has.

    Raises UsageError for a mode that the only list lacks, or that is poorer than the file's: a mode
    only grows.
    """
    settings, asked = store.settings, store.settings.asked
    begun = (walk.base_url for walk in store.walks.under_way() if store.walks.pages(walk))
    names = list(dict.fromkeys(resources))
    if not names:
        names = without_parts([*settings.resources, *asked])
    names = names or [DEFAULT_RESOURCE]
    if mode and len(names) == 1 and mode not in (modes := SLICES[names[0]].resource.modes):
        raise UsageError(f"{names[0]} has no {mode} mode: choose {' or '.join(modes)}")
    return Wanted(
        base_url or next(begun, settings.base_url) or LL2_URL,
        {name: _mode(store, SLICES[name], mode, asked.get(name)) for name in names},
    )


def without_parts(names: Collection[str]) -> list[str]:
    """These lists, each once, without the slices of one that is among them as a whole."""
    return [
        name
        for name in dict.fromkeys(names)
        if not SLICES[name].kind or SLICES[name].resource.name not in names
    ]


def _mode(store: Store, part: Slice, mode: str | None, asked: str | None) -> str:
    """The richest mode that a list has up to ``mode``.

    By default the richer of the file's and an interrupted sync's; else normal, or the mode that a
    file of an earlier version has for all its lists.
    """
    resource = part.resource
    last = store.walks.holding(resource.name).last
    current = last.mode if last else None
    richer = max(filter(None, (current, asked)), key=MODES.index, default=None)
    chosen = resource.mode_upto(mode or richer or store.settings.mode or "normal")
    if current and MODES.index(chosen) < MODES.index(current):
        raise UsageError(
            f"{store.path} holds {resource.name} in {current} mode, and a mode only grows: leave"
            f" --mode out, or sync {chosen} mode to another file"
        )
    return chosen


# What failed


class FailedList(NamedTuple):
    """How a list's last attempts in ``sync --due`` failed."""

    since: str  # when the first in a row failed
    at: str  # when the last one did
    times: int  # failures in a row
    error: str  # the last one's text
    again: str  # when it may be tried again


def failures(store: Store) -> dict[str, FailedList]:
    """The lists that failed the last time they were due, and how.

    What a version before 0.8 noted, a time alone, is left out: the list is tried again.
    """
    noted = store.settings.read(_FAILED, dict) or {}
    return {
        name: Typed(store.path).row(
            FailedList._make(map(value.get, FailedList._fields)), "_settings failed"
        )
        for name, value in noted.items()
        if name in SLICES and type(value) is dict
    }


def note_failure(store: Store, task: Task, error: MirrorError) -> None:
    """Notes that a list failed: it is left alone for longer each time, to four times its age."""
    failed, now = failures(store), store.clock.now()
    since, _, times, _, _ = failed.get(task.part.name, FailedList(to_iso(now), "", 0, "", ""))
    first = min(task.age * _SHARE, STALE)
    pause = timedelta(seconds=min(first * 2 ** min(times, 20), 4 * task.age))
    how = FailedList(since, to_iso(now), times + 1, str(error), to_iso(now + pause))
    _keep_failures(store, {**failed, task.part.name: how})


def forget_failures(store: Store, names: Collection[str]) -> None:
    """Forgets how lists failed that are published now.

    If LL2 answers again for one, it may for the others: they are tried at once.
    """
    failed, now = failures(store), to_iso(store.clock.now())
    if not failed.keys().isdisjoint(names):
        others = {name: how._replace(again=now) for name, how in failed.items()}
        _keep_failures(store, {name: others[name] for name in failed if name not in names})


def _keep_failures(store: Store, failed: dict[str, FailedList]) -> None:
    store.settings.keep(_FAILED, {name: how._asdict() for name, how in failed.items()})


# What is due


class Task(NamedTuple):
    """A list or slice, and what is left to do for it."""

    part: Slice
    mode: str
    age: float  # seconds that it may reach
    as_of: datetime | None  # when the file's state of it was fetched; None: that isn't known
    records: int | None  # in a walk over it; None if that isn't known
    staged: int  # pages of an interrupted walk
    left: int | None  # requests; None if that isn't known
    after: datetime | None  # when it may be tried again, if it failed

    @property
    def hourly(self) -> float:
        """The requests an hour that keep it below its age."""
        return ceil(max(1, self.records or 0) / PAGE_SIZES[0]) * HOUR / self.age

    def due_at(self, now: datetime) -> datetime:
        """When it is to be fetched; now if it never was."""
        due = self.as_of + timedelta(seconds=self.age) if self.as_of else now
        return max(due, self.after or due)

    def times_its_age(self, now: datetime) -> float:
        """How many times the age that it may reach it is old; infinite if that isn't known."""
        return (now - self.as_of).total_seconds() / self.age if self.as_of else inf

    def urgency(self, now: datetime) -> tuple[float, ...]:
        """A sort key, the most urgent first: lists that the file has, then the others."""
        if self.as_of:
            return 0, -self.times_its_age(now)
        return 1, not self.part.kind and self.part.resource.delta is not None, self.age


def tasks(store: Store, what: Wanted, *, due: bool = False) -> Iterator[Task]:
    """What is left to do for each of the wanted lists; ``due``: by ``sync --due``."""
    ages_allowed, failed, now = ages(store), failures(store), store.clock.now()
    for name, mode in what.modes.items():
        part, age = SLICES[name], ages_allowed[name]
        holding = store.walks.holding(part.resource.name)
        whole, own = holding.whole, holding.walks.get(part.kind)
        as_of = latest((walk.started for walk in (whole, own) if walk), now)
        stale = longest_walk(age) if due else what.stale
        walk, pages, _ = resumable(store, part, mode, what.base_url, stale)
        records = walk.total if walk and pages else _count(store, part, whole, own)
        left = None
        if records is not None:
            full = due and not pages  # looking through all lists' last pages takes too long
            size = PAGE_SIZES[0] if full else page_size(store, part, mode, what.base_url, pages)
            left = ceil(max(0, records - end_of(pages)) / size)
            left = max(left, 0 if pages else 1)  # an empty list takes one, too
        is_paused = name in failed and latest([failed[name].at], now)
        after = from_iso(failed[name].again) if is_paused else None
        yield Task(part, mode, age, as_of, records, len(pages), left, after)


def _count(store: Store, part: Slice, whole: Walk | None, own: Walk | None) -> int | None:
    """How many records a walk over a slice has; None if that isn't known.

    What is new fits on one page. A view that was never walked is counted in the list's table.
    """
    if part.newest_first:
        return PAGE_SIZES[0]
    if own or not whole or not (view := part.view):
        return own.total if own else None
    sign = {"gte": ">=", "lte": "<="}[view.lookup]
    edge = to_iso(store.clock.now() + timedelta(hours=view.hours))
    sql = f'SELECT count(*) FROM "{part.resource.table}" WHERE "{view.key}" {sign} ?'
    [count] = store.conn.execute(sql, (edge,)).fetchone()
    return int(count)


def longest_walk(age: float) -> float:
    """The seconds that the walk over a list with this age may last."""
    return max(STALE, age * _SHARE)


def due_tasks(store: Store, what: Wanted) -> list[Task]:
    """The tasks of ``sync --due``, the most urgent first.

    What is new in a list can be asked for once the file has the list. A view needs no walk of its
    own if what is new in its list is fetched as often.
    """
    by_name = {task.part.name: task for task in tasks(store, what, due=True)}
    now = store.clock.now()

    def is_needed(task: Task) -> bool:
        part, new = task.part, by_name.get(slice_name(task.part.resource.name, NEW))
        if part.kind == NEW:
            return store.walks.holding(part.resource.name).whole is not None
        return not (part.kind and new and new.age <= task.age)

    return sorted(filter(is_needed, by_name.values()), key=lambda task: task.urgency(now))


# What it costs


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
    due = due_tasks(store, what)
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
        "due": task.due_at(now) <= now,
        "due_at": to_iso(task.due_at(now)),
        "requests": task.left,
        "requests_per_hour": round(task.hourly, 3),
        "reaches_seconds": round(task.age * late),
    }
