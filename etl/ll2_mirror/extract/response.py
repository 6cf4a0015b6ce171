"""What came back, read within bounds: however a body is packed, it takes no more memory than that.

The bounds are far beyond LL2's largest pages; docs/limits.md tells them.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from typing import NamedTuple

import requests
from urllib3.exceptions import HTTPError

from ll2_mirror.errors import NotAPage

MAX_BODY = 16 * 2**20  # bytes of a page, as sent and unpacked
MAX_VALUES = 500_000  # JSON values in a page
MAX_WORDS = 64 * 2**10  # bytes of an answer that is no page
_CHUNK = 64 * 2**10
_PACKED = ("gzip", "x-gzip", "deflate")
_GZIP = b"\x1f\x8b"  # what any gzip begins with, and no JSON


class Response(NamedTuple):
    """What came back."""

    status: int
    headers: Mapping[str, str]  # of any case
    body: bytes  # unpacked; empty where it is no page, and can't be read


class TooLargeError(Exception):
    """A body is beyond a bound; the text says which."""


# Beside TooLargeError and NotAPage, what reading a body raises.
UNREADABLE = (HTTPError, OSError, zlib.error)


def read(response: requests.Response, given_up: Callable[[], bool]) -> Response:
    """A response with its body, read to its end, or until it is ``given_up``.

    Raises TooLargeError, NotAPage for an encoding that wasn't asked for, or any of UNREADABLE.
    """
    body = b""
    try:
        most = MAX_BODY if response.status_code == 200 else MAX_WORDS
        encoding = response.headers.get("Content-Encoding", "").strip().lower()
        body = _unpacked(_received(response, most, given_up), encoding, most)
    except (TooLargeError, NotAPage, *UNREADABLE):
        if response.status_code == 200:  # of any other answer, the status is enough
            raise
    return Response(response.status_code, response.headers, body)


def _received(response: requests.Response, most: int, given_up: Callable[[], bool]) -> bytes:
    """The body as it was sent."""
    body = bytearray()
    while len(body) <= most and not given_up() and (chunk := response.raw.read1(_CHUNK)):
        body += chunk
    return _bounded(bytes(body), most)


def _unpacked(body: bytes, encoding: str, most: int) -> bytes:
    """The text of a body. Gzip is read even where a proxy forgot to declare it."""
    if encoding not in ("", "identity", *_PACKED):
        raise NotAPage(f"the body is encoded as {encoding}, which was not asked for")
    if encoding in _PACKED or body.startswith(_GZIP):
        body = _inflated(body, most)
    # Not parsed to be counted: an object or a list costs far more memory than its brackets.
    if sum(map(body.count, (b",", b"[", b"{"))) > MAX_VALUES:
        raise TooLargeError(f"a body of more than {MAX_VALUES:,} JSON values")
    return body


def _inflated(body: bytes, most: int) -> bytes:
    packed = zlib.decompressobj(wbits=47)  # gzip or zlib: its head says which
    text = _bounded(packed.decompress(body, most + 1), most)
    if not packed.eof or packed.unused_data:
        raise zlib.error("the packed body is cut short, or more follows it")
    return text


def _bounded(body: bytes, most: int) -> bytes:
    if len(body) > most:
        raise TooLargeError(f"a body of more than {most / 2**20:g} MiB")
    return body
