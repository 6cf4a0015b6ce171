"""Where a mirror is pulled from. An origin stages its snapshot beside the mirror, if it is news."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from ll2_mirror.clock import Clock
from ll2_mirror.errors import Stopped, UsageError
from ll2_mirror.extract.retry import patiently
from ll2_mirror.load.rebuild import readable
from ll2_mirror.progress import Tell
from ll2_mirror.share.fetch import clear, fetch, staged
from ll2_mirror.share.manifest import MANIFEST, State, parsed, state_of
from ll2_mirror.share.snapshot import copy
from ll2_mirror.share.transport import Folder, Site, Transport
from ll2_mirror.store.opening import open_store
from ll2_mirror.store.reading import Reading

# Whether a state is news, which is at a place; raises DataError where that is older.
IsNews = Callable[[State, str], bool]


class Staged(NamedTuple):
    """A snapshot beside the mirror; what people call it; what is remembered of whence it came.

    ``state`` is what its manifest says that it holds, if it has one.
    """

    path: Path
    name: str
    whence: dict[str, Any]
    state: State | None = None


def origin_of(source: str, timeout: float) -> Origin:
    """What a command line names; raises UsageError where nothing can be pulled from that."""
    if "://" in source:
        return Published(Site(source, timeout))
    path = Path(source)
    folder = path.parent if path.name == MANIFEST else path
    if folder.is_dir():
        return Published(Folder(folder))
    if not path.is_file():
        raise UsageError(f"{source} is neither a URL nor a folder nor a file")
    return Single(path)


class Published:
    """A folder that ``publish`` writes to, wherever it is."""

    def __init__(self, transport: Transport) -> None:
        self.name = transport.name
        self._transport = transport

    def stage(
        self, db: Path, is_news: IsNews, etag: str | None, clock: Clock, tell: Tell
    ) -> Staged | None:
        """Stages what the manifest names; goes on with what an earlier pull has of it.

        ``etag`` is that of the manifest that the mirror was pulled by.
        """
        told = patiently(partial(self._transport.manifest, etag), clock, tell)
        if told is None:
            return None
        where = f"{self.name}/{MANIFEST}"
        manifest = parsed(told.text, where)
        if not is_news(manifest.state, where):
            return None
        clear(db, but=manifest.file.sha256)
        path = fetch(self._transport, manifest, db, clock, tell)
        whence = {"published": manifest.published, "etag": told.etag}
        return Staged(path, f"{self.name}/{manifest.file.name}", whence, manifest.state)


class Single:
    """A file that has no manifest, such as a backup that was restored."""

    def __init__(self, path: Path) -> None:
        self.name = str(path.absolute())
        self._path = path

    def stage(
        self, db: Path, is_news: IsNews, _etag: str | None, clock: Clock, _tell: Tell
    ) -> Staged | None:
        """Stages a copy of the file, which may be in use."""
        clear(db)
        path = staged(db, "file")
        with open_store(self._path, clock) as store, readable(store) as found, found.snapshot():
            state = state_of(found)
            if state and not is_news(state, self.name):
                return None
            copy(found, path)
            if not (isinstance(store.conn, Reading) and store.conn.is_current()):
                raise Stopped(f"{self.name} changed while it was read: run the same command again")
        return Staged(path, self.name, {}, None)


# What a mirror is pulled from; ``name`` is what it remembers. Each stages its snapshot for the
# mirror ``db``, and gives None where that is no news.
Origin = Published | Single
