"""What a row has beyond its columns: the JSON in ``_extra``, by the shape that it came in.

One value going through: a craft comes with a key that LL2's document lacks, behind all others.

    {"SpacecraftNormal": {"values": {"nickname": "x"}, "keys": ["response_mode", ..., "nickname"]}}

``values`` has what no column holds: unknown keys, a constant that had another value, a number by
its spelling. ``keys`` is the order of the keys, where it isn't the shape's.
"""

from __future__ import annotations

from typing import Any

from ll2_mirror.errors import DataError, NotAPage
from ll2_mirror.ll2.json import KEPT, parse, quote, spell, text
from ll2_mirror.ll2.model import Shape
from ll2_mirror.ll2.shapes import SHAPES

Parts = dict[str, dict[str, Any]]  # by shape; its values are spelled
_NOTHING: dict[str, Any] = {"values": {}}


def read(extra: str) -> Parts:
    """The parts of an ``_extra``; raises DataError for what no sync writes."""
    try:
        parts = parse(extra.encode())
        spelled: Parts = spell(parts, KEPT)
    except (NotAPage, AttributeError, UnicodeError):
        parts = None
    if not (isinstance(parts, dict) and parts and all(_is_part(*one) for one in parts.items())):
        raise DataError(f"_extra is not what a sync writes: {quote(extra)}")
    return spelled


def _is_part(name: str, part: Any) -> bool:
    """Whether this is what a sync writes of one shape."""
    if name not in SHAPES or not isinstance(part, dict) or not isinstance(part.get("values"), dict):
        return False
    keys = part.get("keys", [])
    return isinstance(keys, list) and {*SHAPES[name].names, *part["values"]}.issuperset(
        key if isinstance(key, str) else None for key in keys
    )


def merged(shape: Shape, came: str | None, held: str | None = None) -> str | None:
    """The ``_extra`` of a row after it came in a shape, from what it was before, if it was."""
    if came is None and held is None:
        return None
    parts = read(held) if held else {}
    for sibling in shape.siblings:
        if sibling.name in parts:
            _drop_renewed(parts, sibling, shape)
    parts.pop(shape.name, None)
    if came is not None:
        parts[shape.name] = spell(parse(came.encode()), KEPT)
    return text(dict(sorted(parts.items()))) if parts else None


def _drop_renewed(parts: Parts, sibling: Shape, shape: Shape) -> None:
    """Takes out of a sibling's part the values of keys that the shape has brought anew."""
    part = parts[sibling.name]
    anew = set(sibling.names) & set(shape.columns)
    part["values"] = {key: value for key, value in part["values"].items() if key not in anew}
    if not part["values"] and "keys" not in part:
        del parts[sibling.name]


def completed(found: dict[str, Any], shape: Shape, extra: str) -> dict[str, Any]:
    """An object with what its columns can't hold, in the place it came in.

    What a sibling's shape brought for a key that both know is what the row holds; unknown keys,
    constants and the order of keys belong to the shape they came in. Raises DataError.
    """
    parts = read(extra)
    consts = {key.name for key in shape.keys if key.kind == "const"}
    for sibling in shape.siblings:
        values = parts.get(sibling.name, _NOTHING)["values"]
        both = (found.keys() & values.keys() & set(sibling.names)) - consts
        found.update({key: values[key] for key in both})
    mine = parts.get(shape.name, _NOTHING)
    found.update(mine["values"])
    return {key: found[key] for key in mine["keys"]} if "keys" in mine else found
