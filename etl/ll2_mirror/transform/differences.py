"""How two objects of one shape differ, by row and key, each value as its row stores it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from ll2_mirror.ll2.json import text
from ll2_mirror.ll2.model import Id, Shape
from ll2_mirror.ll2.page import Links

ORDER = "the order of its keys"  # what differs if the key of a place is None
_ABSENT = "nothing"


class Place(NamedTuple):
    """Where a value belongs: a key of a row; ``shape`` is empty if all its shapes share the key."""

    table: str
    id: Id | None
    key: str | None
    shape: str


class Difference(NamedTuple):
    """A value that the file renders differently than LL2 sent it; both as the row stores them."""

    record: str  # "spacecraft 201"
    path: str  # "spacecraft_config.agency.name"
    place: Place
    held: str
    sent: str


def differences(
    record: str,
    shape: Shape,
    sent: dict[str, Any],
    held: dict[str, Any],
    links: Links,
    path: str = "",
) -> Iterator[Difference]:
    """Each value in which the object that LL2 sent differs from the one that the file renders.

    Nested objects are compared value by value; ``path`` is that of the object in its record.
    """
    for name in (*dict.fromkeys((*sent, *held)), None):
        theirs, mine = form(shape, name, sent, links), form(shape, name, held, links)
        at = f"{path}.{ORDER if name is None else name}".lstrip(".")
        if theirs != mine:
            yield Difference(record, at, _place(shape, name, sent.get("id")), mine, theirs)
        elif name in shape.nested and sent[name]:
            inner = shape.nested[name]
            for below, one, other in _pairs(at, sent[name], held[name]):
                yield from differences(record, inner, one, other, links, below)


def _pairs(at: str, sent: Any, held: Any) -> Iterator[tuple[str, Any, Any]]:
    """The nested objects under a key, as sent and as held, each with its path."""
    if isinstance(sent, dict):
        yield at, sent, held
        return
    for place, (theirs, mine) in enumerate(zip(sent, held, strict=True)):
        yield f"{at}[{place}]", theirs, mine


def _place(shape: Shape, name: str | None, id_: Id | None) -> Place:
    key = name and shape.by_name.get(name)
    return Place(shape.table, id_, name, "" if key and key.column else shape.name)


def form(shape: Shape, name: str | None, value: dict[str, Any], links: Links) -> str:
    """A value as its row stores it, as text: a nested object is its id, a link its path.

    ``name`` is None for the order of the keys.
    """
    if name is None:
        return "as documented" if tuple(value) == shape.names else text(list(value))
    if name not in value:
        return _ABSENT
    item, inner, key = value[name], shape.nested.get(name), shape.by_name.get(name)
    if inner and item:
        return text(_of_nested(inner, item, links))
    if isinstance(item, str) and key and key.kind == "link":
        return text(links.path(item))
    return text(item)


def _of_nested(shape: Shape, item: Any, links: Links) -> Any:
    """Nested objects as their ids; objects without an id as their values, in this same form."""
    if isinstance(item, dict):
        return item["id"]
    if shape.table:
        return [nested["id"] for nested in item]
    return [{key: form(shape, key, nested, links) for key in nested} for nested in item]


def objects(shape: Shape, value: dict[str, Any]) -> Iterator[tuple[Shape, dict[str, Any]]]:
    """An object and all that it nests, in the order of their rows: the owner last."""
    for name, nested in shape.nested.items():
        item = value[name] or ()
        for inner in [item] if isinstance(item, dict) else item:
            yield from objects(nested, inner)
    yield shape, value
