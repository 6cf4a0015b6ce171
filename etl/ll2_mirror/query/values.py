"""What a filter is sent, read as Django's form fields read it.

Each reader takes one text. It gives None where that is nothing, and raises Refused, with LL2's
words, where it is nothing that can be compared.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from uuid import UUID

NULLS = "Null characters are not allowed."
BOOLS = {"true": 1, "1": 1, "false": 0, "0": 0}  # anything else is no value
_LARGEST = 1e50  # that a number may be
_DATES = (
    *("%Y-%m-%d", "%m/%d/%Y", "%m/%d/%y"),
    *("%b %d %Y", "%b %d, %Y", "%d %b %Y", "%d %b, %Y"),
    *("%B %d %Y", "%B %d, %Y", "%d %B %Y", "%d %B, %Y"),
)
# What is read beyond ISO 8601: months, days and hours of one digit, white space before the offset.
_LOOSE = re.compile(
    r"(\d{4})-(\d\d?)-(\d\d?)[T ](\d\d?):(\d\d?)(?::(\d\d?)(?:[.,](\d{1,6})\d{0,6})?)?"
    r"\s*(Z|(?P<sign>[+-])(?P<hours>\d\d)(?::?(?P<minutes>\d\d))?)?"
)


class Refused(ValueError):
    """A value that LL2 refuses; the text is what it says."""


def checked(sent: str) -> str:
    """The text as it is; raises Refused where it holds a NUL."""
    if "\0" in sent:
        raise Refused(NULLS)
    return sent


def text(sent: str) -> str:
    """A text without the white space around it."""
    return checked(sent).strip()


def flag(sent: str) -> int | None:
    """True and false in a few spellings."""
    return BOOLS.get(sent.lower())


def number(sent: str) -> Decimal | None:
    """A number in any spelling that Python's Decimal has, but none beyond 1e50."""
    if not sent:
        return None
    try:
        found = Decimal(sent)
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite():
        raise Refused("Enter a number.")
    if found > _LARGEST:
        raise Refused("Ensure this value is less than or equal to 1e+50.")
    return found


def whole(sent: str) -> int | None:
    """A number, its fraction cut off, as an integer's column is compared with."""
    found = number(sent)
    return None if found is None else int(max(found, -Decimal(_LARGEST)))


def real(sent: str) -> float | None:
    """A number, as a column of numbers with a fraction is compared with."""
    found = number(sent)
    return None if found is None else float(found)


def date(sent: str) -> str:
    """A date in one of Django's formats, as LL2 writes it."""
    for pattern in _DATES:
        with suppress(ValueError):
            return datetime.strptime(sent.strip(), pattern).date().isoformat()
    raise Refused("Enter a valid date.")


def moment(sent: str) -> str:
    """A moment, as LL2 writes it in UTC, but for the Z."""
    try:
        return written(_moment(sent.strip()))
    except ValueError:
        raise Refused("Enter a valid date/time.") from None


def written(when: datetime) -> str:
    """A moment as LL2 writes it, but for the Z: to the microsecond, if it has a part of a second.

    One that has no date in UTC is the first or the last that has one.
    """
    try:
        utc = when.astimezone(UTC) if when.tzinfo else when
    except OverflowError:
        utc = datetime.min if when.year == 1 else datetime.max
    return utc.replace(tzinfo=None).isoformat()


def _moment(sent: str) -> datetime:
    """What Python reads, or Django; raises ValueError."""
    with suppress(ValueError):
        return datetime.fromisoformat(sent)
    match = _LOOSE.fullmatch(sent)
    if not match:
        raise ValueError(sent)
    year, month, day, hour, minute, second = (int(match[place] or 0) for place in range(1, 7))
    part = int((match[7] or "").ljust(6, "0"))
    return datetime(year, month, day, hour, minute, second, part, _zone(match))


def _zone(match: re.Match[str]) -> timezone:
    """The time zone that an offset names; without one, UTC."""
    hours, minutes = (int(match[part] or 0) for part in ("hours", "minutes"))
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if match["sign"] == "-" else offset)


def uuid(sent: str) -> str | None:
    """A UUID in any spelling that Python has, as LL2 writes it."""
    try:
        return str(UUID(sent.strip())) if sent.strip() else None
    except ValueError:
        raise Refused("Enter a valid UUID.") from None
