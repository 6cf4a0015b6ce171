"""The commands that read the file: status, verify, changes and get."""

from __future__ import annotations

import json
import sqlite3
from datetime import timedelta
from xml.etree import ElementTree

import pytest

from helpers import many
from ll2_mirror.ll2.json import parse


def test_status_reads_well_and_parses(synced, run):
    told = run("status", synced)
    assert told.out.startswith(f"{synced}: normal mode, from http://127.0.0.1:")
    assert "spacecraft: 21 records, synced just now" in told.out
    parsed = run("status", synced, "--json").json
    assert parsed["tables"]["spacecraft"] == 21
    assert parsed["resources"][0]["records"] == 21
    assert parsed["resources"][0]["age_seconds"] < 60


def test_status_fails_where_the_mirror_is_too_old(synced, run, clock):
    assert run("status", synced, "--max-age", "2d").code == 0
    clock.time += timedelta(days=2, seconds=1)
    old = run("status", synced, "--max-age", "2d")
    assert old.code == 1
    assert old.err == f"ll2-mirror: {synced} is older than it may be\n"
    assert "2 days ago" in old.out
    assert run("status", synced, "--max-age", "soon").code == 2


def test_a_mirror_that_was_never_synced_is_too_old(db, run, upstream):
    many(upstream, 250)
    run("sync", db, "--base-url", upstream.base_url, "--max-requests", "1")
    assert run("status", db, "--max-age", "52w").code == 1


def test_status_tells_the_walk_under_way_and_how_it_ended(db, run, upstream):
    many(upstream, 250)
    stopped = run("sync", db, "--base-url", upstream.base_url, "--max-requests", "2", "--json")
    assert stopped.code == 75
    assert stopped.json["complete"] is False
    assert (stopped.json["requests"], stopped.json["staged"]) == (2, 2)
    assert stopped.json["error"] in stopped.err
    found = run("status", db, "--json").json
    (walk,) = found["under_way"]
    assert (walk["pages"], walk["of"], walk["records"], walk["total"]) == (2, 3, 200, 250)
    assert found["last_error"]["exit_code"] == 75
    told = run("status", db).out
    assert "no sync was completed yet" in told
    assert "spacecraft: a walk is under way: 2 of 3 pages staged" in told
    assert "ended with 75: --max-requests 2 is used up" in told
    done = run("sync", db)
    assert "resumes the walk of" in done.out
    assert "200 of 250 records staged" in done.out
    after = run("status", db, "--json").json
    assert (after["under_way"], after["last_error"]) == ([], None)


def test_changes_reads_well_and_parses(synced, run, upstream):
    records = upstream.records["spacecraft", "normal"]
    records[0]["name"] = "Renamed"
    gone = records.pop()
    run("sync", synced)
    told = run("changes", synced).out
    assert "  the first sync: " in told
    assert " spacecraft 21," in told
    assert f'  ~ spacecraft {records[0]["id"]} (Renamed): name: "' in told
    assert f"  - spacecraft {gone['id']} ({gone['name']})\n" in told
    last = run("changes", synced, "--json").json["runs"][-1]
    [change] = [c for c in last["changes"] if c["kind"] == "changed"]
    assert change["key"] == "name"
    assert change["to"] == "Renamed"


def test_changes_tell_a_nested_object_by_its_name(synced, run, upstream):
    records = upstream.records["spacecraft", "normal"]
    other = next(one["status"] for one in records if one["status"] != records[0]["status"])
    before, records[0]["status"] = records[0]["status"], other
    run("sync", synced)
    told = run("changes", synced)
    assert f": status: {before['name']} → {other['name']}\n" in told.out
    [change] = run("changes", synced, "--json").json["runs"][-1]["changes"]
    assert (change["from"], change["from_name"]) == (before["id"], before["name"])
    assert (change["to"], change["to_name"]) == (other["id"], other["name"])


def test_changes_tell_a_number_that_is_only_spelled_differently(db, run, upstream):
    pads = upstream.records["pads", "normal"]
    for number in (b"28.5", b"28.50", b"28.500"):
        pads[0]["latitude"] = parse(b"[%s]" % number)[0]
        assert run("sync", db, "pads", "--base-url", upstream.base_url).code == 0
    told = run("changes", db).out
    pad = f"  ~ pads {pads[0]['id']} ({pads[0]['name']}): latitude"
    assert f"{pad}: null → 28.50\n" in told
    assert f"{pad}: 28.50 → 28.500\n" in told


def test_changes_are_a_feed_that_readers_take(synced, run, upstream):
    records = upstream.records["spacecraft", "normal"]
    records[0]["name"] = "<b>Renamed</b> & \x07"
    run("sync", synced)
    told = run("changes", synced, "--format", "atom")
    atom = {"": "http://www.w3.org/2005/Atom"}
    feed = ElementTree.fromstring(told.out)
    newest, first = feed.findall("entry", atom)
    assert newest.findtext("title", "", atom).startswith("<b>Renamed</b> & \ufffd: name: ")
    assert "the first sync: " in first.findtext("title", "", atom)
    assert len({entry.findtext("id", "", atom) for entry in (newest, first)}) == 2
    for tag in ("id", "title", "updated"):
        assert feed.findtext(tag, "", atom)
    link = newest.find("link", atom).get("href")
    assert link == f"https://ll.thespacedevs.com/2.3.0/spacecraft/{records[0]['id']}/"


