"""ISO 8601 durations to seconds, so that SQL can sort and add what LL2 sends as text."""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache

import isodate


@lru_cache(maxsize=4096)
def seconds(text: str | None) -> float | None:
    """The seconds of ``P4DT22H42M47S``, or None.

    None stands for null, for text that is no duration, and for one with years or months, whose
    length depends on the date (LL2 sends none).
    """
    if text is None:
        return None
    try:
        duration = isodate.parse_duration(text)
    except (ValueError, OverflowError, ArithmeticError):
        return None
    return duration.total_seconds() if isinstance(duration, timedelta) else None
