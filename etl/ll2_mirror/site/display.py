"""How tables and values are shown: what site.toml declares, defaults from the shapes, formats."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any

from ll2_mirror.clock import from_iso
from ll2_mirror.files import shipped
from ll2_mirror.ll2.descriptions import Described, Table, declared, label, sections
from ll2_mirror.ll2.model import singular
from ll2_mirror.ll2.page import seconds
from ll2_mirror.ll2.schema import views
from ll2_mirror.serve.browse import is_web

_MOST_COLUMNS = 7
_PICTURES = "images"  # rows that refer to this table show the picture
_PLAIN = ("str", "int", "float", "bool", "date", "datetime", "duration", "one")  # kinds to show
_is_omitted = re.compile(
    r"id|name|slug|wiki|longitude|latitude|.+_(url|link)"
    r"|description|history|details|bio|failreason|weather_concerns"  # long texts
).fullmatch
_is_exact = re.compile(r"\d+ \w+ \d+, \d\d:\d\d UTC").fullmatch
_KINDS = {"0 or 1": "bool", "year": "year"}  # by unit
_DAY, _YEAR = "5", "14"  # ids of the precisions used for a time without one, and for a new one
_MOST_DISTANT = 30 * 86400  # seconds; a time farther off is shown without its distance


@cache
def site() -> dict[str, Any]:
    """The contents of site.toml and of pages.toml."""
    files = (shipped(f"site/{name}.toml").read_text(encoding="utf-8") for name in ("site", "pages"))
    return tomllib.loads("\n".join(files))


@cache
def described() -> dict[str, Table]:
    """All public tables by name, in the order to read them."""
    return {table.name: table for section in sections() for table in section.tables}


def is_ours(table: str) -> bool:
    """Whether a table is one of LL2's."""
    return table in described()


def has_pages(table: str) -> bool:
    """Whether a table's rows have pages; rows of a list's table only link other rows."""
    return is_ours(table) and not described()[table].is_list


@cache
def described_columns(table: str) -> dict[str, Described]:
    """The columns of a public table by name; empty for any other table."""
    columns = described()[table].columns if is_ours(table) else ()
    return {each.column.name: each for each in columns}


def description(table: str) -> str:
    """The description of a table or a view; empty for a user's own."""
    known = described().get(table) or views().get(table)
    return known.text if known else ""


def is_searched(table: str) -> bool:
    """Whether the rows of a table can be searched by name."""
    return has_pages(table) and bool(label(table))


def of_table(table: str) -> dict[str, Any]:
    """The settings of a table."""
    declared: dict[str, Any] = site()["tables"].get(table, {})
    return declared


@cache
def shown_columns(table: str) -> tuple[str, ...]:
    """The columns that the page of one of LL2's tables shows by default."""
    columns = [column for column, *_ in described()[table].columns]
    plain = [each.name for each in columns if each.kind in _PLAIN and each.target != _PICTURES]
    default = [name for name in plain if not _is_omitted(name)]
    return tuple(of_table(table).get("columns", default[:_MOST_COLUMNS]))


@cache
def kinds(table: str) -> dict[str, str]:
    """The kinds of a table's columns by name, and "year" for years; of a view, those two."""
    texts = views()[table].columns if table in views() else {}
    units = {name: text.partition(":")[0] for name, text in texts.items()}
    columns = described_columns(table).items()
    return {name: _KINDS[unit] for name, unit in units.items() if unit in _KINDS} | {
        name: "year" if each.unit == "year" else each.column.kind for name, each in columns
    }


def title(table: str) -> str:
    """The title of a table."""
    return table.replace("__", ": ").replace("_", " ").capitalize()


def noun(table: str) -> str:
    """The noun for one row of a table."""
    return singular(table).replace("_", " ")


# Values

_ACRONYMS = {"eva": "EVA", "net": "NET", "url": "URL", "id": "ID", "leo": "LEO", "gto": "GTO"}
_UNITS = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))
_NUMBERS = {int: ",", float: ",.10g"}


def format_key(name: str) -> str:
    """A key of LL2's, or a column, as a label."""
    words = [_ACRONYMS.get(word, word) for word in name.removesuffix("_id").split("_") if word]
    label = " ".join(words)
    return label[:1].upper() + label[1:]


