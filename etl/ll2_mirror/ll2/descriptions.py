"""What tables, columns and rows are called and hold, in words; the questions of the docs."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import chain
from typing import NamedTuple
from urllib.parse import parse_qsl

from ll2_mirror.files import shipped
from ll2_mirror.ll2.meanings import COLUMNS, KINDS, SECTIONS
from ll2_mirror.ll2.schema import Column, tables
from ll2_mirror.ll2.words import Said, Words

_NOTHING = Said("", "")


class Described(NamedTuple):
    """A column with its unit and its sentence."""

    column: Column
    unit: str
    text: str

    @property
    def comment(self) -> str:
        """Both in one line."""
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
    """The tables of one subject, each list behind its owner."""

    heading: str
    tables: tuple[Table, ...]


@cache
def sections() -> tuple[Section, ...]:
    """All public tables, in the order to read them."""
    return described(SECTIONS)


def described(said: Mapping[str, Sequence[Words]]) -> tuple[Section, ...]:
    """The tables of each section, by its heading, with what is said of them.

    Raises ValueError where something isn't said, or is said of what isn't there.
    """
    _known(list(chain.from_iterable(said.values())))
    found = tuple(
        Section(heading, tuple(chain.from_iterable(map(_with_lists, words))))
        for heading, words in said.items()
    )
    _whole([table for section in found for table in section.tables])
    return found


def _known(said: Sequence[Words]) -> None:
    """Raises ValueError for names that the shapes don't have."""
    _none("no shape has the table", {words.table for words in said} - tables().keys())
    for words in said:
        columns = tables()[words.table]
        names = {*(one.name for one in columns), *(f"{key}[]" for key in _lists(columns))}
        _none(f"{words.table} has no", words.columns.keys() - names)
    names = {column.name for columns in tables().values() for column in columns}
    _none("no table has the column", COLUMNS.keys() - names)


def _whole(found: Sequence[Table]) -> None:
    """Raises ValueError for what isn't said, and for what is said twice."""
    times = Counter(table.name for table in found)
    _none("twice there is", (name for name in times if times[name] > 1))
    texts = {table.name: table.text for table in found}
    texts |= {f"{t.name}.{one.column.name}": one.text for t in found for one in t.columns}
    _none("nothing is said of", tables().keys() - times.keys())
    _none("nothing is said of", (name for name, text in texts.items() if not text))


def _none(wrong: str, names: Iterable[str]) -> None:
    if named := ", ".join(sorted(names)):
        raise ValueError(f"meanings.py: {wrong} {named}")


def _lists(columns: Iterable[Column]) -> list[str]:
    return [column.key for column in columns if column.kind == "many"]


def _with_lists(words: Words) -> Iterator[Table]:
    """A table, then those of its lists."""
    yield _table(words.table, words.said, words.columns)
    for key in _lists(tables()[words.table]):
        yield _table(f"{words.table}__{key}", words.columns.get(f"{key}[]", _NOTHING), {})


def _table(name: str, said: Said, own: Mapping[str, Said]) -> Table:
    columns = (_column(name, one, own.get(one.name, _NOTHING)) for one in tables()[name])
    return Table(name, said.text, tuple(columns))


def _column(table: str, column: Column, own: Said) -> Described:
    """What is said of a column: by its table, else by its kind, else by its name."""
    ways = (own, KINDS.get(column.kind, _NOTHING), COLUMNS.get(column.name, _NOTHING))
    unit, text = (next(filter(None, said), "") for said in zip(*ways, strict=True))
    return Described(column, unit, text.format(table=table, key=column.key))


# What a row is called

_NAMING = ("name", "title")


@cache
def _said() -> dict[str, str]:
    return tomllib.loads(shipped("ll2/labels.toml").read_text(encoding="utf-8"))


@cache
def label(table: str) -> str:
    """What the row ``t`` of a table is called, as SQL; empty where it is called nothing."""
    columns = {column.name for column in tables()[table]}
    named = next((f't."{name}"' for name in _NAMING if name in columns), "")
    return _said().get(table, named)


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
    """A question with its SQL; ``values`` are those of its parameters to begin with.

    ``bars``: the columns that a drawing of its answer has as names and as lengths; or none.
    ``needs``: what a sync is asked for, beside the file, to have what it is about; or nothing.
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
    """All questions, by the name that stands in their address."""
    page = shipped("docs/questions.md").read_text(encoding="utf-8").partition(_END)[0]
    detailed = page.index(_DETAILED)
    found = (
        _question(match, "--mode detailed" if match.start() > detailed else "")
        for match in _QUESTION.finditer(page)
    )
    return {question.name: question for question in found}


def _question(match: re.Match[str], needs: str) -> Question:
    notes = dict(_NOTE.findall(match["notes"]))
    name = "-".join(re.findall(r"\w+", match["title"].lower()))
    values, bars = dict(parse_qsl(notes.get("with", ""))), tuple(notes.get("bars", "").split())
    why = re.sub(r"\[([^]]+)\]\([^)]+\)", r"\1", match["why"]).replace("\n", " ").replace("`", "")
    needs = notes.get("needs", needs)
    return Question(name, match["title"], why, match["sql"], values, bars, needs, "demo" in notes)
