"""Updates a mirror from a snapshot, in place: readers see all of it, or none.

If the snapshot is newer, a source stages it beside the mirror. There it is checked; SQLite's backup
interface then writes it through the write-ahead log, as one transaction. So nobody who reads the
mirror has to wait, or to reopen it, as if the file were replaced: their next query sees the new
state.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

from ll2_mirror.clock import Clock, to_iso
from ll2_mirror.errors import DataError, NotAMirror, Stopped
from ll2_mirror.load.upgrade import upgraded_copy
from ll2_mirror.progress import Emit, ignore
from ll2_mirror.share.publisher import MirrorState, mirror_state, pulled_from, remove_private
from ll2_mirror.share.source import PullTarget, Source, Staged, own_tables, remove_staged
from ll2_mirror.store.file import (
    Store,
    check_mirror,
    checked_path,
    connect,
    explained,
    explaining,
    open_store,
)
from ll2_mirror.store.lock import only_sync

_PAGES = 2000  # written between two checks whether to stop
_IN_USE = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def pull(
    source: Source, db: Path, clock: Clock, emit: Emit = ignore, *, allow_older: bool = False
) -> dict[str, Any]:
    """Updates a mirror from a snapshot, or creates it; returns the JSON object of ``pull --json``.

    Raises DataError if the snapshot is damaged, not a mirror, or older than this one, UpstreamError
    if it can't be fetched, Stopped if there is no room or the file is in use, UsageError if the
    mirror can't be written. The mirror is then unchanged, and what was downloaded stays beside it
    for the next pull.
    """
    began, real = monotonic(), db.resolve()
    with only_sync(db):
        target = _pull_target(db, clock, allow_older)
        staged = source.stage(real, target, clock, emit)
        state = _apply(staged, target, source.name, db, clock, emit) if staged else target.state
        remove_staged(real)
    assert state is not None
    about = {"changed": staged is not None, "from": source.name, **state._asdict()}
    return {**about, "seconds": round(monotonic() - began, 3)}


def _pull_target(db: Path, clock: Clock, allow_older: bool) -> PullTarget:
    """What a mirror has before a pull; nothing if there is no file."""
    if checked_path(db):
        return PullTarget()
    with open_store(db, clock, create=True) as store:
        return PullTarget(mirror_state(store), pulled_from(store), own_tables(store), allow_older)


# Writing


def _apply(
    staged: Staged, target: PullTarget, source: str, db: Path, clock: Clock, emit: Emit
) -> MirrorState:
    """Checks a staged snapshot and writes it into the mirror; returns its state."""
    with _opened(staged, clock) as snapshot:
        state = target.check(snapshot, staged)
        remove_private(snapshot)
        about = {"from": source, "pulled": to_iso(clock.now()), "run": state.run, **staged.about}
        snapshot.settings.remember(pulled=json.dumps(about, ensure_ascii=False))
        with open_store(db, clock, create=True) as store:
            _write(snapshot.conn, store, emit)
    return state


@contextmanager
def _opened(staged: Staged, clock: Clock) -> Iterator[Store]:
    """A staged snapshot as a mirror of this version; raises DataError if it is damaged."""
    name = staged.name
    try:
        with closing(connect(staged.path, write=True)) as conn:
            conn.execute("PRAGMA journal_mode = MEMORY")  # after a crash it is staged again
            check_mirror(conn, name)
            if (encoding := conn.execute("PRAGMA encoding").fetchone()[0]) != "UTF-8":
                raise NotAMirror(f"{name} is in {encoding}: SQLite can't copy it to a UTF-8 file")
            for (finding,) in conn.execute("PRAGMA integrity_check(1)"):
                if finding != "ok":
                    raise NotAMirror(f"{name} is damaged: {' '.join(finding.split())}")
            with upgraded_copy(Store(conn, staged.path, clock)) as store:
                yield store
    except (sqlite3.Error, UnicodeDecodeError) as error:
        reason = explained(error, staged.path)
        if isinstance(reason, DataError):
            reason = NotAMirror(f"{name} is damaged, or not a mirror: {error}")
        raise reason or error from error


def _write(snapshot: sqlite3.Connection, store: Store, emit: Emit) -> None:
    """Overwrites a mirror with another, as one transaction of its write-ahead log."""

    def watch(status: int, left: int, pages: int) -> None:
        if status in _IN_USE:
            raise Stopped(f"{store.path} is in use by another process: run the same command again")
        emit("applied", pages=pages - left, of=pages)

    with explaining(store.path):
        if store.conn.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            raise Stopped(
                f"{store.path} is in use by a program that keeps it out of WAL mode: close it"
            )
        # In WAL mode, SQLite copies only pages of the same size.
        theirs, ours = (
            conn.execute("PRAGMA page_size").fetchone()[0] for conn in (snapshot, store.conn)
        )
        if theirs != ours:
            snapshot.execute(f"PRAGMA page_size = {ours}")
            snapshot.execute("VACUUM")
        snapshot.backup(store.conn, pages=_PAGES, progress=watch)
        store.conn.execute("PRAGMA busy_timeout = 0")  # don't wait for readers
        store.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
