"""The records of the fake LL2: those of ``data/``, in each mode, filtered, searched, ordered."""

from __future__ import annotations

import marshal
import operator
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from ll2_mirror.clock import from_iso
from ll2_mirror.errors import NoTime
from ll2_mirror.files import shipped
from ll2_mirror.ll2.json import parse
from ll2_mirror.ll2.lists import Filter, View
from ll2_mirror.ll2.model import Key, Shape
from ll2_mirror.ll2.page import API_PATH

Record = dict[str, Any]
Records = dict[tuple[str, str], list[Record]]  # by list and mode


def bundled() -> Records:
    """The records of ``data/``, in files named ``<list>.<mode>.json``; each caller's own."""
    records: Records = marshal.loads(_marshaled())  # noqa: S302 - our own
    return records


@cache
def _marshaled() -> bytes:
    """The records as bytes, which are read in a sixth of the time that the files take."""
    records = {}
    for path in sorted(shipped("data").rglob("*.*.json")):
        name, mode = path.relative_to(shipped("data")).as_posix().split(".")[:2]
        records[name, mode] = parse(path.read_bytes())["results"]
    return marshal.dumps(records)


def adapted(shape: Shape, record: Record) -> Record:
    """A record as another mode has it: null for what isn't known, ``[]`` for such a list."""
    return {key.name: _adapted(shape, key, record) for key in shape.keys}


def _adapted(shape: Shape, key: Key, record: Record) -> Any:
    value = record.get(key.name, [] if key.kind == "many" else None)
    if key.kind == "const":
        return key.of
    if not value or key.name not in shape.nested:
        return value
    nested = shape.nested[key.name]
    return adapted(nested, value) if key.kind == "one" else [adapted(nested, one) for one in value]


def shows(view: View, record: Record, now: datetime) -> bool:
    """Whether a record is one that a view shows now."""
    if record[view.key] is None:
        return False
    at, edge = from_iso(record[view.key]), now + timedelta(hours=view.hours)
    return at >= edge if view.lookup == "gte" else at <= edge


# Filters, search and ordering


_SEVERAL = ("ints", "texts", "uuids", "choices")  # kinds of filters that take values with commas
# The kinds that let all records through here, as does a filter that leads through another list.
_UNKNOWN = ("part", "recent", "has", "lacks", "include", "opaque")
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "exact": operator.eq,
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
    "contains": lambda value, sent: str(sent) in str(value),
    "icontains": lambda value, sent: str(sent).casefold() in str(value).casefold(),
}


def passes(record: Record, filter_: Filter, sent: str) -> bool:
    """Whether a filter lets a record through; a value that can't be read filters nothing."""
    if filter_.kind in _UNKNOWN or filter_.through:
        return True
    compare = _COMPARE[filter_.lookup]
    several = sent.split(",") if filter_.kind in _SEVERAL else [sent]
    with suppress(ValueError, NoTime):
        return any(
            compare(*(_comparable(filter_, value, one) for one in (value, text)))
            for value in _values(record, filter_.path)
            for text in several
        )
    return True


def _comparable(filter_: Filter, like: Any, value: Any) -> Any:
    """What a filter compares a value or a sent text as: as the record's own value is."""
    if filter_.kind == "datetime":
        return from_iso(value)
    if isinstance(like, bool):
        return str(value).lower() in ("true", "1")
    return type(like)(value)


def _values(value: Any, path: str) -> Iterator[Any]:
    """The values that a path leads to, through lists; of a nested object its id."""
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, dict):
            key, _, rest = (path or "id").partition("__")
            yield from _values(item[key], rest)
        elif item is not None:
            yield item


def has_word(record: Record, paths: tuple[str, ...], word: str) -> bool:
    """Whether a word is in one of the texts that paths lead to."""
    values = (value for path in paths for value in _values(record, path))
    return any(word in str(value).casefold() for value in values)


def rank(record: Record, path: str) -> tuple[bool, Any]:
    """What a record is ordered by: the first value that a path leads to, nulls last."""
    value = next(_values(record, path), None)
    return value is None, 0 if value is None else value


def linked(value: Any, base_url: str, suffix: str = "") -> Any:
    """A record with LL2's own links led to a server, as LL2 leads them to the host asked."""
    if isinstance(value, list):
        return [linked(item, base_url, suffix) for item in value]
    if not isinstance(value, dict):
        return value
    led = {key: linked(item, base_url, suffix) for key, item in value.items()}
    url = led.get("url")
    if isinstance(url, str) and API_PATH in url:
        led["url"] = f"{base_url}{urlsplit(url).path}{suffix}"
    return led
