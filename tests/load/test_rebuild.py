"""A file of another version: an older one is made anew from its pages, a newer one refused."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing

import pytest

from ll2_mirror.store.opening import SCHEMA_VERSION
from parts import execute, public_rows


def grow_old(db):
    """Makes a file as an earlier version left it: less in the ledger, other public tables."""
    with closing(sqlite3.connect(db)) as conn:
        conn.executescript(
            "PRAGMA foreign_keys = OFF; BEGIN;"
            " DROP TABLE _requests; DROP TABLE _throttles;"
            ' ALTER TABLE _walks DROP COLUMN total; ALTER TABLE _pages DROP COLUMN "limit";'
            " ALTER TABLE spacecraft DROP COLUMN description;"
            " DROP TABLE image_variants; DELETE FROM agencies;"
            " CREATE TABLE mine (x); INSERT INTO mine VALUES (1);"
            " CREATE VIEW names AS SELECT name FROM spacecraft;"
            " PRAGMA user_version = 1; COMMIT;"
        )


@pytest.mark.parametrize("mode", ["normal", "detailed"])
def test_an_older_file_is_made_anew_without_a_request(db, run, upstream, mode):
    run("sync", db, "spacecraft", "agencies", "--mode", mode, "--base-url", upstream.base_url)
    for records in upstream.records.values():
        records[0]["name"] = "Renamed"
    run("sync", db)
    before = public_rows(db)
    ledger = {t: execute(db, f"SELECT * FROM {t}") for t in ("_history", "_runs", "_records")}
    grow_old(db)
    upstream.log.clear()
    assert run("verify", db).code == 0
    assert upstream.log == []
    assert {**public_rows(db), "mine": None} == {**before, "mine": None}
    assert {t: execute(db, f"SELECT * FROM {t}") for t in ledger} == ledger
    assert execute(db, "PRAGMA user_version") == [(SCHEMA_VERSION,)]
    assert execute(db, "SELECT x FROM mine") == [(1,)]
    assert ("Renamed",) in execute(db, "SELECT name FROM names")
    again = run("sync", db, "--json").json
    assert [(one["added"], one["changed"], one["gone"]) for one in again] == [(0, 0, 0)] * 2


def test_what_stands_in_quarantine_stays(synced, run, upstream):
    record = upstream.records["spacecraft", "normal"][4]
    good, record["name"] = record["name"], 5
    assert run("sync", synced).code == 65
    before = public_rows(synced)
    grow_old(synced)
    assert run("verify", synced).code == 0
    assert {**public_rows(synced), "mine": None} == {**before, "mine": None}
    assert (good,) in execute(synced, "SELECT name FROM spacecraft WHERE id = ?", record["id"])


def test_an_upgrade_that_fails_leaves_the_file_as_it_was(synced, run):
    grow_old(synced)
    execute(synced, "UPDATE _bodies SET body = x'00'")
    before = synced.read_bytes()
    failed = run("status", synced)
    assert failed.code == 65
    assert failed.err.count("\n") == 1
    assert "is damaged" in failed.err
    assert synced.read_bytes() == before


def test_an_upgrade_waits_for_no_sync(synced, run):
    from ll2_mirror.store.lock import only_sync

    grow_old(synced)
    with only_sync(synced):
        assert run("status", synced).code == 75


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anything")
def test_an_older_file_that_cannot_be_written_says_who_can_help(synced, run):
    grow_old(synced)
    synced.chmod(0o400)
    refused = run("status", synced)
    assert refused.code == 65
    assert "let one who may run" in refused.err


@pytest.mark.parametrize("command", ["sync", "plan", "status", "verify", "changes"])
def test_a_newer_file_is_refused(synced, run, command):
    execute(synced, f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    refused = run(command, synced)
    assert refused.code == 65
    assert refused.err.count("\n") == 1
    assert "upgrade ll2-mirror" in refused.err
