"""The front page: what the file has, its age, what is in space now, what changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from ll2_mirror.clock import age, ago, from_iso
from ll2_mirror.ll2.schema import SCHEMA_VERSION, views
from ll2_mirror.site import display
from ll2_mirror.site.context import ChangeEntry, Item, PageSection, Rows
from ll2_mirror.site.section import read_section
from ll2_mirror.store.ledger import Ledger
from ll2_mirror.store.walks import Walks

_MOST_CHANGES = 8
_MOST_READ = 300  # changes
_LONGEST = 60  # characters of a changed value
# The lists that fail, and since when: see due.failures.
_FAILED = (
    "SELECT key, json_extract(value, '$.since') FROM json_each((SELECT value FROM _settings"
    " WHERE key = 'failed')) WHERE type = 'object'"
)


class FrontPage(NamedTuple):
    """What the front page shows. Where there is a problem with the file, nothing else."""

    problem: str = ""
    under_way: Sequence[str] = ()
    failed: Sequence[str] = ()
    synced: str = ""
    ago: str = ""
    counts: Sequence[Item] = ()
    sections: Sequence[PageSection] = ()
    changes: Sequence[ChangeEntry] = ()
    tables: Sequence[Item] = ()


def front_page(rows: Rows, now: datetime) -> FrontPage:
    """The contents of the front page; raises sqlite3.Error if the file isn't a complete mirror."""
    if rows.conn.execute("PRAGMA user_version").fetchone()[0] != SCHEMA_VERSION:
        return FrontPage("Another version of ll2-mirror made this file. The next sync upgrades it.")
    under_way = [
        f"{display.format_key(walk.resource)}: {walk.records:,} of {walk.total or 0:,} fetched"
        for walk in Walks(rows.conn).progress()
    ]
    finished = Ledger(rows.conn).finished()
    if not finished:
        return FrontPage("No sync of this file has finished yet, so it is empty.", under_way)
    failed = rows.conn.execute(_FAILED).fetchall()
    counts = [(each["name"], each["sql"], each["to"]) for each in display.site()["counts"]]
    tables = display.site()["front_tables"]
    return FrontPage(
        under_way=under_way,
        failed=[
            f"{display.format_key(name)} since {display.format_time(since)}"
            for name, since in failed
        ],
        synced=display.format_time(finished),
        ago=ago(age(from_iso(finished), now)),
        counts=_counts(rows, counts),
        sections=[read_section(rows, "", each, {}) for each in display.site()["front"]],
        changes=recent_changes(rows, tables)[:_MOST_CHANGES],
        tables=_counts(
            rows, [(display.title(t), f'SELECT count(*) FROM "{t}"', t) for t in tables]
        ),
    )


def _counts(rows: Rows, queries: Sequence[tuple[str, str, str]]) -> list[Item]:
    """Counts with names and links, without zeros."""
    counts = ((name, rows.conn.execute(sql).fetchone()[0], to) for name, sql, to in queries)
    return [Item(name, f"{rows.home}/{to}", f"{count:,}") for name, count, to in counts if count]


def recent_changes(rows: Rows, tables: Sequence[str] = ()) -> list[ChangeEntry]:
    """What the last syncs changed in some tables, or in all, without first syncs.

    The newest come first, those of one sync in the order of the tables.
    """
    # Not from the view in the file, which may be a user's own with that name.
    select = views()["recent_changes"].sql.partition(" AS\n")[2].rstrip(";\n")
    read = rows.conn.execute(f"SELECT * FROM ({select}) LIMIT {_MOST_READ}").fetchall()
    order = {table: index for index, table in enumerate(display.described())}
    changes = [row for row in read if row["table_name"] in (tables or order)]
    changes.sort(key=lambda row: order[row["table_name"]])
    changes.sort(key=lambda row: row["finished"], reverse=True)
    return [_change(rows, *row) for row in changes]


def _change(
    rows: Rows, finished: str, kind: str, table: str, id_: Any, name: Any, key: str, *values: Any
) -> ChangeEntry:
    before, after = map(_short, values)
    row = Item(rows.name(table, id_, name), rows.href(table, id_), display.title(table))
    return ChangeEntry(
        display.format_time(finished), kind, display.format_key(key), before, after, row, finished
    )


def _short(value: Any) -> str:
    text = "nothing" if value in (None, "") else str(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
