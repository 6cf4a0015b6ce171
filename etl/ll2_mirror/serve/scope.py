"""What ASGI tells of an HTTP request, and the ``Request`` that it is."""

from __future__ import annotations

import re
from http.cookies import CookieError, SimpleCookie
from ipaddress import IPv6Address
from typing import Any
from urllib.parse import unquote

from ll2_mirror.api.request import Request

Scope = dict[str, Any]

_LONGEST_HOST = 255
_HOST = re.compile(r"(?:[A-Za-z0-9._-]+|\[(?P<address>[0-9A-Fa-f:.]+)\])(?::\d{1,5})?", re.ASCII)
_ABSOLUTE = re.compile(rb"https?://([^/?#]*)", re.IGNORECASE)


def readable(scope: Scope) -> Scope:
    """The same request in origin form, without the cookies where none can be read of them."""
    scope = _in_origin_form(scope)
    headers = [one for one in scope["headers"] if one[0] != b"cookie" or _is_cookie(one[1])]
    return scope if len(headers) == len(scope["headers"]) else {**scope, "headers": headers}


def _is_cookie(sent: bytes) -> bool:
    try:
        SimpleCookie(sent.decode("utf-8"))
    except (UnicodeDecodeError, CookieError):
        return False
    return True


def _in_origin_form(scope: Scope) -> Scope:
    """The same request, asked for by its path where it was by a whole URL, of which all take both.

    See https://www.rfc-editor.org/rfc/rfc9112#section-3.2.2: its Host header doesn't count then.
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
    """Where a client asked, as scheme://host; None where the Host header is no host's name."""
    host = dict(scope["headers"]).get(b"host", b"localhost").decode("latin-1")
    scheme = "https" if secure or scope.get("scheme") == "https" else "http"
    return f"{scheme}://{host}" if _is_host(host) else None


def _is_host(text: str) -> bool:
    """Whether a text is a host, as a name or an address, which isn't too long for one."""
    match = _HOST.fullmatch(text[: _LONGEST_HOST + 1])
    if match is None or len(text) > _LONGEST_HOST:
        return False
    try:
        return match["address"] is None or bool(IPv6Address(match["address"]))
    except ValueError:
        return False


def request_of(scope: Scope, base: str, prefix: str) -> Request:
    """The request, its path without the prefix; HEAD asks as GET does."""
    return Request(
        path_of(scope).removeprefix(prefix),
        _text(scope["query_string"]),
        f"{base}{prefix}",
        _accept(scope),
        "GET" if scope["method"] == "HEAD" else scope["method"],
    )


def client_of(scope: Scope) -> str:
    """The address of who asks."""
    address: str = (scope.get("client") or ("127.0.0.1",))[0]
    return address


def _text(sent: bytes) -> str:
    try:
        return sent.decode("utf-8")
    except UnicodeDecodeError:
        return sent.decode("latin-1")


def _accept(scope: Scope) -> str | None:
    sent = [value.decode("latin-1") for name, value in scope["headers"] if name == b"accept"]
    return ",".join(sent) if sent else None
