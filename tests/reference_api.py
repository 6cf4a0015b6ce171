"""A reference API: what LL2's stack responds on any of its lists, over records in memory.

Written from the specification and not from etl/, in plain Python: a scanner where that has regular
expressions, values that a path leads to where that has SQL. With records to ask about.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import product
from random import Random
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode

import isodate

from ll2_mirror.ll2.lists import RESOURCES, Filter, Resource
from ll2_mirror.ll2.model import Key, Shape

Record = dict[str, Any]
BASE = "https://ll.thespacedevs.com"
UUIDS = [f"a67b40f9-cfcc-4a4e-8000-00000000000{digit}" for digit in "01ef"]
IDS = {int: [1, 2, 3, 12], str: UUIDS}
# What the keys of each kind hold: few values, so that questions have answers.
POOL: dict[str, list[Any]] = {
    "str": [
        *("Soyuz", "soyuz MS-2", "Soyuz, 100% ß", "Ärger_x", "", 'O\'Neill "Q"', "MS"),
        *("Sub", "Non-Human"),
    ],
    "media": ["https://example.org/a.jpg"],
    "date": ["1957-10-04", "1999-12-31", "2024-02-29"],
    "uuid": UUIDS,
    "datetime": [
        *("1957-10-04T19:28:34Z", "1957-10-04T19:28:34.500000Z", "2024-02-29T07:30:00Z"),
        *("2024-02-29T07:30:00.000001Z", "2024-12-31T23:59:59Z"),
    ],
    "duration": ["P0D", "PT36H", "P1DT2H", "-P1DT19H", "PT0.5S"],
    "int": [-1, 0, 2, 3, 10, 2**40],
    "float": [-80.5, 0.0, 28.25, 28.5],
    "bool": [True, False],
}


class RandomRecords:
    """Rows by table, id and key; the deeper one is met first, the less it nests."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self._values: dict[tuple[Any, ...], Any] = {}

    def records(self) -> dict[tuple[str, str], list[Record]]:
        """Records of each list in each mode."""
        return {
            (name, mode): [self._object(shape, id_, 0) for id_ in IDS[shape.id_type]]
            for name, resource in RESOURCES.items()
            for mode, shape in reversed(resource.modes.items())
        }

    def _object(self, shape: Shape, id_: Any, depth: int, owner: tuple[Any, ...] = ()) -> Record:
        row = (shape.table or owner, id_)
        return {key.name: self._value(shape, key, row, depth) for key in shape.keys}

    def _value(self, shape: Shape, key: Key, row: tuple[Any, ...], depth: int) -> Any:
        if key.name == "id":
            return row[1]
        if key.kind in ("const", "link"):
            return key.of or f"{BASE}/2.3.0/{shape.table}/{row[1]}/"
        place, nested = (*row, key.name), shape.nested.get(key.name)
        held = self._values.setdefault(place, self._drawn(key, nested, depth))
        if nested is None or held is None:
            return held
        if key.kind == "one":
            return self._object(nested, held, depth + 1)
        return [self._object(nested, id_, depth + 1, owner=place) for id_ in held]

    def _drawn(self, key: Key, nested: Shape | None, depth: int) -> Any:
        if self._random.randrange(8) <= (depth if nested else 0):
            return None
        if nested is None:
            return self._random.choice(POOL[key.kind])
        ids = IDS[nested.id_type] if nested.table else [0, 1]
        if key.kind == "one":
            return self._random.choice(ids)
        return self._random.sample(ids, self._random.choice([0, 1, 2] if not depth else [0, 1]))


# What a path leads to.


def at(value: Any, path: str) -> Iterator[Any]:
    """Each value that a path leads to, through lists; of an object that stands there its id."""
    for item in value if isinstance(value, list) else [value]:
        if item is None:
            continue
        if not isinstance(item, dict):
            yield item
        else:
            name, _, rest = (path or "id").partition("__")
            yield from at(item[name], rest)


# Filters: each kind of value is drawn as a text with what it means.

