"""`publish`: a snapshot and its manifest in a folder, whole or not at all."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
from contextlib import closing, suppress
from hashlib import sha256

import pytest

from helpers import execute, grow_old, public_rows
from ll2_mirror.store.lock import only_sync


def told(out):
    return json.loads((out / "manifest.json").read_text())


def names(out):
    """The files in a folder; each snapshot has one with digests of its blocks."""
    found = {path.name for path in out.iterdir()}
    blocks = {f"{name}.blocks" for name in found if re.fullmatch("snapshot-[0-9a-f]+[.]db", name)}
    assert blocks <= found
    return sorted(found - blocks)


def facts(out):
    """What tells whether any file of a folder was written."""
    return {path.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in out.iterdir()}


def digest(path):
    return sha256(path.read_bytes()).hexdigest()


def test_a_snapshot_bears_its_digest_and_the_manifest_tells_all_of_it(synced, out, run):
    ran = run("publish", synced, out)
    assert ran.code == 0, ran.err
    manifest = told(out)
    file = manifest["file"]
    assert names(out) == ["manifest.json", file["name"]]
    assert file["bytes"] == (out / file["name"]).stat().st_size
    assert file["sha256"] == digest(out / file["name"])
    assert file["name"] == f"snapshot-{file['sha256']}.db"
    assert manifest["gzip"] is None  # 0.6 reads the key, and then pulls the file
    held = run("status", synced, "--json").json
    assert manifest["resources"] == {"spacecraft": 21}
    assert manifest["synced"] == held["resources"][0]["synced"]
    assert (manifest["run"], manifest["schema_version"]) == (1, held["schema_version"])
    assert (manifest["mode"], manifest["base_url"]) == (held["mode"], held["base_url"])
    assert "The Space Devs" in manifest["source"]
    assert "credit" in manifest["license"]
    assert ran.out == (
        f"{out}: run 1, synced {manifest['synced'][:19]}Z: 21 records in {file['bytes']:,} bytes\n"
    )


def test_a_snapshot_is_the_mirror(synced, out, run, tmp_path):
    assert run("publish", synced, out).code == 0
    copy = tmp_path / "copy.db"
    shutil.copy(out / told(out)["file"]["name"], copy)
    assert run("verify", copy).code == 0
    assert public_rows(copy) == public_rows(synced)


def test_the_same_state_again_writes_nothing(synced, out, run):
    assert run("publish", synced, out, "--json").json["changed"]
    before = facts(out)
    again = run("publish", synced, out, "--json")
    assert (again.code, again.json["changed"]) == (0, False)
    assert facts(out) == before
    assert run("publish", synced, out).out.startswith(f"{out}: nothing new since run 1")
    assert run("publish", synced, out, "--quiet").out == ""


def test_each_sync_is_news_also_one_that_changed_nothing(synced, out, run):
    """Readers are to know how old what they have is."""
    run("publish", synced, out)
    assert run("sync", synced).code == 0
    found = run("publish", synced, out, "--json").json
    assert (found["changed"], found["run"]) == (True, 2)


def test_old_snapshots_stay_for_a_while(synced, out, run):
    seen = []
    for _ in range(4):
        run("sync", synced)
        assert run("publish", synced, out, "--keep", "2").code == 0
        seen.append(told(out)["file"]["name"])
    assert len(set(seen)) == 4
    assert told(out)["older"] == [seen[2]]
    assert names(out) == sorted(["manifest.json", seen[3], seen[2]])


def test_what_a_killed_publish_left_is_cleared_away_and_nothing_else(synced, out, run):
    out.mkdir()
    left = [f"snapshot-{'0' * 64}.db", f"snapshot-{'1' * 64}.db.gz", ".snapshot", ".snapshot-wal"]
    mine = ["index.html", "snapshot-mine.db", "other.db"]
    for name in (*left, *mine):
        (out / name).write_text("x")
    assert run("publish", synced, out).code == 0
    assert set(names(out)) == {"manifest.json", told(out)["file"]["name"], *mine}


def test_what_0_6_packed_goes_with_its_snapshot(synced, out, run):
    """Until then, who has read its manifest may still fetch it."""
    run("publish", synced, out)
    first = told(out)["file"]["name"]
    (out / f"{first}.gz").write_text("x")
    for there in (True, False):
        run("sync", synced)
        assert run("publish", synced, out, "--no-gzip", "--keep", "2").code == 0
        assert (f"{first}.gz" in names(out)) == there


@pytest.mark.parametrize("name", [".manifest.json", ".snapshot"])
def test_nothing_is_written_through_a_link(synced, out, run, tmp_path, name):
    mine = tmp_path / "mine"
    mine.write_text("mine")
    out.mkdir()
    (out / name).symlink_to(mine)
    run("publish", synced, out)
    assert mine.read_text() == "mine"


def test_a_lost_snapshot_or_a_damaged_manifest_is_published_anew(synced, out, run):
    run("publish", synced, out)
    before = names(out)
    (out / told(out)["file"]["name"]).unlink()
    assert run("publish", synced, out).code == 0
    assert names(out) == before
    (out / "manifest.json").write_text("{")
    assert run("publish", synced, out).code == 0
    assert told(out)["run"] == 1


@pytest.mark.parametrize("mode", ["wal", "delete"])
def test_publishing_waits_for_no_writer_and_shows_what_is_committed(synced, out, run, mode):
    execute(synced, f"PRAGMA journal_mode = {mode}")
    before = public_rows(synced)
    with closing(sqlite3.connect(synced, isolation_level=None)) as conn:
        conn.execute("BEGIN IMMEDIATE")
        conn.execute("UPDATE spacecraft SET name = 'x'")
        assert run("publish", synced, out).code == 0
        conn.execute("COMMIT")
    assert public_rows(out / told(out)["file"]["name"]) == before


def test_what_is_still_in_the_log_is_published_also_through_a_link(synced, out, run, tmp_path):
    link = tmp_path / "link.db"
    link.symlink_to(synced)
    with closing(sqlite3.connect(synced, isolation_level=None)) as conn:
        conn.execute("PRAGMA journal_mode = wal")
        conn.execute("UPDATE spacecraft SET name = 'x'")
        assert run("publish", link, out).code == 0
    snapshot = out / told(out)["file"]["name"]
    assert execute(snapshot, "SELECT DISTINCT name FROM spacecraft") == [("x",)]


def test_a_snapshot_has_the_rights_of_a_new_file(synced, out, run):
    synced.chmod(0o600)
    before = os.umask(0o022)
    try:
        run("publish", synced, out)
    finally:
        os.umask(before)
    assert {path.stat().st_mode & 0o777 for path in out.iterdir()} == {0o644}


def test_what_is_the_writers_own_business_is_not_published(synced, out, run, upstream, tmp_path):
    """The walk under way, its requests, its limit and its last error say nothing of a reader."""
    many = upstream.records["spacecraft", "normal"]
    upstream.records["spacecraft", "normal"] = [{**many[0], "id": n} for n in range(1, 250)]
    assert run("sync", synced, "--max-requests", "1").code == 75
    assert run("status", synced, "--json").json["under_way"]
    assert run("publish", synced, out).code == 0
    copy = tmp_path / "copy.db"
    shutil.copy(out / told(out)["file"]["name"], copy)
    found = run("status", copy, "--json").json
    assert (found["under_way"], found["budget"], found["last_error"]) == ([], None, None)
    assert execute(copy, "SELECT count(*) FROM _requests") == [(0,)]
    assert run("verify", copy).code == 0


def test_tables_of_your_own_are_published(synced, out, run):
    execute(synced, "CREATE TABLE notes (text)")
    run("publish", synced, out)
    snapshot = out / told(out)["file"]["name"]
    assert execute(snapshot, "SELECT count(*) FROM notes") == [(0,)]


@pytest.mark.parametrize("age", ["of this version", "older"])
def test_no_trigger_of_a_file_runs_or_is_published(synced, out, run, tmp_path, age):
    """It may be somebody else's, and never end."""
    execute(
        synced,
        "INSERT INTO _walks (resource, part, mode, base_url, started, published)"
        " VALUES ('agencies', '', 'normal', '', '2026-11-30T00:00:00Z', 0)",
    )
    if age == "older":
        grow_old(synced)
    for table in ("_pages", "_runs", "_settings", "_walks", "_requests"):
        for event in ("INSERT", "UPDATE", "DELETE"):
            with suppress(sqlite3.OperationalError):  # an older file has no such table
                execute(
                    synced,
                    f'CREATE TRIGGER "{table} "" {event}" BEFORE {event} ON {table}'
                    " BEGIN SELECT raise(ABORT, 'it ran'); END",
                )
    assert run("publish", synced, out).code == 0
    assert run("pull", synced, tmp_path / "mine.db").code == 0
    for copy in (out / told(out)["file"]["name"], tmp_path / "mine.db"):
        assert execute(copy, "SELECT name FROM sqlite_master WHERE type = 'trigger'") == []


