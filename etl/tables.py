"""The SQL that reading and writing a shape's tables share."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from typing import Any

from etl.model import Id, Key, Shape

IN = "IN (SELECT value FROM json_each(?))"  # any number of ids in one parameter, see among()


def among(ids: Iterable[Id]) -> str:
    """The parameter for IN: the ids as a JSON list."""
    return json.dumps(list(ids))


def quoted(columns: Iterable[str]) -> str:
    """Column names for a statement: "offset" is a word of SQL's."""
    return ", ".join(f'"{column}"' for column in columns)


def own_columns(shape: Shape) -> tuple[str, ...]:
    """The tool's own columns of a shape's rows."""
    return ("_extra", "_shapes") if shape.shared else ("_extra",)


def list_items(
    conn: sqlite3.Connection, shape: Shape, key: Key, owners: Iterable[Id]
) -> dict[Any, list[Any]]:
    """What a list table holds for these owners, in order, by owner.

    An item is its id; where items have none, the tuple of its columns and its extra.
    """
    item = shape.nested[key.name]
    columns = "item" if item.table else quoted((*item.columns, "_extra"))
    found: dict[Any, list[Any]] = {}
    for owner, *rest in conn.execute(
        f'SELECT owner, {columns} FROM "{shape.list_table(key)}"'
        f" WHERE owner {IN} ORDER BY owner, position",
        (among(owners),),
    ):
        found.setdefault(owner, []).append(rest[0] if item.table else tuple(rest))
    return found
