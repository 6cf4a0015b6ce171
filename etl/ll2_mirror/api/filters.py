"""The filters of a request: parses values like Django's form fields, makes SQL conditions."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

from ll2_mirror.api.request import Params
from ll2_mirror.api.response import Refusal
from ll2_mirror.ll2.lists import RESOURCES, Filter, Resource, View
from ll2_mirror.ll2.model import Id, Key, Shape
from ll2_mirror.ll2.page import INT64
from ll2_mirror.store.search import UPPER, naming, upper
from ll2_mirror.store.sql import IN

NULLS = "Null characters are not allowed."
BOOLS = {"true": 1, "1": 1, "false": 0, "0": 0}  # anything else is no value
_LARGEST = 1e50  # that a number may be
_DATES = (
    *("%Y-%m-%d", "%m/%d/%Y", "%m/%d/%y"),
    *("%b %d %Y", "%b %d, %Y", "%d %b %Y", "%d %b, %Y"),
    *("%B %d %Y", "%B %d, %Y", "%d %B %Y", "%d %B, %Y"),
)
# What is read beyond ISO 8601: months, days and hours of one digit, white space before the offset.
_LOOSE = re.compile(
    r"(\d{4})-(\d\d?)-(\d\d?)[T ](\d\d?):(\d\d?)(?::(\d\d?)(?:[.,](\d{1,6})\d{0,6})?)?"
    r"\s*(Z|[+-]\d\d(?::?\d\d)?)?"
)
_NO_CHOICE = "Select a valid choice. {} is not one of the available choices."
# The test of a value, by lookup; those of which any will do are among some.
_TESTS = {
    "exact": "{} = ?",
    "gt": "{} > ?",
    "gte": "{} >= ?",
    "lt": "{} < ?",
    "lte": "{} <= ?",
    "contains": "instr({}, ?)",
    "icontains": f"instr({UPPER}({{}}), ?)",
    "among": f"{{}} {IN}",
}
# Where the parts of a moment stand in its text, by the filter's name.
_PARTS = {"year": (1, 4), "month": (6, 2), "day": (9, 2)}


class Condition(NamedTuple):
    """A condition on the rows of a resource's table; ``path`` leads to the compared column.

    ``is_searched``: it uses the search index.
    """

    path: str
    sql: str
    values: list[Any]
    is_searched: bool = False


class FilterValue(NamedTuple):
    """A filter with the values sent for it, in order."""

    conn: sqlite3.Connection
    resource: Resource
    filter: Filter
    values: list[str]

    @property
    def compared(self) -> Shape:
        """The shape of the records at which the path begins."""
        through = self.filter.through
        return (RESOURCES[through.resource] if through else self.resource).richest

    @property
    def target(self) -> Shape:
        """The shape that a choice is among: nested under the last key of the path, or its own."""
        *_, (shape, key) = self.compared.resolve(self.filter.path)
        return shape.nested.get(key.name, shape)


def conditions(conn: sqlite3.Connection, resource: Resource, params: Params) -> list[Condition]:
    """The conditions for the filters of a request.

    Raises Refusal for invalid values, and for a filter that no file can answer.
    """
    parts: list[Condition] = []
    errors: dict[str, list[str]] = {}
    for filter_ in resource.filters:
        sent = FilterValue(conn, resource, filter_, params.every(filter_.name))
        try:
            value = _READERS[filter_.kind](sent) if sent.values else None
        except InvalidValue as error:
            errors[filter_.name] = [str(error)]
        else:
            parts += [] if value is None else [_condition(sent, value)]
    if errors:
        raise Refusal(400, errors)
    return parts


def in_time(resource: Resource, view: View, params: Params, now: datetime) -> Condition:
    """The condition for a view by time, such as launches/upcoming, both ends included."""
    recent = BOOLS.get((params.get("hide_recent_previous") or "").lower()) and view.filters
    edge = now + timedelta(hours=0 if recent else view.hours)
    sql = where(resource.richest, view.key, _TESTS[view.lookup])
    return Condition(view.key, sql, [written(edge)])


def _condition(sent: FilterValue, value: Any) -> Condition:
    """The condition that compares the column at a path with a value, as the filter says."""
    resource, filter_ = sent.resource, sent.filter
    if filter_.kind in _WHETHER:
        return _whether(sent, is_wanted=bool(value))
    test = _TESTS["among" if filter_.kind in _AMONG else filter_.lookup]
    if filter_.kind == "part":
        test = test.format("CAST(substr({{}}, {}, {}) AS INTEGER)".format(*_PARTS[filter_.name]))
    sql = where(sent.compared, filter_.path, test)
    if through := filter_.through:
        ids = f'SELECT id FROM "{sent.compared.table}" WHERE {sql}'
        for shape, key in sent.compared.resolve(through.link):
            ids = followed(shape, key, ids)
        sql = where(resource.richest, through.key, f"{{}} IN ({ids})")
        return Condition(through.key, sql, [value])
    # The index knows where a record's own key is which text.
    own_texts = {*resource.search} & {*resource.richest.names}
    if (filter_.kind, filter_.lookup) != ("text", "exact") or filter_.path not in own_texts:
        return Condition(filter_.path, sql, [value])
    ids, values = naming(resource, filter_.path, value)
    return Condition(filter_.path, f"(id IN ({ids}) AND {sql})", [*values, value], is_searched=True)


def _whether(sent: FilterValue, *, is_wanted: bool) -> Condition:
    """The condition that a path leads to something: an object, a number above 0, a certain text."""
    path, word = sent.filter.path, sent.filter.word
    *_, (_, key) = sent.compared.resolve(path)
    test = "{} = ?" if word else "{} > 0" if key.kind == "int" else "{} IS NOT NULL"
    sql = f"({where(sent.compared, path, test)}) IS {'' if is_wanted else 'NOT '}TRUE"
    return Condition(path, sql, [word] if word else [])


def followed(shape: Shape, key: Key, ids: str) -> str:
    """The query for what a key of some rows refers to; ``ids`` is the query for the rows."""
    if key.kind != "many":
        return f'SELECT "{key.column}" FROM "{shape.table}" WHERE id IN ({ids})'
    item, table = shape.nested[key.name].list_column, shape.list_table(key)
    return f'SELECT {item} FROM "{table}" WHERE {shape.list_column} IN ({ids})'


# What is compared, by the kind of a key: times without the Z, so that a time with a fraction of a
# second comes after the same one without.
_COMPARED = {"datetime": "rtrim({}, 'Z')"}


def where(shape: Shape, path: str, test: str) -> str:
    """The condition that a test holds for a value at a path such as ``pad__location__name``.

    If the path leads through a list, one item is enough. ``test`` is SQL with ``{}`` for the value.
    The path begins at a row of the shape's table; a nested object or list at its end stands for the
    ids of the nested rows.
    """
    name, _, rest = path.partition("__")
    key, nested = shape.by_name[name], shape.nested.get(name)
    if nested is None:
        return test.format(_COMPARED.get(key.kind, "{}").format(f'"{key.column}"'))
    inner = where(nested, rest or "id", test)
    if key.kind == "one":
        return _refers(f'"{key.column}"', nested, rest, inner, test)
    items = _refers(nested.list_column, nested, rest, inner, test) if nested.table else inner
    owners = f'SELECT {shape.list_column} FROM "{shape.list_table(key)}" WHERE {items}'
    return f"id IN ({owners})"


def _refers(column: str, nested: Shape, rest: str, inner: str, test: str) -> str:
    """The condition on a foreign key column, which needs no join for the id."""
    if rest in ("", "id"):
        return test.format(column)
    return f'{column} IN (SELECT id FROM "{nested.table}" WHERE {inner})'


# Values: each of these parses one text. It returns None for an empty one, and raises InvalidValue
# for one that can't be compared.


class InvalidValue(ValueError):
    """A value that LL2 refuses; the text is LL2's error."""