def test_a_file_of_an_older_version_is_published_as_one_of_this(synced, out, run):
    grow_old(synced)
    before = digest(synced)
    assert run("publish", synced, out).code == 0
    assert digest(synced) == before
    assert run("verify", out / told(out)["file"]["name"]).code == 0
    assert not run("publish", synced, out, "--json").json["changed"]


def test_a_later_state_is_not_replaced_by_an_older_one(synced, out, run, tmp_path):
    backup = tmp_path / "backup.db"
    shutil.copy(synced, backup)
    run("sync", synced)
    run("publish", synced, out)
    before = facts(out)
    ran = run("publish", backup, out)
    assert ran.code == 65
    assert re.fullmatch(
        f"ll2-mirror: {out} has a state that {backup} lacks, synced at .*: pull it first, or"
        " give --allow-older to replace it\n",
        ran.err,
    )
    assert facts(out) == before
    assert run("publish", backup, out, "--allow-older").code == 0
    assert told(out)["run"] == 1


def test_of_two_writers_that_went_on_from_one_file_the_second_is_told(synced, out, run, tmp_path):
    """Else the history of the first would be gone, whichever synced last."""
    other = tmp_path / "other.db"
    shutil.copy(synced, other)
    for writer, code in ((synced, 0), (other, 65)):
        run("sync", writer)
        assert run("publish", writer, out).code == code
    assert run("pull", out, other, "--allow-older").code == 0
    run("sync", other)
    assert run("publish", other, out).code == 0


