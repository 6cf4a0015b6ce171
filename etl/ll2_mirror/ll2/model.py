"""Shapes, their keys and their rows, and the notation in which shapes are written."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from hashlib import blake2b
from typing import Any, NamedTuple, TypeVar
from zlib import crc32

Id = int | str
_PLAIN = 1 << 47  # smaller integers are their own code

# By kind of key: its JSON type in words, its Python types, its column's SQL type. Any value except
# an id can be null.
SCALARS: dict[str, tuple[str, tuple[type, ...], str]] = {
    "str": ("text", (str,), "TEXT"),
    "int": ("an integer", (int,), "INTEGER"),
    "float": ("a number", (float,), "REAL"),
    "bool": ("true or false", (bool,), "INTEGER"),
    "uuid": ("text", (str,), "TEXT"),
    "date": ("text", (str,), "TEXT"),
    "datetime": ("text", (str,), "TEXT"),
    "duration": ("text", (str,), "TEXT"),  # has a second column, in seconds
    "link": ("text", (str,), "TEXT"),  # to LL2 itself: stored without host and query
    "media": ("text", (str,), "TEXT"),  # a picture's URL: its host changes by itself
}


class Row(NamedTuple):
    """One object of a page, as the row it becomes.

    ``values`` has one value for each of ``shape.columns``, in order; for a list, a tuple of the
    items' ids (of Rows, where the items have none), or None. ``extra`` is the JSON text of what
    the columns can't hold, or None.
    """

    shape: Shape
    id: Id | None
    values: tuple[Any, ...]
    extra: str | None


# The column names of the kinds whose column isn't named like the key.
_COLUMNS = {"const": "", "one": "{}_id", "many": "{}_items"}

_PLURALS = (("ies", "y"), ("sses", "ss"), ("ches", "ch"), ("uses", "us"), ("s", ""))


def singular(table: str) -> str:
    """The singular of a table's name: agency, launch, image_license."""
    for plural, ending in _PLURALS:
        if table.endswith(plural):
            return table.removesuffix(plural) + ending
    return table


@dataclass(frozen=True)
class Key:
    """One key of a shape: what it holds, and in which column."""

    name: str
    kind: str  # one of SCALARS, or "const", "one" (a nested object), "many" (a list of them)
    of: str = ""  # the constant; the name of the nested shape
    volatile: bool = False  # changes by itself, as times in space do: no news

    @property
    def column(self) -> str:
        """The column that holds it: a list's counts its items, a constant has none."""
        return _COLUMNS.get(self.kind, "{}").format(self.name)

    @property
    def sort_column(self) -> str:
        """The column to order by: of a duration, the one in seconds."""
        return f"{self.name}_seconds" if self.kind == "duration" else self.column