def test_changes_since(synced, run):
    assert run("changes", synced, "--since", "1h").out
    assert run("changes", synced, "--since", "2999-01-01").out == ""
    assert run("changes", synced, "--since", "yesterday").code == 2


def test_verify_tells_what_it_checked(synced, run):
    told = run("verify", synced)
    assert told.out.startswith(f"{synced}: 21 records on 1 page, ")
    assert "as LL2 sent them" in told.out


@pytest.fixture
def not_a_mirror(tmp_path):
    def make(kind):
        path = tmp_path / "file.db"
        if kind == "text":
            path.write_text("not a database, but long enough to be taken for one " * 50)
        elif kind in ("sqlite", "newer"):
            conn = sqlite3.connect(path)
            conn.execute("CREATE TABLE mine (id)")
            if kind == "newer":
                conn.execute("PRAGMA application_id = 0x4c4c326d")
                conn.execute("PRAGMA user_version = 999")
            conn.commit()
            conn.close()
        return path

    return make


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("text", "not an SQLite database"),
        ("sqlite", "not an ll2-mirror one"),
        ("newer", "newer ll2-mirror"),
    ],
)
@pytest.mark.parametrize("command", ["sync", "status", "verify", "changes"])
def test_a_file_that_is_no_mirror_is_left_alone(not_a_mirror, run, kind, told, command):
    path = not_a_mirror(kind)
    before = path.read_bytes()
    refused = run(command, path)
    assert refused.code == 65
    assert told in refused.err
    assert refused.err.count("\n") == 1
    assert path.read_bytes() == before


@pytest.mark.parametrize("command", ["status", "verify", "changes"])
def test_reading_makes_no_file(db, run, command):
    refused = run(command, db)
    assert refused.code == 2
    assert "ll2-mirror sync" in refused.err
    assert not db.exists()


def test_json_documents_are_utf_8(synced, run):
    assert json.loads(run("status", synced, "--json").out)["mode"] == "normal"


def test_get_prints_the_body_and_tells_the_status(synced, run, upstream):
    ran = run("get", synced, "/2.3.0/spacecraft/?search=starliner")
    assert (ran.code, ran.err, ran.json["count"]) == (0, "", 1)
    assert not ran.out.endswith("\n")
    assert ran.json["results"][0]["url"].startswith(upstream.base_url)
    pretty = run("get", synced, "https://ll.thespacedevs.com/2.3.0/?x#y", "--pretty")
    assert pretty.out.startswith(
        f'{{\n    "spacecraft": "{upstream.base_url}/2.3.0/spacecraft/",\n'
    )
    led = run("get", synced, "/2.3.0/", "--base-url", "https://example.org/").json
    assert led["spacecraft"] == "https://example.org/2.3.0/spacecraft/"


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/2.3.0/spacecraft/9/", "the status for /2.3.0/spacecraft/9/ is 404"),
        ("/2.3.0/spacecraft", "is 301: it redirects to /2.3.0/spacecraft/"),
        ("spacecraft/", "is 404: LL2's paths begin with /2.3.0/"),
        ("/2.3.0/agencies/", "is 501"),
    ],
)
def test_get_exits_1_where_the_status_is_no_2xx(synced, run, path, told):
    ran = run("get", synced, path)
    assert ran.code == 1
    assert told in ran.err
    assert ran.err.count("\n") == 1


# A clock that was wrong


def test_a_sync_at_a_time_that_is_yet_to_come_is_not_fresh(synced, run, clock):
    clock.time += timedelta(days=2000)
    run("sync", synced)
    year = clock.now().year
    clock.time -= timedelta(days=2000)
    told = run("status", synced, "--max-age", "52w")
    assert told.code == 1
    assert told.err == (f"ll2-mirror: {synced} was synced at a time in the future: sync it again\n")
    assert f"synced at a time in the future: a clock is or was wrong ({year}-" in told.out
    assert run("status", synced, "--json").json["resources"][0]["age_seconds"] is None
    assert run("sync", synced).code == 0
    assert run("status", synced, "--max-age", "1h").code == 0


def test_one_of_two_resources_that_is_not_fresh_is_enough(synced, run, clock):
    clock.time += timedelta(days=2000)
    run("sync", synced, "agencies")
    clock.time -= timedelta(days=2000)
    assert run("sync", synced, "spacecraft").code == 0
    assert run("status", synced, "--max-age", "1d").code == 1


def test_two_clocks_may_be_some_minutes_apart(synced, run, clock):
    clock.time -= timedelta(minutes=4)
    told = run("status", synced, "--max-age", "1m")
    assert (told.code, "synced just now" in told.out) == (0, True)
    clock.time -= timedelta(minutes=2)
    assert run("status", synced, "--max-age", "1m").code == 1
