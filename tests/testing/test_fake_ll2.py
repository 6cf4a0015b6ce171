"""The fake LL2, asked over HTTP."""

from __future__ import annotations

from datetime import timedelta

import pytest
import requests

from helpers import START, TestClock, normalized
from ll2_mirror.clock import to_iso
from ll2_mirror.ll2.lists import RESOURCES
from ll2_mirror.testing.fake_ll2 import FakeLL2, answering, bundled, running


@pytest.mark.parametrize(
    ("place", "mode"),
    [
        ("agencies/?mode=list", "list"),
        ("agencies/?mode=normal", "normal"),
        ("agencies/?mode=detailed", "detailed"),
        ("agencies/", "normal"),
        ("agencies/?mode=LIST", "normal"),
        ("spacecraft/?mode=list", "normal"),
        ("spacecraft_configurations/?mode=list", "normal"),
    ],
)
def test_a_list_has_the_modes_of_ll2(upstream, place, mode):
    found = requests.get(f"{upstream.base_url}/2.3.0/{place}", timeout=20).json()["results"]
    assert {record["response_mode"] for record in found} == {mode}


@pytest.mark.parametrize("place", ["agencies/44/", "agencies/44/?mode=list"])
def test_a_record_alone_is_detailed(upstream, place):
    found = requests.get(f"{upstream.base_url}/2.3.0/{place}", timeout=20).json()
    assert found["response_mode"] == "detailed"


@pytest.mark.parametrize("place", ["agencies", "x/", "config/", "config/x/", "launches/upcoming"])
def test_what_it_has_not_is_not_found(upstream, place):
    answer = requests.get(f"{upstream.base_url}/2.3.0/{place}", timeout=20)
    assert (answer.status_code, answer.json()) == (404, {"detail": "Not found."})


@pytest.mark.parametrize("place", ["agencies/9/", "launches/9/", "launches/upcoming/9/"])
def test_a_record_that_it_has_not_is_called_as_ll2_calls_one(upstream, place):
    answer = requests.get(f"{upstream.base_url}/2.3.0/{place}", timeout=20)
    noun = {"agencies": "Agency", "launches": "Launch"}[place.partition("/")[0]]
    assert answer.status_code == 404
    assert answer.json() == {"detail": f"No {noun} matches the given query."}


@pytest.mark.parametrize("name", RESOURCES)
def test_each_list_of_ll2_is_served_in_each_of_its_modes(upstream, name):
    """Also where nothing was captured in that mode: the keys are all there."""
    for mode, shape in RESOURCES[name].modes.items():
        found = listed(upstream, f"{name}/?limit=100&mode={mode}")
        normalized(shape, found)  # each is understood
        for record in found:
            path = f"{name}/{record['id']}/"
            alone = requests.get(f"{upstream.base_url}/2.3.0/{path}", timeout=20).json()
            assert (alone["id"], tuple(alone)) == (record["id"], RESOURCES[name].richest.names)


def test_a_mode_that_was_not_captured_has_what_is_known_and_nulls(upstream):
    [poor] = listed(upstream, "astronauts/?mode=list")
    [rich] = listed(upstream, "astronauts/?mode=detailed")
    assert {key: rich[key] for key in poor} == {**poor, "response_mode": "detailed"}
    assert (rich["flights_count"], rich["flights"]) == (None, [])


def listed(upstream, place):
    """The records of a list."""
    return requests.get(f"{upstream.base_url}/2.3.0/{place}", timeout=20).json()["results"]


