"""Brings a snapshot into a mirror, in place: who reads it sees all of it, or none.

A ``source`` stages the snapshot beside the mirror. It is checked there; SQLite's backup interface
then writes it through the write-ahead log, as one transaction. So readers go on with the state that
they read, and see the new one with their next answer: none waits, and none need open the file anew,
as they must where a file is put in another's place.
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
from ll2_mirror.load.upgrade import upgraded_copy
from ll2_mirror.progress import Emit, ignore
from ll2_mirror.share.manifest import MirrorState, is_as_new_as, mirror_state, pulled_from
from ll2_mirror.share.publish import remove_private
from ll2_mirror.share.source import Source, Staged, remove_staged
from ll2_mirror.store.file import (
    Store,
    checked_path,
    connect,
    explained,
    explaining,
    flaw_of,
    open_store,
    version_of,
)
from ll2_mirror.store.lock import only_sync

_PAGES = 2000  # that are written between two looks at whether to stop
_IN_USE = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


class PullReport(NamedTuple):
    """What a pull did; the state is the one that the mirror has now."""

    changed: bool
    source: str
    state: MirrorState
    seconds: float

    def as_json(self) -> dict[str, Any]:
        """The JSON object of ``pull --json``."""
        about = {"changed": self.changed, "from": self.source, **self.state._asdict()}
        return {**about, "seconds": round(self.seconds, 3)}


def pull(
    source: Source, db: Path, clock: Clock, emit: Emit = ignore, *, allow_older: bool = False
) -> PullReport:
    """Brings a mirror up to date from a snapshot; makes it where there is none.

    Raises DataError where the snapshot isn't whole, no mirror, or older than what is there,
    UpstreamError where it can't be fetched, Stopped where there is no room or the file is in use,
    UsageError where the mirror can't be written. The mirror is then as it was. What was downloaded
    of the snapshot stays beside it, for the next pull.
    """
    began, real = monotonic(), db.resolve()
    with only_sync(db):
        target = _pull_target(db, clock, allow_older)
        etag = target.etag(source.name)
        staged = source.stage(real, target.is_newer, etag, clock, emit)
        state = _apply(staged, target, source.name, db, clock, emit) if staged else target.state
        remove_staged(real)
    assert state is not None
    return PullReport(staged is not None, source.name, state, monotonic() - began)


class PullTarget(NamedTuple):
    """What a mirror holds before a pull: its state, its source, tables of the user's own."""

    state: MirrorState | None = None
    pulled: dict[str, Any] | None = None
    own: frozenset[str] = frozenset()
    allow_older: bool = False

    def is_newer(self, state: MirrorState, where: str) -> bool:
        """Whether a published state is news; raises DataError where it is surely older."""
        if self.state is None:
            return True
        if state.precedes(self.state) and not self.allow_older:
            raise self._older(where, state)
        return not self.state.covers(state)

    def etag(self, source: str) -> str:
        """The ETag of the manifest that the state came by, if it is from there."""
        pulled = self.pulled or {}
        return pulled.get("etag") or "" if pulled.get("from") == source else ""

    def check(self, store: Store, staged: Staged) -> MirrorState:
        """The state of a staged mirror; raises an error where it must not be brought in."""
        state = mirror_state(store)
        if state is None:
            raise DataError(f"{staged.name} holds nothing: no sync of it was completed yet")
        if staged.state and state[:2] != staged.state[:2]:
            raise DataError(f"{staged.name} holds another state than its manifest says")
        if self.state and not self.allow_older and not is_as_new_as(store, self.state):
            raise self._older(staged.name, state)
        if lost := sorted(self.own - _own_tables(store)):
            raise UsageError(
                f"{lost[0]} is a table of your own, which a pull would drop: keep it in another"
                " file, and ATTACH that"
            )
        return state

    def _older(self, where: str, state: MirrorState) -> DataError:
        assert self.state is not None
        return DataError(
            f"{where} was synced at {state.synced}, before what is here ({self.state.synced}): to"
            " accept it anyway, give --allow-older"
        )


