"""The SQL that reading and writing a shape's tables share."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from typing import Any

from etl.model import SCALARS, Id, Key, Shape
from etl.shapes import SHAPES

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


Columns = dict[str, tuple[str, str]]  # by name: the SQL type, and the table it refers to or ""


def wanted_columns() -> dict[str, Columns]:
    """The columns of each public table, as the shapes want them."""
    wanted: dict[str, Columns] = {}
    for shape in SHAPES.values():
        if not shape.table:
            continue
        columns = wanted.setdefault(shape.table, {"_extra": ("TEXT", "")})
        if shape.shared:
            columns["_shapes"] = ("TEXT", "")
        columns |= _shape_columns(shape)
        for key in shape.stored:
            if key.kind == "many":
                item = shape.nested[key.name]
                listed = {
                    "owner": (_id_type(shape), shape.table),
                    "position": ("INTEGER", ""),
                }
                if item.table:
                    listed["item"] = (_id_type(item), item.table)
                else:
                    listed |= {**_shape_columns(item), "_extra": ("TEXT", "")}
                wanted[shape.list_table(key)] = listed
    return wanted


def _shape_columns(shape: Shape) -> Columns:
    columns: Columns = {}
    for key in shape.stored:
        if key.kind == "one":
            nested = shape.nested[key.name]
            columns[key.column] = (_id_type(nested), nested.table)
        else:
            columns[key.column] = ("INTEGER" if key.kind == "many" else SCALARS[key.kind][2], "")
        if key.kind == "duration":
            columns[f"{key.column}_seconds"] = ("REAL", "")
    return columns


def _id_type(shape: Shape) -> str:
    return "INTEGER" if shape.id_type is int else "TEXT"


def list_tables(item: Shape) -> list[str]:
    """The tables of lists whose items have this shape."""
    return [
        shape.list_table(key)
        for shape in SHAPES.values()
        for key in shape.keys
        if key.kind == "many" and shape.nested[key.name] is item
    ]
