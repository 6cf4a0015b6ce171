"""What must be true of any mirror, whatever LL2 sent. Each check gives the faults it finds."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from itertools import islice
from typing import Any

from ll2_mirror.errors import DataError
from ll2_mirror.ll2.json import quote
from ll2_mirror.ll2.lists import LIST_OF, RESOURCES, SLICES
from ll2_mirror.ll2.model import Shape, known_columns
from ll2_mirror.ll2.page import seconds
from ll2_mirror.ll2.schema import Edge, edges, own_tables, tables, wanted_columns
from ll2_mirror.ll2.shapes import SHAPES
from ll2_mirror.store.ledger import listed
from ll2_mirror.store.search import has_right_terms, misindexed, searched
from ll2_mirror.store.sql import dangling, quoted, users_edges
from ll2_mirror.store.store import Store
from ll2_mirror.transform.extra import read

_MANY = 20  # faults of one check in one table that are named
# By the type of a column: what typeof() says, and what Python has.
_STORED = {"INTEGER": ("integer", int), "REAL": ("real", float), "TEXT": ("text", str)}


def faults(store: Store) -> tuple[list[str], bool]:
    """All faults, and whether the rows can be rendered for all that."""
    damaged = [*_integrity(store), *_ledger(store)]
    unreadable = [*_types(store), *_extras(store)]
    wrong = [] if unreadable else [fault for check in _WITH_ROWS for fault in check(store)]
    return damaged + unreadable + wrong, not unreadable


def _some(store: Store, sql: str, *values: Any) -> list[Any]:
    """The first rows of a query."""
    return store.conn.execute(sql, values).fetchmany(_MANY)


def _shared_tables() -> Iterator[tuple[str, list[Shape]]]:
    """The tables that several shapes lie over, with these."""
    found = {shape.table: shape.siblings for shape in SHAPES.values() if shape.shared}
    yield from sorted(found.items())


def _columns(kind: str) -> Iterator[tuple[str, str, str]]:
    """The table, the column that names its rows, and the name of each column of a kind."""
    for table, columns in sorted(tables().items()):
        yield from ((table, columns[0].name, one.name) for one in columns if one.kind == kind)


def _integrity(store: Store) -> Iterator[str]:
    for (line,) in store.conn.execute(f"PRAGMA integrity_check({_MANY})"):
        if line != "ok":
            yield f"the file is damaged: {line}"
    yield from islice(dangling(store.conn), _MANY)


def _ledger(store: Store) -> Iterator[str]:
    """The tool's own tables are there, and hold what a sync writes."""
    there = {name for (name,) in store.conn.execute("SELECT name FROM sqlite_master")}
    ours = {*own_tables(), *wanted_columns()}
    yield from (f"{table}: no such table" for table in sorted(ours - there))
    walks = (
        "SELECT count(*) FROM _walks WHERE published NOT IN (0, 1) OR julianday(started) IS NULL"
    )
    unsound = [*store.ledger.unsound(wanted_columns()), ("_walks", _some(store, walks)[0][0])]
    yield from (f"{table}: rows that no sync writes: {rows}" for table, rows in unsound if rows)
    known = {
        (part.resource.name, part.kind, mode)
        for part in SLICES.values()
        for mode in part.resource.modes
    }
    for id_, *walk in store.conn.execute("SELECT id, resource, part, mode FROM _walks"):
        if tuple(walk) not in known:
            yield f"_walks {id_}: LL2 has no {walk!r:.60}"


def _searched(store: Store) -> Iterator[str]:
    """Search finds what the tables hold."""
    for resource in searched():
        for id_ in misindexed(store.conn, resource):
            yield f"{resource.search_table} {id_} isn't what {resource.name} {id_} is searched by"
        try:
            right = has_right_terms(store.conn, resource)
        except sqlite3.DatabaseError:
            right = False
        if not right:
            yield f"{resource.search_table}_fts doesn't find what {resource.name} is searched by"


def _types(store: Store) -> Iterator[str]:
    """SQLite lets any column hold anything."""
    for table, columns in sorted(wanted_columns().items()):
        name = next(iter(columns))
        odd = " OR ".join(
            f"""typeof("{column}") NOT IN ('null', '{_STORED[kind][0]}')"""
            for column, (kind, _) in columns.items()
        )
        sql = f'SELECT "{name}", {quoted(columns)} FROM "{table}" WHERE {odd}'
        for id_, *values in _some(store, sql):
            for (column, (kind, _)), value in zip(columns.items(), values, strict=True):
                stored, python = _STORED[kind]
                if value is not None and type(value) is not python:
                    yield f"{table} {id_!r}: {column} is {value!r:.60}, which is no {stored}"


