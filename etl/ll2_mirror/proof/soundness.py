"""What must be true of any mirror, whatever LL2 sent. Each check gives the faults it finds."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from itertools import islice
from typing import Any

from ll2_mirror.errors import NotAPage
from ll2_mirror.files import shipped
from ll2_mirror.ll2.duration import seconds
from ll2_mirror.ll2.jsontext import parse, quote
from ll2_mirror.ll2.model import Shape, known_columns
from ll2_mirror.ll2.resources import RESOURCES
from ll2_mirror.ll2.schema import edges, wanted_columns
from ll2_mirror.ll2.shapes import SHAPES
from ll2_mirror.store.search import misindexed, searched, texts_of
from ll2_mirror.store.sql import quoted

_MANY = 20  # faults of one check in one table that are named
_COUNTS = ["requests", "records", "added", "changed", "moved", "unchanged", "gone", "conflicts"]
_STORED = {"INTEGER": "integer", "REAL": "real", "TEXT": "text"}  # what typeof() says


def faults(conn: sqlite3.Connection) -> tuple[list[str], bool]:
    """All faults, and whether the rows can be rendered for all that."""
    damaged = [*_integrity(conn), *_ledger(conn)]
    unreadable = [*_types(conn), *_extras(conn)]
    wrong: list[str] = []
    if not unreadable:
        for check in (_truths, _shapes, _unseen, _durations, _positions, _strays, _searched):
            wrong += check(conn)
    return damaged + unreadable + wrong, not unreadable


def _tables() -> dict[str, list[Shape]]:
    """The shapes of each table whose rows have an id."""
    return {shape.table: shape.siblings for shape in SHAPES.values() if shape.table}


def _integrity(conn: sqlite3.Connection) -> Iterator[str]:
    for (line,) in conn.execute(f"PRAGMA integrity_check({_MANY})"):
        if line != "ok":
            yield f"the file is damaged: {line}"
    for table, rowid, target, _ in conn.execute("PRAGMA foreign_key_check").fetchmany(_MANY):
        at = f"{table} {rowid}" if rowid is not None else f"a row of {table}"
        yield f"{at} refers to a row that {target} doesn't have"


def _ledger(conn: sqlite3.Connection) -> Iterator[str]:
    """The tool's own tables are there, and hold what a sync writes."""
    schema = shipped("schema.sql").read_text(encoding="utf-8")
    there = {name for (name,) in conn.execute("SELECT name FROM sqlite_master")}
    for table in sorted(
        set(re.findall(r"^CREATE (?:VIRTUAL )?TABLE (\w+)", schema, re.MULTILINE)) - there
    ):
        yield f"{table}: no such table"
    tables = ", ".join(f"'{table}'" for table in wanted_columns())
    counts = " OR ".join(f"typeof({count}) <> 'integer'" for count in _COUNTS)
    for table, wrong in {
        "_runs": f"{counts} OR julianday(finished) IS NULL OR julianday(started) IS NULL"
        " OR finished NOT GLOB '????-??-??T*'",
        "_walks": "published NOT IN (0, 1) OR julianday(started) IS NULL",
        "_tombstones": "NOT json_valid(body)",
        "_history": f"table_name NOT IN ({tables}) OR moving NOT IN (0, 1) OR typeof(key) <> 'text'"
        " OR kind NOT IN ('added', 'gone', 'changed', 'reordered')"
        " OR (key = '') <> (kind IN ('added', 'gone') AND from_value IS NULL OR kind = 'gone')"
        " OR kind = 'gone' AND (from_value IS NULL OR NOT json_valid(from_value))",
    }.items():
        found = conn.execute(f"SELECT count(*) FROM {table} WHERE {wrong}").fetchone()[0]
        if found:
            yield f"{table}: rows that no sync writes: {found}"


def _searched(conn: sqlite3.Connection) -> Iterator[str]:
    """Search finds what the tables hold."""
    for resource in searched():
        for id_ in misindexed(conn, resource):
            yield f"{texts_of(resource)} {id_} isn't what {resource.name} {id_} is searched by"


def _types(conn: sqlite3.Connection) -> Iterator[str]:
    """SQLite lets any column hold anything."""
    for table, columns in sorted(wanted_columns().items()):
        name = "id" if "id" in columns else "owner"
        odd = " OR ".join(
            f"""typeof("{column}") NOT IN ('null', '{_STORED[kind]}')"""
            for column, (kind, _) in columns.items()
        )
        rows = conn.execute(f'SELECT "{name}", {quoted(columns)} FROM "{table}" WHERE {odd}')
        for id_, *values in rows.fetchmany(_MANY):
            for (column, (kind, _)), value in zip(columns.items(), values, strict=True):
                if value is not None and type(value) is not _PYTHON[kind]:
                    yield f"{table} {id_!r}: {column} is {value!r:.60}, which is no {_STORED[kind]}"


_PYTHON: dict[str, type] = {"INTEGER": int, "REAL": float, "TEXT": str}


def _truths(conn: sqlite3.Connection) -> Iterator[str]:
    """What LL2 says with true and false is 1 or 0."""
    columns = {(s.table, k.column) for s in SHAPES.values() for k in s.keys if k.kind == "bool"}
    for table, column in sorted(columns - {("", c) for _, c in columns}):
        rows = conn.execute(f'SELECT id, "{column}" FROM "{table}" WHERE "{column}" NOT IN (0, 1)')
        for id_, value in rows.fetchmany(_MANY):
            yield f"{table} {id_}: {column} is {value}, neither 0 nor 1"


