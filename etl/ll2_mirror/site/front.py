"""The front page: what there is, how fresh, what changed, what is in space now."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from ll2_mirror.clock import Clock, age, ago, from_iso
from ll2_mirror.ll2.schema import SCHEMA_VERSION, target, views
from ll2_mirror.site.config import described, site, title
from ll2_mirror.site.format import format_day, format_key, format_length, format_time
from ll2_mirror.site.rows import Picture, Rows
from ll2_mirror.store.ledger import Ledger
from ll2_mirror.store.walks import Walks

_MOST_CHANGES = 8
_MOST_READ = 300


class Count(NamedTuple):
    """How many there are of what people count."""

    name: str
    size: int
    href: str


class Card(NamedTuple):
    """A row of the gallery."""

    name: str
    href: str
    said: str
    more: str  # when it is, or how long it was in space
    picture: Picture | None


class CardSection(NamedTuple):
    """Rows with their pictures; ``none`` says that there are none."""

    title: str
    none: str
    cards: list[Card]


class News(NamedTuple):
    """One change, by name; ``href`` leads to the page of what changed."""

    finished: str
    when: str
    kind: str
    table: str
    what: str
    name: str
    href: str
    key: str
    before: str
    after: str


class FileState(NamedTuple):
    """How a file stands, in words: since when, what is under way, what is wrong with it."""

    synced: str
    ago: str
    under_way: list[str]
    problem: str


class Front(NamedTuple):
    """All that the front page shows."""

    state: FileState
    counts: list[Count]
    front_tables: list[Count]
    galleries: list[CardSection]
    news: list[News]


def state(conn: sqlite3.Connection, now: datetime) -> FileState:
    """How a file stands; raises sqlite3.Error where it is no whole mirror."""
    version = conn.execute("PRAGMA user_version").fetchone()[0]
    if version != SCHEMA_VERSION:
        told = "Another version of ll2-mirror made this file: its next sync brings it up to date."
        return FileState("", "", [], told)
    finished = Ledger(conn).finished()
    under_way = list(_under_way(conn))
    if not finished:
        return FileState(
            "", "", under_way, "No sync of this file was completed yet, so it is empty."
        )
    return FileState(format_time(finished), ago(age(from_iso(finished), now)), under_way, "")


def _under_way(conn: sqlite3.Connection) -> Iterator[str]:
    """How far each sync under way has come."""
    for walk in Walks(conn, Path(), Clock(), nullcontext).progress():
        of = f" of {walk.total:,}" if walk.total else ""
        yield f"{format_key(walk.resource)}: {walk.records:,}{of} fetched"


def front(rows: Rows, now: datetime) -> Front:
    """What the front page shows."""
    found = state(rows.conn, now)
    if found.problem:
        return Front(found, [], [], [], [])
    return Front(
        found,
        list(_counts(rows)),
        list(_front_tables(rows)),
        [
            CardSection(one["title"], one["none"], list(_cards(rows, one)))
            for one in site()["galleries"]
            if rows.may_read(one["sql"])
        ],
        [one for one in news(rows) if one.table in site()["front_tables"]][:_MOST_CHANGES],
    )


def _counts(rows: Rows) -> Iterator[Count]:
    for one in site()["counts"]:
        if rows.may_read(one["sql"]):
            count = rows.conn.execute(one["sql"]).fetchone()[0]
            yield Count(one["name"], count, f"{rows.home}/{one['to']}")


def _front_tables(rows: Rows) -> Iterator[Count]:
    for table in site()["front_tables"]:
        if table in described() and table not in rows.hidden:
            count = rows.conn.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0]
            if count:
                yield Count(title(table), count, f"{rows.home}/{table}")


def _cards(rows: Rows, said_of: dict[str, str]) -> Iterator[Card]:
    table = said_of["table"]
    found = rows.conn.execute(said_of["sql"]).fetchall()
    pictures = rows.pictures(row[2] for row in found)
    for id_, name, image, said, value in found:
        shown = rows.name(table, id_, name)
        yield Card(shown, rows.href(table, id_), said, _more(value), pictures.get(image))


def _more(value: Any) -> str:
    if isinstance(value, str):
        return format_day(value)
    return f"{format_length(value)} in space" if value is not None else ""


def news(rows: Rows) -> list[News]:
    """What the last syncs changed, without a first one: the newest first, then what comes first."""
    view = views()["recent_changes"].sql.partition(" AS\n")[2].rstrip(";\n")
    found = rows.conn.execute(f"SELECT * FROM ({view}) LIMIT {_MOST_READ}").fetchall()
    made = [_news(rows, row) for row in found if _may_tell(rows, row[2], row[5])]
    places = {table: place for place, table in enumerate((*site()["front_tables"], *described()))}
    made.sort(key=lambda one: places[one.table])
    made.sort(key=lambda one: one.finished, reverse=True)
    return made


def _may_tell(rows: Rows, table: str, key: str) -> bool:
    """Whether a change can be told: of a table that is there, and of no hidden one."""
    return table in described() and rows.hidden.isdisjoint((table, target(table, key)))


def _news(rows: Rows, row: Any) -> News:
    finished, kind, table, id_, name, key, before, after = row
    shown = (_short(value) for value in (before, after))
    called, href = rows.name(table, id_, name), rows.href(table, id_)
    when = format_time(finished)
    return News(finished, when, kind, table, title(table), called, href, format_key(key), *shown)


def _short(value: Any) -> str:
    text = "nothing" if value in (None, "") else str(value)
    return text if len(text) <= 60 else f"{text[:59]}…"
