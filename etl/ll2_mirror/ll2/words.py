"""Reads the notation of ``meanings``: what is said of tables, of their columns and lists."""

from __future__ import annotations

import re
from typing import NamedTuple

from ll2_mirror.ll2.model import by_name, matched

_SAID = re.compile(r" *(?P<name>\w+(?:\[\])?)(?: +\[(?P<unit>[^\]]+)\])?(?: +(?P<text>[^\[ ].*))?")


class Said(NamedTuple):
    """What meanings.py says of a table, a column or a list."""

    unit: str
    text: str


class Words(NamedTuple):
    """What meanings.py says of a table, then of its columns and of its lists as ``key[]``."""

    table: str
    said: Said
    columns: dict[str, Said]


def read_said(text: str) -> dict[str, Said]:
    """The lines ``name [unit] sentence``, by name.

    Raises ValueError for what isn't in that notation.
    """
    return by_name("meanings.py", map(_said, filter(None, text.splitlines())))


def read_sections(text: str) -> dict[str, list[Words]]:
    """The tables of each section written in meanings.py's notation, by its heading.

    Raises ValueError for what isn't in that notation.
    """
    whole_lines = re.sub(r"\n {8,}", " ", text.strip())
    before, *parts = re.split(r"^# (.+)\n", whole_lines, flags=re.MULTILINE)
    if before:
        raise ValueError(f"meanings.py: in no section: {before}")
    return by_name("meanings.py", zip(parts[::2], map(_tables, parts[1::2]), strict=True))


def _tables(section: str) -> list[Words]:
    return [_words(block) for block in re.split(r"\n(?=\w)", section.strip())]


def _words(block: str) -> Words:
    head, _, body = block.partition("\n")
    return Words(*_said(head), read_said(body))


def _said(line: str) -> tuple[str, Said]:
    name, unit, text = matched(_SAID, line, "meanings.py: not in its notation").groups(default="")
    return name, Said(unit, text)
