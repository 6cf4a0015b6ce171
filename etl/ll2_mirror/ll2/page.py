"""A page of LL2: its text, its digest, its records and their ids, its links.

A walk needs no more than that; what the records say is read when they are normalized.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from datetime import timedelta
from functools import lru_cache
from typing import Any, NamedTuple

import isodate
import orjson
import zstandard

from ll2_mirror.errors import NotAPage
from ll2_mirror.ll2.json import parse, quote, spell
from ll2_mirror.ll2.model import Id

LL2_URL = "https://ll.thespacedevs.com"
API_VERSION = "2.3.0"
API_PATH = f"/{API_VERSION}/"

INT64 = range(-(2**63), 2**63)
_ENDS_PATH = re.compile("[?#]")


class Links(NamedTuple):
    """What stands before and after the path in each link of a page."""

    base: str  # scheme and host: "https://ll.thespacedevs.com"
    suffix: str  # the query that carries the request's format: "?format=api", or empty

    def path(self, url: str) -> str:
        """The path of a link of LL2's own; any other URL stays whole."""
        if not self.base or not (url.startswith(self.base) and url.endswith(self.suffix)):
            return url
        path = url[len(self.base) : len(url) - len(self.suffix)]
        return path if path.startswith(API_PATH) else url


def records(page: Any) -> list[Any]:
    """The records of a decoded page; raises NotAPage where it is no page of LL2."""
    if type(page) is not dict:
        raise NotAPage(f"no page of LL2: expected an object, got {quote(page)}")
    for key, types in (("count", (int,)), ("next", (str, type(None))), ("results", (list,))):
        if key not in page:
            raise NotAPage(f'no page of LL2: it has no "{key}"')
        if type(page[key]) not in types:
            raise NotAPage(f'no page of LL2: "{key}" is {quote(page[key])}')
    for key, value in page.items():
        if key != "results":
            spell(value)  # too deep a value could not be read again
    results: list[Any] = page["results"]
    return results


def ids_of(results: list[Any]) -> list[Id | None]:
    """The ids of a page's records, in order; None where there is none that could be one."""
    found = (record.get("id") if type(record) is dict else None for record in results)
    return [id_ if _may_be_id(id_) else None for id_ in found]


def _may_be_id(value: Any) -> bool:
    return type(value) is str or (type(value) is int and value in INT64)


def links_of(results: list[Any]) -> Links:
    """How the links of a page begin and end, read off the first that a record has."""
    stack = results[::-1]
    while stack:
        value = stack.pop()
        if isinstance(value, list):
            stack.extend(value[::-1])
        elif isinstance(value, dict):
            url = value.get("url")
            if isinstance(url, str) and (links := _links_in(url)):
                return links
            stack.extend(list(value.values())[::-1])
    return Links("", "")


def _links_in(url: str) -> Links | None:
    """How a link begins and ends; None where a URL is none of LL2's own."""
    start = url.find(API_PATH, 1)
    while start > 0:
        end = _ENDS_PATH.search(url, start)
        if end is None or end[0] == "?":
            return Links(url[:start], url[end.start() :] if end else "")
        start = url.find(API_PATH, end.start())
    return None


def page_digest(body: bytes) -> bytes:
    """What a page is known by: the SHA-256 of its text."""
    return hashlib.sha256(body).digest()


def record_digests(shape: str, results: list[Any]) -> list[bytes | None]:
    """What each record of a page is known by, read in a shape, its links as on this page.

    Half of a SHA-256; None where a number is spelled oddly.
    """
    links = links_of(results)
    return [_record_digest([shape, *links, record]) for record in results]


def _record_digest(value: Any) -> bytes | None:
    try:
        return hashlib.sha256(orjson.dumps(value)).digest()[:16]
    except TypeError:
        return None


class Page(NamedTuple):
    """One page as it came."""

    offset: int
    limit: int
    body: bytes
    digest: bytes
    total: int  # how many records there are in all, as this page says
    ids: list[Id | None]  # of its records, in order; None where there is none that could be one


