"""How many requests a server still allows: its limit, and the requests already made.

Both are stored in the file, so that processes that sync it share the limit: the limit in
``_throttles``, each request in ``_requests``, written before it is sent, so that it counts even if
the process is killed.
"""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from ll2_mirror.clock import for_people, from_iso, to_iso
from ll2_mirror.errors import DataError, Stopped
from ll2_mirror.store.file import Store

# By host: the requests allowed without a token in a sliding window of so many seconds. Used if
# /api-throttle/ is missing.
DECLARED = {"ll.thespacedevs.com": (15, 3600.0)}
HOUR = 3600.0
LONGEST = 6 * HOUR  # the longest wait, whatever a server says: then it is asked again
LARGEST = 10**6  # the largest plausible number in a throttle
_KEPT = timedelta(days=7)  # how long a request stays in the log


class RateLimit(NamedTuple):
    """How many requests a server allows now."""

    limit: int | None
    window: float  # seconds
    times: list[datetime]  # of the requests that the limit still counts, oldest first
    resumes: datetime | None  # when the server may be asked again; None: now

    def share(self, part: float) -> int:
        """A share of the limit in requests; 0 without a limit."""
        return round((self.limit or 0) * part)

    @property
    def left(self) -> float:
        """How many requests the server allows now; infinite without a limit."""
        if self.resumes:
            return 0
        return float("inf") if self.limit is None else max(0, self.limit - len(self.times))


