"""The pages of launches, stations, people: what is told first, and dates no surer than they are."""

from __future__ import annotations

import asyncio
import copy
import html
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from datasette.app import Datasette

from helpers import execute, sync
from ll2_mirror.ll2.descriptions import questions
from ll2_mirror.ll2.schema import views
from ll2_mirror.site.display import format_clock, format_distance, format_net, format_rank
from ll2_mirror.testing import fake_ll2

LISTS = (
    "launches",
    "spacecraft_flights",
    "events",
    "space_stations",
    "astronauts",
    "agencies",
    "programs",
    "pads",
)
LAUNCH = "88b4b179-c4ed-4bd1-868d-ced568a2342a"  # Crew-11
ISS, HADFIELD, NASA = 4, 5, 44
THINGS = (
    "launches",
    "events",
    "astronauts",
    "agencies",
    "pads",
    "programs",
    "spacecraft",
    "rockets",
)


def at(**distance):
    return (datetime.now(UTC) + timedelta(**distance)).strftime("%Y-%m-%dT%H:%M:%SZ")


SOON = at(days=2, hours=3, minutes=30)
# A launch in two days, with what detailed mode has of one.
CHANGES = [
    f"UPDATE launches SET net = '{SOON}', window_start = '{SOON}', net_precision_id = 1,"
    f" window_end = '{at(days=2, hours=4, minutes=30)}', status_id = 2, probability = 80,"
    " orbital_launch_attempt_count_year = 250, agency_launch_attempt_count = 591,"
    f" infographic = 'https://example.com/info.png' WHERE id = '{LAUNCH}'",
    "INSERT INTO launches__vid_urls (launch_id, position, title, publisher, url, live) VALUES"
    f" ('{LAUNCH}', 0, 'Official broadcast', 'NASA', 'https://example.com/nasa', 0),"
    f" ('{LAUNCH}', 1, NULL, 'SpaceX', 'https://example.com/live', 1)",
    "INSERT INTO timeline_event_types (id, abbrev) VALUES (901, 'Prop Load'), (902, 'Max Q')",
    "INSERT INTO launches__timeline (launch_id, position, type_id, relative_time_seconds) VALUES"
    f" ('{LAUNCH}', 0, 902, 62), ('{LAUNCH}', 1, 901, -2100)",
    "INSERT INTO updates (id, comment, created_on) VALUES"
    " (901, 'Older news', '2026-01-01T00:00:00Z'), (902, 'Newer news', '2026-02-01T00:00:00Z')",
    f"INSERT INTO launches__updates VALUES ('{LAUNCH}', 0, 901), ('{LAUNCH}', 1, 902)",
    "INSERT INTO mission_patches (id, name, image_url) VALUES (901, 'A patch', 'https://x/p.png')",
    f"INSERT INTO launches__mission_patches VALUES ('{LAUNCH}', 0, 901)",
    "INSERT INTO landing_locations (id, name) VALUES (901, 'Landing Zone 1')",
    "INSERT INTO landings (id, attempt, success, landing_location_id) VALUES (901, 1, 1, 901)",
    "INSERT INTO launchers (id, serial_number) VALUES (901, 'B1094')",
    "INSERT INTO first_stages (id, launcher_id, launcher_flight_number, landing_id)"
    " VALUES (901, 901, 3, 901)",
    "INSERT INTO rockets__launcher_stage"
    f" SELECT rocket_id, 0, 901 FROM launches WHERE id = '{LAUNCH}'",
    "UPDATE astronauts SET in_space = 1",
    f"INSERT INTO astronauts__flights VALUES ({HADFIELD}, 0, '{LAUNCH}')",
    f"INSERT INTO docking_locations (id, name, spacestation_id) VALUES (901, 'Forward', {ISS})",
    "INSERT INTO spacecraft (id, name) VALUES (901, 'Endeavour')",
    "INSERT INTO spacecraft_flights (id, spacecraft_id) VALUES (901, 901)",
    "INSERT INTO docking_events (id, docking, docking_location_id, space_station_target_id,"
    f" flight_vehicle_chaser_id) VALUES (901, '{at(days=-9)}', 901, {ISS}, 901)",
]


@pytest.fixture(scope="module")
def db(tmp_path_factory):
    db = tmp_path_factory.mktemp("pages") / "spacecraft.db"
    with fake_ll2.running(fake_ll2.bundled()) as upstream:
        sync(db, *LISTS, "--mode", "detailed", "--base-url", upstream.base_url)
    for change in CHANGES:
        execute(db, change)
    return db


def page_of(db, path, **options):
    """The main part of a page."""

    async def asked():
        return await Datasette([str(db)], **options).client.get(
            path, headers={"accept": "text/html"}
        )

    answer = asyncio.run(asked())
    assert answer.status_code == 200, path
    return answer.text.partition('<main id="content">')[2].partition("</main>")[0]


def link(page, rel):
    """Where a page leads to; empty if nowhere."""
    found = re.search(rf'rel="{rel}" href="([^"]+)"', page)
    return html.unescape(found[1]).replace("http://localhost", "") if found else ""


