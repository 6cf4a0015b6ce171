"""The folder beside a mirror with copies of images: files named by digest, and an index.

The index has a line of JSON for each image: its key, and its file or why there is none. Lines are
only appended; the last one of an image counts, and an incomplete line is skipped. So the folder can
be copied at any time. An image whose file is gone, or has another size, counts as missing.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple
from urllib.parse import urlsplit

from ll2_mirror.files import commit_file, open_own, sha256, writing

# The accepted formats, by file name ending: the media type, the first bytes. SVG isn't accepted,
# because it can contain a script.
_FORMATS = {
    "png": ("image/png", rb"\x89PNG\r\n\x1a\n"),
    "jpg": ("image/jpeg", rb"\xff\xd8\xff"),
    "gif": ("image/gif", rb"GIF8[79]a"),
    "webp": ("image/webp", rb"RIFF....WEBP"),
}
ENOUGH = 12  # bytes that show the format
_NAME = re.compile(r"[0-9a-f]{64}\.(" + "|".join(_FORMATS) + ")")  # the name of a copy
_INDEX = "index.jsonl"
_PART = ".part"


def format_of(start: bytes) -> str | None:
    """The format of an image by its first bytes, as a file name ending; None if not accepted."""
    matches = (end for end, (_, how) in _FORMATS.items() if re.match(how, start, re.DOTALL))
    return next(matches, None)


def media_type(name: str) -> str:
    """The media type of a copy."""
    return _FORMATS[name.rpartition(".")[2]][0]


def image_key(url: str) -> str:
    """The part of a URL that identifies an image: its host changes from day to day.

    Empty for an invalid URL.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


class IndexEntry(NamedTuple):
    """The index entry of an image: its file and size, or when it was refused, and why.

    ``tried``: when an attempt last failed in a way that a retry may fix.
    """

    file: str = ""
    bytes: int = 0
    refused: str = ""
    at: str = ""
    tried: str = ""


class ImageFolder:
    """The copies beside one mirror, as they are now, even while another process writes."""

    def __init__(self, db: Path) -> None:
        real = db.resolve()
        self.path = real.with_name(f"{real.name}.images")
        self._index_path = self.path / _INDEX
        self._read: tuple[int, ...] = ()  # of the index that was read
        self._index: dict[str, IndexEntry] = {}

    @property
    def stamp(self) -> tuple[int, ...]:
        """A text that changes with the index; empty if there is none that can be read."""
        try:
            stat = self._index_path.stat()
        except OSError:
            return ()
        return stat.st_ino, stat.st_size, stat.st_mtime_ns

    def index(self) -> dict[str, IndexEntry]:
        """The index: entries by image key."""
        stamp = self.stamp
        if stamp != self._read:
            try:
                entries = dict(_entries(self._index_path.read_bytes()))
                sizes = {file.name: file.stat().st_size for file in os.scandir(self.path)}
            except OSError:
                entries, sizes = {}, {}
            self._index = {
                key: entry
                for key, entry in entries.items()
                if not entry.file or sizes.get(entry.file) == entry.bytes
            }
            self._read = stamp
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

    def add(self, key: str, ending: str, chunks: Iterable[bytes], room: int) -> int:
        """Stores the copy of an image, unless there isn't enough room; returns its bytes."""
        with self._part() as file:
            file.writelines(chunks)
            file.flush()
            size = file.tell()
            if size <= room:
                name = f"{sha256(self.path / _PART)}.{ending}"
                commit_file(self.path / _PART, self.path / name)
                self.note(key, IndexEntry(name, size))
        return size

    def note(self, key: str, entry: IndexEntry) -> None:
        """Appends a line to the index, on a new line even after an incomplete one."""
        with writing(self._index_path), open_own(self._index_path, "ab") as file:
            file.write(b"\n" + _line(key, entry))
            file.flush()
            os.fsync(file.fileno())

    def drop_all_but(self, keys: Collection[str]) -> int:
        """Removes all images except those with these keys; returns how many."""
        before = self.index()
        kept = {key: entry for key, entry in before.items() if key in keys}
        if kept.keys() != before.keys():
            with self._part() as file:
                file.writelines(b"\n" + _line(*item) for item in kept.items())
                file.flush()
                commit_file(self.path / _PART, self._index_path)
        names = {entry.file for entry in kept.values()}
        for path in list(self.path.iterdir()):
            if _NAME.fullmatch(path.name) and path.name not in names:
                path.unlink(missing_ok=True)
        return sum(1 for key, entry in before.items() if entry.file and key not in kept)

    @contextmanager
    def _part(self) -> Iterator[BinaryIO]:
        """A temporary file to write to, which is removed at the end."""
        part = self.path / _PART
        try:
            with writing(part), open_own(part, "wb") as file:
                yield file
        finally:
            part.unlink(missing_ok=True)


def _line(key: str, entry: IndexEntry) -> bytes:
    values = {name: value for name, value in entry._asdict().items() if value}
    return json.dumps({"picture": key, **values}).encode()


def _entries(text: bytes) -> Iterator[tuple[str, IndexEntry]]:
    """The entries of an index, by their images' keys."""
    for line in text.split(b"\n"):
        try:
            values = json.loads(line)
            entry = IndexEntry(
                **{name: values[name] for name in IndexEntry._fields if name in values}
            )
            key = values["picture"]
        except (ValueError, TypeError, KeyError, RecursionError):
            continue
        texts = (key, entry.file, entry.refused, entry.at, entry.tried)
        if all(isinstance(text, str) for text in texts) and type(entry.bytes) is int:
            yield key, entry
