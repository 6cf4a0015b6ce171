"""The tables with what is said of them: the columns of ``schema``, the words of ``meanings``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import chain
from typing import NamedTuple

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
