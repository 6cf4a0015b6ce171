"""What one server may still be asked, and the log of what it was asked.

Both are kept in the file, so that each process that syncs it knows what the others spent.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from ll2_mirror.clock import Clock, moment, stamp, told
from ll2_mirror.errors import Stopped
from ll2_mirror.store.store import Store

# Requests in a sliding window of seconds, of hosts that may lack /api-throttle/; without a token.
DECLARED = {"ll.thespacedevs.com": (15, 3600)}
_LARGEST = 10**8  # number that makes sense in any of a throttle's keys; in seconds, three years
_KEPT = timedelta(days=7)  # of the log


class Throttle(NamedTuple):
    """A server's limit. ``use`` is None where only the log of requests can tell."""

    limit: int | None
    window: float  # seconds
    use: int | None = None
    next_use: float = 0.0  # seconds until the server may be asked again

    @property
    def left(self) -> float:
        """How many requests it allows now."""
        return float("inf") if self.limit is None else self.limit - (self.use or 0)


def throttle_from(body: bytes) -> Throttle | None:
    """What /api-throttle/ says, an object or a list of them, of which the tightest counts.

    None where it isn't understood. Its ``ident`` is the caller's address: it isn't kept.
    """
    try:
        found = json.loads(body)
        items = found if type(found) is list else [found]
        return min((_throttle(item) for item in items), key=lambda one: one.left)
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def _throttle(item: Any) -> Throttle:
    keys = ("your_request_limit", "limit_frequency_secs", "current_use", "next_use_secs")
    limit, window, use, next_use = (item[key] for key in keys)
    for number in (limit, use, window, next_use):
        if type(number) not in (int, float) or not 0 <= number < _LARGEST:
            raise ValueError
    if not window:
        raise ValueError
    return Throttle(int(limit), float(window), int(use), float(next_use))


def declared(base_url: str, token: bool) -> Throttle:
    """The limit that is known of a host without asking it."""
    limit, window = DECLARED.get(urlsplit(base_url).hostname or "", (None, 3600))
    return Throttle(None if token else limit, window)


