"""The folder beside a mirror that has the copies: files by their digest, and an index of them.

The index has a line of JSON for each picture: what it is known by, and its file or why there is
none. Lines are added; the last of a picture counts. A line that is torn, or no such line, is none.
So the folder can be copied at any time, and whoever copies it has all of it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple

from ll2_mirror.pictures.kinds import NAME
from ll2_mirror.pictures.named import key
from ll2_mirror.share.disk import settled, writing

_INDEX = "index.jsonl"
_PART = ".part"


class Held(NamedTuple):
    """What is known of a picture: its file and its size, or when it was refused, and why."""

    file: str = ""
    bytes: int = 0
    refused: str = ""
    at: str = ""


class Folder:
    """The copies beside one mirror. Reads what is there now, also while another process writes."""

    def __init__(self, db: Path) -> None:
        real = db.resolve()
        self.path = real.with_name(f"{real.name}.images")
        self._index = self.path / _INDEX
        self._read: tuple[int, ...] = ()  # the stamp of what is held here
        self._held: dict[str, Held] = {}

    @property
    def stamp(self) -> tuple[int, ...]:
        """What moves with each change of the index; empty where there is none that can be read."""
        try:
            found = self._index.stat()
        except OSError:
            return ()
        return found.st_ino, found.st_size, found.st_mtime_ns

    def held(self) -> dict[str, Held]:
        """What is known of each picture, by what it is known by."""
        stamp = self.stamp
        if stamp != self._read:
            try:
                self._held = dict(_lines(self._index.read_bytes()))
            except OSError:
                self._held = {}
            self._read = stamp
        return self._held

    def shown(self, url: str) -> str | None:
        """The name of the copy of a picture, if there is one."""
        held = self.held().get(key(url))
        return held.file if held and held.file and self.file(held.file) else None

    def file(self, name: str) -> Path | None:
        """Where the copy of that name is; None: it isn't, or is no file of ours."""
        path = self.path / name
        return path if NAME.fullmatch(name) and path.is_file() and not path.is_symlink() else None

    @contextmanager
    def receiving(self) -> Iterator[BinaryIO]:
        """A file to write a picture to before it has a name; it is gone in the end."""
        part = self.path / _PART
        try:
            with writing(part), part.open("wb") as file:
                yield file
        finally:
            part.unlink(missing_ok=True)

    def keep(self, about: str, kind: str) -> None:
        """Keeps what was received as the copy of a picture."""
        with writing(self.path):
            part = self.path / _PART
            name, size, _ = settled(part, self.path, lambda digest: f"{digest}.{kind}")
        self.note(about, Held(name, size))

    def note(self, about: str, held: Held) -> None:
        """Adds a line to the index. It begins anew, wherever a torn one before it ends."""
        with writing(self._index), self._index.open("ab") as file:
            file.write(b"\n" + _line(about, held))
            file.flush()
            os.fsync(file.fileno())

    @property
    def bytes(self) -> int:
        """The bytes of all copies."""
        return sum({held.file: held.bytes for held in self.held().values()}.values())

    def drop_all_but(self, wanted: Collection[str]) -> int:
        """Takes away all but the pictures that are known so; gives how many went."""
        before = self.held()
        kept = {about: held for about, held in before.items() if about in wanted}
        gone = sum(1 for about, held in before.items() if held.file and about not in kept)
        if kept.keys() != before.keys():
            self._rewrite(kept)
        self._sweep({held.file for held in kept.values()})
        return gone

    def _rewrite(self, kept: dict[str, Held]) -> None:
        """Puts a new index in the place of the old one."""
        with self.receiving() as file:
            file.writelines(b"\n" + _line(*one) for one in kept.items())
            file.flush()
            settled(self.path / _PART, self.path, lambda _: _INDEX)

    def _sweep(self, names: Collection[str]) -> None:
        """Takes away the copies that the index doesn't name, and no other file."""
        for path in list(self.path.iterdir()):
            if NAME.fullmatch(path.name) and path.name not in names:
                path.unlink(missing_ok=True)


def _line(about: str, held: Held) -> bytes:
    said = {name: value for name, value in held._asdict().items() if value}
    return json.dumps({"picture": about, **said}).encode()


def _lines(text: bytes) -> Iterator[tuple[str, Held]]:
    """What the lines of an index say."""
    for line in text.split(b"\n"):
        try:
            said = json.loads(line)
            held = Held(**{name: said[name] for name in Held._fields if name in said})
            about = said["picture"]
        except (ValueError, TypeError, KeyError, RecursionError):
            continue
        if _is_sound(about, held):
            yield about, held


def _is_sound(about: object, held: Held) -> bool:
    texts = (about, held.file, held.refused, held.at)
    return all(isinstance(text, str) for text in texts) and type(held.bytes) is int
