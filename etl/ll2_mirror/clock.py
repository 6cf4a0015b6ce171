"""The clock, which is passed in, and the formats of times."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta

from ll2_mirror.errors import NoTime

_AHEAD = 300.0  # seconds by which two machines' clocks may differ
_UNITS = (("day", 86400), ("hour", 3600), ("minute", 60))
# The units of ages such as 12h, in seconds, the longest first.
AGE_UNITS = {"w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1}
_AGE = re.compile(r"(\d{1,15})\s*([smhdw])")


def seconds(text: str) -> float:
    """The seconds of ``90s``, ``15m``, ``12h``, ``2d`` or ``1w``; raises ValueError."""
    if not (match := _AGE.fullmatch(text)):
        raise ValueError(text)
    return float(int(match[1]) * AGE_UNITS[match[2]])


class Clock:
    """The machine's clock; tests pass in their own."""

    def now(self) -> datetime:
        """The present time, in UTC."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Waits for some seconds."""
        time.sleep(seconds)


class FakeClock(Clock):
    """A clock that goes with the machine's, from another time; to sleep moves it ahead at once."""

    def __init__(self, start: datetime | None = None) -> None:
        self._ahead = start - super().now() if start else timedelta()

    def now(self) -> datetime:
        """The time that it shows."""
        return super().now() + self._ahead

    def sleep(self, seconds: float) -> None:
        """Moves it ahead, without waiting."""
        self._ahead += timedelta(seconds=seconds)


def to_iso(when: datetime) -> str:
    """A time as stored in the file: UTC, ISO 8601, sortable as text."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def from_iso(text: str) -> datetime:
    """Parses an ISO 8601 time, in UTC if it has no zone.

    Raises NoTime for anything else.
    """
    try:
        when = datetime.fromisoformat(text)
    except (ValueError, TypeError):
        raise NoTime(f"{ascii(text)[:60]} is not a time") from None
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def for_people(when: datetime) -> str:
    """A time for people: to the second, in UTC."""
    return when.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def age(then: datetime, now: datetime) -> int | None:
    """The seconds since a time; None if it is in the future, because clocks differ."""
    seconds = (now - then).total_seconds()
    return max(0, round(seconds)) if seconds > -_AHEAD else None


def ago(seconds: int | None) -> str:
    """An age as a text: how long ago something was."""
    if seconds is None:
        return "at a time in the future: a clock is or was wrong"
    for unit, size in _UNITS:
        if count := seconds // size:
            return f"{count:,} {unit}{'s' * (count != 1)} ago"
    return "just now"
