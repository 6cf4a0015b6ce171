"""JSON pages to rows, by shape. Pure: values in, rows out.

A nested object that came before, to the byte, is not walked again. That is what makes pages cheap:
a hundred craft nest the same few configurations, agencies and images.
"""

from __future__ import annotations

import json
import marshal
from collections.abc import Collection, Iterable
from typing import Any

from ll2_mirror.errors import NotUnderstood
from ll2_mirror.ll2.model import Id, Key, Row, Shape, overlap
from ll2_mirror.ll2.page import Links, ids_of, links_of
from ll2_mirror.transform.layout import Drift, Layout

_REMEMBERED = 2000  # rows and objects, to bound the memory of a walk

Group = dict[Shape, dict[Any, Row]]  # rows of which none comes with two values, by shape and id


class Bad:
    """A record that can't be understood; ``id`` is None where it has none that could be one."""

    def __init__(self, shape: Shape, record: Any, error: NotUnderstood) -> None:
        id_ = ids_of([record])[0]
        self.id: Id | None = id_ if type(id_) is shape.id_type else None
        self.reason = str(error)
        self.record = record


class Normalizer:
    """Turns the records of one walk into rows, each nested object once as long as it is the same.

    ``drift`` fills with what was met: an id of an object that shows it, by Drift.

    A row can come with two values. The later one stands, so what was remembered is forgotten then,
    and a new group of rows begins::

        A{agency 1 "X"}  B{agency 1 "Y"}  C{agency 1 "X"}
        groups:  [agency 1 "X", A]  [agency 1 "Y", B]  [agency 1 "X", C]
    """

    def __init__(self) -> None:
        self.drift: dict[Drift, Id | None] = {}
        self._layouts: dict[Shape, Layout] = {}
        # The last row by shape and id, with the bytes of its object once that is whole.
        self._known: dict[tuple[str, Any], tuple[bytes, Row]] = {}
        self._forgotten = 0  # how often all that was known was forgotten
        self._links = Links("", "")
        self._rows: list[Row | None] = []  # of one record; None parts two groups
        self._drift: dict[Drift, Id | None] = {}  # of one record

    def page(
        self,
        shape: Shape,
        results: list[Any],
        bad: list[Bad] | None = None,
        places: Collection[int] | None = None,
    ) -> list[Group]:
        """The rows of a page's records in groups, each to be brought in after the one before.

        Of those at some ``places``, or of all. A record that can't be understood leaves no row and
        goes to ``bad``; without that it raises NotUnderstood, which names the record, the path of
        the key, what was expected and what came.
        """
        links = links_of(results)
        if links != self._links:
            self._forget()
            self._links = links
        groups: list[Group] = [{}]
        for number in range(len(results)) if places is None else places:
            record = results[number]
            try:
                _add(groups, self._record(shape, record))
            except NotUnderstood as error:
                error.where = _name(shape, record, number)
                if bad is None:
                    raise
                bad.append(Bad(shape, record, error))
                groups.append({})
        return groups

    def _record(self, shape: Shape, record: Any) -> list[Row | None]:
        """The rows of one record and all it nests, those it refers to before itself."""
        self._rows, self._drift = [], {}
        try:
            self._object(shape, record)
        except NotUnderstood:
            self._forget()
            raise
        for drift, id_ in self._drift.items():
            self.drift.setdefault(drift, id_)
        return self._rows

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
        before, _ = self._known.get(key, (b"", None))
        if before:
            if before == blob:
                return key[1]
            self._forget()
        forgotten = self._forgotten
        row = self._object(shape, value)
        if forgotten == self._forgotten:  # else others may nest what this one's parts overtook
            self._known[key] = blob, row
        return row.id

    def _emit(self, row: Row) -> None:
        """Adds a row, in a new group where it came with another value before."""
        key = (row.shape.name, row.id)
        known = self._known.get(key)
        if known and known[1] == row:
            return
        if known or len(self._known) >= _REMEMBERED or self._contradicts(row):
            self._forget()
        self._known[key] = b"", row
        self._rows.append(row)

    def _contradicts(self, row: Row) -> bool:
        """Whether a sibling shape brought other values for the same row."""
        if not row.shape.shared:
            return False
        for sibling in row.shape.siblings:
            if known := self._known.get((sibling.name, row.id)):
                theirs, places = known[1].values, overlap(sibling, row.shape)
                if any(theirs[a] != row.values[b] for a, b in places):
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


def _add(groups: list[Group], rows: Iterable[Row | None]) -> None:
    """Puts rows into the last group; None begins a new one."""
    for row in rows:
        if row is None:
            groups.append({})
        else:
            groups[-1].setdefault(row.shape, {})[row.id] = row


def _name(shape: Shape, record: Any, number: int) -> str:
    """How an error names a record: by its id where it has one."""
    id_ = record.get("id") if type(record) is dict else None
    if type(id_) in (int, str):
        return f"{shape.table} {id_ if type(id_) is int else json.dumps(id_)}"
    return f"{shape.table}, record {number + 1} of the page"
