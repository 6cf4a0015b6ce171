"""The folder beside a mirror that has the copies of images: files by their digest, and an index.

The index has a line of JSON for each image: its key, and its file or why there is none. Lines are
only added; the last one of an image counts, and a torn line is skipped. So the folder can be copied
at any time. An image whose file is gone or has another size, as after a torn copy, isn't held.
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

# The formats that are kept, by a file's ending: the media type it is served as, how it begins. An
# SVG isn't among them: it can hold a script.
_FORMATS = {
    "png": ("image/png", rb"\x89PNG\r\n\x1a\n"),
    "jpg": ("image/jpeg", rb"\xff\xd8\xff"),
    "gif": ("image/gif", rb"GIF8[79]a"),
    "webp": ("image/webp", rb"RIFF....WEBP"),
}
ENOUGH = 12  # bytes that tell the format
_NAME = re.compile(r"[0-9a-f]{64}\.(" + "|".join(_FORMATS) + ")")  # what a copy is called
_INDEX = "index.jsonl"
_PART = ".part"


def format_of(start: bytes) -> str | None:
    """The format of an image that starts so, as its file's ending; None for anything else."""
    matches = (end for end, (_, how) in _FORMATS.items() if re.match(how, start, re.DOTALL))
    return next(matches, None)


def media_type(name: str) -> str:
    """What a copy is served as."""
    return _FORMATS[name.rpartition(".")[2]][0]


def image_key(url: str) -> str:
    """The part of a URL that identifies an image: LL2 names it at several hosts, by day.

    Empty for what is no URL, which has no copy.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


class IndexEntry(NamedTuple):
    """What the index has of an image: its file and size; when it was refused, and why.

    ``tried``: when a try last failed in a way that another may mend.
    """

    file: str = ""
    bytes: int = 0
    refused: str = ""
    at: str = ""
    tried: str = ""


class ImageFolder:
    """The copies beside one mirror. Reads what is there now, also while another process writes."""

    def __init__(self, db: Path) -> None:
        real = db.resolve()
        self.path = real.with_name(f"{real.name}.images")
        self._index_path = self.path / _INDEX
        self._read: tuple[int, ...] = ()  # the stamp of the index that was read
        self._index: dict[str, IndexEntry] = {}

    @property
    def stamp(self) -> tuple[int, ...]:
        """Changes with the index; empty where there is none that can be read."""
        try:
            stat = self._index_path.stat()
        except OSError:
            return ()
        return stat.st_ino, stat.st_size, stat.st_mtime_ns

    def index(self) -> dict[str, IndexEntry]:
        """The index: by an image's key, its file or why there is none."""
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
        """The name of the copy of an image, if there is one."""
        entry = self.index().get(image_key(url))
        return entry.file if entry and entry.file and self.file(entry.file) else None

    def file(self, name: str) -> Path | None:
        """Where the copy of that name is; None: it isn't, or is no file of ours."""
        path = self.path / name
        return path if _NAME.fullmatch(name) and path.is_file() and not path.is_symlink() else None

    @property
    def total_bytes(self) -> int:
        """The bytes of all copies."""
        return sum({entry.file: entry.bytes for entry in self.index().values()}.values())

    def add(self, key: str, ending: str, chunks: Iterable[bytes], room: int) -> int:
        """Keeps the copy of an image, unless it has more bytes than there is room; gives those."""
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
        """Adds a line to the index. It starts on a new line, wherever a torn one before it ends."""
        with writing(self._index_path), open_own(self._index_path, "ab") as file:
            file.write(b"\n" + _line(key, entry))
            file.flush()
            os.fsync(file.fileno())

    def drop_all_but(self, keys: Collection[str]) -> int:
        """Removes all images but those with these keys; gives how many."""
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
        """A file to write to before it has a name; it is gone in the end."""
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
