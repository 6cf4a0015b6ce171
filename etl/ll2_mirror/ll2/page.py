"""A page of LL2: its text, its digest, its records, their ids and links; compressing it.

``read_page`` reads as much as a walk needs. ``normalize`` reads the records.
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
from ll2_mirror.ll2.json import KEPT, parse, quote, spell, text
from ll2_mirror.ll2.model import Id, Shape

LL2_URL = "https://ll.thespacedevs.com"
API_VERSION = "2.3.0"
API_PATH = f"/{API_VERSION}/"

INT64 = range(-(2**63), 2**63)
_ENDS_PATH = re.compile("[?#]")


class Links(NamedTuple):
    """What comes before and after the path in each link of a page."""

    base: str  # scheme and host: "https://ll.thespacedevs.com"
    suffix: str  # the query that carries the request's format: "?format=api", or empty

    def path(self, url: str) -> str:
        """The path of a link to LL2 itself; any other URL is returned as it is."""
        if not self.base or not (url.startswith(self.base) and url.endswith(self.suffix)):
            return url
        path = url[len(self.base) : len(url) - len(self.suffix)]
        return path if path.startswith(API_PATH) else url


def records(page: Any) -> list[Any]:
    """The records of a decoded page; raises NotAPage for what is no page of LL2."""
    if type(page) is not dict:
        raise NotAPage(f"no page of LL2: expected an object, got {quote(page)}")
    for key, types in (("count", (int,)), ("next", (str, type(None))), ("results", (list,))):
        if key not in page:
            raise NotAPage(f'no page of LL2: it has no "{key}"')
        if type(page[key]) not in types:
            raise NotAPage(f'no page of LL2: "{key}" is {quote(page[key])}')
    for key, value in page.items():
        if key != "results":
            spell(value)  # raises for what is nested too deep to be read again
    results: list[Any] = page["results"]
    return results


def ids_of(results: list[Any]) -> list[Id | None]:
    """The ids of a page's records, in order; None for a record without a usable id."""
    ids = (record.get("id") if type(record) is dict else None for record in results)
    return [id_ if _may_be_id(id_) else None for id_ in ids]


def _may_be_id(value: Any) -> bool:
    return type(value) is str or (type(value) is int and value in INT64)


def links_of(results: list[Any]) -> Links:
    """How the links of a page begin and end, taken from its first link."""
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
    """How a link begins and ends; None for a URL that is no link to LL2."""
    start = url.find(API_PATH, 1)
    while start > 0:
        end = _ENDS_PATH.search(url, start)
        if end is None or end[0] == "?":
            return Links(url[:start], url[end.start() :] if end else "")
        start = url.find(API_PATH, end.start())
    return None


def page_digest(body: bytes) -> bytes:
    """The SHA-256 of a page's text."""
    return hashlib.sha256(body).digest()


def record_digest(shape: Shape, record: Any) -> bytes:
    """The digest of a record read in a shape: half of a SHA-256.

    Empty for a record that is nested too deep to be understood.
    """
    try:
        body = orjson.dumps([shape.name, record])
    except TypeError:  # it has a Number, or is nested too deep for orjson
        try:
            body = text([shape.name, spell(record, KEPT)]).encode()
        except NotAPage:
            return b""
    return hashlib.sha256(body).digest()[:16]


class Page(NamedTuple):
    """One page as LL2 sent it."""

    offset: int
    limit: int
    body: bytes
    digest: bytes
    total: int  # the number of records in the list, as this page says
    ids: list[Id | None]  # of its records, in order; None for a record without a usable id


def read_page(body: bytes, offset: int, limit: int) -> Page:
    """A page from its text; raises NotAPage, also for fewer or more records than expected."""
    total, results = _opened(body)
    due = max(0, min(limit, total - offset))
    if len(results) != due:
        error = NotAPage(f"a page of {len(results)} records instead of {due}: LL2 counts {total}")
        error.heavy = len(results) < due
        raise error
    return Page(offset, limit, body, page_digest(body), total, ids_of(results))


