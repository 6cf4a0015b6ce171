"""Parses a request: its path, its query and its Accept header.

All three are parsed as by Django and its REST framework.
"""

from __future__ import annotations

import re
from contextlib import suppress
from functools import cached_property, lru_cache
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, unquote_to_bytes, urlencode

from ll2_mirror.api.response import (
    HTML,
    MEDIA_TYPES,
    ApiResponse,
    Refusal,
    Unrouted,
    as_json,
    plain,
)
from ll2_mirror.ll2.lists import ENDPOINTS, PAGES, RESOURCES, VIEWS, Resource, View
from ll2_mirror.ll2.page import API_PATH, API_VERSION, LL2_URL

MOST_URL = 8192  # characters of a path with its query
MOST_FIELDS = 1000  # Django refuses a query with more
MOST_LIMIT, DEFAULT_LIMIT = 100, 10
_WIDEST_INDENT = 8
_HOST = re.compile(r"^https?://[^/?#]*")
_NOT_UTF8 = re.compile("[\udc80-\udcff]")
_ASCII = "".join(map(chr, range(0x21, 0x7F)))
# What a redirect's path and query have unescaped.
_PATH_SAFE = "/:,@&=+$!*'()~"
_QUERY_SAFE = "/#%[]=:;$&()+,!?*@'~"
_DOCUMENTS = (f"{API_PATH}schema", f"{API_PATH}swagger")  # LL2's own, which no mirror has
_UNLISTED = {"": "root", "api-throttle/": "throttle"}  # the pages that aren't of a list, by path


class Request(NamedTuple):
    """A request: the path and the query as sent; ``base`` is scheme://host.

    ``client`` is the client's token or address on the page that tells it, the same on all others.
    """

    path: str
    query: str = ""
    base: str = ""
    accept: str | None = None
    method: str = "GET"
    client: str = "127.0.0.1"


def request_for(url: str, base: str, *, pretty: bool = False) -> Request:
    """The request for a path with its query, as a user types it; the host of a URL is ignored.

    Escapes what a client would escape; ``pretty`` asks for indented JSON.
    """
    sent = quote(url.encode("utf-8", "surrogateescape"), safe=_ASCII)
    path, _, query = _HOST.sub("", sent).partition("#")[0].partition("?")
    return Request(path, query, base, "*/*; indent=4" if pretty else None)


@lru_cache(128)
def decoded(path: str) -> str:
    """A path as Django decodes it: bytes that aren't UTF-8 stay escaped."""
    sent = unquote_to_bytes(path).decode("utf-8", "surrogateescape")
    return _NOT_UTF8.sub(lambda match: f"%{ord(match[0]) - 0xDC00:02X}", sent)


# The path.


class ApiRoute(NamedTuple):
    """A parsed path: root, throttle, list, detail, object; LL2's name of it, the record's id."""

    page: str
    name: str = ""
    id: str = ""

    @property
    def resource(self) -> Resource | None:
        """The list, if it can be mirrored; for a view by time, the list that it is a part of."""
        return RESOURCES.get(list_of(self.name))

    @property
    def sublist(self) -> View | None:
        """The view by time, such as launches/upcoming, if the name is that of one."""
        return VIEWS.get(self.name)


def list_of(name: str) -> str:
    """The name of the list that has the records: for a view by time, that of its list."""
    return name.partition("/")[0] if name in VIEWS else name


@lru_cache(128)
def find_route(path: str) -> ApiRoute | None:
    """The route of a decoded path; None if LL2 has no such page."""
    if not (path.startswith(API_PATH) and path.endswith("/")):
        return None
    inside = path.removeprefix(API_PATH)
    if inside in _UNLISTED:
        return ApiRoute(_UNLISTED[inside])
    name, _, id_ = inside[:-1].rpartition("/")
    if inside[:-1] in ENDPOINTS:
        return ApiRoute("object" if inside[:-1] in PAGES else "list", inside[:-1])
    is_list = name in ENDPOINTS and name not in PAGES
    return ApiRoute("detail", name, id_) if is_list and id_ and "." not in id_ else None


