"""The settings that a file remembers for the next sync."""

from __future__ import annotations

import json
import re
import sqlite3
from pathlib import Path
from typing import Any

from ll2_mirror.errors import DataError
from ll2_mirror.ll2.json import quote
from ll2_mirror.ll2.lists import MODES, SLICES

_URL = re.compile(r"https?://[^\s/?#@]+(/[^\s?#@]*)?")


class Settings:
    """The settings of one file: text values by name. The token is never among them."""

    def __init__(self, conn: sqlite3.Connection, path: Path) -> None:
        self._conn = conn
        self._path = path

    def get(self, key: str) -> str | None:
        """The value of a key, or None; raises DataError if it isn't a text."""
        row = self._conn.execute("SELECT value FROM _settings WHERE key = ?", (key,)).fetchone()
        if row and type(row[0]) is not str:
            raise self._damaged(key, repr(row[0]))
        return row[0] if row else None

    def remember(self, **settings: str) -> None:
        """Stores settings; an unchanged value isn't written again."""
        self._conn.executemany(
            "INSERT INTO _settings (key, value) VALUES (?, ?)"
            " ON CONFLICT DO UPDATE SET value = excluded.value WHERE value <> excluded.value",
            settings.items(),
        )

    def keep(self, key: str, value: list[Any] | dict[str, Any]) -> None:
        """Stores a list or an object as JSON; deletes the setting if it is empty."""
        if value:
            self.remember(**{key: json.dumps(value)})
        else:
            self.forget(key)

    def forget(self, *keys: str) -> None:
        """Deletes settings."""
        self._conn.executemany("DELETE FROM _settings WHERE key = ?", [(key,) for key in keys])

    def read(self, key: str, kind: type) -> Any:
        """The JSON value of a setting, or None; raises DataError for another type."""
        text = self.get(key)
        if text is None:
            return None
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            value = None
        if type(value) is not kind:
            raise self._damaged(key, text)
        return value

    @property
    def base_url(self) -> str | None:
        """The server that the file was last synced from; None before the first sync."""
        url = self.get("base_url")
        if url is not None and not _URL.fullmatch(url):
            raise self._damaged("base_url", url)
        return url

    @property
    def mode(self) -> str | None:
        """The mode of all lists in a file of an earlier version; None in any other file.

        Now each list has its own mode, that of its walk.
        """
        mode = self.get("mode")
        if mode is not None and mode not in MODES:
            raise self._damaged("mode", mode)
        return mode

    @property
    def resources(self) -> list[str]:
        """The mirrored resources, in the order in which they were first requested."""
        names = self.read("resources", list) or []
        if not all(type(name) is str and name in SLICES for name in names):
            raise self._damaged("resources", json.dumps(names))
        return names

    @property
    def due(self) -> dict[str, str]:
        """The lists that the last ``sync --due`` was to keep up to date, and since when."""
        since = self.read("due", dict) or {}
        if not since.keys() <= SLICES.keys():
            raise self._damaged("due", json.dumps(since))
        return since

    @property
    def asked(self) -> dict[str, str]:
        """The lists of a sync that was not completed, each with its mode."""
        modes = self.read("asked", dict) or {}
        if not all(name in SLICES and mode in MODES for name, mode in modes.items()):
            raise self._damaged("asked", json.dumps(modes))
        return modes

    @property
    def pinned(self) -> set[tuple[str, Any]]:
        """The rows that stay because a user's own table refers to them: table and id."""
        return {(table, id_) for table, id_ in self.read("kept", list) or ()}

    def _damaged(self, key: str, value: str) -> DataError:
        return DataError(f"{self._path}: its setting {key} is damaged: {quote(value)}")
