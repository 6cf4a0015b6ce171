"""launches/upcoming and the like: lists in time over the records of another, by the clock."""

from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest

LAUNCHES = ("launches", "detailed")
UPCOMING, PREVIOUS = "/2.3.0/launches/upcoming/", "/2.3.0/launches/previous/"


def net(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture
def ask(db, run, upstream, clock):
    """Asks a mirror of launches at these hours from now, and of one without a time."""
    first, now = upstream.records[LAUNCHES][0], clock.now()
    times = [-25, -1, 1, 2, None]
    upstream.records[LAUNCHES] = [
        {
            **copy.deepcopy(first),
            "id": f"00000000-0000-4000-8000-{place:012}",
            "name": f"At {hours}",
            "net": None if hours is None else net(now + timedelta(hours=hours)),
        }
        for place, hours in enumerate(times)
    ]
    detailed = ("--mode", "detailed", "--base-url", upstream.base_url)
    assert run("sync", db, "launches", *detailed).code == 0

    def ask(path):
        return run("get", db, path).json

    return ask


def names(document):
    return [record["name"] for record in document["results"]]


def test_upcoming_is_what_lies_ahead_and_the_last_day_the_next_first(ask):
    assert names(ask(UPCOMING)) == ["At -1", "At 1", "At 2"]
    assert names(ask(f"{UPCOMING}?hide_recent_previous=true")) == ["At 1", "At 2"]
    assert names(ask(f"{UPCOMING}?hide_recent_previous=maybe&ordering=-net")) == [
        "At 2",
        "At 1",
        "At -1",
    ]


def test_previous_is_what_was_the_last_first(ask):
    assert names(ask(PREVIOUS)) == ["At -1", "At -25"]


def test_they_follow_the_clock(ask, clock):
    clock.time += timedelta(hours=1, minutes=30)
    assert names(ask(UPCOMING)) == ["At -1", "At 1", "At 2"]
    assert names(ask(PREVIOUS)) == ["At 1", "At -1", "At -25"]
    clock.time += timedelta(days=1)
    assert names(ask(UPCOMING)) == ["At 2"]


def test_a_page_links_to_the_next_of_its_own_list_and_to_records_of_the_whole(ask):
    page = ask(f"{UPCOMING}?limit=1")
    assert page["count"] == 3
    assert page["next"].endswith(f"{UPCOMING}?limit=1&offset=1")
    assert "/2.3.0/launches/5ca83f30-" in page["results"][0]["url"]


def test_they_have_the_modes_of_their_list(ask):
    assert {record["response_mode"] for record in ask(f"{UPCOMING}?mode=list")["results"]} == {
        "list"
    }


def test_the_root_has_them_beside_their_list(ask):
    root = ask("/2.3.0/")
    assert list(root) == ["launches", "launches/previous", "launches/upcoming", "mirror"]
    assert list(root["mirror"]) == ["launches", "launches/previous", "launches/upcoming"]


def test_a_mirror_without_their_list_says_what_brings_it(synced, run):
    told = run("get", synced, UPCOMING)
    assert told.code == 1
    assert "sync spacecraft.db launches` brings them" in told.out


def test_a_search_among_what_is_ahead_does_not_look_at_the_designator(ask, upstream):
    [designator] = {one["launch_designator"] for one in upstream.records[LAUNCHES]} - {None}
    for term in (designator, designator[:2], f"{designator[:2]} at"):
        assert ask(f"{UPCOMING}?search={quote(term)}")["count"] == 0
        assert ask(f"{PREVIOUS}?search={quote(term)}")["count"] == 2
    assert ask(f"{UPCOMING}?search=at")["count"] == 3


def test_a_file_that_has_two_of_them_and_not_the_list_has_both(ask, run, upstream, tmp_path):
    db, views = tmp_path / "views.db", ("launches/upcoming", "launches/previous")
    detailed = ("--mode", "detailed", "--base-url", upstream.base_url)
    assert run("sync", db, *views, *detailed).code == 0
    for path in (UPCOMING, PREVIOUS):
        assert names(run("get", db, path).json) == names(ask(path))
    assert "doesn't hold launches:" in run("get", db, "/2.3.0/launches/").out
