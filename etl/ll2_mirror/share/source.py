"""The sources of a pull: a published folder, local or on the web, or a file without a manifest.

A source stages its snapshot beside the mirror, if it is newer. Of a snapshot in a published folder,
only the blocks that differ from the mirror are fetched, if they are few.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Generator
from contextlib import suppress
from functools import partial
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from ll2_mirror.clock import Clock
from ll2_mirror.errors import DataError, Faulted, NotThere, Stopped, UpstreamError, UsageError
from ll2_mirror.extract.network import with_retries
from ll2_mirror.files import CHUNK, open_own, sha256, writing
from ll2_mirror.ll2.schema import tables
from ll2_mirror.load.upgrade import upgraded_copy
from ll2_mirror.progress import Emit
from ll2_mirror.share.download import Download, Downloader, cut
from ll2_mirror.share.publisher import (
    BLOCK,
    BLOCKS,
    DIGEST,
    MANIFEST,
    Manifest,
    MirrorState,
    PublishedFile,
    block_digests,
    copy_mirror,
    is_as_new_as,
    mirror_state,
    parse_manifest,
)
from ll2_mirror.store.file import Store, open_store

_MAX_MANIFEST = 1024 * 1024  # bytes: far more than any has
_GAP = 8 * BLOCK  # bytes that take as long as a request: fetching equal ones up to this is faster


class PullTarget(NamedTuple):
    """A mirror before a pull: its state, its source, the user's own tables."""

    state: MirrorState | None = None
    pulled: dict[str, Any] | None = None
    own: frozenset[str] = frozenset()
    allow_older: bool = False

    def is_newer(self, state: MirrorState, where: str) -> bool:
        """Whether a published state is new; raises DataError if it is certainly older.

        That is the case if its run has a smaller number and ended earlier.
        """
        here = self.state
        if here is None:
            return True
        if state.synced < here.synced and state.run <= here.run and not self.allow_older:
            raise self._older(where, state)
        return here[:2] != state[:2] or here.schema_version < state.schema_version

    def check(self, store: Store, staged: Staged) -> MirrorState:
        """The state of a staged mirror; raises an error if it must not replace this one."""
        state = mirror_state(store)
        if state is None:
            raise DataError(f"{staged.name} holds nothing: no sync of it was completed yet")
        if staged.state and state[:2] != staged.state[:2]:
            raise DataError(f"{staged.name} holds another state than its manifest says")
        if self.state and not self.allow_older and not is_as_new_as(store, self.state):
            raise self._older(staged.name, state)
        if lost := sorted(self.own - own_tables(store)):
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


def own_tables(store: Store) -> frozenset[str]:
    """The user's own tables and views."""
    names = store.conn.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")
    ours = tables()
    return frozenset(
        name for (name,) in names if name not in ours and not name.startswith(("_", "sqlite_"))
    )


class Staged(NamedTuple):
    """A snapshot beside the mirror, its name for people, and what to remember of its source.

    ``state``: the one in its manifest, if it has one.
    """

    path: Path
    name: str
    about: dict[str, Any]
    state: MirrorState | None = None


