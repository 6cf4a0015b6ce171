"""Brings a snapshot into a mirror, in place: who reads it sees all of it, or none.

A source stages the snapshot beside the mirror, if it is newer. It is checked there; SQLite's backup
interface then writes it through the write-ahead log, as one transaction. So readers go on with the
state that they read, and see the new one with their next answer: none waits, and none need open the
file anew, as they must where a file is put in another's place.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from ll2_mirror.clock import Clock, to_iso
from ll2_mirror.errors import DataError, Faulted, NotAMirror, NotThere, Stopped, UsageError
from ll2_mirror.extract.network import with_retries
from ll2_mirror.files import CHUNK, open_own, sha256, writing
from ll2_mirror.ll2.schema import wanted_columns
from ll2_mirror.load.upgrade import upgraded_copy
from ll2_mirror.progress import Emit, ignore
from ll2_mirror.share.download import Download, Downloader, cut
from ll2_mirror.share.publish import (
    MANIFEST,
    Manifest,
    MirrorState,
    PublishedFile,
    copy_mirror,
    is_as_new_as,
    mirror_state,
    parse_manifest,
    pulled_from,
    remove_private,
)
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

_MAX_MANIFEST = 1024 * 1024  # bytes: far beyond any
_PAGES = 2000  # that are written between two looks at whether to stop
_IN_USE = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def pull(
    source: Source, db: Path, clock: Clock, emit: Emit = ignore, *, allow_older: bool = False
) -> dict[str, Any]:
    """Brings a mirror up to date from a snapshot; makes it where there is none.

    Returns the JSON object of ``pull --json``, with the state that the mirror has now. Raises
    DataError where the snapshot isn't whole, no mirror, or older than what is there, UpstreamError
    where it can't be fetched, Stopped where there is no room or the file is in use, UsageError
    where the mirror can't be written. The mirror is then as it was. What was downloaded of the
    snapshot stays beside it, for the next pull.
    """
    began, real = monotonic(), db.resolve()
    with only_sync(db):
        target = _pull_target(db, clock, allow_older)
        staged = source.stage(real, target, clock, emit)
        state = _apply(staged, target, source.name, db, clock, emit) if staged else target.state
        _remove_staged(real)
    assert state is not None
    about = {"changed": staged is not None, "from": source.name, **state._asdict()}
    return {**about, "seconds": round(monotonic() - began, 3)}


class PullTarget(NamedTuple):
    """What a mirror holds before a pull: its state, its source, tables of the user's own."""

    state: MirrorState | None = None
    pulled: dict[str, Any] | None = None
    own: frozenset[str] = frozenset()
    allow_older: bool = False

    def is_newer(self, state: MirrorState, where: str) -> bool:
        """Whether a published state is news; raises DataError where it is surely older.

        That is one of an earlier run, which ended before.
        """
        here = self.state
        if here is None:
            return True
        if state.synced < here.synced and state.run <= here.run and not self.allow_older:
            raise self._older(where, state)
        return here[:2] != state[:2] or here.schema_version < state.schema_version

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


# Sources


class Staged(NamedTuple):
    """A snapshot beside the mirror; its name for people; what is remembered of its source.

    ``state`` is what its manifest says that it holds, if it has one.
    """

    path: Path
    name: str
    about: dict[str, Any]
    state: MirrorState | None = None


def source_of(name: str, timeout: float) -> Source:
    """The source that a command line names; raises UsageError where that is none."""
    if "://" in name:
        return FolderSource(_checked_url(name), Downloader(timeout).get)
    path = Path(name)
    folder = path.parent if path.name == MANIFEST else path
    if folder.is_dir():
        return FolderSource(str(folder.absolute()), _read_local)
    if not path.is_file():
        raise UsageError(f"{name} is neither a URL nor a folder nor a file")
    return FileSource(path)


def _checked_url(url: str) -> str:
    """The URL of a folder, without a slash at its end; raises UsageError for any other."""
    try:
        parts = urlsplit(url.removesuffix(f"/{MANIFEST}"))
        whole = parts.scheme in ("http", "https") and parts.hostname and (parts.port or 1) > 0
    except ValueError:
        whole = False
    if not whole or "@" in parts.netloc or parts.query or parts.fragment or not url.isprintable():
        # What stands before an @ or behind a ? may be a secret, so the URL isn't repeated.
        raise UsageError(
            "a URL to pull from has http or https, a host and a path, and nothing else: one like"
            " https://example.org/mirror"
        )
    return parts.geturl().rstrip("/")


