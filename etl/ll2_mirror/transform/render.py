"""Rows to the API's JSON, by shape: the way back from normalize. Reads only.

Many objects of one shape are rendered at once, with one query for their rows and one for each key
that nests others, however many they are.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Any

from ll2_mirror.errors import DataError, NotHeld
from ll2_mirror.ll2.model import Id, Key, Shape, known_columns
from ll2_mirror.ll2.page import API_PATH
from ll2_mirror.ll2.schema import own_columns
from ll2_mirror.store.sql import IN, among, list_items, quoted
from ll2_mirror.transform.extra import completed

_BOOLS = {0: False, 1: True}  # anything else comes out as it is, and differs
Objects = dict[Any, dict[str, Any]]


class Renderer:
    """Renders what one file holds, with the links of the one who asks.

    ``base`` and ``suffix`` stand before and after the path of each link: ``https://host`` and
    ``?format=api``. ``nested`` keeps what records share, by shape: give the same again for the same
    state of the file, base and suffix.
    """

    def __init__(
        self,
        conn: sqlite3.Connection,
        base: str = "",
        suffix: str = "",
        nested: dict[str, Objects] | None = None,
    ) -> None:
        self._conn = conn
        self._base = base
        self._suffix = suffix
        self._known = nested

    def objects(self, shape: Shape, ids: Iterable[Id]) -> Objects:
        """The objects with these ids, spelled for ``jsontext.text``, by id.

        Raises NotHeld for a row that isn't there, or was never seen in a shape with these keys.
        """
        wanted = list(dict.fromkeys(ids))
        own = own_columns(shape)
        rows = self._conn.execute(
            f'SELECT id, {quoted((*own, *shape.columns))} FROM "{shape.table}" WHERE id {IN}',
            (among(wanted),),
        ).fetchall()
        if len(rows) < len(wanted):
            missing = sorted(set(wanted) - {row[0] for row in rows}, key=str)
            raise NotHeld(f"{shape.table} {missing[0]} is not in the file")
        if shape.shared:
            for row in rows:
                _check_seen(shape, row[0], row[2])
        values = {row[0]: list(row[1 + len(own) :]) for row in rows}
        self._fill_lists(shape, values)
        found = self._assemble(shape, values, {row[0]: row[1] for row in rows if row[1]})
        return {id_: found[id_] for id_ in wanted}

    def _assemble(
        self, shape: Shape, values: dict[Any, list[Any]], extras: dict[Any, str]
    ) -> Objects:
        """The objects of rows whose lists are filled; ``values`` are in the order of columns."""
        for place, key in enumerate(shape.stored):
            if key.kind == "one":
                self._fill(values, place, self._nested(shape, key, values, place))
            elif key.kind == "bool":
                for row in values.values():
                    row[place] = _BOOLS.get(row[place], row[place])
            elif key.kind == "link":
                for row in values.values():
                    row[place] = self._link(row[place])
        consts = [(i, key.of) for i, key in enumerate(shape.keys) if key.kind == "const"]
        found = {}
        for id_, row in values.items():
            for place, const in consts:
                row.insert(place, const)
            found[id_] = dict(zip(shape.names, row, strict=True))
            if id_ in extras:
                found[id_] = _completed(found[id_], shape, id_, extras[id_])
        return found

    def _nested(self, shape: Shape, key: Key, values: dict[Any, list[Any]], place: int) -> Objects:
        ids = {row[place] for row in values.values()} - {None}
        return self._shared(shape.nested[key.name], ids) if ids else {}

    def _shared(self, shape: Shape, ids: Iterable[Id]) -> Objects:
        """Objects that others nest, among them those with these ids."""
        if self._known is None:
            return self.objects(shape, ids)
        known = self._known.setdefault(shape.name, {})
        if missing := [id_ for id_ in ids if id_ not in known]:
            known.update(self.objects(shape, missing))
        return known

    @staticmethod
    def _fill(values: dict[Any, list[Any]], place: int, found: Objects) -> None:
        for row in values.values():
            row[place] = None if row[place] is None else found[row[place]]

    def _fill_lists(self, shape: Shape, values: dict[Any, list[Any]]) -> None:
        """Puts each list in the place of its count."""
        for place, key in enumerate(shape.stored):
            if key.kind != "many":
                continue
            item = shape.nested[key.name]
            owners = [id_ for id_, row in values.items() if row[place]]
            lists = list_items(self._conn, shape, key, owners) if owners else {}
            if item.table:
                objects = self._shared(item, (i for ids in lists.values() for i in ids))
                filled = {owner: [objects[i] for i in ids] for owner, ids in lists.items()}
            else:
                filled = {owner: self._owned(item, rows) for owner, rows in lists.items()}
            for id_, row in values.items():
                counted = row[place]
                if counted is None:
                    continue
                row[place] = filled.get(id_, [])
                if len(row[place]) != counted:
                    raise NotHeld(
                        f"{shape.list_table(key)} has {len(row[place])} of the {counted} items"
                        f" of {shape.table} {id_}"
                    )

    def _owned(self, shape: Shape, rows: list[Any]) -> list[dict[str, Any]]:
        """The objects of a list whose items have no id; a row is its columns and its extra."""
        values = {place: list(row[:-1]) for place, row in enumerate(rows)}
        extras = {place: row[-1] for place, row in enumerate(rows) if row[-1]}
        return list(self._assemble(shape, values, extras).values())

    def _link(self, stored: str | None) -> str | None:
        if isinstance(stored, str) and stored.startswith(API_PATH):
            return f"{self._base}{stored}{self._suffix}"
        return stored


def _check_seen(shape: Shape, id_: Id, seen: str | None) -> None:
    """Raises NotHeld unless the shapes that a row was seen in have all of the shape's columns."""
    names = (seen or "").split()
    if shape.name in names:
        return
    if not known_columns(shape, names).issuperset(shape.columns):
        raise NotHeld(
            f"{shape.table} {id_} was seen as {', '.join(names) or 'nothing'} only, which lacks"
            f" keys of {shape.name}: a sync with --mode detailed may bring them"
        )


def _completed(found: dict[str, Any], shape: Shape, id_: Any, extra: str) -> dict[str, Any]:
    """An object with what its columns can't hold; raises DataError, which names the row."""
    try:
        return completed(found, shape, extra)
    except DataError as error:
        raise DataError(f"{shape.table or shape.name} {id_}: {error}") from None
