"""JSON pages to rows, by shape. Pure: values in, rows out.

The hot path never looks at a value twice. A record whose keys and types were met before is checked
by comparing two tuples; a nested object that came before, to the byte, is not walked again.
"""

from __future__ import annotations

import json
import marshal
import math
from typing import Any, NamedTuple

from ll2_mirror.errors import NotAPage, NotUnderstood
from ll2_mirror.ll2.jsontext import Number, quote, spell, text
from ll2_mirror.ll2.model import SCALARS, Id, Key, Row, Shape, overlap
from ll2_mirror.ll2.page import API_PATH, INT64, Links, ids_of, links_of

_CACHE = 2000  # nested objects remembered, to bound the memory of a walk
_SIGNATURES = 1000  # combinations of types remembered by shape


class Drift(NamedTuple):
    """Something that LL2's document doesn't know; kept, rendered back, and reported."""

    shape: str
    key: str
    what: str


class Bad(NamedTuple):
    """A record that can't be understood."""

    id: Id | None  # None: it has none that could be one
    reason: str
    record: Any


class Layout:
    """A shape as the hot path wants it: the places of the values that need more than a type."""

    def __init__(self, shape: Shape) -> None:
        def places(*kinds: str) -> tuple[int, ...]:
            return tuple(i for i, key in enumerate(shape.keys) if key.kind in kinds)

        self.shape = shape
        self.names = shape.names
        self.signatures: set[tuple[type, ...]] = set()
        self.ints = places("int")
        self.floats = places("float")
        self.links = places("link")
        self.uuids = places("uuid")
        self.consts = [(i, shape.keys[i].of) for i in reversed(places("const"))]
        self.nested = [
            (i, shape.keys[i], shape.nested[shape.keys[i].name]) for i in places("one", "many")
        ]
        self.id_place = next((i for i, key in enumerate(shape.keys) if key.name == "id"), -1)

    def familiar(self, values: list[Any]) -> bool:
        """Whether nothing about the values needs a closer look."""
        if tuple(map(type, values)) not in self.signatures:
            return False
        for place in self.ints:
            if values[place] is not None and values[place] not in INT64:
                return False
        for place in self.floats:
            if values[place] == 0 and math.copysign(1, values[place]) < 0:
                return False
        for place in self.links:
            if values[place] is not None and values[place].startswith(API_PATH):
                return False
        for place in self.uuids:
            if values[place] is not None and "\0" in values[place]:
                return False
        return all(values[place] == const for place, const in self.consts)


