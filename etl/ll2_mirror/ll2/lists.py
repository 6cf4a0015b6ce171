"""The lists of LL2: their modes, filters and orderings, as lists.toml declares them.

``RESOURCES`` has each list by name; ``VIEWS`` the lists of records before or after a moment, such
as ``launches/upcoming``; ``SLICES`` everything that a sync can request.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import inf
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from ll2_mirror.clock import seconds
from ll2_mirror.files import shipped
from ll2_mirror.ll2.model import Shape, by_name, matched, read_shapes
from ll2_mirror.ll2.shapes import SHAPES


class Through(NamedTuple):
    """How a filter compares a value of another list's records, if a list's own don't have it.

    ``key`` of a record and ``link`` of a record of ``resource`` refer to the same row.
    """

    key: str
    resource: str
    link: str


class Filter(NamedTuple):
    """One query parameter that narrows a list; ``kind`` is one of FILTER_KINDS."""

    name: str
    kind: str
    path: str  # of the value, key by key: name, type__id, country__alpha_3_code
    lookup: str = "exact"  # one of LOOKUPS
    word: str = ""  # the text that a "has" or a "lacks" looks for
    through: Through | None = None  # the path then begins at a record of that list


# The kinds of filters, each with the value it takes, in words.
FILTER_KINDS = {
    "bool": "true or false",
    "int": "an integer or an id",
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
    "recent": "whether to leave out records of the last few hours",
    "has": "true or false: whether there is an object, a number above 0 or a certain text",
    "lacks": "true or false: whether there is none",
    "include": "false: leave out those with a certain text",
    "opaque": "LL2's document doesn't say what it compares",
}
LOOKUPS = ("exact", "contains", "icontains", "gt", "gte", "lt", "lte")


class Delta(NamedTuple):
    """How to request only a list's new records: by a filter, or by ``-key``, the newest first."""

    by: str
    age: float  # seconds after which to ask again
    at: str = ""  # the key of a record's moment; <at>_precision is its precision
    near: float = inf  # seconds after which to ask again near such a moment


class View(NamedTuple):
    """A list of some of a resource's records: those whose ``key`` is before or after a moment."""

    name: str  # launches/upcoming
    key: str
    lookup: str  # gte or lte
    hours: int  # from now to that moment
    age: float  # its maximum age in seconds
    default_ordering: str
    filters: tuple[Filter, ...] = ()  # besides the resource's
    not_searched: tuple[str, ...] = ()  # what it doesn't search


@dataclass(frozen=True)
class Resource:
    """One of LL2's lists: its shapes by mode, and how its records can be requested.

    The fields are those of lists.toml, which explains them.
    """

    name: str
    noun: str
    modes: dict[str, Shape]  # from the poorest to the richest
    walk_ordering: str = "id"  # what a sync asks for
    age: float = seconds("30d")
    delta: Delta | None = None
    default_ordering: str = "id"  # LL2's own
    filters: tuple[Filter, ...] = ()
    search: tuple[str, ...] = ()
    searched_elsewhere: tuple[str, ...] = ()  # what LL2 also searches, but no record contains
    orderings: tuple[str, ...] = ()  # empty: see orderings_in
    examples: dict[str, str] = field(default_factory=dict)
    indexed: bool = False
    formerly: str = ""  # its name in earlier versions, if that was a different one
    views: tuple[View, ...] = ()

    @cached_property
    def richest(self) -> Shape:
        """The shape of the richest mode, which has all keys of the others."""
        return next(reversed(self.modes.values()))

    @cached_property
    def table(self) -> str:
        """The table that holds its records."""
        return self.richest.table

    def mode_for(self, asked: str | None) -> str:
        """The mode of the response to a request for this mode: normal if the list lacks it."""
        return asked if asked in self.modes else "normal"

    def mode_upto(self, most: str) -> str:
        """The richest mode up to this one; if the list has none, its poorest."""
        known = list(self.modes)
        ranks = MODES[: MODES.index(most) + 1]
        return next((mode for mode in reversed(known) if mode in ranks), known[0])

    def orderings_in(self, mode: str) -> tuple[str, ...]:
        """The keys that a list in a mode can be sorted by: all keys if LL2 names none."""
        plain = (key.name for key in self.modes[mode].keys if key.kind not in _UNSORTED)
        return self.orderings or tuple(plain)

    @property
    def search_table(self) -> str:
        """The table of the texts that can be searched."""
        return f"_search_{self.table}"

    @cached_property
    def search_key(self) -> str:
        """The key of that table: the record's id, unless that is text or can have several rows."""
        keys = (key for path in self.search for _, key in self.richest.resolve(path))
        several = any(key.kind == "many" for key in keys)
        return "key" if several or self.richest.id_type is not int else "id"


_UNSORTED = ("const", "link", "many")  # kinds of keys that no list is sorted by
MODES = ("list", "normal", "detailed")  # from the poorest
NEW = "new"  # the kind of the slice with a list's new records, see Delta


class Slice(NamedTuple):
    """What one walk requests: a whole list, or a part of it.

    Only a walk over the whole list finds records deleted. ``kind``: empty for the whole, NEW for
    what is new since the last walk, else a view's own name: upcoming.
    """

    name: str  # launches, launches/upcoming, launches/new
    resource: Resource
    kind: str
    age: float  # its maximum age in seconds

    def query(self, since: str | None) -> dict[str, str]:
        """The parameters besides mode and page; ``since``: the time since which records are new."""
        by = self.resource.delta.by if self.resource.delta and self.kind == NEW else ""
        if not by or by.startswith("-"):
            return {"ordering": by or self.resource.walk_ordering}
        return {by: since or "", "ordering": self.resource.walk_ordering}

    @property
    def listed(self) -> str:
        """LL2's name for the list that its pages come from."""
        return self.resource.name if self.kind == NEW else self.name

    @property
    def view(self) -> View | None:
        """The view that it asks for, if any."""
        return next((view for view in self.resource.views if view.name == self.name), None)

    @property
    def moment(self) -> str:
        """The key of the moments near which it is requested more often; empty if it has none."""
        return self.resource.delta.at if self.resource.delta and self.kind == NEW else ""

    @property
    def newest_first(self) -> bool:
        """Whether the newest come first, so that a page without a new record ends the walk."""
        delta = self.resource.delta
        return self.kind == NEW and delta is not None and delta.by.startswith("-")