def read_object(body: bytes) -> Page:
    """A page that is one object, or a list of one, as a page without records; raises NotAPage."""
    document = _carefully(body)
    if type(document) not in (dict, list):
        raise NotAPage("no object of LL2")
    return Page(0, 100, body, page_digest(body), 0, [])


def _opened(body: bytes) -> tuple[int, list[Any]]:
    """The number of records in the list, and the page's; raises NotAPage."""
    try:
        document = orjson.loads(body)
    except ValueError:  # perhaps only a number that is too large for orjson
        document = _carefully(body)
    results = records(document)
    total: int = document["count"]
    if not 0 <= total < 2**53:
        raise NotAPage(f"no page of LL2: its count is {total}")
    return total, results


def _carefully(body: bytes) -> Any:
    """The document, as ``parse`` reads it; raises NotAPage, which says if the page was cut off."""
    try:
        return parse(body)
    except NotAPage as error:
        error.heavy = body.lstrip()[:1] == b"{" and not body.rstrip().endswith(b"}")
        raise


# Packing and unpacking, within bounds far beyond LL2's largest pages (docs/limits.md).

MAX_BODY = 16 * 2**20  # bytes of a page, as sent and unpacked
MAX_VALUES = 500_000  # JSON values in a page
_MIB = 2**20


_PACKER = zstandard.ZstdCompressor(write_checksum=True)
_UNPACKER = zstandard.ZstdDecompressor()


class TooLargeError(Exception):
    """A body is larger than a bound; the text says which."""


def packed(text: bytes) -> bytes:
    """A text as the file stores it: zstd, which also finds repeated objects that are far apart."""
    return _PACKER.compress(text)


def unpacked(blob: bytes) -> bytes:
    """The text that ``packed`` packed; raises TooLargeError, and ValueError for a damaged one."""
    try:
        if not 0 < zstandard.get_frame_parameters(blob).content_size <= MAX_BODY:
            raise TooLargeError("a compressed text whose size is missing or too large")
        return _UNPACKER.decompress(blob, allow_extra_data=False)
    except zstandard.ZstdError as error:
        raise ValueError(str(error)) from None


def repacked(blob: bytes) -> bytes:
    """A text packed with zlib, as before schema 6, packed with zstd; anything else, unchanged."""
    try:
        return packed(inflated(blob))
    except (TypeError, zlib.error, TooLargeError):
        return blob


def inflated(packed: bytes, most: int = MAX_BODY) -> bytes:
    """The text that gzip or zlib packed; raises TooLargeError, and zlib.error if it isn't whole."""
    unpacking = zlib.decompressobj(wbits=47)  # gzip or zlib, by its header
    text = bounded(unpacking.decompress(packed, most + 1), most)
    if not unpacking.eof or unpacking.unused_data:
        raise zlib.error("the compressed body is incomplete, or followed by other data")
    return text


def bounded(body: bytes, most: int) -> bytes:
    """Returns the body; raises TooLargeError for one of more bytes than this."""
    if len(body) > most:
        raise TooLargeError(f"a body of more than {most / _MIB:g} MiB")
    return body


def counted(body: bytes) -> bytes:
    """Returns the body; raises TooLargeError for one with more JSON values than a page may have.

    It counts without parsing, since each object and list takes far more memory than its brackets.
    """
    if len(body) - len(body.translate(None, b",[{")) > MAX_VALUES:
        raise TooLargeError(f"a body of more than {MAX_VALUES:,} JSON values")
    return body


# Durations


@lru_cache(maxsize=4096)
def seconds(text: str | None) -> float | None:
    """The seconds of an ISO 8601 duration such as ``P4DT22H42M47S``, so that SQL can add them.

    None for null, for a text that is no duration, and for one with years or months, whose length
    depends on the date (LL2 sends none).
    """
    if text is None:
        return None
    try:
        duration = isodate.parse_duration(text)
    except (ValueError, OverflowError, ArithmeticError):
        return None
    return duration.total_seconds() if isinstance(duration, timedelta) else None
