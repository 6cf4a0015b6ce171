"""Formats values for people: durations, times, numbers; results as bar charts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from ll2_mirror.clock import from_iso

_ACRONYMS = {"eva": "EVA", "net": "NET", "url": "URL", "id": "ID", "leo": "LEO", "gto": "GTO"}
_UNITS = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))
_MOST_BARS = 30


def format_duration(seconds: float) -> str:
    """A duration in its two largest units: 528 d 6 h."""
    left, parts = abs(round(seconds)), []
    for unit, size in _UNITS:
        count, left = divmod(left, size)
        parts.append((count, unit))
    first = next((index for index, (count, _) in enumerate(parts) if count), len(parts) - 1)
    shown = " ".join(f"{count:,} {unit}" for count, unit in parts[first : first + 2] if count)
    return f"{'−' * (seconds < 0)}{shown or '0 s'}"


def format_day(text: Any) -> str:
    """A date, or a date and time; anything else stays as it is."""
    try:
        day = datetime.strptime(str(text), "%Y-%m-%d")
    except ValueError:
        return format_time(text)
    return f"{day.day} {day:%b %Y}"


def format_time(text: Any) -> str:
    """A point in time; anything else stays as it is."""
    try:
        time = from_iso(str(text))
    except (ValueError, OverflowError):
        return str(text)
    return f"{time.day} {time:%b %Y, %H:%M} UTC"


def format_number(value: Any, unit: str = "") -> str:
    """A number with its unit; a year has no commas."""
    if unit == "year" or isinstance(value, str):
        return str(value)
    number = f"{value:,.10g}" if isinstance(value, float) else f"{value:,}"
    return f"{number} {unit}".strip()


def format_value(kind: str, value: Any, unit: str = "") -> str:
    """A value of a column of that kind."""
    match kind:
        case "bool":
            return "yes" if value else "no"
        case "date":
            return format_day(value)
        case "datetime":
            return format_time(value)
        case "int" | "float":
            return format_number(value, unit)
    return str(value)


def format_key(name: str) -> str:
    """A key of LL2's, or a column, as a label."""
    words = [_ACRONYMS.get(word, word) for word in name.removesuffix("_id").split("_") if word]
    label = " ".join(words)
    return label[:1].upper() + label[1:]


class Bar(NamedTuple):
    """One bar of a chart: its name, its value, its width in percent of the longest."""

    name: str
    value: str
    width: float


def bars(columns: Sequence[str], rows: Sequence[Any], drawn: Sequence[str]) -> list[Bar]:
    """The first rows of a result as bars; ``drawn`` has columns of names, then one of values.

    None if a value isn't a number.
    """
    if not set(drawn) <= set(columns) or len(drawn) < 2:
        return []
    *naming, measure = (columns.index(name) for name in drawn)
    values = [row[measure] for row in rows[:_MOST_BARS]]
    if not all(isinstance(value, int | float) and value >= 0 for value in values):
        return []
    longest = max(values, default=0) or 1
    return [
        Bar(
            " · ".join(str(row[column]) for column in naming if row[column] is not None),
            f"{value:,}",
            round(100 * value / longest, 2),
        )
        for row, value in zip(rows, values, strict=False)
    ]
