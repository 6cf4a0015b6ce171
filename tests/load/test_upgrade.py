"""A file of another version: an older one is made anew from its pages, a newer one refused."""

from __future__ import annotations

import gzip
import shutil
import zlib

import pytest

from helpers import FIXTURES, TestClock, command, execute, grow_old, public_rows
from ll2_mirror.ll2.schema import SCHEMA_VERSION
from ll2_mirror.testing.fake_ll2 import bundled

KEPT = {"_history": "*", "_runs": "*", "_records": "resource, id"}


@pytest.fixture(scope="module", params=["normal", "detailed"])
def made(request, one_upstream, tmp_path_factory):
    """A file of an earlier version that has a past, with what its tables and its ledger held."""
    db, clock = tmp_path_factory.mktemp("older") / "older.db", TestClock()
    one_upstream.reset(records := bundled())
    options = ("--mode", request.param, "--base-url", one_upstream.base_url)
    command(clock, "sync", db, "spacecraft", "agencies", *options)
    for listed in records.values():
        listed[0]["name"] = "Renamed"
    command(clock, "sync", db)
    before = public_rows(db)
    ledger = {table: execute(db, f"SELECT {of} FROM {table}") for table, of in KEPT.items()}
    grow_old(db)
    return db, records, before, ledger


@pytest.fixture
def older(made, db, upstream):
    """A copy of that file, where LL2 is as it was at its last sync."""
    file, upstream.records, before, ledger = made
    return shutil.copy(file, db), before, ledger


@pytest.mark.parametrize("command", ["verify", "status", "changes", "plan"])
def test_reading_an_older_file_changes_no_byte_of_it(older, run, command):
    db, _, _ = older
    before = db.read_bytes()
    assert run(command, db).code == 0
    assert db.read_bytes() == before
    assert [path.name for path in db.parent.glob("*.v1")] == []


def test_an_older_file_answers_as_it_did(older, run, upstream):
    db, _, _ = older
    found = run("get", db, "/2.3.0/spacecraft/?search=renamed")
    assert '"count":1' in found.out
    assert upstream.log == []


def test_a_sync_makes_an_older_file_anew_and_keeps_it_as_it_was(older, run):
    db, before, ledger = older
    old = execute(db, "SELECT count(*) FROM sqlite_master")
    again = run("sync", db, "--json")
    copy = db.with_name(f"{db.name}.v1")
    assert again.err == f"{db} was upgraded to this version; the file as it was is {copy}\n"
    assert [(one["added"], one["changed"], one["gone"]) for one in again.json] == [(0, 0, 0)] * 2
    assert {**public_rows(db), "mine": None} == {**before, "mine": None}
    for table, of in KEPT.items():
        assert execute(db, f"SELECT {of} FROM {table}")[: len(ledger[table])] == ledger[table]
    assert execute(db, "PRAGMA user_version") == [(SCHEMA_VERSION,)]
    assert execute(db, "SELECT x FROM mine") == [(1,)]
    assert ("Renamed",) in execute(db, "SELECT name FROM names")
    assert execute(copy, "PRAGMA user_version") == [(1,)]
    assert execute(copy, "SELECT count(*) FROM sqlite_master") == old


def test_a_file_of_0_6_keeps_what_it_has_in_quarantine_and_its_history(db, run):
    """Its spacecraft 289 is not understood any more; what it was before stands beside the pages."""
    db.write_bytes(gzip.decompress((FIXTURES / "schema-6.db.gz").read_bytes()))
    before, history = public_rows(db), execute(db, "SELECT * FROM _history")
    assert run("verify", db).code == 0
    assert run("ages", db, "launches=1d").code == 0  # upgrades it
    assert execute(db, "PRAGMA user_version") == [(SCHEMA_VERSION,)]
    assert run("verify", db).code == 0
    assert execute(db, "SELECT name FROM spacecraft WHERE id = 289") == [("Crew Dragon Endeavour",)]
    assert execute(db, "SELECT id FROM _quarantine") == [(289,)]
    assert execute(db, "SELECT * FROM _history") == history
    after = public_rows(db)
    assert {table: len(rows) for table, rows in after.items()} == {
        table: len(rows) for table, rows in before.items()
    }