class Budget:
    """How many requests may be made to one server, and the log of requests of all runs.

    ``most``: the maximum in this run; ``spare``: the share of the limit to leave unused. ``token``:
    requests carry a token, so only a limit that the server stated applies.
    """

    def __init__(
        self, store: Store, base_url: str, most: int | None = None, *, token: bool = False
    ) -> None:
        self.most = most
        self.spare = 0.0
        declared = DECLARED.get(urlsplit(base_url).hostname or "", (None, HOUR))
        self._declared = (None, HOUR) if token else declared
        self._store = store
        self._base_url = base_url
        self.walked = ""  # the list or slice that requests are now made for
        self.spent_on = Counter[str]()  # this run's requests that the limit counts, for each

    def current(self) -> RateLimit:
        """The limit now: as the server last stated it, with the requests made since."""
        now = self._store.clock.now()
        try:
            limit, window, asked, use, resumes = self._known(now)
            most = (limit or 0) + (use or 0)  # older ones don't matter
            times = self.counted(now, window, most)
            then = self.counted(asked, window, most)
        except (TypeError, ValueError, OverflowError) as error:
            why = f"its tables _throttles or _requests are damaged: delete their rows ({error})"
            raise DataError(f"{self._store.path}: {why}") from None
        if use is not None:
            # Only the number of others' requests is known: count them as sent when it was stated.
            used = [*then[max(0, len(then) - use) :], *[asked] * (use - len(then))]
            sent = [*used, *(time for time in times if time > asked)]
            times = [time for time in sent if time > now - timedelta(seconds=window)]
        if resumes and resumes <= now:
            resumes = None
        if limit is not None and len(times) >= limit and not resumes:
            resumes = next(iter(times[-limit:]), now) + timedelta(seconds=window)
        return RateLimit(limit, window, times, resumes)

    def _known(
        self, now: datetime
    ) -> tuple[int | None, float, datetime, int | None, datetime | None]:
        """The limit, its window, when it was stated, its use then, and when requests may resume.

        Ignores a limit recorded in the future by a wrong clock. However long the server asks to
        wait, requests may resume after LONGEST.
        """
        row = self._store.conn.execute(
            "SELECT ifnull(your_request_limit, ?), ifnull(limit_frequency_secs, ?), asked,"
            " current_use, resumes FROM _throttles WHERE base_url = ? AND asked <= ?",
            (*self._declared, self._base_url, to_iso(now)),
        ).fetchone()
        limit, window, noted, use, resumes = row or (*self._declared, to_iso(now), None, None)
        asked = from_iso(noted)
        return (
            None if limit is None else int(limit),
            min(float(window), LONGEST),
            asked,
            None if use is None else min(int(use), LARGEST),
            min(from_iso(resumes), asked + timedelta(seconds=LONGEST)) if resumes else None,
        )

    @property
    def left(self) -> float:
        """How many requests this run may still make now; infinite without a limit."""
        mine = float("inf") if self.most is None else self.most - self.spent
        current = self.current()
        return max(0, min(mine, current.left - current.share(self.spare)))

    def check_spent(self) -> None:
        """Raises Stopped if this run has made all its requests."""
        if self.spare and self.left <= 0:
            raise Stopped("the limit is used up, except the reserve: the next sync continues")
        if self.most is not None and self.spent >= self.most:
            raise Stopped(f"--max-requests {self.most} is used up: run the same command again")

    def check_limit(self) -> None:
        """Raises Stopped if the server may not be asked now."""
        current = self.current()
        if not current.resumes:
            return
        minutes = round(current.window / 60)
        length = "an hour" if minutes == 60 else f"{minutes} minutes"
        limit = "" if current.limit is None else f" of {current.limit} in {length}"
        raise Stopped(
            f"LL2's limit{limit} is reached: run the same command again at"
            f" {for_people(current.resumes)}, or with --wait",
            current.resumes,
        )

    def record_limit(self, throttle: Throttle) -> None:
        """Records the limit that the server states."""
        now = self._store.clock.now()
        wait = throttle.next_use if throttle.left <= 0 else 0
        resumes = to_iso(now + timedelta(seconds=wait)) if wait else None
        self._store.conn.execute(
            "INSERT OR REPLACE INTO _throttles VALUES (?, ?, ?, ?, ?, ?)",
            (self._base_url, to_iso(now), throttle.limit, throttle.window, throttle.use, resumes),
        )

    def record_throttle(self, resumes: datetime | None) -> datetime:
        """Records that the server asks to wait, and returns until when; by default, an hour."""
        now = self._store.clock.now()
        if resumes is None:
            resumes = next(iter(self.counted(now, HOUR)), now) + timedelta(seconds=HOUR)
        self._store.conn.execute(
            "INSERT INTO _throttles (base_url, asked, resumes) VALUES (?, ?, ?)"
            " ON CONFLICT DO UPDATE SET (asked, resumes) = (excluded.asked, excluded.resumes),"
            " current_use = NULL",
            (self._base_url, to_iso(now), to_iso(resumes)),
        )
        return resumes

    # The log of requests

    @property
    def spent(self) -> int:
        """How many requests of this run the limit counts."""
        return self.spent_on.total()

    def log_sent(self, path: str, *, counted: bool) -> int:
        """Logs a request before it is sent, and returns its number in the log."""
        cursor = self._store.conn.execute(
            "INSERT INTO _requests (base_url, path, sent, counted) VALUES (?, ?, ?, ?)",
            (self._base_url, path, to_iso(self._store.clock.now()), counted),
        )
        assert cursor.lastrowid is not None
        return cursor.lastrowid

    def log_ended(self, number: int, *result: int | None, counted: bool) -> None:
        """Logs a request's status, bytes and milliseconds; ``counted``: the limit counts it."""
        if counted:
            self.spent_on[self.walked] += 1
        self._store.conn.execute(
            "UPDATE _requests SET counted = ?, status = ?, bytes = ?, ms = ? WHERE id = ?",
            (counted, *result, number),
        )

    def counted(self, now: datetime, seconds: float, most: int = -1) -> list[datetime]:
        """When each counted request of the last seconds was sent, oldest first.

        ``most``: only the newest ones, this many; -1: all.
        """
        since = to_iso(now - timedelta(seconds=seconds))
        rows = self._store.conn.execute(
            "SELECT sent FROM _requests WHERE base_url = ? AND counted AND sent > ? AND sent <= ?"
            " ORDER BY sent DESC LIMIT ?",
            (self._base_url, since, to_iso(now), most),
        )
        return [from_iso(sent) for (sent,) in rows][::-1]

    def forget(self) -> None:
        """Deletes old requests, and those logged in the future by a wrong clock."""
        now = self._store.clock.now()
        self._store.conn.execute(
            "DELETE FROM _requests WHERE sent NOT BETWEEN ? AND ?",
            (to_iso(now - _KEPT), to_iso(now + _KEPT)),
        )


class Throttle(NamedTuple):
    """A server's limit as /api-throttle/ states it; its ``ident``, our address, isn't kept."""

    limit: int
    window: float  # seconds
    use: int
    next_use: float = 0.0  # seconds until the server may be asked again

    @property
    def left(self) -> int:
        """How many requests it allows now."""
        return self.limit - self.use


def throttle_from(body: bytes) -> Throttle | None:
    """The limit in a response of /api-throttle/: an object or a list, whose tightest limit counts.

    None if it isn't understood.
    """
    keys = ("your_request_limit", "limit_frequency_secs", "current_use", "next_use_secs")
    try:
        document = json.loads(body)
        items = document if type(document) is list else [document]
        throttles = [Throttle(*(_number(item[key]) for key in keys)) for item in items]
        tightest = min(throttles, key=lambda throttle: throttle.left)
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return tightest if all(throttle.window for throttle in throttles) else None


def _number(value: Any) -> Any:
    """A number that makes sense; raises ValueError for any other value."""
    if type(value) not in (int, float) or not 0 <= value < LARGEST:
        raise ValueError
    return value
