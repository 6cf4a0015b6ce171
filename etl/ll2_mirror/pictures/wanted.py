"""Which of the pictures that the tables name are wanted, and which of those are there."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from ll2_mirror.clock import to_iso
from ll2_mirror.pictures.folder import Folder, Held
from ll2_mirror.pictures.named import Licenses, Picture, check_licenses, named

PAUSE = 0.5  # seconds between two requests
AGAIN = timedelta(days=7)  # after which a picture that was refused is asked for again
_BYTES = {False: 40_000, True: 1_000_000}  # of a picture, small and in full, while none is held
_SECONDS = 0.3  # that a request takes


class Wanted(NamedTuple):
    """Which pictures are wanted, and what is to be done for that.

    ``named``: all that the tables name; ``allowed``: those of them whose license is wanted;
    ``asked``: those of them that were asked for, small or in full; ``missing``: those of them that
    aren't there; ``fetch``: those of them that weren't refused of late. ``bytes``: about how many
    they have.
    """

    named: list[Picture]
    allowed: list[Picture]
    asked: list[Picture]
    missing: list[Picture]
    fetch: list[Picture]
    bytes: int

    @property
    def seconds(self) -> float:
        """About how long it takes to fetch them."""
        return len(self.fetch) * (PAUSE + _SECONDS)


def wanted(
    conn: sqlite3.Connection, folder: Folder, now: datetime, licenses: Licenses, *, full: bool
) -> Wanted:
    """Which pictures are wanted; raises UsageError for a license that is none."""
    check_licenses(conn, licenses)
    held, all_ = folder.held(), named(conn)
    allowed = [one for one in all_ if licenses.allow(one)]
    asked = [one for one in allowed if full or not one.full]
    missing = [one for one in asked if not _of(held, one).file]
    since = to_iso(now - AGAIN)
    fetch = [one for one in missing if _of(held, one).at < since]
    size = sum(_guess(held, asked, each) * _count(fetch, each) for each in (False, True))
    return Wanted(all_, allowed, asked, missing, fetch, size)


def _of(held: dict[str, Held], one: Picture) -> Held:
    """What is known of a picture; of one that is not known, nothing."""
    return held.get(one.key, Held())


def _count(pictures: list[Picture], full: bool) -> int:
    return sum(one.full == full for one in pictures)


def _guess(held: dict[str, Held], asked: list[Picture], full: bool) -> int:
    """About how many bytes a picture has: as many as those that are held have on average."""
    known = (_of(held, one) for one in asked if one.full == full)
    sizes = [one.bytes for one in known if one.file]
    return sum(sizes) // len(sizes) if sizes else _BYTES[full]


def standing(conn: sqlite3.Connection, folder: Folder) -> dict[str, Any]:
    """How many pictures that the tables name are held and missing, small and in full; the bytes."""
    held, pictures = folder.held(), named(conn)

    def counted(full: bool) -> dict[str, int]:
        have = sum(bool(_of(held, one).file) for one in pictures if one.full == full)
        return {"held": have, "missing": _count(pictures, full) - have}

    return {"thumbnails": counted(False), "full": counted(True), "bytes": folder.bytes}
