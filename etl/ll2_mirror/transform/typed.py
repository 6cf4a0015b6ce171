"""Checks that values read from a table have their column's type, which SQLite doesn't enforce.

No sync writes a value of another type: it is reported as damage, by table, row and column.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from functools import cache
from typing import Any

from ll2_mirror.errors import DataError
from ll2_mirror.ll2.model import Shape
from ll2_mirror.ll2.schema import own_columns, wanted_columns

_TYPES: dict[str, tuple[type, str]] = {
    "INTEGER": (int, "integer"),
    "REAL": (float, "number"),
    "TEXT": (str, "text"),
}
_COMBINATIONS = 1000  # of types remembered per table
_INFINITE = (math.inf, -math.inf)


class Columns:
    """Some columns of a table, and the types that their values must have."""

    def __init__(self, table: str, names: Iterable[str], types: dict[str, tuple[str, str]]) -> None:
        self._table = table
        self._columns = [(name, *_TYPES[types[name][0]]) for name in names]
        self._reals = [place for place, (_, kind, _) in enumerate(self._columns) if kind is float]
        self._familiar: set[tuple[type, ...]] = set()  # combinations that were right before

    def check(self, rows: Collection[tuple[Any, Sequence[Any]]]) -> None:
        """Raises DataError for a value of another type; each row comes with its id."""
        types = {tuple(map(type, values)) for _, values in rows}
        if not types <= self._familiar:
            for id_, values in rows:
                self._inspect(id_, values)
            self._familiar = (
                types if len(self._familiar) > _COMBINATIONS else types | self._familiar
            )
        for place in self._reals:
            for id_, values in rows:
                if values[place] in _INFINITE:
                    self._refuse(id_, values[place], *self._columns[place])

    def _inspect(self, id_: Any, values: Sequence[Any]) -> None:
        for value, column in zip(values, self._columns, strict=True):
            if value is not None and type(value) is not column[1]:
                self._refuse(id_, value, *column)

    def _refuse(self, id_: Any, value: Any, name: str, _: type, words: str) -> None:
        raise DataError(f"{self._table} {id_!r:.40}: {name} is {value!r:.60}, which is no {words}")


@cache
def of_rows(shape: Shape) -> Columns:
    """The columns of a shape's rows: the tool's own, then the shape's."""
    names = (*own_columns(shape), *shape.columns)
    return Columns(shape.table, names, wanted_columns()[shape.table])


@cache
def of_items(table: str, item: Shape) -> Columns:
    """The columns of a list's items: their ids, or their values if they have no id."""
    names = (item.list_column,) if item.table else (*item.columns, "_extra")
    return Columns(table, names, wanted_columns()[table])
