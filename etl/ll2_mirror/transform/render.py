"""Renders rows as the API's JSON, by shape: the reverse of normalize. Reads only.

Renders many objects of one shape at once, with one query for their rows and one for each key with
nested objects, however many objects there are.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from types import NoneType
from typing import Any, NamedTuple

from ll2_mirror.errors import DataError, NotInMirror
from ll2_mirror.ll2.model import Id, Key, Shape, known_columns
from ll2_mirror.ll2.page import API_PATH, links_of
from ll2_mirror.ll2.schema import own_columns, tables
from ll2_mirror.store.sql import IN, among, list_items, quoted
from ll2_mirror.transform.extra import apply_extra

_BOOLS = {0: False, 1: True}
_TYPES = {"INTEGER": (int, "integer"), "REAL": (float, "number"), "TEXT": (str, "text")}
_INFINITE = {math.inf, -math.inf}
Objects = dict[Any, dict[str, Any]]
Values = dict[Any, Any]  # of one key, without nulls, by the object's id
Rows = dict[Any, list[Any]]  # the values of the stored keys, by id


class Renderer(NamedTuple):
    """Renders objects of one file, with the links for one client.

    ``base`` and ``suffix`` come before and after the path of each link: ``https://host`` and
    ``?format=api``. ``nested`` caches shared objects by shape: reuse it only for the same state of
    the file, base and suffix.
    """

    conn: sqlite3.Connection
    base: str = ""
    suffix: str = ""
    nested: dict[str, Objects] | None = None

    def objects(self, shape: Shape, ids: Iterable[Id]) -> Objects:
        """The objects with these ids, spelled for ``json.text``, by id.

        Raises NotInMirror for a missing row, or one never received with these keys; DataError for
        a damaged one.
        """
        unique = list(dict.fromkeys(ids))
        own = len(own_columns(shape))
        columns = quoted((*own_columns(shape), *shape.columns))
        sql = f'SELECT id, {columns} FROM "{shape.table}" WHERE id {IN}'
        rows = {id_: row for id_, *row in self.conn.execute(sql, (among(unique),))}
        _check_types(shape.table, (*own_columns(shape), *shape.columns), list(rows.items()))
        for id_ in unique:
            _check_held(shape, id_, rows.get(id_))
        extras = {id_: row[0] for id_, row in rows.items() if row[0]}
        return self._assemble(shape, {id_: rows[id_][own:] for id_ in unique}, extras)

    def _assemble(self, shape: Shape, rows: Rows, extras: dict[Any, str]) -> Objects:
        """The objects of rows; ``extras`` has what their columns can't hold, by id."""
        for place, key in enumerate(shape.stored):
            if render := _RENDERERS.get(key.kind):
                values = {id_: row[place] for id_, row in rows.items() if row[place] is not None}
                for id_, value in render(self, shape, key, values).items():
                    rows[id_][place] = value
        consts = [(i, key.of) for i, key in enumerate(shape.keys) if key.kind == "const"]
        for row in rows.values() if consts else ():
            for place, const in consts:
                row.insert(place, const)
        objects = {id_: dict(zip(shape.names, row, strict=True)) for id_, row in rows.items()}
        for id_, extra in extras.items():
            objects[id_] = _with_extra(objects[id_], shape, id_, extra)
        return objects

    def _ones(self, shape: Shape, key: Key, ids: Values) -> Values:
        """The nested object for each id."""
        objects = self._shared(shape.nested[key.name], set(ids.values())) if ids else {}
        return {id_: objects[nested] for id_, nested in ids.items()}

    def _lists(self, shape: Shape, key: Key, counts: Values) -> Values:
        """The list for each count."""
        item = shape.nested[key.name]
        items = list_items(self.conn, shape, key, counts) if any(counts.values()) else {}
        _check_types(
            shape.list_table(key),
            (item.list_column,) if item.table else (*item.columns, "_extra"),
            [(owner, (row,) if item.table else row) for owner in items for row in items[owner]],
        )
        if item.table:
            objects = self._shared(item, (id_ for ids in items.values() for id_ in ids))
            lists = {owner: [objects[id_] for id_ in ids] for owner, ids in items.items()}
        else:
            lists = {owner: self._owned(item, rows) for owner, rows in items.items()}
        for id_, count in counts.items():
            if len(lists.setdefault(id_, [])) != count:
                raise NotInMirror(
                    f"{shape.list_table(key)} has {len(lists[id_])} of the {count} items"
                    f" of {shape.table} {id_}"
                )
        return lists

    def _owned(self, shape: Shape, rows: list[Any]) -> list[dict[str, Any]]:
        """The objects of a list whose items have no id, from rows of columns and extra."""
        values = {place: list(row[:-1]) for place, row in enumerate(rows)}
        extras = {place: row[-1] for place, row in enumerate(rows) if row[-1]}
        return list(self._assemble(shape, values, extras).values())

    def _shared(self, shape: Shape, ids: Iterable[Id]) -> Objects:
        """The cache of nested objects, with those that have these ids added."""
        if self.nested is None:
            return self.objects(shape, ids)
        known = self.nested.setdefault(shape.name, {})
        if missing := [id_ for id_ in ids if id_ not in known]:
            known.update(self.objects(shape, missing))
        return known

    def _link(self, stored: Any) -> Any:
        if isinstance(stored, str) and stored.startswith(API_PATH):
            return f"{self.base}{stored}{self.suffix}"
        return stored