def checked(sent: str) -> str:
    """The text unchanged; raises InvalidValue for a NUL."""
    if "\0" in sent:
        raise InvalidValue(NULLS)
    return sent


def text(sent: str) -> str:
    """A text without surrounding white space."""
    return checked(sent).strip()


def flag(sent: str) -> int | None:
    """True or false, in a few spellings."""
    return BOOLS.get(sent.lower())


def number(sent: str) -> Decimal | None:
    """A number in any spelling that Python's Decimal accepts, up to 1e50."""
    if not sent:
        return None
    try:
        value = Decimal(sent)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite():
        raise InvalidValue("Enter a number.")
    if value > _LARGEST:
        raise InvalidValue("Ensure this value is less than or equal to 1e+50.")
    return value


def whole(sent: str) -> int | None:
    """A number without its fraction, to compare with an integer column."""
    value = number(sent)
    return None if value is None else int(max(value, -Decimal(_LARGEST)))


def real(sent: str) -> float | None:
    """A number, to compare with a column of floats."""
    value = number(sent)
    return None if value is None else float(value)


def date(sent: str) -> str:
    """A date in one of Django's formats, as LL2 writes it."""
    for pattern in _DATES:
        with suppress(ValueError):
            return datetime.strptime(sent.strip(), pattern).date().isoformat()
    raise InvalidValue("Enter a valid date.")


def moment(sent: str) -> str:
    """A time as LL2 writes it in UTC, without the Z."""
    try:
        return written(_moment(sent.strip()))
    except ValueError:
        raise InvalidValue("Enter a valid date/time.") from None


