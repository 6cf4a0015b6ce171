"""Turns the JSON of pages into rows, by shape. Pure: values in, rows out.

A nested object that is the same, byte for byte, as the last one with its id is not read again. This
makes it fast: a hundred spacecraft nest the same few configurations, agencies and images.
"""

from __future__ import annotations

import json
import marshal
from typing import Any, NamedTuple

from ll2_mirror.errors import NotUnderstood
from ll2_mirror.ll2.model import Id, Key, Row, Shape, overlap, row_code
from ll2_mirror.ll2.page import Links, links_of
from ll2_mirror.transform.layout import Drift, Layout

_REMEMBERED = 2000  # rows and objects, to limit memory
_NO_LINKS = Links("", "")

Group = dict[Shape, dict[Any, Row]]  # rows by shape and id, each with one value


class _Nested(NamedTuple):
    """The last row of an id, with the bytes of its object to compare the next one with."""

    blob: bytes  # of the object; empty until all of it is read
    row: Row
    codes: tuple[int, ...] = ()  # of the rows of the object and all that it nests


class Normalizer:
    """Turns records into rows; reads each nested object only once as long as it is the same.

    ``drift`` collects each Drift with the id of an example.

    If a row comes with two values, the later one wins: what was remembered is forgotten, and a
    new group of rows begins::

        A{agency 1 "X"}  B{agency 1 "Y"}  C{agency 1 "X"}
        groups:  [agency 1 "X", A]  [agency 1 "Y", B]  [agency 1 "X", C]
    """

    def __init__(self) -> None:
        self.drift: dict[Drift, Id | None] = {}
        self._groups: list[Group] = [{}]
        self._layouts: dict[Shape, Layout] = {}
        self._known: dict[tuple[str, Any], _Nested] = {}  # the last row by shape and id
        self._forgotten = 0  # how often ``_known`` was cleared
        self._links = _NO_LINKS
        self._rows: list[Row | None] = []  # of one record; None separates two groups
        self._codes: list[int] = []  # of one record: the code of each of its rows
        self._drift: dict[Drift, Id | None] = {}  # of one record

    def add(self, shape: Shape, record: Any, place: int = 0) -> list[int]:
        """Adds the rows of a record; returns the code of each, see ``row_code``.

        Raises NotUnderstood, which names the record (one without an id by its ``place`` on its
        page), the path of the key, the expected and the actual value; then no row is added.
        """
        self._rows, self._codes, self._drift = [], [], {}
        links = links_of([record])
        if links not in (self._links, _NO_LINKS):
            self._forget()
            self._links = links
        try:
            self._object(shape, record)
        except NotUnderstood as error:
            self._forget()
            self._groups.append({})
            error.where = _name(shape, record, place)
            raise
        for drift, id_ in self._drift.items():
            self.drift.setdefault(drift, id_)
        for row in self._rows:
            if row is None:
                self._groups.append({})
            else:
                self._groups[-1].setdefault(row.shape, {})[row.id] = row
        return self._codes

    def take(self) -> list[Group]:
        """Returns the groups of rows added since the last call, to be written in this order."""
        groups, self._groups = self._groups, [{}]
        return [group for group in groups if group]

    def _object(self, shape: Shape, value: Any) -> Row:
        """The row of an object, which is added after the rows of all that it nests."""
        layout = self._layouts.get(shape)
        if layout is None:
            layout = self._layouts[shape] = Layout(shape, self._note)
        values, extra = layout.read(value)
        for place in layout.links:
            if values[place] is not None:
                values[place] = self._links.path(values[place])
        for place, key, nested in layout.nested:
            if values[place] is not None:
                values[place] = self._nest(key, nested, values[place])
        id_ = values[layout.id_place] if layout.id_place >= 0 else None
        for place, _ in layout.consts:
            del values[place]
        row = Row(shape, id_, tuple(values), extra)
        if shape.table:
            assert id_ is not None
            self._codes.append(row_code(shape, id_))
            self._emit(row)
        return row

    def _note(self, drift: Drift, id_: Id | None) -> None:
        self._drift.setdefault(drift, id_)

    def _nest(self, key: Key, shape: Shape, value: Any) -> Any:
        """The value of a nested object or list in its owner's row: ids, or rows without an id."""
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
        """The id of a nested object, which is read only if it differs from the last one."""
        if not shape.table:
            return self._object(shape, value)
        if type(value) is not dict or type(value.get("id")) is not shape.id_type:
            return self._object(shape, value).id
        key, blob = (shape.name, value["id"]), _blob(value)
        before = self._known.get(key)
        if before and before.blob:
            if before.blob == blob:
                self._codes += before.codes
                return key[1]
            self._forget()
        forgotten, first = self._forgotten, len(self._codes)
        row = self._object(shape, value)
        if forgotten == self._forgotten:  # else a row that it nests has two values: don't cache it
            self._known[key] = _Nested(blob, row, tuple(self._codes[first:]))
        return row.id

    def _emit(self, row: Row) -> None:
        """Adds a row; in a new group if it had another value before."""
        key = (row.shape.name, row.id)
        before = self._known.get(key)
        if before and before.row == row:
            return
        if before or len(self._known) >= _REMEMBERED or self._contradicts(row):
            self._forget()
        self._known[key] = _Nested(b"", row)
        self._rows.append(row)

    def _contradicts(self, row: Row) -> bool:
        """Whether another shape's row with this id has other values, or either has an extra."""
        if not row.shape.shared:
            return False
        for sibling in row.shape.siblings:
            if before := self._known.get((sibling.name, row.id)):
                theirs, places = before.row, overlap(sibling, row.shape)
                if row.extra or theirs.extra:
                    return True
                if any(theirs.values[a] != row.values[b] for a, b in places):
                    return True
        return False

    def _forget(self) -> None:
        """Forgets all objects: any of them may nest the value that a row has now replaced.

        If such an object comes again, it must be read again. So must those that are being read.
        """
        self._known.clear()
        self._forgotten += 1
        self._rows.append(None)


def _blob(value: dict[str, Any]) -> bytes:
    """Bytes that are equal only for identical objects; empty if the object has a Number.

    Not ==, for which 1, 1.0 and True, or another order of keys, are equal.
    """
    try:
        return marshal.dumps(value, 2)
    except ValueError:
        return b""


def _name(shape: Shape, record: Any, place: int) -> str:
    """How an error names a record: by its id if it has one."""
    id_ = record.get("id") if type(record) is dict else None
    if type(id_) in (int, str):
        return f"{shape.table} {id_ if type(id_) is int else json.dumps(id_)}"
    return f"{shape.table}, record {place + 1} of the page"
