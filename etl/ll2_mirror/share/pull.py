"""Brings a snapshot into a mirror, in place: who reads it sees all of it, or none.

SQLite's backup interface writes it through the write-ahead log, as one transaction. So readers go
on with the state that they read, and see the new one with their next answer: none waits, and none
need open the file anew, as they must where a file is put in another's place.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from time import monotonic
from typing import Any, NamedTuple

from ll2_mirror.clock import Clock, to_iso
from ll2_mirror.errors import DataError, NotAMirror, Stopped, UsageError
from ll2_mirror.ll2.schema import SCHEMA_VERSION, wanted_columns
from ll2_mirror.load.rebuild import readable
from ll2_mirror.progress import Tell, silence
from ll2_mirror.share.disk import discard
from ll2_mirror.share.fetch import clear
from ll2_mirror.share.manifest import State, follows, pulled_from, state_of
from ll2_mirror.share.origin import Origin, Staged
from ll2_mirror.share.snapshot import strip
from ll2_mirror.store.explain import explained, explaining
from ll2_mirror.store.lock import only_sync
from ll2_mirror.store.opening import (
    checked_path,
    connect,
    flaw_of,
    open_store,
    version_of,
)
from ll2_mirror.store.store import Store

_PAGES = 2000  # that are written between two looks at whether to stop
_IN_USE = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


class Pulled(NamedTuple):
    """What a pull did; the state is the one that the mirror has now."""

    changed: bool
    origin: str
    state: State
    seconds: float

    def as_json(self) -> dict[str, Any]:
        """The JSON object of ``pull --json``."""
        about = {"changed": self.changed, "from": self.origin, **self.state._asdict()}
        return {**about, "seconds": round(self.seconds, 3)}


class Held(NamedTuple):
    """What a mirror holds before a pull: its state, whence it came, tables of the user's own."""

    state: State | None = None
    whence: dict[str, Any] | None = None
    own: frozenset[str] = frozenset()
    allow_older: bool = False

    def lacks(self, state: State, where: str) -> bool:
        """Whether a published state is news; raises DataError where it is surely older."""
        if self.state is None:
            return True
        if state.precedes(self.state) and not self.allow_older:
            raise self._older(where, state)
        return not self.state.covers(state)

    def etag(self, origin: str) -> str | None:
        """The ETag of the manifest that the state came by, if it is from there."""
        held = self.whence or {}
        return held.get("etag") if held.get("from") == origin else None

    def check(self, found: Store, news: Staged) -> State:
        """The state of a staged mirror; raises an error where it must not be brought in."""
        state = state_of(found)
        if state is None:
            raise DataError(f"{news.name} holds nothing: no sync of it was completed yet")
        if news.state and state[:2] != news.state[:2]:
            raise DataError(f"{news.name} holds another state than its manifest says")
        if self.state and not self.allow_older and not follows(found, self.state):
            raise self._older(news.name, state)
        if lost := sorted(self.own - _own_tables(found)):
            raise UsageError(
                f"{lost[0]} is a table of your own, which a pull would drop: keep it in another"
                " file, and ATTACH that"
            )
        return state

    def _older(self, where: str, state: State) -> DataError:
        assert self.state is not None
        return DataError(
            f"{where} was synced at {state.synced}, before what is here ({self.state.synced}): to"
            " bring it in all the same, give --allow-older"
        )


def pull(
    origin: Origin, db: Path, clock: Clock, tell: Tell = silence, *, allow_older: bool = False
) -> Pulled:
    """Brings a mirror up to date from a snapshot; makes it where there is none.

    Raises DataError where the snapshot isn't whole, no mirror, or older than what is there,
    UpstreamError where it can't be fetched, Stopped where there is no room or the file is in use,
    UsageError where the mirror can't be written. The mirror is then as it was. What was fetched of
    the snapshot stays beside it, for the next pull.
    """
    began, real = monotonic(), db.resolve()
    with only_sync(db):
        held = _held(db, clock)._replace(allow_older=allow_older)
        news = origin.stage(real, held.lacks, held.etag(origin.name), clock, tell)
        state = _bring_in(held, origin, news, db, clock, tell) if news else held.state
        clear(real)
    assert state is not None
    return Pulled(news is not None, origin.name, state, monotonic() - began)


