"""JSON pages to rows, by shape. Pure: values in, rows out.

A nested object that came before, to the byte, is not walked again. That is what makes pages cheap:
a hundred craft nest the same few configurations, agencies and images.
"""

from __future__ import annotations

import json
import marshal
from typing import Any, NamedTuple

from ll2_mirror.errors import NotUnderstood
from ll2_mirror.ll2.model import Id, Key, Row, Shape, overlap, row_code
from ll2_mirror.ll2.page import Links, links_of
from ll2_mirror.transform.layout import Drift, Layout

_REMEMBERED = 2000  # rows and objects, to bound the memory of a walk
_NO_LINKS = Links("", "")

Group = dict[Shape, dict[Any, Row]]  # rows of which none comes with two values, by shape and id


class _Nested(NamedTuple):
    """A row that came before, and what tells whether its object comes again."""

    blob: bytes  # of the object once that is whole
    row: Row
    codes: tuple[int, ...] = ()  # of the rows of the object and all that it nests


class Normalizer:
    """Turns records into rows, each nested object once as long as it is the same.

    ``drift`` fills with what was met: an id of an object that shows it, by Drift.

    A row can come with two values. The later one stands, so what was remembered is forgotten then,
    and a new group of rows begins::

        A{agency 1 "X"}  B{agency 1 "Y"}  C{agency 1 "X"}
        groups:  [agency 1 "X", A]  [agency 1 "Y", B]  [agency 1 "X", C]
    """

    def __init__(self) -> None:
        self.drift: dict[Drift, Id | None] = {}
        self._groups: list[Group] = [{}]
        self._layouts: dict[Shape, Layout] = {}
        self._known: dict[tuple[str, Any], _Nested] = {}  # the last row by shape and id
        self._forgotten = 0  # how often all that was known was forgotten
        self._links = _NO_LINKS
        self._rows: list[Row | None] = []  # of one record; None parts two groups
        self._codes: list[int] = []  # of one record: of each row that it makes
        self._drift: dict[Drift, Id | None] = {}  # of one record

    def add(self, shape: Shape, record: Any, place: int = 0) -> list[int]:
        """Takes up the rows of a record; gives the code of each, see ``row_code``.

        Raises NotUnderstood, which names the record (one without an id by its ``place`` on its
        page), the path of the key, what was expected and what came; it then leaves no row.
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
        """The rows taken up so far in groups, each to be written after the one before."""
        groups, self._groups = self._groups, [{}]
        return [group for group in groups if group]

    def _object(self, shape: Shape, value: Any) -> Row:
        """The row of an object, which is emitted behind the rows of all that it nests."""
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
        if forgotten == self._forgotten:  # else a row that it nests came with two values
            self._known[key] = _Nested(blob, row, tuple(self._codes[first:]))
        return row.id

    def _emit(self, row: Row) -> None:
        """Adds a row, in a new group where it came with another value before."""
        key = (row.shape.name, row.id)
        before = self._known.get(key)
        if before and before.row == row:
            return
        if before or len(self._known) >= _REMEMBERED or self._contradicts(row):
            self._forget()
        self._known[key] = _Nested(b"", row)
        self._rows.append(row)

    def _contradicts(self, row: Row) -> bool:
        """Whether a sibling shape brought other values for the same row, or either has an extra."""
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
        """Forgets all that is known: others may nest the value that a row overtakes.

        If one like them comes later, it must be seen; so must those that are being walked now.
        """
        self._known.clear()
        self._forgotten += 1
        self._rows.append(None)


def _blob(value: dict[str, Any]) -> bytes:
    """What tells an object from others, keys in order and all; empty where it has a Number.

    Not ==, to which 1, 1.0 and True, and any order of keys, are the same.
    """
    try:
        return marshal.dumps(value, 2)
    except ValueError:
        return b""


def _name(shape: Shape, record: Any, place: int) -> str:
    """How an error names a record: by its id where it has one."""
    id_ = record.get("id") if type(record) is dict else None
    if type(id_) in (int, str):
        return f"{shape.table} {id_ if type(id_) is int else json.dumps(id_)}"
    return f"{shape.table}, record {place + 1} of the page"
