"""A file of an earlier version, brought up to date: its tables are made anew from its pages.

No request, and one transaction: until its end, readers see the file as it was.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from ll2_mirror.errors import DataError
from ll2_mirror.ll2.json import parse
from ll2_mirror.ll2.lists import RESOURCES
from ll2_mirror.ll2.page import packed, page_digest, repacked
from ll2_mirror.ll2.schema import SCHEMA_VERSION, own_tables, schema_text, wanted_columns
from ll2_mirror.load.fold import BrokenPage, Fold, Folded
from ll2_mirror.progress import Emit
from ll2_mirror.store.file import Store, drop_triggers, our_views, version_of
from ll2_mirror.store.search import reindex
from ll2_mirror.store.sql import quoted, statements
from ll2_mirror.store.walks import StagedPage, Walk

_INDEXES = "_search_"  # which are made anew
_MEMORY = 2  # of temp_store
# The pages and records of schemas before 7, from the tables as they were. Before 5, the pages of a
# walk had no number: it had them in the order of their offsets.
_PAGES = """
INSERT INTO _pages (resource, mode, digest, body)
    SELECT DISTINCT resource, mode, digest, ll2_repacked(body)
    FROM temp.old_pages JOIN temp.old_bodies USING (digest) JOIN temp.old_walks AS walk
    ON walk.id = old_pages.walk;
INSERT INTO _staged (walk, "offset", "limit", page, ids)
    SELECT walk.id, "offset", "limit", _pages.id, ids
    FROM temp.old_pages AS page JOIN temp.old_bodies USING (digest) JOIN temp.old_walks AS walk
    ON walk.id = page.walk JOIN _pages USING (resource, mode, digest)
    ORDER BY {order};
"""


def upgraded_copy(store: Store) -> Store:
    """The mirror as one of this version; an older file stays as it is, and a copy is made anew.

    Raises DataError where the file's stored pages don't make whole tables.
    """
    if version_of(store.conn) == SCHEMA_VERSION:
        return store
    temp_store = store.conn.execute("PRAGMA temp_store").fetchone()[0]
    # A file of SQLite's own, until it is closed, if there is a folder for such.
    copy = sqlite3.connect(":memory:" if temp_store == _MEMORY else "", isolation_level=None)
    copy.execute(f"PRAGMA temp_store = {temp_store}")
    store.conn.backup(copy)
    drop_triggers(copy)
    upgraded = Store(copy, store.path, store.clock)
    _upgrade(upgraded)
    return upgraded


def upgrade(store: Store, emit: Emit) -> None:
    """Brings the file of a sync, which has its lock, up to date; a copy of it as it was stays.

    The copy has the file's name with the version of its schema: ``spacecraft.db.v3``.
    """
    version = version_of(store.conn)
    if version == SCHEMA_VERSION:
        return
    copy = store.path.with_name(f"{store.path.name}.v{version}")
    _discard(copy)
    try:
        store.conn.execute("VACUUM INTO ?", (str(copy),))
        _upgrade(store)
    except BaseException:
        _discard(copy)
        raise
    emit("upgraded", db=str(store.path), copy=str(copy))


def _discard(copy: Path) -> None:
    """Removes a copy, and what SQLite had beside it while it was made."""
    for path in (copy, copy.with_name(f"{copy.name}-journal")):
        path.unlink(missing_ok=True)


def _upgrade(store: Store) -> None:
    conn = store.conn
    conn.create_function("ll2_repacked", 1, repacked)
    conn.execute("PRAGMA foreign_keys = OFF")  # can't be done within a transaction
    try:
        with store.transaction():
            own = list(_set_aside(conn))
            for statement in statements(schema_text()):
                conn.execute(statement)
            for table in own:
                _bring_back(conn, table)
            _bring_pages(conn)
            _fold(store)
            for table in own:
                conn.execute(f'DROP TABLE temp."old{table}"')
            _check(store)
    finally:
        conn.execute("PRAGMA foreign_keys = ON")


def _tables(conn: sqlite3.Connection) -> list[str]:
    """The file's tables that are LL2's or the tool's; others are the user's own."""
    names = {*own_tables(), *wanted_columns(), "_bodies"}
    rows = conn.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'")
    return [name for (name,) in rows if name in names]


def _set_aside(conn: sqlite3.Connection) -> Iterator[str]:
    """Empties the file of our tables; those of the tool's own are copied first, and named."""
    conn.execute("DELETE FROM _pages WHERE walk IN (SELECT id FROM _walks WHERE NOT published)")
    conn.execute("DELETE FROM _walks WHERE NOT published")
    for view in our_views(conn):
        conn.execute(f'DROP VIEW main."{view}"')
    for table in _tables(conn):
        if table.startswith("_") and not table.startswith(_INDEXES):
            conn.execute(f'CREATE TEMP TABLE "old{table}" AS SELECT * FROM main."{table}"')
            yield table
        conn.execute(f'DROP TABLE main."{table}"')


