"""Draws an answer as bars: where each begins, how long it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

_MOST = 30
_WIDTH = 100.0  # percent


class Bar(NamedTuple):
    """One bar: its name, its value, how wide it is in percent of the longest."""

    name: str
    value: str
    width: float


def bars(columns: Sequence[str], rows: Sequence[Any], drawn: Sequence[str]) -> list[Bar]:
    """The first rows of an answer as bars; ``drawn`` names a column of names, and one of values.

    None where a value is no number.
    """
    if not set(drawn) <= set(columns) or len(drawn) < 2:
        return []
    *naming, measure = (columns.index(name) for name in drawn)
    found = [(_name(row, naming), row[measure]) for row in rows[:_MOST]]
    if not all(isinstance(value, int | float) and value >= 0 for _, value in found):
        return []
    most = max((value for _, value in found), default=0) or 1
    return [Bar(name, f"{value:,}", round(_WIDTH * value / most, 2)) for name, value in found]


def _name(row: Any, naming: Sequence[int]) -> str:
    return " · ".join(str(row[place]) for place in naming if row[place] is not None)
