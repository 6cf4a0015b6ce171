"""How a picture is asked for: from hosts that the tables name, never within a private network."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from itertools import chain
from urllib.parse import urlsplit

from ll2_mirror.errors import DataError, Faulted, UpstreamError
from ll2_mirror.ll2.json import quote
from ll2_mirror.pictures.kinds import ENOUGH, kind_of
from ll2_mirror.share.web import MENDS, Web

MOST = 32 * 1024 * 1024  # bytes of one picture
_NAT64 = ip_network("64:ff9b::/96")  # which leads to the IPv4 address that it ends with


class Gallery(Web):
    """Asks the hosts that the tables name for pictures."""

    def __init__(self, hosts: Iterable[str], timeout: float) -> None:
        super().__init__(timeout, met)
        self._hosts = frozenset(hosts)

    def picture(self, url: str) -> tuple[str, Iterator[bytes]]:
        """The kind of picture that a URL has, and its bytes in chunks.

        Raises DataError for what is no picture, or too large, Faulted where another try may help,
        UpstreamError where none does.
        """
        response, chunks = self.ask(url)
        status = response.status_code
        if status != 200:
            raise (Faulted if status in MENDS else UpstreamError)(f"{url}: status {status}")
        begin = b""
        while len(begin) < ENOUGH and (chunk := next(chunks, b"")):
            begin += chunk
        kind = kind_of(begin)
        if kind is None:
            raise DataError(
                f"{url} is no PNG, JPEG, WebP or GIF: it begins with {begin[:ENOUGH]!r}"
            )
        return kind, _bounded(chain([begin], chunks), url)

    def check(self, url: str) -> None:
        """Raises UpstreamError for a URL at another host, or with a password."""
        parts = urlsplit(url)
        if parts.netloc not in self._hosts or "@" in parts.netloc:
            raise UpstreamError(f"{quote(url)}: the tables name no such host")
        try:
            address = str(ip_address(parts.hostname or ""))
        except ValueError:
            return  # a name, of which the connection tells
        met(address)


def _bounded(chunks: Iterable[bytes], url: str) -> Iterator[bytes]:
    """The chunks of a picture; raises DataError where they are too many."""
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > MOST:
            raise DataError(f"{url} has more than {MOST:,} bytes: it isn't kept")
        yield chunk


def met(address: str) -> None:
    """Raises UpstreamError for an address that a server's word shall not lead to."""
    if not is_public(address):
        raise UpstreamError(f"{address} is an address within a network: it isn't asked")


def is_public(address: str) -> bool:
    """Whether an address is anybody's: no private, loopback or link-local one, however written."""
    found = _inner(ip_address(address))
    return found.is_global and not found.is_multicast


def _inner(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address that one of IPv6 stands for, if it does."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address