class FolderSource:
    """A folder that ``publish`` writes to; ``get`` reads its files, as ``Downloader.get`` does."""

    def __init__(self, name: str, get: Callable[..., Download | None]) -> None:
        self.name = name
        self._get = get

    def stage(self, db: Path, target: PullTarget, clock: Clock, emit: Emit) -> Staged | None:
        """Stages what the manifest names, resuming an earlier pull's download; None: not newer.

        Raises DataError if the file differs from its manifest.
        """
        pulled = target.pulled or {}
        etag = pulled.get("etag") or "" if pulled.get("from") == self.name else ""
        manifest, etag = with_retries(partial(self._read_manifest, etag), clock, emit)
        if manifest is None or not target.is_newer(manifest.state, f"{self.name}/{MANIFEST}"):
            return None
        file, where = manifest.file, f"{self.name}/{manifest.file.name}"
        path = _staged_path(db, file.sha256[:16])
        _remove_staged(db, but=path)
        for _ in range(2):  # what is there may be of another file: then start over once
            if not _is_whole(path, file):
                _check_room(db.parent, 2 * file.bytes)  # it is written once more, into the mirror
                with_retries(partial(self._download, file, path, where, emit), clock, emit)
            if _is_whole(path, file):
                about = {"published": manifest.document["published"], "etag": etag or None}
                return Staged(path, where, about, manifest.state)
            path.unlink()
        raise DataError(f"{where} isn't what its manifest says: its size or its SHA-256 differs")

    def _read_manifest(self, etag: str) -> tuple[Manifest | None, str]:
        """The manifest and its ETag; None where it still has the one that is given."""
        where = f"{self.name}/{MANIFEST}"
        download = self._get(where, _MAX_MANIFEST, etag=etag)
        if download is None:
            return None, etag
        return parse_manifest(b"".join(download.chunks), where), download.etag

    def _download(self, file: PublishedFile, path: Path, where: str, emit: Emit) -> None:
        """Downloads the rest of a file; raises Faulted if the bytes end too early."""
        size = path.stat().st_size if path.exists() else 0
        if size < file.bytes:
            download = self._get(where, file.bytes - size, offset=size)
            assert download is not None  # no ETag was sent
            with writing(path), open_own(path, "ab") as out:
                for chunk in download.chunks:
                    size += out.write(chunk)
                    emit("fetched", bytes=size, of=file.bytes)
        if size < file.bytes:
            raise Faulted(f"{where} broke off after {size} of {file.bytes} bytes")


class FileSource:
    """A file that has no manifest, such as a backup that was restored."""

    def __init__(self, path: Path) -> None:
        self.name = str(path.absolute())
        self._path = path

    def stage(self, db: Path, target: PullTarget, clock: Clock, _emit: Emit) -> Staged | None:
        """Stages a copy of the file, which may be in use; None: it isn't newer."""
        _remove_staged(db)
        path = _staged_path(db, "file")
        with (
            open_store(self._path, clock) as store,
            upgraded_copy(store) as mirror,
            store.snapshot(),
        ):
            state = mirror_state(mirror)
            if state and not target.is_newer(state, self.name):
                return None
            copy_mirror(mirror, path)
        return Staged(path, self.name, {})


Source = FolderSource | FileSource


def _read_local(path: str, most: int, *, offset: int = 0, etag: str = "") -> Download:  # noqa: ARG001 (no ETags)
    """The bytes of a file on this machine, or mounted here, from an offset on."""

    def chunks() -> Generator[bytes]:
        try:
            with Path(path).open("rb") as file:
                file.seek(offset)
                while chunk := file.read(CHUNK):
                    yield chunk
        except FileNotFoundError:
            raise NotThere(f"{path} isn't there: publish a mirror to this folder first") from None
        except OSError as error:
            raise Faulted(f"{path} can't be read: {error.strerror}") from None

    return Download(cut(chunks(), 0, most))


def _staged_path(db: Path, which: str) -> Path:
    """Where a snapshot is staged for a mirror; the name tells the next pull which it is."""
    return db.with_name(f"{db.name}.pull-{which}")


def _remove_staged(db: Path, but: Path | None = None) -> None:
    """Removes what was staged for a mirror, other than one snapshot; also a link in its place."""
    for path in list(db.parent.iterdir()):
        is_kept = path == but and not path.is_symlink()
        if path.name.startswith(f"{db.name}.pull-") and not is_kept:
            path.unlink(missing_ok=True)


def _is_whole(path: Path, file: PublishedFile) -> bool:
    """Whether a file exists with the size and digest that it should have."""
    return path.exists() and path.stat().st_size == file.bytes and sha256(path) == file.sha256


def _check_room(folder: Path, needed: int) -> None:
    """Raises Stopped where a disk has no room for so many bytes: also for what no disk has."""
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise Stopped(
            f"{folder}: {needed:,} bytes are needed and {free:,} free: make room and run the same"
            " command again"
        )


# Writing


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
            _write(snapshot.conn, store, emit)
    return state


@contextmanager
def _opened(staged: Staged, clock: Clock) -> Iterator[Store]:
    """A staged snapshot as a mirror of this version; raises DataError where it is none, or hurt."""
    name = staged.name
    try:
        with closing(connect(staged.path, write=True)) as conn:
            conn.execute("PRAGMA journal_mode = MEMORY")  # a copy: after a crash it is staged anew
            check_mirror(conn, name)
            if (encoding := conn.execute("PRAGMA encoding").fetchone()[0]) != "UTF-8":
                raise NotAMirror(f"{name} is in {encoding}: SQLite writes it over no file in UTF-8")
            for (finding,) in conn.execute("PRAGMA integrity_check(1)"):
                if finding != "ok":
                    raise NotAMirror(f"{name} is damaged: {' '.join(finding.split())}")
            with upgraded_copy(Store(conn, staged.path, clock)) as store:
                yield store
    except (sqlite3.Error, UnicodeDecodeError) as error:
        reason = explained(error, staged.path)
        if isinstance(reason, DataError):
            reason = NotAMirror(f"{name} is damaged, or no mirror: {error}")
        raise reason or error from error


def _write(snapshot: sqlite3.Connection, store: Store, emit: Emit) -> None:
    """Writes one mirror over another, as one transaction of its write-ahead log."""

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
        store.conn.execute("PRAGMA busy_timeout = 0")  # a reader need not end for this
        store.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
