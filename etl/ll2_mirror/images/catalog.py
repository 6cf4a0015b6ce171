"""Which images the tables name, under which licenses, and which of them to fetch."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from ll2_mirror.clock import to_iso
from ll2_mirror.errors import UsageError
from ll2_mirror.images.folder import ImageFolder, IndexEntry, image_key
from ll2_mirror.ll2.json import quote

UNKNOWN = "Unknown"  # LL2's name for an unknown license
PAUSE = 0.5  # seconds between two requests
AGAIN = timedelta(days=7)  # after which a refused image is requested again
_REQUEST = 0.3  # seconds that a request takes: an estimate
_BYTES = {False: 40_000, True: 1_000_000}  # of a thumbnail and of a full image, while none is held
_NAMED = (
    "SELECT thumbnail_url, image_url, coalesce(image_licenses.name, ?) FROM images"
    " LEFT JOIN image_licenses ON image_licenses.id = license_id ORDER BY images.id"
)


class CatalogEntry(NamedTuple):
    """An image that the tables name, and its entry in the folder's index.

    ``key`` identifies it whichever host its URL names.
    """

    url: str
    full: bool  # full size, else a thumbnail
    license: str  # its name
    key: str
    entry: IndexEntry


class ImagePlan(NamedTuple):
    """The images to keep and to fetch. Each list is a part of the one before it.

    ``named``: all that the tables name; ``allowed``: by their license; ``asked``: by their size;
    ``missing``: not in the folder; ``fetch``: not refused lately, those that failed last.
    """

    named: list[CatalogEntry]
    allowed: list[CatalogEntry]
    asked: list[CatalogEntry]
    missing: list[CatalogEntry]
    fetch: list[CatalogEntry]

    @property
    def seconds(self) -> float:
        """About how long it takes to fetch them."""
        return len(self.fetch) * (PAUSE + _REQUEST)

    @property
    def bytes(self) -> int:
        """About how many bytes they have, from the average of those in the folder."""
        size = 0
        for full in (False, True):
            held = [
                image.entry.bytes for image in self.asked if image.full == full and image.entry.file
            ]
            average = sum(held) // len(held) if held else _BYTES[full]
            size += average * sum(image.full == full for image in self.fetch)
        return size


def plan_images(
    conn: sqlite3.Connection,
    folder: ImageFolder,
    now: datetime,
    *,
    full: bool,
    only: Collection[str] = (),
    but: Collection[str] = (),
) -> ImagePlan:
    """Which images are wanted, by their licenses' names and their size, and which are missing.

    Raises UsageError for an unknown license.
    """
    known = {UNKNOWN, *(name for (name,) in conn.execute("SELECT name FROM image_licenses"))}
    for name in (*only, *but):
        if name not in known:
            raise UsageError(
                f"{quote(name)} is not a license of any picture here: see image_licenses"
            )
    named = catalog(conn, folder)
    allowed = [each for each in named if not only or each.license in only]
    allowed = [each for each in allowed if each.license not in but]
    asked = [each for each in allowed if full or not each.full]
    missing = [each for each in asked if not each.entry.file]
    fetch = [each for each in missing if each.entry.at < to_iso(now - AGAIN)]
    fetch.sort(key=lambda image: image.entry.tried)
    return ImagePlan(named, allowed, asked, missing, fetch)


def image_counts(conn: sqlite3.Connection, folder: ImageFolder) -> dict[str, Any]:
    """How many named images are there and missing, by size; and the bytes of all."""
    images = catalog(conn, folder)

    def counts(full: bool) -> dict[str, int]:
        held = [bool(image.entry.file) for image in images if image.full == full]
        return {"held": sum(held), "missing": len(held) - sum(held)}

    return {"thumbnails": counts(False), "full": counts(True), "bytes": folder.total_bytes}


def catalog(conn: sqlite3.Connection, folder: ImageFolder) -> list[CatalogEntry]:
    """All images that the tables name, each once: the thumbnails first."""
    rows = conn.execute(_NAMED, (UNKNOWN,)).fetchall()
    index, images = folder.index(), dict[str, CatalogEntry]()
    for full in (False, True):
        for small, large, license_ in rows:
            url = large if full else small
            if host_of(url):
                key = image_key(url)
                entry = index.get(key, IndexEntry())
                images.setdefault(key, CatalogEntry(url, full, license_, key, entry))
    return list(images.values())


def host_of(url: object) -> str:
    """The host of an image's URL, with its port; empty if the URL can't be fetched."""
    try:
        parts = urlsplit(url) if isinstance(url, str) else None
    except ValueError:
        return ""
    return parts.netloc if parts and parts.scheme in ("http", "https") and parts.hostname else ""