# Paths of LL2's other versions, whose lists are called by other names.

_VERSION = re.compile(r"(?:/api)?/\d+\.\d+\.\d+(?:/(?P<inside>.*?)/?)?", re.DOTALL)
_MODES_OF_PATHS = {"detailed": "detailed", "mini": "list"}  # in later versions


def _key(name: str) -> str:
    """What the versions' names of a list have in common: docking_event, docking_events."""
    parts = name.replace("_", "").replace("y", "i").split("/")
    return "/".join(part.rstrip("es") for part in parts)


_LISTS = {
    **{_key(name): name for name in ENDPOINTS},
    _key("api-throttle"): "api-throttle",
    **{_key(each.formerly): each.name for each in RESOURCES.values() if each.formerly},
}


def is_versioned(path: str) -> bool:
    """Whether a decoded path is one of LL2's API, of any version."""
    return _VERSION.fullmatch(path) is not None


def same_page(path: str) -> str:
    """The path of this version for one of any version; empty if none is known."""
    match = _VERSION.fullmatch(path)
    parts = (match["inside"] or "" if match else "").split("/")
    mode = _MODES_OF_PATHS.get(parts[-1], "")
    parts = parts[:-1] if mode else parts
    for count in range(min(2, len(parts)), 0, -1):
        if name := _LISTS.get(_key("/".join(parts[:count]))):
            page = "/".join([f"{API_PATH}{name}", *parts[count:], ""])
            return (page + (f"?mode={mode}" if mode else "")) if find_route(page) else ""
    return ""


def _elsewhere(path: str) -> ApiResponse | None:
    """The response for a path of another version, or of LL2's own document; None for others."""
    if path.rstrip("/") in _DOCUMENTS:
        return as_json(404, {"detail": f"LL2's document is at {LL2_URL}{path.rstrip('/')}/."})
    if f"{path}/".startswith(API_PATH) or not is_versioned(path):
        return None
    page = same_page(path)
    where = f"ask {page}" if page else f"its paths begin with {API_PATH}"
    return as_json(404, {"detail": f"This mirror has LL2's version {API_VERSION}: {where}"})


def routed(request: Request) -> ApiRoute:
    """The route of a request; raises Unrouted, with a redirect where it is clear what is meant."""
    if len(request.path) + len(request.query) > MOST_URL:
        raise Unrouted(plain(414, "URI Too Long", f"A URL has {MOST_URL} characters at most."))
    path = decoded(request.path)
    if route := find_route(path):
        return route
    if elsewhere := _elsewhere(path):
        raise Unrouted(elsewhere)
    # A slash is missing, or the list is called as in earlier versions, as some clients do.
    page = f"{path}/" if find_route(f"{path}/") else same_page(path).partition("?")[0]
    if not page:
        raise Unrouted(plain(404, "Not Found", "There is no such page here."))
    query = f"?{quote(request.query, safe=_QUERY_SAFE)}" if request.query else ""
    location = f"{_HOST.sub('', request.base)}{quote(page, safe=_PATH_SAFE)}{query}"
    raise Unrouted(ApiResponse(301, b"", HTML, {"Location": location}))


# The query.