def _pull_target(db: Path, clock: Clock, allow_older: bool) -> PullTarget:
    """What a mirror holds; nothing where there is none."""
    if checked_path(db):
        return PullTarget()
    with open_store(db, clock, create=True) as store:
        return PullTarget(mirror_state(store), pulled_from(store), _own_tables(store), allow_older)


def _own_tables(store: Store) -> frozenset[str]:
    """The user's own tables and views."""
    names = store.conn.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")
    ours = wanted_columns()
    return frozenset(
        name for (name,) in names if name not in ours and not name.startswith(("_", "sqlite_"))
    )


def _apply(
    staged: Staged, target: PullTarget, source: str, db: Path, clock: Clock, emit: Emit
) -> MirrorState:
    """Checks a staged snapshot and writes it into the mirror; gives the state that it holds."""
    with _opened(staged, clock) as snapshot:
        state = target.check(snapshot, staged)
        remove_private(snapshot)
        about = {"from": source, "pulled": to_iso(clock.now()), "run": state.run, **staged.about}
        snapshot.settings.remember(pulled=json.dumps(about, ensure_ascii=False))
        with open_store(db, clock, create=True) as store:
            _write(snapshot, store, emit)
    return state


@contextmanager
def _opened(staged: Staged, clock: Clock) -> Iterator[Store]:
    """A staged snapshot as a mirror of this version; raises DataError where it is none, or hurt."""
    try:
        with closing(connect(staged.path, write=True)) as conn:
            conn.execute("PRAGMA journal_mode = MEMORY")  # a copy: after a crash it is staged anew
            _check(conn, staged.name)
            with upgraded_copy(Store(conn, staged.path, clock)) as store:
                yield store
    except (sqlite3.Error, UnicodeDecodeError) as error:
        reason = explained(error, staged.path)
        if isinstance(reason, DataError):
            reason = NotAMirror(f"{staged.name} is damaged, or no mirror: {error}")
        raise reason or error from error


def _check(conn: sqlite3.Connection, name: str) -> None:
    """Raises DataError for a file that is no whole mirror that this version can read."""
    version = version_of(conn)
    if version is None:
        raise NotAMirror(f"{name} is an SQLite database, but not an ll2-mirror one")
    if version > SCHEMA_VERSION:
        raise NotAMirror(f"{name} was made by a newer ll2-mirror: upgrade ll2-mirror")
    if version == SCHEMA_VERSION and (flaw := flaw_of(conn)):
        raise NotAMirror(f"{name} {flaw}")
    if (encoding := conn.execute("PRAGMA encoding").fetchone()[0]) != "UTF-8":
        raise NotAMirror(f"{name} is in {encoding}: SQLite writes it over no file in UTF-8")
    for (finding,) in conn.execute("PRAGMA integrity_check(1)"):
        if finding != "ok":
            raise NotAMirror(f"{name} is damaged: {' '.join(finding.split())}")


def _write(snapshot: Store, store: Store, emit: Emit) -> None:
    """Writes one mirror over another, as one transaction of its write-ahead log."""
    if store.conn.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        raise Stopped(
            f"{store.path} is in use by a program that keeps it out of WAL mode: close it"
        )

    def watch(status: int, left: int, pages: int) -> None:
        if status in _IN_USE:
            raise Stopped(f"{store.path} is in use by another process: run the same command again")
        emit("applied", pages=pages - left, of=pages)

    with explaining(store.path):
        _match_page_size(snapshot.conn, store.conn)
        snapshot.conn.backup(store.conn, pages=_PAGES, progress=watch)
        store.conn.execute("PRAGMA busy_timeout = 0")  # a reader need not end for this
        store.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _match_page_size(conn: sqlite3.Connection, target: sqlite3.Connection) -> None:
    """Gives a database the page size of another: in WAL mode, SQLite copies no other pages."""
    sizes = [each.execute("PRAGMA page_size").fetchone()[0] for each in (conn, target)]
    if sizes[0] != sizes[1]:
        conn.execute(f"PRAGMA page_size = {sizes[1]}")
        conn.execute("VACUUM")
