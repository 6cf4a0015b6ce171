"""Kinds of pictures, by their first bytes: whatever a server or a name says."""

from __future__ import annotations

import re

ENOUGH = 12  # bytes that tell
_KINDS = {  # by a file's ending: what it is served as, how it begins
    "png": ("image/png", rb"\x89PNG\r\n\x1a\n"),
    "jpg": ("image/jpeg", rb"\xff\xd8\xff"),
    "gif": ("image/gif", rb"GIF8[79]a"),
    "webp": ("image/webp", rb"RIFF....WEBP"),
}
NAME = re.compile(r"[0-9a-f]{64}\.(" + "|".join(_KINDS) + ")")  # what a copy is called


def kind_of(begin: bytes) -> str | None:
    """The kind of picture that begins so, as its file's ending; None for what is none.

    An SVG is none: it can hold a script.
    """
    kinds = ((kind, how) for kind, (_, how) in _KINDS.items())
    return next((kind for kind, how in kinds if re.match(how, begin, re.DOTALL)), None)


def media_type(name: str) -> str:
    """What a copy is served as."""
    return _KINDS[name.rpartition(".")[2]][0]
