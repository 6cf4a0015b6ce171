"""What tables, columns and rows are in words, from descriptions.toml; the questions of the docs."""

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
    is_general: bool  # said of all such columns, in the head of schema.sql

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
    """What descriptions.toml says."""
    text = shipped("ll2/descriptions.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@cache
def sections() -> tuple[Section, ...]:
    """All public tables, in the order to read them."""
    return described(declared())


@cache
def label(table: str) -> str:
    """What the row ``t`` of a table is called, as SQL; empty where it is called nothing."""
    columns = {column.name for column in tables()[table]}
    named = next((f't."{name}"' for name in ("name", "title") if name in columns), "")
    called: str = declared()["tables"].get(table, {}).get("called", named)
    return called.strip()


def described(said: Mapping[str, Any]) -> tuple[Section, ...]:
    """The tables of each section, in the order in which descriptions.toml has them.

    Raises ValueError where something isn't said, or is said of what isn't there.
    """
    _check_names(said)
    sections: list[tuple[str, list[Table]]] = []
    for name, own in said["tables"].items():
        if "section" in own:
            sections.append((own["section"], []))
        sections[-1][1].extend(_with_lists(name, own, said))
    found = tuple(Section(heading, tuple(inside)) for heading, inside in sections)
    _check_texts([table for section in found for table in section.tables])
    return found


def _check_names(said: Mapping[str, Any]) -> None:
    """Raises ValueError for names that the shapes don't have."""
    _none("no shape has the table", said["tables"].keys() - tables().keys())
    for table, own in said["tables"].items():
        columns = tables()[table]
        names = {*(each.name for each in columns), *(f"{key}[]" for key in _lists(columns))}
        _none(f"{table} has no", own.keys() - names - {"section", "text", "noun", "called"})
    names = {name for each in tables().values() for column in each for name in column[:2]}
    for general in ("everywhere", "kinds", "columns"):
        _none("no table has the column", said[general].keys() - names)


def _check_texts(found: list[Table]) -> None:
    """Raises ValueError for a table or a column of which nothing is said."""
    texts = {table.name: table.text for table in found}
    _none("nothing is said of", tables().keys() - texts.keys())
    texts |= {f"{t.name}.{each.column.name}": each.text for t in found for each in t.columns}
    _none("nothing is said of", (name for name, text in texts.items() if not text))


def _none(wrong: str, names: Iterable[str]) -> None:
    if named := ", ".join(sorted(names)):
        raise ValueError(f"descriptions.toml: {wrong} {named}")


def _lists(columns: Iterable[Column]) -> list[str]:
    return [column.key for column in columns if column.kind == "many"]


def _with_lists(name: str, own: Mapping[str, str], said: Mapping[str, Any]) -> Iterator[Table]:
    """A table, then those of its lists."""
    yield _table(name, own.get("text", ""), own, said)
    for key in _lists(tables()[name]):
        yield _table(f"{name}__{key}", own.get(f"{key}[]", ""), {}, said)


def _table(name: str, text: str, own: Mapping[str, str], said: Mapping[str, Any]) -> Table:
    columns = tuple(_column(name, each, own.get(each.name, ""), said) for each in tables()[name])
    return Table(name, " ".join(text.split()), columns)


def _column(table: str, column: Column, own: str, said: Mapping[str, Any]) -> Described:
    """A column's unit and text: its table's own, else those of all such, of its kind or name."""
    everywhere = said["everywhere"].get(column.kind) or said["everywhere"].get(column.name, "")
    of_kind, of_name = said["kinds"].get(column.kind, ""), said["columns"].get(column.name, "")
    units, texts = zip(*map(_unit_and_text, (own, everywhere, of_kind, of_name)), strict=True)
    unit, text = next(filter(None, units), ""), next(filter(None, texts), "")
    noun, row = (_noun(name, said) for name in (table, column.target))
    text = text.format(table=table, key=column.key, noun=noun, row=row)
    return Described(column, unit, text, is_general=bool(everywhere and not own))


def _noun(table: str, said: Mapping[str, Any]) -> str:
    """What one row of a table is."""
    noun: str = said["tables"].get(table, {}).get("noun", singular(table).replace("_", " "))
    return noun


def _unit_and_text(said: str) -> tuple[str, str]:
    """The two parts of ``[unit] text``; each may be empty."""
    unit, bracket, text = said.rpartition("]")
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
    """What misleads those who count rows: each as a few words and what follows them."""
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
