"""The descriptions of tables and columns, from descriptions.toml; the questions of the docs."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from ll2_mirror.files import shipped
from ll2_mirror.ll2.model import singular
from ll2_mirror.ll2.schema import Column, tables


class Described(NamedTuple):
    """A column with its unit and its sentence."""

    column: Column
    unit: str
    text: str
    is_general: bool  # the head of schema.sql describes all such columns

    @property
    def comment(self) -> str:
        """The unit and the sentence in one line."""
        return f"{self.unit}: {self.text}" if self.unit else self.text


class Table(NamedTuple):
    """A table with its sentence."""

    name: str
    text: str
    columns: tuple[Described, ...]

    @property
    def is_list(self) -> bool:
        """Whether its rows are the items of a list."""
        return self.columns[0].column.kind == "owner"


class Section(NamedTuple):
    """The tables of one subject; the tables of its lists follow each table."""

    heading: str
    tables: tuple[Table, ...]


@cache
def declared() -> dict[str, Any]:
    """The content of descriptions.toml."""
    text = shipped("ll2/descriptions.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@cache
def sections() -> tuple[Section, ...]:
    """All public tables, in the order to read them."""
    return described(declared())


@cache
def label(table: str) -> str:
    """An SQL expression for the name of the row ``t`` of a table; empty if rows have no name."""
    columns = {column.name for column in tables()[table]}
    named = next((f't."{name}"' for name in ("name", "title") if name in columns), "")
    called: str = declared()["tables"].get(table, {}).get("called", named)
    return called.strip()


def described(texts: Mapping[str, Any]) -> tuple[Section, ...]:
    """The tables of each section, in the order of descriptions.toml.

    Raises ValueError if a description is missing, or describes something that doesn't exist.
    """
    _check_names(texts)
    sections: list[tuple[str, list[Table]]] = []
    for name, own in texts["tables"].items():
        if "section" in own:
            sections.append((own["section"], []))
        sections[-1][1].extend(_with_lists(name, own, texts))
    complete = tuple(Section(heading, tuple(inside)) for heading, inside in sections)
    _check_texts([table for section in complete for table in section.tables])
    return complete


def _check_names(texts: Mapping[str, Any]) -> None:
    """Raises ValueError for names that the shapes don't have."""
    _none("no shape has the table", texts["tables"].keys() - tables().keys())
    for table, own in texts["tables"].items():
        columns = tables()[table]
        names = {*(each.name for each in columns), *(f"{key}[]" for key in _lists(columns))}
        _none(f"{table} has no", own.keys() - names - {"section", "text", "noun", "called"})
    names = {name for each in tables().values() for column in each for name in column[:2]}
    for general in ("everywhere", "kinds", "columns"):
        _none("no table has the column", texts[general].keys() - names)


def _check_texts(every: list[Table]) -> None:
    """Raises ValueError for a table or a column without a description."""
    texts = {table.name: table.text for table in every}
    _none("there is no description of", tables().keys() - texts.keys())
    texts |= {f"{t.name}.{each.column.name}": each.text for t in every for each in t.columns}
    _none("there is no description of", (name for name, text in texts.items() if not text))


def _none(wrong: str, names: Iterable[str]) -> None:
    if named := ", ".join(sorted(names)):
        raise ValueError(f"descriptions.toml: {wrong} {named}")


def _lists(columns: Iterable[Column]) -> list[str]:
    return [column.key for column in columns if column.kind == "many"]


def _with_lists(name: str, own: Mapping[str, str], texts: Mapping[str, Any]) -> Iterator[Table]:
    """A table, then those of its lists."""
    yield _table(name, own.get("text", ""), own, texts)
    for key in _lists(tables()[name]):
        yield _table(f"{name}__{key}", own.get(f"{key}[]", ""), {}, texts)


def _table(name: str, text: str, own: Mapping[str, str], texts: Mapping[str, Any]) -> Table:
    columns = tuple(_column(name, each, own.get(each.name, ""), texts) for each in tables()[name])
    return Table(name, " ".join(text.split()), columns)


def _column(table: str, column: Column, own: str, all_texts: Mapping[str, Any]) -> Described:
    """A column's unit and text: its table's own, else that for all such columns, kinds or names."""
    general = all_texts["everywhere"]
    everywhere = general.get(column.kind) or general.get(column.name, "")
    of_kind = all_texts["kinds"].get(column.kind, "")
    of_name = all_texts["columns"].get(column.name, "")
    units, texts = zip(*map(_unit_and_text, (own, everywhere, of_kind, of_name)), strict=True)
    unit, text = next(filter(None, units), ""), next(filter(None, texts), "")
    noun, row = (_noun(name, all_texts) for name in (table, column.target))
    text = text.format(table=table, key=column.key, noun=noun, row=row)
    return Described(column, unit, text, is_general=bool(everywhere and not own))


def _noun(table: str, texts: Mapping[str, Any]) -> str:
    """The noun for one row of a table."""
    noun: str = texts["tables"].get(table, {}).get("noun", singular(table).replace("_", " "))
    return noun


def _unit_and_text(description: str) -> tuple[str, str]:
    """The two parts of ``[unit] text``; each may be empty."""
    unit, bracket, text = description.rpartition("]")
    return unit.removeprefix("[") if bracket else "", " ".join(text.split())


# The questions of docs/questions.md

_QUESTION = re.compile(
    r"^### (?P<title>[^\n]+)\n\n(?P<why>.+?)\n\n(?P<notes>(?:<!-- [^\n]+ -->\n)*)"
    r"```sql\n(?P<sql>.+?);\n```",
    re.M | re.S,
)
_NOTE = re.compile(r"<!-- (\w+): (.+) -->")
_DETAILED = "\n## In a detailed mirror\n"
_END = "\n## How to ask\n"


class Question(NamedTuple):
    """A question with its SQL; ``values`` are examples for its parameters.

    ``bars``: the columns with the names and the lengths of a bar chart of the answer; or none.
    ``needs``: the options that a sync needs to fetch what the question is about; or empty.
    """

    name: str
    title: str
    why: str
    sql: str
    values: dict[str, str]
    bars: tuple[str, ...]
    needs: str
    in_demo: bool


@cache
def questions() -> dict[str, Question]:
    """All questions, by their names, which are part of their addresses."""
    page = _page().partition(_END)[0]
    detailed = page.index(_DETAILED)
    parsed = (
        _question(match, "--mode detailed" if match.start() > detailed else "")
        for match in _QUESTION.finditer(page)
    )
    return {question.name: question for question in parsed}


@cache
def before_you_count() -> tuple[tuple[str, str], ...]:
    """The warnings for those who count rows: each as its bold words and the rest."""
    section = _page().partition("\n## Before you count\n")[2].partition("\n\nLL2 ")[0]
    return tuple(re.findall(r"^- \*\*(.+?)\*\*(.+)$", section.replace("`", ""), re.M))


def _page() -> str:
    return shipped("docs/questions.md").read_text(encoding="utf-8")


def _question(match: re.Match[str], needs: str) -> Question:
    notes = dict(_NOTE.findall(match["notes"]))
    name = "-".join(re.findall(r"\w+", match["title"].lower()))
    values, bars = dict(parse_qsl(notes.get("with", ""))), tuple(notes.get("bars", "").split())
    why = re.sub(r"\[([^]]+)\]\([^)]+\)", r"\1", match["why"]).replace("\n", " ").replace("`", "")
    needs = notes.get("needs", needs)
    return Question(name, match["title"], why, match["sql"], values, bars, needs, "demo" in notes)