def _bring_back(conn: sqlite3.Connection, table: str) -> None:
    """Copies the rows of a table of the tool's own, unless they are made anew."""
    old = _columns(conn, f"old{table}")
    both = [name for name in _columns(conn, table) if name in old]
    if both and table not in ("_pages", "_records"):
        conn.execute(
            f'INSERT INTO main."{table}" ({quoted(both)}) SELECT {quoted(both)} FROM "old{table}"'
        )


def _columns(conn: sqlite3.Connection, table: str) -> list[str]:
    return [row[1] for row in conn.execute(f'PRAGMA table_info("{table}")')]


def _bring_pages(conn: sqlite3.Connection) -> None:
    order = "number" if "number" in _columns(conn, "old_pages") else 'walk, "offset"'
    for statement in statements(_PAGES.format(order=order)):
        conn.execute(statement)


def _fold(store: Store) -> None:
    """Fills the tables from the pages of each list, in the order in which they came."""
    fold = Fold(store)
    for name in (name for name in store.ledger.resources() if name in RESOURCES):
        _lay_quarantined(store, fold, name)
        for walk in (
            walk for walk in store.walks.all_published(name) if walk.mode in RESOURCES[name].modes
        ):
            try:
                fold.lay(walk)
            except BrokenPage as error:
                raise DataError(f"{store.path}: {walk.name}: {error}") from None
        listed = "SELECT id FROM temp.old_records WHERE resource = ?"
        gone = f"SELECT id FROM _records WHERE resource = ? AND id NOT IN ({listed})"
        fold.remove(name, [id_ for (id_,) in store.conn.execute(gone, (name, name))])
    fold.settle()
    store.settings.keep("kept", sorted(map(list, fold.pinned), key=str))
    store.walks.forget_pages()
    reindex(store.conn)


def _lay_quarantined(store: Store, fold: Fold, resource: str) -> None:
    """Lays the texts of records in quarantine that stood beside the pages; each gets its own."""
    rows = store.conn.execute(
        "SELECT id, mode, stands FROM temp.old_quarantine WHERE resource = ? AND stands NOT NULL",
        (resource,),
    ).fetchall()
    for id_, mode, body in rows:
        if mode in RESOURCES[resource].modes:
            text = f'{{"count":1,"next":null,"previous":null,"results":[{body}]}}'.encode()
            number = store.conn.execute(
                "INSERT INTO _pages (resource, mode, digest, body) VALUES (?, ?, ?, ?)",
                (resource, mode, page_digest(text), packed(text)),
            ).lastrowid
            assert number is not None
            walk = Walk(0, resource, "", None, mode, "", "", 1)
            fold.lay_page(
                walk, StagedPage(0, 0, 1, number, [id_]), [(0, parse(body.encode()))], Folded()
            )


def _check(store: Store) -> None:
    """Raises DataError where a row refers to one that isn't there; it may be the user's own."""
    broken = store.conn.execute("PRAGMA foreign_key_check").fetchone()
    if broken and broken[0] in _tables(store.conn):
        raise DataError(
            f"{store.path}: its stored pages don't make whole tables ({broken[0]}): it stays as it"
            " is; sync to a new file"
        )
    if broken:
        raise DataError(
            f"{store.path}: your table {broken[0]} refers to a row of {broken[2]} that LL2 no"
            " longer has: take that out first"
        )
