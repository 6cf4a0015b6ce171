"""The log of requests: each is in the file from before it is sent, so that no kill hides one."""

from __future__ import annotations

from datetime import datetime, timedelta

from ll2_mirror.clock import from_iso, to_iso
from ll2_mirror.store.store import Store

_KEPT = timedelta(days=7)


class Log:
    """The requests to one server. ``spent`` counts those of this run that the limit counts."""

    def __init__(self, store: Store, base_url: str) -> None:
        self.spent = 0
        self._conn = store.conn
        self._clock = store.clock
        self._base_url = base_url
        self.mark()

    def mark(self) -> None:
        """Lets ``spent_on`` count from here on."""
        newest = self._conn.execute("SELECT coalesce(max(id), 0) FROM _requests").fetchone()
        self._before: int = newest[0]

    def begin(self, path: str, *, counted: bool) -> int:
        """Notes a request that is about to be sent; gives its number in the log."""
        self.spent += counted
        cursor = self._conn.execute(
            "INSERT INTO _requests (base_url, path, sent, counted) VALUES (?, ?, ?, ?)",
            (self._base_url, path, to_iso(self._clock.now()), counted),
        )
        assert cursor.lastrowid is not None
        return cursor.lastrowid

    def end(self, request: int, status: int | None, size: int | None, seconds: float) -> None:
        """Notes how a request ended."""
        self._conn.execute(
            "UPDATE _requests SET status = ?, bytes = ?, ms = ? WHERE id = ?",
            (status, size, round(seconds * 1000), request),
        )

    def unsent(self, request: int) -> None:
        """Notes that a request never reached the server, so that its limit doesn't count it."""
        self.spent -= self._conn.execute(
            "UPDATE _requests SET counted = 0 WHERE id = ? AND counted", (request,)
        ).rowcount

    def counted(self, now: datetime, seconds: float, most: int = -1) -> list[datetime]:
        """When each counted request of the last seconds was sent, oldest first.

        ``most``: the newest so many are enough; -1: all.
        """
        since = to_iso(now - timedelta(seconds=seconds))
        rows = self._conn.execute(
            "SELECT sent FROM _requests WHERE base_url = ? AND counted AND sent > ? AND sent <= ?"
            " ORDER BY sent DESC LIMIT ?",
            (self._base_url, since, to_iso(now), most),
        )
        return [from_iso(sent) for (sent,) in rows][::-1]

    def spent_on(self, path: str) -> int:
        """How many requests since the last ``mark`` began with a path."""
        counted = (
            "SELECT count(*) FROM _requests WHERE counted AND id > ? AND substr(path, 1, ?) = ?"
        )
        row = self._conn.execute(counted, (self._before, len(path), path)).fetchone()
        count: int = row[0]
        return count

    def forget(self) -> None:
        """Drops what is old; also what a clock that ran ahead put in."""
        now = self._clock.now()
        self._conn.execute(
            "DELETE FROM _requests WHERE sent NOT BETWEEN ? AND ?",
            (to_iso(now - _KEPT), to_iso(now + _KEPT)),
        )
        self.mark()  # SQLite gives the numbers of dropped rows again
