"""Spells values for people: how long, when, how many."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ll2_mirror.clock import from_iso

_ACRONYMS = {"eva": "EVA", "net": "NET", "url": "URL", "id": "ID", "leo": "LEO", "gto": "GTO"}
_PARTS = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))


def format_length(seconds: float) -> str:
    """A length of time in its two largest parts: 528 d 6 h."""
    left, parts = abs(round(seconds)), []
    for unit, size in _PARTS:
        count, left = divmod(left, size)
        parts.append((count, unit))
    first = next((place for place, (count, _) in enumerate(parts) if count), len(parts) - 1)
    shown = " ".join(f"{count:,} {unit}" for count, unit in parts[first : first + 2] if count)
    return f"{'−' * (seconds < 0)}{shown or '0 s'}"


def format_day(text: Any) -> str:
    """A date, or a date and time, as people write it; what is neither, as it is."""
    try:
        found = datetime.strptime(str(text), "%Y-%m-%d")
    except ValueError:
        return format_time(text)
    return f"{found.day} {found:%b %Y}"


def format_time(text: Any) -> str:
    """A point in time as people write it; what is none, as it is."""
    try:
        found = from_iso(str(text))
    except (ValueError, OverflowError):
        return str(text)
    return f"{found.day} {found:%b %Y, %H:%M} UTC"


def format_number(value: Any, unit: str = "") -> str:
    """A number with its unit; a year has no commas."""
    if unit == "year" or isinstance(value, str):
        return str(value)
    shown = f"{value:,.10g}" if isinstance(value, float) else f"{value:,}"
    return f"{shown} {unit}".strip()


def format_key(name: str) -> str:
    """A key of LL2's, or a column, as a label."""
    parts = [_ACRONYMS.get(part, part) for part in name.removesuffix("_id").split("_") if part]
    label = " ".join(parts)
    return label[:1].upper() + label[1:]