def text_of(db, path):
    """The words of the main part of a page, in order."""
    main = page_of(db, path)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", main)).split())


def is_told(text, *parts):
    """Whether a text has these parts in this order."""
    return re.search(".*".join(map(re.escape, parts)), text) is not None


def test_a_launch_tells_what_matters_first(db):
    text = text_of(db, f"/spacecraft/launches/{LAUNCH}")
    when = format_net(SOON, 1)
    assert is_told(text, "Status To Be Determined", f"When {when} in 2 d 3 h", "to the minute")
    assert is_told(text, "Rocket Falcon 9", "From Launch Complex 39A", "Watch SpaceX live now")
    assert is_told(text, "Official broadcast NASA", "Mission", "SpaceX Crew-11 is the eleventh")
    assert "The 250th orbital launch attempt of 2026, the 591st launch by SpaceX" in text
    assert is_told(text, "B1094", "flight 3", "landed on Landing Zone 1")
    assert is_told(text, "T−00:35:00 Prop Load", "T+00:01:02 Max Q", "Newer news", "Older news")
    assert is_told(text, "A patch", "All values", "History")


def test_a_date_is_the_same_text_here_and_in_the_views(db):
    sql = "SELECT net_precision_id, net, date FROM launches JOIN launches_overview USING (id, net)"
    text = text_of(db, "/spacecraft/launches?_sort_desc=net")
    dates = execute(db, sql)
    assert "Q4 2026" in {date for *_, date in dates}
    for precision, net, date in dates:
        assert format_net(net, precision) == date
        assert date in text
    assert "31 Dec 2026" not in text


def test_no_page_has_a_date_that_is_surer_than_it_is(db, tmp_path):
    """All launches and events are some time in 2031, for which LL2 has the last day of the year."""
    other = tmp_path / "spacecraft.db"
    other.write_bytes(db.read_bytes())
    last = "2031-12-31T00:00:00Z"
    execute(
        other,
        f"UPDATE launches SET net = '{last}', window_start = '{last}', window_end = '{last}',"
        " net_precision_id = 14",
    )
    execute(other, f"UPDATE events SET date = '{last}', date_precision_id = 14")
    dated = [name for name, view in views().items() if "imprecise" in str(view.columns)]
    assert len(dated) > 5
    paths = [f"{table}?_all=1&_size=max" for table in ("launches", "events", *dated)]
    asked = [f"{each.name}?{urlencode(each.values)}" for each in questions().values()]
    things = (f"{table}/{execute(db, f'SELECT min(id) FROM {table}')[0][0]}" for table in THINGS)
    pages = {path: text_of(other, f"/spacecraft/{path}") for path in (*paths, *asked, *things)}
    pages["/"] = text_of(other, "/")
    assert [path for path, text in pages.items() if "31 Dec 2031" in text] == []
    assert [path for path in (*paths, "/") if "2031" not in pages[path]] == []


def test_the_front_page_begins_with_launches_people_stations(db):
    text = text_of(db, "/")
    assert is_told(text, "Next launches", "Crew-11", "in 2 d 3 h", "People in space")
    assert is_told(text, "Chris Hadfield", "Space stations", "Docked: Endeavour", "Questions")
    execute(db, f"UPDATE launches SET net = '{at(hours=-2)}' WHERE id = '{LAUNCH}'")
    assert is_told(text_of(db, "/"), "Launches of the last 24 hours", "Crew-11", "2 h ago")
    assert is_told(text_of(db, "/spacecraft/agencies/121"), "Latest launches", "Crew-11")
    today = (
        f"net = '{at():.10}T00:00:00Z', net_precision_id = 5"  # still to come, as far as is known
    )
    execute(db, f"UPDATE launches SET {today} WHERE id = '{LAUNCH}'")
    assert is_told(text_of(db, "/"), "Next launches", "Crew-11", "today")
    known = f"net = '{SOON}', net_precision_id = 1"
    execute(db, f"UPDATE launches SET {known} WHERE id = '{LAUNCH}'")


def test_other_things_tell_what_matters(db):
    station = text_of(db, f"/spacecraft/space_stations/{ISS}")
    assert is_told(station, "Status Active", "Docked now", "Endeavour", "Forward, since")
    person = text_of(db, f"/spacecraft/astronauts/{HADFIELD}")
    assert is_told(person, "Nationality Canadian", "165 d 16 h", "Flights", "Crew-11")
    agency = text_of(db, f"/spacecraft/agencies/{NASA}")
    assert page_of(db, f"/spacecraft/space_stations/{ISS}").count("<rect") == 1
    assert is_told(agency, "en.wikipedia.org/wiki/National_Aeronaut…")
    assert is_told(agency, "Type Government", "Founded 1958", "About", "Spacecraft", "Orion")


