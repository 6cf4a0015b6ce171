"""Publishes a mirror in a folder: writes a snapshot named by its digest, then the manifest.

The manifest says which state of the mirror is published, in which file.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

from ll2_mirror import __version__
from ll2_mirror.clock import from_iso, to_iso
from ll2_mirror.errors import DataError, NotAMirror, UsageError
from ll2_mirror.files import commit_file, discard, open_own, sha256, writing
from ll2_mirror.ll2.lists import SLICES
from ll2_mirror.ll2.schema import SCHEMA_VERSION
from ll2_mirror.store.file import Store, drop_triggers, explaining, stamp
from ll2_mirror.store.lock import only_sync

MANIFEST = "manifest.json"
SOURCE, SOURCE_URL = "Launch Library 2, The Space Devs", "https://thespacedevs.com/llapi"
LICENSE = (
    "Free of charge; name The Space Devs where you show the data. Each picture has its own credit"
    " and license: see images and image_licenses."
)
_FORMAT = 1
BLOCKS = ".blocks"  # the ending of the file with the digest of each block of a snapshot
BLOCK = 4096  # bytes, as a page of SQLite's
DIGEST = 8  # bytes: the SHA-256 of the whole snapshot is checked as well
_SNAPSHOT = re.compile(r"snapshot-([0-9a-f]{64})\.db")  # a file with that name never changes
# For a copy that nobody reads before it is complete. Each page is written once, so a larger cache
# isn't faster: with 2 MB, copying takes almost twice as long. Deleted rows are overwritten, because
# they are private, and would make blocks differ.
_FAST = (
    *("journal_mode = OFF", "synchronous = OFF", "locking_mode = EXCLUSIVE"),
    *("cache_size = 50", "secure_delete = ON"),
)


class MirrorState(NamedTuple):
    """A state of a mirror: its last run, when that ended, and the version of its schema."""

    run: int
    synced: str
    schema_version: int


class PublishedFile(NamedTuple):
    """A published file: its name, its size, and the SHA-256 of its bytes."""

    name: str
    bytes: int
    sha256: str


class Manifest(NamedTuple):
    """A published state. ``older``: the names of earlier snapshots in the folder.

    ``document`` is the JSON object as it is published.
    """

    state: MirrorState
    file: PublishedFile
    older: list[str]
    document: dict[str, Any]


def publish(store: Store, folder: Path, *, keep: int, allow_older: bool) -> tuple[Manifest, bool]:
    """Publishes a mirror's state in a folder; returns its manifest, and whether it is new there.

    Neither waits for a sync nor delays one. If killed, the folder has the old or the new state,
    complete. ``keep``: the snapshots that stay, for readers that have just read an older manifest.
    Raises UsageError if the mirror was never synced or ``folder`` is a file, DataError if the
    mirror never had the folder's state, Stopped if there is no room.
    """
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is not a folder")
    with writing(folder):
        folder.mkdir(exist_ok=True)
    with only_sync(folder / MANIFEST), store.snapshot():
        state, before = mirror_state(store), _published(folder)
        if state is None:
            raise UsageError(f"{store.path} holds nothing to publish yet: sync it first")
        if before and before.state == state and (folder / before.file.name).exists():
            return before, False
        if before and not allow_older and not store.ledger.has_run(*before.state[:2]):
            raise DataError(
                f"{folder} has a state that {store.path} lacks, synced at {before.state.synced}:"
                " pull it first, or give --allow-older to replace it"
            )
        with writing(folder):
            return _write_state(store, state, folder, before, keep), True


def _published(folder: Path) -> Manifest | None:
    """The manifest of a folder; None if it is missing or damaged."""
    try:
        return parse_manifest((folder / MANIFEST).read_bytes(), str(folder / MANIFEST))
    except NotAMirror:
        raise
    except (FileNotFoundError, DataError):
        return None


def _write_state(
    store: Store, state: MirrorState, folder: Path, before: Manifest | None, keep: int
) -> Manifest:
    """Writes a snapshot, then replaces the manifest, which publishes the state."""
    file = _write_snapshot(store, folder)
    names = [before.file.name, *before.older] if before else []
    older = [name for name in names if name != file.name][: keep - 1]
    manifest = Manifest(state, file, older, _document(store, state, file, older))
    part = folder / f".{MANIFEST}"
    with open_own(part, "wb") as out:
        text = json.dumps(manifest.document, ensure_ascii=False, indent=2) + "\n"
        out.write(text.encode())
    commit_file(part, folder / MANIFEST)
    for path in list(folder.iterdir()):
        name = path.name.removesuffix(BLOCKS)
        name = name.removesuffix(".gz")  # until 0.6, each snapshot had a compressed copy
        if _SNAPSHOT.fullmatch(name) and name not in (file.name, *older):
            path.unlink(missing_ok=True)
    return manifest


def _write_snapshot(store: Store, folder: Path) -> PublishedFile:
    """Writes a snapshot of the mirror, and its block digests, to a folder."""
    part = folder / ".snapshot"
    try:
        copy_mirror(store, part)
        digest = sha256(part)
        file = PublishedFile(f"snapshot-{digest}.db", part.stat().st_size, digest)
        with open_own(folder / ".blocks", "wb") as out:
            out.writelines(block_digests(part))
        commit_file(folder / ".blocks", folder / f"{file.name}{BLOCKS}")
        commit_file(part, folder / file.name)
        return file
    finally:
        discard(part)


def block_digests(path: Path) -> Iterator[bytes]:
    """The digest of each block of a file, the last of which may be shorter."""
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            yield blake2b(block, digest_size=DIGEST).digest()


def copy_mirror(store: Store, path: Path) -> None:
    """Copies the state of a mirror to another file, without its private data."""
    discard(path)
    open_own(path, "xb").close()
    with closing(sqlite3.connect(path, isolation_level=None)) as conn, explaining(path.parent):
        for setting in _FAST:
            conn.execute(f"PRAGMA {setting}")
        store.conn.backup(conn)
        remove_private(Store(conn, path, store.clock))


def remove_private(store: Store) -> None:
    """Removes the writer's private data: walks in progress, requests, errors; and all triggers."""
    drop_triggers(store.conn)
    for walk in store.walks.under_way():
        store.walks.drop(walk)
    for table in ("_requests", "_throttles"):
        store.conn.execute(f"DELETE FROM {table}")
    store.settings.forget("asked", "due_run", "failed", "last_error", "pulled")
    stamp(store.conn)