def _truths(store: Store) -> Iterator[str]:
    """What LL2 says with true and false is 1 or 0."""
    for table, row, column in _columns("bool"):
        sql = f'SELECT {row}, "{column}" FROM "{table}" WHERE "{column}" NOT IN (0, 1)'
        for id_, value in _some(store, sql):
            yield f"{table} {id_}: {column} is {value}, neither 0 nor 1"


def _extras(store: Store) -> Iterator[str]:
    """A row's extra is an object: by shape, values by key, and the order of the keys."""
    for table, row, column in (own for own in _columns("own") if own[-1] == "_extra"):
        sql = f'SELECT {row}, {column} FROM "{table}" WHERE {column} IS NOT NULL'
        wrong = (id_ for id_, extra in store.conn.execute(sql) if not _is_extra(extra))
        for id_ in islice(wrong, _MANY):
            yield f"{table} {id_}: _extra is not what a sync writes"


def _is_extra(extra: Any) -> bool:
    try:
        read(extra)
    except DataError:
        return False
    return True


def _shapes(store: Store) -> Iterator[str]:
    """A row says in which shapes it was seen: some that the walks so far could bring."""
    runs = {(run.resource, run.mode) for run in store.ledger.runs()}
    modes = ((name, *mode) for name, one in RESOURCES.items() for mode in one.modes.items())
    walked = (shape for name, mode, shape in modes if (name, mode) in runs)
    brought = {nested.name for shape in walked for nested in shape.closure}
    for table, siblings in _shared_tables():
        names = {sibling.name for sibling in siblings} & brought
        rows = store.conn.execute(f'SELECT min(id), _shapes FROM "{table}" GROUP BY _shapes')
        for id_, seen in rows:
            if not seen or not names.issuperset(seen.split()):
                yield f"{table} {id_}: _shapes is {quote(seen)}, which no sync so far can bring"


def _unseen(store: Store) -> Iterator[str]:
    """A column that none of the shapes a row was seen in has is null."""
    for table, siblings in _shared_tables():
        every = dict.fromkeys(column for sibling in siblings for column in sibling.columns)
        for (shapes,) in store.conn.execute(f'SELECT DISTINCT _shapes FROM "{table}"').fetchall():
            held = known_columns(siblings[0], (shapes or "").split())
            for column in (column for column in every if column not in held):
                sql = f'SELECT id FROM "{table}" WHERE _shapes IS ? AND "{column}" IS NOT NULL'
                for (id_,) in _some(store, sql, shapes):
                    yield f"{table} {id_}: {column} is held, but LL2 never sent it for this row"


def _durations(store: Store) -> Iterator[str]:
    """The columns in seconds say what the text says."""
    for table, row, key in _columns("duration"):
        rows = store.conn.execute(f'SELECT {row}, "{key}", "{key}_seconds" FROM "{table}"')
        wrong = (row for row in rows if seconds(row[1]) != row[2])
        for id_, written, held in islice(wrong, _MANY):
            yield f"{table} {id_}: {key}_seconds is {held}, but {key} is {quote(written)}"


def _positions(store: Store) -> Iterator[str]:
    """The items of a list stand at 0, 1, 2, ..."""
    for table, owner, position in _columns("position"):
        sql = (
            f'SELECT {owner} FROM "{table}" GROUP BY {owner}'
            f" HAVING min({position}) <> 0 OR max({position}) <> count(*) - 1"
        )
        for (id_,) in _some(store, sql):
            yield f"{table} {id_}: the positions are not 0, 1, 2, ..."


def _strays(store: Store) -> Iterator[str]:
    """A row is a record that LL2 lists, or something that another row refers to.

    A table of the user's own may have kept one.
    """
    kept = store.settings.kept
    referring = [*edges(), *users_edges(store.conn)]
    for table in sorted({shape.table for shape in SHAPES.values() if shape.table}):
        ways = [_referred(edge) for edge in referring if edge.target == table]
        if table in LIST_OF:
            ways.append(f"id IN ({listed(LIST_OF[table])})")
        strays = _some(store, f'SELECT id FROM "{table}" WHERE NOT ({" OR ".join(ways)})')
        for id_ in (id_ for (id_,) in strays if (table, id_) not in kept):
            yield f"{table} {id_}: nothing that LL2 lists leads to this row"


def _referred(edge: Edge) -> str:
    """The condition of rows that an edge leads to, from others than themselves."""
    others = f' AND "{edge.column}" <> id' if edge.table == edge.target else ""
    there = f'"{edge.column}" IS NOT NULL{others}'
    return f'id IN (SELECT "{edge.column}" FROM "{edge.table}" WHERE {there})'


# What can only be asked of rows whose values have the right types.
_WITH_ROWS = (_truths, _shapes, _unseen, _durations, _positions, _strays, _searched)