def test_what_nothing_leads_to_any_more_is_not_made_anew(db, run, upstream):
    """Of two records that nest one row the first says that it leads to another."""
    first, second = upstream.records["spacecraft", "normal"][:2]
    config = first["spacecraft_config"]
    agency = {**config["agency"], "id": 9999, "name": "Overtaken"}
    first["spacecraft_config"] = {**config, "agency": agency}
    second["spacecraft_config"] = config
    run("sync", db, "--base-url", upstream.base_url)
    before, history = public_rows(db), execute(db, "SELECT * FROM _history")
    grow_old(db)
    assert run("verify", db).code == 0
    assert run("ages", db, "launches=1d").code == 0
    assert {**public_rows(db), "mine": None} == {**before, "mine": None}
    assert execute(db, "SELECT * FROM _history") == history


@pytest.mark.parametrize("command", ["status", "sync"])
def test_an_upgrade_that_fails_leaves_the_file_as_it_was(synced, run, command):
    grow_old(synced)
    execute(synced, "UPDATE _bodies SET body = x'00'")
    before = synced.read_bytes()
    failed = run(command, synced)
    assert failed.code == 65
    assert failed.err.count("\n") == 1
    assert "is damaged" in failed.err
    assert synced.read_bytes() == before
    assert not synced.with_name(f"{synced.name}.v1").exists()


@pytest.mark.parametrize("text", [b"{}", b"\xff"])
def test_a_page_that_is_none_ends_an_upgrade_and_is_named(synced, run, text):
    grow_old(synced)
    execute(synced, "UPDATE _bodies SET body = ?", zlib.compress(text))
    for name in ("status", "sync"):
        failed = run(name, synced)
        assert failed.code == 65
        assert failed.err.startswith(f"ll2-mirror: {synced}: spacecraft: the page at offset 0: no")


def test_an_upgrade_that_finds_no_room_leaves_nothing_behind(synced, run, little_room):
    grow_old(synced)
    db = little_room(synced.stat().st_size * 3 // 2) / "old.db"
    shutil.copy(synced, db)
    before = db.read_bytes()
    failed = run("ages", db, "launches=1d")
    assert (failed.code, failed.err.count("\n")) == (75, 1)
    assert [path.name for path in db.parent.iterdir()] == ["old.db"]
    assert db.read_bytes() == before


def test_reading_an_older_file_waits_for_no_sync(synced, run):
    from ll2_mirror.store.lock import only_sync

    grow_old(synced)
    with only_sync(synced):
        assert run("status", synced).code == 0


def test_a_table_of_the_users_own_that_would_lose_its_row_is_named(synced, run):
    execute(synced, "CREATE TABLE notes (craft INTEGER REFERENCES spacecraft (id))")
    execute(synced, "INSERT INTO notes VALUES (-1)")
    grow_old(synced)
    failed = run("sync", synced)
    assert failed.code == 65
    assert "your table notes refers to a row of spacecraft" in failed.err


@pytest.mark.parametrize("command", ["sync", "plan", "status", "verify", "changes"])
def test_a_newer_file_is_refused(synced, run, command):
    execute(synced, f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    refused = run(command, synced)
    assert refused.code == 65
    assert refused.err.count("\n") == 1
    assert "upgrade ll2-mirror" in refused.err


@pytest.fixture(params=[3, 4, 5])
def released(request, db):
    """A file that an earlier release made, in detailed mode, with a past."""
    packed = (FIXTURES / f"schema-{request.param}.db.gz").read_bytes()
    db.write_bytes(gzip.decompress(packed))
    return db


def test_a_file_of_an_earlier_release_opens_verifies_and_answers(released, run):
    assert run("verify", released).code == 0
    found = run("get", released, "/2.3.0/spacecraft/?limit=100&mode=detailed")
    assert '"nickname":"x"' in found.out
    assert "from" in run("changes", released, "--json").out


def test_a_file_of_an_earlier_release_is_synced(released, run, upstream):
    assert run("sync", released, "--base-url", upstream.base_url).code == 0
    assert run("verify", released).code == 0
    assert execute(released, "PRAGMA user_version") == [(SCHEMA_VERSION,)]
    assert run("sync", released, "--json").code == 0


def test_what_stands_in_the_way_of_an_upgrade_is_damage(synced, run):
    execute(synced, "ALTER TABLE _search_spacewalks RENAME TO theirs")
    grow_old(synced)
    for name in ("sync", "verify"):
        done = run(name, synced)
        assert done.code == 65
        assert "is damaged: index _search_spacewalks_id already exists" in done.err
    assert not synced.with_name(f"{synced.name}.v1").exists()