MEMBERS: dict[str, list[tuple[str, Any]]] = {
    "int": [("2", 2), (" 3", 3), ("2.9", 2), ("1e1", 10), ("-1", -1), ("1_2", 12), ("9", 9)],
    "float": [("28.25", 28.25), ("-80.50", -80.5), (".0", 0.0), ("28.3", 28.3)],
    "text": [("Soyuz", "Soyuz"), (" MS ", "MS"), ("x", "x"), ("Ärger_x", "Ärger_x"), ("oy", "oy")],
    "uuid": [(UUIDS[1], UUIDS[1]), (UUIDS[2].upper().replace("-", ""), UUIDS[2])],
    "date": [("1957-10-4", "1957-10-04"), ("Dec 31, 1999", "1999-12-31"), ("3/1/24", "2024-03-01")],
    "datetime": [
        ("19571004T192834Z", "1957-10-04T19:28:34Z"),
        ("2024-02-29", "2024-02-29T00:00:00Z"),
        ("2024-02-29T09:30+02:00", "2024-02-29T07:30:00Z"),
        ("2024-12-31 23:59:59", "2024-12-31T23:59:59Z"),
        ("1957-10-4 19:28:34.5 Z", "1957-10-04T19:28:34.500000Z"),
        ("9999-12-31T23:59:59-01", "9999-12-31T23:59:59Z"),
    ],
    "bool": [("true", True), ("FALSE", False), ("1", True), ("0", False)],
    "part": [("29", 29), ("2", 2), ("2024", 2024), ("10", 10), ("4.5", 4), ("0", 0)],
}  # fmt: skip
MEMBERS |= dict.fromkeys(("has", "lacks", "include"), MEMBERS["bool"])
SINGLE = {"choice": "int", "ints": "int", "texts": "text", "uuids": "uuid", "choices": "int"}
COMPARE = {
    "exact": lambda mine, theirs: mine == theirs,
    "gt": lambda mine, theirs: mine > theirs,
    "gte": lambda mine, theirs: mine >= theirs,
    "lt": lambda mine, theirs: mine < theirs,
    "lte": lambda mine, theirs: mine <= theirs,
    "contains": lambda mine, theirs: str(theirs) in str(mine),
    "icontains": lambda mine, theirs: capitals(theirs) in capitals(mine),
}
PARTS = {"year": slice(0, 4), "month": slice(5, 7), "day": slice(8, 10)}


def passes(record: Record, one: Filter, wanted: Any, lists: dict[str, list[Record]]) -> bool:
    """Whether a record has a value that a filter lets through; ``wanted``: any of, for a list.

    ``lists``: the records of each list, for a filter that leads through another one.
    """
    if through := one.through:
        direct = one._replace(through=None)
        others = [each for each in lists[through.resource] if passes(each, direct, wanted, lists)]
        links = [link for each in others for link in at(each, through.link)]
        return any(key in links for key in at(record, through.key))
    values: Iterable[Any] = list(at(record, one.path))
    if one.kind in ("has", "lacks", "include"):
        any_ = any(
            value == one.word if one.word else value != 0 and value != -1 for value in values
        )
        return any_ == ((one.kind != "lacks") == wanted) or (one.kind == "include" and wanted)
    if one.kind == "part":
        values = (int(value[PARTS[one.name]]) for value in values)
    if isinstance(wanted, list):
        return any(value in wanted for value in values)
    if one.kind == "datetime":
        return any(COMPARE[one.lookup](moment(value), moment(wanted)) for value in values)
    return any(COMPARE[one.lookup](value, wanted) for value in values)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


# Search: a row for each combination of the members of the lists on the way.


def rows(value: Any, paths: Iterable[str]) -> list[dict[str, Any]]:
    """What each path leads to, for each combination of members; paths go on from the value."""
    if isinstance(value, list):
        return [row for item in value or [None] for row in rows(item, paths)]
    heads: dict[str, list[str]] = {}
    for path in paths:
        heads.setdefault(path.partition("__")[0], []).append(path.partition("__")[2])
    parts = []
    for head, rests in heads.items():
        inner = value[head] if value else None
        if rests == [""]:
            parts.append([{head: inner}])
        else:
            found = rows(inner, rests)
            parts.append([{f"{head}__{path}": text for path, text in row.items()} for row in found])
    return [{key: text for part in some for key, text in part.items()} for some in product(*parts)]


def is_found(record: Record, paths: Iterable[str], search: str) -> bool:
    """Whether all terms of a search stand in the texts of one combination."""
    terms = [capitals(word) for word in words(search)]
    for row in rows(record, paths):
        texts = [capitals(str(text)) for text in row.values() if text is not None]
        if all(any(term in text for text in texts) for term in terms):
            return True
    return False