def test_a_clock_that_is_set_back_holds_no_publish_up(synced, out, run, clock):
    """The runs tell which state is later."""
    from datetime import timedelta

    clock.time += timedelta(days=2)
    run("sync", synced)
    run("publish", synced, out)
    clock.time -= timedelta(days=2)
    run("sync", synced)
    assert run("publish", synced, out, "--json").json["run"] == 3


# What can't be published


def refused(ran, code, words):
    assert ran.code == code
    assert re.fullmatch(f"ll2-mirror: .*({words}).*\n", ran.err), ran.err


def test_nothing_to_publish_yet(db, out, run, upstream):
    refused(run("publish", db, out), 2, "doesn't exist")
    upstream.answer = lambda path, query: (500, {})
    run("sync", db, "--base-url", upstream.base_url, "--max-requests", "1")
    refused(run("publish", db, out), 2, "holds nothing to publish yet: sync it first")


def test_no_such_folder(synced, run, tmp_path):
    refused(run("publish", synced, tmp_path / "a" / "b"), 2, "No such file or directory")
    refused(run("publish", synced, synced), 2, "is not a folder")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anything")
def test_a_folder_that_may_not_be_written(synced, out, run):
    out.mkdir(mode=0o500)
    refused(run("publish", synced, out), 2, "Permission denied|can't be written")


def test_a_full_disk_leaves_the_state_before(synced, run, little_room):
    size = len(sqlite3.connect(synced).serialize())
    folder = little_room(2 * size + 200_000)
    run("publish", synced, folder)
    before = names(folder)
    (folder / "filler").write_bytes(b"x" * 291_808)
    run("sync", synced)
    ran = run("publish", synced, folder)
    refused(ran, 75, "the disk is full: make room and run the same command again")
    assert [name for name in names(folder) if name != "filler"] == before
    (folder / "filler").unlink()
    assert run("publish", synced, folder).code == 0
    assert told(folder)["run"] == 2


def test_a_manifest_of_a_newer_version_stays(synced, out, run):
    run("publish", synced, out)
    text = json.dumps({**told(out), "format": 2})
    (out / "manifest.json").write_text(text)
    refused(run("publish", synced, out), 65, "was made by a newer version .*: upgrade ll2-mirror")
    assert (out / "manifest.json").read_text() == text


def test_two_at_once(synced, out, run):
    out.mkdir()
    with only_sync(out / "manifest.json"):
        assert run("publish", synced, out).code == 75
