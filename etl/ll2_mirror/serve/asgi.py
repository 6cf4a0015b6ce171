"""HTTP requests from ASGI, and responses to it: ETag, gzip, CORS and other headers."""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import format_datetime
from functools import cached_property
from http.cookies import CookieError, SimpleCookie
from ipaddress import IPv6Address
from typing import Any
from urllib.parse import unquote

from ll2_mirror.api.request import Request, decoded, find_route
from ll2_mirror.api.response import ApiResponse
from ll2_mirror.clock import Clock
from ll2_mirror.store.ages import ListAge

Scope = dict[str, Any]
Headers = list[tuple[bytes, bytes]]

_LONGEST_HOST = 255
_HOST = re.compile(r"(?:[A-Za-z0-9._-]+|\[(?P<address>[0-9A-Fa-f:.]+)\])(?::\d{1,5})?", re.ASCII)
_ABSOLUTE = re.compile(rb"https?://([^/?#]*)", re.IGNORECASE)
_SMALLEST_PACKED = 200  # bytes; Django doesn't compress smaller bodies
_PACKED_AT = 1  # gzip's level: higher ones take longer than they save
_REFUSED = (b"q=0", b"q=0.0", b"q=0.00", b"q=0.000")
_PUBLIC = b"public, max-age=0, must-revalidate"  # the next sync may come at any time
_PRIVATE = b"private, no-store"
# The browsable page loads only the site's style and icon, and no script.
_PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'"
)
_SHARED = (b"access-control-allow-origin", b"*")
_ALWAYS = [
    _SHARED,
    (b"access-control-expose-headers", b"ETag, Last-Modified, Age, Cache-Status"),
    (b"x-content-type-options", b"nosniff"),
]
_ASKED_METHOD = b"access-control-request-method"
_AGE = (b"last-modified", b"age", b"cache-status")
_WITH_304 = {b"vary", b"etag", b"cache-control", *_AGE, *(name for name, _ in _ALWAYS)}


# Requests.


def normalized(scope: Scope) -> Scope:
    """The request in origin form, without invalid cookies, on which Datasette would fail."""
    scope = _in_origin_form(scope)
    headers = [(k, v) for k, v in scope["headers"] if k != b"cookie" or _is_cookie(v)]
    return scope if len(headers) == len(scope["headers"]) else {**scope, "headers": headers}


def _is_cookie(sent: bytes) -> bool:
    try:
        SimpleCookie(sent.decode("utf-8"))
    except (UnicodeDecodeError, CookieError):
        return False
    return True


def _in_origin_form(scope: Scope) -> Scope:
    """The request with a path as its target, if the target was a whole URL.

    A server must accept both, and then ignore the Host header: see
    https://www.rfc-editor.org/rfc/rfc9112#section-3.2.2
    """
    sent = scope.get("raw_path") or b""
    if not (match := _ABSOLUTE.match(sent)):
        return scope
    path = sent[match.end() :] or b"/"
    headers = [header for header in scope["headers"] if header[0] != b"host"]
    return {
        **scope,
        "raw_path": path,
        "path": unquote(path.decode("latin-1")),
        "headers": [(b"host", match[1]), *headers],
    }


def path_of(scope: Scope) -> str:
    """The path as it was sent."""
    sent: bytes = scope.get("raw_path") or scope["path"].encode()
    return sent.partition(b"?")[0].decode("latin-1")


def origin(scope: Scope, *, secure: bool) -> str | None:
    """The scheme://host that a client requested; None if the Host header is invalid."""
    host = dict(scope["headers"]).get(b"host", b"localhost").decode("latin-1")
    match = _HOST.fullmatch(host) if len(host) <= _LONGEST_HOST else None
    if match is None:
        return None
    if match["address"]:
        try:
            IPv6Address(match["address"])
        except ValueError:
            return None
    scheme = "https" if secure or scope.get("scheme") == "https" else "http"
    return f"{scheme}://{host}"


def request_of(scope: Scope, base: str, prefix: str) -> Request:
    """The request, its path without the prefix; HEAD becomes GET.

    It has who asks only for the page that tells it, by the token if one was sent, else by the
    address, as LL2's: others are cached for all clients.
    """
    path, sent = path_of(scope).removeprefix(prefix), scope["query_string"]
    try:
        query = sent.decode("utf-8")
    except UnicodeDecodeError:
        query = sent.decode("latin-1")
    accepts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"accept"]
    accept = ",".join(accepts) if accepts else None
    method = "GET" if scope["method"] == "HEAD" else scope["method"]
    request = Request(path, query, f"{base}{prefix}", accept, method)
    route = find_route(decoded(path))
    if route and route.page == "throttle" and scope.get("client"):
        sent = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
        token = sent.removeprefix("Token ") if sent.startswith("Token ") else ""
        return request._replace(client=token.strip() or scope["client"][0])
    return request


