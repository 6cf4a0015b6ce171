"""Charts of bars, as numbers in percent; the templates draw them as SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import accumulate, groupby
from operator import itemgetter
from typing import Any, NamedTuple

from ll2_mirror.clock import from_iso

_MOST_BARS = 30
_SHORT = 8  # characters of a name that is beside its bar, rather than above

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
    """Bars; ``key`` has the names of their parts, if they have names."""

    bars: Sequence[Bar]
    key: Sequence[str] = ()

    @property
    def is_short(self) -> bool:
        """Whether all names are short."""
        return all(len(bar.name) <= _SHORT for bar in self.bars)


def bars(answers: Sequence[Answer]) -> Chart:
    """A bar for each ``name``, with a part of the length ``value`` for each ``part``."""
    by_name = groupby(answers, itemgetter("name"))
    shown = [(str(name), list(parts)) for name, parts in by_name][:_MOST_BARS]
    key = list(dict.fromkeys(answer["part"] for _, parts in shown for answer in parts))
    longest = max((sum(answer["value"] for answer in parts) for _, parts in shown), default=0) or 1

    def bar(name: str, parts: list[Answer]) -> Bar:
        lengths = [answer["value"] for answer in parts]
        starts = accumulate(lengths, initial=0)
        drawn = [
            BarPart(
                100 * start / longest, 100 * answer["value"] / longest, key.index(answer["part"])
            )
            for start, answer in zip(starts, parts, strict=False)
        ]
        return Bar(name, " + ".join(f"{length:,}" for length in lengths), drawn)

    return Chart([bar(*each) for each in shown], list(filter(None, key)))


def spans(answers: Sequence[Answer]) -> Chart:
    """A bar for each ``name`` from ``begin`` to ``until``, or to now where that is null."""
    now = datetime.now(UTC).isoformat()
    shown = answers[:_MOST_BARS]
    begins = [from_iso(answer["begin"]).timestamp() for answer in shown]
    ends = [from_iso(answer["until"] or now).timestamp() for answer in shown]
    first = min(begins)
    whole = max(ends) - first or 1
    return Chart(
        [
            Bar(
                f"{answer['name']}, {answer['text']}",
                "",
                [BarPart(100 * (begin - first) / whole, 100 * (end - begin) / whole)],
            )
            for answer, begin, end in zip(shown, begins, ends, strict=True)
        ]
    )


def question_bars(
    columns: Sequence[str], rows: Sequence[Any], drawn: Sequence[str]
) -> Chart | None:
    """The rows of a result as bars; ``drawn`` has columns of names, then one of values.

    None if a value isn't a number, or if a user's own query with that name has other columns.
    """
    if not drawn or not rows or not set(drawn) <= set(columns):
        return None
    *naming, measure = drawn
    values = [row[measure] for row in rows]
    if not all(isinstance(value, int | float) and value >= 0 for value in values):
        return None
    return bars(
        [
            {
                "name": " · ".join(str(row[key]) for key in naming if row[key] is not None),
                "part": "",
                "value": row[measure],
            }
            for row in rows
        ]
    )
