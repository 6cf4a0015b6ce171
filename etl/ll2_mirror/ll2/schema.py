"""Proves that the shapes and schema.sql agree; the tests begin with it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sqlite_utils import Database

from ll2_mirror.ll2.model import SCALARS, Shape
from ll2_mirror.ll2.resources import RESOURCES
from ll2_mirror.ll2.shapes import SHAPES


def own_columns(shape: Shape) -> tuple[str, ...]:
    """The tool's own columns of a shape's rows."""
    return ("_extra", "_shapes") if shape.shared else ("_extra",)


TOKENIZER = "trigram case_sensitive 1"  # of each index that finds parts of texts

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


class Edge(NamedTuple):
    """A column that refers to a table's rows; ``owner`` names the rows it stands for."""

    table: str  # the one with the column
    column: str
    owner: str  # the column that identifies who refers: "id", or a list's "owner"
    owner_table: str
    target: str


def edges() -> list[Edge]:
    """Each column by which a row of one table refers to a row of another, from the shapes."""
    found = set()
    for shape in SHAPES.values():
        for key in shape.keys if shape.table else ():
            if key.kind == "one":
                target = shape.nested[key.name].table
                found.add(Edge(shape.table, key.column, "id", shape.table, target))
            elif key.kind == "many" and shape.nested[key.name].table:
                target = shape.nested[key.name].table
                found.add(Edge(shape.list_table(key), "item", "owner", shape.table, target))
            elif key.kind == "many":
                item = shape.nested[key.name]
                for inner in item.keys:
                    if inner.kind == "one":
                        target = item.nested[inner.name].table
                        table = shape.list_table(key)
                        found.add(Edge(table, inner.column, "owner", shape.table, target))
    return sorted(found)


def check(db: Database) -> list[str]:
    """What doesn't agree between the shapes and the tables of a mirror; nothing, if all is well.

    Every key has its column, of its type, keyed and indexed; every column has its key.
    """
    wanted = wanted_columns()
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
    return sorted([*complaints, *_check_search(db)])


def _check_search(db: Database) -> Iterator[str]:
    """What a resource is searched by has its table, and its index."""
    for resource in RESOURCES.values():
        wanted = {"id": "INTEGER", **dict.fromkeys(resource.search, "TEXT")}
        texts = f"_search_{resource.name}"
        if resource.search and db.table(texts).columns_dict.keys() != wanted.keys():
            yield f"{texts}: its columns aren't {', '.join(wanted)}"
        if resource.search and f"{texts}_fts" not in db.table_names():
            yield f"{texts}_fts: no such index"


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


def list_tables_of(table: str) -> list[str]:
    """The tables of the lists that a table's rows have."""
    found = {
        shape.list_table(key): None
        for shape in SHAPES.values()
        for key in shape.keys
        if shape.table == table and key.kind == "many"
    }
    return list(found)
