"""Reads one JSON object by its shape: its values in the shape's order, and what doesn't fit.

An object with the same keys and types as an earlier one is checked by comparing two tuples; only
other objects are read key by key.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from ll2_mirror.errors import NotAPage, NotUnderstood
from ll2_mirror.ll2.json import Number, quote, spell, text
from ll2_mirror.ll2.model import SCALARS, Id, Key, Shape
from ll2_mirror.ll2.page import API_PATH, INT64

_SIGNATURES = 1000  # combinations of types remembered per shape


class Drift(NamedTuple):
    """Something that LL2's document doesn't mention; kept, rendered back, and reported."""

    shape: str
    key: str
    what: str


Note = Callable[[Drift, Id | None], None]  # takes a Drift and the id of an example

# What a key of each kind may be, in words and as Python types.
_EXPECTED = {kind: words for kind, (words, _, _) in SCALARS.items()}
_EXPECTED |= {"const": "text", "one": "an object", "many": "a list"}
_TYPES = {kind: types for kind, (_, types, _) in SCALARS.items()}
_TYPES |= {"float": (float, int, Number), "const": (str,), "one": (dict,), "many": (list,)}


def _never(_: Any) -> bool:
    return False


def _minus_zero(value: float) -> bool:
    return value == 0 and math.copysign(1, value) < 0


# By kind: whether a value of the usual type still doesn't fit its column.
_ODD: dict[str, Callable[[Any], bool]] = {
    "int": lambda value: value not in INT64,
    "float": _minus_zero,
    "link": lambda value: value.startswith(API_PATH),  # would be taken for the path of a link
    "uuid": lambda value: "\0" in value,
}


def _refuse(expected: str) -> Callable[[Any], Any]:
    def refuse(value: Any) -> Any:
        raise NotUnderstood(expected, quote(value))

    return refuse


# By kind: what the column holds in place of such a value, which ``_extra`` has exactly.
_IN_PLACE: dict[str, Callable[[Any], Any]] = {
    "const": lambda value: value,
    "float": lambda value: float(value) if abs(value) < 1e300 else None,
    "int": _refuse("an integer of at most 64 bits"),
    "link": lambda _: None,
    "uuid": _refuse("a UUID"),
}


class Layout:
    """A shape prepared for speed: the indexes of the values that need more than a type check."""

    def __init__(self, shape: Shape, note: Note) -> None:
        def places(*kinds: str) -> tuple[int, ...]:
            return tuple(i for i, key in enumerate(shape.keys) if key.kind in kinds)

        self.shape = shape
        self.links = places("link")
        self.consts = [(i, shape.keys[i].of) for i in reversed(places("const"))]
        self.nested = [
            (i, shape.keys[i], shape.nested[shape.keys[i].name]) for i in places("one", "many")
        ]
        self.id_place = next((i for i, key in enumerate(shape.keys) if key.name == "id"), -1)
        self._note = note
        self._names = shape.names
        self._known = frozenset(shape.names)
        self._signatures: set[tuple[type, ...]] = set()
        self._checked = [(i, _ODD[shape.keys[i].kind]) for i in places(*_ODD)]

    def read(self, value: Any) -> tuple[list[Any], str | None]:
        """The values in the shape's order, and the JSON of what the columns can't hold, or None.

        Raises NotUnderstood.
        """
        if type(value) is dict and tuple(value) == self._names:
            values = list(value.values())
            if self._is_familiar(values):
                return values, None
        return self._inspect(value)

    def _is_familiar(self, values: list[Any]) -> bool:
        """Whether nothing about the values needs a closer look."""
        if tuple(map(type, values)) not in self._signatures:
            return False
        for place, is_odd in self._checked:
            if values[place] is not None and is_odd(values[place]):
                return False
        return all(values[place] == const for place, const in self.consts)

    def _inspect(self, value: Any) -> tuple[list[Any], str | None]:
        """Reads an object key by key; remembers its types if all of it fits."""
        if type(value) is not dict:
            raise NotUnderstood("an object", quote(value))
        values, exact = [], {}
        for key in self.shape.keys:
            column, as_is = _of_key(key, value)
            values.append(column)
            if not as_is:
                exact[key.name] = spell(value[key.name])
        if len(value) > len(values):
            exact |= {name: _kept(name, value[name]) for name in value if name not in self._known}
        if exact or tuple(value) != self._names:
            return values, self._odd(value, exact)
        if len(self._signatures) >= _SIGNATURES:
            self._signatures.clear()
        self._signatures.add(tuple(map(type, value.values())))
        return values, None

    def _odd(self, value: dict[str, Any], exact: dict[str, Any]) -> str:
        """The ``_extra`` of an object that doesn't fit; reports its drift."""
        extra: dict[str, Any] = {"values": exact}
        if tuple(value) != self._names:
            extra["keys"] = list(value)
        id_ = value.get("id") if self.shape.table else None
        for key, what in self._drift(value, exact):
            self._note(Drift(self.shape.name, key, what), id_)
        return text(extra)

    def _drift(self, value: dict[str, Any], exact: dict[str, Any]) -> Iterator[tuple[str, str]]:
        """Each key of an object that differs from LL2's document, with how it differs."""
        for place, const in self.consts:
            if (name := self._names[place]) in exact:
                yield name, f"is {quote(value[name])}, not {quote(const)}"
        unknown = [key for key in exact if key not in self._known]
        yield from ((key, "unknown key") for key in unknown)
        if not unknown and tuple(value) != self._names:
            yield "", "keys in another order"


def _of_key(key: Key, value: dict[str, Any]) -> tuple[Any, bool]:
    """The column's value for a key of an object, and whether that value is exact."""
    try:
        if key.name not in value:
            raise NotUnderstood(_EXPECTED[key.kind], "no such key")
        return _in_column(key, value[key.name])
    except NotUnderstood as error:
        raise error.inside(key.name) from None


def _in_column(key: Key, value: Any) -> tuple[Any, bool]:
    if value is None and key.name != "id":
        return None, key.kind != "const"
    if type(value) not in _TYPES[key.kind]:
        raise NotUnderstood(_EXPECTED[key.kind], quote(value))
    usual = type(value) is _TYPES[key.kind][0] and not _ODD.get(key.kind, _never)(value)
    if key.kind == "const":
        usual = value == key.of
    return (value, True) if usual else (_IN_PLACE[key.kind](value), False)


def _kept(name: str, value: Any) -> Any:
    """The value of an unknown key, spelled."""
    try:
        return spell(value)
    except NotAPage:
        raise NotUnderstood("fewer levels of nesting", "too many").inside(name) from None