def test_a_change_tells_each_date_as_it_was_known_then(tmp_path):
    db = tmp_path / "spacecraft.db"
    with fake_ll2.running(copy.deepcopy(fake_ll2.bundled())) as upstream:
        launches = upstream.records["launches", "normal"]
        precisions = upstream.records["config/net_precisions", "normal"]
        year = next(each for each in precisions if each["name"] == "Year")
        launch = next(each for each in launches if each["id"] == LAUNCH)
        exact = launch["net_precision"]
        launch |= {"net": "2027-12-31T00:00:00Z", "net_precision": year}
        sync(db, "launches", "--base-url", upstream.base_url)
        launch |= {"net": "2027-08-01T15:43:42Z", "net_precision": exact}
        sync(db)
    for path in (f"/spacecraft/launches/{LAUNCH}", "/-/changes", "/"):
        assert "NET : 2027 → 1 Aug 2027, 15:43 UTC" in text_of(db, path)
    page = text_of(db, f"/spacecraft/launches/{LAUNCH}")
    assert is_told(page, "How its date moved", "1 Aug 2027, 15:43 UTC firmed", "2027 first")


def test_launches_begin_with_what_is_next(db):
    text = text_of(db, "/spacecraft/launches")
    assert is_told(text, "Upcoming Past All", "Crew-11")
    assert "Sputnik" not in text
    assert "where" not in text.partition("Name")[0]
    assert is_told(text_of(db, "/spacecraft/launches?net__lte=2026&_sort_desc=net"), "Sputnik")
    assert "Sputnik" in text_of(db, "/spacecraft/launches?_search=sputnik")
    for sort in ("sort", "sort_desc"):
        own = {"databases": {"spacecraft": {"tables": {"launches": {sort: "id"}}}}}
        assert "Sputnik" in page_of(db, "/spacecraft/launches", metadata=own)


def test_the_links_to_a_tables_data_say_which_rows_they_have(db):
    for query, told, rows in (
        ("", "upcoming", "net >= strftime('%Y-%m-%d', 'now')"),
        ("?_sort_desc=net", "all", "1"),
        ("?status_id=3", "these rows", "status_id = 3"),
        ("?_sort=id", "all rows", "1"),
    ):
        page = page_of(db, f"/spacecraft/launches{query}")
        link = html.unescape(re.search(rf'href="([^"]+csv[^"]*)">CSV \({told}\)<', page)[1])
        answer = asyncio.run(Datasette([str(db)]).client.get(link))
        count = execute(db, f"SELECT count(*) FROM launches WHERE {rows}")[0][0]
        assert len(answer.text.splitlines()) == count + 1, query


def test_a_table_is_walked_there_and_back(db):
    path, walked = "/spacecraft/images?_size=20&_sort=id", []
    while path:
        page = page_of(db, path)
        walked.append(re.findall(r'href="/spacecraft/images/(\d+)" class', page))
        path = link(page, "next")
    back = []
    while page:
        back.append(re.findall(r'href="/spacecraft/images/(\d+)" class', page))
        path = link(page, "prev")
        page = page_of(db, path) if path else ""
    assert len(walked) > 3
    assert back == walked[::-1]


def test_all_that_belong_to_an_item_are_named_by_it(db):
    path = "/spacecraft/launches?_of=launches__program.program_id."
    for program, name in execute(
        db,
        "SELECT id, name FROM programs WHERE id IN"
        " (SELECT program_id FROM launches__program) LIMIT 3",
    ):
        text = text_of(db, f"{path}{program}")
        assert f"program = {name}" in text
        count = "SELECT count(*) FROM launches__program WHERE program_id = "
        assert f"{execute(db, f'{count}{program}')[0][0]} row" in text


@pytest.mark.parametrize(
    ("distance", "precision", "text"),
    [
        ({"days": 2, "hours": 3, "minutes": 1}, 0, "in 2 d 3 h"),
        ({"hours": -3, "seconds": 20}, 1, "2 h 59 min ago"),
        ({"days": 3}, 5, "in 3 d"),
        ({}, 5, "today"),
        ({"days": 3}, 7, ""),
        ({"days": 3}, None, "in 3 d"),
        ({"days": -400}, 0, ""),
        ({"days": -400}, None, ""),
    ],
)
def test_only_a_time_that_is_close_and_known_has_a_distance(distance, precision, text):
    assert format_distance(at(**distance), precision) == text


@pytest.mark.parametrize("number", [1, 2, 3, 4, 11, 12, 13, 21, 102, 113, 1003])
def test_a_rank_has_its_ending(number):
    ends = {1: "st", 2: "nd", 3: "rd", 21: "st", 102: "nd", 1003: "rd"}
    assert format_rank(number) == f"{number:,}{ends.get(number, 'th')}"


def test_the_clock_of_a_launch_goes_down_and_up():
    assert [format_clock(each) for each in (-90061.4, -2100, 0, 525)] == [
        "T−25:01:01",
        "T−00:35:00",
        "T+00:00:00",
        "T+00:08:45",
    ]


def test_the_front_page_says_which_lists_fail(synced):
    failed = '{"agencies": {"since": "2026-11-28T10:00:00.000000Z"}, "pads": "2026"}'
    execute(synced, "INSERT INTO _settings VALUES ('failed', ?)", failed)
    assert "Syncs of Agencies have failed since 28 Nov 2026, 10:00 UTC." in text_of(synced, "/")
