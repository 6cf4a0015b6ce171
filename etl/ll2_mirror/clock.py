"""The clock, which is passed in, and the time as the file keeps it."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class Clock:
    """The machine's clock; a test passes in one of its own."""

    def now(self) -> datetime:
        """The present moment, in UTC."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Comes back when so much time has passed."""
        time.sleep(seconds)


def stamp(moment: datetime) -> str:
    """A moment as the file keeps it: UTC, ISO 8601, sortable as text."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def moment(stamped: str) -> datetime:
    """A moment from ISO 8601, which is UTC without a zone; raises ValueError for anything else."""
    found = datetime.fromisoformat(stamped)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def told(moment: datetime) -> str:
    """A moment for people: to the second, in UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
