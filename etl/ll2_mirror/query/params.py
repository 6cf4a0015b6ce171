"""A request's query string and Accept header, read as Django and its REST framework read them."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import parse_qs, parse_qsl, urlencode

MOST_LIMIT, DEFAULT_LIMIT = 100, 10
_MOST_FIELDS = 1000  # Django refuses a query with more
RENDERERS = {"json": "application/json", "api": "text/html"}  # by format, LL2's first one first
_WIDEST_INDENT = 8


class TooMany(ValueError):
    """A query string with more fields than Django reads."""


class Params:
    """The parameters of one request. A name that comes twice: the last one counts."""

    def __init__(self, query: str) -> None:
        """Takes the query string as it was sent; raises TooMany."""
        self.query = query
        try:
            self.pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=_MOST_FIELDS)
        except ValueError as error:
            raise TooMany from error
        self._last = dict(self.pairs)

    def get(self, name: str) -> str | None:
        """The value of a parameter, decoded; None where it wasn't sent."""
        return self._last.get(name)

    @property
    def limit(self) -> int:
        """How many results a page has; what can't be read is the default."""
        sent = _positive(self.get("limit"))
        return min(sent, MOST_LIMIT) if sent else DEFAULT_LIMIT

    @property
    def offset(self) -> int:
        """How many results stand before the page; what can't be read is 0."""
        return _positive(self.get("offset")) or 0

    @property
    def suffix(self) -> str:
        """What the links in a record end with: they carry the format, as it was sent."""
        sent = self.get("format")
        return "" if sent is None else f"?{urlencode({'format': sent})}"

    def link(self, url: str, offset: int) -> str:
        """A link to another page of the same list: all parameters sent, sorted by name."""
        sent: dict[str, list[str]] = parse_qs(self.query, keep_blank_values=True)
        sent["limit"] = [str(self.limit)]
        sent["offset"] = [str(offset)]
        if offset <= 0:
            del sent["offset"]
        return f"{url}?{urlencode(sorted(sent.items()), doseq=True)}"

    def links(self, url: str, count: int) -> tuple[str | None, str | None]:
        """The links to the next and the previous page of a list of so many."""
        after, before = self.offset + self.limit, self.offset - self.limit
        return (
            self.link(url, after) if after < count else None,
            self.link(url, before) if self.offset else None,
        )


def _positive(text: str | None) -> int | None:
    """What ``int`` reads, unless it is negative; None for anything else."""
    try:
        number = int(text or "")
    except ValueError:
        return None
    return number if number >= 0 else None


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

    def accepts(self, media_type: str) -> bool:
        """Whether a type without parameters is what is asked for."""
        main, _, sub = media_type.partition("/")
        return self.main in ("*", main) and self.sub in ("*", sub)


def _media(text: str) -> Media:
    full, *params = (part.strip() for part in text.split(";"))
    main, _, sub = full.lower().partition("/")
    pairs = (param.partition("=") for param in params if "=" in param)
    return Media(main, sub, {name.strip().lower(): value.strip(' "') for name, _, value in pairs})


class Choice(NamedTuple):
    """The format of an answer, and the indent that was asked for."""

    format: str
    indent: int | None


def negotiated(params: Params, accept: str | None) -> Choice | int:
    """The format to answer in, or the status of the refusal: 404 or 406."""
    asked = params.get("format")
    if asked and asked not in RENDERERS:
        return 404
    formats = [asked] if asked else list(RENDERERS)
    offers = [_media(offer) for offer in ("*/*" if accept is None else accept).split(",")]
    for precedence in (3, 2, 1, 0):
        for name in formats:
            for offer in offers:
                if offer.precedence == precedence and offer.accepts(RENDERERS[name]):
                    return Choice(name, _indent(offer))
    return 406


def _indent(offer: Media) -> int | None:
    try:
        return max(min(int(offer.params["indent"]), _WIDEST_INDENT), 0) or None
    except (KeyError, ValueError):
        return None