class Params:
    """The query parameters of a request. Of a repeated one, the last counts."""

    def __init__(self, query: str) -> None:
        """Takes the query string as sent; raises Unrouted if it has too many fields."""
        try:
            self.pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=MOST_FIELDS)
        except ValueError:
            refused = plain(400, "Bad Request", "The query has too many fields.")
            raise Unrouted(refused) from None
        self._sent: dict[str, list[str]] = {}
        for name, value in self.pairs:
            self._sent.setdefault(name, []).append(value)

    def get(self, name: str) -> str | None:
        """The decoded value of a parameter, or None."""
        return self._sent[name][-1] if name in self._sent else None

    def every(self, name: str) -> list[str]:
        """All values of a parameter that may be repeated."""
        return self._sent.get(name, [])

    @cached_property
    def limit(self) -> int:
        """The number of results per page; the default if invalid."""
        return min(self._positive("limit"), MOST_LIMIT) or DEFAULT_LIMIT

    @cached_property
    def offset(self) -> int:
        """The number of results before the page; 0 if invalid."""
        return self._positive("offset")

    def _positive(self, name: str) -> int:
        """A parameter as ``int`` reads it; 0 if negative or invalid."""
        try:
            return max(int(self.get(name) or ""), 0)
        except ValueError:
            return 0

    @cached_property
    def suffix(self) -> str:
        """The query of the links in records: the format, as sent."""
        sent = self.get("format")
        return "" if sent is None else f"?{urlencode({'format': sent})}"

    def links(self, url: str, count: int) -> tuple[str | None, str | None]:
        """The links to the next and the previous page of a list with ``count`` records."""
        after, before = self.offset + self.limit, self.offset - self.limit
        return (
            self._link(url, after) if after < count else None,
            self._link(url, before) if self.offset else None,
        )

    def _link(self, url: str, offset: int) -> str:
        """A link to another page of the same list, with all sent parameters, sorted by name."""
        sent = {**self._sent, "limit": [str(self.limit)], "offset": [str(offset)]}
        if offset <= 0:
            del sent["offset"]
        return f"{url}?{urlencode(sorted(sent.items()), doseq=True)}"


class Context(NamedTuple):
    """A request with its route and its parameters."""

    request: Request
    route: ApiRoute
    params: Params

    @property
    def resource(self) -> Resource | None:
        """The requested list, or that of the requested record, if it can be mirrored."""
        return self.route.resource

    @property
    def links(self) -> tuple[str, str]:
        """What comes before and after the path of each link in a record."""
        return self.request.base, self.params.suffix


# The format: from the query, else from the Accept header.


class Choice(NamedTuple):
    """The format of a response, and the requested indent."""

    format: str
    indent: int | None


COMPACT = Choice("json", None)


def negotiated(params: Params, accept: str | None) -> Choice:
    """The format of the response; raises Refusal, 404 or 406, for an unknown one."""
    format_ = params.get("format")
    if format_ and format_ not in MEDIA_TYPES:
        raise Refusal(404, {"detail": "Not found."})
    formats = [format_] if format_ else list(MEDIA_TYPES)
    offers = [_media(offer) for offer in ("*/*" if accept is None else accept).split(",")]
    accepted = [
        (offer, name) for name in formats for offer in offers if offer.accepts(MEDIA_TYPES[name])
    ]
    if not accepted:
        raise Refusal(406, {"detail": "Could not satisfy the request Accept header."})
    offer, name = max(accepted, key=lambda pair: pair[0].precedence)  # the first of equal ones
    return Choice(name, offer.indent)


class Media(NamedTuple):
    """One media type of an Accept header, with its parameters."""

    main: str
    sub: str
    params: dict[str, str]

    @property
    def precedence(self) -> int:
        """How specific it is; ``q`` doesn't count."""
        if self.main == "*" or self.sub == "*":
            return 0 if self.main == "*" else 1
        return 3 if set(self.params) - {"q"} else 2

    @property
    def indent(self) -> int | None:
        """The requested indent."""
        with suppress(KeyError, ValueError):
            return max(min(int(self.params["indent"]), _WIDEST_INDENT), 0) or None
        return None

    def accepts(self, media_type: str) -> bool:
        """Whether it accepts a type without parameters."""
        main, _, sub = media_type.partition("/")
        return self.main in ("*", main) and self.sub in ("*", sub)


def _media(text: str) -> Media:
    full, *params = (part.strip() for part in text.split(";"))
    main, _, sub = full.lower().partition("/")
    pairs = (param.partition("=") for param in params if "=" in param)
    return Media(main, sub, {name.strip().lower(): value.strip(' "') for name, _, value in pairs})
