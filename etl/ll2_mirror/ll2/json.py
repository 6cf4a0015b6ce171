"""Converts JSON text to values and back, byte for byte.

Python's decoder loses what is needed to write the same text again: the spelling of a number
(``1e-7`` or ``1e-07``), the sign of ``-0``, a key that occurs twice; and it accepts NaN. Here
spellings and signs are kept; a key that occurs twice and NaN are refused.
"""

from __future__ import annotations

import json
import re
import secrets
from collections import Counter
from typing import Any, NoReturn

import orjson

from ll2_mirror.errors import NotAPage


class Number(float):
    """A number that Python would spell differently; ``text`` is its spelling."""

    __slots__ = ("text",)
    text: str

    @classmethod
    def spelled(cls, text: str) -> Number:
        """The number that ``text`` spells."""
        number = cls(text)
        number.text = text
        return number


def _float(text: str) -> float:
    value = float(text)
    return value if repr(value) == text else Number.spelled(text)


def _constant(text: str) -> NoReturn:
    raise NotAPage(f"not JSON: {text} is no JSON value")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        [(twice, _)] = Counter(key for key, _ in pairs).most_common(1)
        raise NotAPage(f"not understood: the key {quote(twice)} occurs twice in one object")
    return value


def _int(text: str) -> int | float:
    """An integer; a Number for -0, and for one that is too long for int()."""
    return Number.spelled(text) if text == "-0" or len(text) >= _LONG else int(text)


_HOOKS: dict[str, Any] = {
    "parse_int": _int,
    "parse_float": _float,
    "parse_constant": _constant,
    "object_pairs_hook": _object,
}
# No text from LL2 can contain the mark: it is random in each process.
_MARK = secrets.token_hex(16)
_MARKED = re.compile(f'"{_MARK}([^"]*){_MARK}"')
_LONE = re.compile("[\ud800-\udfff]")
_LONG = 300  # digits from which on int() is slow, or refuses
_ZEROS = bytes.maketrans(b"123456789", b"000000000")  # each digit to 0
_EXPONENT = re.compile(rb"0e-?0")  # where each digit is 0
_OTHER = object()
_ESCAPED_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_QUOTED = 60  # characters of a value that an error shows
_DEPTH = 50  # levels of nesting that are accepted; LL2 sends some 15
KEPT = 200  # levels in values that were accepted before: they may now be nested in others


def parse(body: bytes) -> Any:
    """The value of a JSON text in UTF-8; a number with an unusual spelling is a Number.

    Raises NotAPage for what isn't JSON, for a key that occurs twice in one object, and for half of
    a surrogate pair, which neither UTF-8 nor SQLite can hold.
    """
    value = _as_printed(body)
    return _carefully(body) if value is _OTHER else value


def _as_printed(body: bytes) -> Any:
    """The value of a text that orjson writes the same way, as it does LL2's pages.

    _OTHER for any other text, and for one with a float that Python may spell differently (0.00001,
    1e16).
    """
    try:
        value = orjson.loads(body)
        if orjson.dumps(value) == body and b"0.0000" not in body and not _has_exponent(body):
            return value
    except (ValueError, TypeError):  # not JSON, or nested too deep to be printed
        pass
    return _OTHER


def _has_exponent(body: bytes) -> bool:
    """Whether a number has an exponent; also true for strings that look like such a number."""
    zeros = body.translate(_ZEROS)
    starts = (match.start() for match in _EXPONENT.finditer(zeros))
    return any(zeros[max(0, at - 30) : at + 1].rstrip(b"-.0")[-1:] in b"[,:" for at in starts)


def _carefully(body: bytes) -> Any:
    """The value, decoded by Python's decoder, with a check of each number and each key."""
    lone = None
    try:
        value = json.loads(body.decode("utf-8"), **_HOOKS)
        if _ESCAPED_SURROGATE.search(body):
            lone = _lone_surrogate(value)
    except UnicodeDecodeError as error:
        raise NotAPage(f"not UTF-8: byte {error.start} is {body[error.start]:#04x}") from None
    except RecursionError:
        raise NotAPage("not understood: nested too deep") from None
    except ValueError as error:
        raise NotAPage(f"not JSON: {error}") from None
    if lone:
        raise NotAPage(f"not understood: {lone} has half of a surrogate pair")
    return value


def _lone_surrogate(value: Any, path: str = "the page") -> str | None:
    if isinstance(value, str):
        return path if _LONE.search(value) else None
    if isinstance(value, dict):
        keyed = list(value.items())
    elif isinstance(value, list):
        keyed = list(enumerate(value))
    else:
        return None
    for key, item in keyed:
        at = f"{path}.{ascii(key)[1:-1] if isinstance(key, str) else key}"
        if isinstance(key, str) and _LONE.search(key):
            return f"a key of {path}"
        if where := _lone_surrogate(item, at):
            return where
    return None


def spell(value: Any, depth: int = _DEPTH) -> Any:
    """The value with each Number replaced by a marked string, for ``text`` to write.

    Raises NotAPage for a value that is nested deeper than ``depth``, which couldn't be read again.
    """
    if isinstance(value, Number):
        return f"{_MARK}{value.text}{_MARK}"
    if isinstance(value, dict | list) and not depth:
        raise NotAPage("not understood: nested too deep")
    if isinstance(value, dict):
        return {key: spell(item, depth - 1) for key, item in value.items()}
    if isinstance(value, list):
        return [spell(item, depth - 1) for item in value]
    return value


def text(value: Any, indent: int | None = None) -> str:
    """The JSON text of a spelled value as LL2 writes it: compact, or indented (4) as its pages.

    Both are Django REST framework's: UTF-8 unescaped, except U+2028 and U+2029.
    """
    separators = (",", ":") if indent is None else (",", ": ")
    out = json.dumps(
        value, ensure_ascii=False, allow_nan=False, indent=indent, separators=separators
    )
    return unspelled(out).replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def unspelled(out: str) -> str:
    """The JSON text of a spelled value, with the marks replaced by the numbers' spellings."""
    return _MARKED.sub(r"\1", out) if _MARK in out else out


def quote(value: Any) -> str:
    """A value as JSON for an error message: one line, ASCII, at most 60 characters."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    out = value.text if isinstance(value, Number) else json.dumps(value)
    return out if len(out) <= _QUOTED else f"{out[: _QUOTED - 3]}..."
