"""A request's query string and Accept header, read as Django and its REST framework read them."""

from __future__ import annotations

from contextlib import suppress
from functools import cached_property
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode

from ll2_mirror.query.response import MEDIA_TYPES, Refusal, Unrouted, plain

MOST_LIMIT, DEFAULT_LIMIT = 100, 10
_MOST_FIELDS = 1000  # Django refuses a query with more
_WIDEST_INDENT = 8
_UNKNOWN_FORMAT = {"detail": "Not found."}
_NOT_ACCEPTABLE = {"detail": "Could not satisfy the request Accept header."}


class Params:
    """The parameters of one request. A name that comes twice: the last one counts."""

    def __init__(self, query: str) -> None:
        """Takes the query string as it was sent; raises Unrouted where it has too many fields."""
        try:
            self.pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=_MOST_FIELDS)
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
        sent = _positive(self.get("limit"))
        return min(sent, MOST_LIMIT) if sent else DEFAULT_LIMIT

    @cached_property
    def offset(self) -> int:
        """How many results stand before the page; what can't be read is 0."""
        return _positive(self.get("offset")) or 0

    @cached_property
    def suffix(self) -> str:
        """What the links in a record end with: they carry the format, as it was sent."""
        sent = self.get("format")
        return "" if sent is None else f"?{urlencode({'format': sent})}"

    def link(self, url: str, offset: int) -> str:
        """A link to another page of the same list: all parameters sent, sorted by name."""
        sent = {**self._sent, "limit": [str(self.limit)], "offset": [str(offset)]}
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


class Choice(NamedTuple):
    """The format of a response, and the indent that was asked for."""

    format: str
    indent: int | None


COMPACT = Choice("json", None)


def negotiated(params: Params, accept: str | None) -> Choice:
    """The format to answer in; raises Refusal, 404 or 406, where there is no such one."""
    wanted = params.get("format")
    if wanted and wanted not in MEDIA_TYPES:
        raise Refusal(404, _UNKNOWN_FORMAT)
    formats = [wanted] if wanted else list(MEDIA_TYPES)
    offers = [_media(offer) for offer in ("*/*" if accept is None else accept).split(",")]
    accepted = [
        (offer, name) for name in formats for offer in offers if offer.accepts(MEDIA_TYPES[name])
    ]
    if not accepted:
        raise Refusal(406, _NOT_ACCEPTABLE)
    offer, name = max(accepted, key=lambda found: found[0].precedence)  # the first of equals
    return Choice(name, offer.indent)