def mirror_state(store: Store) -> MirrorState | None:
    """The state of a mirror; None before its first sync."""
    newest = store.ledger.newest()
    return MirrorState(*newest, store.version or SCHEMA_VERSION) if newest else None


def is_as_new_as(store: Store, state: MirrorState) -> bool:
    """Whether a mirror has a state's run, or was synced later.

    The run comes first: the writer's clock may have been set back.
    """
    newest = store.ledger.newest()
    assert newest is not None
    return store.ledger.has_run(state.run, state.synced) or newest[1] >= state.synced


def pulled_from(store: Store) -> dict[str, Any] | None:
    """Where a mirror was pulled from, and when; None if it was never pulled, or synced since."""
    pulled: dict[str, Any] | None = store.settings.read("pulled", dict)
    newest = store.ledger.newest()
    return pulled if pulled and newest and pulled.get("run") == newest[0] else None


# The manifest


def _document(
    store: Store, state: MirrorState, file: PublishedFile, older: list[str]
) -> dict[str, Any]:
    # A part of a list, such as the upcoming launches, has the record count of the list.
    names = {name: SLICES[name].resource.name for name in store.settings.resources}
    return {
        "format": _FORMAT,
        "made_by": f"ll2-mirror {__version__}",
        **state._asdict(),
        "published": to_iso(store.clock.now()),
        "base_url": store.settings.base_url,
        "mode": store.walks.mode,
        "resources": {name: store.ledger.records(of) for name, of in names.items()},
        "file": file._asdict(),
        "gzip": None,  # until 0.6 a compressed copy; the `pull` of 0.6 needs the key
        "older": older,
        "source": SOURCE,
        "source_url": SOURCE_URL,
        "license": LICENSE,
    }


def parse_manifest(text: bytes, where: str) -> Manifest:
    """Parses a manifest published at ``where``; raises DataError for anything else.

    Raises NotAMirror if only a newer version can read it or its snapshot.
    """
    try:
        document = json.loads(text)
        if document["format"] > _FORMAT or document["schema_version"] > SCHEMA_VERSION:
            by = f"{document['made_by']:.40}"
            raise NotAMirror(f"{where} was made by a newer version ({by}): upgrade ll2-mirror")
        state = MirrorState(*(document[key] for key in MirrorState._fields))
        file = PublishedFile(*(document["file"][key] for key in PublishedFile._fields))
        named = _SNAPSHOT.fullmatch(file.name)
        if not named or named[1] != file.sha256:
            raise ValueError
        for count in state.run, state.schema_version, file.bytes, *document["resources"].values():
            if type(count) is not int or not 0 <= count < 2**63:
                raise ValueError
        for time in state.synced, document["published"]:
            from_iso(time)
        older = [name for name in document["older"] if _SNAPSHOT.fullmatch(name)]
        return Manifest(state, file, older, document)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise DataError(f"{where} is not a manifest of ll2-mirror") from None
