"""A request: what is asked, as a client sends it or a user writes it."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote, unquote_to_bytes

# As Django reads a path: unreserved and sub-delimiters stand, all else is escaped.
_NOT_UTF8 = re.compile("[\udc80-\udcff]")
HOSTED = re.compile(r"^https?://[^/?#]*")
_ASCII = "".join(map(chr, range(0x21, 0x7F)))


class Request(NamedTuple):
    """A request: the path and the query as they were sent; ``base`` is scheme://host.

    The last two are for the one page each that depends on them, and else the same for all who ask:
    ``client`` is who asks, ``hidden`` are the lists that they may not see.
    """

    path: str
    query: str = ""
    base: str = ""
    accept: str | None = None
    method: str = "GET"
    client: str = "127.0.0.1"
    hidden: frozenset[str] = frozenset()


def request_for(url: str, base: str, *, pretty: bool = False) -> Request:
    """The request for a path, with its query, as a user writes it; a whole URL's host is left out.

    What a client would escape is escaped; ``pretty`` asks for indented JSON.
    """
    sent = quote(url.encode("utf-8", "surrogateescape"), safe=_ASCII)
    path, _, query = HOSTED.sub("", sent).partition("#")[0].partition("?")
    return Request(path, query, base, "*/*; indent=4" if pretty else None)


@lru_cache(128)
def decoded(path: str) -> str:
    """A path as Django reads it: what isn't UTF-8 stays escaped."""
    sent = unquote_to_bytes(path).decode("utf-8", "surrogateescape")
    return _NOT_UTF8.sub(lambda match: f"%{ord(match[0]) - 0xDC00:02X}", sent)
