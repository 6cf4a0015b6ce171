"""The time as the file keeps it."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> str:
    """The present moment in UTC: ISO 8601, sortable as text."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
