"""Proves that the shapes and schema.sql agree; the tests begin with it."""

from __future__ import annotations

from collections.abc import Iterator

from sqlite_utils import Database

from etl.model import SCALARS, Shape
from etl.shapes import SHAPES


def check(db: Database) -> list[str]:
    """What doesn't agree between the shapes and the tables of a mirror; nothing, if all is well.

    Every key has its column, of its type, keyed and indexed; every column has its key.
    """
    wanted = _wanted_columns()
    found = {
        table.name: {column.name: column.type for column in table.columns}
        for table in db.tables
        if not table.name.startswith("_")
    }
    complaints = [f"{name}: no such table" for name in wanted.keys() - found.keys()]
    complaints += [f"{name}: a table of no shape" for name in found.keys() - wanted.keys()]
    for name in wanted.keys() & found.keys():
        types = {column: sql_type for column, (sql_type, _) in wanted[name].items()}
        complaints += [
            f"{name}.{column}: {types.get(column)} by the shapes, {found[name].get(column)} there"
            for column in types.keys() | found[name].keys()
            if types.get(column) != found[name].get(column)
        ]
        complaints += _check_references(db, name, wanted[name])
    return sorted(complaints)


Columns = dict[str, tuple[str, str]]  # by name: the SQL type, and the table it refers to or ""


def _wanted_columns() -> dict[str, Columns]:
    """The columns of each table, as the shapes want them."""
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


def _check_references(db: Database, name: str, columns: Columns) -> Iterator[str]:
    table = db.table(name)
    keys = {str(key.column): key.other_table for key in table.foreign_keys}
    for column, (_, target) in columns.items():
        if keys.get(column, "") != target:
            yield f"{name}.{column}: refers to {keys.get(column)}, not to {target or 'a table'}"
    indexed: set[str | None] = {index.columns[0] for index in table.indexes} | set(table.pks[:1])
    for column in keys.keys() - indexed:
        yield f"{name}.{column}: no index"
    expected = ["id"] if "id" in columns else ["owner", "position"]
    if table.pks != expected:
        yield f"{name}: its key is {table.pks}"