def source_of(name: str, timeout: float) -> Source:
    """The source with a URL, folder or file name; raises UsageError if there is none."""
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
    """The URL of a folder, without a slash at its end; raises UsageError for anything else."""
    try:
        parts = urlsplit(url.removesuffix(f"/{MANIFEST}"))
        whole = parts.scheme in ("http", "https") and parts.hostname and (parts.port or 1) > 0
    except ValueError:
        whole = False
    if not whole or "@" in parts.netloc or parts.query or parts.fragment or not url.isprintable():
        # The parts before an @ and after a ? may be secret, so the URL isn't repeated.
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
        """Stages the published snapshot, resuming an earlier download; None if it isn't newer.

        Raises DataError if the file differs from what the manifest says.
        """
        pulled = target.pulled or {}
        etag = pulled.get("etag") or "" if pulled.get("from") == self.name else ""
        manifest, etag = with_retries(partial(self._read_manifest, etag), clock, emit)
        if manifest is None or not target.is_newer(manifest.state, f"{self.name}/{MANIFEST}"):
            return None
        file, where = manifest.file, f"{self.name}/{manifest.file.name}"
        path = _staged_path(db, file.sha256[:16])
        remove_staged(db, but=path)
        if not path.exists():
            with suppress(UpstreamError, OSError):  # then the whole file is fetched
                with_retries(partial(self._update, file, path, where, db), clock, emit, 2)
        for _ in range(2):  # what was staged may be wrong: then start over once
            if not _is_whole(path, file):
                _check_room(db.parent, 2 * file.bytes)  # it is written again, into the mirror
                with_retries(partial(self._download, file, path, where, emit), clock, emit)
            if _is_whole(path, file):
                about = {"published": manifest.document["published"], "etag": etag or None}
                return Staged(path, where, about, manifest.state)
            path.unlink()
        raise DataError(f"{where} isn't what its manifest says: its size or its SHA-256 differs")

    def _read_manifest(self, etag: str) -> tuple[Manifest | None, str]:
        """The manifest and its ETag; None instead of the manifest if it still has this ETag."""
        where = f"{self.name}/{MANIFEST}"
        download = self._get(where, _MAX_MANIFEST, etag=etag)
        if download is None:
            return None, etag
        return parse_manifest(b"".join(download.chunks), where), download.etag

    def _update(self, file: PublishedFile, path: Path, where: str, db: Path) -> None:
        """Stages a copy of the mirror, and fetches the blocks in which the published file differs.

        Does nothing if that would take longer, or the server doesn't send ranges. The caller checks
        the result.
        """
        if file.bytes > 2 * db.stat().st_size:
            return
        most = DIGEST * (file.bytes // BLOCK + 1)
        digests = b"".join(self._part(f"{where}{BLOCKS}", most).chunks)
        wanted = [digests[n : n + DIGEST] for n in range(0, len(digests), DIGEST)]
        both = enumerate(zip_longest(wanted, block_digests(db)))
        spans = _spans([number for number, (new, old) in both if new and new != old])
        if sum(end - start + _GAP for start, end in spans) > file.bytes:
            return
        part = _staged_path(db, "part")
        try:
            shutil.copyfile(db, part)
            with part.open("r+b") as out:
                out.truncate(file.bytes)
                for start, end in spans:
                    download = self._part(where, min(end, file.bytes) - start - 1, offset=start)
                    if not download.is_part:
                        return
                    out.seek(start)
                    out.writelines(download.chunks)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)

    def _download(self, file: PublishedFile, path: Path, where: str, emit: Emit) -> None:
        """Downloads the rest of a file; raises Faulted if the bytes end too early."""
        size = path.stat().st_size if path.exists() else 0
        if size < file.bytes:
            download = self._part(where, file.bytes - size, offset=size or None)
            with writing(path), open_own(path, "ab") as out:
                for chunk in download.chunks:
                    size += out.write(chunk)
                    emit("fetched", bytes=size, of=file.bytes)
        if size < file.bytes:
            raise Faulted(f"{where} broke off after {size} of {file.bytes} bytes")

    def _part(self, where: str, most: int, offset: int | None = None) -> Download:
        """At most so many bytes of a file, plus one."""
        download = self._get(where, most, offset=offset)
        assert download is not None  # no ETag was sent
        return download


class FileSource:
    """A file without a manifest, such as a restored backup."""

    def __init__(self, path: Path) -> None:
        self.name = str(path.absolute())
        self._path = path

    def stage(self, db: Path, target: PullTarget, clock: Clock, _emit: Emit) -> Staged | None:
        """Stages a copy of the file, which may be in use; None if it isn't newer."""
        remove_staged(db)
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


def _read_local(path: str, most: int, *, offset: int | None = None, etag: str = "") -> Download:  # noqa: ARG001 (no ETags)
    """The bytes of a local file, from an offset on."""

    def chunks() -> Generator[bytes]:
        try:
            with Path(path).open("rb") as file:
                file.seek(offset or 0)
                while chunk := file.read(CHUNK):
                    yield chunk
        except FileNotFoundError:
            raise NotThere(f"{path} isn't there: publish a mirror to this folder first") from None
        except OSError as error:
            raise Faulted(f"{path} can't be read: {error.strerror}") from None

    return Download(cut(chunks(), 0, most), is_part=True)


def _spans(blocks: list[int]) -> list[tuple[int, int]]:
    """The first and last offsets of blocks; those with a small gap between them share a span."""
    spans: list[tuple[int, int]] = []
    for block in blocks:
        start, end = block * BLOCK, (block + 1) * BLOCK
        if spans and start - spans[-1][1] <= _GAP:
            start = spans.pop()[0]
        spans.append((start, end))
    return spans


def _staged_path(db: Path, which: str) -> Path:
    """The path at which a snapshot is staged; ``which`` tells the next pull which it is."""
    return db.with_name(f"{db.name}.pull-{which}")


def remove_staged(db: Path, but: Path | None = None) -> None:
    """Removes what was staged for a mirror except one snapshot; that, too, if it is a link."""
    for path in list(db.parent.iterdir()):
        is_kept = path == but and not path.is_symlink()
        if path.name.startswith(f"{db.name}.pull-") and not is_kept:
            path.unlink(missing_ok=True)


def _is_whole(path: Path, file: PublishedFile) -> bool:
    """Whether a file is complete: it has the size and digest of the published one."""
    return path.exists() and path.stat().st_size == file.bytes and sha256(path) == file.sha256


def _check_room(folder: Path, needed: int) -> None:
    """Raises Stopped if the disk has no room for so many bytes."""
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise Stopped(
            f"{folder}: {needed:,} bytes are needed and {free:,} free: make room and run the same"
            " command again"
        )
