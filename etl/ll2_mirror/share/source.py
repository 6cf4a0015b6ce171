"""Where a mirror is pulled from. A source stages its snapshot beside the mirror, if it is newer."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Generator, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from ll2_mirror.clock import Clock
from ll2_mirror.errors import Faulted, NotThere, Stopped, UsageError
from ll2_mirror.extract.network import with_retries
from ll2_mirror.files import CHUNK
from ll2_mirror.load.upgrade import upgraded_copy
from ll2_mirror.progress import Emit
from ll2_mirror.share.download import Download, Downloader, cut, download_file, is_whole
from ll2_mirror.share.manifest import (
    MANIFEST,
    MAX_MANIFEST,
    Manifest,
    MirrorState,
    mirror_state,
    parse_manifest,
)
from ll2_mirror.share.publish import copy_mirror
from ll2_mirror.store.file import open_store
from ll2_mirror.store.reader import Reading

# Whether a state is newer than the mirror's; raises DataError where it is older. The text names it.
IsNewer = Callable[[MirrorState, str], bool]


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


class FolderSource:
    """A folder that ``publish`` writes to; ``get`` reads its files, as ``Downloader.get`` does."""

    def __init__(self, name: str, get: Callable[..., Download | None]) -> None:
        self.name = name
        self._get = get

    def stage(
        self, db: Path, is_newer: IsNewer, etag: str, clock: Clock, emit: Emit
    ) -> Staged | None:
        """Stages what the manifest names, resuming an earlier pull's download; None: not newer.

        ``etag`` is that of the manifest that the mirror was pulled by.
        """
        manifest, etag = with_retries(partial(self._read_manifest, etag), clock, emit)
        if manifest is None or not is_newer(manifest.state, f"{self.name}/{MANIFEST}"):
            return None
        file, where = manifest.file, f"{self.name}/{manifest.file.name}"
        path = _staged_path(db, file.sha256[:16])
        remove_staged(db, but=path)

        def chunks_from(offset: int) -> Iterator[bytes]:
            download = self._get(where, file.bytes - offset, offset=offset)
            assert download is not None  # no ETag was sent
            return download.chunks

        if not is_whole(path, file):
            _check_room(db.parent, 2 * file.bytes)  # it is written once more, into the mirror
            download_file(chunks_from, file, path, where, clock, emit)
        about = {"published": manifest.document["published"], "etag": etag or None}
        return Staged(path, where, about, manifest.state)

    def _read_manifest(self, etag: str) -> tuple[Manifest | None, str]:
        """The manifest and its ETag; None where it still has the one that is given."""
        download = self._get(f"{self.name}/{MANIFEST}", MAX_MANIFEST, etag=etag)
        if download is None:
            return None, etag
        text = b"".join(download.chunks)
        return parse_manifest(text, f"{self.name}/{MANIFEST}"), download.etag


class FileSource:
    """A file that has no manifest, such as a backup that was restored."""

    def __init__(self, path: Path) -> None:
        self.name = str(path.absolute())
        self._path = path

    def stage(
        self, db: Path, is_newer: IsNewer, _etag: str, clock: Clock, _emit: Emit
    ) -> Staged | None:
        """Stages a copy of the file, which may be in use; None: it isn't newer."""
        remove_staged(db)
        path = _staged_path(db, "file")
        with (
            open_store(self._path, clock) as store,
            upgraded_copy(store) as mirror,
            mirror.snapshot(),
        ):
            state = mirror_state(mirror)
            if state and not is_newer(state, self.name):
                return None
            copy_mirror(mirror, path)
            if not (isinstance(store.conn, Reading) and store.conn.is_current()):
                raise Stopped(f"{self.name} changed while it was read: run the same command again")
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


def _staged_path(db: Path, which: str) -> Path:
    """Where a snapshot is staged for a mirror; the name tells the next pull which it is."""
    return db.with_name(f"{db.name}.pull-{which}")


def remove_staged(db: Path, but: Path | None = None) -> None:
    """Removes what was staged for a mirror, other than one snapshot; also a link in its place."""
    for path in list(db.parent.iterdir()):
        is_kept = path == but and not path.is_symlink()
        if path.name.startswith(f"{db.name}.pull-") and not is_kept:
            path.unlink(missing_ok=True)


def _check_room(folder: Path, needed: int) -> None:
    """Raises Stopped where a disk has no room for so many bytes: also for what no disk has."""
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise Stopped(
            f"{folder}: {needed:,} bytes are needed and {free:,} free: make room and run the same"
            " command again"
        )
