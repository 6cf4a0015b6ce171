"""The front page: what the file has, its age, what is in space now, what changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from ll2_mirror.clock import age, ago, from_iso
from ll2_mirror.ll2.schema import SCHEMA_VERSION
from ll2_mirror.site import display
from ll2_mirror.site.change_list import recent_changes
from ll2_mirror.site.context import ChangeEntry, Item, PageSection, Rows
from ll2_mirror.site.section import read_section
from ll2_mirror.store.ledger import Ledger
from ll2_mirror.store.walks import Walks

_MOST_CHANGES = 8
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
            f"{display.format_key(name)} have failed since {display.format_time(since)}"
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