def read_page(body: bytes, offset: int, limit: int) -> Page:
    """A page from its text, as far as a walk needs it: its records are normalized later.

    Raises NotAPage, also where it has fewer or more records than must follow.
    """
    total, results = _opened(body)
    due = max(0, min(limit, total - offset))
    if len(results) != due:
        error = NotAPage(f"a page of {len(results)} records, where {due} of {total} must follow")
        error.heavy = len(results) < due
        raise error
    return Page(offset, limit, body, page_digest(body), total, ids_of(results))


def _opened(body: bytes) -> tuple[int, list[Any]]:
    """How many records there are in all, and those of a page; raises NotAPage."""
    try:
        document = orjson.loads(body)
    except ValueError:  # perhaps only a number that it has no room for
        document = _carefully(body)
    results = records(document)
    total: int = document["count"]
    if not 0 <= total < 2**53:
        raise NotAPage(f"no page of LL2: its count is {total}")
    return total, results


def _carefully(body: bytes) -> Any:
    """The document, read as what will read it in the end does; raises NotAPage."""
    try:
        return parse(body)
    except NotAPage as error:
        error.heavy = body.lstrip()[:1] == b"{" and not body.rstrip().endswith(b"}")
        raise


# Packing. The bounds are far beyond LL2's largest pages; docs/limits.md names them.

MAX_BODY = 16 * 2**20  # bytes of a page, as sent and unpacked
MAX_VALUES = 500_000  # JSON values in a page
_MIB = 2**20


_PACKER = zstandard.ZstdCompressor(write_checksum=True)
_UNPACKER = zstandard.ZstdDecompressor()


class TooLargeError(Exception):
    """A body is beyond a bound; the text says which."""


def packed(text: bytes) -> bytes:
    """A text as the file keeps it: zstd, which sees that records far apart nest the same."""
    return _PACKER.compress(text)


def unpacked(blob: bytes) -> bytes:
    """The text that ``packed`` packed; raises TooLargeError, or ValueError for what is damaged."""
    try:
        if not 0 < zstandard.get_frame_parameters(blob).content_size <= MAX_BODY:
            raise TooLargeError("a packed text that says no size within bounds")
        return _UNPACKER.decompress(blob, allow_extra_data=False)
    except zstandard.ZstdError as error:
        raise ValueError(str(error)) from None


def repacked(blob: bytes) -> bytes:
    """What zlib packed, as in files of schemas before 6, packed as now; anything else, as it is."""
    try:
        return packed(inflated(blob))
    except (TypeError, zlib.error, TooLargeError):
        return blob


def inflated(packed: bytes, most: int = MAX_BODY) -> bytes:
    """What gzip or zlib packed; raises TooLargeError, and zlib.error for what is not whole."""
    unpacking = zlib.decompressobj(wbits=47)  # gzip or zlib: its head says which
    text = bounded(unpacking.decompress(packed, most + 1), most)
    if not unpacking.eof or unpacking.unused_data:
        raise zlib.error("the packed body is cut short, or more follows it")
    return text


def bounded(body: bytes, most: int) -> bytes:
    """The same body; raises TooLargeError."""
    if len(body) > most:
        raise TooLargeError(f"a body of more than {most / _MIB:g} MiB")
    return body


def counted(body: bytes) -> bytes:
    """The same body; raises TooLargeError where it has more values than a page may.

    It isn't parsed to be counted: an object or a list costs far more memory than its brackets.
    """
    if len(body) - len(body.translate(None, b",[{")) > MAX_VALUES:
        raise TooLargeError(f"a body of more than {MAX_VALUES:,} JSON values")
    return body


# Durations


@lru_cache(maxsize=4096)
def seconds(text: str | None) -> float | None:
    """The seconds of ``P4DT22H42M47S``, or None.

    None stands for null, for text that is no duration, and for one with years or months, whose
    length depends on the date (LL2 sends none).
    """
    if text is None:
        return None
    try:
        duration = isodate.parse_duration(text)
    except (ValueError, OverflowError, ArithmeticError):
        return None
    return duration.total_seconds() if isinstance(duration, timedelta) else None
