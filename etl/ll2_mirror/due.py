"""What a sync is to do: which lists, in which modes, and which of them are due.

Each list has a maximum age, and so has each part that can be synced by itself: new records, a view
such as upcoming launches. A list is due if it would exceed its age before the next run. Lists that
the file has come first, ordered by how many times their age they are old; then lists that were
never fetched, the shortest age first. Those that take hours once, and then are updated from their
newest records, come last. A list that failed is left alone for a while.

Near a launch, new records are fetched as often as the limit allows; other lists that would become
due in that time are fetched before it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from datetime import datetime, timedelta
from math import inf
from typing import NamedTuple

from ll2_mirror.clock import age as age_of
from ll2_mirror.clock import from_iso, to_iso
from ll2_mirror.errors import MirrorError, UsageError
from ll2_mirror.extract.list_walk import STALE
from ll2_mirror.extract.rate_limit import HOUR, Budget, RateLimit
from ll2_mirror.ll2.lists import DEFAULT_RESOURCE, MODES, NEW, SLICES, Slice, slice_name
from ll2_mirror.ll2.page import LL2_URL
from ll2_mirror.store.ages import ages, latest
from ll2_mirror.store.file import Store
from ll2_mirror.store.sql import Typed

RESERVE = 0.2  # of the limit: left for a sync that a person runs
_OVERDUE = 1.05  # times its age: then a list may use the reserve
# Of a list's age: how long its walk may take, and how long to wait after its first failure.
_SHARE = 0.125
_EARLIEST = 0.75  # of a list's age: so much earlier it is fetched at most
_EVERY = 600  # seconds assumed between two runs, until two were made
_JITTER = 0.9  # of the time between two runs: runs don't begin exactly on time
_BEFORE, _AFTER = 2 * HOUR, HOUR  # near a moment: seconds before and after it
_AHEAD = 3 * HOUR  # before a moment is near: when other lists are fetched for its time, too
_FORESEEN = timedelta(days=1)  # the moments that are looked at
_PRECISE = 2  # the largest id in config/net_precisions for a second, a minute or an hour
_FAILED, _RUN = "failed", "due_run"  # settings


# What is requested


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
    """What a command requests; by default what an interrupted sync was to do, or the file has.

    Raises UsageError for a mode that the only list doesn't have, or one with fewer keys than the
    file's: a list's mode never decreases.
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
    """These lists, each once, without the parts of lists that are also requested as a whole."""
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
            f"{store.path} holds {resource.name} in {current} mode, which has more: leave --mode"
            f" out, or sync {chosen} mode to another file"
        )
    return chosen


# How often


class LastRun(NamedTuple):
    """The last ``sync --due``: when it began, and how many seconds after the one before."""

    at: str
    every: int


class Pace(NamedTuple):
    """The seconds between two runs of ``sync --due``, and between two requests."""

    run: float
    request: float


def last_run(store: Store) -> LastRun | None:
    """The last run that the file knows of."""
    if (noted := store.settings.read(_RUN, dict)) is None:
        return None
    return Typed(store.path).row(LastRun._make(map(noted.get, LastRun._fields)), "_settings run")


def note_run(store: Store) -> None:
    """Notes that a ``sync --due`` begins, to estimate when the next one will."""
    before, now, every = last_run(store), store.clock.now(), _EVERY
    if before and (since := age_of(from_iso(before.at), now)):
        every = min(since, round(HOUR))
    store.settings.keep(_RUN, LastRun(to_iso(now), every)._asdict())


def pace(store: Store, limit: RateLimit) -> Pace:
    """How often this file is synced, and how often a limit allows a request."""
    last = last_run(store)
    return Pace(last.every if last else _EVERY, limit.window / limit.limit if limit.limit else 0)


# Near a launch or an event


def is_near(moments: list[datetime], now: datetime) -> bool:
    """Whether one of the moments is near."""
    return any(-_AFTER <= (moment - now).total_seconds() <= _BEFORE for moment in moments)


def busy_for(moments: list[datetime], now: datetime) -> float:
    """The seconds until the next of the moments is over; 0 if one is near now, or none comes soon.

    Those that follow it so closely that one is always near count, too. All requests will be used
    for them, so other lists are fetched earlier by this time.
    """
    busy, horizon = 0.0, _AHEAD
    for seconds in sorted((moment - now).total_seconds() for moment in moments):
        if seconds - _BEFORE <= 0:
            return 0.0
        if seconds - _BEFORE <= horizon:
            busy = horizon = seconds + _AFTER
    return busy


def _moments(store: Store, part: Slice) -> list[datetime]:
    """The moments of a list's records that are near or within a day, and known to the hour."""
    now, key = store.clock.now(), part.moment
    edges = (now - timedelta(seconds=_AFTER), now + _FORESEEN)
    rows = store.conn.execute(
        f'SELECT DISTINCT "{key}" FROM "{part.resource.table}"'
        f' WHERE "{key}_precision_id" <= ? AND "{key}" BETWEEN ? AND ?',
        (_PRECISE, *map(to_iso, edges)),
    )
    return [from_iso(moment) for (moment,) in rows]


# What is due


