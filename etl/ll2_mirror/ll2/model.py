"""What a shape, a key, a row, a filter and a resource are: what LL2's declarations are made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any, NamedTuple

Id = int | str

# What a key of each kind holds: its JSON type in words, its Python types, its column's SQL type.
# A null is understood everywhere but in an id.
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
    "media": ("text", (str,), "TEXT"),  # a picture's URL: its host moves by itself
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


_COLUMNS = {
    "const": "",
    "one": "{}_id",
    "many": "{}_items",
}  # of the kinds whose column isn't called as the key is


_PLURALS = (("ies", "y"), ("sses", "ss"), ("ches", "ch"), ("uses", "us"), ("s", ""))


def singular(table: str) -> str:
    """What one row of a table is: agency, launch, image_license."""
    found = (table.removesuffix(end) + one for end, one in _PLURALS if table.endswith(end))
    return next(found, table)


@dataclass(frozen=True)
class Key:
    """One key of a shape: what it holds and where that is kept."""

    name: str
    kind: str  # one of SCALARS, or "const", "one" (a nested object), "many" (a list of them)
    of: str = ""  # the constant; the name of the nested shape
    moving: bool = False  # changes by itself, which is no news

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
    """How one JSON object of the API is laid out over a table; named as in LL2's document."""

    name: str
    table: str  # empty: the objects have no id, and live in their owner's list table
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
        """Whether other shapes lie over the same table, so that each row notes which it came in."""
        return len(self.siblings) > 1

    @cached_property
    def id_type(self) -> type:
        """The Python type of the id: int, or str for a UUID."""
        return SCALARS[self.by_name["id"].kind][1][0]

    @cached_property
    def depth(self) -> int:
        """Nesting levels below; sorted by it, a row comes after those it refers to."""
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

    def way(self, path: str) -> Iterator[tuple[Shape, Key]]:
        """The keys that a path such as ``status__name`` leads through, each with its shape."""
        shape = self
        for name in path.split("__"):
            yield shape, shape.by_name[name]
            shape = shape.nested.get(name, shape)


class Filter(NamedTuple):
    """One query parameter that narrows a list; ``kind`` is one of FILTER_KINDS."""

    name: str
    kind: str
    path: str  # of the value, key by key: name, type__id, country__alpha_3_code
    lookup: str = "exact"  # one of LOOKUPS


# What a filter takes: the name of its kind, in words.
FILTER_KINDS = {
    "bool": "true or false",
    "int": "a number, of an integer or an id",
    "float": "a number",
    "text": "a text",
    "date": "a date",
    "datetime": "a moment",
    "choice": "the id of a nested object that exists",
    "choices": "the same, repeated: any of them",
    "ints": "numbers between commas: any of them",
    "texts": "texts between commas",
    "uuids": "UUIDs between commas",
    "part": "days, months or years of a moment, between commas; the name says which",
    "recent": "whether to leave out what is just past",
    "opaque": "LL2's document doesn't tell what it compares",
}
LOOKUPS = ("exact", "contains", "icontains", "gt", "gte", "lt", "lte")


class Delta(NamedTuple):
    """How to ask a list for what is new alone: by a filter, or from the newest on by ``-key``."""

    by: str
    age: int  # hours after which to ask again


class View(NamedTuple):
    """A list in time over a resource's records: those whose ``key`` is before or after a moment."""

    name: str  # launches/upcoming
    key: str
    lookup: str  # gte or lte
    hours: int  # from now to that moment
    age: int  # hours that it may be old
    order: str
    filters: tuple[Filter, ...] = ()  # that it has beyond the resource's
    less: tuple[str, ...] = ()  # what it doesn't search


