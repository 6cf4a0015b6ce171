"""What a sync is to do: which lists, in which modes, and which of them are due.

Each list has an age that it may reach, and so has each slice that can be synced by itself: what is
new, what is upcoming. Due is what would exceed its age before the next run. What the file has comes
first, by how many times its age it is old; then what was never fetched, the shortest age first, and
last the lists that are fetched by their newest records from then on, as that takes hours.

Near a launch, what is new may only become as old as the limit allows; what would be due meanwhile
is fetched before.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from datetime import datetime, timedelta
from math import ceil, inf
from typing import NamedTuple

from ll2_mirror.clock import age as age_of
from ll2_mirror.clock import from_iso, to_iso
from ll2_mirror.errors import MirrorError, UsageError
from ll2_mirror.extract.list_walk import STALE, end_of, page_size, resumable
from ll2_mirror.extract.rate_limit import HOUR, RateLimit
from ll2_mirror.extract.upstream import PAGE_SIZES
from ll2_mirror.ll2.lists import DEFAULT_RESOURCE, MODES, NEW, SLICES, Slice, slice_name
from ll2_mirror.ll2.page import LL2_URL
from ll2_mirror.store.ages import ages, latest
from ll2_mirror.store.file import Store
from ll2_mirror.store.sql import Typed
from ll2_mirror.store.walks import Walk

RESERVE = 0.2  # of the limit: left for a sync that a person runs
_OVERDUE = 1.1  # times its age: then a list may use the reserve
# Near a moment, in seconds before and after it; and ahead of it, before it is near.
_BEFORE, _AFTER, _AHEAD = 2 * HOUR, HOUR, 2 * HOUR
_PRECISE = 2  # of config/net_precisions: a moment is known to the second, the minute or the hour
_EVERY = 600  # seconds between two runs, before that is known
_JITTER = 0.9  # of the time between two runs: no run begins on the second
_FAILED, _RUN = "failed", "due_run"  # settings
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
    """Notes that a list failed: it is left alone for longer each time, up to four times its age."""
    failed, now = failures(store), store.clock.now()
    since, _, times, _, _ = failed.get(task.part.name, FailedList(to_iso(now), "", 0, "", ""))
    age = task.near or task.age
    pause = timedelta(seconds=min(min(age * _SHARE, STALE) * 2 ** min(times, 20), 4 * age))
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


# How often


class LastRun(NamedTuple):
    """The last ``sync --due``: when it began, and how many seconds after the one before."""

    at: str
    every: int


def last_run(store: Store) -> LastRun | None:
    """The last run that the file knows of."""
    if (noted := store.settings.read(_RUN, dict)) is None:
        return None
    return Typed(store.path).row(LastRun._make(map(noted.get, LastRun._fields)), "_settings run")


def note_run(store: Store) -> None:
    """Notes that a ``sync --due`` begins, so that the next run's time can be told."""
    before, now, every = last_run(store), store.clock.now(), _EVERY
    if before and (since := age_of(from_iso(before.at), now)):
        every = min(since, round(HOUR))
    store.settings.keep(_RUN, LastRun(to_iso(now), every)._asdict())


class Pace(NamedTuple):
    """How often ``sync --due`` runs, and may make a request; both in seconds."""

    run: float
    request: float

    def near(self, moments: list[datetime], now: datetime) -> tuple[bool, float]:
        """Whether one of the moments is near, and in how many seconds other lists can be fetched.

        That is the next run, or after a moment that is not near yet: then there is no time.
        """
        away = [(moment - now).total_seconds() for moment in moments]
        if any(-_AFTER <= seconds <= _BEFORE for seconds in away):
            return True, self.run
        ahead = [seconds for seconds in away if _BEFORE < seconds <= _BEFORE + _AHEAD]
        return False, max(self.run, min(ahead, default=-_AFTER) + _AFTER)


def pace(store: Store, limit: RateLimit) -> Pace:
    """How often this file's runs come, and requests can be made within a limit."""
    last = last_run(store)
    return Pace(last.every if last else _EVERY, limit.window / limit.limit if limit.limit else 0)


