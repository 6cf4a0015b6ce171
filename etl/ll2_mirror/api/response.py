"""A response, its document, and the errors that become responses."""

from __future__ import annotations

from typing import Any, NamedTuple

from ll2_mirror.ll2.json import text
from ll2_mirror.ll2.model import Id, Shape

HTML = "text/html; charset=utf-8"
MEDIA_TYPES = {"json": "application/json", "api": "text/html"}  # by format, LL2's first one first

NOT_KEPT = {"Cache-Control": "no-store"}  # by a cache: the next sync may bring what is missing


class ApiResponse(NamedTuple):
    """A response to a client; ``lists``: the names of those that it was made from."""

    status: int
    body: bytes
    media_type: str
    headers: dict[str, str]
    lists: frozenset[str] = frozenset()

    @property
    def is_good(self) -> bool:
        """Whether the status is 2xx."""
        return self.status // 100 == 2


class Records(NamedTuple):
    """Records to be rendered."""

    shape: Shape
    ids: list[Id]


class Document(NamedTuple):
    """The content of a page: the status, and a value spelled for ``json.text``.

    ``results`` are the records for the list that is its last value.
    """

    status: int
    value: Any
    results: Records | None = None


class Refusal(Exception):
    """The request is refused; the document says why."""

    def __init__(self, status: int, value: Any) -> None:
        super().__init__(status, value)
        self.document = Document(status, value)


class Unrouted(Exception):
    """A request that leads to none of LL2's pages; ``response`` answers it."""

    def __init__(self, response: ApiResponse) -> None:
        super().__init__(response.status)
        self.response = response


def as_json(status: int, value: Any, indent: int | None = None) -> ApiResponse:
    """A value as JSON, as LL2 sends it."""
    return rendered(status, text(value, indent), MEDIA_TYPES["json"])


def rendered(status: int, body: str, media_type: str) -> ApiResponse:
    """A response with the headers of all LL2 pages."""
    headers = {"Allow": "GET", "Vary": "Accept", **(NOT_KEPT if status != 200 else {})}
    return ApiResponse(status, body.encode(), media_type, headers)


def plain(status: int, title: str, words: str) -> ApiResponse:
    """A response without a page: HTML, whatever format was requested."""
    body = (
        f'<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8"><title>{title}</title>'
        f"</head>\n<body><h1>{title}</h1><p>{words}</p></body>\n</html>\n"
    )
    return ApiResponse(status, body.encode(), HTML, NOT_KEPT)
