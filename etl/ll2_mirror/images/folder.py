"""Which images the tables name, and the folder beside the mirror with copies of them.

The folder has files named by digest, and an index with a line of JSON for each image: its key, and
its file or why it has none. Lines are only appended; an image's last line counts, and an
incomplete line is skipped. So the folder can be copied at any time. An image whose file is missing
or has another size counts as missing.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple
from urllib.parse import urlsplit

from ll2_mirror.clock import to_iso
from ll2_mirror.errors import DataError, UsageError
from ll2_mirror.files import commit_file, open_own, sha256, writing
from ll2_mirror.ll2.json import quote

UNKNOWN = "Unknown"  # LL2's name for an unknown license
AGAIN = timedelta(days=7)  # after which a refused image is requested again
# The accepted formats, by file name ending: the media type, the first bytes. SVG isn't accepted,
# because it can contain a script.
_FORMATS = {
    "png": ("image/png", rb"\x89PNG\r\n\x1a\n"),
    "jpg": ("image/jpeg", rb"\xff\xd8\xff"),
    "gif": ("image/gif", rb"GIF8[79]a"),
    "webp": ("image/webp", rb"RIFF....WEBP"),
}
_NAME = re.compile(r"[0-9a-f]{64}\.(" + "|".join(_FORMATS) + ")")  # the name of a copy
_NAMED = (
    "SELECT thumbnail_url, image_url, coalesce(image_licenses.name, ?) FROM images"
    " LEFT JOIN image_licenses ON image_licenses.id = license_id ORDER BY images.id"
)


class IndexEntry(NamedTuple):
    """The index entry of an image: its file and size, or when it was refused, and why.

    ``tried``: when an attempt last failed in a way that a retry may fix.
    """

    file: str = ""
    bytes: int = 0
    refused: str = ""
    at: str = ""
    tried: str = ""


class CatalogEntry(NamedTuple):
    """An image that the tables name, and its entry in the folder's index."""

    url: str
    full: bool  # full size, else a thumbnail
    license: str  # its name
    key: str  # see image_key
    entry: IndexEntry


class ImagePlan(NamedTuple):
    """The images to keep and to fetch. Each list is a part of the one before it.

    ``named``: all that the tables name; ``allowed``: those with a wanted license; ``asked``: those
    of the wanted size; ``missing``: not in the folder; ``fetch``: not refused in the last week, in
    the order to fetch them: those that failed come last.
    """

    named: list[CatalogEntry]
    allowed: list[CatalogEntry]
    asked: list[CatalogEntry]
    missing: list[CatalogEntry]
    fetch: list[CatalogEntry]


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
    for name in {*only, *but} - known:
        raise UsageError(f"no picture has the license {quote(name)}: see image_licenses")
    named = catalog(conn, folder)
    wanted = set(only or known) - set(but)
    allowed = [image for image in named if image.license in wanted]
    asked = [image for image in allowed if full or not image.full]
    missing = [image for image in asked if not image.entry.file]
    lately = to_iso(now - AGAIN), to_iso(now)
    fetch = [image for image in missing if not lately[0] <= image.entry.at <= lately[1]]
    fetch.sort(key=lambda image: image.entry.tried)
    return ImagePlan(named, allowed, asked, missing, fetch)


def image_counts(conn: sqlite3.Connection, folder: ImageFolder) -> dict[str, Any]:
    """How many named images are in the folder and missing, by size; and the bytes of all."""
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
        for *urls, license_ in rows:
            if key := image_key(urls[full]):
                entry = index.get(key, IndexEntry())
                images.setdefault(key, CatalogEntry(urls[full], full, license_, key, entry))
    return list(images.values())


def image_key(url: str | None) -> str:
    """The part of a URL that identifies an image: its host changes from day to day.

    Empty if the URL can't be fetched.
    """
    try:
        parts = urlsplit(url or "")
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return ""
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def media_type(name: str) -> str:
    """The media type of a copy."""
    return _FORMATS[name.rpartition(".")[2]][0]


