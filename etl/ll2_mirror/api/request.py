"""A request: where its path leads, what its query and its Accept header ask for.

All three are read as Django and its REST framework read them.
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
    plain,
)
from ll2_mirror.ll2.lists import ENDPOINTS, RESOURCES, VIEWS, Resource, View
from ll2_mirror.ll2.page import API_PATH

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
_UNLISTED = {"": "root", "api-throttle/": "throttle"}  # the pages that aren't of a list, by path


class Request(NamedTuple):
    """A request: the path and the query as they were sent; ``base`` is scheme://host.

    ``client`` is who asks, for the one page that tells it, and else the same for all.
    """

    path: str
    query: str = ""
    base: str = ""
    accept: str | None = None
    method: str = "GET"
    client: str = "127.0.0.1"


def request_for(url: str, base: str, *, pretty: bool = False) -> Request:
    """The request for a path, with its query, as a user writes it; a whole URL's host is left out.

    What a client would escape is escaped; ``pretty`` asks for indented JSON.
    """
    sent = quote(url.encode("utf-8", "surrogateescape"), safe=_ASCII)
    path, _, query = _HOST.sub("", sent).partition("#")[0].partition("?")
    return Request(path, query, base, "*/*; indent=4" if pretty else None)


@lru_cache(128)
def decoded(path: str) -> str:
    """A path as Django reads it: what isn't UTF-8 stays escaped."""
    sent = unquote_to_bytes(path).decode("utf-8", "surrogateescape")
    return _NOT_UTF8.sub(lambda match: f"%{ord(match[0]) - 0xDC00:02X}", sent)


# Where a path leads.


class ApiRoute(NamedTuple):
    """Where a path leads: root, throttle, list or detail; LL2's name of a list, a record's id."""

    page: str
    name: str = ""
    id: str = ""

    @property
    def resource(self) -> Resource | None:
        """The list, where it can be mirrored; of a list in time the one whose records it has."""
        return RESOURCES.get(list_of(self.name))

    @property
    def sublist(self) -> View | None:
        """The list in time, such as launches/upcoming, where the name is that of one."""
        return VIEWS.get(self.name)


def list_of(name: str) -> str:
    """The name of the list whose records a list has: one in time has those of another."""
    return name.partition("/")[0] if name in VIEWS else name


@lru_cache(128)
def find_route(path: str) -> ApiRoute | None:
    """The route of a decoded path; None where LL2 has no such page."""
    if not (path.startswith(API_PATH) and path.endswith("/")):
        return None
    inside = path.removeprefix(API_PATH)
    if inside in _UNLISTED:
        return ApiRoute(_UNLISTED[inside])
    name, _, id_ = inside[:-1].rpartition("/")
    if inside[:-1] in ENDPOINTS:
        return ApiRoute("list", inside[:-1])
    return ApiRoute("detail", name, id_) if name in ENDPOINTS and id_ and "." not in id_ else None


def routed(request: Request) -> ApiRoute:
    """The route of a request; raises Unrouted, with a redirect where only the last / is missing."""
    if len(request.path) + len(request.query) > MOST_URL:
        raise Unrouted(plain(414, "URI Too Long", f"A URL has {MOST_URL} characters at most."))
    path = decoded(request.path)
    if route := find_route(path):
        return route
    if not find_route(f"{path}/"):
        raise Unrouted(plain(404, "Not Found", "There is no such page here."))
    query = f"?{quote(request.query, safe=_QUERY_SAFE)}" if request.query else ""
    location = f"{_HOST.sub('', request.base)}{quote(f'{path}/', safe=_PATH_SAFE)}{query}"
    raise Unrouted(ApiResponse(301, b"", HTML, {"Location": location}))


# What its query asks for.


