"""Makes schema.sql, docs/columns.md and an example from the declarations, for `make schema`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from textwrap import indent, wrap
from typing import Any

import yaml

from ll2_mirror.files import shipped
from ll2_mirror.ll2.descriptions import Described, Table, declared, label, questions, sections
from ll2_mirror.ll2.lists import RESOURCES, Resource
from ll2_mirror.ll2.schema import (
    APPLICATION_ID,
    SCHEMA_VERSION,
    TOKENIZER,
    SqlView,
    edges,
    own_tables,
    read_views,
    tables,
)


def made() -> dict[str, str]:
    """The text of each file that `make schema` writes, by its name."""
    return {
        "schema.sql": _schema(),
        "docs/columns.md": _page(),
        "examples/datasette/metadata.yml": _metadata(),
    }


def _paragraphs(parts: Iterable[str]) -> str:
    return "\n\n".join(part.strip("\n") for part in parts)


# schema.sql

_PRAGMAS = f"""\
PRAGMA application_id = {APPLICATION_ID:#x};  -- "LL2m": this file is an ll2-mirror
PRAGMA user_version = {SCHEMA_VERSION};  -- the version of this schema
"""
_SEARCH = """\
-- The texts that a search looks at, in capitals as PostgreSQL makes them; and for each table an
-- index of its trigrams, which finds any part of a text. A record whose lists are searched has a
-- row for each combination of their items.
"""
_RULE = f"-- {'-' * 94}"
# What a column must be, by its kind; an id, by its type.
_CONSTRAINTS = dict.fromkeys(("owner", "position", "item"), " NOT NULL")
_ID_CONSTRAINTS = {"int": " PRIMARY KEY", "uuid": " PRIMARY KEY NOT NULL"}


def _schema() -> str:
    own = shipped("store/own.sql").read_text(encoding="utf-8").splitlines()
    own_indexes = [line for line in own if line.startswith("CREATE INDEX")]
    own_tables = "\n".join(line for line in own if line not in own_indexes)
    searches = (_create_search(resource) for resource in RESOURCES.values() if resource.search)
    parts = [
        declared()["head"],
        _PRAGMAS,
        *(_titled(section.heading, *map(_create, section.tables)) for section in sections()),
        _titled("The tool's own", own_tables, _SEARCH, *searches),
        _titled("Views, each for a question that many ask (docs/tables.md shows them)", _views()),
        _titled("Indexes", *map("\n".join, _indexes(own_indexes))),
    ]
    return f"{_paragraphs(parts)}\n"


def _indexes(own: list[str]) -> Iterator[list[str]]:
    """The statements that make the indexes, in three groups, each with a comment."""
    referring = [(edge.table, edge.column) for edge in edges()]
    yield ["-- Columns that refer to a row.", *map(_index, referring)]
    asked_by = dict.fromkeys(chain(*map(_asked_by, RESOURCES.values())))
    others = (column for column in asked_by if column not in referring)
    yield ["-- What LL2 filters and orders by.", *map(_index, others)]
    searched = (each for each in RESOURCES.values() if each.search and each.search_key != "id")
    ids = (_index((each.search_table, "id")) for each in searched)
    yield ["-- The tool's own tables.", *own, *ids]


def _titled(heading: str, *parts: str) -> str:
    return _paragraphs([f"{_RULE}\n-- {heading}\n{_RULE}", *parts])


def _create(table: Table) -> str:
    """The statement that makes a table, with comments inside it.

    SQLite keeps the statement, so that `.schema` shows the comments, too.
    """
    key, kind = [], ""
    if table.is_list:
        key = [f"PRIMARY KEY ({table.columns[0].column.name}, position)"]
        kind = " WITHOUT ROWID"
    columns = (_definition(each) for each in table.columns)
    comments = ("" if each.is_general else each.comment for each in table.columns)
    last = len(table.columns) - 1 if not key else -1  # no comma follows it
    lines = [
        *wrap(table.text, 92, initial_indent="-- ", subsequent_indent="-- "),
        *chain.from_iterable(
            _commented(sql + "," * (place != last), comment)
            for place, (sql, comment) in enumerate(zip(columns, comments, strict=True))
        ),
        *key,
    ]
    return f"CREATE TABLE {table.name} (\n" + indent("\n".join(lines), "    ") + f"\n){kind};"


def _definition(described: Described) -> str:
    """What a column is in SQL."""
    column = described.column
    constraints = _ID_CONSTRAINTS if column.name == "id" else _CONSTRAINTS
    constraint = constraints.get(column.kind, "")
    target = f" REFERENCES {column.target} (id)" if column.target else ""
    return f"{column.name} {column.type}{constraint}{target}"


def _commented(sql: str, comment: str) -> list[str]:
    """A column with its comment beside it; where that is too long, indented below it."""
    if not comment:
        return [sql]
    line = f"{sql}  -- {comment}"
    below = wrap(comment, 92, initial_indent="    -- ", subsequent_indent="    -- ")
    return [line] if len(line) <= 96 else [sql, *below]


def _create_search(resource: Resource) -> str:
    texts, key = resource.search_table, resource.search_key
    id_type = "INTEGER" if resource.richest.id_type is int else "TEXT"
    id_ = [] if key == "id" else [f"id {id_type} NOT NULL"]
    columns = [f"{key} INTEGER PRIMARY KEY", *id_, *(f"{path} TEXT" for path in resource.search)]
    lines = indent(",\n".join(columns), "    ")
    listed = indent("\n".join(wrap(f"{', '.join(resource.search)},", 92)), "    ")
    return f"""\
CREATE TABLE {texts} (
{lines}
);
CREATE VIRTUAL TABLE {texts}_fts USING fts5(
{listed}
    content = '{texts}', content_rowid = '{key}', columnsize = 0,
    tokenize = '{TOKENIZER}'
);"""


def _index(table_and_column: tuple[str, str]) -> str:
    table, column = table_and_column
    return f"CREATE INDEX {table}_{column} ON {table} ({column});"


def _asked_by(resource: Resource) -> Iterator[tuple[str, str]]:
    """The columns of flags and orderings, for a list with so many records that it matters."""
    flags = (each.path for each in resource.filters if each.kind == "bool")
    keys = resource.richest.by_name
    for name in (*flags, *resource.orderings) if resource.indexed else ():
        if name in keys and name != "id":
            yield resource.table, keys[name].sort_column


# The views


def _views() -> str:
    """The statements of views.sql, with what is made from the shapes filled in."""
    source = shipped("store/views.sql").read_text(encoding="utf-8")
    return source.format(
        date=_DATE, names=_names(), precisions=_precisions(), references=_references()
    )


_DATE = """\
replace(replace(replace(replace(replace(coalesce(pattern, '{year}'),
        '{day}', ltrim(substr(net, 9, 2), '0')),
        '{month}', substr('JanFebMarAprMayJunJulAugSepOctNovDec',
                          3 * CAST(substr(net, 6, 2) AS INTEGER) - 2, 3)),
        '{year}', substr(net, 1, 4)),
        '{decade}', substr(net, 1, 3) || '0s'),
        '{time}', substr(net, 12, 5))"""


def _precisions() -> str:
    """The precisions of dates, as descriptions.toml has them."""
    return ",\n".join(
        f"    ({id_}, '{each['length']}', '{each['pattern']}')"
        for id_, each in declared()["precisions"].items()
    )


def _names() -> str:
    """A query for each table whose rows are called something and have a number for their id.

    SQLite finds one name by its table and id as long as the types are the same in all queries;
    with ids of two types it would read all rows of all tables.
    """
    return "\nUNION ALL ".join(
        f"SELECT '{name}', id, {_text(label(name))} FROM {name} AS t"
        for name, (id_, *_) in tables().items()
        if "__" not in name and id_.type == "INTEGER" and label(name)
    )


def _text(sql: str) -> str:
    return sql if re.fullmatch(r't\."?\w+"?', sql) else f"CAST({sql} AS TEXT)"


def _references() -> str:
    """Each key that refers to a row that is called something, with the table of that row."""
    keys = (
        f"('{edge.table}','{edge.column.removesuffix('_id')}','{edge.target}')"
        for edge in edges()
        if edge.owner == "id" and label(edge.target)
    )
    return "\n".join(wrap(", ".join(keys), 96, initial_indent="    ", subsequent_indent="    "))


# docs/columns.md

_INTRODUCTION = (
    "# All tables and columns\n\n"
    "Made by `make schema` from the declarations that [schema.sql](../schema.sql) is made from. The"
    " rules that they follow, and queries to start from, are in [tables.md](tables.md). The tool's"
    " own tables, whose names begin with `_`, are described in schema.sql."
)


def _page() -> str:
    parts = chain(*((f"## {each.heading}", *map(_chapter, each.tables)) for each in sections()))
    views = (view for view in read_views(_views()) if not view.name.startswith("_"))
    return _paragraphs([_INTRODUCTION, *parts, "## Views", *map(_view_chapter, views)]) + "\n"


def _chapter(table: Table) -> str:
    head = "| column | type | unit | what it holds |\n|---|---|---|---|"
    rows = "\n".join(map(_row, table.columns))
    return f"### `{table.name}`\n\n{table.text}\n\n{head}\n{rows}"


def _row(described: Described) -> str:
    column, text = described.column, described.text.replace("|", r"\|")
    target = f" → [{column.target}](#{column.target})" if column.target else ""
    return f"| `{column.name}` | {column.type}{target} | {described.unit} | {text} |"


def _view_chapter(view: SqlView) -> str:
    rows = "\n".join(f"| `{name}` | {text} |" for name, text in view.columns.items())
    return f"### `{view.name}`\n\n{view.text}\n\n| column | what it holds |\n|---|---|\n{rows}"


# examples/datasette/metadata.yml

_ABOUT = """\
# For a mirror in a Datasette without ll2-mirror, also 1.0 and Lite: descriptions with units, names
# for rows, questions. It is for spacecraft.db; the name of another file goes below "databases".
"""
_FILE = Path("spacecraft.db")


def _metadata() -> str:
    described = [table for section in sections() for table in section.tables]
    views = {view.name: view for view in read_views(_views())}
    tables_: dict[str, Any] = {name: {"hidden": True} for name in own_tables()}
    tables_ |= {table.name: _table_metadata(table) for table in described}
    tables_ |= {
        name: {"description": view.text, "columns": view.columns}
        for name, view in views.items()
        if not name.startswith("_")
    }
    queries = {
        name: {"title": question.title, "description": question.why, "sql": question.sql}
        for name, question in questions().items()
    }
    document = {
        "source": "Launch Library 2, The Space Devs",
        "source_url": "https://thespacedevs.com/llapi",
        "databases": {_FILE.stem: {"queries": _find(described) | queries, "tables": tables_}},
    }
    return _ABOUT + _yaml(document)


def _table_metadata(table: Table) -> dict[str, Any]:
    metadata: dict[str, Any] = {"description": table.text}
    if table.is_list:
        metadata["hidden"] = True
    if name := _label_column(table):
        metadata["label_column"] = name
    return metadata | {"columns": {each.column.name: each.comment for each in table.columns}}


def _label_column(table: Table) -> str:
    """The column that a row is called by; empty if it is none, or SQL."""
    match = re.fullmatch(r't\."?(\w+)"?', label(table.name))
    return match[1] if match else ""


def _find(described: Iterable[Table]) -> dict[str, Any]:
    """A query for rows by name: Datasette can't use the search index, whose texts are capitals."""
    selects = (
        f"SELECT '{table.name}' AS kind, id, {name} AS name FROM {table.name}"
        for table in described
        if not table.is_list and (name := _label_column(table))
    )
    sql = "\nUNION ALL ".join(selects)
    where = "WHERE name LIKE '%' || :text || '%' ORDER BY name LIMIT 100"
    return {"find": {"title": "Find by name", "sql": f"SELECT * FROM (\n{sql}\n) {where}"}}


def _yaml(document: dict[str, Any]) -> str:
    """YAML in which texts of several lines stand as they are."""
    dumper = type("Dumper", (yaml.SafeDumper,), {})
    yaml.add_representer(
        str,
        lambda to, text: to.represent_scalar(
            "tag:yaml.org,2002:str", text, style="|" if "\n" in text else None
        ),
        dumper,
    )
    return str(yaml.dump(document, Dumper=dumper, sort_keys=False, allow_unicode=True, width=96))


if __name__ == "__main__":
    for name, text in made().items():
        shipped(name).write_text(text, encoding="utf-8")