def _held(db: Path, clock: Clock) -> Held:
    """What a mirror holds; nothing where there is none."""
    if checked_path(db):
        return Held()
    with open_store(db, clock, create=True) as store:
        return Held(state_of(store), pulled_from(store), _own_tables(store))


def _own_tables(store: Store) -> frozenset[str]:
    """The user's own tables and views."""
    names = store.conn.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")
    ours = wanted_columns()
    return frozenset(
        name for (name,) in names if name not in ours and not name.startswith(("_", "sqlite_"))
    )


def _bring_in(
    held: Held, origin: Origin, news: Staged, db: Path, clock: Clock, tell: Tell
) -> State:
    """Checks a staged snapshot and writes it into the mirror; gives the state that it holds."""
    with _opened(news, clock) as found:
        state = held.check(found, news)
        strip(found)
        about = {
            "from": origin.name,
            "pulled": to_iso(clock.now()),
            "run": state.run,
            **news.whence,
        }
        found.settings.remember(pulled=json.dumps(about, ensure_ascii=False))
        with open_store(db, clock, create=True) as store:
            _write(found, store, tell)
    return state


@contextmanager
def _opened(news: Staged, clock: Clock) -> Iterator[Store]:
    """A staged snapshot as a mirror of this version; raises DataError where it is none, or hurt."""
    try:
        with closing(connect(news.path, write=True)) as conn:
            _check(conn, news.name)
            with readable(Store(conn, news.path, clock)) as found:
                yield found
    except (sqlite3.Error, UnicodeDecodeError) as error:
        told = explained(error, news.path)
        if isinstance(told, DataError):
            told = NotAMirror(f"{news.name} is damaged, or no mirror: {error}")
        raise told or error from error


def _check(conn: sqlite3.Connection, name: str) -> None:
    """Raises DataError for a file that is no whole mirror that this version can read."""
    version = version_of(conn)
    if version is None:
        raise NotAMirror(f"{name} is an SQLite file, but no ll2-mirror")
    if version > SCHEMA_VERSION:
        raise NotAMirror(f"{name} was made by a newer ll2-mirror: upgrade ll2-mirror")
    if version == SCHEMA_VERSION and (flaw := flaw_of(conn)):
        raise NotAMirror(f"{name} {flaw}")
    for (found,) in conn.execute("PRAGMA integrity_check(1)"):
        if found != "ok":
            raise NotAMirror(f"{name} is damaged: {' '.join(found.split())}")


def _write(found: Store, store: Store, tell: Tell) -> None:
    """Writes one mirror over another, as one transaction of its write-ahead log.

    SQLite refuses pages of another size there, so such a snapshot is laid out anew first.
    """
    if store.conn.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        raise Stopped(
            f"{store.path} is in use by a program that keeps it out of WAL mode: close it"
        )

    def watch(status: int, left: int, pages: int) -> None:
        if status in _IN_USE:
            raise Stopped(f"{store.path} is in use by another process: run the same command again")
        tell("applied", pages=pages - left, of=pages)

    with explaining(store.path):
        with _laid_out(found, _page_size(store)) as source:
            source.backup(store.conn, pages=_PAGES, progress=watch)
        store.conn.execute("PRAGMA busy_timeout = 0")  # a reader need not end for this
        store.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@contextmanager
def _laid_out(found: Store, page_size: int) -> Iterator[sqlite3.Connection]:
    """A connection to a mirror in pages of this size."""
    if _page_size(found) == page_size:
        yield found.conn
        return
    path = found.path.with_name(f"{found.path.name}-{page_size}")
    discard(path)
    found.conn.execute(f"PRAGMA page_size = {page_size}")
    found.conn.execute("VACUUM INTO ?", (str(path),))
    with closing(sqlite3.connect(path)) as conn:
        yield conn


def _page_size(store: Store) -> int:
    size: int = store.conn.execute("PRAGMA page_size").fetchone()[0]
    return size