class Params:
    """The parameters of one request. A name that comes twice: the last one counts."""

    def __init__(self, query: str) -> None:
        """Takes the query string as it was sent; raises Unrouted where it has too many fields."""
        try:
            self.pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=MOST_FIELDS)
        except ValueError:
            refused = plain(400, "Bad Request", "The query has too many fields.")
            raise Unrouted(refused) from None
        self._sent: dict[str, list[str]] = {}
        for name, value in self.pairs:
            self._sent.setdefault(name, []).append(value)

    def get(self, name: str) -> str | None:
        """The value of a parameter, decoded; None where it wasn't sent."""
        return self._sent[name][-1] if name in self._sent else None

    def every(self, name: str) -> list[str]:
        """All values of a parameter, as of one that may be repeated."""
        return self._sent.get(name, [])

    @cached_property
    def limit(self) -> int:
        """How many results a page has; what can't be read is the default."""
        return min(self._positive("limit"), MOST_LIMIT) or DEFAULT_LIMIT

    @cached_property
    def offset(self) -> int:
        """How many results stand before the page; what can't be read is 0."""
        return self._positive("offset")

    def _positive(self, name: str) -> int:
        """What ``int`` reads of a parameter; 0 for a negative number and for anything else."""
        try:
            return max(int(self.get(name) or ""), 0)
        except ValueError:
            return 0

    @cached_property
    def suffix(self) -> str:
        """What the links in a record end with: they carry the format, as it was sent."""
        sent = self.get("format")
        return "" if sent is None else f"?{urlencode({'format': sent})}"

    def links(self, url: str, count: int) -> tuple[str | None, str | None]:
        """The links to the next and the previous page of a list of so many."""
        after, before = self.offset + self.limit, self.offset - self.limit
        return (
            self._link(url, after) if after < count else None,
            self._link(url, before) if self.offset else None,
        )

    def _link(self, url: str, offset: int) -> str:
        """A link to another page of the same list: all parameters sent, sorted by name."""
        sent = {**self._sent, "limit": [str(self.limit)], "offset": [str(offset)]}
        if offset <= 0:
            del sent["offset"]
        return f"{url}?{urlencode(sorted(sent.items()), doseq=True)}"


class Context(NamedTuple):
    """What is asked: the request, where it leads, its parameters."""

    request: Request
    route: ApiRoute
    params: Params

    @property
    def resource(self) -> Resource | None:
        """The list that is asked for, or whose record is, where it can be mirrored."""
        return self.route.resource

    @property
    def links(self) -> tuple[str, str]:
        """What stands before and after the path of each link in a record."""
        return self.request.base, self.params.suffix


# In which format: the query may say, else the Accept header.


class Choice(NamedTuple):
    """The format of a response, and the indent that was asked for."""

    format: str
    indent: int | None


COMPACT = Choice("json", None)


def negotiated(params: Params, accept: str | None) -> Choice:
    """The format to answer in; raises Refusal, 404 or 406, where there is no such one."""
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
    offer, name = max(accepted, key=lambda pair: pair[0].precedence)  # the first of equals
    return Choice(name, offer.indent)


class Media(NamedTuple):
    """What an Accept header offers: a type with its parameters."""

    main: str
    sub: str
    params: dict[str, str]

    @property
    def precedence(self) -> int:
        """How specific it is; ``q`` is no parameter that counts."""
        if self.main == "*" or self.sub == "*":
            return 0 if self.main == "*" else 1
        return 3 if set(self.params) - {"q"} else 2

    @property
    def indent(self) -> int | None:
        """The indent that it asks for."""
        with suppress(KeyError, ValueError):
            return max(min(int(self.params["indent"]), _WIDEST_INDENT), 0) or None
        return None

    def accepts(self, media_type: str) -> bool:
        """Whether a type without parameters is what is asked for."""
        main, _, sub = media_type.partition("/")
        return self.main in ("*", main) and self.sub in ("*", sub)


def _media(text: str) -> Media:
    full, *params = (part.strip() for part in text.split(";"))
    main, _, sub = full.lower().partition("/")
    pairs = (param.partition("=") for param in params if "=" in param)
    return Media(main, sub, {name.strip().lower(): value.strip(' "') for name, _, value in pairs})
