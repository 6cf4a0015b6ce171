"""A file of an earlier version, brought up to date: its tables are made anew from its pages.

No request, and one transaction: until its end, readers see the file as it was.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from ll2_mirror.errors import DataError, NotAPage
from ll2_mirror.ll2.lists import RESOURCES
from ll2_mirror.ll2.page import repacked
from ll2_mirror.ll2.schema import SCHEMA_VERSION, own_tables, schema_text, wanted_columns
from ll2_mirror.load.prune import Pruner
from ll2_mirror.load.quarantine import standing
from ll2_mirror.load.referrers import Node
from ll2_mirror.load.upsert import Upsert
from ll2_mirror.progress import Emit
from ll2_mirror.store.opening import version_of
from ll2_mirror.store.search import reindex
from ll2_mirror.store.sql import quoted
from ll2_mirror.store.store import Store
from ll2_mirror.store.views import ours
from ll2_mirror.store.walks import Walk
from ll2_mirror.transform.normalize import Bad, Group, Normalizer

# What the columns hold, as SQL, that a table of the tool's own has got since it was made.
_NEW_COLUMNS = {"_pages": {"limit": "100", "number": 'row_number() OVER (ORDER BY walk, "offset")'}}
_INDEXES = "_search_"  # which are made anew
_NO_RUN = 0  # whose history is dropped: nothing changed
_MEMORY = 2  # of temp_store
_NO_SYNC = 2**63 - 1  # that no run is of


def readable(store: Store) -> Store:
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
    found = Store(copy, store.path, store.clock)
    _upgrade(found)
    return found


def upgrade(store: Store, tell: Emit) -> None:
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
    tell("upgraded", db=str(store.path), copy=str(copy))


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
            for statement in _statements(schema_text()):
                conn.execute(statement)
            _bring_back(conn, own)
            conn.execute("UPDATE _bodies SET body = ll2_repacked(body)")
            _rebuild(store)
            _check(store)
    finally:
        conn.execute("PRAGMA foreign_keys = ON")


def _tables(conn: sqlite3.Connection) -> list[str]:
    """The file's tables that are LL2's or the tool's; others are the user's own."""
    ours = {*own_tables(), *wanted_columns()}
    names = conn.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'")
    return [name for (name,) in names if name in ours]


def _set_aside(conn: sqlite3.Connection) -> Iterator[str]:
    """Empties the file of our tables; those of the tool's own are copied first, and named."""
    conn.execute("DELETE FROM _pages WHERE walk IN (SELECT id FROM _walks WHERE NOT published)")
    conn.execute("DELETE FROM _walks WHERE NOT published")
    conn.execute("DELETE FROM _bodies WHERE digest NOT IN (SELECT digest FROM _pages)")
    for view in ours(conn):
        conn.execute(f'DROP VIEW main."{view}"')
    for table in _tables(conn):
        if table.startswith("_") and not table.startswith(_INDEXES):
            conn.execute(f'CREATE TEMP TABLE "old{table}" AS SELECT * FROM main."{table}"')
            yield table
        conn.execute(f'DROP TABLE main."{table}"')


def _bring_back(conn: sqlite3.Connection, tables: list[str]) -> None:
    for table in tables:
        old = _columns(conn, f"old{table}")
        both = [name for name in _columns(conn, table) if name in old]
        new = _NEW_COLUMNS.get(table, {})
        new = {name: value for name, value in new.items() if name not in old}
        if both:
            values = ", ".join((quoted(both), *new.values()))
            conn.execute(
                f'INSERT INTO main."{table}" ({quoted([*both, *new])})'
                f' SELECT {values} FROM temp."old{table}"'
            )
        conn.execute(f'DROP TABLE temp."old{table}"')


def _columns(conn: sqlite3.Connection, table: str) -> list[str]:
    return [row[1] for row in conn.execute(f'PRAGMA table_info("{table}")')]


def _statements(script: str) -> Iterator[str]:
    """Each statement of a script; sqlite3's own way to run one would commit first."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _rebuild(store: Store) -> None:
    """Fills the tables from the pages of each resource's last walk, in the order they came."""
    unlinked = set[Node]()
    for name in store.ledger.resources():
        walks = store.walks.held(name) if name in RESOURCES else ()
        for walk in (one for one in walks if one.mode in RESOURCES[name].modes):
            upsert = Upsert(store.conn, store.ledger, _NO_RUN, walk.shape)
            for groups in _groups(store, walk):
                upsert.page(groups)
            unlinked |= upsert.unlinked
    Pruner(store.conn, store.ledger, _NO_SYNC).prune(_NO_RUN, unlinked)
    store.ledger.forget(_NO_RUN)
    reindex(store.conn)


def _groups(store: Store, walk: Walk) -> Iterator[list[Group]]:
    """The rows of a walk, before the first of a resource those of records that stand."""
    first = walk == store.walks.held(walk.resource)[0]
    for shape, record in standing(store, walk.resource) if first else ():
        yield Normalizer().page(shape, [record])
    normalizer, bad = Normalizer(), list[Bad]()
    for page in store.walks.pages(walk):
        try:
            results = store.walks.records(page)
        except NotAPage as error:
            place = f"{store.path}: {walk.name}: the page at offset {page.offset}"
            raise DataError(f"{place}: {error}") from None
        yield normalizer.page(walk.shape, results, bad)


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
