"""Puts out what a mirror holds: a snapshot under the name of its digest, then its manifest."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import sqlite3
from collections.abc import Iterable
from contextlib import closing, suppress
from pathlib import Path

from ll2_mirror.clock import to_iso
from ll2_mirror.errors import DataError, NotAMirror, UsageError
from ll2_mirror.ll2.lists import SLICES
from ll2_mirror.share.disk import CHUNK, commit_file, discard, open_own, sha256, writing
from ll2_mirror.share.manifest import (
    MANIFEST,
    File,
    Manifest,
    State,
    follows,
    is_snapshot,
    name_of,
    parsed,
    state_of,
)
from ll2_mirror.store.explain import explaining
from ll2_mirror.store.lock import only_sync
from ll2_mirror.store.opening import stamp
from ll2_mirror.store.reading import Reading, log_of
from ll2_mirror.store.store import Store

KEEP = 3  # snapshots: who has read an older manifest still finds what it names
_GZIP_LEVEL = 1  # a mirror of 83 MB: 31 MB in 2.4 s, where level 6 takes 5.4 s for 30 MB
# How a copy is written that nobody reads before it is whole. A small cache, as each page is
# written once: a larger one makes it no faster, at 2 MB it takes almost twice as long.
_HASTE = ("journal_mode = OFF", "synchronous = OFF", "locking_mode = EXCLUSIVE", "cache_size = 50")

_SILENT = (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0)


def publish(
    store: Store, folder: Path, *, keep: int = KEEP, packed: bool = True, allow_older: bool = False
) -> tuple[Manifest, bool]:
    """Publishes a mirror's state in a folder; gives its manifest, and whether it is new there.

    Waits for no sync, and no sync waits for it. Killed anywhere, the folder has the state before
    or the new one, each whole. Raises UsageError where there is no state or no such folder,
    DataError where the folder has a later state, Stopped where there is no room.
    """
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is no folder")
    with writing(folder):
        folder.mkdir(exist_ok=True)
    with only_sync(folder / MANIFEST), store.snapshot():
        state, held = state_of(store), published(folder)
        if state is None:
            raise UsageError(f"{store.path} holds nothing to publish yet: sync it first")
        if held and held.state == state and _is_there(folder, held, packed):
            return held, False
        if held and not allow_older and not follows(store, held.state):
            raise DataError(
                f"{folder} has a later state, synced at {held.state.synced}: to publish this one"
                " all the same, give --allow-older"
            )
        with writing(folder):
            manifest = _put(store, folder, state, packed)
            before = [held.file.name, *held.older] if held else []
            older = [name for name in before if name != manifest.file.name][: keep - 1]
            manifest = manifest._replace(older=older)
            _announce(folder, manifest)
            _clear_away(folder, [manifest.file.name, *older])
        return manifest, True


def published(folder: Path) -> Manifest | None:
    """The manifest of a folder; None where there is none that can be understood."""
    try:
        return parsed((folder / MANIFEST).read_bytes(), str(folder / MANIFEST))
    except NotAMirror:
        raise
    except (FileNotFoundError, DataError):
        return None


def _is_there(folder: Path, held: Manifest, packed: bool) -> bool:
    """Whether a folder has the files that its manifest names, and a packed one if wanted."""
    files = [file for file in (held.file, held.packed) if file]
    with suppress(OSError):
        whole = all((folder / file.name).stat().st_size == file.bytes for file in files)
        return whole and (held.packed is not None or not packed)
    return False


def _put(store: Store, folder: Path, state: State, packed: bool) -> Manifest:
    """Puts out the files of a state; gives the manifest that is to name them."""
    part = folder / ".snapshot"
    try:
        copy(store, part)
        file = _committed(part, folder / name_of(sha256(part)))
        gz = _packed(folder / file.name, part) if packed else None
    finally:
        discard(part)
    return Manifest(
        state,
        to_iso(store.clock.now()),
        store.settings.base_url,
        store.walks.mode,
        {name: _records(store, name) for name in store.settings.resources},
        file,
        gz,
        [],
    )


def _records(store: Store, name: str) -> int:
    """How many records there are of a list, or of the one that it is a part of."""
    return store.ledger.records(SLICES[name].resource.name)


def copy(store: Store, path: Path) -> None:
    """Copies a mirror to a file of its own, as of the state that ``store`` reads."""
    discard(path)
    whole = isinstance(store.conn, Reading) and _copied(store.conn, path)
    with closing(sqlite3.connect(path, isolation_level=None)) as conn, explaining(path.parent):
        for setting in _HASTE:
            conn.execute(f"PRAGMA {setting}")
        if not whole:
            store.conn.backup(conn)
        strip(Store(conn, path, store.clock))


def _copied(conn: Reading, path: Path) -> bool:
    """Copies a file as it lies, if it has all that a transaction reads; else False.

    That takes a third of SQLite's own way, page by page. While no log has anything, and as long as
    the transaction reads, nobody writes to the file itself: it is a checkpoint that would. Another
    process copies, as SQLite's locks on a file go when their process closes it anywhere. Should it
    outlive this one, it writes to what was opened here, whatever bears the name by then.
    """
    real = conn.path.resolve()
    if not conn.in_transaction or log_of(real):
        return False
    source = (os.POSIX_SPAWN_OPEN, 0, str(real), os.O_RDONLY, 0)
    try:
        with path.open("wb") as out:
            files = [source, (os.POSIX_SPAWN_DUP2, out.fileno(), 1), _SILENT]
            pid = os.posix_spawnp("cat", ["cat"], os.environ, file_actions=files)
            done = os.waitpid(pid, 0)[1] == 0 and conn.is_current()
    except OSError:
        done = False
    if not done:
        discard(path)
    return done


def strip(store: Store) -> None:
    """Takes out what is the writer's own business: a walk under way, its requests, its errors."""
    for walk in store.walks.under_way():
        store.walks.drop(walk)
    for table in ("_requests", "_throttles"):
        store.conn.execute(f"DELETE FROM {table}")
    store.settings.forget("last_error", "pulled")
    stamp(store.conn)


def _packed(path: Path, part: Path) -> File:
    """Packs a file beside it."""
    discard(part)
    with (
        path.open("rb") as plain,
        part.open("wb") as out,
        gzip.GzipFile("", "wb", _GZIP_LEVEL, out, mtime=0) as packing,
    ):
        shutil.copyfileobj(plain, packing, CHUNK)
    return _committed(part, path.with_name(f"{path.name}.gz"))


def _committed(part: Path, final: Path) -> File:
    """Gives a whole file its name; gives that, its size and its digest."""
    file = File(final.name, part.stat().st_size, sha256(part))
    commit_file(part, final)
    return file


def _announce(folder: Path, manifest: Manifest) -> None:
    """Puts the manifest in the place of the one before: from now on, this is what is published."""
    part = folder / f".{MANIFEST}"
    text = json.dumps(manifest.as_json(), ensure_ascii=False, indent=2) + "\n"
    with open_own(part, "wb") as file:
        file.write(text.encode())
    commit_file(part, folder / MANIFEST)


def _clear_away(folder: Path, keep: Iterable[str]) -> None:
    """Takes away the snapshots that no manifest names any more, and no other file."""
    kept = {*keep, *(f"{name}.gz" for name in keep)}
    for path in list(folder.iterdir()):
        if is_snapshot(path.name) and path.name not in kept:
            path.unlink(missing_ok=True)
