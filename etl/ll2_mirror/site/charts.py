"""Charts of bars, as numbers in percent; the templates draw them as SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

_MOST_BARS = 30
_SHORT = 5  # characters of a name that is beside its bar, rather than above


class BarPart(NamedTuple):
    """A part of a bar: where it begins and how wide it is, in percent; and its place in the key."""

    start: float
    width: float
    number: int


class Bar(NamedTuple):
    """One bar: its name, the text at its end, its parts."""

    name: str
    value: str
    parts: Sequence[BarPart]


class Chart(NamedTuple):
    """Bars; ``key`` has the names of their parts, if they have names."""

    bars: Sequence[Bar]
    key: Sequence[str]

    @property
    def is_short(self) -> bool:
        """Whether all names are short."""
        return all(len(bar.name) <= _SHORT for bar in self.bars)


def bars(answers: Sequence[Mapping[str, Any]]) -> Chart:
    """A bar for each ``name``; each ``part`` begins at ``start`` and is ``value`` long."""
    groups = [list(parts) for _, parts in groupby(answers, itemgetter("name"))][:_MOST_BARS]
    shown = [answer for parts in groups for answer in parts]
    key = list(dict.fromkeys(answer["part"] for answer in shown))
    first = min(answer["start"] for answer in shown)
    scale = 100 / (max(answer["start"] + answer["value"] for answer in shown) - first or 1)

    def bar(parts: list[Mapping[str, Any]]) -> Bar:
        lengths = (f"{part['value']:,}{part.get('unit', '')}" for part in parts)
        drawn = [
            BarPart(scale * (part["start"] - first), scale * part["value"], key.index(part["part"]))
            for part in parts
        ]
        return Bar(str(parts[0]["name"]), " + ".join(lengths), drawn)

    return Chart([bar(parts) for parts in groups], [name for name in key if name])


def question_bars(
    columns: Sequence[str], rows: Sequence[Any], drawn: Sequence[str]
) -> Chart | None:
    """The rows of a result as bars; ``drawn`` has columns of names, then one of values.

    None if a value isn't a number, or if a user's own query with that name has other columns.
    """
    if not drawn or not rows or not set(drawn) <= set(columns):
        return None
    *naming, measure = drawn
    names = (" · ".join(str(row[key]) for key in naming if row[key] is not None) for row in rows)
    values = [row[measure] for row in rows]
    if not all(isinstance(value, int | float) and value >= 0 for value in values):
        return None
    named = zip(names, values, strict=True)
    return bars([{"name": name, "part": "", "start": 0, "value": value} for name, value in named])
