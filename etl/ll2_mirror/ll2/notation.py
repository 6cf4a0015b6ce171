"""Reads the notation that shapes are written in; each mistake is named."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import TypeVar

from ll2_mirror.ll2.model import SCALARS, Key, Shape

T = TypeVar("T")


def by_name(where: str, named: Iterable[tuple[str, T]]) -> dict[str, T]:
    """What stands under each name; raises ValueError for a name that stands twice."""
    pairs = list(named)
    found = dict(pairs)
    if len(found) < len(pairs):
        times = Counter(name for name, _ in pairs)
        raise ValueError(f"{where}: {times.most_common(1)[0][0]} stands twice")
    return found


def matched(notation: re.Pattern[str], text: str, wrong: str) -> re.Match[str]:
    """The parts of a text; raises ValueError, in these words, where it isn't in that notation."""
    match = notation.fullmatch(text)
    if not match:
        raise ValueError(f"{wrong}: {text}")
    return match


_HEAD = re.compile(r"(?P<name>[A-Z]\w*)(?: as (?P<base>[A-Z]\w*)| (?P<table>[a-z]\w*))?")
_KEY = re.compile(
    r"(?P<name>\w+)(?:=(?P<const>\w+)|:(?P<one>[A-Z]\w*)|:\[(?P<many>[A-Z]\w*)\]"
    r"|(?::(?P<kind>[a-z]\w*))?(?P<moving>~)?)"
)


def read_shapes(text: str) -> dict[str, Shape]:
    """The shapes written in shapes.py's notation, by name, tied to each other.

    Raises ValueError for what isn't in that notation, and for a shape that is missing.
    """
    shapes: dict[str, Shape] = {}
    for block in re.split(r"\n(?=\w)", text.strip()):
        shape = _shape(block, shapes)
        if shapes.setdefault(shape.name, shape) is not shape:
            raise ValueError(f"shapes: {shape.name} stands twice")
    siblings: dict[str, list[Shape]] = {}
    for shape in shapes.values():
        nesting = (key for key in shape.keys if key.kind in ("one", "many"))
        shape.nested = {key.name: _nested(shape, key, shapes) for key in nesting}
        if shape.table:
            shape.siblings = siblings.setdefault(shape.table, [])
            shape.siblings.append(shape)
    return shapes


def _shape(block: str, before: dict[str, Shape]) -> Shape:
    head, _, body = block.partition("\n")
    name, base, table = matched(_HEAD, head, "no head of a shape").groups(default="")
    keys = _keys(name, body.split(), _base(name, base, before))
    first = next((key.name for key in keys.values() if key.kind != "const"), "")
    table = before[base].table if base else table
    if bool(table) != (first == "id"):
        raise ValueError(f"{name}: a shape has a table and begins with its id, or neither")
    return Shape(name, table, tuple(keys.values()))


def _base(name: str, base: str, before: dict[str, Shape]) -> dict[str, Key]:
    """The keys that a shape begins with: those of another one before it."""
    if base and base not in before:
        raise ValueError(f"{name}: there is no shape {base} before it")
    return dict(before[base].by_name) if base else {}


def _keys(name: str, tokens: list[str], keys: dict[str, Key]) -> dict[str, Key]:
    """The keys by name: of those it begins with, some taken out, some replaced, others added."""
    for less in (token[1:] for token in tokens if token.startswith("-")):
        if not keys.pop(less, None):
            raise ValueError(f"{name}: there is no {less} to take out")
    own = (_key(name, token) for token in tokens if not token.startswith("-"))
    return keys | by_name(name, ((key.name, key) for key in own))


def _key(shape: str, token: str) -> Key:
    match = matched(_KEY, token, f"{shape}: no key of a shape")
    if match.lastgroup in ("const", "one", "many"):
        return Key(match["name"], match.lastgroup, match[match.lastgroup])
    kind = match["kind"] or "str"
    if kind not in SCALARS:
        raise ValueError(f"{shape}.{match['name']}: {kind} is no kind of key")
    return Key(match["name"], kind, moving=bool(match["moving"]))


def _nested(shape: Shape, key: Key, shapes: dict[str, Shape]) -> Shape:
    if key.of not in shapes:
        raise ValueError(f"{shape.name}.{key.name}: there is no shape {key.of}")
    return shapes[key.of]
