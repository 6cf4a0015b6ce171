"""Reads the notation that lists and their filters are written in; each mistake is named."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

from ll2_mirror.ll2.model import FILTER_KINDS, LOOKUPS, Delta, Filter, Resource, Shape, View
from ll2_mirror.ll2.notation import by_name, matched

_HEAD = re.compile(r"(?P<name>[a-z]\w*(?:/\w+)?) +(?P<noun>[A-Z]\w*)(?P<modes>(?: +\w+:\w+)*)")
_VIEW = re.compile(r"(?P<name>(?P<of>\w+)/\w+) +(?P<key>\w+)(?P<sign>>=|<=)(?P<hours>-?\d+)")
_SIGNS = {">=": "gte", "<=": "lte"}
_FILTER = re.compile(
    r"(?P<name>\w+)(?::(?P<kind>[a-z]+))?(?:(?P<all>\*)|\[(?P<some>[a-z=,]+)\])?(?:=(?P<path>\w+))?"
)


def read_resources(text: str, shapes: dict[str, Shape]) -> dict[str, Resource]:
    """The lists written in resources.py's notation, by name, each with its views.

    Raises ValueError for what isn't in that notation, and for a shape that is missing.
    """
    found: dict[str, Resource] = {}
    for block in re.split(r"\n(?=\w)", re.sub(r"\n {8,}", " ", text.strip())):
        head, *lines = block.splitlines()
        view = _VIEW.fullmatch(head)
        one = _viewed(view, lines, found) if view else _resource(head, lines, shapes)
        if not view and one.name in found:
            raise ValueError(f"resources: {one.name} stands twice")
        found[one.name] = one
    return found


def _resource(head: str, lines: list[str], shapes: dict[str, Shape]) -> Resource:
    match = matched(_HEAD, head, "no head of a list")
    name, noun, modes = match["name"], match["noun"], match["modes"].split()
    named = dict(pair.split(":") for pair in modes) or {"normal": noun}
    if missing := ", ".join(sorted(set(named.values()) - shapes.keys())):
        raise ValueError(f"{name}: there is no shape {missing}")
    return Resource(name, noun, {m: shapes[s] for m, s in named.items()}, **_said(name, lines))


def _viewed(match: re.Match[str], lines: list[str], before: dict[str, Resource]) -> Resource:
    """The list that a view looks at, with that view."""
    if match["of"] not in before:
        raise ValueError(f"{match['name']}: there is no list {match['of']} before it")
    name, key, lookup, hours = match["name"], match["key"], _SIGNS[match["sign"]], match["hours"]
    view = View(name, key, lookup, int(hours), **_said(name, lines))
    resource = before[match["of"]]
    return replace(resource, views=(*resource.views, view))


def _said(name: str, lines: list[str]) -> dict[str, Any]:
    """What the lines below a head say, by the field that it is of."""
    words = (line.strip().partition(" ") for line in lines)
    pairs = by_name(name, ((word, rest.strip()) for word, _, rest in words))
    if unknown := ", ".join(pairs.keys() - _FIELDS.keys()):
        raise ValueError(f"{name}: nothing is called {unknown}")
    return {_FIELDS[word][0]: _FIELDS[word][1](rest) for word, rest in pairs.items()}


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _delta(text: str) -> Delta:
    by, age = text.split()
    return Delta(by, int(age))


# Filters


def read_filters(text: str) -> tuple[Filter, ...]:
    """The filters written in resources.py's notation, in the order of their names.

    Raises ValueError for what isn't in that notation.
    """
    found = by_name("filters", ((one.name, one) for one in _filters(text.split())))
    return tuple(one for _, one in sorted(found.items()))


def _filters(tokens: Iterable[str]) -> Iterator[Filter]:
    for token in tokens:
        match = matched(_FILTER, token, "no filter")
        name, kind, every, some, path = match.groups(default="")
        for mark in _MARKS if every else (some or "=").split(","):
            lookup = "exact" if mark == "=" else mark
            if (kind or "text") not in FILTER_KINDS or lookup not in LOOKUPS:
                raise ValueError(f"{name}: {token[len(name) :]} is no kind of filter")
            called = name if mark == "=" else f"{name}__{mark}"
            yield Filter(called, kind or "text", path or name, lookup)


_MARKS = ("=", "gt", "gte", "lt", "lte")  # that * stands for
_FIELDS: dict[str, tuple[str, Callable[[str], Any]]] = {  # by word: the field, and how it is read
    "walk": ("ordering", str),
    "age": ("age", int),
    "delta": ("delta", _delta),
    "order": ("order", str),
    "filters": ("filters", read_filters),
    "search": ("search", _names),
    "beyond": ("beyond", _names),
    "less": ("less", _names),
    "orderings": ("orderings", _names),
    "examples": ("examples", lambda text: dict(parse_qsl("&".join(text.split())))),
    "indexed": ("indexed", lambda _: True),
}
