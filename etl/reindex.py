"""Keeps the search index equal to the tables."""

from __future__ import annotations

import sqlite3
from typing import Any

from etl.model import Resource, Shape
from etl.search import texts_of, upper
from etl.shapes import RESOURCES

_UPPER = "ll2_upper"  # the SQL function


def reindex(conn: sqlite3.Connection) -> None:
    """Brings the index of each resource up to date, within the caller's transaction."""
    for resource in searched():
        texts, columns = texts_of(resource), _quoted(resource.search)
        conn.execute("DROP TABLE IF EXISTS temp.stale")
        conn.execute(f"CREATE TEMP TABLE stale AS {_stale(conn, resource)}")
        stale = "IN (SELECT id FROM temp.stale)"
        conn.execute(
            f'INSERT INTO "{texts}_fts" ("{texts}_fts", rowid, {columns})'
            f" SELECT 'delete', id, {columns} FROM \"{texts}\" WHERE id {stale}"
        )
        conn.execute(f'DELETE FROM "{texts}" WHERE id {stale}')
        conn.execute(f'INSERT INTO "{texts}" {_wanted(resource)} AND record.id {stale}')
        conn.execute(
            f'INSERT INTO "{texts}_fts" (rowid, {columns})'
            f' SELECT id, {columns} FROM "{texts}" WHERE id {stale}'
        )
        conn.execute("DROP TABLE temp.stale")


def searched() -> list[Resource]:
    """The resources that LL2 searches."""
    return [resource for resource in RESOURCES.values() if resource.search]


def misindexed(conn: sqlite3.Connection, resource: Resource) -> list[int]:
    """The first records of a resource, if any, that search knows by another text than they have."""
    return [id_ for (id_,) in conn.execute(f"{_stale(conn, resource)} LIMIT 5")]


def _stale(conn: sqlite3.Connection, resource: Resource) -> str:
    """The query for the ids of records whose texts are missing, or not those of the tables."""
    conn.create_function(_UPPER, 1, _capitals, deterministic=True)
    texts = texts_of(resource)
    differ = " OR ".join(f'held."{path}" IS NOT wanted."{path}"' for path in resource.search)
    return (
        f'SELECT wanted.id FROM ({_wanted(resource)}) AS wanted LEFT JOIN "{texts}" AS held'
        f" USING (id) WHERE held.id IS NULL OR {differ}"
        f' UNION ALL SELECT id FROM "{texts}" WHERE id NOT IN'
        f" (SELECT id FROM _records WHERE resource = '{resource.name}')"
    )


def _capitals(text: Any) -> Any:
    """A text in capitals; what is none, as damage can leave it, as it is."""
    return upper(text) if isinstance(text, str) else text


def _wanted(resource: Resource) -> str:
    """The query for what the records of a resource are to be searched by."""
    shape = next(iter(resource.modes.values()))
    joins: dict[str, str] = {}
    texts = [f'{_UPPER}({_column(shape, path, joins)}) AS "{path}"' for path in resource.search]
    return (
        f'SELECT record.id, {", ".join(texts)} FROM _records JOIN "{resource.table}" AS record'
        f" USING (id) {' '.join(joins.values())} WHERE _records.resource = '{resource.name}'"
    )


def _column(shape: Shape, path: str, joins: dict[str, str]) -> str:
    """The column that a path leads to; adds the joins on the way, by the alias of their tables."""
    *keys, column = path.split("__")
    alias = "record"
    for key in keys:
        shape = shape.nested[key]
        before, alias = alias, f"{alias}__{key}"
        joins[alias] = (
            f'LEFT JOIN "{shape.table}" AS "{alias}" ON "{alias}".id = "{before}"."{key}_id"'
        )
    return f'"{alias}"."{column}"'


def _quoted(paths: tuple[str, ...]) -> str:
    return ", ".join(f'"{path}"' for path in paths)
