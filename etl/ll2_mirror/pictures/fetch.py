"""Brings the pictures that are wanted into the folder: each once, one by one, with pauses."""

from __future__ import annotations

from functools import partial
from time import monotonic
from typing import Any, NamedTuple

from ll2_mirror.clock import Clock, to_iso
from ll2_mirror.errors import DataError, Faulted, MirrorError, UpstreamError
from ll2_mirror.extract.retry import patiently
from ll2_mirror.pictures.folder import Folder, Held
from ll2_mirror.pictures.named import Picture
from ll2_mirror.pictures.wanted import PAUSE, Wanted
from ll2_mirror.pictures.web import Gallery
from ll2_mirror.progress import Tell, silence
from ll2_mirror.share.disk import writing
from ll2_mirror.store.lock import only_sync

TRIES = 3  # of one picture
MOST_IN_A_ROW = 5  # that don't come: then it may be the network, and their server is left alone


class Fetched(NamedTuple):
    """What was done. ``failed`` is what ended the last try of one that another run may fetch."""

    fetched: int
    fetched_bytes: int
    dropped: int
    refused: list[dict[str, str]]  # with the reasons
    held: int
    missing: int
    bytes: int
    is_full: bool  # whether --max-bytes left some
    seconds: float
    failed: MirrorError | None

    def as_json(self) -> dict[str, Any]:
        """The JSON object of ``images --json``."""
        found = {**self._asdict(), "seconds": round(self.seconds, 3)}
        del found["failed"]
        return found


def fetch(
    found: Wanted, folder: Folder, clock: Clock, tell: Tell = silence, *, most: int, timeout: float
) -> Fetched:
    """Drops what isn't wanted any more, and fetches what is.

    What came stays, however it ends. Raises Stopped where there is no room, UsageError where the
    folder can't be written.
    """
    began = monotonic()
    with writing(folder.path):
        folder.path.mkdir(exist_ok=True)
    with only_sync(folder.path):
        with writing(folder.path):
            dropped = folder.drop_all_but({one.key for one in found.allowed})
        gallery = Gallery({one.host for one in found.named}, timeout)
        run = _Run(folder, gallery, clock, tell, most)
        run.fetch(found.fetch)
    missing = len(found.missing) - run.fetched
    held = len(found.asked) - missing
    counts = (run.fetched, run.bytes, dropped, run.refused, held, missing, folder.bytes)
    return Fetched(*counts, run.is_full, monotonic() - began, run.failed)


class _Run:
    """One run of fetching, and what came of it."""

    def __init__(
        self, folder: Folder, gallery: Gallery, clock: Clock, tell: Tell, most: int
    ) -> None:
        self._folder, self._gallery, self._clock, self._tell = folder, gallery, clock, tell
        self._room = most - folder.bytes
        self._in_a_row = 0
        self.fetched = self.bytes = 0
        self.refused: list[dict[str, str]] = []
        self.failed: MirrorError | None = None
        self.is_full = self._room <= 0

    def fetch(self, pictures: list[Picture]) -> None:
        """Fetches one after the other, until all came, the folder is full, or too many don't."""
        for count, picture in enumerate(pictures, 1):
            if self._in_a_row == MOST_IN_A_ROW or self.is_full:
                return
            if count > 1:
                self._clock.sleep(PAUSE)
            self._one(picture)
            self._tell("picture", pictures=count, of=len(pictures))

    def _one(self, picture: Picture) -> None:
        """Fetches a picture, or notes why not."""
        self._in_a_row += 1
        try:
            patiently(partial(self._get, picture), self._clock, self._tell, TRIES)
            self._in_a_row = 0
        except Faulted as error:
            self.failed = error
        except (UpstreamError, DataError) as error:
            self.refused.append({"url": picture.url, "why": str(error)})
            at = to_iso(self._clock.now())
            self._folder.note(picture.key, Held(refused=str(error), at=at))
            if self._in_a_row == MOST_IN_A_ROW:
                told = f"{MOST_IN_A_ROW} pictures in a row didn't come, the last as {error}"
                self.failed = UpstreamError(told)

    def _get(self, picture: Picture) -> None:
        """Fetches a picture, if there is room; raises DataError for what is none."""
        kind, chunks = self._gallery.picture(picture.url)
        with self._folder.receiving() as file:
            file.writelines(chunks)
            file.flush()
            size = file.tell()
            if size > self._room:
                self.is_full = True
                return
            self._folder.keep(picture.key, kind)
        self._room -= size
        self.fetched += 1
        self.bytes += size