# By kind: converts column values to JSON values; other kinds need no conversion.
_RENDERERS: dict[str, Callable[[Renderer, Shape, Key, Values], Values]] = {
    "one": Renderer._ones,
    "many": Renderer._lists,
    "bool": lambda _, *args: _booleans(*args),
    "link": lambda self, _shape, _key, paths: {i: self._link(path) for i, path in paths.items()},
}


def _booleans(shape: Shape, key: Key, values: Values) -> Values:
    """True and false for 1 and 0."""
    for id_, value in values.items():
        if value not in _BOOLS:
            raise DataError(f"{shape.table} {id_}: {key.name} is {value}, neither 0 nor 1")
    return {id_: _BOOLS[value] for id_, value in values.items()}


def _check_types(
    table: str, columns: Iterable[str], rows: Sequence[tuple[Any, Sequence[Any]]]
) -> None:
    """Raises DataError for a value of another type than its column's, which no sync writes.

    SQLite doesn't enforce types. Each row comes with its id.
    """
    ids, values = zip(*rows, strict=True) if rows else ((), ())
    types = {column.name: column.type for column in tables()[table]}
    for name, column in zip(columns, zip(*values, strict=True), strict=bool(rows)):
        right, words = _TYPES[types[name]]
        wrong = {*map(type, column)} - {right, NoneType}
        if wrong or (right is float and not _INFINITE.isdisjoint(column)):
            id_, value = next(
                (id_, value)
                for id_, value in zip(ids, column, strict=True)
                if type(value) in wrong or value in _INFINITE
            )
            raise DataError(f"{table} {id_!r:.40}: {name} is {value!r:.60}, which is no {words}")


def _check_held(shape: Shape, id_: Id, row: list[Any] | None) -> None:
    """Raises NotInMirror unless a row exists and has had values for all of the shape's columns."""
    if row is None:
        raise NotInMirror(f"{shape.table} {id_} is not in the file")
    names = (row[1] or "").split() if shape.shared else [shape.name]
    if shape.name in names or known_columns(shape, names).issuperset(shape.columns):
        return
    raise NotInMirror(
        f"{shape.table} {id_} was only received as {', '.join(names) or 'nothing'}, which lacks"
        f" keys of {shape.name}: a sync with --mode detailed may fetch them"
    )


def _with_extra(value: dict[str, Any], shape: Shape, id_: Any, extra: str) -> dict[str, Any]:
    """Adds to an object what its columns can't hold; raises DataError, which names the row."""
    try:
        return apply_extra(value, shape, extra)
    except DataError as error:
        raise DataError(f"{shape.table or shape.name} {id_}: {error}") from None


Finder = Callable[[Shape, Any], Any]  # the object of a row in a shape, by its id


def projected(
    own: Shape, record: Any, shape: Shape, ends: tuple[str, str], otherwise: Finder | None = None
) -> Any:
    """Converts a decoded record from its own shape to another one of its table.

    ``ends`` come before and after the path of each link; ``otherwise`` gives a nested object
    that lacks a key. Raises NotInMirror if nothing has it.
    """
    links = links_of([record])

    def convert(own: Shape, value: Any, shape: Shape) -> Any:
        if type(value) is not dict:
            return value  # only pages have a value of another type than ever before
        is_own = own is shape or not shape.table  # parts of a page have the same keys in all modes
        if not is_own and not set(shape.names) <= set(own.names).intersection(value):
            if otherwise:
                return otherwise(shape, value.get("id"))
            raise NotInMirror(f"{shape.table} {value.get('id')} was only received as {own.name}")
        names = value if is_own else shape.names  # drift stays in its own shape
        return {name: of_key(own, value[name], shape, name) for name in names}

    def of_key(own: Shape, value: Any, shape: Shape, name: str) -> Any:
        key = shape.by_name.get(name)
        if key is None or value is None:
            return value
        if key.kind == "const":
            return value if own is shape else key.of
        if key.kind == "link" and type(value) is str:
            path = links.path(value)
            return value if path == value else f"{ends[0]}{path}{ends[1]}"
        if key.kind == "many" and type(value) is list:
            return [convert(own.nested[name], item, shape.nested[name]) for item in value]
        is_nested = key.kind in ("one", "many")
        return convert(own.nested[name], value, shape.nested[name]) if is_nested else value

    return convert(own, record, shape)
