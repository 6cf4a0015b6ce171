"""Finds rows by name: any case, diacritics folded, the beginnings of format.

The index is in memory, made when it is first asked and again after a sync: it costs a sync nothing,
and there is nothing in the file that could be wrong.
"""

from __future__ import annotations

import re
import sqlite3
from threading import Lock
from typing import Any, NamedTuple
from unicodedata import normalize

from ll2_mirror.ll2.descriptions import label
from ll2_mirror.ll2.model import Id
from ll2_mirror.site.config import described, described_columns, is_searched

_WORD = re.compile(r"[^\W_]+")
_MOST_WORDS = 16
_LONGEST = 64  # characters of a word
_ALSO = ("abbrev", "serial_number", "full_name", "alias", "slug", "launch_designator", "credit")
_INDEX = (
    "CREATE VIRTUAL TABLE \"{}\" USING fts5(text, content = '', columnsize = 0,"
    " tokenize = 'unicode61 remove_diacritics 2')"
)


class Found(NamedTuple):
    """What was found in one table: the ids of its rows."""

    table: str
    ids: list[Id]


def expression(text: str) -> str:
    """What FTS5 is asked for a text; empty where there is no word in it."""
    found = _WORD.findall(normalize("NFC", text))[:_MOST_WORDS]
    return " AND ".join(f'"{word[:_LONGEST]}"*' for word in found)


class Names:
    """The index of one database."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._index: sqlite3.Connection | None = None
        self._state: Any = None
        self._texts: dict[str, list[str]] = {}  # of tables whose ids are texts: these, by place

    def find(self, conn: sqlite3.Connection, text: str, *tables: str) -> list[Found]:
        """The rows in whose names each word begins one, by table; in those named, else in all."""
        asked = expression(text)
        if not asked:
            return []
        with self._lock:
            index = self._made(conn)
            places = tables or tuple(described())
            found = (Found(table, self._ids(index, table, asked)) for table in places)
            return [one for one in found if one.ids]

    def _ids(self, index: sqlite3.Connection, table: str, asked: str) -> list[Id]:
        sql = "SELECT 1 FROM sqlite_master WHERE name = ?"
        if not index.execute(sql, (table,)).fetchone():
            return []
        found = index.execute(f'SELECT rowid FROM "{table}" WHERE text MATCH ?', (asked,))
        ids = [id_ for (id_,) in found]
        texts = self._texts.get(table)
        return [texts[id_] for id_ in ids] if texts else list(ids)

    def _made(self, conn: sqlite3.Connection) -> sqlite3.Connection:
        """The index, made anew where a sync ended since."""
        state = tuple(conn.execute("SELECT count(*), max(id), max(finished) FROM _runs").fetchone())
        if self._index is None or state != self._state:
            index = sqlite3.connect(":memory:", check_same_thread=False)
            self._texts.clear()
            for table in filter(is_searched, described()):
                self._fill(index, conn, table)
            self._index, self._state = index, state
        return self._index

    def _fill(self, index: sqlite3.Connection, conn: sqlite3.Connection, table: str) -> None:
        known = described_columns(table)
        also = "".join(f" || ' ' || coalesce(t.\"{name}\", '')" for name in _ALSO if name in known)
        rows = conn.execute(
            f"SELECT t.id, coalesce({label(table)}, ''){also} FROM \"{table}\" AS t"
        )
        first = rows.fetchone()
        if first is None:
            return
        index.execute(_INDEX.format(table))
        pairs = [tuple(first), *map(tuple, rows)]
        if isinstance(first[0], str):
            self._texts[table] = [id_ for id_, _ in pairs]
            pairs = [(place, text) for place, (_, text) in enumerate(pairs)]
        index.executemany(f'INSERT INTO "{table}" (rowid, text) VALUES (?, ?)', pairs)
