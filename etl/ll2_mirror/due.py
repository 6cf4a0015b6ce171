"""Keeps many lists fresh with few requests: which is due next, and what that costs.

Each list has an age that it may reach, and so has each part that is asked for by itself: what is
new, what is upcoming. What is held and overdue goes first, by how many times its age it is old;
then what was never fetched: what may be old least first, and last the lists that take hours, which
are those that can be asked for what is new alone.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from math import ceil, inf
from typing import Any, NamedTuple

from ll2_mirror.clock import from_iso, to_iso
from ll2_mirror.errors import DataError, MirrorError, Stopped, UpstreamError
from ll2_mirror.extract.list_walk import STALE, end_of
from ll2_mirror.extract.rate_limit import HOUR, RateLimit
from ll2_mirror.extract.upstream import PAGE_SIZES, Upstream
from ll2_mirror.ll2.lists import NEW, SLICES, Slice, View, slice_name
from ll2_mirror.load.report import Report
from ll2_mirror.progress import Emit
from ll2_mirror.store.store import Store
from ll2_mirror.store.walks import Walk
from ll2_mirror.sync import Wanted, mirror

RESERVE = 0.2  # of the limit, that is left for a sync that a person asks for
_AGES, _FAILED = "ages", "failed"  # settings
_PART = 0.125  # of its age, that a walk may last, and after which one that failed is tried again
_FAILURES = 2  # in a row end a sync: it may be the server


class Task(NamedTuple):
    """A list or a part of one, and how it stands."""

    part: Slice
    age: float  # seconds that it may be old
    held: datetime | None  # as of when it is held
    records: int | None  # that it has; None where that isn't known
    staged: int  # of them, of a walk under way
    after: datetime | None  # when it may be asked for again, where that failed

    @property
    def requests(self) -> int:
        """How many are left to make of its walk; one where its length isn't known."""
        return _pages((self.records or 0) - self.staged)

    @property
    def hourly(self) -> float:
        """The requests an hour that keep it as fresh as it is to be."""
        return _pages(self.records or 0) * HOUR / self.age

    def due_at(self, now: datetime) -> datetime:
        """When it is to be fetched: now, where it was never."""
        due = self.held + timedelta(seconds=self.age) if self.held else now
        return max(due, self.after or due)

    def urgency(self, now: datetime) -> tuple[float, ...]:
        """Sorts tasks, the most urgent first: those that are held, then those that are not."""
        if self.held:
            return 0, -(now - self.held).total_seconds() / self.age
        return 1, not self.part.kind and self.part.resource.delta is not None, self.age


def _pages(records: int) -> int:
    return ceil(max(1, records) / PAGE_SIZES[0])


def ages(store: Store) -> dict[str, float]:
    """The age in seconds that each list may reach."""
    held = store.settings.read(_AGES, dict) or {}
    if not all(
        name in SLICES and type(age) in (int, float) and age > 0 for name, age in held.items()
    ):
        raise DataError(f"{store.path}: its setting {_AGES} is damaged: set an age anew")
    return {name: held.get(name, part.age * HOUR) for name, part in SLICES.items()}


def set_ages(store: Store, wanted: dict[str, float | None]) -> None:
    """Keeps these ages in the file; None gives a list its own back."""
    held = {**(store.settings.read(_AGES, dict) or {}), **wanted}
    store.settings.keep(_AGES, {name: age for name, age in held.items() if age is not None})


def tasks(store: Store, what: Wanted) -> list[Task]:
    """How the lists stand that are wanted."""
    may_be, failed = ages(store), store.settings.read(_FAILED, dict) or {}
    under_way = {walk.name: walk for walk in store.walks.under_way()}
    wanted = (SLICES[name] for name in what.modes if not _is_covered(SLICES[name], what, may_be))
    found = []
    for part in (one for one in wanted if one.kind != NEW or store.walks.published(one.listed)):
        held, begun = _held(store, part), under_way.get(part.name)
        last = begun if begun and begun.total is not None else None
        again = timedelta(seconds=min(may_be[part.name] * _PART, STALE))
        found.append(
            Task(
                part,
                may_be[part.name],
                from_iso(held.started) if held else None,
                _records(store, part, last),
                end_of(store.walks.pages(begun)) if begun else 0,
                from_iso(failed[part.name]) + again if part.name in failed else None,
            )
        )
    return found


def _is_covered(part: Slice, what: Wanted, may_be: dict[str, float]) -> bool:
    """Whether a view needs no walk of its own, as what is new in its list is asked for as often."""
    new = slice_name(part.resource.name, NEW)
    is_view = part.kind not in ("", NEW)
    return is_view and new in what.modes and may_be[new] <= may_be[part.name]


