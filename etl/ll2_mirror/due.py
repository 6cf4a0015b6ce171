"""Keeps many lists fresh with few requests: which is due next, and what that costs.

Each list has an age that it may reach. What is held and overdue goes first, by how many times its
age it is old; then what was never fetched, what may be old least first, so that what people want
most and what is short is there before what is long.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from math import ceil, inf
from typing import Any, NamedTuple

from ll2_mirror.clock import from_iso, to_iso
from ll2_mirror.errors import DataError, MirrorError, Stopped, UpstreamError
from ll2_mirror.extract.budget import Standing
from ll2_mirror.extract.crawl import STALE, end_of
from ll2_mirror.extract.page_size import LIMITS
from ll2_mirror.extract.upstream import Upstream
from ll2_mirror.ll2.resources import RESOURCES
from ll2_mirror.load.report import Report
from ll2_mirror.progress import Tell
from ll2_mirror.store.store import Store
from ll2_mirror.store.walks import Walk
from ll2_mirror.sync import Wanted, mirror

HOUR = 3600.0
RESERVE = 0.2  # of the limit, that is left for a sync that a person asks for
_AGES, _FAILED = "ages", "failed"  # settings
_AGAIN = 0.125  # of its age, after which a list that failed is asked for again
_FAILURES = 2  # in a row end a sync: it may be the server


class List(NamedTuple):
    """How one list stands."""

    name: str
    age: float  # seconds that it may be old
    held: datetime | None  # as of when it is held
    pages: int  # that it has; one where nothing is known
    requests: int  # that are left to make of its walk
    known: bool  # whether that number is
    after: datetime | None  # when it may be asked for again, where that failed

    @property
    def hourly(self) -> float:
        """The requests an hour that keep it as fresh as it is to be."""
        return self.pages * HOUR / self.age

    def due_at(self, now: datetime) -> datetime:
        """When it is to be fetched: now, where it was never."""
        due = self.held + timedelta(seconds=self.age) if self.held else now
        return max(due, self.after or due)

    def overdue(self, now: datetime) -> float:
        """How many times its age it is old; infinite where it was never fetched."""
        return (now - self.held).total_seconds() / self.age if self.held else inf

    def is_due(self, now: datetime) -> bool:
        """Whether it is to be fetched now."""
        return self.due_at(now) <= now

    def urgency(self, now: datetime) -> tuple[float, ...]:
        """Sorts lists, the most urgent first: those that are held, then those that are not."""
        overdue = self.overdue(now)
        return (0, -overdue, 0) if overdue < inf else (1, self.age, self.requests)


def ages(store: Store) -> dict[str, float]:
    """The age in seconds that each list may reach."""
    held = store.settings.read(_AGES, dict) or {}
    if not all(
        name in RESOURCES and type(age) in (int, float) and age > 0 for name, age in held.items()
    ):
        raise DataError(f"{store.path}: its setting {_AGES} is damaged: set an age anew")
    return {name: held.get(name, each.age * HOUR) for name, each in RESOURCES.items()}


def set_ages(store: Store, wanted: dict[str, float | None]) -> None:
    """Keeps these ages in the file; None gives a list its own back."""
    held = {**(store.settings.read(_AGES, dict) or {}), **wanted}
    store.settings.keep(_AGES, {name: age for name, age in held.items() if age is not None})


def lists(store: Store, names: Sequence[str]) -> list[List]:
    """How these lists stand; all of LL2's, where none is named."""
    limits, failed = ages(store), store.settings.read(_FAILED, dict) or {}
    under_way = {walk.resource: walk for walk in store.walks.under_way()}
    found = []
    for name in names or RESOURCES:
        walk = store.walks.published(name)
        total, done = _length(store, under_way.get(name), walk)
        after = timedelta(seconds=min(limits[name] * _AGAIN, STALE))
        found.append(
            List(
                name,
                limits[name],
                from_iso(walk.started) if walk else None,
                ceil(max(1, total or 0) / LIMITS[0]),
                ceil(max(1, (total or 0) - done) / LIMITS[0]),
                total is not None,
                from_iso(failed[name]) + after if name in failed else None,
            )
        )
    return found


