"""What a response that isn't 200 means: the error that it is, and how long it asks to wait."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from ll2_mirror.clock import for_people
from ll2_mirror.errors import Faulted, MirrorError, NotThere, Stopped, Throttled, UpstreamError
from ll2_mirror.extract.response import Response
from ll2_mirror.extract.throttle import LONGEST

PATIENCE = 120.0  # seconds that a sync waits because it is asked to, before it stops
_WORDS = 200  # letters of a server's own words that are told
_MENDS = {408, 425, *range(500, 600)}  # what another try may mend
_ELSEWHERE = "it leads elsewhere: check --base-url"
_WHY = {
    401: "it asks for a token, and none was sent: see --token",
    403: "LL2, or a firewall on the way, refuses",
    404: "LL2 isn't there: check --base-url",
    **dict.fromkeys(range(300, 400), _ELSEWHERE),
}
_WHY_WITH_TOKEN = _WHY | dict.fromkeys((401, 403), "the token isn't accepted: see --token")


def refusal(response: Response, now: datetime, token: str | None) -> MirrorError | None:
    """The error that a response to a request with this token is; None for a 200."""
    status = response.status
    if status == 200:
        return None
    detail = _detail(response.body)
    after = _after(response, detail, now) if status in (429, 503) else None
    if status == 429 or (after or 0) > PATIENCE:
        return _throttled(after, now)
    said = f"status {status} {tidy(detail, token)}".strip()
    if status in _MENDS:
        return Faulted(said, after=after, heavy=status != 503)
    why = (_WHY_WITH_TOKEN if token else _WHY).get(status)
    error = NotThere if status == 404 else UpstreamError
    return error(f"{said.rstrip('.')}: {why}" if why else said)


def tidy(words: str, token: str | None) -> str:
    """Words that may be a server's, fit for one line of a terminal: without the token, not long."""
    words = words.replace(token, "TOKEN") if token else words
    words = " ".join(words.split())
    words = "".join(letter if letter.isprintable() else "?" for letter in words)
    return words if len(words) <= _WORDS else f"{words[:_WORDS]}..."


def _throttled(after: float | None, now: datetime) -> MirrorError:
    """The server asks to wait: for a moment, or for longer than a sync does."""
    if after is None:
        return Stopped("LL2's limit is reached: run the same command again later")
    if after <= PATIENCE:
        return Throttled(f"LL2's limit is reached: asks to wait for {after:.0f} s", after=after)
    resumes = now + timedelta(seconds=after)
    return Stopped(
        f"LL2's limit is reached: run the same command again at {for_people(resumes)}", resumes
    )


_EXPECTED = re.compile(r"available in (\d{1,9}) second")


def _after(response: Response, detail: str, now: datetime) -> float | None:
    """The seconds to wait: from Retry-After in either of its forms, else from LL2's own words."""
    header = response.headers.get("Retry-After", "").strip()
    if header.isascii() and header.isdecimal():
        return min(float(header), LONGEST)
    try:
        moment = parsedate_to_datetime(header)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return min(max(0.0, (moment - now).total_seconds()), LONGEST)
    except (ValueError, OverflowError):
        said = _EXPECTED.search(detail)
        return min(float(said[1]), LONGEST) if said else None


def _detail(body: bytes) -> str:
    """The server's own words, where it said any."""
    try:
        return str(json.loads(body)["detail"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
