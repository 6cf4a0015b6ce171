"""The tables that follow from the shapes, and the references between them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import chain
from typing import NamedTuple

from ll2_mirror.files import shipped
from ll2_mirror.ll2.model import SCALARS, Key, Shape
from ll2_mirror.ll2.shapes import SHAPES, shapes_of

APPLICATION_ID = 0x4C4C326D  # "LL2m": this file is an ll2-mirror
SCHEMA_VERSION = 7  # to be raised when the tables of older files must be rebuilt
TOKENIZER = "trigram case_sensitive 1"  # of the indexes that find any part of a text


class Column(NamedTuple):
    """One column of a public table."""

    name: str
    kind: str  # of its key; of a list: "owner", "position", "item"; "seconds"; "own", the tool's
    type: str  # SQL's
    target: str = ""  # the table it refers to
    key: str = ""  # LL2's, whose value it holds


_TYPES = {kind: sql_type for kind, (_, _, sql_type) in SCALARS.items()} | {"many": "INTEGER"}


def own_columns(shape: Shape) -> tuple[str, ...]:
    """The columns of a shape's rows that are the tool's, not LL2's."""
    return ("_extra", "_shapes") if shape.shared else ("_extra",)


@cache
def tables() -> dict[str, tuple[Column, ...]]:
    """The columns of each public table, in order; the tables of its lists follow each table."""
    shapes = {shape.table: shape for shape in SHAPES.values() if shape.table}
    return dict(chain.from_iterable(map(_table, shapes.values())))


@cache
def keys() -> dict[tuple[str, str], tuple[Shape, Key]]:
    """Each key with the first shape that has it, by the table and the key's name."""
    shapes = reversed(SHAPES.values())
    return {(shape.table, key.name): (shape, key) for shape in shapes for key in shape.keys}


@cache
def stored_keys(table: str) -> tuple[tuple[Shape, Key], ...]:
    """The keys that have a column in a public table, each with a shape that has it."""
    return tuple(
        {key.column: (shape, key) for shape in shapes_of(table) for key in shape.stored}.values()
    )


def target(table: str, key: str) -> str:
    """The table of the rows that a key refers to; empty if it refers to none."""
    shape, _ = keys().get((table, key), (None, None))
    nested = shape.nested.get(key) if shape else None
    return nested.table if nested else ""


def kind_of(table: str, key: str) -> str:
    """The kind of a key of a table's rows; empty if they have no such key."""
    _, known = keys().get((table, key), (None, None))
    return known.kind if known else ""


def _table(shape: Shape) -> Iterator[tuple[str, tuple[Column, ...]]]:
    """The table of a shape, with the columns of all shapes that share it; then their lists'."""
    richest_first = sorted(shape.siblings, key=lambda each: -len(each.columns))
    columns = {column.name: column for each in richest_first for column in _columns(each)}
    yield shape.table, (*columns.values(), *map(_own, reversed(own_columns(shape))))
    for each in richest_first:
        for key in each.lists:
            yield each.list_table(key), tuple(_list_columns(each, each.nested[key.name]))


def _columns(shape: Shape) -> Iterator[Column]:
    """The columns that hold a shape's values; a duration has two."""
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
    """The columns of a list's table: its owner, the position, and the item or the item's id."""
    yield _reference(shape.list_column, "owner", shape)
    yield Column("position", "position", "INTEGER")
    if item.table:
        yield _reference(item.list_column, "item", item)
    else:
        yield from (*_columns(item), _own("_extra"))


@cache
def own_tables() -> tuple[str, ...]:
    """The tool's own tables, with those of the search index."""
    return tuple(re.findall(r"^CREATE (?:VIRTUAL )?TABLE (_\w+)", schema_text(), re.MULTILINE))


def statement_of(table: str) -> str:
    """The statement of schema.sql that makes one of the tool's own tables."""
    match = re.search(rf"^CREATE (VIRTUAL )?TABLE {table} [^;]*;", schema_text(), re.MULTILINE)
    assert match
    return match[0]


def schema_text() -> str:
    """The text of schema.sql, as `make schema` wrote it."""
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
    return [
        name for name, owner in owners.items() if (owner.kind, owner.target) == ("owner", table)
    ]


class Edge(NamedTuple):
    """A column by which rows of one table refer to rows of another, its target."""

    table: str
    column: str
    owner: str  # the column with the id of the row that refers: "id", or a list's first
    owner_table: str
    target: str


@cache
def edges() -> tuple[Edge, ...]:
    """All edges between the public tables."""
    return tuple(sorted(chain.from_iterable(map(_edges, tables().items()))))


def _edges(table: tuple[str, tuple[Column, ...]]) -> Iterator[Edge]:
    name, columns = table
    owner = columns[0]
    for column in columns[1:]:
        if column.target:
            yield Edge(name, column.name, owner.name, owner.target or name, column.target)


# The views, which schema.sql has after the tables

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
    return {view.name: view for view in read_views(view_statements())}


def read_views(statements: str) -> Iterator[SqlView]:
    """The views that statements make."""
    return map(_view, _VIEW.finditer(statements))


def _view(match: re.Match[str]) -> SqlView:
    text = " ".join(line.strip(" -") for line in match["text"].splitlines())
    columns = dict(_VIEW_COLUMN.findall(match["body"]))
    return SqlView(match["name"], match[0], text, columns)
