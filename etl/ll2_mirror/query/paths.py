"""Paths through relations, such as ``pad__location__name``, as SQL.

A path begins at a row of a shape's table. A key that nests an object or a list at its end stands
for the ids of what it nests.
"""

from __future__ import annotations

import sqlite3

from ll2_mirror.ll2.lists import Resource
from ll2_mirror.ll2.model import Key, Shape, known_columns
from ll2_mirror.store.ledger import listed

# What is compared, by the kind of a key: moments as written but for the Z, so that one with a part
# of a second comes after the same one without.
_COMPARED = {"datetime": "rtrim({}, 'Z')"}


def narrowed(shape: Shape, path: str, test: str) -> str:
    """The condition that a row leads to a value for which a test holds, once or more often.

    ``test`` is SQL with ``{}`` for the value.
    """
    name, _, rest = path.partition("__")
    key, nested = shape.by_name[name], shape.nested.get(name)
    if nested is None:
        return test.format(_COMPARED.get(key.kind, "{}").format(f'"{key.column}"'))
    inner = narrowed(nested, rest or "id", test)
    if key.kind == "one":
        return _among(f'"{key.column}"', nested, rest, inner, test)
    items = _among(nested.list_column, nested, rest, inner, test) if nested.table else inner
    owners = f'SELECT {shape.list_column} FROM "{shape.list_table(key)}" WHERE {items}'
    return f"id IN ({owners})"


def _among(column: str, nested: Shape, rest: str, inner: str, test: str) -> str:
    """The condition on a column that refers to rows: they need no look for their ids."""
    if rest in ("", "id"):
        return test.format(column)
    return f'{column} IN (SELECT id FROM "{nested.table}" WHERE {inner})'


def sorted_by(shape: Shape, path: str, row: str = "") -> str:
    """What a row of a shape's table is sorted by where a path leads to: of an object, its id.

    ``row`` is what the row's table is called in the query, if it isn't by its name.
    """
    name, _, rest = path.partition("__")
    key, nested, row = shape.by_name[name], shape.nested.get(name), row or shape.table
    column = f'"{row}"."{key.sort_column}"'
    if nested is None or rest in ("", "id"):
        return column
    inner = f"{row}__{name}"
    value = sorted_by(nested, rest, inner)
    return f'(SELECT {value} FROM "{nested.table}" AS "{inner}" WHERE "{inner}".id = {column})'


def lacking(conn: sqlite3.Connection, resource: Resource, mode: str, path: str) -> str:
    """The begin of a path that ends with a key which some row was never seen with; empty: none.

    What the mode of the records has is seen; beyond that, other lists may have brought it.
    """
    held: Shape | None = resource.modes[mode]
    ids, gone = listed(resource.name), ""
    for shape, key in resource.richest.resolve(path):
        gone = f"{gone}__{key.name}".lstrip("_")
        has = held is not None and key.name in held.by_name
        if not has and not _seen(conn, shape, key, ids):
            return gone
        held = held.nested.get(key.name) if held and has else None
        ids = _next(shape, key, ids)
    return ""


def _seen(conn: sqlite3.Connection, shape: Shape, key: Key, ids: str) -> bool:
    """Whether each of some rows was seen with a key."""
    if not shape.shared:
        return True
    sql = f'SELECT DISTINCT _shapes FROM "{shape.table}" WHERE id IN ({ids})'
    shapes = ((names or "").split() for (names,) in conn.execute(sql))
    return all(key.column in known_columns(shape, names) for names in shapes)


def _next(shape: Shape, key: Key, ids: str) -> str:
    """The query for the ids of what some rows nest under a key."""
    if key.kind == "many":
        item, table = shape.nested[key.name].list_column, shape.list_table(key)
        return f'SELECT {item} FROM "{table}" WHERE {shape.list_column} IN ({ids})'
    return f'SELECT "{key.column}" FROM "{shape.table}" WHERE id IN ({ids})'
