"""Search as LL2 does it: the terms, their case, and the index that finds them.

``_search_<resource>`` has what each record is searched by, in capitals, a column for each path;
``_search_<resource>_fts`` their trigrams. It is exact: a word of three characters or more is
looked up as a phrase of trigrams, a shorter one is compared with each text.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

from ll2_mirror.ll2.model import Id, Key, Shape

IN = "IN (SELECT value FROM json_each(?))"  # any number of ids in one parameter, see among()


def among(ids: Iterable[Id]) -> str:
    """The parameter for IN: the ids as a JSON list."""
    return json.dumps(list(ids))


def quoted(columns: Iterable[str]) -> str:
    """Column names for a statement: "offset" is a word of SQL's."""
    return ", ".join(f'"{column}"' for column in columns)


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


def all_of(parts: Sequence[str]) -> str:
    """Conditions joined by AND, as a balanced tree: SQLite takes no deep one."""
    if len(parts) == 1:
        return parts[0]
    half = len(parts) // 2
    return f"({all_of(parts[:half])} AND {all_of(parts[half:])})"
