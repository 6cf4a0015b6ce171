"""How published files are read: from a web server, or from a folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import requests

from ll2_mirror.errors import Faulted, NotThere, UpstreamError, UsageError
from ll2_mirror.share.disk import CHUNK
from ll2_mirror.share.manifest import MANIFEST, MOST
from ll2_mirror.share.web import MENDS, Web

_LONGEST = 200  # letters of an ETag that is remembered


class Told(NamedTuple):
    """A manifest's text, and what to send along to ask whether it is still the same."""

    text: bytes
    etag: str | None = None


class Folder:
    """A folder on this machine, or mounted here."""

    far = False

    def __init__(self, path: Path) -> None:
        self.name = str(path.absolute())
        self._path = path

    def manifest(self, _etag: str | None) -> Told:
        """The manifest's text."""
        with self._opened(MANIFEST) as file:
            return Told(file.read(MOST + 1))

    def read(self, name: str, offset: int) -> Iterator[bytes]:
        """The bytes of a file from an offset on."""
        with self._opened(name) as file:
            file.seek(offset)
            while chunk := file.read(CHUNK):
                yield chunk

    @contextmanager
    def _opened(self, name: str) -> Iterator[Any]:
        path = self._path / name
        try:
            with path.open("rb") as file:
                yield file
        except FileNotFoundError:
            raise NotThere(f"{path} isn't there: publish a mirror to this folder first") from None
        except OSError as error:
            raise Faulted(f"{path} can't be read: {error.strerror}") from None


class Site:
    """A folder that a web server serves. Sends no token and no password."""

    far = True

    def __init__(self, url: str, timeout: float) -> None:
        self.name = _checked(url)
        self._web = Web(timeout)

    def manifest(self, etag: str | None) -> Told | None:
        """The manifest's text and ETag; None where it is still the one with this ETag."""
        response, chunks = self._ask(MANIFEST, {"If-None-Match": etag} if etag else {})
        if response.status_code == 304:
            return None
        tag = response.headers.get("ETag", "")
        return Told(_bounded(chunks), tag if 0 < len(tag) <= _LONGEST else None)

    def read(self, name: str, offset: int) -> Iterator[bytes]:
        """The bytes of a file from an offset on, also of a server that can't begin there."""
        response, chunks = self._ask(name, {"Range": f"bytes={offset}-"} if offset else {})
        if response.status_code != 206:
            return _behind(chunks, offset)
        begins = response.headers.get("Content-Range", "")
        if not begins.startswith(f"bytes {offset}-"):
            raise UpstreamError(f"{self.name}/{name}: another part came than was asked for")
        return chunks

    def _ask(self, name: str, headers: dict[str, str]) -> tuple[requests.Response, Iterator[bytes]]:
        """A good response, and its body in chunks."""
        url = f"{self.name}/{name}"
        response, pieces = self._web.ask(url, headers)
        _refuse(url, response.status_code)
        return response, pieces


# Reads what is published. ``name`` is for people; ``far``: less to read is worth unpacking. All
# raise Faulted where another try may help, UpstreamError where none does.
Transport = Folder | Site


def _checked(url: str) -> str:
    """The URL of a folder, without a slash at its end; raises UsageError for any other."""
    try:
        parts = urlsplit(url.removesuffix(f"/{MANIFEST}"))
        whole = parts.scheme in ("http", "https") and parts.hostname and (parts.port or 1) > 0
    except ValueError:
        whole = False
    if not whole or "@" in parts.netloc or parts.query or parts.fragment or not url.isprintable():
        # What stands before an @ or behind a ? may be a secret, so the URL isn't repeated.
        raise UsageError(
            "a URL to pull from has http or https, a host and a path, and nothing else: one like"
            " https://example.org/mirror"
        )
    return parts.geturl().rstrip("/")


def _refuse(url: str, status: int) -> None:
    """Raises what a status says that isn't good."""
    if status in (404, 410):
        raise NotThere(f"{url}: status {status}: nothing is published there")
    if status in MENDS:
        raise Faulted(f"{url}: status {status}")
    if status not in (200, 206, 304):
        raise UpstreamError(f"{url}: status {status}")


def _bounded(chunks: Iterator[bytes]) -> bytes:
    """A manifest's text; of one that is far too long, enough to be no manifest."""
    text = b""
    for chunk in chunks:
        text += chunk
        if len(text) > MOST:
            break
    return text


def _behind(chunks: Iterator[bytes], offset: int) -> Iterator[bytes]:
    """The bytes behind an offset."""
    for chunk in chunks:
        if rest := chunk[offset:]:
            yield rest
        offset = max(0, offset - len(chunk))
