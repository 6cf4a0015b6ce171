"""The views for people, as store/views.sql has them, with what is said of them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

from ll2_mirror.files import shipped
from ll2_mirror.ll2.labels import label
from ll2_mirror.ll2.schema import edges, tables

_VIEW = re.compile(
    r"CREATE VIEW IF NOT EXISTS (?P<name>\w+) AS\n(?P<text>(?:    -- [^\n]*\n)+)(?P<body>.*?);\n",
    re.S,
)
_LAST = """(
        SELECT json_extract(body, '$.name') FROM _tombstones
        WHERE resource IN (changes.table_name, 'config/' || changes.table_name)
          AND _tombstones.id = changes.id
    )"""  # of a row that is gone by now
_COLUMN = re.compile(r"^ .*?(\w+),?  -- (.+)$", re.MULTILINE)


class View(NamedTuple):
    """A view, with its sentence and those of its columns."""

    name: str
    sql: str
    text: str
    columns: dict[str, str]


def statements() -> str:
    """The statements that make the views and the indexes that they need."""
    source = shipped("store/views.sql").read_text(encoding="utf-8")
    sides = {"before": "changes.from_value", "after": "changes.to_value"}
    return source.format(name=_name(), **{side: _value(place) for side, place in sides.items()})


@cache
def views() -> dict[str, View]:
    """The views, by name."""
    return {match["name"]: _view(match) for match in _VIEW.finditer(statements())}


def _view(match: re.Match[str]) -> View:
    text = " ".join(line.strip(" -") for line in match["text"].splitlines())
    columns = dict(_COLUMN.findall(match["body"]))
    return View(match["name"], match[0], text, columns)


def _name() -> str:
    """What the row of a change is called, or was."""
    named = [table for table in tables() if "__" not in table and label(table)]
    cases = _lines(f"WHEN '{table}' THEN {_called(table, 'changes.id')}" for table in named)
    gone = "CASE changes.kind WHEN 'gone' THEN json_extract(changes.from_value, '$.name') END"
    return f"coalesce(CASE changes.table_name{cases}\n    END, {gone}, {_LAST})"


def _value(place: str) -> str:
    """A value of a change: a row that a column refers to is called by its name."""
    keys = defaultdict(list)
    for edge in edges():
        if edge.owner == "id" and label(edge.target):
            keys[edge.target].append(f"'{edge.table}.{edge.column.removesuffix('_id')}'")
    key = "changes.table_name || '.' || changes.key"
    cases = _lines(
        f"WHEN {key} IN ({', '.join(names)})\n            THEN {_called(target, place)}"
        for target, names in keys.items()
    )
    return f"CASE WHEN changes.key <> '' THEN coalesce(CASE{cases}\n    END, {place}) END"


def _lines(cases: Iterable[str]) -> str:
    return "".join(f"\n        {case}" for case in cases)


def _called(table: str, id_: str) -> str:
    return f"(SELECT {label(table)} FROM {table} AS t WHERE t.id = {id_})"
