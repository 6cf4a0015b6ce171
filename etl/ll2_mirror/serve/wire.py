"""What a server adds to the answers: a cache by the file's version, validators, gzip."""

from __future__ import annotations

import gzip
import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property

from ll2_mirror.query.api import Answer
from ll2_mirror.query.request import Request

MOST_BYTES = 64 * 2**20  # of answers kept
_SMALLEST_PACKED = 200  # bytes that are worth packing, as Django has it
_PACKED_AT = 1  # gzip's level: more takes longer than sending what it saves
_OK = 200

Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True)
class Sent:
    """An answer as bytes for the wire."""

    status: int
    headers: Headers
    body: bytes

    @cached_property
    def etag(self) -> bytes:
        """What tells the body from others; weak, since it stands for the packed one, too."""
        return b'W/"%s"' % hashlib.blake2b(self.body, digest_size=16).hexdigest().encode()

    @cached_property
    def packed(self) -> bytes:
        """The body in gzip; empty where it is too short to be worth it."""
        return self.packing() if len(self.body) >= _SMALLEST_PACKED else b""

    def packing(self) -> bytes:
        """Packs the body."""
        return gzip.compress(self.body, _PACKED_AT, mtime=0)


def prepared(answer: Answer, modified: str | None = None) -> Sent:
    """An answer made ready to send again and again; ``modified``: when the last sync ended.

    That is as HTTP spells a time.
    """
    named = {"Content-Type": answer.media_type, **answer.headers}
    if modified and answer.status == _OK:
        named["Last-Modified"] = modified
    headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in named.items()]
    return Sent(answer.status, headers, answer.body)


def matches(if_none_match: bytes, etag: bytes) -> bool:
    """Whether a client has an answer already, by its If-None-Match header."""
    known = [one.strip() for one in if_none_match.split(b",")]
    bare = etag.removeprefix(b"W/")
    return b"*" in known or any(one.removeprefix(b"W/") == bare for one in known)


def packs(accept_encoding: bytes) -> bool:
    """Whether a client takes gzip."""
    for offer in accept_encoding.lower().split(b","):
        coding, _, quality = offer.partition(b";")
        if coding.strip() in (b"gzip", b"*"):
            return quality.replace(b" ", b"") not in (b"q=0", b"q=0.0", b"q=0.00", b"q=0.000")
    return False


class Cache:
    """The answers given since the file last changed, the oldest dropped where they are too many."""

    def __init__(self, most: int = MOST_BYTES) -> None:
        self._most = most
        self._size = 0
        self._version: int | None = None
        self._kept: OrderedDict[Request, Sent] = OrderedDict()

    def get(self, request: Request, version: int | None) -> Sent | None:
        """The answer to a request, if it was given since the file has this version."""
        if version is None or version != self._version:
            self._kept.clear()
            self._size, self._version = 0, version
        if request not in self._kept:
            return None
        self._kept.move_to_end(request)
        return self._kept[request]

    def keep(self, request: Request, sent: Sent, version: int | None) -> None:
        """Keeps an answer that was read when the file had this version, or later."""
        size = _size(request, sent)
        if version is None or version != self._version or size > self._most:
            return
        if request not in self._kept:
            self._kept[request] = sent
            self._size += size
        while self._size > self._most:
            self._size -= _size(*self._kept.popitem(last=False))


def _size(request: Request, sent: Sent) -> int:
    """The bytes that an answer takes, also when it was packed: by a fifth, or less."""
    asked = sum(len(part) for part in request if part)
    return 2000 + asked + len(sent.body) * 6 // 5
