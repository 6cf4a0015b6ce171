"""What a row has beyond its columns: the JSON in ``_extra``.

One value going through: a craft comes with a key that LL2's document lacks, behind all others, and
with a number that is spelled as Python would not.

    {"SpacecraftNormal": {"values": {"nickname": "x"}, "keys": ["response_mode", ..., "nickname"]},
     "columns": {"mass": 1e-07}}

By shape, as only that shape has it: ``values`` are unknown keys, and constants that had another
value; ``keys`` is the order of the keys, where it isn't the shape's. ``columns`` are the exact
values of keys whose column can't hold them, whichever shape brought them last.
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
    """The parts of an ``_extra``, spelled; raises DataError for what no sync writes."""
    try:
        parts = parse(extra.encode())
        spelled: dict[str, dict[str, Any]] = spell(parts, KEPT)
    except (NotAPage, AttributeError, UnicodeError):
        parts = None
    if not (isinstance(parts, dict) and parts and all(_is_part(*part) for part in parts.items())):
        raise DataError(f"_extra is not what a sync writes: {quote(extra)}")
    return spelled


def _is_part(name: str, part: Any) -> bool:
    """Whether this is what a sync writes of one shape, or of the columns."""
    if name == COLUMNS:
        return isinstance(part, dict)
    if name not in SHAPES or not isinstance(part, dict) or not isinstance(part.get("values"), dict):
        return False
    keys = part.get("keys", [])
    return isinstance(keys, list) and {*SHAPES[name].names, *part["values"]}.issuperset(
        key if isinstance(key, str) else None for key in keys
    )


def merged(shape: Shape, came: str | None, before: str | None = None) -> str | None:
    """The ``_extra`` of a row after it came in a shape, from what it was before.

    ``came`` is the extra of the object alone: its ``values``, and ``keys``.
    """
    if came is None and before is None:
        return None
    parts = read(before) if before else {}
    columns = {key: one for key, one in parts.pop(COLUMNS, {}).items() if key not in shape.columns}
    parts.pop(shape.name, None)
    if came is not None:
        part = spell(parse(came.encode()), KEPT)
        values = part["values"]
        columns |= {key: value for key, value in values.items() if key in shape.columns}
        part["values"] = {key: one for key, one in values.items() if key not in shape.columns}
        if part["values"] or "keys" in part:
            parts[shape.name] = part
    parts = dict(sorted(parts.items()))
    if columns:
        parts[COLUMNS] = dict(sorted(columns.items()))
    return text(parts) if parts else None


def completed(value: dict[str, Any], shape: Shape, extra: str) -> dict[str, Any]:
    """An object with what its columns can't hold, in the place it came in; raises DataError."""
    parts = read(extra)
    exact = parts.get(COLUMNS, {})
    value.update({key: exact[key] for key in exact if key in shape.columns})
    mine = parts.get(shape.name, _NOTHING)
    value.update(mine["values"])
    return {key: value[key] for key in mine["keys"]} if "keys" in mine else value
