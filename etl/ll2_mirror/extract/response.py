"""What came back, read within bounds: however much is sent, it takes no more memory than that."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from typing import NamedTuple

import requests
from urllib3.exceptions import HTTPError

from ll2_mirror.errors import NotAPage
from ll2_mirror.ll2.page import MAX_BODY, TooLargeError, bounded, counted, inflated

MAX_WORDS = 64 * 2**10  # bytes of an answer that is no page
_CHUNK = 64 * 2**10
_PACKED = ("gzip", "x-gzip", "deflate")
_GZIP = b"\x1f\x8b"  # what any gzip begins with, and no JSON


class Response(NamedTuple):
    """What came back."""

    status: int
    headers: Mapping[str, str]  # of any case
    body: bytes  # unpacked; empty where it is no page, and can't be read


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
    return bounded(bytes(body), most)


def _unpacked(body: bytes, encoding: str, most: int) -> bytes:
    """The text of a body. Gzip is read even where a proxy forgot to declare it."""
    if encoding not in ("", "identity", *_PACKED):
        raise NotAPage(f"the body is encoded as {encoding}, which was not asked for")
    if encoding in _PACKED or body.startswith(_GZIP):
        body = inflated(body, most)
    return counted(body)