class Budget:
    """The requests to one server that the file knows of. ``spent`` counts those of this run."""

    def __init__(self, store: Store, clock: Clock, base_url: str, most: int | None = None) -> None:
        self.spent = 0
        self.most = most  # requests of this run
        self._conn = store.conn
        self._clock = clock
        self._base_url = base_url
        self._known: tuple[Any, ...] | None = None  # what _throttles has of the server
        self._before = self._newest()

    def spent_on(self, path: str) -> int:
        """How many requests of this run began with a path."""
        counted = (
            "SELECT count(*) FROM _requests WHERE counted AND id > ? AND substr(path, 1, ?) = ?"
        )
        row = self._conn.execute(counted, (self._before, len(path), path)).fetchone()
        count: int = row[0]
        return count

    def learn(self, throttle: Throttle) -> None:
        """Keeps what is known of the server's limit now.

        When a server that doesn't count said to wait, that stands.
        """
        now = self._clock.now()
        resumes: str | None = None
        if throttle.next_use and throttle.left <= 0:
            resumes = stamp(now + timedelta(seconds=throttle.next_use))
        elif throttle.use is None and (until := self._resumes(now)):
            resumes = stamp(until)
        self._known = None
        self._conn.execute(
            "INSERT OR REPLACE INTO _throttles VALUES (?, ?, ?, ?, ?, ?)",
            (self._base_url, stamp(now), throttle.limit, throttle.window, throttle.use, resumes),
        )

    def throttled(self, resumes: datetime | None) -> datetime:
        """Notes that the server asks to wait; without a time, until our oldest request is old."""
        now = self._clock.now()
        if resumes is None:
            oldest = next(self._counted(now, 3600.0), now)
            resumes = oldest + timedelta(hours=1)
        self._known = None
        self._conn.execute(
            "INSERT INTO _throttles (base_url, asked, resumes) VALUES (?, ?, ?)"
            " ON CONFLICT DO UPDATE SET (asked, resumes) = (excluded.asked, excluded.resumes),"
            " current_use = NULL",
            (self._base_url, stamp(now), stamp(resumes)),
        )
        return resumes

    @property
    def throttle(self) -> Throttle:
        """The limit and its use as of now: what was said, and what was spent since."""
        now = self._clock.now()
        row = self._row(now)
        if row is None:
            return declared(self._base_url, token=False)
        asked, limit, window, use, _ = row
        if limit is None:
            return Throttle(None, window or 3600.0)
        since = (now - asked).total_seconds()
        if use is None or since >= window:
            return Throttle(limit, window, sum(1 for _ in self._counted(now, window)))
        return Throttle(limit, window, use + sum(1 for _ in self._counted(now, since)))

    @property
    def left(self) -> float:
        """How many requests this run may still make now; infinite without a limit."""
        if self.resumes:
            return 0
        mine = float("inf") if self.most is None else self.most - self.spent
        return max(0, min(mine, self.throttle.left))

    @property
    def resumes(self) -> datetime | None:
        """When the server may be asked again; None: now."""
        now = self._clock.now()
        if until := self._resumes(now):
            return until
        throttle = self.throttle
        if throttle.left > 0:
            return None
        oldest = next(self._counted(now, throttle.window), now)
        return oldest + timedelta(seconds=throttle.window)

    def times(self) -> list[datetime]:
        """When each request was made that the limit still counts, oldest first.

        Of those that others made, only their number is known: they stand at the moment it was.
        """
        now, throttle = self._clock.now(), self.throttle
        mine = list(self._counted(now, throttle.window))
        row = self._row(now)
        asked = row[0] if row else now
        return sorted([*mine, *[asked] * ((throttle.use or 0) - len(mine))])

    def spent_up(self) -> Stopped | None:
        """The error where this run has made all the requests that it may."""
        if self.most is None or self.spent < self.most:
            return None
        return Stopped(
            f"the {self.most} requests of --max-requests are spent: run the same command again"
        )

    def exhausted(self) -> Stopped:
        """The error where the server's limit is reached."""
        throttle, until = self.throttle, self.resumes or self._clock.now()
        limit = "" if throttle.limit is None else f" of {throttle.limit} in {_length(throttle)}"
        return Stopped(
            f"LL2's limit{limit} is reached: run the same command again at {told(until)},"
            " or with --wait",
            until,
        )

    def log(self, path: str, counted: bool) -> int:
        """Notes a request that is about to be sent; gives its number in the log."""
        now = self._clock.now()
        self.spent += counted
        cursor = self._conn.execute(
            "INSERT INTO _requests (base_url, path, sent, counted) VALUES (?, ?, ?, ?)",
            (self._base_url, path, stamp(now), counted),
        )
        assert cursor.lastrowid is not None
        return cursor.lastrowid

    def answered(self, request: int, status: int | None, size: int | None, seconds: float) -> None:
        """Notes how a request ended."""
        self._conn.execute(
            "UPDATE _requests SET status = ?, bytes = ?, ms = ? WHERE id = ?",
            (status, size, round(seconds * 1000), request),
        )

    def unsent(self, request: int) -> None:
        """Notes that a request didn't reach the server."""
        self.spent -= 1
        self._conn.execute("UPDATE _requests SET counted = 0 WHERE id = ?", (request,))

    def forget(self) -> None:
        """Drops what is old from the log; also what a clock that ran ahead put into it."""
        now = self._clock.now()
        self._conn.execute(
            "DELETE FROM _requests WHERE sent NOT BETWEEN ? AND ?",
            (stamp(now - _KEPT), stamp(now + _KEPT)),
        )
        self._before = self._newest()  # SQLite gives the numbers of dropped rows again

    def _newest(self) -> int:
        """The last number in the log."""
        newest: int = self._conn.execute("SELECT coalesce(max(id), 0) FROM _requests").fetchone()[0]
        return newest

    def _row(self, now: datetime) -> tuple[datetime, int | None, float, int | None, Any] | None:
        """What is known of the server; what a clock that ran ahead noted is not."""
        if self._known is None:
            self._known = self._conn.execute(
                "SELECT asked, your_request_limit, limit_frequency_secs, current_use, resumes"
                " FROM _throttles WHERE base_url = ?",
                (self._base_url,),
            ).fetchone()
        if self._known is None or moment(self._known[0]) > now:
            return None
        asked, limit, window, use, resumes = self._known
        return moment(asked), limit, window, use, resumes

    def _resumes(self, now: datetime) -> datetime | None:
        """What the server said, while it is to come."""
        row = self._row(now)
        until = moment(row[4]) if row and row[4] else None
        return until if until and until > now else None

    def _counted(self, now: datetime, seconds: float) -> Iterator[datetime]:
        """When each counted request of the last seconds was sent, oldest first."""
        rows = self._conn.execute(
            "SELECT sent FROM _requests"
            " WHERE base_url = ? AND counted AND sent > ? AND sent <= ? ORDER BY sent",
            (self._base_url, stamp(now - timedelta(seconds=seconds)), stamp(now)),
        )
        return (moment(sent) for (sent,) in rows)


def _length(throttle: Throttle) -> str:
    minutes = round(throttle.window / 60)
    return "an hour" if minutes == 60 else f"{minutes} minutes"
