"""What schema.sql makes of a new file, against the shapes; the shapes, against LL2's document."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import Any

import pytest

from helpers import FIXTURES
from ll2_mirror import __version__
from ll2_mirror.files import shipped
from ll2_mirror.ll2.lists import RESOURCES
from ll2_mirror.ll2.schema import SCHEMA_VERSION, edges, own_tables, tables
from ll2_mirror.ll2.shapes import SHAPES

SCHEMAS = json.loads((FIXTURES / "openapi-2.3.0.json").read_text("utf-8"))["components"]["schemas"]


@pytest.fixture
def empty():
    """A connection to a file that has no rows yet."""
    with closing(sqlite3.connect(":memory:")) as conn:
        conn.executescript(shipped("schema.sql").read_text(encoding="utf-8"))
        yield conn


def columns(conn, table):
    """The types of a table's columns, by name."""
    return {row[1]: row[2] for row in conn.execute(f"PRAGMA table_info({table})")}


def key(conn, table):
    """The columns of a table's primary key, in order."""
    rows = conn.execute(f"PRAGMA table_info({table})").fetchall()
    return [row[1] for row in sorted(rows, key=lambda row: row[5]) if row[5]]


def references(conn, table):
    """The tables that a table's columns refer to, by column."""
    return {row[3]: row[2] for row in conn.execute(f"PRAGMA foreign_key_list({table})")}


def indexed(conn, table):
    """The columns by which SQLite finds rows of a table at once."""
    names = [row[1] for row in conn.execute(f"PRAGMA index_list({table})")]
    firsts = {conn.execute(f"PRAGMA index_info({name})").fetchone()[2] for name in names}
    return {*firsts, *key(conn, table)[:1]}


def test_each_key_has_its_column_and_each_column_its_key(empty):
    for table, wanted in tables().items():
        assert columns(empty, table) == {column.name: column.type for column in wanted}
        targets = {column.name: column.target for column in wanted if column.target}
        assert references(empty, table) == targets
        first = wanted[0].name
        assert key(empty, table) == ([first] if first == "id" else [first, "position"])


def test_each_table_is_ll2s_or_the_tools_own(empty):
    rows = empty.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    names = {name for (name,) in rows if not name.startswith("sqlite_")}
    of_indexes = {name for name in names if "_fts_" in name}  # FTS5 makes them
    assert names - of_indexes == {*tables(), *own_tables()}
    assert {name for name in names if name.startswith("_")} == {*own_tables(), *of_indexes}


def test_each_column_that_refers_to_a_row_is_indexed(empty):
    for table in (*tables(), *own_tables()):
        assert references(empty, table).keys() <= indexed(empty, table), table


def test_each_way_from_row_to_row_is_a_foreign_key(empty):
    found = {
        (table, column, target)
        for table in tables()
        for column, target in references(empty, table).items()
        if column != tables()[table][0].name or column == "id"
    }
    assert {(edge.table, edge.column, edge.target) for edge in edges()} == found
    owners = {(edge.owner_table, edge.owner) for edge in edges() if edge.table == edge.owner_table}
    assert {owner for _, owner in owners} == {"id"}


@pytest.mark.parametrize("name", [r.name for r in RESOURCES.values() if r.indexed])
def test_what_many_records_are_filtered_and_ordered_by_is_indexed(empty, name):
    resource = RESOURCES[name]
    flags = [one.path for one in resource.filters if one.kind == "bool"]
    sorted_by = [resource.richest.by_name[key].sort_column for key in resource.orderings]
    assert {*flags, *sorted_by} <= indexed(empty, resource.table)


@pytest.mark.parametrize("name", [r.name for r in RESOURCES.values() if r.search])
def test_what_is_searched_has_its_table_and_its_index(empty, name):
    resource = RESOURCES[name]
    searched = dict.fromkeys(resource.search, "TEXT")
    ids = {"id": "INTEGER" if resource.richest.id_type is int else "TEXT"}
    assert (
        columns(empty, resource.search_table) == {resource.search_key: "INTEGER"} | ids | searched
    )
    assert "id" in indexed(empty, resource.search_table)
    assert list(columns(empty, f"{resource.search_table}_fts")) == list(searched)


def _declared(schema: dict[str, Any]) -> list[tuple[str, str]]:
    """Each key of an OpenAPI schema with what it holds, in the document's order."""
    formats = {"uri": "str", "date": "date", "date-time": "datetime", "uuid": "uuid"}
    plain = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}
    keys = []
    for name, spec in schema["properties"].items():
        target = spec.get("allOf", [spec])[0].get("$ref")
        if name == "response_mode":
            keys.append((name, f"={spec['default']}"))
        elif target:
            keys.append((name, target.rsplit("/", 1)[1]))
        elif spec["type"] == "array":
            keys.append((name, f"[{spec['items']['$ref'].rsplit('/', 1)[1]}]"))
        else:
            keys.append((name, formats.get(spec.get("format"), plain[spec["type"]])))
    return keys


def _shaped(name: str) -> list[tuple[str, str]]:
    text = {"link", "media", "duration"}  # finer kinds of text than the document knows
    return [
        (
            key.name,
            {"const": f"={key.of}", "one": key.of, "many": f"[{key.of}]"}.get(
                key.kind, "str" if key.kind in text else key.kind
            ),
        )
        for key in SHAPES[name].keys
    ]


def test_the_shapes_are_the_closure_of_the_document():
    """The fixture holds what the lists reach in the document, and nothing else."""
    assert sorted(SHAPES) == sorted(SCHEMAS)


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_a_shape_has_the_documents_keys_in_order_with_their_types(name):
    assert _shaped(name) == _declared(SCHEMAS[name])


@pytest.mark.parametrize("name", sorted(name for name in SHAPES if SHAPES[name].table))
def test_shapes_of_one_table_agree_on_its_columns(name):
    def said(key):
        return key.kind, key.of and SHAPES[key.of].table, key.volatile

    held = {key.column: said(key) for key in SHAPES[name].stored}
    for sibling in SHAPES[name].siblings:
        for key_ in sibling.stored:
            here = said(key_)
            assert held.get(key_.column, here) == here, f"{sibling.name}.{key_.name}"


def test_the_programs_minor_version_is_that_of_the_schema():
    """So that a file tells which programs read it."""
    assert __version__.split(".")[1] == str(SCHEMA_VERSION)