def _extras(conn: sqlite3.Connection) -> Iterator[str]:
    """A row's extra is an object: by shape, values by key, and the order of the keys."""
    for table, columns in sorted(wanted_columns().items()):
        if "_extra" not in columns:
            continue
        name = "id" if "id" in columns else "owner"
        rows = conn.execute(f'SELECT "{name}", _extra FROM "{table}" WHERE _extra IS NOT NULL')
        wrong = (id_ for id_, extra in rows if not _is_extra(extra))
        for id_ in islice(wrong, _MANY):
            yield f"{table} {id_}: _extra is not what a sync writes"


def _is_extra(extra: Any) -> bool:
    try:
        parts = parse(extra.encode())
    except (NotAPage, AttributeError, UnicodeError):
        return False
    return (
        isinstance(parts, dict)
        and bool(parts)
        and all(
            name in SHAPES
            and isinstance(part, dict)
            and isinstance(part.get("values"), dict)
            and isinstance(part.get("keys", []), list)
            and set(part.get("keys", [])) <= {*SHAPES[name].names, *part["values"]}
            for name, part in parts.items()
        )
    )


def _shapes(conn: sqlite3.Connection) -> Iterator[str]:
    """A row says in which shapes it was seen: some that the walks so far could bring."""
    walked = conn.execute("SELECT DISTINCT resource, mode FROM _runs").fetchall()
    brought: set[str] = set()
    for resource, mode in walked:
        if resource in RESOURCES and mode in RESOURCES[resource].modes:
            brought |= _closure(RESOURCES[resource].modes[mode])
    for table, siblings in sorted(_tables().items()):
        if len(siblings) == 1:
            continue
        names = {sibling.name for sibling in siblings} & brought
        for id_, seen in conn.execute(f'SELECT min(id), _shapes FROM "{table}" GROUP BY _shapes'):
            if not seen or not names.issuperset(seen.split()):
                yield f"{table} {id_}: _shapes is {quote(seen)}, which no sync so far can bring"


def _closure(shape: Shape) -> set[str]:
    return {shape.name}.union(*map(_closure, shape.nested.values()))


def _unseen(conn: sqlite3.Connection) -> Iterator[str]:
    """A column that none of the shapes a row was seen in has is null."""
    for table, siblings in sorted(_tables().items()):
        if len(siblings) == 1:
            continue
        every = dict.fromkeys(column for sibling in siblings for column in sibling.columns)
        seen = conn.execute(f'SELECT DISTINCT _shapes FROM "{table}"').fetchall()
        for (shapes,) in seen:
            held = known_columns(siblings[0], (shapes or "").split())
            for column in (c for c in every if c not in held):
                rows = conn.execute(
                    f'SELECT id FROM "{table}" WHERE _shapes IS ? AND "{column}" IS NOT NULL',
                    (shapes,),
                )
                for (id_,) in rows.fetchmany(_MANY):
                    yield f"{table} {id_}: {column} is held, but LL2 never sent it for this row"


def _durations(conn: sqlite3.Connection) -> Iterator[str]:
    """The columns in seconds say what the text says."""
    columns = {(s.table, k.name) for s in SHAPES.values() for k in s.keys if k.kind == "duration"}
    for table, key in sorted(columns):
        rows = conn.execute(f'SELECT id, "{key}", "{key}_seconds" FROM "{table}"')
        wrong = (row for row in rows if seconds(row[1]) != row[2])
        for id_, written, held in islice(wrong, _MANY):
            yield f"{table} {id_}: {key}_seconds is {held}, but {key} is {quote(written)}"


def _positions(conn: sqlite3.Connection) -> Iterator[str]:
    """The items of a list stand at 0, 1, 2, ..."""
    for table, columns in sorted(wanted_columns().items()):
        if "owner" in columns:
            rows = conn.execute(
                f'SELECT owner FROM "{table}" GROUP BY owner'
                " HAVING min(position) <> 0 OR max(position) <> count(*) - 1"
            )
            for (owner,) in rows.fetchmany(_MANY):
                yield f"{table} {owner}: the positions are not 0, 1, 2, ..."


def _strays(conn: sqlite3.Connection) -> Iterator[str]:
    """A row is a record that LL2 lists, or something that another row refers to."""
    for table in sorted(_tables()):
        ways = [
            f'id IN (SELECT "{edge.column}" FROM "{edge.table}" WHERE "{edge.column}" IS NOT NULL'
            + (f' AND "{edge.column}" <> id)' if edge.table == table else ")")
            for edge in edges()
            if edge.target == table
        ]
        ways += [
            f"id IN (SELECT id FROM _records WHERE resource = {json.dumps(name)})".replace('"', "'")
            for name, resource in RESOURCES.items()
            if resource.table == table
        ]
        strays = conn.execute(f'SELECT id FROM "{table}" WHERE NOT ({" OR ".join(ways)})')
        for (id_,) in strays.fetchmany(_MANY):
            yield f"{table} {id_}: nothing that LL2 lists leads to this row"