def _length(store: Store, *walks: Walk | None) -> tuple[int | None, int]:
    """How many records a list has, as far as known, and how many of them are staged."""
    for walk, staged in zip(walks, (True, False), strict=True):
        if walk and walk.total is not None:
            return walk.total, end_of(store.walks.pages(walk)) if staged else 0
    return None, 0


def sync_due(
    store: Store,
    upstream: Upstream,
    names: Sequence[str],
    wanted: Callable[[Store, str], Wanted],
    tell: Tell,
) -> tuple[list[Report], MirrorError | None]:
    """Fetches what is due, as far as the limit goes, and publishes each list by itself.

    Gives what was published, and the first error of a list; others are fetched all the same. That
    the limit is reached is none: the next sync goes on.
    """
    done, errors, in_a_row, tried = list[Report](), list[MirrorError](), 0, set[str]()
    if not _next(store, names, tried):
        return [], None
    with upstream:
        upstream.budget.log.forget()
        upstream.learn_limit()
        upstream.budget.spare = RESERVE
        while in_a_row < _FAILURES and (each := _next(store, names, tried)):
            tried.add(each.name)
            try:
                stale = max(STALE, each.age * _AGAIN)
                done += mirror(store, upstream, wanted(store, each.name), tell, stale=stale)
                in_a_row = 0
            except (UpstreamError, DataError, Stopped) as error:
                if upstream.budget.left <= 0:
                    break
                errors.append(error)
                in_a_row += 1
            _keep_failure(store, each.name, failed=in_a_row > 0)
    return done, next(iter(errors), None)


def _next(store: Store, names: Sequence[str], tried: set[str]) -> List | None:
    """The list that is due most, of those that were not tried."""
    now = store.clock.now()
    due = (each for each in lists(store, names) if each.name not in tried and each.is_due(now))
    return min(due, key=lambda each: each.urgency(now), default=None)


def _keep_failure(store: Store, name: str, failed: bool) -> None:
    """Keeps when a list failed, so that it isn't asked for again at once."""
    held = store.settings.read(_FAILED, dict) or {}
    held.pop(name, None)
    store.settings.keep(_FAILED, held | ({name: to_iso(store.clock.now())} if failed else {}))


def schedule(store: Store, upstream: Upstream, names: Sequence[str]) -> dict[str, Any]:
    """What ``sync --due`` has to do, as the JSON object of ``plan --due --json``.

    Where the ages cost more than the limit allows, all lists get late alike: the one that is so
    most times its age is always next.
    """
    with upstream:
        upstream.ask_limit()
    standing, now = upstream.budget.standing(), store.clock.now()
    found = sorted(lists(store, names), key=lambda each: each.urgency(now))
    allowed = inf if standing.limit is None else _usable(standing) * HOUR / standing.window
    costs = sum(each.hourly for each in found)
    late = max(1.0, costs / allowed)
    first = [each for each in found if each.held is None]
    fill = sum(each.requests for each in first)
    return {
        "base_url": upstream.base_url,
        "limit": standing.limit,
        "reserve": standing.share(RESERVE),
        "requests_per_hour": round(costs, 2),
        "allowed_per_hour": None if allowed == inf else round(allowed, 2),
        "carries": late == 1,
        "first_fill": {
            "lists": len(first),
            "requests": fill,
            "known": all(each.known for each in first),
            "hours": round(fill / allowed, 1),
        },
        "resources": [_planned(each, now, late) for each in found],
    }


def _usable(standing: Standing) -> int:
    """The requests of a window that ``sync --due`` may make."""
    return max(1, (standing.limit or 0) - standing.share(RESERVE))


def _planned(each: List, now: datetime, late: float) -> dict[str, Any]:
    """One list of the schedule; ``reaches`` is the age that it will have at most."""
    return {
        "resource": each.name,
        "max_age_seconds": round(each.age),
        "due": each.is_due(now),
        "due_at": to_iso(each.due_at(now)),
        "requests": each.requests if each.known else None,
        "requests_per_hour": round(each.hourly, 3),
        "reaches_seconds": round(each.age * late),
    }