def format_duration(length: float) -> str:
    """A duration of so many seconds, in its two largest units: 528 d 6 h."""
    left, counts = abs(round(length)), []
    for unit, size in _UNITS:
        count, left = divmod(left, size)
        counts.append((count, unit))
    largest = next((index for index, (count, _) in enumerate(counts) if count), -1)
    shown = " ".join(f"{count:,} {unit}" for count, unit in counts[largest:][:2] if count)
    return f"{'−' * (length < 0)}{shown or '0 s'}"


def _format_length(text: str) -> str:
    length = seconds(text)
    return str(text) if length is None else format_duration(length)


def format_time(text: Any) -> str:
    """A date, or a date and time; anything else stays as it is."""
    try:
        time = from_iso(str(text))
    except ValueError:
        return str(text)
    clock = f", {time:%H:%M} UTC" if ":" in str(text) else ""
    return f"{time.day} {time:%b %Y}{clock}"


def _precision(id_: int | None) -> dict[str, str]:
    """The length of the period that a time represents, and how to write it, by LL2's precision."""
    known: dict[str, dict[str, str]] = declared()["precisions"]
    return known.get(_DAY if id_ is None else str(id_), known[_YEAR])


def format_net(text: Any, precision: int | str | None) -> str:
    """A time no more precisely than it is known.

    ``precision`` is the id of LL2's precision, or what a view says about the time.
    """
    if isinstance(precision, str):
        return format_time(text) if _is_exact(precision) else precision
    try:
        time = from_iso(str(text))
    except ValueError:
        return str(text)
    decade = f"{time.year // 10}0s"
    return _precision(precision)["pattern"].format(
        day=time.day, month=f"{time:%b}", year=time.year, decade=decade, time=f"{time:%H:%M}"
    )


def format_distance(text: Any, precision: int | None) -> str:
    """How far off a time is: in 2 d 3 h; empty if that is weeks, or the time isn't known."""
    try:
        time, now = from_iso(str(text)), datetime.now(UTC)
    except ValueError:
        return ""
    length = _precision(precision)["length"]
    distance = time.date() - now.date() if length == "1 day" else time - now
    left = distance.total_seconds()
    if length not in ("", "1 day") or abs(left) > _MOST_DISTANT:
        return ""
    if not left:
        return "today"
    return f"in {format_duration(left)}" if left > 0 else f"{format_duration(-left)} ago"


def format_clock(seconds: float) -> str:
    """A time on the clock of a launch, which counts down to lift-off and on: T+00:35:00."""
    minutes, second = divmod(abs(round(seconds)), 60)
    hours, minute = divmod(minutes, 60)
    return f"T{'−' if seconds < 0 else '+'}{hours:02}:{minute:02}:{second:02}"


def format_rank(number: int) -> str:
    """A number in an order: 1st, 22nd, 113th."""
    teen = number % 100 in (11, 12, 13)
    return f"{number:,}{'th' if teen else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


def _format_number(value: Any) -> str:
    return format(value, _NUMBERS.get(type(value), ""))


_FORMATS: dict[str, Callable[[Any], str]] = {
    "bool": lambda value: "no" if value in (0, "0") else "yes",  # a change has it as text
    "bytes": lambda value: f"{len(value):,} bytes",
    "date": format_time,
    "datetime": format_time,
    "duration": _format_length,
    "int": _format_number,
    "float": _format_number,
}


def format_value(kind: str, value: Any) -> str:
    """A value of a column of that kind."""
    return _FORMATS.get(kind, str)(value)


def format_facet(table: str, column: str, value: Any) -> str:
    """The label of a facet's value, which Datasette may have as text."""
    if value in (None, ""):
        return "none"
    text = str(value)
    return {"0": "no", "1": "yes"}.get(text, text) if kinds(table).get(column) == "bool" else text


def web_address(value: Any) -> str:
    """The value if it is an address that a page may link to, else an empty text."""
    return str(value) if is_web(value) else ""


# SQL functions for site.toml; each gives null for null.


def _for_sql(formatted: Callable[..., str]) -> Callable[..., str | None]:
    return lambda value, *more: None if value is None else formatted(value, *more)


SQL_FUNCTIONS = {
    "ll2_time": _for_sql(format_time),
    "ll2_net": _for_sql(format_net),
    "ll2_distance": _for_sql(format_distance),
    "ll2_duration": _for_sql(format_duration),
    "ll2_clock": _for_sql(format_clock),
    "ll2_rank": _for_sql(format_rank),
    "ll2_number": _for_sql(_format_number),
}
