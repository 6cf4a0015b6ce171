"""Calendars, feeds and the sitemap, as the programs that follow them read them."""

from __future__ import annotations

import asyncio
import copy
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import feedparser
import pytest
from datasette.app import Datasette
from icalendar import Calendar

from helpers import sync
from ll2_mirror.testing import fake_ll2

SOON = datetime.now(UTC).replace(microsecond=0) + timedelta(days=3)
NASTY = "A; B, C\\ <b>&amp;</b> \x0b " + "Ünïcödé 🚀 " * 20
PRECISIONS = {"second": 0, "hour": 2, "day": 5, "quarter": 8}


def launches():
    """Launches of each precision, the last of another agency, and one that is long over."""
    old, *records = copy.deepcopy(fake_ll2.bundled()["launches", "normal"])[:5]
    for record, (name, id_) in zip(records, PRECISIONS.items(), strict=True):
        record["net"] = record["window_start"] = f"{SOON:%Y-%m-%dT%H:%M:%SZ}"
        record["window_end"] = f"{SOON + timedelta(hours=2):%Y-%m-%dT%H:%M:%SZ}"
        record["net_precision"] = {"id": id_, "name": name, "abbrev": name, "description": ""}
        record["name"] = f"{name} {NASTY}"
    records[0]["launch_service_provider"] |= {"id": 999, "name": "Nobody Space", "abbrev": "NBS"}
    return [old, *records]


@pytest.fixture(scope="module")
def db(tmp_path_factory):
    db = tmp_path_factory.mktemp("feeds") / "ll2.db"
    with fake_ll2.running({("launches", "normal"): launches()}) as upstream:
        sync(db, "launches", "--base-url", upstream.base_url)
        listed = upstream.records["launches", "normal"]
        listed[1]["mission"]["name"] = "Renamed <&>"
        sync(db)
    return db


@pytest.fixture(scope="module")
def get(db):
    """What a server with a prefix answers."""
    app = Datasette([str(db)], settings={"base_url": "/ll2/"})

    def get(path):
        return asyncio.run(app.client.get(path))

    return get


def events(answer):
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert all(len(line) <= 75 for line in answer.content.split(b"\r\n"))
    read = Calendar.from_ical(answer.content).walk("VEVENT")
    return {str(event["summary"]).split(" 🚀")[0]: event for event in read}


def test_a_calendar_has_times_as_precise_as_they_are_known(get):
    read = events(get("/-/launches.ics"))
    second, hour, day, quarter = (read[name] for name in sorted(read, key=_by_precision))
    assert second["dtstart"].dt == hour["dtstart"].dt == SOON
    assert second["dtend"].dt == SOON + timedelta(hours=2)
    assert type(day["dtstart"].dt) is type(quarter["dtstart"].dt) is date
    assert day["dtstart"].dt == SOON.date()
    assert day["status"] == "TENTATIVE"
    assert str(quarter["summary"]).startswith("Q")
    assert str(second["summary"]) == f"second {NASTY}".replace("\x0b", "\ufffd")
    assert second["uid"].endswith("@ll2-mirror")
    assert urlsplit(second["url"]).path.startswith("/ll2/ll2/launches/")
    assert get(urlsplit(second["url"]).path.removeprefix("/ll2")).status_code == 200


def _by_precision(summary):
    return next(i for i, name in enumerate(PRECISIONS) if f"{name} " in summary)


@pytest.mark.parametrize("agency", ["999", "nobody space", "NBS"])
def test_a_calendar_of_one_agency(get, agency):
    answer = get(f"/-/launches.ics?agency={agency}")
    assert len(events(answer)) == 1
    assert "X-WR-CALNAME:Launches\\, Nobody Space\r\n" in answer.text


@pytest.mark.parametrize("path", ["/-/events.ics", "/-/launches.ics?agency=44&location=12"])
def test_a_calendar_without_events_has_a_component_all_the_same(get, path):
    """RFC 5545, 3.6: a calendar without any component is invalid."""
    answer = get(path)
    assert events(answer) == {}
    assert len(Calendar.from_ical(answer.content).walk("VTIMEZONE")) == 1


@pytest.mark.parametrize("query", ["agency=999999", "agency=nobody", "location=", "location=0"])
@pytest.mark.parametrize("format_", ["ics", "atom"])
def test_a_filter_that_selects_nothing_is_not_found(get, format_, query):
    answer = get(f"/-/launches.{format_}?{query}")
    key, value = query.split("=")
    assert answer.status_code == 404
    assert f"No {key} in this file has the id or the name {value}" in answer.text


def test_a_filter_that_is_none_is_refused(get):
    answer = get("/-/launches.ics?agancy=999")
    assert answer.status_code == 400
    assert "Unknown filter agancy; this feed has agency and location" in answer.text
    assert get("/-/nothing.ics").status_code == 404


@pytest.mark.parametrize(
    ("path", "count", "title"),
    [
        ("/-/launches.atom", 4, "second A; B, C"),
        ("/-/launches.atom?agency=999", 1, "second A; B, C"),
        ("/-/events.atom", 0, ""),
        ("/-/changes.atom", 2, "Renamed <&>: Name: "),
    ],
)
def test_a_feed_reader_reads_it(get, path, count, title):
    answer = get(path)
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    feed = feedparser.parse(answer.content)
    assert (feed.bozo, feed.version, len(feed.entries)) == (False, "atom10", count)
    assert feed.feed.id
    assert feed.feed.updated_parsed
    assert len({entry.id for entry in feed.entries}) == count
    assert not count or any(title in entry.title for entry in feed.entries)
    for entry in feed.entries:
        assert entry.updated_parsed
        assert get(urlsplit(entry.link).path.removeprefix("/ll2")).status_code == 200


def test_pages_name_their_feeds(get):
    front = get("/").text
    assert (
        '<link rel="alternate" type="text/calendar" title="Launches" href="/ll2/-/launches' in front
    )
    assert "/ll2/-/changes.atom" in front
    assert "/ll2/-/launches.ics?agency=999" in get("/ll2/agencies/999").text
    assert "/ll2/-/launches.atom" in get("/ll2/launches").text


def test_crawlers_find_each_page_once(get):
    robots = get("/robots.txt").text
    assert "Disallow: /ll2/*?" in robots
    sitemap = ET.fromstring(get(urlsplit(robots.split("Sitemap: ")[1]).path[4:].strip()).content)
    paths = [urlsplit(loc.text).path for loc in sitemap.iter() if loc.text and "://" in loc.text]
    assert len(paths) == len(set(paths)) > 30
    for path in [*paths[:8], paths[-1]]:
        assert get(path.removeprefix("/ll2")).status_code == 200, path
