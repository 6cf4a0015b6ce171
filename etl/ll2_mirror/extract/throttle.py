"""A server's limit: so many requests in a sliding window, as it says itself or as is declared."""

from __future__ import annotations

import json
from typing import Any, NamedTuple
from urllib.parse import urlsplit

# Requests in a sliding window of seconds, of hosts that may lack /api-throttle/; without a token.
DECLARED = {"ll.thespacedevs.com": (15, 3600.0)}
HOUR = 3600.0
LONGEST = 6 * HOUR  # that a server is waited for, whatever it says: then it is asked once more
LARGEST = 10**6  # number that makes sense in any of a throttle's keys


class Throttle(NamedTuple):
    """A server's limit. ``use`` is None where only the log of requests can tell."""

    limit: int | None
    window: float  # seconds
    use: int | None = None
    next_use: float = 0.0  # seconds until the server may be asked again

    @property
    def left(self) -> float:
        """How many requests it allows now."""
        return float("inf") if self.limit is None else self.limit - (self.use or 0)


def throttle_from(body: bytes) -> Throttle | None:
    """What /api-throttle/ says, an object or a list of them, of which the tightest counts.

    None where it isn't understood. Its ``ident`` is the caller's address: it isn't kept.
    """
    try:
        found = json.loads(body)
        items = found if type(found) is list else [found]
        return min((_throttle(item) for item in items), key=lambda one: one.left)
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def _throttle(item: Any) -> Throttle:
    keys = ("your_request_limit", "limit_frequency_secs", "current_use", "next_use_secs")
    limit, window, use, next_use = (_number(item[key]) for key in keys)
    if not window:
        raise ValueError
    return Throttle(int(limit), window, int(use), next_use)


def _number(value: Any) -> float:
    """A number that makes sense; raises ValueError for any other."""
    if type(value) not in (int, float) or not 0 <= value < LARGEST:
        raise ValueError
    return float(value)


def declared(base_url: str, *, token: bool) -> Throttle:
    """The limit that is known of a host without asking it."""
    limit, window = DECLARED.get(urlsplit(base_url).hostname or "", (None, HOUR))
    return Throttle(None if token else limit, window)
