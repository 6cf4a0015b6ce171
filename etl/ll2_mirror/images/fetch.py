"""Downloads missing images: one at a time with pauses, only from hosts that the tables name."""

from __future__ import annotations

import socket
from collections.abc import Collection
from contextlib import closing, suppress
from dataclasses import dataclass, field
from functools import partial
from ipaddress import IPv4Address, ip_address, ip_network
from time import monotonic
from typing import NamedTuple
from urllib.parse import urlsplit

from ll2_mirror.clock import Clock, to_iso
from ll2_mirror.errors import DataError, Faulted, MirrorError, NotThere, UpstreamError
from ll2_mirror.extract.network import with_retries
from ll2_mirror.files import writing
from ll2_mirror.images.folder import CatalogEntry, ImageFolder, ImagePlan, IndexEntry
from ll2_mirror.ll2.json import quote
from ll2_mirror.progress import Emit, ignore
from ll2_mirror.share.download import Downloader
from ll2_mirror.store.lock import only_sync

PAUSE = 0.5  # seconds between two requests
TRIES = 3  # of one image
MOST_IN_A_ROW = 5  # failures: then the run ends, as it may be the network
MAX_IMAGE = 32 * 1024 * 1024  # bytes of one image
# Estimates: the seconds that a request takes, the bytes of a thumbnail and of a full image.
_REQUEST = 0.3
_BYTES = {False: 40_000, True: 1_000_000}
# IPv6 networks whose addresses contain an IPv4 address at the end: NAT64, and ::a.b.c.d.
_IPV4_WITHIN = ip_network("64:ff9b::/96"), ip_network("::/96")


class ImagesReport(NamedTuple):
    """What a run did: the JSON object of ``images --json``."""

    fetched: int
    fetched_bytes: int
    dropped: int
    refused: list[dict[str, str]]  # with the reasons
    held: int
    missing: int
    bytes: int
    is_full: bool  # whether --max-bytes left some out
    seconds: float


def estimate(plan: ImagePlan) -> tuple[int, float]:
    """Roughly how many bytes there are to fetch, and how many seconds that takes."""
    size = sum(_BYTES[image.full] for image in plan.fetch)
    return size, len(plan.fetch) * (PAUSE + _REQUEST)


def fetch_images(
    plan: ImagePlan,
    folder: ImageFolder,
    clock: Clock,
    emit: Emit = ignore,
    *,
    most: int,
    timeout: float,
) -> tuple[ImagesReport, MirrorError | None]:
    """Deletes the images that are no longer wanted, and fetches the missing ones.

    Fetched images stay, however it ends. ``most``: bytes that the folder may hold. Returns also
    the last error of an image that a later run may fetch. Raises Stopped if there is no room,
    UsageError if the folder can't be written.
    """
    began = monotonic()
    with only_sync(folder.path):
        with writing(folder.path):
            folder.path.mkdir(exist_ok=True)
            dropped = folder.drop_all_but({image.key for image in plan.allowed})
        hosts = {urlsplit(image.url).netloc for image in plan.named}
        downloader = Downloader(timeout, partial(check_url, hosts), refuse_private_address)
        run = _ImageRun(folder, downloader, clock, emit, most - folder.total_bytes)
        for count, image in enumerate(plan.fetch, 1):
            if run.failures == MOST_IN_A_ROW or run.room <= 0:
                break
            if count > 1:
                clock.sleep(PAUSE)
            run.fetch(image)
            emit("picture", pictures=count, of=len(plan.fetch))
    missing = len(plan.missing) - run.fetched
    held = len(plan.asked) - missing
    counts = (run.fetched, run.bytes, dropped, run.refused, held, missing, folder.total_bytes)
    seconds = round(monotonic() - began, 3)
    return ImagesReport(*counts, run.room <= 0 < missing, seconds), run.failed


@dataclass
class _ImageRun:
    """One run, and its results."""

    folder: ImageFolder
    downloader: Downloader
    clock: Clock
    emit: Emit
    room: int  # bytes left for the folder; negative if an image was too large for it
    failures: int = 0  # in a row
    fetched: int = 0
    bytes: int = 0
    refused: list[dict[str, str]] = field(default_factory=list)
    failed: MirrorError | None = None

    def fetch(self, image: CatalogEntry) -> None:
        """Fetches an image, or notes in the index why not."""
        self.failures += 1
        try:
            with_retries(partial(self._fetch_one, image), self.clock, self.emit, TRIES)
            self.failures = 0
        except Faulted as error:
            self.failed = error
            self.folder.note(image.key, IndexEntry(tried=to_iso(self.clock.now())))
        except (UpstreamError, DataError) as error:
            if isinstance(error, NotThere):
                self.failures = 0  # the network works; only the image is missing
            self.refused.append({"url": image.url, "why": str(error)})
            at = to_iso(self.clock.now())
            self.folder.note(image.key, IndexEntry(refused=str(error), at=at))
            if self.failures == MOST_IN_A_ROW:
                reason = f"{MOST_IN_A_ROW} pictures in a row failed, the last because {error}"
                self.failed = UpstreamError(reason)

    def _fetch_one(self, image: CatalogEntry) -> None:
        """Fetches an image, if there is room; raises DataError for anything else."""
        download = self.downloader.get(image.url, MAX_IMAGE)
        assert download is not None  # no ETag was sent
        with closing(download.chunks) as chunks:
            size = self.folder.add(image, chunks, min(self.room, MAX_IMAGE))
        if size > MAX_IMAGE:
            raise DataError(f"{image.url} has more than {MAX_IMAGE:,} bytes: it isn't kept")
        self.room -= size
        if self.room >= 0:
            self.fetched += 1
            self.bytes += size


def check_url(hosts: Collection[str], url: str) -> None:
    """Raises UpstreamError for a URL at another host, with a password, or in a private network."""
    parts = urlsplit(url)
    if parts.netloc not in hosts or "@" in parts.netloc:
        raise UpstreamError(f"{quote(url)}: no table names this host")
    # The connection checks the address of a name, but not behind a proxy.
    host = (parts.hostname or "").rstrip(".")
    if f".{host}".endswith(".localhost"):
        host = "127.0.0.1"
    with suppress(OSError):  # what is a name; addresses have many spellings, such as 127.1
        numeric = socket.getaddrinfo(host, None, flags=socket.AI_NUMERICHOST)
        refuse_private_address(str(numeric[0][4][0]))


def refuse_private_address(address: str) -> None:
    """Raises UpstreamError for an address that must not be connected to."""
    if not is_public(address):
        raise UpstreamError(f"{address} is a private address: it isn't requested")


def is_public(address: str) -> bool:
    """Whether an address is public: not private, loopback or link-local, however it is written."""
    ip = ip_address(address)
    if not isinstance(ip, IPv4Address):  # an IPv6 address may contain one of IPv4
        within = any(ip in network for network in _IPV4_WITHIN)
        inner = IPv4Address(int(ip) & 0xFFFFFFFF) if within else ip.ipv4_mapped or ip.sixtofour
        ip = inner or ip
    return ip.is_global and not ip.is_multicast