# Responses. Starlette's middleware isn't used: its gzip compresses a response each time it is sent,
# and ignores q=0; its CORS adds no headers without an Origin, which shared caches would then lack.


@dataclass(frozen=True)
class HttpResponse:
    """A response as bytes; ``ages``: of the lists that it was made from."""

    status: int
    headers: Headers
    body: bytes
    ages: Sequence[ListAge] = ()

    @cached_property
    def etag(self) -> bytes:
        """The ETag; weak, since it is the compressed body's, too."""
        return b'W/"%s"' % hashlib.blake2b(self.body, digest_size=16).hexdigest().encode()

    @cached_property
    def packed(self) -> HttpResponse:
        """The response compressed by gzip, unless it is too small."""
        if len(self.body) < _SMALLEST_PACKED:
            return self
        headers = [*self.headers, (b"content-encoding", b"gzip")]
        return replace(self, headers=headers, body=gzip.compress(self.body, _PACKED_AT, mtime=0))


def http_response(response: ApiResponse, ages: Sequence[ListAge] = ()) -> HttpResponse:
    """A response to send, perhaps many times; ``ages``: of the lists that it was made from."""
    named = {"Content-Type": response.media_type, **response.headers}
    named["Vary"] = "Accept, Accept-Encoding"  # of a plain response, too
    if response.media_type.startswith("text/html"):
        named["Content-Security-Policy"] = _PAGE_POLICY
    headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in named.items()]
    return HttpResponse(response.status, headers, response.body, ages)


def age_headers(ages: Sequence[ListAge], now: datetime) -> Headers:
    """The headers that tell a response's age, which is that of the oldest list in it.

    ``ttl`` are the seconds until one of the lists is overdue: see
    https://www.rfc-editor.org/rfc/rfc9211#section-2.4. An age that isn't known is not told.
    """
    if not ages:
        return []
    left = min(age.left(now) for age in ages)
    headers = [(b"cache-status", b"ll2-mirror; hit; ttl=%d" % left)]
    asked = [age.asked for age in ages if age.asked and age.seconds(now) is not None]
    if len(asked) == len(ages):
        oldest = min(*asked, now)
        headers.append((b"age", b"%d" % (now - oldest).total_seconds()))
        headers.append((b"last-modified", format_datetime(oldest, usegmt=True).encode()))
    return headers


async def send_response(send: Any, scope: Scope, response: HttpResponse, *, private: bool) -> None:
    """Sends a response, compressed if the client accepts that; 304 if the client has it.

    ``private``: it must not be cached.
    """
    request = dict(scope["headers"])
    sent = response.packed if packs(request.get(b"accept-encoding", b"")) else response
    headers = [*sent.headers, *_ALWAYS, *age_headers(sent.ages, Clock().now())]
    if sent.status == 200:
        headers.append((b"etag", response.etag))
        if b"cache-control" not in dict(headers):
            headers.append((b"cache-control", _PRIVATE if private else _PUBLIC))
        if matches(request.get(b"if-none-match", b""), response.etag):
            await send_whole(send, 304, [header for header in headers if header[0] in _WITH_304])
            return
    headers.append((b"content-length", str(len(sent.body)).encode()))
    await send_whole(send, sent.status, headers, b"" if scope["method"] == "HEAD" else sent.body)


async def send_whole(send: Any, status: int, headers: Headers, body: bytes = b"") -> None:
    """Sends a whole response."""
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def is_preflight(scope: Scope) -> bool:
    """Whether it is a CORS preflight request."""
    return scope["method"] == "OPTIONS" and _ASKED_METHOD in dict(scope["headers"])


async def send_preflight(send: Any, scope: Scope) -> None:
    """Responds to a preflight request; also from a public page to a private network."""
    request = dict(scope["headers"])
    headers = [
        _SHARED,
        (b"access-control-allow-methods", b"GET, HEAD"),
        (b"access-control-allow-headers", request.get(b"access-control-request-headers", b"*")),
        (b"access-control-max-age", b"86400"),
        (b"vary", b"Access-Control-Request-Headers, Access-Control-Request-Private-Network"),
    ]
    if b"access-control-request-private-network" in request:
        headers.append((b"access-control-allow-private-network", b"true"))
    await send_whole(send, 204, headers)


def matches(if_none_match: bytes, etag: bytes) -> bool:
    """Whether an If-None-Match header has an ETag."""
    known = [tag.strip().removeprefix(b"W/") for tag in if_none_match.split(b",")]
    return b"*" in known or etag.removeprefix(b"W/") in known


def packs(accept_encoding: bytes) -> bool:
    """Whether an Accept-Encoding header accepts gzip."""
    for offer in accept_encoding.lower().split(b","):
        coding, _, quality = offer.partition(b";")
        if coding.strip() in (b"gzip", b"*"):
            return quality.replace(b" ", b"") not in _REFUSED
    return False
