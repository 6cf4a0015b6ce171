"""The filters of a request: values as django-filter reads them, to conditions in SQL."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from ll2_mirror.ll2.model import Filter, Resource, Shape, View
from ll2_mirror.query.params import Params
from ll2_mirror.query.response import Refusal
from ll2_mirror.store.search import naming
from ll2_mirror.store.sql import IN

NULLS = "Null characters are not allowed."
_NO_CHOICE = "Select a valid choice. That choice is not one of the available choices."
_NO_NUMBER = "Enter a number."
_TOO_LARGE = "Ensure this value is less than or equal to 1e+50."
_LARGEST = Decimal("1e50")  # that a filter takes
_BOOLS = {"true": 1, "1": 1, "false": 0, "0": 0}
_COMPARED = {"exact": "=", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
_SQLITE_INTS = range(-(2**63), 2**63)


class Condition(NamedTuple):
    """A condition on a row of a resource's table. ``key`` is the one of LL2's that it looks at.

    ``is_searched``: it goes by the search index.
    """

    key: str
    sql: str
    values: list[Any]
    is_searched: bool = False


class Refused(ValueError):
    """A value that LL2 refuses; the text is what it says."""


def narrows(resource: Resource, params: Params) -> bool:
    """Whether a request may ask for some of a resource's records only."""
    return any(params.get(name) for name in ("search", *(one.name for one in resource.filters)))


def conditions(conn: sqlite3.Connection, resource: Resource, params: Params) -> list[Condition]:
    """The conditions that the filters of a request make.

    Raises Refusal, which says what is wrong with which values, or which filter no file can answer.
    """
    sent = ((one, params.get(one.name)) for one in resource.filters)
    found, errors = [], {}
    for value in (Value(conn, resource, one, text) for one, text in sent if text):
        try:
            read = _READERS[value.one.kind] if _follows(resource, value.one) else _opaque
            found.append(read(value))
        except Refused as error:
            errors[value.one.name] = [str(error)]
    if errors:
        raise Refusal(400, errors)
    return [condition for condition in found if condition]


def in_time(view: View, params: Params, now: datetime) -> Condition:
    """What a list in time has of its records, both ends included; LL2 looks at its clock, too."""
    recent = _BOOLS.get((params.get("hide_recent_previous") or "").lower()) and view.filters
    edge = now + timedelta(hours=0 if recent else view.hours)
    sql = f'julianday("{view.key}") {_COMPARED[view.lookup]} julianday(?)'
    return Condition(view.key, sql, [edge.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:23]])


class Value(NamedTuple):
    """A filter's value as it was sent, not empty, and what it narrows."""

    conn: sqlite3.Connection
    resource: Resource
    one: Filter
    text: str

    @property
    def shape(self) -> Shape:
        """The shape of the records, in the richest mode."""
        return self.resource.richest

    def checked(self) -> str:
        """The text; raises Refused where it holds a NUL."""
        if "\0" in self.text:
            raise Refused(NULLS)
        return self.text


def _bool(sent: Value) -> Condition | None:
    """True and false in a few spellings; anything else filters nothing."""
    value = _BOOLS.get(sent.text.lower())
    path = sent.one.path
    return None if value is None else Condition(path, f'"{path}" = ?', [value])


def _int(sent: Value) -> Condition | None:
    """A number, its fraction cut off."""
    if not (text := sent.text.strip()):
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise Refused(_NO_NUMBER)
    if number > _LARGEST:
        raise Refused(_TOO_LARGE)
    key = sent.one.path.removesuffix("__id")
    column = key if key == sent.one.path else f"{key}_id"
    value = int(max(number, -_LARGEST))
    sql = f'"{column}" {_COMPARED[sent.one.lookup]} ?'
    return Condition(key, sql, [value if value in _SQLITE_INTS else float(value)])


def _text(sent: Value) -> Condition | None:
    """A text, case and all, without the white space around it."""
    if not (text := sent.checked().strip()):
        return None
    path = sent.one.path
    if sent.one.lookup == "contains":
        return Condition(path, f'instr("{path}", ?)', [text])
    sql = f'"{path}" = ?'
    if path not in sent.resource.search:
        return Condition(path, sql, [text])
    among, values = naming(sent.resource, path, text)
    return Condition(path, f"(id IN ({among}) AND {sql})", [*values, text], is_searched=True)


def _choice(sent: Value) -> Condition | None:
    """The id of a nested object that exists."""
    path = sent.one.path
    there = f'SELECT 1 FROM "{sent.shape.nested[path].table}" WHERE id = ?'
    try:
        id_ = int(sent.checked())
    except Refused:
        raise
    except ValueError:
        raise Refused(_NO_CHOICE) from None
    if id_ not in _SQLITE_INTS or not sent.conn.execute(there, (id_,)).fetchone():
        raise Refused(_NO_CHOICE)
    return Condition(path, f'"{path}_id" = ?', [id_])


def _texts(sent: Value) -> Condition | None:
    """Texts between commas, one of which an item of a list has."""
    key, column = sent.one.path.split("__")
    codes = json.dumps([code.strip() for code in sent.checked().split(",")])
    listed, item = sent.shape.list_table(sent.shape.by_name[key]), sent.shape.nested[key]
    sql = (
        f'id IN (SELECT {sent.shape.list_column} FROM "{listed}" JOIN "{item.table}" AS nested'
        f' ON {item.list_column} = nested.id WHERE nested."{column}" {IN})'
    )
    return Condition(key, sql, [codes])


def _opaque(sent: Value) -> Condition | None:
    why = "this version can't compare it"
    if sent.one.kind == "opaque":
        why = "LL2's document doesn't say what it compares"
    raise Refusal(501, {"detail": f"The filter {sent.one.name} can't be answered: {why}."})


_READERS = {
    "bool": _bool,
    "int": _int,
    "text": _text,
    "choice": _choice,
    "texts": _texts,
}
# By kind: through keys of which kinds its reader follows a path, and the lookups that it knows.
_FOLLOWED: dict[str, tuple[set[tuple[str, ...]], set[str]]] = {
    "bool": ({("bool",)}, {"exact"}),
    "int": ({("int",), ("one", "int")}, {*_COMPARED}),
    "text": ({("str",)}, {"exact", "contains"}),
    "choice": ({("one",)}, {"exact"}),
    "texts": ({("many", "str")}, {"exact"}),
}


def _follows(resource: Resource, one: Filter) -> bool:
    """Whether a filter is one that can be answered."""
    ways, lookups = _FOLLOWED.get(one.kind, (set(), set()))
    if one.lookup not in lookups:
        return False
    return tuple(key.kind for _, key in resource.richest.way(one.path)) in ways
