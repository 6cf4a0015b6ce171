"""The tables that the shapes make, and what refers to what among them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import chain
from typing import NamedTuple

from ll2_mirror.files import shipped
from ll2_mirror.ll2.model import SCALARS, Key, Shape
from ll2_mirror.ll2.shapes import SHAPES

APPLICATION_ID = 0x4C4C326D  # "LL2m": this file is an ll2-mirror
SCHEMA_VERSION = 6  # goes up when files made before need their tables made anew


TOKENIZER = "trigram case_sensitive 1"  # of each index that finds parts of texts


class Column(NamedTuple):
    """One column of a public table."""

    name: str
    kind: str  # of its key; "owner", "position", "item" in a list's table; "seconds", "own"
    type: str  # SQL's
    target: str = ""  # the table it refers to
    key: str = ""  # LL2's, whose value it holds


Columns = dict[str, tuple[str, str]]  # by name: the SQL type, and the table it refers to or ""
_TYPES = {kind: sql_type for kind, (_, _, sql_type) in SCALARS.items()} | {"many": "INTEGER"}


def own_columns(shape: Shape) -> tuple[str, ...]:
    """The tool's own columns of a shape's rows."""
    return ("_extra", "_shapes") if shape.shared else ("_extra",)


@cache
def tables() -> dict[str, tuple[Column, ...]]:
    """The columns of each public table, in order; a list's table stands behind its owner's."""
    lying = {shape.table: shape for shape in SHAPES.values() if shape.table}
    return dict(chain.from_iterable(map(_table, lying.values())))


@cache
def keys() -> dict[tuple[str, str], tuple[Shape, Key]]:
    """Each key of a table's rows with a shape that has it, by the table and the key's name."""
    shapes = reversed(SHAPES.values())
    return {(shape.table, key.name): (shape, key) for shape in shapes for key in shape.keys}


def target(table: str, key: str) -> str:
    """The table of what a key's value, or its items, are; empty where they are no rows."""
    shape, _ = keys().get((table, key), (None, None))
    nested = shape.nested.get(key) if shape else None
    return nested.table if nested else ""


def kind_of(table: str, key: str) -> str:
    """The kind of a key of a table's rows; empty where they have no such key."""
    found = keys().get((table, key))
    return found[1].kind if found else ""


def _table(shape: Shape) -> Iterator[tuple[str, tuple[Column, ...]]]:
    """The table of a shape, with the columns of all that lie over it, and those of their lists."""
    lying = sorted(shape.siblings, key=lambda each: -len(each.columns))  # the richest first
    columns = {column.name: column for each in lying for column in _columns(each)}
    yield shape.table, (*columns.values(), *map(_own, reversed(own_columns(shape))))
    for each in lying:
        for key in each.lists:
            yield each.list_table(key), tuple(_list_columns(each, each.nested[key.name]))


def _columns(shape: Shape) -> Iterator[Column]:
    """The columns that a shape has values for; of a duration, there are two."""
    for key in shape.stored:
        yield _column(shape, key)
        if key.sort_column != key.column:
            yield Column(key.sort_column, "seconds", "REAL")


def _column(shape: Shape, key: Key) -> Column:
    if key.kind == "one":
        return _reference(key.column, key.kind, shape.nested[key.name])
    return Column(key.column, key.kind, _TYPES[key.kind], key=key.name)


def _reference(name: str, kind: str, shape: Shape) -> Column:
    return Column(name, kind, _TYPES[shape.by_name["id"].kind], shape.table)


def _own(name: str) -> Column:
    return Column(name, "own", "TEXT")


def _list_columns(shape: Shape, item: Shape) -> Iterator[Column]:
    """A list's table links its owner to its items; those without an id live in it."""
    yield _reference(shape.list_column, "owner", shape)
    yield Column("position", "position", "INTEGER")
    if item.table:
        yield _reference(item.list_column, "item", item)
    else:
        yield from (*_columns(item), _own("_extra"))


@cache
def wanted_columns() -> dict[str, Columns]:
    """The columns of each public table, as the shapes want them."""
    return {
        table: {column.name: (column.type, column.target) for column in columns}
        for table, columns in tables().items()
    }


@cache
def own_tables() -> tuple[str, ...]:
    """The tool's own tables, those of the search index among them."""
    return tuple(re.findall(r"^CREATE (?:VIRTUAL )?TABLE (_\w+)", schema_text(), re.MULTILINE))


def statement_of(table: str) -> str:
    """The statement of schema.sql that makes a table."""
    found = re.search(rf"^CREATE (VIRTUAL )?TABLE {table} [^;]*;", schema_text(), re.MULTILINE)
    assert found
    return found[0]


def schema_text() -> str:
    """The statements that make a mirror's tables, as `make schema` wrote them."""
    return shipped("schema.sql").read_text(encoding="utf-8")


def list_tables(item: Shape) -> list[str]:
    """The tables of lists whose items have this shape."""
    return [
        shape.list_table(key)
        for shape in SHAPES.values()
        for key in shape.lists
        if shape.nested[key.name] is item
    ]


def list_tables_of(table: str) -> list[str]:
    """The tables of the lists that a table's rows have."""
    owners = {name: columns[0] for name, columns in tables().items()}
    return [name for name, one in owners.items() if (one.kind, one.target) == ("owner", table)]


class Edge(NamedTuple):
    """A column that refers to a table's rows; ``owner`` names the rows it stands for."""

    table: str  # the one with the column
    column: str
    owner: str  # the column that identifies who refers: "id", or a list's first
    owner_table: str
    target: str


@cache
def edges() -> tuple[Edge, ...]:
    """Each column by which a row of one table refers to a row of another, from the shapes."""
    return tuple(sorted(chain.from_iterable(map(_edges, tables().items()))))


def _edges(table: tuple[str, tuple[Column, ...]]) -> Iterator[Edge]:
    name, columns = table
    owner = columns[0]  # "id", or the one that refers to whose list it is
    for column in columns[1:]:
        if column.target:
            yield Edge(name, column.name, owner.name, owner.target or name, column.target)


# The views for people, which schema.sql has behind the tables

_VIEW = re.compile(
    r"CREATE VIEW IF NOT EXISTS (?P<name>\w+).* AS\n(?P<text>(?:    -- .*\n)+)(?P<body>(?s:.*?));\n"
)
_VIEW_COLUMN = re.compile(r"^ .*?(\w+),?  -- (.+)$", re.MULTILINE)


class SqlView(NamedTuple):
    """A view, with its sentence and those of its columns."""

    name: str
    sql: str
    text: str
    columns: dict[str, str]


def view_statements() -> str:
    """The statements that make the views and the indexes that they need."""
    return "".join(re.findall(r"^CREATE \w+ IF NOT EXISTS .*?;\n", schema_text(), re.M | re.S))


@cache
def views() -> dict[str, SqlView]:
    """The views, by name."""
    return {match["name"]: _view(match) for match in _VIEW.finditer(view_statements())}


def _view(match: re.Match[str]) -> SqlView:
    text = " ".join(line.strip(" -") for line in match["text"].splitlines())
    columns = dict(_VIEW_COLUMN.findall(match["body"]))
    return SqlView(match["name"], match[0], text, columns)
