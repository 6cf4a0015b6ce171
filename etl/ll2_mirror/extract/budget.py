"""What one server may still be asked: its limit, and what the file knows of its use.

Both are kept in the file, so that each process that syncs it knows what the others spent.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from ll2_mirror.clock import for_people, from_iso, to_iso
from ll2_mirror.errors import DataError, Stopped
from ll2_mirror.extract.log import Log
from ll2_mirror.extract.throttle import HOUR, LARGEST, LONGEST, Throttle, declared
from ll2_mirror.store.store import Store


class Standing(NamedTuple):
    """What a server may be asked now."""

    limit: int | None
    window: float  # seconds
    times: list[datetime]  # of the newest requests that the limit still counts, oldest first
    resumes: datetime | None  # when the server may be asked again; None: now

    def share(self, part: float) -> int:
        """A part of the limit in requests; none of no limit."""
        return round((self.limit or 0) * part)

    @property
    def left(self) -> float:
        """How many requests the server allows now; infinite without a limit."""
        if self.resumes:
            return 0
        return float("inf") if self.limit is None else max(0, self.limit - len(self.times))


class Known(NamedTuple):
    """What was said of a server's limit, and when."""

    asked: datetime
    limit: int | None
    window: float  # seconds
    use: int | None = None  # when asked
    resumes: datetime | None = None  # what the server said


class Budget:
    """The requests to one server that the file knows of; ``log`` has each.

    ``most``: requests of this run; ``spare``: the share of the limit that it leaves. ``token``:
    they carry one, so that no limit is known but what the server says.
    """

    def __init__(
        self, store: Store, base_url: str, most: int | None = None, *, token: bool = False
    ) -> None:
        self.log = Log(store, base_url)
        self.most = most
        self.spare = 0.0
        self._declared = declared(base_url, token=token)
        self._store = store
        self._clock = store.clock
        self._base_url = base_url

    def learn(self, said: Throttle) -> None:
        """Keeps what the server says of its limit now."""
        now = self._clock.now()
        wait = said.next_use if said.left <= 0 else 0
        resumes = to_iso(now + timedelta(seconds=wait)) if wait else None
        self._store.conn.execute(
            "INSERT OR REPLACE INTO _throttles VALUES (?, ?, ?, ?, ?, ?)",
            (self._base_url, to_iso(now), said.limit, said.window, said.use, resumes),
        )

    def throttled(self, resumes: datetime | None) -> datetime:
        """Notes that the server asks to wait; without a time, until our oldest request is old."""
        now = self._clock.now()
        if resumes is None:
            resumes = next(iter(self.log.counted(now, HOUR)), now) + timedelta(seconds=HOUR)
        self._store.conn.execute(
            "INSERT INTO _throttles (base_url, asked, resumes) VALUES (?, ?, ?)"
            " ON CONFLICT DO UPDATE SET (asked, resumes) = (excluded.asked, excluded.resumes),"
            " current_use = NULL",
            (self._base_url, to_iso(now), to_iso(resumes)),
        )
        return resumes

    def standing(self) -> Standing:
        """What the server may be asked now: by what was said, and by what was spent since."""
        now = self._clock.now()
        try:
            known = self._known(now)
            times = self._times(known, now)
        except (TypeError, ValueError, OverflowError) as error:
            words = f"its tables _throttles or _requests are damaged: delete their rows ({error})"
            raise DataError(f"{self._store.path}: {words}") from None
        resumes = known.resumes if known.resumes and known.resumes > now else None
        if known.limit is not None and len(times) >= known.limit and not resumes:
            oldest = next(iter(times[-known.limit :]), now)
            resumes = oldest + timedelta(seconds=known.window)
        return Standing(known.limit, known.window, times, resumes)

    @property
    def left(self) -> float:
        """How many requests this run may still make now; infinite without a limit."""
        mine = float("inf") if self.most is None else self.most - self.log.spent
        standing = self.standing()
        return max(0, min(mine, standing.left - standing.share(self.spare)))

    def spent_up(self) -> Stopped | None:
        """The error where this run has made all the requests that it may."""
        if self.spare and self.left <= 0:
            return Stopped("what the limit allows without its reserve is spent: the next goes on")
        if self.most is None or self.log.spent < self.most:
            return None
        return Stopped(
            f"the {self.most} requests of --max-requests are spent: run the same command again"
        )

    def exhausted(self, standing: Standing) -> Stopped:
        """The error where the server's limit is reached."""
        until = standing.resumes or self._clock.now()
        minutes = round(standing.window / 60)
        length = "an hour" if minutes == 60 else f"{minutes} minutes"
        limit = "" if standing.limit is None else f" of {standing.limit} in {length}"
        return Stopped(
            f"LL2's limit{limit} is reached: run the same command again at {for_people(until)},"
            " or with --wait",
            until,
        )

    def _known(self, now: datetime) -> Known:
        """What the file knows of the server; what a clock that ran ahead noted is not.

        However long the server asks to wait, after LONGEST it is asked again.
        """
        limit, window = self._declared[:2]
        row = self._store.conn.execute(
            "SELECT asked, ifnull(your_request_limit, ?), ifnull(limit_frequency_secs, ?),"
            " current_use, resumes FROM _throttles WHERE base_url = ? AND asked <= ?",
            (limit, window, self._base_url, to_iso(now)),
        ).fetchone()
        asked, limit, window, use, resumes = row or (to_iso(now), limit, window, None, None)
        latest = from_iso(asked) + timedelta(seconds=LONGEST)
        return Known(
            from_iso(asked),
            None if limit is None else _count(limit),
            min(float(window), LONGEST),
            None if use is None else min(_count(use), LARGEST),
            min(from_iso(resumes), latest) if resumes else None,
        )

    def _times(self, known: Known, now: datetime) -> list[datetime]:
        """When each request was made that the limit still counts, oldest first.

        Of those that others made, only their number is known: they stand at the moment it was.
        """
        most = (known.limit or 0) + (known.use or 0)  # older ones neither fill a limit nor free it
        mine = self.log.counted(now, known.window, most)
        if known.use is None or now - known.asked >= timedelta(seconds=known.window):
            return mine
        before = [time for time in mine if time <= known.asked]
        others = [known.asked] * (known.use - len(before))
        return [*before[max(0, len(before) - known.use) :], *others, *mine[len(before) :]]


def _count(held: int) -> int:
    """A number of requests; raises ValueError for what is none."""
    if int(held) < 0:
        raise ValueError(f"{held} is no number of requests")
    return int(held)