def _moments(store: Store, part: Slice) -> list[datetime]:
    """The moments of a list's records that are near or ahead, if they are known precisely."""
    now, key = store.clock.now(), part.moment
    edges = (now - timedelta(seconds=_AFTER), now + timedelta(seconds=_BEFORE + _AHEAD))
    rows = store.conn.execute(
        f'SELECT DISTINCT "{key}" FROM "{part.resource.table}"'
        f' WHERE "{key}_precision_id" <= ? AND "{key}" BETWEEN ? AND ?',
        (_PRECISE, *map(to_iso, edges)),
    )
    return [from_iso(moment) for (moment,) in rows]


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
    near: float | None = None  # seconds that it may reach now, as a moment is near
    early: float = 0  # seconds before it is overdue in which it is fetched

    @property
    def hourly(self) -> float:
        """The requests an hour that keep it below its age."""
        return ceil(max(1, self.records or 0) / PAGE_SIZES[0]) * HOUR / self.age

    def due_at(self, now: datetime) -> datetime:
        """When it is to be fetched; now if it never was."""
        wait = timedelta(seconds=(self.near or self.age) - self.early)
        due = self.as_of + wait if self.as_of else now
        return max(due, self.after or due)

    def times_its_age(self, now: datetime) -> float:
        """How many times the age that it may reach it is old; infinite if that isn't known."""
        allowed = self.near or self.age
        return (now - self.as_of).total_seconds() / allowed if self.as_of else inf

    def spare(self, now: datetime) -> float:
        """The share of the limit to leave: none near a moment, or if it is overdue."""
        return 0.0 if self.near or _OVERDUE < self.times_its_age(now) < inf else RESERVE

    def urgency(self, now: datetime) -> tuple[float, ...]:
        """A sort key, the most urgent first: lists that the file has, then the others."""
        if self.as_of:
            return 0, -self.times_its_age(now)
        newest = SLICES.get(slice_name(self.part.name, NEW))
        return 1, newest is not None and newest.newest_first, self.age


def tasks(store: Store, what: Wanted, due: Pace | None = None) -> Iterator[Task]:
    """What is left to do for each of the wanted lists; ``due``: by ``sync --due`` at this pace."""
    ages_allowed, failed, now = ages(store), failures(store), store.clock.now()
    near = dict(_near(store, what, due, ages_allowed) if due else ())
    for name, mode in what.modes.items():
        part, age = SLICES[name], ages_allowed[name]
        holding = store.walks.holding(part.resource.name)
        whole, own = holding.whole, holding.walks.get(part.kind)
        as_of = latest((walk.started for walk in (whole, own) if walk), now)
        if due and not whole and age < ages_allowed[part.resource.name]:
            age /= 2  # until what is new can be asked for
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
        near_age, early = near.get(name, near.get("", (None, 0.0)))
        yield Task(part, mode, age, as_of, records, len(pages), left, after, near_age, early)


def _near(
    store: Store, what: Wanted, due: Pace, ages_allowed: dict[str, float]
) -> Iterator[tuple[str, tuple[float | None, float]]]:
    """The fields ``near`` and ``early`` of lists that have moments, and under "" of all others."""
    now, ahead = store.clock.now(), due.run
    for part in (SLICES[name] for name in what.modes if SLICES[name].moment):
        is_near, free = due.near(_moments(store, part), now)
        ahead = max(ahead, free)
        age = max(ages_allowed[f"{part.name}:near"], due.request) if is_near else None
        yield part.name, (age, due.run * _JITTER)
    yield "", (None, ahead * _JITTER)


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


def due_tasks(store: Store, what: Wanted, due: Pace) -> list[Task]:
    """The tasks of ``sync --due``, the most urgent first.

    What is new in a list can be asked for once the file has the list. A view needs no walk of its
    own if its list is fetched as often.
    """
    by_name = {task.part.name: task for task in tasks(store, what, due)}
    now = store.clock.now()

    def is_needed(task: Task) -> bool:
        part, whole = task.part, by_name.get(task.part.resource.name)
        if part.kind == NEW:
            return store.walks.holding(part.resource.name).whole is not None
        return not (part.view and whole and whole.age <= task.age)

    return sorted(filter(is_needed, by_name.values()), key=lambda task: task.urgency(now))


def most_due(
    due: list[Task], tried: Collection[str], now: datetime, left: Callable[[float], float]
) -> Task | None:
    """The most urgent task that is due, was not tried, and for which the limit has room.

    ``left``: how many requests may be made now, if a share of the limit is left.
    """
    ready = (task for task in due if task.part.name not in tried and task.due_at(now) <= now)
    return next((task for task in ready if left(task.spare(now)) > 0), None)