class Normalizer:
    """Turns the records of one walk into rows, each nested object once as long as it is the same.

    ``drift`` fills with what was met: an id of an object that shows it, by Drift.
    """

    def __init__(self) -> None:
        self.drift: dict[Drift, Id | None] = {}
        self._layouts: dict[str, Layout] = {}
        self._known: dict[tuple[str, Id], tuple[bytes, tuple[Any, ...]]] = {}
        self._forgotten = 0  # how often all that was known was forgotten
        self._links = Links("", "")
        self._rows: list[Row] = []

    def page(
        self, shape: Shape, results: list[Any], bad: list[Bad] | None = None
    ) -> tuple[list[Row], list[Id]]:
        """The rows of a page's records, nested ones before those they belong to, and the ids.

        A row stands again for each time it arrives with other values. A record that can't be
        understood leaves no row and goes to ``bad``; without that it raises NotUnderstood, which
        names the record, the path of the key, what was expected and what came.
        """
        links = links_of(results)
        if links != self._links:
            self._forget()
            self._links = links
        self._rows = []
        ids: list[Id] = []
        for number, record in enumerate(results):
            before, known = len(self._rows), len(self.drift)
            try:
                ids.append(self._object(shape, record)[0])
            except NotUnderstood as error:
                error.where = _name(shape, record, number)
                if bad is None:
                    raise
                del self._rows[before:]
                for drift in list(self.drift)[known:]:
                    del self.drift[drift]
                self._forget()
                bad.append(Bad(_id_of(shape, record), str(error), record))
        return self._rows, ids

    def _object(self, shape: Shape, value: Any) -> tuple[Any, tuple[Any, ...], str | None]:
        """Emits the rows of an object and all that it nests; gives its id, values and extra."""
        layout = self._layouts.get(shape.name)
        if layout is None:
            layout = self._layouts[shape.name] = Layout(shape)
        extra = None
        if type(value) is dict and tuple(value) == layout.names:
            values = list(value.values())
            if not layout.familiar(values):
                values, extra = self._inspect(layout, value)
        else:
            values, extra = self._inspect(layout, value)
        for place in layout.links:
            if values[place] is not None:
                values[place] = self._links.path(values[place])
        for place, key, nested in layout.nested:
            if values[place] is not None:
                values[place] = self._nest(key, nested, values[place])
        id_ = values[layout.id_place] if layout.id_place >= 0 else None
        for place, _ in layout.consts:
            del values[place]
        row = tuple(values)
        if shape.table:
            if shape.shared and self._contradicts(shape, id_, row):
                self._forget()
            self._rows.append(Row(shape, id_, row, extra))
        return id_, row, extra

    def _nest(self, key: Key, shape: Shape, value: Any) -> Any:
        """What the owner's row holds of a nested object or list: ids, or rows that have none."""
        if key.kind == "one":
            try:
                return self._once(shape, value)
            except NotUnderstood as error:
                raise error.inside(key.name) from None
        items = []
        for place, item in enumerate(value):
            try:
                items.append(self._once(shape, item))
            except NotUnderstood as error:
                raise error.inside(key.name, f"[{place}]") from None
        return tuple(items)

    def _once(self, shape: Shape, value: Any) -> Any:
        """The id of a nested object, walked only where it isn't the one that came last."""
        if not shape.table:
            _, values, extra = self._object(shape, value)
            return Row(shape, None, values, extra)
        if type(value) is not dict or type(value.get("id")) is not shape.id_type:
            return self._object(shape, value)[0]
        known = (shape.name, value["id"])
        try:
            # Not ==, to which 1, 1.0 and True, and any order of keys, are the same.
            blob = marshal.dumps(value, 2)
        except ValueError:  # a Number
            blob = b""
        before = self._known.get(known)
        if before and before[0] == blob:
            return known[1]
        if before or len(self._known) >= _CACHE:
            self._forget()
        forgotten = self._forgotten
        id_, values, _ = self._object(shape, value)
        if blob and forgotten == self._forgotten:
            self._known[known] = blob, values
        return id_

    def _forget(self) -> None:
        """Forgets all objects: others may nest the value that one overtakes.

        If one like them comes later, it must be seen; so must those that are being walked now.
        """
        self._known.clear()
        self._forgotten += 1

    def _contradicts(self, shape: Shape, id_: Any, values: tuple[Any, ...]) -> bool:
        """Whether a sibling shape brought other values for the same row."""
        for sibling in shape.siblings:
            before = self._known.get((sibling.name, id_))
            if before and any(before[1][a] != values[b] for a, b in overlap(sibling, shape)):
                return True
        return False

    def _inspect(self, layout: Layout, value: Any) -> tuple[list[Any], str | None]:
        """The values in the shape's order and what the columns can't hold, each key looked at.

        Raises NotUnderstood. What is understood and unremarkable, the layout remembers.
        """
        shape = layout.shape
        if type(value) is not dict:
            raise NotUnderstood("an object", quote(value))
        values, exact = [], {}
        for key in shape.keys:
            if key.name not in value:
                raise NotUnderstood(_expected(key), "no such key").inside(key.name)
            item = value[key.name]
            try:
                column_value, as_is = self._scalar(key, item)
            except NotUnderstood as error:
                raise error.inside(key.name) from None
            values.append(column_value)
            if not as_is:
                exact[key.name] = spell(item)
                if key.kind == "const":
                    self._drifts(shape, key.name, f"is {quote(item)}, not {quote(key.of)}", value)
        known = set(layout.names)
        for name in value:
            if name not in known:
                exact[name] = _kept(name, value[name])
                self._drifts(shape, name, "unknown key", value)
        if not exact and tuple(value) == layout.names:
            if len(layout.signatures) >= _SIGNATURES:
                layout.signatures.clear()
            layout.signatures.add(tuple(map(type, value.values())))
            return values, None
        extra: dict[str, Any] = {"values": exact}
        if tuple(value) != layout.names:
            extra["keys"] = list(value)
            if len(value) == len(layout.names):
                self._drifts(shape, "", "keys in another order", value)
        return values, text(extra)

    def _drifts(self, shape: Shape, key: str, what: str, value: dict[str, Any]) -> None:
        id_ = value.get("id") if shape.table else None
        self.drift.setdefault(Drift(shape.name, key, what), id_)

    def _scalar(self, key: Key, value: Any) -> tuple[Any, bool]:
        """The value for the column, and whether that is all there is to it."""
        if value is None:
            if key.name == "id":
                raise NotUnderstood(_expected(key), "null")
            return None, key.kind != "const"
        if key.kind == "const":
            if type(value) is not str:
                raise NotUnderstood("text", quote(value))
            return value, value == key.of
        if key.kind in ("one", "many"):
            if type(value) is not (dict if key.kind == "one" else list):
                raise NotUnderstood(_expected(key), quote(value))
            return value, True
        if key.kind == "float" and type(value) in (int, Number):
            number = float(value) if abs(value) < 1e300 else None
            return number, False
        if type(value) not in SCALARS[key.kind][1]:
            raise NotUnderstood(_expected(key), quote(value))
        if type(value) is int and value not in INT64:
            raise NotUnderstood("an integer of at most 64 bits", quote(value))
        if key.kind == "link" and value.startswith(API_PATH):
            return None, False  # else it would be taken for the path of a link
        if key.kind == "uuid" and "\0" in value:
            raise NotUnderstood("a UUID", quote(value))
        return value, not (key.kind == "float" and value == 0 and math.copysign(1, value) < 0)


def _kept(name: str, value: Any) -> Any:
    """The value of an unknown key, spelled."""
    try:
        return spell(value)
    except NotAPage:
        raise NotUnderstood("fewer levels of nesting", "too many").inside(name) from None


def _expected(key: Key) -> str:
    """What a key holds, in words."""
    nested = {"const": "text", "one": "an object", "many": "a list"}
    return nested.get(key.kind) or SCALARS[key.kind][0]


def _id_of(shape: Shape, record: Any) -> Id | None:
    """The id of a record that isn't understood, where that much is."""
    id_ = ids_of([record])[0]
    return id_ if type(id_) is shape.id_type else None


def _name(shape: Shape, record: Any, number: int) -> str:
    """How an error names a record: by its id where it has one."""
    id_ = record.get("id") if type(record) is dict else None
    if type(id_) in (int, str):
        return f"{shape.table} {id_ if type(id_) is int else json.dumps(id_)}"
    return f"{shape.table}, record {number + 1} of the page"