class Task(NamedTuple):
    """A list or part, and when it is to be fetched."""

    part: Slice
    mode: str
    age: float  # its maximum age in seconds
    as_of: datetime | None  # when the file's state of it was fetched; None if unknown
    after: datetime | None  # when it may be tried again, if it failed
    near: float | None  # its maximum age in seconds while a moment is near
    early: float  # how many seconds before its maximum age it is fetched

    @property
    def stale(self) -> float:
        """The seconds after which an interrupted walk over it isn't resumed."""
        return max(STALE, self.age * _SHARE)

    @property
    def allowed(self) -> float:
        """The maximum age that counts now."""
        return self.near or self.age

    def due_at(self, now: datetime) -> datetime:
        """When it is due; now if it was never fetched."""
        wait = timedelta(seconds=self.allowed - min(self.early, _EARLIEST * self.allowed))
        due = self.as_of + wait if self.as_of else now
        return max(due, self.after or due)

    def times_its_age(self, now: datetime) -> float:
        """Its age, as a multiple of its maximum age; infinite if unknown."""
        return (now - self.as_of).total_seconds() / self.allowed if self.as_of else inf

    def spare(self, now: datetime) -> float:
        """The share of the limit to leave unused: none near a moment, or if it is overdue."""
        return 0.0 if self.near or _OVERDUE < self.times_its_age(now) < inf else RESERVE

    def urgency(self, now: datetime) -> tuple[float, ...]:
        """A sort key, the most urgent first: lists that the file has, then the others."""
        if self.as_of:
            return 0, -self.times_its_age(now)
        newest = SLICES.get(slice_name(self.part.name, NEW))
        return 1, newest is not None and newest.newest_first, self.age


def due_tasks(store: Store, what: Wanted, due: Pace) -> list[Task]:
    """The tasks of ``sync --due``, the most urgent first."""
    now = store.clock.now()
    return sorted(_tasks(store, what, due), key=lambda task: task.urgency(now))


def _tasks(store: Store, what: Wanted, due: Pace) -> Iterator[Task]:
    allowed, failed, now = ages(store), failures(store), store.clock.now()
    moments = {name: _moments(store, SLICES[name]) for name in what.modes if SLICES[name].moment}
    ahead = max([due.run, *(busy_for(each, now) for each in moments.values())])
    for name, mode in what.modes.items():
        part, age = SLICES[name], allowed[name]
        of_list, walks = part.resource.name, store.walks.holding(part.resource.name).walks
        if part.kind == NEW and "" not in walks:
            continue  # what is new can only be requested once the file has the list
        if part.view and of_list in what.modes and allowed[of_list] <= age:
            continue  # its list is fetched at least as often
        if "" not in walks and age < allowed[of_list]:
            age /= 2  # until what is new can be requested
        as_of = latest((walks[kind].started for kind in {"", part.kind} & walks.keys()), now)
        is_paused = name in failed and latest([failed[name].at], now)
        after = from_iso(failed[name].again) if is_paused else None
        near, early = None, ahead
        if name in moments:
            early = due.run
            if is_near(moments[name], now):
                near = max(allowed[f"{name}:near"], due.request)
        yield Task(part, mode, age, as_of, after, near, early * _JITTER)


def next_task(store: Store, budget: Budget, what: Wanted, tried: Collection[str]) -> Task | None:
    """The task to do next, if any; the budget then spares what it is to leave."""

    def left(spare: float) -> float:
        budget.spare = spare
        return budget.left

    due = due_tasks(store, what, pace(store, budget.current()))
    return most_due(due, tried, store.clock.now(), left)


def most_due(
    due: list[Task], tried: Collection[str], now: datetime, left: Callable[[float], float]
) -> Task | None:
    """The most urgent task that is due, was not tried, and for which the limit has room.

    ``left``: how many requests may be made now, if a share of the limit is left.
    """
    ready = (task for task in due if task.part.name not in tried and task.due_at(now) <= now)
    return next((task for task in ready if left(task.spare(now)) > 0), None)


# What failed, and when it may be tried again


class FailedList(NamedTuple):
    """A list's failures in a row in ``sync --due``."""

    since: str  # when the first one was
    at: str  # when the last one was
    times: int  # how many
    error: str  # the message of the last one
    again: str  # when the list may be tried again


def failures(store: Store) -> dict[str, FailedList]:
    """The lists that failed the last time they were due, and how.

    What a version before 0.7.1 noted, a time alone, is left out: the list is tried again.
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
    """Notes that a list failed: it is left alone for longer each time, up to four times its age."""
    failed, now = failures(store), store.clock.now()
    since, _, times, _, _ = failed.get(task.part.name, FailedList(to_iso(now), "", 0, "", ""))
    first = min(task.allowed * _SHARE, STALE)
    pause = timedelta(seconds=min(first * 2 ** min(times, 20), 4 * task.allowed))
    how = FailedList(since, to_iso(now), times + 1, str(error), to_iso(now + pause))
    _keep_failures(store, {**failed, task.part.name: how})


def forget_failures(store: Store, names: Collection[str]) -> None:
    """Deletes the failures of lists that are now published.

    If LL2 works again for one list, it may for the others: they are tried immediately.
    """
    failed, now = failures(store), to_iso(store.clock.now())
    if not failed.keys().isdisjoint(names):
        others = {name: how._replace(again=now) for name, how in failed.items()}
        _keep_failures(store, {name: others[name] for name in failed if name not in names})


def _keep_failures(store: Store, failed: dict[str, FailedList]) -> None:
    store.settings.keep(_FAILED, {name: how._asdict() for name, how in failed.items()})
