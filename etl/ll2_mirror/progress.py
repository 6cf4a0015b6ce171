"""What a sync reports while it runs: one event at a time, as data."""

from __future__ import annotations

from typing import Any, Protocol

# Each event with its message for people; None if only programs use it.
EVENTS = {
    "upgraded": "{db} was upgraded to this version; the file as it was is {copy}",
    "request": None,
    "page": None,
    "resumed": "{resource}: resumes the walk of {started}: {staged} of {total} records staged",
    "anew": "{resource}: starts the walk over: {why}",
    "moved": "{resource}: {why}: steps back to find what was skipped",
    "retry": "{why}: retrying in {seconds:.0f} s",
    "smaller": "{resource}: pages of {limit} records keep failing: continues with {smaller}",
    "withheld": "no token is sent to {base_url}, as only the file names it: to send it,"
    " give --base-url",
    "waiting": "LL2's limit is reached: continues at {until}",
    "unconfirmed": "{resource} {id}: not listed, but not confirmed gone: {why}",
    "published": None,
    "exported": None,
    "fetched": None,
    "applied": None,
    "picture": None,
    "failed": None,
}


class Emit(Protocol):
    """Receives one of EVENTS with its facts, each a JSON value."""

    def __call__(self, event: str, /, **facts: Any) -> None:
        """Passes the event on."""


def ignore(event: str, /, **facts: Any) -> None:
    """Drops an event."""
