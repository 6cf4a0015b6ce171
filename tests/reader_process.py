"""A reader: looks at a mirror again and again, through SQL or HTTP, and notes what it saw.

Run as ``python reader_process.py DB|URL OUT``, until it is told to end. OUT gets a line of JSON for
each state that it saw, and a last one with how often it looked, what failed, and the slowest look.
"""

from __future__ import annotations

import json
import signal
import sqlite3
import sys
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import requests

ASK = (
    "SELECT (SELECT max(id) FROM _runs), count(*), min(description), max(description),"
    " (SELECT group_concat(DISTINCT name) FROM agencies) FROM spacecraft"
)
State = tuple[Any, ...]


def by_sql(db: str) -> Callable[[], State | None]:
    """Looks through a connection that stays, and through a new one, by turns."""
    stays: list[sqlite3.Connection] = []
    turn = [0]

    def look() -> State | None:
        if not stays:
            if not Path(db).exists():
                return None
            stays.append(sqlite3.connect(db, timeout=0, isolation_level=None))
        turn[0] += 1
        if turn[0] % 2:
            return _asked(stays[0])
        with closing(sqlite3.connect(db, timeout=0, isolation_level=None)) as conn:
            return _asked(conn)

    return look


def _asked(conn: sqlite3.Connection) -> State | None:
    """What a file holds; two statements of one transaction must see the same."""
    try:
        conn.execute("BEGIN")
        run, count, first, last, agencies = conn.execute(ASK).fetchone()
        again = conn.execute(ASK).fetchone()
    finally:
        with suppress(sqlite3.OperationalError):
            conn.execute("ROLLBACK")
    assert again == (run, count, first, last, agencies), "one transaction saw two states"
    return (first, last, agencies, count) if count else None


def by_http(url: str) -> Callable[[], State | None]:
    """Looks at a page of records."""
    session = requests.Session()
    session.trust_env = False

    def look() -> State | None:
        response = session.get(f"{url}/2.3.0/spacecraft/?limit=100", timeout=10)
        if response.status_code == 501 or not response.json().get("results"):
            return None
        response.raise_for_status()
        page = response.json()
        seen = [one["description"] for one in page["results"]]
        agencies = {one["spacecraft_config"]["agency"]["name"] for one in page["results"]}
        return (min(seen), max(seen), ",".join(sorted(agencies)), page["count"])

    return look


def watch(look: Callable[[], State | None], out: Path) -> None:
    """Looks until SIGTERM; what can't be seen before anything was is no failure."""
    ended: list[bool] = []
    signal.signal(signal.SIGTERM, lambda *_: ended.append(True))
    last, looks, slowest, errors = None, 0, 0.0, []
    with out.open("w", buffering=1) as notes:
        while not ended:
            began = time.monotonic()
            try:
                state = look()
            except Exception as error:
                if last is not None:
                    errors.append(repr(error))
                state = None
            slowest = max(slowest, time.monotonic() - began) if last else 0.0
            looks += 1
            if state is not None and state != last:
                notes.write(json.dumps({"at": time.time(), "state": state}) + "\n")
                last = state
            time.sleep(0.01)
        notes.write(json.dumps({"looks": looks, "errors": errors, "slowest": slowest}) + "\n")


if __name__ == "__main__":
    where = sys.argv[1]
    watch((by_http if "://" in where else by_sql)(where), Path(sys.argv[2]))
