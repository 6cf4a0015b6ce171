"""Upgrades a file of an earlier version: rebuilds its tables from its stored pages.

It makes no request. It is one transaction, so readers see the old file until it is committed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from ll2_mirror.errors import DataError
from ll2_mirror.ll2.json import parse
from ll2_mirror.ll2.lists import RESOURCES
from ll2_mirror.ll2.page import packed, page_digest, repacked
from ll2_mirror.ll2.schema import SCHEMA_VERSION, own_tables, schema_text, tables
from ll2_mirror.load.fold import BrokenPage, Fold, Folded
from ll2_mirror.progress import Emit
from ll2_mirror.store.file import Store, drop_triggers, our_views, version_of
from ll2_mirror.store.search import reindex
from ll2_mirror.store.sql import quoted, statements
from ll2_mirror.store.walks import StagedPage, Walk

_INDEXES = "_search_"  # the start of the names of tables that are rebuilt, not copied
_MEMORY = 2  # the value of temp_store
# Converts the pages of schemas before 7. Before 5, pages had no number: a walk's pages were in the
# order of their offsets.
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
    """The mirror in this version's schema: an older file is copied, and the copy upgraded.

    Raises DataError if the tables can't be rebuilt from the file's stored pages.
    """
    if version_of(store.conn) == SCHEMA_VERSION:
        return store
    temp_store = store.conn.execute("PRAGMA temp_store").fetchone()[0]
    # "": a temporary file, which SQLite deletes when it is closed.
    copy = sqlite3.connect(":memory:" if temp_store == _MEMORY else "", isolation_level=None)
    copy.execute(f"PRAGMA temp_store = {temp_store}")
    store.conn.backup(copy)
    drop_triggers(copy)
    upgraded = Store(copy, store.path, store.clock)
    _upgrade(upgraded)
    return upgraded


def upgrade(store: Store, emit: Emit) -> None:
    """Upgrades the file of a sync, which holds its lock, and keeps a copy of the old file.

    The copy's name ends with its schema version: ``spacecraft.db.v3``.
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
    """Removes a copy and the journal that SQLite may have left beside it."""
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
                _restore(conn, table)
            _convert_pages(conn)
            _fold(store)
            for table in own:
                conn.execute(f'DROP TABLE temp."old{table}"')
            _check(store)
    finally:
        conn.execute("PRAGMA foreign_keys = ON")


def _tables(conn: sqlite3.Connection) -> list[str]:
    """The file's tables that are LL2's or the tool's; all others are the user's own."""
    names = {*own_tables(), *tables(), "_bodies"}
    rows = conn.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'")
    return [name for (name,) in rows if name in names]


def _set_aside(conn: sqlite3.Connection) -> Iterator[str]:
    """Drops LL2's and the tool's tables; copies the tool's first, and yields their names."""
    conn.execute("DELETE FROM _pages WHERE walk IN (SELECT id FROM _walks WHERE NOT published)")
    conn.execute("DELETE FROM _walks WHERE NOT published")
    for view in our_views(conn):
        conn.execute(f'DROP VIEW main."{view}"')
    for table in _tables(conn):
        if table.startswith("_") and not table.startswith(_INDEXES):
            conn.execute(f'CREATE TEMP TABLE "old{table}" AS SELECT * FROM main."{table}"')
            yield table
        conn.execute(f'DROP TABLE main."{table}"')


def _restore(conn: sqlite3.Connection, table: str) -> None:
    """Copies back the rows of one of the tool's own tables, unless they are converted."""
    old = _columns(conn, f"old{table}")
    both = [name for name in _columns(conn, table) if name in old]
    if both and table not in ("_pages", "_records"):
        conn.execute(
            f'INSERT INTO main."{table}" ({quoted(both)}) SELECT {quoted(both)} FROM "old{table}"'
        )


def _columns(conn: sqlite3.Connection, table: str) -> list[str]:
    return [row[1] for row in conn.execute(f'PRAGMA table_info("{table}")')]


def _convert_pages(conn: sqlite3.Connection) -> None:
    order = "number" if "number" in _columns(conn, "old_pages") else 'walk, "offset"'
    for statement in statements(_PAGES.format(order=order)):
        conn.execute(statement)


def _fold(store: Store) -> None:
    """Fills the tables from the pages of each list, in the order in which they were fetched."""
    fold = Fold(store)
    for name in (name for name in store.ledger.resources() if name in RESOURCES):
        _apply_quarantined(store, fold, name)
        for walk in (
            walk for walk in store.walks.all_published(name) if walk.mode in RESOURCES[name].modes
        ):
            try:
                fold.apply(walk)
            except BrokenPage as error:
                raise DataError(f"{store.path}: {walk.name}: {error}") from None
        listed = "SELECT id FROM temp.old_records WHERE resource = ?"
        gone = f"SELECT id FROM _records WHERE resource = ? AND id NOT IN ({listed})"
        fold.remove(name, [id_ for (id_,) in store.conn.execute(gone, (name, name))])
    store.settings.forget("kept")  # the new tables don't have these rows
    fold.finish()
    store.walks.forget_pages()
    reindex(store.conn)


def _apply_quarantined(store: Store, fold: Fold, resource: str) -> None:
    """Applies the last good texts of quarantined records, which older files kept outside pages.

    Each becomes a page of its own.
    """
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
            fold.apply_page(
                walk, StagedPage(0, 0, 1, number, [id_]), [(0, parse(body.encode()))], Folded()
            )


def _check(store: Store) -> None:
    """Raises DataError if a row, of LL2's or of a user's table, refers to a missing one."""
    broken = store.conn.execute("PRAGMA foreign_key_check").fetchone()
    if broken and broken[0] in _tables(store.conn):
        raise DataError(
            f"{store.path}: its stored pages don't make whole tables ({broken[0]}): the file is"
            " unchanged; sync to a new file"
        )
    if broken:
        raise DataError(
            f"{store.path}: your table {broken[0]} refers to a row of {broken[2]} that LL2 no"
            " longer has: delete your row first"
        )
