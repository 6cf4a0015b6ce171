"""The responses given since a file last changed."""

from __future__ import annotations

from ll2_mirror.api.request import Request, decoded, find_route
from ll2_mirror.api.snapshot import LRU
from ll2_mirror.serve.headers import HttpResponse

MOST_BYTES = 64 * 2**20  # of responses kept
Version = tuple[int, ...]  # see Latest.version; of a page, with the stamp of its pictures


class ResponseCache:
    """Responses by request, the longest unused dropped where they are too many."""

    def __init__(self, most: int = MOST_BYTES) -> None:
        self._version: Version | None = None
        self._kept = LRU[HttpResponse](most)

    @property
    def size(self) -> int:
        """The bytes of all responses."""
        return self._kept.size

    def get(self, request: Request, version: Version | None) -> HttpResponse | None:
        """The response to a request, if it was given since the file has this version."""
        if version is None or version != self._version:
            self._kept.clear()
            self._version = version
        return self._kept.get(request)

    def keep(self, request: Request, response: HttpResponse, version: Version | None) -> None:
        """Keeps a response that was read when the file had this version, or later.

        One of a list in time grows old by the clock.
        """
        route = find_route(decoded(request.path))
        if route and route.sublist:
            return
        if version is not None and version == self._version:
            self._kept.keep(request, response, _size(request, response))


def _size(request: Request, response: HttpResponse) -> int:
    """The bytes that a response takes, also when it was packed: by a fifth, or less."""
    asked = sum(len(part) for part in request if part)
    return 2000 + asked + len(response.body) * 6 // 5