def written(when: datetime) -> str:
    """A time as LL2 writes it, without the Z: to the microsecond, if it has a fraction.

    A time beyond the range of dates in UTC becomes the first or the last in it.
    """
    try:
        utc = when.astimezone(UTC) if when.tzinfo else when
    except OverflowError:
        utc = datetime.min if when.year == 1 else datetime.max
    return utc.replace(tzinfo=None).isoformat()


def _moment(sent: str) -> datetime:
    """A time in a format that Python or Django accepts; raises ValueError."""
    with suppress(ValueError):
        return datetime.fromisoformat(sent)
    match = _LOOSE.fullmatch(sent)
    if not match:
        raise ValueError(sent)
    year, *parts, fraction, offset = match.groups("")
    month, day, hour, minute, second = (part.zfill(2) for part in parts)
    return datetime.fromisoformat(
        f"{year}-{month}-{day}T{hour}:{minute}:{second}.{fraction:0<6}{offset}"
    )


def uuid(sent: str) -> str | None:
    """A UUID in any spelling that Python accepts, as LL2 writes it."""
    try:
        return str(UUID(sent.strip())) if sent.strip() else None
    except ValueError:
        raise InvalidValue("Enter a valid UUID.") from None


# Readers: from what was sent for a filter to the value to compare with; None: filter nothing.


def _one(read: Callable[[str], Any], sent: FilterValue) -> Any | None:
    """The last value, or None if it is empty."""
    value = read(sent.values[-1]) if sent.values[-1] else None
    return None if value == "" else value


def _several(read: Callable[[str], Any], sent: FilterValue) -> str | None:
    """The members of a comma-separated list."""
    if not sent.values[-1]:
        return None
    members = map(read, sent.values[-1].split(","))
    return json.dumps([member for member in members if member is not None])


def _int(sent: FilterValue) -> Any | None:
    """A number for an integer column; for a search in its digits, as Python prints it."""
    if sent.filter.lookup == "contains":
        digits = _one(number, sent)
        return None if digits is None else str(digits)
    value = _one(whole, sent)
    return value if value is None or value in INT64 else float(value)


def _text(sent: FilterValue) -> str | None:
    """A text; in capitals if case doesn't matter."""
    value = _one(text, sent)
    return upper(value) if value and sent.filter.lookup == "icontains" else value


def _lacks(sent: FilterValue) -> int | None:
    """Whether to find those that have it, where it was asked who lacks it."""
    value = _one(flag, sent)
    return None if value is None else 1 - value


def _include(sent: FilterValue) -> int | None:
    """False to leave out those that have it; true filters nothing."""
    return None if _one(flag, sent) else _one(flag, sent)


def _choice(sent: FilterValue) -> Id | None:
    """The id of a nested object that exists."""
    if not sent.values[-1]:
        return None
    value, is_uuid = checked(sent.values[-1]), sent.target.id_type is str
    try:
        id_: Id = str(UUID(value)) if is_uuid else int(value)
    except ValueError:
        wrong = f"“{value}” is not a valid UUID." if is_uuid else _NO_CHOICE.format("That choice")
        raise InvalidValue(wrong) from None
    if not _exists(sent, id_):
        raise InvalidValue(_NO_CHOICE.format("That choice"))
    return id_


def _choices(sent: FilterValue) -> str:
    """The ids of a repeated parameter; the error names the first invalid one."""
    for value in map(checked, sent.values):
        try:
            int(value)
        except ValueError:
            raise InvalidValue(f"“{value}” is not a valid value.") from None
    for value in sent.values:
        if str(int(value)) != value or not _exists(sent, int(value)):
            raise InvalidValue(_NO_CHOICE.format(value))
    return json.dumps([int(value) for value in sent.values])


def _exists(sent: FilterValue, id_: Id) -> bool:
    there = f'SELECT 1 FROM "{sent.target.table}" WHERE id = ?'
    is_id = type(id_) is str or id_ in INT64
    return is_id and sent.conn.execute(there, (id_,)).fetchone() is not None


def _opaque(sent: FilterValue) -> None:
    if sent.values[-1]:
        why = "LL2's document doesn't say what it compares"
        raise Refusal(501, {"detail": f"The filter {sent.filter.name} can't be answered: {why}."})


_READERS: dict[str, Callable[[FilterValue], Any | None]] = {
    "bool": partial(_one, flag),
    "int": _int,
    "float": partial(_one, real),
    "text": _text,
    "date": partial(_one, date),
    "datetime": partial(_one, moment),
    "choice": _choice,
    "choices": _choices,
    "ints": partial(_several, whole),
    "texts": partial(_several, text),
    "uuids": partial(_several, uuid),
    "part": partial(_several, whole),
    "has": partial(_one, flag),
    "lacks": _lacks,
    "include": _include,
    "opaque": _opaque,
}
_WHETHER = {"has", "lacks", "include"}
_AMONG = {"choices", "ints", "texts", "uuids", "part"}  # those of which any will do