@dataclass(eq=False)
class Shape:
    """How one kind of LL2's JSON objects is stored in a table; named as in LL2's document."""

    name: str
    table: str  # empty: the objects have no id, so the table of their owner's list holds them
    keys: tuple[Key, ...]
    nested: dict[str, Shape] = field(default_factory=dict, repr=False)  # by key
    siblings: list[Shape] = field(default_factory=list, repr=False)  # all shapes of the table

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The keys' names, in the order LL2 sends them."""
        return tuple(key.name for key in self.keys)

    @cached_property
    def by_name(self) -> dict[str, Key]:
        """The keys by their names."""
        return {key.name: key for key in self.keys}

    @cached_property
    def stored(self) -> tuple[Key, ...]:
        """The keys that have a column."""
        return tuple(key for key in self.keys if key.column)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The columns of the stored keys, in their order."""
        return tuple(key.column for key in self.stored)

    @cached_property
    def shared(self) -> bool:
        """Whether other shapes have the same table, so that a row notes the shapes it came in."""
        return len(self.siblings) > 1

    @cached_property
    def id_type(self) -> type:
        """The Python type of the id: int, or str for a UUID; that of None without an id."""
        key = self.by_name.get("id")
        return SCALARS[key.kind][1][0] if key else type(None)

    @cached_property
    def code(self) -> int:
        """A number of 16 bits that identifies the shape."""
        return crc32(self.name.encode()) & 0xFFFF

    @cached_property
    def depth(self) -> int:
        """The levels of nesting below it: rows sorted by this follow those that they refer to."""
        return 1 + max((shape.depth for shape in self.nested.values()), default=-1)

    @cached_property
    def closure(self) -> frozenset[Shape]:
        """The shape with all that it nests, at any depth."""
        return frozenset({self}).union(*(nested.closure for nested in self.nested.values()))

    @cached_property
    def lists(self) -> tuple[Key, ...]:
        """The keys that hold lists."""
        return tuple(key for key in self.keys if key.kind == "many")

    def list_table(self, key: Key) -> str:
        """The table that holds the list under ``key``."""
        return f"{self.table}__{key.name}"

    @cached_property
    def list_column(self) -> str:
        """The column that refers to its rows in the table of a list: ``agency_id``."""
        return f"{singular(self.table)}_id"

    def resolve(self, path: str) -> Iterator[tuple[Shape, Key]]:
        """The keys along a path such as ``status__name``, each with the shape that has it."""
        shape = self
        for name in path.split("__"):
            yield shape, shape.by_name[name]
            shape = shape.nested.get(name, shape)


def row_code(shape: Shape, id_: Id) -> int:
    """A number of 64 bits that identifies a row in a shape: the shape's code, then the id.

    A UUID or a large integer is hashed, and the highest bit of the hash is set.
    """
    if type(id_) is int and 0 <= id_ < _PLAIN:
        return shape.code << 48 | id_
    digest = blake2b(repr(id_).encode(), digest_size=6).digest()
    return shape.code << 48 | int.from_bytes(digest, "little") | _PLAIN


@cache
def overlap(shape: Shape, other: Shape) -> tuple[tuple[int, int], ...]:
    """The indexes, in both ``columns``, of the columns that two shapes of a table share."""
    indexes = {column: index for index, column in enumerate(other.columns)}
    return tuple((i, indexes[name]) for i, name in enumerate(shape.columns) if name in indexes)


def known_columns(shape: Shape, seen: Iterable[str]) -> set[str]:
    """The columns of these shapes of a table: those that a row received in them has values for."""
    names = set(seen)
    return {column for each in shape.siblings if each.name in names for column in each.columns}


# The notation of shapes. Each mistake in it raises an error that names it.

T = TypeVar("T")


def by_name(where: str, named: Iterable[tuple[str, T]]) -> dict[str, T]:
    """The pairs as a dictionary; raises ValueError for a name that occurs twice."""
    pairs = list(named)
    unique = dict(pairs)
    if len(unique) < len(pairs):
        times = Counter(name for name, _ in pairs)
        raise ValueError(f"{where}: {times.most_common(1)[0][0]} occurs twice")
    return unique


def matched(notation: re.Pattern[str], text: str, wrong: str) -> re.Match[str]:
    """The match of a whole text; raises ValueError, in these words, where there is none."""
    match = notation.fullmatch(text)
    if not match:
        raise ValueError(f"{wrong}: {text}")
    return match


_HEAD = re.compile(r"(?P<name>[A-Z]\w*)(?: as (?P<base>[A-Z]\w*)| (?P<table>[a-z]\w*))?")
_KEY = re.compile(
    r"(?P<name>\w+)(?:=(?P<const>\w+)|:(?P<one>[A-Z]\w*)|:\[(?P<many>[A-Z]\w*)\]"
    r"|(?::(?P<kind>[a-z]\w*))?(?P<volatile>~)?)"
)


def read_shapes(text: str, known: Mapping[str, Shape] | None = None) -> dict[str, Shape]:
    """The shapes in shapes.py's notation, by name, each with those that it nests.

    They may nest ``known`` ones, too.

    Raises ValueError for what isn't in that notation, and for a shape that is missing.
    """
    shapes: dict[str, Shape] = {}
    for block in re.split(r"\n(?=\w)", text.strip()):
        shape = _shape(block, shapes)
        if shapes.setdefault(shape.name, shape) is not shape:
            raise ValueError(f"shapes: {shape.name} occurs twice")
    siblings: dict[str, list[Shape]] = {}
    for shape in shapes.values():
        nesting = (key for key in shape.keys if key.kind in ("one", "many"))
        everything = {**(known or {}), **shapes}
        shape.nested = {key.name: _nested(shape, key, everything) for key in nesting}
        if shape.table:
            shape.siblings = siblings.setdefault(shape.table, [])
            shape.siblings.append(shape)
    return shapes


def _shape(block: str, before: dict[str, Shape]) -> Shape:
    head, _, body = block.partition("\n")
    name, base, table = matched(_HEAD, head, "no head of a shape").groups(default="")
    keys = _keys(name, body.split(), _base(name, base, before))
    first = next((key.name for key in keys.values() if key.kind != "const"), "")
    table = before[base].table if base else table
    if bool(table) != (first == "id"):
        raise ValueError(f"{name}: a shape has a table and begins with its id, or neither")
    return Shape(name, table, tuple(keys.values()))


def _base(name: str, base: str, before: dict[str, Shape]) -> dict[str, Key]:
    """The keys that a shape inherits from an earlier one."""
    if base and base not in before:
        raise ValueError(f"{name}: there is no shape {base} before it")
    return dict(before[base].by_name) if base else {}


def _keys(name: str, tokens: list[str], keys: dict[str, Key]) -> dict[str, Key]:
    """The keys by name: the inherited ones, with some removed, some replaced, others added."""
    for removed in (token[1:] for token in tokens if token.startswith("-")):
        if not keys.pop(removed, None):
            raise ValueError(f"{name}: there is no {removed} to remove")
    own = (_key(name, token) for token in tokens if not token.startswith("-"))
    return keys | by_name(name, ((key.name, key) for key in own))


def _key(shape: str, token: str) -> Key:
    match = matched(_KEY, token, f"{shape}: no key of a shape")
    if match.lastgroup in ("const", "one", "many"):
        return Key(match["name"], match.lastgroup, match[match.lastgroup])
    kind = match["kind"] or "str"
    if kind not in SCALARS:
        raise ValueError(f"{shape}.{match['name']}: {kind} is no kind of key")
    return Key(match["name"], kind, volatile=bool(match["volatile"]))


def _nested(shape: Shape, key: Key, shapes: dict[str, Shape]) -> Shape:
    if key.of not in shapes:
        raise ValueError(f"{shape.name}.{key.name}: there is no shape {key.of}")
    return shapes[key.of]