def slice_name(resource: str, kind: str) -> str:
    """The name of a slice: launches/upcoming; of the whole list, whose kind is empty: launches."""
    return f"{resource}/{kind}" if kind else resource


def slices(resource: Resource) -> Iterator[Slice]:
    """All slices of a list."""
    yield Slice(resource.name, resource, "", resource.age)
    if resource.delta:
        yield Slice(slice_name(resource.name, NEW), resource, NEW, resource.delta.age)
    for view in resource.views:
        yield Slice(view.name, resource, view.name.partition("/")[2], view.age)


# Reading lists.toml


def read_lists(text: str, shapes: dict[str, Shape]) -> dict[str, Resource]:
    """The lists declared in lists.toml's format, by name, each with its views.

    Raises KeyError for a shape that is missing, TypeError for a field that no list has, and
    ValueError for a filter that isn't one.
    """
    declared: dict[str, Any] = tomllib.loads(text)
    declared.pop("pages", None)
    for name, noun in declared.pop("config", {}).items():
        declared[f"config/{name}"] = {"noun": noun} if isinstance(noun, str) else noun
    return {name: _resource(name, fields, shapes) for name, fields in declared.items()}


def read_pages(text: str, shapes: dict[str, Shape]) -> dict[str, Resource]:
    """The pages declared in lists.toml's format that are one object, by name."""
    declared: dict[str, Any] = tomllib.loads(text)["pages"]
    return {
        name: _resource(name, fields, read_shapes(fields.pop("shapes"), shapes))
        for name, fields in declared.items()
    }


def _resource(name: str, fields: dict[str, Any], shapes: dict[str, Shape]) -> Resource:
    modes = fields.pop("modes", None) or {"normal": fields["noun"]}
    views = fields.pop("views", {}).items()
    return Resource(
        name,
        modes={mode: shapes[shape] for mode, shape in modes.items()},
        views=tuple(View(f"{name}/{view}", **_read(said)) for view, said in views),
        **_read(fields),
    )


def _read(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a list or a view, with the texts of several words split."""
    return {name: _READERS.get(name, lambda value: value)(value) for name, value in fields.items()}


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_FILTER = re.compile(
    r"(?P<name>\w+)(?::(?P<kind>[a-z]+))?(?:(?P<all>\*)|\[(?P<some>[a-z=,]+)\])?"
    r"(?:=(?:(?P<through>\w+@\w+\.\w+)\.)?(?P<path>\w+)(?:\((?P<word>[\w-]+)\))?)?"
)
_MARKS = ("=", "gt", "gte", "lt", "lte")  # that * stands for


def read_filters(text: str) -> tuple[Filter, ...]:
    """The filters written in lists.toml's notation, in the order of their names.

    Raises ValueError for what isn't in that notation.
    """
    filters = by_name("filters", ((each.name, each) for each in _filters(text.split())))
    return tuple(each for _, each in sorted(filters.items()))


def _filters(tokens: Iterable[str]) -> Iterator[Filter]:
    for token in tokens:
        match = matched(_FILTER, token, "no filter")
        name, kind, every, some, through, path, word = match.groups(default="")
        joined = Through(*re.split("[@.]", through)) if through else None
        for mark in _MARKS if every else (some or "=").split(","):
            lookup = "exact" if mark == "=" else mark
            if (kind or "text") not in FILTER_KINDS or lookup not in LOOKUPS:
                raise ValueError(f"{name}: {token[len(name) :]} is no kind of filter")
            called = name if mark == "=" else f"{name}__{mark}"
            yield Filter(called, kind or "text", path or name, lookup, word, joined)


_READERS: dict[str, Any] = {
    "age": seconds,
    "near": seconds,
    "delta": lambda delta: Delta(**_read(delta)),
    "filters": read_filters,
    "search": _words,
    "searched_elsewhere": _words,
    "not_searched": _words,
    "orderings": _words,
    "examples": lambda text: dict(parse_qsl("&".join(text.split()))),
}


_DECLARED = shipped("ll2/lists.toml").read_text(encoding="utf-8")
RESOURCES = read_lists(_DECLARED, SHAPES)
# Pages that are one object, not a list; their text is kept as it came.
PAGES = read_pages(_DECLARED, SHAPES)
SOURCES = {**RESOURCES, **PAGES}
# The lists of records before or after a moment, by name.
VIEWS = {view.name: view for resource in RESOURCES.values() for view in resource.views}
# The list that has the rows of a table as its records.
LIST_OF = {resource.table: name for name, resource in RESOURCES.items()}
# The paths that LL2 answers.
ENDPOINTS = frozenset({*SOURCES, *VIEWS})
# What can be synced: the lists, the new records of some of them, their views, and the pages.
SLICES = {each.name: each for resource in SOURCES.values() for each in slices(resource)}
# The maximum age of each in seconds; and near a moment, as in launches/new:near.
AGES = {each.name: each.age for each in SLICES.values()}
AGES |= {
    f"{slice_name(name, NEW)}:near": each.delta.near
    for name, each in RESOURCES.items()
    if each.delta and each.delta.at
}

DEFAULT_RESOURCE = "spacecraft"
