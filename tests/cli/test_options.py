"""What options mean."""

from __future__ import annotations

from datetime import UTC, datetime

from ll2_mirror.cli.options import age, point_in_time


def test_since_takes_dates_times_and_ages():
    now = datetime(2026, 11, 23, 20, tzinfo=UTC)
    assert point_in_time("2026-11-23", now) == datetime(2026, 11, 23, tzinfo=UTC)
    assert point_in_time("2026-11-23T18:00:00Z", now) == datetime(2026, 11, 23, 18, tzinfo=UTC)
    assert point_in_time("2h", now) == datetime(2026, 11, 23, 18, tzinfo=UTC)
    assert age("2d").total_seconds() == 172800