class ImageFolder:
    """The copies beside one mirror, as they are now, even while another process writes."""

    def __init__(self, db: Path) -> None:
        real = db.resolve()
        self.path = real.with_name(f"{real.name}.images")
        self._index_path = self.path / "index.jsonl"
        self._part_path = self.path / ".part"
        self._read: tuple[int, ...] = ()  # the stamp of the index that was read
        self._index: dict[str, IndexEntry] = {}

    def index(self) -> dict[str, IndexEntry]:
        """The index: entries by image key; empty if there is none that can be read."""
        try:
            stat = self._index_path.stat()
            stamp = stat.st_ino, stat.st_size, stat.st_mtime_ns
            if stamp != self._read:
                sizes = {file.name: file.stat().st_size for file in os.scandir(self.path)}
                self._index = {
                    key: entry
                    for key, entry in _entries(self._index_path.read_bytes()).items()
                    if not entry.file or sizes.get(entry.file) == entry.bytes
                }
                self._read = stamp
        except OSError:
            self._read, self._index = (), {}
        return self._index

    def shown(self, url: str) -> str | None:
        """The name of the copy of an image, or None."""
        entry = self.index().get(image_key(url))
        return entry.file if entry and entry.file and self.file(entry.file) else None

    def file(self, name: str) -> Path | None:
        """The path of the copy with a name; None if there is none, or it isn't our file."""
        path = self.path / name
        return path if _NAME.fullmatch(name) and path.is_file() and not path.is_symlink() else None

    @property
    def total_bytes(self) -> int:
        """The bytes of all copies."""
        return sum({entry.file: entry.bytes for entry in self.index().values()}.values())

    def add(self, image: CatalogEntry, chunks: Iterable[bytes], most: int) -> int:
        """Stores the copy of an image unless it has more than ``most`` bytes; returns its bytes.

        Raises DataError if it isn't an image.
        """
        with self._part() as file:
            file.writelines(chunks)
            size = file.tell()
            file.seek(0)
            start = file.read(12)
            endings = (e for e, (_, how) in _FORMATS.items() if re.match(how, start, re.DOTALL))
            if not (ending := next(endings, "")):
                reason = f"is not a PNG, JPEG, WebP or GIF image: it begins with {start!r}"
                raise DataError(f"{image.url} {reason}")
            if size <= most:
                name = f"{sha256(self._part_path)}.{ending}"
                commit_file(self._part_path, self.path / name)
                self.note(image.key, IndexEntry(name, size))
        return size

    def note(self, key: str, entry: IndexEntry) -> None:
        """Appends a line to the index, on a new line even after an incomplete one."""
        with writing(self._index_path), open_own(self._index_path, "ab") as file:
            file.write(_line(key, entry))
            file.flush()
            os.fsync(file.fileno())

    def drop_all_but(self, keys: Collection[str]) -> int:
        """Removes all images except those with these keys; returns how many."""
        before = self.index()
        kept = {key: entry for key, entry in before.items() if key in keys}
        if kept.keys() != before.keys():
            with self._part() as file:
                file.writelines(_line(*item) for item in kept.items())
                file.flush()
                commit_file(self._part_path, self._index_path)
        names = {entry.file for entry in kept.values()}
        for path in list(self.path.iterdir()):
            if _NAME.fullmatch(path.name) and path.name not in names:
                path.unlink(missing_ok=True)
        return sum(1 for key, entry in before.items() if entry.file and key not in kept)

    @contextmanager
    def _part(self) -> Iterator[BinaryIO]:
        """A temporary file to write to, which is removed at the end."""
        try:
            with writing(self._part_path), open_own(self._part_path, "w+b") as file:
                yield file
        finally:
            self._part_path.unlink(missing_ok=True)


def _line(key: str, entry: IndexEntry) -> bytes:
    values = {name: value for name, value in entry._asdict().items() if value}
    return b"\n" + json.dumps({"picture": key, **values}).encode()


def _entries(text: bytes) -> dict[str, IndexEntry]:
    """The entries of an index, by their images' keys."""
    entries = {}
    for line in text.split(b"\n"):
        try:
            values = json.loads(line)
            key, entry = values.pop("picture"), IndexEntry(**values)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            continue
        if [*map(type, (key, *entry))] == [str, str, int, str, str, str]:
            entries[key] = entry
    return entries
