"""The floor: the least code that brings the same pages into the same public tables.

It knows the shapes of LL2's objects as data, and nothing else: no history, no proof, no drift, no
tidying up. Run as ``python floor.py DB BASE_URL LIST MODE [fetch]``; bench.py checks that its
tables hold what the tool's do.
"""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import isodate
import requests

from ll2_mirror.ll2.lists import RESOURCES
from ll2_mirror.ll2.model import Shape

HOST = "https://ll.thespacedevs.com"
SCHEMA = Path(__file__).resolve().parents[1] / "schema.sql"

Rows = dict[Any, tuple[Any, ...]]  # of one page, by key
Taker = Callable[[dict[str, Any]], Any]  # takes an object apart; gives its id, or its values


def upsert(table: str, columns: tuple[str, ...], key: tuple[str, ...]) -> str:
    """The statement that writes a row where there is none, or another one."""
    rest = [name for name in columns if name not in key]
    news = ", ".join(f"excluded.{name}" for name in rest)
    return (
        f'INSERT INTO "{table}" ({", ".join(columns)}) VALUES ({", ".join("?" * len(columns))})'
        f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET ({', '.join(rest)}) = ({news})"
        f" WHERE ({', '.join(f'{table}.{name}' for name in rest)}) IS NOT ({news})"
    )


@lru_cache(maxsize=4096)
def seconds(text: str | None) -> float | None:
    """A duration in seconds."""
    return None if text is None else float(isodate.parse_duration(text).total_seconds())


class Floor:
    """Takes pages apart: ``tables`` has a statement with its rows, references before referrers."""

    def __init__(self, shape: Shape) -> None:
        self.tables: list[tuple[str, Rows]] = []
        self._takers: dict[str, Taker] = {}
        self.take = self._taker(shape)

    def _rows(self, *statement: Any) -> Rows:
        rows: Rows = {}
        self.tables.append((upsert(*statement), rows))
        return rows

    def _taker(self, shape: Shape) -> Taker:
        if shape.name not in self._takers:
            self._takers[shape.name] = self._new(shape)
        return self._takers[shape.name]

    def _new(self, shape: Shape) -> Taker:
        def of(kind: str) -> list[str]:
            return [key.name for key in shape.keys if key.kind == kind]

        inner = {name: self._taker(nested) for name, nested in shape.nested.items()}
        ones = [(name, inner[name]) for name in of("one")]
        consts, links, durations = of("const"), of("link"), of("duration")

        def values(value: dict[str, Any]) -> tuple[Any, ...]:
            for name in consts:
                del value[name]
            for name in links:
                value[name] = value[name] and value[name].removeprefix(HOST)
            for name, take in ones:
                value[name] = None if value[name] is None else take(value[name])
            for name in durations:
                value[f"{name}_seconds"] = seconds(value[name])
            return tuple(value.values())

        if not shape.table:
            return values
        seconds_too = tuple(f"{name}_seconds" for name in durations)
        rows = self._rows(shape.table, (*shape.columns, *seconds_too), ("id",))
        lists = [(key.name, inner[key.name], self._list(shape, key.name)) for key in shape.lists]

        def take(value: dict[str, Any]) -> Any:
            id_ = value["id"]
            if id_ not in rows:
                for name, take, found in lists:
                    items = value[name]
                    for place, item in enumerate(items):
                        got = take(item)
                        row = got if type(got) is tuple else (got,)
                        found[id_, place] = (id_, place, *row)
                    value[name] = len(items)
                rows[id_] = values(value)
            return id_

        return take

    def _list(self, shape: Shape, name: str) -> Rows:
        item, key = shape.nested[name], (shape.list_column, "position")
        columns = (item.list_column,) if item.table else item.columns
        return self._rows(shape.list_table(shape.by_name[name]), (*key, *columns), key)


def main(db: Path, base_url: str, name: str, mode: str, only_fetch: str = "") -> None:
    """Fetches the pages and, unless that is all, brings them in, in one transaction."""
    floor = Floor(RESOURCES[name].modes[mode])
    schema = "" if db.exists() else SCHEMA.read_text(encoding="utf-8")
    conn = sqlite3.connect(db, isolation_level=None)
    conn.execute("PRAGMA journal_mode = WAL")  # all settings as the tool has them
    conn.execute("PRAGMA synchronous = NORMAL")
    conn.execute("PRAGMA foreign_keys = ON")
    conn.executescript(f"BEGIN; {schema}")
    session = requests.Session()
    session.trust_env = False  # likewise
    offset, count = 0, 1
    while offset < count:
        query = f"limit=100&mode={mode}&offset={offset}&ordering=id"
        body = session.get(f"{base_url}/2.3.0/{name}/?{query}").content
        if only_fetch:
            offset, count = offset + 100, int(body[:30].split(b":")[1].split(b",")[0])
            continue
        page = json.loads(body)
        for record in page["results"]:
            floor.take(record)
        for statement, rows in floor.tables:
            conn.executemany(statement, rows.values())
            rows.clear()
        offset, count = offset + 100, page["count"]
    conn.execute("COMMIT")
    conn.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