@dataclass(frozen=True)
class Resource:
    """One list of LL2's: its shape by mode, then how its records can be asked for.

    ``noun`` is what LL2 calls one, ``search`` the paths of the texts it searches, ``orderings`` the
    keys it sorts by, ``examples`` a value by parameter. ``indexed``: there are so many that what
    they are filtered and sorted by has indexes.
    """

    name: str
    noun: str
    modes: dict[str, Shape]  # those it knows, from the poorest to the richest
    ordering: str = "id"  # that its walk asks for
    age: int = 720  # hours that its last whole walk may be old
    delta: Delta | None = None
    order: str = "id"  # its own, unasked, as far as known
    filters: tuple[Filter, ...] = ()
    search: tuple[str, ...] = ()
    beyond: tuple[str, ...] = ()  # what LL2 searches, too, though no body has it
    orderings: tuple[str, ...] = ()  # empty: see orderings_in
    examples: dict[str, str] = field(default_factory=dict)
    indexed: bool = False
    views: tuple[View, ...] = ()

    @cached_property
    def richest(self) -> Shape:
        """The shape of the richest mode, which has all that the others have."""
        return next(reversed(self.modes.values()))

    @cached_property
    def table(self) -> str:
        """The table that holds its records."""
        return self.richest.table

    def mode_for(self, asked: str | None) -> str:
        """The mode of a list's answer: the one asked for, where the list has it, else normal."""
        return asked if asked in self.modes else "normal"

    def mode_upto(self, most: str) -> str:
        """The richest mode that it has up to this one; its poorest, where all are richer."""
        known = list(self.modes)
        ranks = MODES[: MODES.index(most) + 1]
        return next((mode for mode in reversed(known) if mode in ranks), known[0])

    def orderings_in(self, mode: str) -> tuple[str, ...]:
        """What a list in a mode is sorted by: where LL2 names nothing, by each key that it has."""
        plain = (key.name for key in self.modes[mode].keys if key.kind not in _UNSORTED)
        return self.orderings or tuple(plain)

    @property
    def search_table(self) -> str:
        """The table that has what its records are searched by."""
        return f"_search_{self.table}"

    @cached_property
    def search_key(self) -> str:
        """The number of a row there: the record's id, unless that is a text or has several rows."""
        keys = (key for path in self.search for _, key in self.richest.way(path))
        several = any(key.kind == "many" for key in keys)
        return "key" if several or self.richest.id_type is not int else "id"


_UNSORTED = ("const", "link", "many")  # kinds of keys that no list is sorted by
MODES = ("list", "normal", "detailed")  # from the poorest
NEW = "new"  # the part of a list that is asked for by its delta


class Part(NamedTuple):
    """What a walk asks for: a whole list, or some of its records, for which none is taken as gone.

    ``kind``: empty for the whole, NEW for what is new since the last walk, else a view's own name.
    """

    name: str  # launches, launches/upcoming, launches/new
    resource: Resource
    kind: str
    age: int  # hours that it may be old

    def query(self, since: str | None) -> dict[str, str]:
        """What is asked for, beside mode and page; ``since``: from when on a record is new."""
        by = self.resource.delta.by if self.resource.delta and self.kind == NEW else ""
        if not by or by.startswith("-"):
            return {"ordering": by or self.resource.ordering}
        return {by: since or "", "ordering": self.resource.ordering}

    @property
    def listed(self) -> str:
        """LL2's name for the list that its pages are of."""
        return self.resource.name if self.kind == NEW else self.name

    @property
    def view(self) -> View | None:
        """The view that it is, if it is one."""
        return next((view for view in self.resource.views if view.name == self.name), None)

    @property
    def newest_first(self) -> bool:
        """Whether all that is new comes first, so that a page without any ends it."""
        delta = self.resource.delta
        return self.kind == NEW and delta is not None and delta.by.startswith("-")


def part_name(resource: str, kind: str) -> str:
    """What a part of a list is called: launches/upcoming; of no kind: launches, the whole."""
    return f"{resource}/{kind}" if kind else resource


def parts(resource: Resource) -> Iterator[Part]:
    """What can be asked of a list."""
    yield Part(resource.name, resource, "", resource.age)
    if resource.delta:
        yield Part(part_name(resource.name, NEW), resource, NEW, resource.delta.age)
    for view in resource.views:
        yield Part(view.name, resource, view.name.partition("/")[2], view.age)


@cache
def overlap(one: Shape, other: Shape) -> tuple[tuple[int, int], ...]:
    """The places, in each one's ``columns``, of the columns that two shapes of a table share."""
    places = {column: place for place, column in enumerate(other.columns)}
    return tuple((i, places[name]) for i, name in enumerate(one.columns) if name in places)


def known_columns(shape: Shape, seen: Iterable[str]) -> set[str]:
    """The columns that a row of the shape's table has values for, once it was seen in shapes."""
    names = set(seen)
    return {column for s in shape.siblings if s.name in names for column in s.columns}