# Ordering.


def ordered(resource: Resource, mode: str, records: list[Record], ordering: str) -> list[Record]:
    """By each key from the last to the first, then by id; nulls last, and first if descending."""
    known = resource.orderings_in(mode)
    terms = [term.strip() for term in ordering.split(",")]
    terms = [term for term in terms if term.removeprefix("-") in known]
    terms = terms or [resource.default_ordering]
    records = sorted(records, key=lambda record: record["id"])
    for term in reversed(terms):
        descends, path = term.startswith("-"), term.removeprefix("-")
        keys = {id(record): rank(resource.richest, record, path) for record in records}
        values = sorted(set(keys.values()), reverse=descends)
        records = [one for value in values for one in records if keys[id(one)] == value]
    return records


def rank(shape: Shape, record: Record, path: str) -> tuple[bool, Any]:
    value = next(at(record, path), None)
    *_, (_, key) = shape.resolve(path)
    if value is not None and key.kind == "duration":
        value = isodate.parse_duration(value)
    return value is None, 0 if value is None else value


# A page.

BOOLS = {"true": True, "1": True, "false": False, "0": False}
READ = {
    "bool": lambda sent: BOOLS.get(sent.lower()),
    "text": lambda sent: sent.strip() or None,
    "choice": lambda sent: int(sent) if sent else None,
}  # what is sent for a filter; None: it filters nothing


def page(records: list[Record], query: str, url: str) -> dict[str, Any]:
    """A page of spacecraft, its results being the records as they are."""
    resource = RESOURCES["spacecraft"]
    sent = dict(parse_qsl(query, keep_blank_values=True))
    limit, offset = number(sent.get("limit"), 10) or 10, number(sent.get("offset"), 0)
    limit = min(limit, 100)
    for one in resource.filters:
        wanted = READ[one.kind](sent.get(one.name, ""))
        if wanted is not None:
            records = [record for record in records if passes(record, one, wanted, {})]
    search = sent.get("search", "")
    records = [record for record in records if is_found(record, resource.search, search)]
    records = ordered(resource, "normal", records, sent.get("ordering", ""))

    def link(to: int) -> str:
        carried = parse_qs(query, keep_blank_values=True) | {"limit": [str(limit)]}
        carried.pop("offset", None)
        if to > 0:
            carried["offset"] = [str(to)]
        return f"{url}?{urlencode(sorted(carried.items()), doseq=True)}"

    return {
        "count": len(records),
        "next": link(offset + limit) if offset + limit < len(records) else None,
        "previous": link(offset - limit) if offset else None,
        "results": records[offset : offset + limit],
    }


def number(sent: str | None, default: int) -> int:
    try:
        value = int(sent if sent is not None else "x")
    except ValueError:
        return default
    return value if value >= 0 else default


# The terms of a search.


def words(text: str) -> list[str]:
    """The terms of a search, read character by character."""
    found, place = [], 0
    while place < len(text):
        if text[place].isspace():
            place += 1
            continue
        token, place = _token(text, place)
        token = token.strip(",")
        if token[:1] in ('"', "'") and token[-1] == token[0]:
            quote = token[0]
            inner = token[1:-1] if len(token) > 1 else ""
            found.append(inner.replace("\\" + quote, quote).replace("\\\\", "\\"))
        else:
            found += [part.strip() for part in token.split(",") if part]
    return found


def _token(text: str, start: int) -> tuple[str, int]:
    """A token and where it ends; a quote that is never closed makes it end at white space."""
    place, quoted = start, False
    while place < len(text) and not text[place].isspace():
        if text[place] in "\"'":
            end = _closing(text, place)
            if end is None:
                break
            place, quoted = end + 1, True
        else:
            place += 1
    if quoted:
        return text[start:place], place
    place = start
    while place < len(text) and not text[place].isspace():
        place += 1
    return text[start:place], place


def _closing(text: str, start: int) -> int | None:
    place = start + 1
    while place < len(text):
        if text[place] == "\\":
            if place + 1 >= len(text) or text[place + 1] == "\n":
                return None
            place += 2
            continue
        if text[place] == text[start]:
            return place
        place += 1
    return None


def capitals(text: str) -> str:
    return "".join(c.upper() if len(c.upper()) == 1 else c for c in text)
