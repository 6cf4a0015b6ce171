"""What a shape, a key and a resource are; shapes.py has those of LL2."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ll2_mirror.ll2.model import LOOKUPS, SCALARS, Filter, Key, Shape


def read_filters(text: str) -> tuple[Filter, ...]:
    """The filters written in shapes.py's notation, in the order of their names."""
    return tuple(sorted(_filters(text.split()), key=lambda one: one.name))


def _filters(tokens: Iterable[str]) -> Iterator[Filter]:
    for token in tokens:
        named, _, path = token.partition("=")
        name, _, kind = named.partition(":")
        base, _, lookup = name.rpartition("__")
        if not base or lookup not in LOOKUPS:
            base, lookup = name, LOOKUPS[0]
        yield Filter(name, kind.rstrip("*") or "text", path or base, lookup)
        if kind.endswith("*"):
            yield from (Filter(f"{name}__{one}", kind[:-1], name, one) for one in LOOKUPS[2:])


_TOKEN = re.compile(
    r"(?P<name>\w+)(?:=(?P<const>\w+)|:(?:\[(?P<many>\w+)\]|(?P<kind>\w+)))?(?P<moving>~)?"
)


def _key(token: str) -> Key:
    match = _TOKEN.fullmatch(token)
    if not match:
        raise ValueError(f"no key of a shape: {token}")
    name, const, many, kind, moving = match.group("name", "const", "many", "kind", "moving")
    if const:
        return Key(name, "const", const)
    if many:
        return Key(name, "many", many)
    if kind and kind not in SCALARS:
        return Key(name, "one", kind)
    return Key(name, kind or "str", moving=bool(moving))


def read_shapes(text: str) -> dict[str, Shape]:
    """The shapes written in shapes.py's notation, by name, tied to each other.

    Raises ValueError for what isn't in that notation, KeyError for a shape that is missing.
    """
    shapes: dict[str, Shape] = {}
    for block in re.split(r"\n(?=\w)", text.strip()):
        head, _, body = block.partition("\n")
        name, _, table = head.partition(" ")
        shapes[name] = Shape(name, table, tuple(map(_key, body.split())))
    for shape in shapes.values():
        shape.nested = {k.name: shapes[k.of] for k in shape.keys if k.kind in ("one", "many")}
        shape.siblings = [s for s in shapes.values() if s.table and s.table == shape.table]
    return shapes
