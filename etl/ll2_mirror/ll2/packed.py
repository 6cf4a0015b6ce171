"""The text of a page, packed, and unpacked within bounds: it takes no more memory than these.

The bounds are far beyond LL2's largest pages; docs/limits.md tells them.
"""

from __future__ import annotations

import zlib

import zstandard

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
