"""What a sync would cost, told before it is paid."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers import execute
from ll2_mirror.extract.rate_limit import RateLimit
from ll2_mirror.plan import seconds_for

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def one_after_the_other(standing, requests):
    """The seconds until the last of so many requests, each made as early as the limit allows."""
    times, now = list(standing.times), max(NOW, standing.resumes or NOW)
    for _ in range(requests):
        if len(times) >= standing.limit:
            freed = times[-standing.limit] + timedelta(seconds=standing.window)
            now = max(now, freed)
        times.append(now)
    return (now - NOW).total_seconds()


@given(
    limit=st.integers(1, 9),
    ago=st.lists(st.integers(0, 3600), max_size=20),
    resumes=st.none() | st.integers(1, 7200),
    requests=st.integers(0, 60),
)
def test_the_last_request_is_made_as_early_as_the_limit_allows(limit, ago, resumes, requests):
    times = sorted(NOW - timedelta(seconds=seconds) for seconds in ago)
    until = NOW + timedelta(seconds=resumes) if resumes else None
    standing = RateLimit(limit, 3600.0, times, until)
    assert seconds_for(standing, requests, NOW) == one_after_the_other(standing, requests)


@pytest.mark.parametrize("limit", [15, None])
def test_a_list_of_any_length_is_planned_at_once(synced, run, upstream, monkeypatch, limit):
    """A count that no list has, in a walk that was cut off after its first page."""
    run("sync", synced)
    execute(synced, "UPDATE _walks SET published = 0, total = ?", 2**53 - 1)
    said = {"limit_frequency_secs": 3600, "current_use": 0, "next_use_secs": 0}
    throttle = (200, {"your_request_limit": limit, **said})
    monkeypatch.setattr(upstream, "answer", lambda *_: throttle)
    found = run("plan", synced, "--json").json
    assert found["requests"] == (2**53 - 1 - 100 + 99) // 100
    assert found["minutes"] == ((found["requests"] - 1) // 15 * 60 if limit else 0)
