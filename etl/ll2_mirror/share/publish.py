"""Writes what a mirror holds to a folder: a snapshot named by its digest, then its manifest."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from ll2_mirror.errors import DataError, NotAMirror, UsageError
from ll2_mirror.files import commit_file, discard, open_own, sha256, writing
from ll2_mirror.share.manifest import (
    MANIFEST,
    Manifest,
    PublishedFile,
    is_as_new_as,
    is_snapshot,
    manifest_of,
    mirror_state,
    parse_manifest,
    snapshot_name,
)
from ll2_mirror.store.file import Store, explaining, stamp
from ll2_mirror.store.lock import only_sync

KEEP = 3  # snapshots, for readers that have just read an older manifest
# For a copy that nobody reads before it is complete. The cache is small, as each page is written
# once: a larger one isn't faster, and with 2 MB it takes almost twice as long.
_FAST = ("journal_mode = OFF", "synchronous = OFF", "locking_mode = EXCLUSIVE", "cache_size = 50")


def publish(
    store: Store, folder: Path, *, keep: int = KEEP, allow_older: bool = False
) -> tuple[Manifest, bool]:
    """Publishes a mirror's state in a folder; returns its manifest, and whether it is new there.

    Doesn't wait for a sync, nor delays one. If killed, the folder has the old or the new state,
    complete. Raises UsageError if the mirror has no state or DIR is no folder, DataError if the
    folder has a later state, Stopped if there is no room.
    """
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is not a folder")
    with writing(folder):
        folder.mkdir(exist_ok=True)
    with only_sync(folder / MANIFEST), store.snapshot():
        state, before = mirror_state(store), _published(folder)
        if state is None:
            raise UsageError(f"{store.path} holds nothing to publish yet: sync it first")
        if before and before.state == state and _is_there(folder / before.file.name, before.file):
            return before, False
        if before and not allow_older and not is_as_new_as(store, before.state):
            raise DataError(
                f"{folder} has a later state, synced at {before.state.synced}: to publish this one"
                " anyway, give --allow-older"
            )
        with writing(folder):
            file = _write_snapshot(store, folder)
            names = [before.file.name, *before.older] if before else []
            older = [name for name in names if name != file.name][: keep - 1]
            manifest = manifest_of(store, file, older)
            _write_manifest(folder, manifest)
            _remove_snapshots(folder, {file.name, *older})
        return manifest, True


def _published(folder: Path) -> Manifest | None:
    """The manifest of a folder; None if there is none that can be read."""
    try:
        return parse_manifest((folder / MANIFEST).read_bytes(), str(folder / MANIFEST))
    except NotAMirror:
        raise
    except (FileNotFoundError, DataError):
        return None


def _is_there(path: Path, file: PublishedFile) -> bool:
    with suppress(OSError):
        return path.stat().st_size == file.bytes
    return False


def _write_snapshot(store: Store, folder: Path) -> PublishedFile:
    """Writes the snapshot of a mirror to a folder."""
    part = folder / ".snapshot"
    try:
        copy_mirror(store, part)
        digest, size = sha256(part), part.stat().st_size
        commit_file(part, folder / snapshot_name(digest))
    finally:
        discard(part)
    return PublishedFile(snapshot_name(digest), size, digest)


def copy_mirror(store: Store, path: Path) -> None:
    """Copies the state of a mirror that ``store`` reads to another file."""
    discard(path)
    open_own(path, "xb").close()
    with closing(sqlite3.connect(path, isolation_level=None)) as conn, explaining(path.parent):
        for setting in _FAST:
            conn.execute(f"PRAGMA {setting}")
        store.conn.backup(conn)
        remove_private(Store(conn, path, store.clock))


def remove_private(store: Store) -> None:
    """Removes the writer's private data: walks in progress, requests, errors."""
    for walk in store.walks.under_way():
        store.walks.drop(walk)
    for table in ("_requests", "_throttles"):
        store.conn.execute(f"DELETE FROM {table}")
    store.settings.forget("last_error", "pulled")
    stamp(store.conn)


def _write_manifest(folder: Path, manifest: Manifest) -> None:
    """Replaces the manifest: this publishes the new state."""
    part = folder / f".{MANIFEST}"
    text = json.dumps(manifest.document, ensure_ascii=False, indent=2) + "\n"
    with open_own(part, "wb") as file:
        file.write(text.encode())
    commit_file(part, folder / MANIFEST)


def _remove_snapshots(folder: Path, keep: set[str]) -> None:
    """Removes the snapshots that the manifest no longer names, and no other file.

    Until 0.6 each had a compressed copy, which is removed, too.
    """
    for path in list(folder.iterdir()):
        name = path.name.removesuffix(".gz")
        if is_snapshot(name) and name not in keep:
            path.unlink(missing_ok=True)
