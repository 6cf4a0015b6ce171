"""How old each answer says it is, after any mixture of syncs, whatever the clocks were."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import pytest
from datasette.app import Datasette

from helpers import ROOT
from serving import LIST, served

HOUR, DAY = 3600, 86400
CONFIGURATIONS = "/2.3.0/spacecraft_configurations/"
AGENCIES = "/2.3.0/agencies/"


@pytest.fixture
def sync(run, upstream, db, clock):
    """Syncs as if it were so many seconds ago."""

    def sync(ago, *arguments):
        clock.time = datetime.now(UTC)
        clock.move(-ago)
        assert run("sync", db, *arguments, "--base-url", upstream.base_url).code == 0

    return sync


@pytest.fixture
def get(db):
    """Gets a path from the file that is served, in this process."""
    app = Datasette([str(db)])

    def get(path, **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}

        async def asked():
            return await app.client.get(path, headers=named)

        return asyncio.run(asked())

    return get


def ages(answer):
    """How old an answer says it is, by its Age and by its Last-Modified, and what time is left."""
    name, hit, ttl = answer.headers["Cache-Status"].split("; ")
    assert (name, hit) == ("ll2-mirror", "hit")
    modified = parsedate_to_datetime(answer.headers["Last-Modified"])
    seconds = (datetime.now(UTC) - modified).total_seconds()
    age = int(answer.headers["Age"])
    assert age == pytest.approx(seconds, abs=5)
    return pytest.approx(age, abs=60), pytest.approx(int(ttl.removeprefix("ttl=")), abs=60)


def test_an_answer_is_as_old_as_its_list_and_the_404_of_a_record_too(sync, get):
    sync(3 * DAY, "agencies")
    sync(2 * HOUR, "spacecraft", "--mode", "detailed")
    assert ages(get(LIST)) == (2 * HOUR, 22 * HOUR)
    assert ages(get(f"{LIST}201/")) == (2 * HOUR, 22 * HOUR)
    assert ages(get(f"{AGENCIES}?search=nasa")) == (3 * DAY, 4 * DAY)
    missing = get(f"{LIST}999999/")
    assert (missing.status_code, missing.headers["Age"]) == (404, get(LIST).headers["Age"])


def test_a_list_that_was_asked_too_long_ago_is_overdue(sync, get, run, db):
    sync(2 * DAY, "spacecraft")
    assert ages(get(LIST)) == (2 * DAY, -DAY)
    assert run("ages", db, "spacecraft=3d").code == 0
    assert ages(get(LIST)) == (2 * DAY, DAY)


def test_a_sync_that_finds_all_as_it_was_makes_the_answer_younger_and_not_another(sync, get):
    sync(20 * HOUR, "spacecraft")
    before = get(LIST)
    sync(HOUR)
    again = get(LIST, If_None_Match=before.headers["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    assert (ages(before), ages(again)) == ((20 * HOUR, 4 * HOUR), (HOUR, 23 * HOUR))


def test_what_several_lists_brought_is_as_old_as_the_oldest_of_them(sync, get):
    sync(10 * HOUR, "spacecraft", "--mode", "detailed")
    sync(HOUR, "spacecraft_configurations")
    assert ages(get(CONFIGURATIONS)) == (HOUR, 720 * HOUR - HOUR)
    assert ages(get(f"{CONFIGURATIONS}4/")) == (10 * HOUR, 14 * HOUR)
    sync(10 * DAY, "launches")
    sync(2 * HOUR, "launcher_configurations", "--mode", "detailed")
    asked = "/2.3.0/launches/?search=sputnik"
    assert get(asked).status_code == 501  # spacecraft are in detailed launches only
    sync(HOUR, "launches", "--mode", "detailed")
    assert ages(get(asked)) == (HOUR, 14 * DAY - HOUR)
    assert ages(get("/2.3.0/launcher_configurations/?ordering=launch_cost")) == (
        2 * HOUR,
        718 * HOUR,
    )


def test_a_record_of_a_list_that_the_file_lacks_is_as_old_as_what_nests_it(sync, get):
    sync(5 * HOUR, "spacecraft", "--mode", "detailed")
    sync(DAY, "agencies")
    assert ages(get(f"{CONFIGURATIONS}4/")) == (5 * HOUR, 19 * HOUR)


def test_what_leads_through_another_list_is_as_old_as_that(sync, get):
    sync(2 * DAY, "launches", "--mode", "detailed")
    sync(HOUR, "updates")
    launch = get("/2.3.0/launches/?limit=1").json()["results"][0]["id"]
    assert ages(get("/2.3.0/updates/")) == (HOUR, 719 * HOUR)
    assert ages(get(f"/2.3.0/updates/?launch={launch}")) == (2 * DAY, 12 * DAY)


def test_a_view_is_as_old_as_its_own_walk_and_its_list_as_the_whole(sync, get):
    sync(10 * DAY, "launches")
    sync(HOUR // 2, "launches/upcoming")
    assert ages(get("/2.3.0/launches/upcoming/"))[0] == HOUR // 2
    assert ages(get("/2.3.0/launches/")) == (10 * DAY, 4 * DAY)
    sync(HOUR // 4, "launches/new")
    assert ages(get("/2.3.0/launches/previous/")) == (10 * DAY, 4 * DAY)
    assert ages(get("/2.3.0/launches/")) == (10 * DAY, 4 * DAY)


def test_the_root_and_the_throttle_tell_the_age_of_each_list(sync, get):
    sync(2 * DAY, "spacecraft")
    sync(HOUR, "agencies")
    assert ages(get("/2.3.0/")) == (2 * DAY, -DAY)
    for path in ("/2.3.0/", "/2.3.0/api-throttle/"):
        told = get(path).json()["mirror"]
        assert list(told) == ["agencies", "spacecraft"]
        old, young = told["spacecraft"], told["agencies"]
        assert (old["age_seconds"], old["overdue"]) == (pytest.approx(2 * DAY, abs=60), True)
        assert (young["max_age_seconds"], young["overdue"]) == (7 * DAY, False)
        asked = datetime.fromisoformat(young["asked"])
        assert (datetime.now(UTC) - asked).total_seconds() == pytest.approx(HOUR, abs=60)


def test_where_a_clock_ran_ahead_no_age_is_told_and_the_answer_is_overdue(sync, get):
    sync(-2 * DAY, "spacecraft")
    answer = get(LIST)
    assert answer.headers["Cache-Status"] == "ll2-mirror; hit; ttl=-1"
    assert not {"age", "last-modified"} & answer.headers.keys()
    told = get("/2.3.0/").json()["mirror"]["spacecraft"]
    assert (told["asked"], told["age_seconds"], told["overdue"]) == (None, None, True)
    sync(-60, "spacecraft")  # two machines' clocks may be some minutes apart
    assert ages(get(LIST)) == (0, DAY)


def test_pages_of_other_sites_may_read_the_age(sync, get):
    sync(HOUR, "spacecraft")
    exposed = get(LIST).headers["Access-Control-Expose-Headers"].split(", ")
    assert {"ETag", "Last-Modified", "Age", "Cache-Status"} == {*exposed}


def test_no_cache_keeps_what_the_next_sync_may_bring(sync, get):
    sync(HOUR, "spacecraft")
    for path in (f"{LIST}9/", AGENCIES, "/2.3.0/x/", f"{LIST}?status=x", f"{LIST}?format=xml"):
        answer = get(path)
        assert answer.status_code in (400, 404, 501)
        assert answer.headers["Cache-Control"] == "no-store"


def test_what_an_answer_varies_by_is_the_same_packed_and_plain(sync, get):
    sync(HOUR, "spacecraft")
    for path in (LIST, f"{LIST}?limit=1&search=zzz", AGENCIES, "/2.3.0/x/"):
        for coding in ("identity", "gzip"):
            assert get(path, Accept_Encoding=coding).headers["Vary"] == "Accept, Accept-Encoding"


def test_the_client_in_the_docs_asks_ll2_where_the_mirror_is_overdue(
    sync, upstream, db, monkeypatch
):
    """And where it can't answer; LL2's limit leaves it the mirror's answer."""
    code = re.findall(r"```python\n(.*?)```", (ROOT / "docs/api.md").read_text("utf-8"), re.DOTALL)
    client = {}
    exec(code[0], client)
    sync(HOUR, "agencies")
    sync(2 * DAY, "spacecraft")
    upstream.records["spacecraft", "normal"][0]["name"] = "Newer"
    newest, by_id = "/2.3.0/spacecraft/?ordering=id", "/2.3.0/agencies/44/"
    with served(db) as url:
        client |= {"MIRROR": url, "LL2": upstream.base_url}
        assert "results" in client["get"](AGENCIES)
        asked = len(upstream.requests)
        assert client["get"](newest)["results"][0]["name"] == "Newer"
        assert client["get"](by_id)["id"] == 44
        assert len(upstream.requests) == asked + 2
        monkeypatch.setattr(upstream, "limit", 0)
        assert client["get"](newest)["results"][0]["name"] != "Newer"
