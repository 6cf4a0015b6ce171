"""What somebody sees who may not see all: nothing of a table that is denied, on any page."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys

import pytest
from datasette.app import Datasette

from helpers import execute, sync
from ll2_mirror.testing import fake_ll2

PAGES = [
    "/",
    "/-/changes",
    "/-/map",
    "/-/changes.atom",
    "/-/launches.ics",
    "/-/launches.atom",
    "/sitemap.xml",
    "/-/search?q=secret",
    "/-/search?q=crew",
    *(f"/spacecraft/{table}" for table in ("spacecraft", "spacecraft_flights", "landings")),
    "/spacecraft/spacecraft?_search=crew",
    "/spacecraft/spacecraft.json?_search=crew",
    *(f"/spacecraft/spacecraft/{id_}" for id_ in (148, 289, 610)),
    *(f"/spacecraft/spacecraft_configurations/{id_}" for id_ in (1, 6)),
    "/spacecraft/agencies/121",
]


def named(value, way=""):
    """Each object is called by the way to it, and so is whom to name for a picture."""
    if isinstance(value, list):
        return [named(item, way) for item in value]
    if not isinstance(value, dict):
        return value
    found = {key: named(item, f"{way}:{key}") for key, item in value.items()}
    secret = f"secret {way} {value.get('id')}"
    return {**found, **{key: secret for key in ("name", "credit") if key in value and way}}


@pytest.fixture(scope="module")
def db(tmp_path_factory):
    """A file with a past, in which everything nested is called by its key."""
    db = tmp_path_factory.mktemp("seen") / "spacecraft.db"
    records = {key: named(listed) for key, listed in fake_ll2.bundled().items()}
    with fake_ll2.running(records) as upstream:
        listed = upstream.records["spacecraft", "detailed"]
        sync(db, "--mode", "detailed", "--base-url", upstream.base_url)
        listed[0]["status"] = next(one["status"] for one in listed if one["status"]["id"] == 1)
        one = next(one for one in listed if one["id"] == 289)
        one["flights"][0]["mission_end"] = "2026-01-16T00:00:00Z"
        listed.pop()
        sync(db)
    return db


def seen(db, *denied):
    """The status and the text of each page for somebody who may not see these tables."""
    tables = {table: {"allow": False} for table in denied}

    async def asked():
        app = Datasette([str(db)], metadata={"databases": {"spacecraft": {"tables": tables}}})
        answers = [await app.client.get(path, headers={"accept": "text/html"}) for path in PAGES]
        return [(answer.status_code, answer.text) for answer in answers]

    return asyncio.run(asked())


def test_who_may_not_see_a_table_sees_no_page_of_ours(db):
    """The site is closed as a whole: a row is called by what others hold."""
    whole, secret = seen(db), r"secret :\w+"
    assert {status for status, _ in whole} == {200, 410}
    assert len(set(re.findall(secret, "".join(text for _, text in whole)))) > 3
    for table in ("agencies", "images", "image_licenses", "launches"):
        front, *others = seen(db, table)
        assert front[0] == 200  # Datasette's own list
        assert {status for status, _ in others} == {403}
        assert not re.search(secret, "".join(text for _, text in (front, *others)))


@pytest.mark.parametrize("seconds", [-30, 30])
def test_a_clock_that_is_a_little_apart_is_no_matter(db, seconds, tmp_path):
    assert "Synced <b>just now</b>" in synced(db, seconds, tmp_path)


def test_a_sync_that_is_yet_to_come_is_told_as_such(db, tmp_path):
    told = synced(db, -86400, tmp_path)
    assert "Synced <b>at a time in the future: a clock is or was wrong</b>" in told
    assert "ago" not in told.partition("Synced")[2].partition("</p>")[0]


def synced(db, seconds, folder):
    """The front page of a file that was synced so many seconds ago."""
    when = f"strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '{-seconds} seconds')"
    return altered(db, f"UPDATE _runs SET finished = {when}", folder, "/").text


def altered(db, sql, folder, path):
    """A page of a copy that differs."""
    other = folder / "spacecraft.db"
    other.write_bytes(db.read_bytes())
    execute(other, sql)

    async def asked():
        return await Datasette([str(other)]).client.get(path)

    return asyncio.run(asked())


def test_a_row_that_others_keep_says_since_when_it_is_gone(db, tmp_path):
    sql = "INSERT INTO _tombstones SELECT 'agencies', 121, max(id), '{}' FROM _runs"
    answer = altered(db, sql, tmp_path, "/spacecraft/agencies/121")
    assert answer.status_code == 200
    assert "Removed from Launch Library 2, as of" in answer.text
    assert "Other records still refer to it." in answer.text
    assert "API page" not in answer.text
    assert "Row as JSON" in answer.text


def test_each_module_can_be_the_first_that_is_imported():
    """Datasette imports its plugins, which are ours, as soon as its own are imported."""
    code = """
import importlib, pkgutil, sys
import ll2_mirror.serve, ll2_mirror.site
rooms = [ll2_mirror.serve, ll2_mirror.site]
names = [f"{r.__name__}.{one.name}" for r in rooms for one in pkgutil.iter_modules(r.__path__)]
for name in names:
    for known in list(sys.modules):
        ours_or_theirs = known.partition(".")[0] in ("ll2_mirror", "datasette")
        if ours_or_theirs and not known.startswith("datasette.vendored"):  # which takes long
            del sys.modules[known]
    importlib.import_module(name)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
