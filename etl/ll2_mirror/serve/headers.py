"""What goes out with a response: its validators (ETag), gzip, and the headers that each has."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from ll2_mirror.api.response import ApiResponse
from ll2_mirror.serve.scope import Scope

_SMALLEST_PACKED = 200  # bytes that are worth packing, as Django has it
_PACKED_AT = 1  # gzip's level: more takes longer than sending what it saves
_REFUSED = (b"q=0", b"q=0.0", b"q=0.00", b"q=0.000")
_PUBLIC = b"public, max-age=0, must-revalidate"  # the next sync may be any time
_PRIVATE = b"private, no-store"
# What a browser may load for the browsable page: the site's style, and no script.
_PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'"
)
_SHARED = (b"access-control-allow-origin", b"*")
_ALWAYS = [
    _SHARED,
    (b"access-control-expose-headers", b"ETag, Last-Modified"),
    (b"x-content-type-options", b"nosniff"),
]
_ASKED_METHOD = b"access-control-request-method"
_WITH_304 = {b"vary", b"etag", b"cache-control", *(name for name, _ in _ALWAYS)}

Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True)
class HttpResponse:
    """A response as bytes for the wire."""

    status: int
    headers: Headers
    body: bytes

    @cached_property
    def etag(self) -> bytes:
        """What tells the body from others; weak, since it stands for the packed one, too."""
        return b'W/"%s"' % hashlib.blake2b(self.body, digest_size=16).hexdigest().encode()

    @cached_property
    def packed(self) -> HttpResponse:
        """The same in gzip, unless it is too short to be worth it."""
        if len(self.body) < _SMALLEST_PACKED:
            return self
        headers = [
            (name, value + b", Accept-Encoding" if name == b"vary" else value)
            for name, value in self.headers
        ]
        body = gzip.compress(self.body, _PACKED_AT, mtime=0)
        return replace(self, headers=[*headers, (b"content-encoding", b"gzip")], body=body)


def prepared(response: ApiResponse, modified: str | None = None) -> HttpResponse:
    """A response made ready to send again and again; ``modified``: when the last sync ended.

    That is as HTTP spells a time.
    """
    named = {"Content-Type": response.media_type, **response.headers}
    if modified and response.status == 200:
        named["Last-Modified"] = modified
    if response.media_type.startswith("text/html"):
        named["Content-Security-Policy"] = _PAGE_POLICY
    headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in named.items()]
    return HttpResponse(response.status, headers, response.body)


async def respond(send: Any, scope: Scope, response: HttpResponse, *, private: bool) -> None:
    """Sends a response, packed where the client takes that; 304 where it has it already.

    ``private``: no cache may keep it.
    """
    asked = dict(scope["headers"])
    sent = response.packed if packs(asked.get(b"accept-encoding", b"")) else response
    headers = [*sent.headers, *_ALWAYS]
    if sent.status == 200:
        headers += [(b"etag", response.etag), (b"cache-control", _PRIVATE if private else _PUBLIC)]
        if matches(asked.get(b"if-none-match", b""), response.etag):
            await start(send, 304, [one for one in headers if one[0] in _WITH_304])
            return
    headers.append((b"content-length", str(len(sent.body)).encode()))
    await start(send, sent.status, headers, b"" if scope["method"] == "HEAD" else sent.body)


async def start(send: Any, status: int, headers: Headers, body: bytes = b"") -> None:
    """Sends all of a response."""
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def is_preflight(scope: Scope) -> bool:
    """Whether a browser asks before it sends a header of its own to another origin."""
    return scope["method"] == "OPTIONS" and _ASKED_METHOD in dict(scope["headers"])


async def allow(send: Any, scope: Scope) -> None:
    """Answers a browser's preflight; also of a public page that asks a private network."""
    asked = dict(scope["headers"])
    headers = [
        _SHARED,
        (b"access-control-allow-methods", b"GET, HEAD"),
        (b"access-control-allow-headers", asked.get(b"access-control-request-headers", b"*")),
        (b"access-control-max-age", b"86400"),
        (b"vary", b"Access-Control-Request-Headers, Access-Control-Request-Private-Network"),
    ]
    if b"access-control-request-private-network" in asked:
        headers.append((b"access-control-allow-private-network", b"true"))
    await start(send, 204, headers)


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
            return quality.replace(b" ", b"") not in _REFUSED
    return False
