"""What site.toml declares, with defaults from the shapes."""

from __future__ import annotations

import tomllib
from functools import cache
from typing import Any

from ll2_mirror.files import shipped
from ll2_mirror.ll2.descriptions import Described, Table, label, sections
from ll2_mirror.ll2.model import singular
from ll2_mirror.ll2.schema import views

_MOST_COLUMNS = 7
_PICTURES = "images"  # the table whose rows are seen beside those that refer to them
_PLAIN = ("str", "int", "float", "bool", "date", "datetime", "duration", "one")  # kinds to show
_LONG = ("description", "history", "details", "bio", "failreason", "weather_concerns")
_OMITTED = ("id", "name", "slug", "wiki", "longitude", "latitude", *_LONG)


@cache
def site() -> dict[str, Any]:
    """The contents of site.toml."""
    return tomllib.loads(shipped("site/site.toml").read_text(encoding="utf-8"))


@cache
def described() -> dict[str, Table]:
    """All public tables by name, in the order to read them."""
    return {table.name: table for section in sections() for table in section.tables}


def described_columns(table: str) -> dict[str, Described]:
    """The columns of a public table by name; empty for any other table."""
    columns = described()[table].columns if table in described() else ()
    return {each.column.name: each for each in columns}


def description(table: str) -> str:
    """The description of a table or a view; empty for a user's own."""
    known = described().get(table) or views().get(table)
    return known.text if known else ""


@cache
def is_searched(table: str) -> bool:
    """Whether the rows of a table can be searched by name: they have names and ids."""
    return "id" in described_columns(table) and bool(label(table))


def of_table(table: str) -> dict[str, Any]:
    """The settings of a table."""
    declared: dict[str, Any] = site()["tables"].get(table, {})
    return declared


@cache
def columns(table: str) -> tuple[str, ...]:
    """The columns that the table's page shows by default."""
    shown = [each.column.name for each in described()[table].columns if _is_shown(each)]
    return tuple(of_table(table).get("columns", shown[:_MOST_COLUMNS]))


def _is_shown(described: Described) -> bool:
    name, kind, target = described.column.name, described.column.kind, described.column.target
    is_plain = kind in _PLAIN and target != _PICTURES
    return is_plain and name not in _OMITTED and not name.endswith(("_url", "_link"))


def title(table: str) -> str:
    """The title of a table."""
    return table.replace("__", ": ").replace("_", " ").capitalize()


def noun(table: str) -> str:
    """The noun for one row of a table."""
    return singular(table).replace("_", " ")


@cache
def flags(table: str) -> frozenset[str]:
    """The boolean columns of a table or a view."""
    if table in views():
        texts = views()[table].columns
        return frozenset(name for name, text in texts.items() if text.startswith("0 or 1"))
    columns = described_columns(table)
    return frozenset(name for name, each in columns.items() if each.column.kind == "bool")
