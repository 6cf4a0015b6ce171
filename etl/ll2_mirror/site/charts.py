"""Charts as bars, of one or several parts or of times; the templates draw them as SVG."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import accumulate
from typing import Any, NamedTuple

from ll2_mirror.clock import from_iso

_MOST_BARS = 30
_SHORT = 8  # characters of a name that stands beside its bar, rather than above

Answer = Mapping[str, Any]  # a row of an answer, by column


class BarPart(NamedTuple):
    """A part of a bar: where it begins and how wide it is, in percent; and its place in the key."""

    start: float
    width: float
    number: int = 0


class Bar(NamedTuple):
    """One bar: its name, the text at its end, its parts."""

    name: str
    value: str
    parts: Sequence[BarPart]


class Chart(NamedTuple):
    """Bars; ``key`` has the names of their parts, if they have several."""

    bars: Sequence[Bar]
    key: Sequence[str] = ()

    @property
    def is_short(self) -> bool:
        """Whether all names are short."""
        return all(len(bar.name) <= _SHORT for bar in self.bars)


def question_bars(
    columns: Sequence[str], rows: Sequence[Any], drawn: Sequence[str]
) -> Chart | None:
    """The first rows of a result as bars; ``drawn`` has columns of names, then one of values.

    None if a value isn't a number, or if a user's own query with that name has other columns.
    """
    if not drawn or not set(drawn) <= set(columns):
        return None
    *naming, measure = drawn
    values = [row[measure] for row in rows[:_MOST_BARS]]
    if not values or not all(isinstance(value, int | float) and value >= 0 for value in values):
        return None
    names = (" · ".join(str(row[key]) for key in naming if row[key] is not None) for row in rows)
    longest = max(values) or 1
    return Chart(
        [
            Bar(name, f"{value:,}", [BarPart(0, 100 * value / longest)])
            for name, value in zip(names, values, strict=False)
        ]
    )


def stacked(answers: Sequence[Answer]) -> Chart:
    """A bar for each ``name``, with a part of the length ``value`` for each ``part``."""
    by_name: dict[str, dict[str, int]] = defaultdict(dict)
    for answer in answers:
        by_name[str(answer["name"])][answer["part"]] = answer["value"]
    shown = list(by_name.items())[:_MOST_BARS]
    key = list(dict.fromkeys(part for _, values in shown for part in values))
    longest = max((sum(values.values()) for _, values in shown), default=1)

    def bar(name: str, values: dict[str, int]) -> Bar:
        starts = accumulate(values.values(), initial=0)
        parts = [
            BarPart(100 * start / longest, 100 * value / longest, key.index(part))
            for start, (part, value) in zip(starts, values.items(), strict=False)
        ]
        return Bar(name, " + ".join(f"{value:,}" for value in values.values()), parts)

    return Chart([bar(*each) for each in shown], key)


def spans(answers: Sequence[Answer]) -> Chart:
    """A bar for each ``name`` from ``begin`` to ``until``, or to now where that is null."""
    now = datetime.now(UTC)
    times = [
        (from_iso(answer["begin"]), from_iso(answer["until"]) if answer["until"] else now)
        for answer in answers[:_MOST_BARS]
    ]
    first = min((begin for begin, _ in times), default=now)
    whole = max((until for _, until in times), default=now) - first

    def bar(answer: Answer, begin: datetime, until: datetime) -> Bar:
        part = BarPart(100 * ((begin - first) / whole), 100 * ((until - begin) / whole))
        return Bar(f"{answer['name']}, {answer['text']}", "", [part])

    return Chart([bar(answer, *each) for answer, each in zip(answers, times, strict=False)])
