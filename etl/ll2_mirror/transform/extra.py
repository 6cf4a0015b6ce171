"""What a row has beyond its columns: the JSON in ``_extra``.

For example, a spacecraft has an unknown key ``nickname`` after all others, and a mass that Python
would write differently:

    {"SpacecraftNormal": {"values": {"nickname": "x"}, "keys": ["response_mode", ..., "nickname"]},
     "columns": {"mass": 1e-07}}

By shape: ``values`` has unknown keys, and constants with another value; ``keys`` has the order of
the keys, if it isn't the shape's. ``columns``, for all shapes, has the exact values of keys whose
column can't hold them.
"""

from __future__ import annotations

from typing import Any

from ll2_mirror.errors import DataError, NotAPage
from ll2_mirror.ll2.json import KEPT, parse, quote, spell, text
from ll2_mirror.ll2.model import Shape
from ll2_mirror.ll2.shapes import SHAPES

COLUMNS = "columns"
_NOTHING: dict[str, Any] = {"values": {}}


def read(extra: str) -> dict[str, dict[str, Any]]:
    """The parts of an ``_extra``, spelled; raises DataError if no sync could have written it."""
    try:
        parts = parse(extra.encode())
        spelled: dict[str, dict[str, Any]] = spell(parts, KEPT)
    except (NotAPage, AttributeError, UnicodeError):
        parts = None
    if not (isinstance(parts, dict) and parts and all(_is_part(*part) for part in parts.items())):
        raise DataError(f"_extra is not what a sync writes: {quote(extra)}")
    return spelled


def _is_part(name: str, part: Any) -> bool:
    """Whether this is what a sync writes for one shape, or for the columns."""
    if name == COLUMNS:
        return isinstance(part, dict)
    if name not in SHAPES or not isinstance(part, dict) or not isinstance(part.get("values"), dict):
        return False
    keys = part.get("keys", [])
    return isinstance(keys, list) and {*SHAPES[name].names, *part["values"]}.issuperset(
        key if isinstance(key, str) else None for key in keys
    )


def merge_extra(shape: Shape, extra: str | None, before: str | None = None) -> str | None:
    """The ``_extra`` of a row after an object of a shape is applied to it.

    ``extra`` is that of the object: its ``values`` and ``keys``; ``before`` is the row's.
    """
    if extra is None and before is None:
        return None
    parts = read(before) if before else {}
    exact = parts.pop(COLUMNS, {})
    columns = {key: value for key, value in exact.items() if key not in shape.columns}
    parts.pop(shape.name, None)
    if extra is not None:
        part = spell(parse(extra.encode()), KEPT)
        values = part["values"]
        columns |= {key: value for key, value in values.items() if key in shape.columns}
        part["values"] = {key: value for key, value in values.items() if key not in shape.columns}
        if part["values"] or "keys" in part:
            parts[shape.name] = part
    parts = dict(sorted(parts.items()))
    if columns:
        parts[COLUMNS] = dict(sorted(columns.items()))
    return text(parts) if parts else None


def apply_extra(value: dict[str, Any], shape: Shape, extra: str) -> dict[str, Any]:
    """Adds to an object what its columns can't hold, in LL2's order; raises DataError."""
    parts = read(extra)
    exact = parts.get(COLUMNS, {})
    value.update({key: exact[key] for key in exact if key in shape.columns})
    mine = parts.get(shape.name, _NOTHING)
    value.update(mine["values"])
    return {key: value[key] for key in mine["keys"]} if "keys" in mine else value
