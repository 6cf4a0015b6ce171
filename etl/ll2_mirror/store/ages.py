"""How old the file's lists are, and how old they may become."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from ll2_mirror.clock import age as age_of
from ll2_mirror.clock import from_iso
from ll2_mirror.errors import DataError, UsageError
from ll2_mirror.ll2.lists import AGES, NEW, SLICES
from ll2_mirror.store.file import Store

_AGES = "ages"  # the setting with the changed ages


def ages(store: Store) -> dict[str, float]:
    """The maximum age of each list in seconds, by the names of AGES."""
    changed = store.settings.read(_AGES, dict) or {}
    if not all(
        name in AGES and type(age) in (int, float) and age > 0 for name, age in changed.items()
    ):
        raise DataError(f"{store.path}: its setting {_AGES} is damaged: set the age again")
    return AGES | changed


def set_ages(store: Store, wanted: dict[str, float | None]) -> None:
    """Stores these ages in the file; None restores a list's default.

    Raises UsageError if a list could then be older near a moment than at other times.
    """
    both = {**(store.settings.read(_AGES, dict) or {}), **wanted}
    changed = {name: age for name, age in both.items() if age is not None}
    allowed = AGES | changed
    for name in allowed:
        usual = name.removesuffix(":near")
        if allowed[name] > allowed[usual]:
            raise UsageError(f"{name} can't be longer than the age of {usual}: change both")
    store.settings.keep(_AGES, changed)


class ListAge(NamedTuple):
    """When LL2 was last asked for a list, and how many seconds old the file's may become."""

    asked: datetime | None  # None: a clock was wrong, so that isn't known
    most: float

    def seconds(self, now: datetime) -> int | None:
        """How old it is; None if that isn't known."""
        return age_of(self.asked, now) if self.asked else None

    def left(self, now: datetime) -> int:
        """The seconds until it is overdue; negative if it is, or if its age isn't known."""
        seconds = self.seconds(now)
        return -1 if seconds is None else round(self.most - seconds)


def list_ages(store: Store) -> dict[str, ListAge]:
    """How old the file's lists and views are.

    A view is as new as the last walk over its list or itself. A walk over new records doesn't
    count, as not every change of a record makes it new.
    """
    most, now, known = ages(store), store.clock.now(), dict[str, ListAge]()
    for name, part in SLICES.items():
        walks = store.walks.holding(part.resource.name).walks
        times = [walk.started for kind, walk in walks.items() if kind in ("", part.kind)]
        if times and part.kind != NEW:
            known[name] = ListAge(latest(times, now), most[name])
    return known


def latest(times: Iterable[str], now: datetime) -> datetime | None:
    """The latest of some times; ignores times in the future, which a wrong clock recorded."""
    past = (when for when in map(from_iso, times) if age_of(when, now) is not None)
    return max(past, default=None)
