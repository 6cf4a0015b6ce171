"""Values of the tool's own tables, read as what they must be: one that is damaged is named.

SQLite keeps whatever it is given in any column.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, get_type_hints

from ll2_mirror.clock import from_iso
from ll2_mirror.errors import DataError, NotAPage
from ll2_mirror.ll2.json import KEPT, parse, spell

Row = TypeVar("Row", bound=NamedTuple)


class Typed:
    """Reads the values of one file; raises DataError for what no sync writes."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def damaged(self, place: str, value: Any) -> DataError:
        """The error for a value; ``place`` says where it stands: table, row, column."""
        held = ascii(value)
        held = held if len(held) <= 60 else f"{held[:57]}..."
        return DataError(
            f"{self._path} is damaged: {place} is {held}: restore a backup, or sync to a new file"
        )

    def row(self, row: Row, place: str) -> Row:
        """The row, each of its values of the type that its class says."""
        for name, kind in _kinds(type(row)).items():
            if not isinstance(value := getattr(row, name), kind):
                raise self.damaged(f"{place}: {name}", value)
        return row

    def text(self, value: Any, place: str) -> str:
        """A text."""
        if not isinstance(value, str):
            raise self.damaged(place, value)
        return value

    def time(self, value: Any, place: str) -> datetime:
        """A time."""
        try:
            return from_iso(value)
        except DataError:
            raise self.damaged(place, value) from None

    def document(self, value: Any, place: str, kind: type = object) -> Any:
        """What a JSON text says, spelled; ``kind``: what that must be."""
        try:
            found = spell(parse(value.encode()), KEPT)
        except (NotAPage, AttributeError, UnicodeError):
            raise self.damaged(place, value) from None
        if not isinstance(found, kind):
            raise self.damaged(place, value)
        return found


@cache
def _kinds(row: type) -> dict[str, Any]:
    """The type of each value of a row's class; SQLite has no bool."""
    kinds = {name: int if kind is bool else kind for name, kind in get_type_hints(row).items()}
    return {name: kind for name, kind in kinds.items() if kind is not Any}
