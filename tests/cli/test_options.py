"""What options mean."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ll2_mirror.cli.options import age, point_in_time
from ll2_mirror.errors import UsageError


def test_since_takes_dates_times_and_ages():
    now = datetime(2026, 11, 23, 20, tzinfo=UTC)
    assert point_in_time("2026-11-23", now) == datetime(2026, 11, 23, tzinfo=UTC)
    assert point_in_time("2026-11-23T18:00:00Z", now) == datetime(2026, 11, 23, 18, tzinfo=UTC)
    assert point_in_time("2h", now) == datetime(2026, 11, 23, 18, tzinfo=UTC)
    assert age("2d") == 172800


@pytest.mark.parametrize("number", ["9" * 15, "9" * 5000])
def test_an_age_beyond_all_bounds_is_none(number):
    with pytest.raises(UsageError, match="is not an age"):
        age(f"{number}w")
