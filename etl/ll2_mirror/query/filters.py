"""The filters of a request: values as django-filter reads them, to conditions in SQL."""

from __future__ import annotations

import json
import sqlite3
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from ll2_mirror.ll2.model import Filter, Resource, Shape
from ll2_mirror.query.params import Params
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
    """A condition on a row of a resource's table. ``key`` is the one of LL2's that it looks at."""

    key: str
    sql: str
    values: list[Any]


class Refused(ValueError):
    """A value that LL2 refuses; the text is what it says."""


class Unanswerable(Exception):
    """A filter that no file can answer; the text is its name."""


def conditions(
    conn: sqlite3.Connection, resource: Resource, params: Params
) -> tuple[list[Condition], dict[str, list[str]]]:
    """The conditions that the filters of a request make, and what is wrong with values, by name.

    Raises Unanswerable.
    """
    found, errors = [], {}
    for one in resource.filters:
        sent = params.get(one.name)
        try:
            read = _READERS[one.kind]
            condition = read(Sent(conn, resource, one, sent)) if sent else None
        except Refused as error:
            errors[one.name] = [str(error)]
            continue
        if condition:
            found.append(condition)
    return found, errors


class Sent(NamedTuple):
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


def _bool(sent: Sent) -> Condition | None:
    """True and false in a few spellings; anything else filters nothing."""
    value = _BOOLS.get(sent.text.lower())
    path = sent.one.path
    return None if value is None else Condition(path, f'"{path}" = ?', [value])


def _int(sent: Sent) -> Condition | None:
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


def _text(sent: Sent) -> Condition | None:
    """A text, case and all, without the white space around it."""
    if not (text := sent.checked().strip()):
        return None
    path = sent.one.path
    if sent.one.lookup == "contains":
        return Condition(path, f'instr("{path}", ?)', [text])
    sql, values = f'"{path}" = ?', [text]
    if path in sent.resource.search:
        among, more = naming(sent.resource, path, text)
        sql, values = f"(id IN ({among}) AND {sql})", [*more, *values]
    return Condition(path, sql, values)


def _choice(sent: Sent) -> Condition | None:
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


def _codes(sent: Sent) -> Condition | None:
    """Texts between commas, one of which an item of a list has."""
    key, column = sent.one.path.split("__")
    codes = json.dumps([code.strip() for code in sent.checked().split(",")])
    listed = sent.shape.list_table(sent.shape.by_name[key])
    sql = (
        f'id IN (SELECT owner FROM "{listed}" JOIN "{sent.shape.nested[key].table}" AS nested'
        f' ON item = nested.id WHERE nested."{column}" {IN})'
    )
    return Condition(key, sql, [codes])


def _opaque(sent: Sent) -> Condition | None:
    raise Unanswerable(sent.one.name)


_READERS = {
    "bool": _bool,
    "int": _int,
    "text": _text,
    "choice": _choice,
    "codes": _codes,
    "opaque": _opaque,
}
