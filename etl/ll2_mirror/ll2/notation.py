"""Reads the notations that shapes and filters are written in; each mistake is named."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TypeVar

from ll2_mirror.ll2.model import FILTER_KINDS, LOOKUPS, SCALARS, Filter, Key, Shape

T = TypeVar("T")


def by_name(where: str, named: Iterable[tuple[str, T]]) -> dict[str, T]:
    """What stands under each name; raises ValueError for a name that stands twice."""
    pairs = list(named)
    found = dict(pairs)
    if len(found) < len(pairs):
        times = Counter(name for name, _ in pairs)
        raise ValueError(f"{where}: {times.most_common(1)[0][0]} stands twice")
    return found


# Filters


def read_filters(text: str) -> tuple[Filter, ...]:
    """The filters written in resources.py's notation, in the order of their names.

    Raises ValueError for what isn't in that notation.
    """
    found = by_name("filters", ((one.name, one) for one in _filters(text.split())))
    return tuple(one for _, one in sorted(found.items()))


def _filters(tokens: Iterable[str]) -> Iterator[Filter]:
    for token in tokens:
        named, _, path = token.partition("=")
        name, _, kind = named.partition(":")
        base, _, lookup = name.rpartition("__")
        if not base or lookup not in LOOKUPS:
            base, lookup = name, LOOKUPS[0]
        plain = kind.rstrip("*") or "text"
        if plain not in FILTER_KINDS:
            raise ValueError(f"{name}: {plain} is no kind of filter")
        yield Filter(name, plain, path or base, lookup)
        more = LOOKUPS[2:] if kind.endswith("*") else ()
        yield from (Filter(f"{name}__{one}", plain, name, one) for one in more)


# Shapes

_HEAD = re.compile(r"(?P<name>[A-Z]\w*)(?: (?P<table>[a-z]\w*))?")
_KEY = re.compile(
    r"(?P<name>\w+)(?:=(?P<const>\w+)|:(?P<one>[A-Z]\w*)|:\[(?P<many>[A-Z]\w*)\]"
    r"|(?::(?P<kind>[a-z]\w*))?(?P<moving>~)?)"
)


def read_shapes(text: str) -> dict[str, Shape]:
    """The shapes written in shapes.py's notation, by name, tied to each other.

    Raises ValueError for what isn't in that notation, and for a shape that is missing.
    """
    blocks = re.split(r"\n(?=\w)", text.strip())
    shapes = by_name("shapes", ((one.name, one) for one in map(_shape, blocks)))
    siblings: dict[str, list[Shape]] = {}
    for shape in shapes.values():
        nesting = (key for key in shape.keys if key.kind in ("one", "many"))
        shape.nested = {key.name: _nested(shape, key, shapes) for key in nesting}
        if shape.table:
            shape.siblings = siblings.setdefault(shape.table, [])
            shape.siblings.append(shape)
    return shapes


def _shape(block: str) -> Shape:
    head, _, body = block.partition("\n")
    match = _HEAD.fullmatch(head)
    if not match:
        raise ValueError(f"no head of a shape: {head}")
    name, table = match.groups(default="")
    keys = by_name(name, ((key.name, key) for key in (_key(name, t) for t in body.split())))
    first = next((key.name for key in keys.values() if key.kind != "const"), "")
    if bool(table) != (first == "id"):
        raise ValueError(f"{name}: a shape has a table and begins with its id, or neither")
    return Shape(name, table, tuple(keys.values()))


def _key(shape: str, token: str) -> Key:
    match = _KEY.fullmatch(token)
    if not match:
        raise ValueError(f"{shape}: no key of a shape: {token}")
    if match.lastgroup in ("const", "one", "many"):
        return Key(match["name"], match.lastgroup, match[match.lastgroup])
    kind = match["kind"] or "str"
    if kind not in SCALARS:
        raise ValueError(f"{shape}.{match['name']}: {kind} is no kind of key")
    return Key(match["name"], kind, moving=bool(match["moving"]))


def _nested(shape: Shape, key: Key, shapes: dict[str, Shape]) -> Shape:
    if key.of not in shapes:
        raise ValueError(f"{shape.name}.{key.name}: there is no shape {key.of}")
    return shapes[key.of]
