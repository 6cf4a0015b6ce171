"""The filters of a request: values as django-filter reads them, to conditions in SQL."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

from ll2_mirror.ll2.lists import Filter, Resource, View
from ll2_mirror.ll2.model import Shape
from ll2_mirror.ll2.page import INT64
from ll2_mirror.query.params import Params
from ll2_mirror.query.paths import narrowed
from ll2_mirror.query.response import Refusal
from ll2_mirror.query.values import (
    BOOLS,
    Refused,
    checked,
    date,
    flag,
    moment,
    number,
    real,
    text,
    uuid,
    whole,
    written,
)
from ll2_mirror.store.search import UPPER, naming, upper
from ll2_mirror.store.sql import IN

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
    """A condition on a row of a resource's table. ``path`` leads to what it looks at.

    ``is_searched``: it goes by the search index.
    """

    path: str
    sql: str
    values: list[Any]
    is_searched: bool = False


def narrows(resource: Resource, params: Params) -> bool:
    """Whether a request may ask for some of a resource's records only."""
    return any(params.get(name) for name in ("search", *(one.name for one in resource.filters)))


def conditions(conn: sqlite3.Connection, resource: Resource, params: Params) -> list[Condition]:
    """The conditions that the filters of a request make.

    Raises Refusal, which says what is wrong with which values, or which filter no file can answer.
    """
    sent = (Sent(conn, resource, one, params.every(one.name)) for one in resource.filters)
    found, errors = [], {}
    for each in (each for each in sent if each.values):
        try:
            value = _READERS[each.one.kind](each)
            found += [] if value is None else [_condition(each, value)]
        except Refused as error:
            errors[each.one.name] = [str(error)]
    if errors:
        raise Refusal(400, errors)
    return found


def in_time(resource: Resource, view: View, params: Params, now: datetime) -> Condition:
    """What a list in time has of its records, both ends included; LL2 looks at its clock, too."""
    recent = BOOLS.get((params.get("hide_recent_previous") or "").lower()) and view.filters
    edge = now + timedelta(hours=0 if recent else view.hours)
    sql = narrowed(resource.richest, view.key, _TESTS[view.lookup])
    return Condition(view.key, sql, [written(edge)])


class Sent(NamedTuple):
    """A filter with the values that were sent for it, in their order."""

    conn: sqlite3.Connection
    resource: Resource
    one: Filter
    values: list[str]

    @property
    def target(self) -> Shape:
        """The shape of what the path's last key nests."""
        *_, (shape, key) = self.resource.richest.resolve(self.one.path)
        return shape.nested[key.name]


def _condition(sent: Sent, value: Any) -> Condition:
    """The condition that what a path leads to compares with a value as the filter says."""
    resource, one = sent.resource, sent.one
    test = _TESTS["among" if one.kind in _AMONG else one.lookup]
    if one.kind == "part":
        test = test.format("CAST(substr({{}}, {}, {}) AS INTEGER)".format(*_PARTS[one.name]))
    sql = narrowed(resource.richest, one.path, test)
    if (one.kind, one.lookup) != ("text", "exact") or one.path not in _own_texts(resource):
        return Condition(one.path, sql, [value])
    among, values = naming(resource, one.path, value)
    return Condition(one.path, f"(id IN ({among}) AND {sql})", [*values, value], is_searched=True)


def _own_texts(resource: Resource) -> set[str]:
    """The keys of a record itself that are searched: the index knows where they are which text."""
    return {*resource.search} & {*resource.richest.names}


# The readers: what was sent to the value to compare with; None filters nothing.


def _one(read: Callable[[str], Any], sent: Sent) -> Any | None:
    """The last value, unless it is empty or says nothing."""
    value = read(sent.values[-1]) if sent.values[-1] else None
    return None if value == "" else value


def _several(read: Callable[[str], Any], sent: Sent) -> str | None:
    """The members of a list between commas."""
    if not sent.values[-1]:
        return None
    members = map(read, sent.values[-1].split(","))
    return json.dumps([member for member in members if member is not None])


def _int(sent: Sent) -> Any | None:
    """A number for an integer's column; one to find in its digits, as Python prints it."""
    if sent.one.lookup == "contains":
        digits = _one(number, sent)
        return None if digits is None else str(digits)
    value = _one(whole, sent)
    return value if value is None or value in INT64 else float(value)


def _text(sent: Sent) -> str | None:
    """A text; in capitals where case doesn't count."""
    found = _one(text, sent)
    return upper(found) if found and sent.one.lookup == "icontains" else found


def _choice(sent: Sent) -> int | None:
    """The id of a nested object that exists."""
    if not sent.values[-1]:
        return None
    value = checked(sent.values[-1])
    with suppress(ValueError):  # no number
        if _exists(sent, int(value)):
            return int(value)
    raise Refused(_NO_CHOICE.format("That choice"))


def _choices(sent: Sent) -> str:
    """Each such id of a parameter that is repeated; the first that is none is named."""
    for value in map(checked, sent.values):
        try:
            int(value)
        except ValueError:
            raise Refused(f"“{value}” is not a valid value.") from None
    for value in sent.values:
        if str(int(value)) != value or not _exists(sent, int(value)):
            raise Refused(_NO_CHOICE.format(value))
    return json.dumps([int(value) for value in sent.values])


def _exists(sent: Sent, id_: int) -> bool:
    there = f'SELECT 1 FROM "{sent.target.table}" WHERE id = ?'
    return id_ in INT64 and sent.conn.execute(there, (id_,)).fetchone() is not None


def _opaque(sent: Sent) -> None:
    if sent.values[-1]:
        why = "LL2's document doesn't say what it compares"
        raise Refusal(501, {"detail": f"The filter {sent.one.name} can't be answered: {why}."})


_READERS: dict[str, Callable[[Sent], Any | None]] = {
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
    "opaque": _opaque,
}
_AMONG = {"choices", "ints", "texts", "uuids", "part"}  # those of which any will do