def _held(store: Store, part: Slice) -> Walk | None:
    """The walk that last brought a part, or the list as a whole."""
    resource = part.resource.name
    walks = (store.walks.published(resource), store.walks.published(resource, part.kind))
    return max(filter(None, walks), key=lambda walk: walk.started, default=None)


def _records(store: Store, part: Slice, begun: Walk | None) -> int | None:
    """How many records a walk over a part has, as the one under way or the last one tells.

    The newest of all are on a page. Of a view, the records of the list are counted.
    """
    if part.newest_first:
        return PAGE_SIZES[0]
    walk = begun or store.walks.published(part.resource.name, part.kind)
    if not walk and part.view and store.walks.published(part.resource.name):
        return _shown(store, part.resource.table, part.view)
    return walk.total if walk else None


def _shown(store: Store, table: str, view: View) -> int:
    """How many records of a table a view shows now."""
    sign = {"gte": ">=", "lte": "<="}[view.lookup]
    edge = to_iso(store.clock.now() + timedelta(hours=view.hours))
    sql = f'SELECT count(*) FROM "{table}" WHERE "{view.key}" {sign} ?'
    count: int = store.conn.execute(sql, (edge,)).fetchone()[0]
    return count


def sync_due(
    store: Store, upstream: Upstream, what: Wanted, tell: Emit
) -> tuple[list[Report], MirrorError | None]:
    """Fetches what is due, as far as the limit goes, and publishes each list by itself.

    Gives what was published, and the first error of a list; others are fetched all the same. That
    the limit is reached is none: the next sync goes on.
    """
    done, errors, tried = list[Report](), list[MirrorError](), set[str]()
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
                stale = max(STALE, task.age * _PART)
                one = what._replace(modes={name: what.modes[name]}, stale=stale)
                done += mirror(store, upstream, one, tell)
                in_a_row = 0
            except (UpstreamError, DataError, Stopped) as error:
                if upstream.budget.left <= 0:
                    break
                errors.append(error)
                in_a_row += 1
            _keep_failure(store, name, failed=in_a_row > 0)
    return done, next(iter(errors), None)


def _next(store: Store, what: Wanted, tried: set[str]) -> Task | None:
    """The task that is due most, of those that were not tried."""
    now = store.clock.now()
    due = (
        one for one in tasks(store, what) if one.part.name not in tried and one.due_at(now) <= now
    )
    return min(due, key=lambda task: task.urgency(now), default=None)


def _keep_failure(store: Store, name: str, *, failed: bool) -> None:
    """Keeps when a list failed, so that it isn't asked for again at once."""
    held = store.settings.read(_FAILED, dict) or {}
    held.pop(name, None)
    store.settings.keep(_FAILED, held | ({name: to_iso(store.clock.now())} if failed else {}))


def schedule(store: Store, upstream: Upstream, what: Wanted) -> dict[str, Any]:
    """What ``sync --due`` has to do, as the JSON object of ``plan --due --json``.

    Where the ages cost more than the limit allows, all lists get late alike: the one that is so
    most times its age is always next.
    """
    with upstream:
        upstream.ask_limit()
    standing, now = upstream.budget.current(), store.clock.now()
    found = sorted(tasks(store, what), key=lambda task: task.urgency(now))
    allowed = _allowed(standing)
    costs = sum(task.hourly for task in found)
    first = [task for task in found if task.held is None]
    fill = sum(task.requests for task in first)
    return {
        "base_url": upstream.base_url,
        "limit": standing.limit,
        "reserve": standing.share(RESERVE),
        "requests_per_hour": round(costs, 2),
        "allowed_per_hour": None if allowed == inf else round(allowed, 2),
        "carries": costs <= allowed,
        "first_fill": {
            "lists": len(first),
            "requests": fill,
            "known": all(task.records is not None for task in first),
            "hours": round(fill / allowed, 1),
        },
        "resources": [_planned(task, now, max(1.0, costs / allowed)) for task in found],
    }


def _allowed(standing: RateLimit) -> float:
    """The requests an hour that ``sync --due`` may make."""
    if standing.limit is None:
        return inf
    return max(1, standing.limit - standing.share(RESERVE)) * HOUR / standing.window


def _planned(task: Task, now: datetime, late: float) -> dict[str, Any]:
    """One list of the schedule; ``late``: how many times its age it will reach."""
    return {
        "resource": task.part.name,
        "max_age_seconds": round(task.age),
        "due": task.due_at(now) <= now,
        "due_at": to_iso(task.due_at(now)),
        "requests": None if task.records is None else task.requests,
        "requests_per_hour": round(task.hourly, 3),
        "reaches_seconds": round(task.age * late),
    }
