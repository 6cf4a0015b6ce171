"""Which images the tables name, under which licenses, and which of them are still to be fetched."""

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

UNKNOWN = "Unknown"  # LL2's name for a license that nobody knows
PAUSE = 0.5  # seconds between two requests
AGAIN = timedelta(days=7)  # after which an image that was refused is asked for again
_REQUEST = 0.3  # seconds that a request takes, as a guess
_BYTES = {False: 40_000, True: 1_000_000}  # of a thumbnail and of a full image, while none is held
_NAMED = (
    "SELECT thumbnail_url, image_url, coalesce(image_licenses.name, ?) FROM images"
    " LEFT JOIN image_licenses ON image_licenses.id = license_id ORDER BY images.id"
)


class CatalogEntry(NamedTuple):
    """An image that the tables name: its URL, whether in full size, its license's name.

    ``key`` identifies it whichever host has it; ``host`` is the one named last.
    """

    url: str
    full: bool
    license: str
    key: str
    host: str


class Licenses(NamedTuple):
    """Which images are wanted, by the names of their licenses: only some, or all but some."""

    only: Collection[str] = ()
    but: Collection[str] = ()

    def allow(self, image: CatalogEntry) -> bool:
        """Whether an image is wanted."""
        return (not self.only or image.license in self.only) and image.license not in self.but

    def check(self, conn: sqlite3.Connection) -> None:
        """Raises UsageError for the name of a license that no image can have."""
        known = {UNKNOWN, *(name for (name,) in conn.execute("SELECT name FROM image_licenses"))}
        for name in (*self.only, *self.but):
            if name not in known:
                raise UsageError(
                    f"{quote(name)} is no license of a picture here: image_licenses has them"
                )


class ImagePlan(NamedTuple):
    """What is wanted and what is to be fetched. Each list narrows the one before it.

    ``named``: all that the tables name; ``allowed``: by their license; ``asked``: by their size;
    ``missing``: not in the folder; ``fetch``: not refused lately. ``bytes``: about how many bytes
    those have.
    """

    named: list[CatalogEntry]
    allowed: list[CatalogEntry]
    asked: list[CatalogEntry]
    missing: list[CatalogEntry]
    fetch: list[CatalogEntry]
    bytes: int

    @property
    def seconds(self) -> float:
        """About how long it takes to fetch them."""
        return len(self.fetch) * (PAUSE + _REQUEST)


def plan_images(
    conn: sqlite3.Connection, folder: ImageFolder, now: datetime, licenses: Licenses, *, full: bool
) -> ImagePlan:
    """Which images are wanted and which of them are missing; raises UsageError as Licenses does."""
    licenses.check(conn)
    index, named = folder.index(), catalog(conn)
    allowed = [image for image in named if licenses.allow(image)]
    asked = [image for image in allowed if full or not image.full]
    missing = [image for image in asked if not _entry(index, image).file]
    since = to_iso(now - AGAIN)
    fetch = [image for image in missing if _entry(index, image).at < since]
    fetch.sort(key=lambda image: _entry(index, image).tried)  # those that failed come last
    size = sum(_average(index, asked, full) * _count(fetch, full) for full in (False, True))
    return ImagePlan(named, allowed, asked, missing, fetch, size)


def image_counts(conn: sqlite3.Connection, folder: ImageFolder) -> dict[str, Any]:
    """How many of the named images are held and missing, small and in full; the bytes of all."""
    index, named = folder.index(), catalog(conn)

    def counts(full: bool) -> dict[str, int]:
        held = sum(bool(_entry(index, image).file) for image in named if image.full == full)
        return {"held": held, "missing": _count(named, full) - held}

    return {"thumbnails": counts(False), "full": counts(True), "bytes": folder.total_bytes}


def catalog(conn: sqlite3.Connection) -> list[CatalogEntry]:
    """All images that the tables name, each once: the thumbnails first."""
    rows = conn.execute(_NAMED, (UNKNOWN,)).fetchall()
    images: dict[str, CatalogEntry] = {}
    for full in (False, True):
        for small, large, license_ in rows:
            image = _catalog_entry(large if full else small, full, license_)
            if image:
                images.setdefault(image.key, image)
    return list(images.values())


def _catalog_entry(url: object, full: bool, license_: str) -> CatalogEntry | None:
    """The entry of a URL; None where nothing can be fetched from it."""
    try:
        parts = urlsplit(url) if isinstance(url, str) else None
        if not (parts and parts.scheme in ("http", "https") and parts.hostname):
            return None
    except ValueError:
        return None
    return CatalogEntry(str(url), full, license_, image_key(str(url)), parts.netloc)


def _entry(index: dict[str, IndexEntry], image: CatalogEntry) -> IndexEntry:
    return index.get(image.key, IndexEntry())


def _count(images: list[CatalogEntry], full: bool) -> int:
    return sum(image.full == full for image in images)


def _average(index: dict[str, IndexEntry], asked: list[CatalogEntry], full: bool) -> int:
    """The bytes of an image: the average of those that are held, else a guess."""
    entries = (_entry(index, image) for image in asked if image.full == full)
    sizes = [entry.bytes for entry in entries if entry.file]
    return sum(sizes) // len(sizes) if sizes else _BYTES[full]
