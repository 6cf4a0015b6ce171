"""Kinds of pictures, by their first bytes: whatever a server or a name says."""

from __future__ import annotations

import re

ENOUGH = 12  # bytes that tell
_BEGINS = {
    "png": rb"\x89PNG\r\n\x1a\n",
    "jpg": rb"\xff\xd8\xff",
    "gif": rb"GIF8[79]a",
    "webp": rb"RIFF....WEBP",
}
MEDIA_TYPES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
}
NAME = re.compile(r"[0-9a-f]{64}\.(" + "|".join(MEDIA_TYPES) + ")")  # what a copy is called


def kind_of(begin: bytes) -> str | None:
    """The kind of picture that begins so, as its file's ending; None for what is none.

    An SVG is none: it can hold a script.
    """
    return next((kind for kind, how in _BEGINS.items() if re.match(how, begin, re.DOTALL)), None)


def media_type(name: str) -> str:
    """What a copy is served as."""
    return MEDIA_TYPES[name.rpartition(".")[2]]
