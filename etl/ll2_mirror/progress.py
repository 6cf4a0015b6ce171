"""What a sync reports while it runs: one event at a time, as data."""

from __future__ import annotations

from typing import Any, Protocol

# Each event with what people read; None: only programs do.
EVENTS = {
    "upgraded": "{db} is of this version now; as it was, it is {copy}",
    "request": None,
    "page": None,
    "resumed": "{resource}: goes on with the walk of {started}: {staged} of {total} records staged",
    "anew": "{resource}: begins the walk anew: {why}",
    "moved": "{resource}: {why}: steps back to find what was skipped",
    "retry": "{why}: tries again in {seconds:.0f} s",
    "smaller": "{resource}: a page of {limit} records keeps failing: goes on with {smaller}",
    "withheld": "{base_url} gets no token, as only the file names it: to send it, give --base-url",
    "waiting": "LL2's limit is reached: goes on at {until}",
    "unconfirmed": "{resource} {id}: not listed, but not confirmed gone: {why}",
    "published": None,
    "fetched": None,
    "applied": None,
    "picture": None,
    "failed": None,
}


class Emit(Protocol):
    """Takes one of EVENTS with its facts, each a value that JSON has."""

    def __call__(self, event: str, /, **facts: Any) -> None:
        """Passes the event on."""


def ignore(event: str, /, **facts: Any) -> None:
    """Drops an event."""
