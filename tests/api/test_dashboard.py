"""dashboard/starship: a page that is one object, kept as it came and answered in each mode."""

from __future__ import annotations

import json
import re

import pytest

from helpers import execute
from ll2_mirror.ll2.json import spell, text
from ll2_mirror.ll2.shapes import SHAPES
from ll2_mirror.testing.fake_ll2 import adapted

NAME = "dashboard/starship"
PATH = f"/2.3.0/{NAME}/"
LL2 = "https://ll.thespacedevs.com"
EVENT = SHAPES["EventNormal"]
OTHERS = re.compile(r'https://[^"/]*(/2\.3\.0/[^"?]*)(?:\?format=\w+)?')
STREAM = {"title": "T", "description": "D", "image": None, "url": "https://www.youtube.com/watch"}
CLOSURE = {
    "id": 7,
    "title": "Primary Date",
    "status": {"id": 4, "name": "Scheduled"},
    "window_start": "2026-12-01T14:00:00Z",
    "window_end": "2026-12-01T22:00:00Z",
}


@pytest.fixture
def dashboard(upstream):
    """LL2's dashboard, in detailed mode, as the fake has it; assembled of captured records."""
    launches, events = (
        upstream.records["launches", "detailed"],
        upstream.records["events", "normal"],
    )
    page = {
        "response_mode": "detailed",
        "updates": upstream.records["updates", "normal"],
        "live_streams": [STREAM],
        "road_closures": [CLOSURE],
        "notices": [],
        "vehicles": [],
        "orbiters": upstream.records["spacecraft", "normal"][:2],
        "upcoming": {"launches": launches[:1], "events": []},
        "previous": {"launches": launches[1:3], "events": [adapted(EVENT, events[0])]},
    }
    page = json.loads(OTHERS.sub(rf"{LL2}\1", json.dumps(page)))  # captured from several hosts
    upstream.records[NAME, "detailed"] = [page]
    return page


@pytest.fixture
def sync(run, upstream, db):
    def sync(*arguments):
        done = run("sync", db, *arguments, "--base-url", upstream.base_url)
        assert done.code == 0, done.err
        return done

    return sync


def test_it_is_synced_as_the_one_object_it_is_and_answered_byte_for_byte(
    sync, run, db, upstream, dashboard
):
    done = sync(NAME, "--mode", "detailed")
    assert "dashboard/starship: 0 records in 1 request " in done.out
    asked = [one.path for one in upstream.requests if NAME in one.path]
    assert asked == [f"{PATH}?mode=detailed"]
    answer = run("get", db, f"{PATH}?mode=detailed", "--base-url", LL2)
    assert answer.out == upstream_text(upstream, "detailed")
    assert run("verify", db).code == 0
    assert list(run("get", db, "/2.3.0/").json) == [NAME, "mirror"]


def upstream_text(upstream, mode):
    status, document = upstream.answer(PATH, {"mode": mode})
    assert status == 200
    return text(spell(document))


def test_its_other_modes_are_made_of_the_richest(sync, run, db, upstream, dashboard):
    sync(NAME, "events", "--mode", "detailed")
    for mode in ("normal", "list", "x"):
        answer = run("get", db, f"{PATH}?mode={mode}", "--base-url", LL2)
        wanted = json.loads(upstream_text(upstream, mode))
        if mode == "list":  # what the page lacks is the events' own
            for event in wanted["previous"]["events"]:
                event["duration"] = upstream.records["events", "normal"][0]["duration"]
        assert answer.json == wanted


def test_where_nothing_has_the_rest_a_mode_is_a_501_that_says_what_brings_it(
    sync, run, db, dashboard
):
    sync("spacecraft")
    told = run("get", db, PATH)
    assert "`ll2-mirror sync spacecraft.db dashboard/starship` brings them" in told.out
    sync(NAME)
    told = run("get", db, f"{PATH}?mode=detailed")
    assert "`ll2-mirror sync spacecraft.db dashboard/starship --mode detailed`" in told.out
    assert run("get", db, f"{PATH}?mode=list").code == 1  # the event's duration


def test_links_lead_where_the_request_came(sync, run, db, dashboard):
    sync(NAME)
    page = run("get", db, f"{PATH}?format=json", "--base-url", LL2).json
    launch, craft = page["previous"]["launches"][0], page["orbiters"][0]
    assert launch["url"] == f"{LL2}/2.3.0/launches/{launch['id']}/?format=json"
    assert craft["url"] == f"{LL2}/2.3.0/spacecraft/{craft['id']}/?format=json"
    assert page["live_streams"] == [STREAM]


def test_only_the_last_one_is_kept_and_no_table_has_it(sync, run, db, dashboard):
    sync("spacecraft")
    before = run("status", db, "--json").json["tables"]
    for hour in range(3):
        dashboard["road_closures"] = [CLOSURE] * hour
        sync(NAME)
        assert len(run("get", db, PATH).json["road_closures"]) == hour
    assert run("status", db, "--json").json["tables"] == before
    pages = f"SELECT count(*) FROM _pages WHERE resource = '{NAME}'"
    assert execute(db, pages) == [(1,)]
    assert run("changes", db).code == 0
    assert run("verify", db).code == 0


def test_it_is_due_every_six_hours_beside_the_lists(sync, run, db, upstream, clock, dashboard):
    sync("--due", NAME, "agencies")
    asked = len(upstream.requests)
    sync("--due", NAME, "agencies")
    assert len(upstream.requests) == asked
    clock.move(6 * 3600 + 1)
    sync("--due", NAME, "agencies")
    assert [one.path for one in upstream.requests[asked:] if one.counted] == [f"{PATH}?mode=normal"]


@pytest.mark.parametrize(
    "changed",
    [
        {"response_mode": "detailed", "previous": [1, {"url": "x"}], "new": {"a": None}},
        {"orbiters": [{"url": 5}, None, [{"url": "x"}]], "vehicles": {"url": {}}},
        {"upcoming": {"launches": {"id": 1}, "events": None}, "orbiters": "none"},
        {},
    ],
)
def test_one_that_ll2_changed_is_answered_as_it_came(sync, run, db, upstream, changed):
    upstream.records[NAME, "detailed"] = [changed]
    sync(NAME, "--mode", "detailed")
    assert run("get", db, f"{PATH}?mode=detailed").json == changed
    assert run("get", db, PATH).code in (0, 1)
    assert run("verify", db).code == 0


def test_what_is_no_object_is_no_page_and_the_last_one_stays(sync, run, db, upstream, dashboard):
    sync(NAME)
    before = run("get", db, PATH).out
    upstream.records[NAME, "normal"] = ["no object"]
    done = run("sync", db, NAME)
    assert (done.code, "no object of LL2" in done.err) == (65, True)
    assert run("get", db, PATH).out == before


def test_it_has_no_records_of_its_own(sync, run, db, dashboard):
    sync(NAME)
    assert run("get", db, f"{PATH}1/").code == 1
    assert run("get", db, PATH.rstrip("/")).code == 1
    assert run("get", db, f"{PATH}?format=api").out.startswith("<!doctype html>")