@pytest.mark.parametrize(
    ("hours", "upcoming", "previous"),
    [
        (-25, [], ["Now"]),
        (-24, ["Now"], ["Now"]),
        (-1, ["Now"], ["Now"]),
        (0, ["Now"], ["Now"]),
        (1, ["Now"], []),
    ],
)
@pytest.mark.parametrize(("name", "key"), [("launches", "net"), ("events", "date")])
def test_upcoming_and_previous_are_told_by_the_clock(name, key, hours, upcoming, previous):
    """What took place within a day is both; what has no date is neither."""
    clock = TestClock(START)
    record = dict(bundled()[name, "normal"][0])
    at = clock.time + timedelta(hours=hours)
    records = [{**record, "name": "Now", key: to_iso(at)}, {**record, "id": "x", key: None}]
    with running({(name, "normal"): records}, clock) as upstream:
        clock.now = lambda: clock.time
        for view, wanted in (("upcoming", upcoming), ("previous", previous)):
            found = listed(upstream, f"{name}/{view}/?mode=list")
            assert [one["name"] for one in found] == wanted
            url = f"{upstream.base_url}/2.3.0/{name}/{view}/{record['id']}/"
            assert requests.get(url, timeout=20).ok == bool(wanted)
            assert [one["url"] for one in found] == [
                f"{upstream.base_url}/2.3.0/{name}/{record['id']}/" for _ in wanted
            ]


@pytest.mark.parametrize(
    ("ordering", "ids"),
    [
        ("id", [1, 2, 3]),
        ("-id", [3, 2, 1]),
        ("name", [2, 1, 3]),
        ("-name", [3, 1, 2]),
        ("agency__name,-id", [3, 1, 2]),
        ("image", [1, 2, 3]),
    ],
)
def test_a_list_is_ordered_as_asked_null_last(ordering, ids):
    record = bundled()["mission_patches", "normal"][0]
    names = {1: "b", 2: "a", 3: None}
    records = [{**record, "id": id_, "name": name} for id_, name in names.items()]
    records[1]["agency"] = None
    with running({("mission_patches", "normal"): records}) as upstream:
        found = listed(upstream, f"mission_patches/?ordering={ordering}")
    assert [one["id"] for one in found] == ids


def ids(upstream, query):
    return [one["id"] for one in listed(upstream, f"spacecraft/?limit=100&{query}")]


@pytest.mark.parametrize(
    ("query", "keeps"),
    [
        ("in_space=true", lambda one: one["in_space"]),
        ("name=Soyuz+6", lambda one: one["name"] == "Soyuz 6"),
        ("status=4", lambda one: one["status"]["id"] == 4),
        ("search=soyuz", lambda one: "soyuz" in one["name"].lower()),
        ("status=x", lambda one: True),
        ("nothing=1", lambda one: True),
    ],
)
def test_a_list_is_filtered_and_searched(upstream, query, keeps):
    everything = listed(upstream, "spacecraft/?limit=100")
    assert ids(upstream, query) == [one["id"] for one in everything if keeps(one)]


def test_a_limit_counts_the_requests_of_an_hour():
    clock = TestClock(START)
    with answering(FakeLL2(bundled(), clock, limit=3)) as ll2:
        ll2.others(1)
        url = f"{ll2.base_url}/2.3.0/spacecraft/"
        statuses = [requests.get(url, timeout=20).status_code for _ in range(3)]
        throttle = requests.get(f"{ll2.base_url}/2.3.0/api-throttle/", timeout=20).json()
        assert statuses == [200, 200, 429]
        assert (throttle["current_use"], throttle["next_use_secs"]) == (3, 3600)
        clock.move(3601)
        assert requests.get(url, timeout=20).status_code == 200


def test_a_fault_is_met_as_often_as_it_is_set_and_then_no_more(upstream):
    url = f"{upstream.base_url}/2.3.0/spacecraft/"

    def busy(handler, body):
        handler.reply("503 Busy", b"no", "Retry-After: 7")

    upstream.breaks(busy, path="/2.3.0/spacecraft/", offsets=range(10, 20), times=1)
    upstream.at(4, lambda: upstream.breaks(busy, times=1))
    offsets = (0, 10, 10, 0, 0)
    answers = [requests.get(f"{url}?offset={offset}", timeout=20) for offset in offsets]
    assert [one.status_code for one in answers] == [200, 503, 200, 503, 200]
    assert answers[1].headers["Retry-After"] == "7"
    assert [one.status for one in upstream.requests] == [200, 503, 200, 503, 200]
