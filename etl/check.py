"""Proves that the shapes and schema.sql agree; the tests begin with it."""

from __future__ import annotations

from collections.abc import Iterator

from sqlite_utils import Database

from etl.shapes import RESOURCES
from etl.tables import Columns, wanted_columns


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
