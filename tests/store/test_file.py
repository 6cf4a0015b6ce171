"""Opening: what is a mirror, what is none, and what a copy lost on its way."""

from __future__ import annotations

import gzip
import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from helpers import FIXTURES, PROGRAM, execute, grow_old, public_rows
from ll2_mirror.ll2.schema import APPLICATION_ID, SCHEMA_VERSION
from serving import works


@pytest.fixture
def dumped(synced, tmp_path):
    """A file made from another's dump, as a backup in SQL is put back."""
    if not shutil.which("sqlite3"):
        pytest.skip("no sqlite3 on this machine")
    to = tmp_path / "restored.db"
    dump = subprocess.run(["sqlite3", synced, ".dump"], capture_output=True, check=True)
    subprocess.run(["sqlite3", to], input=dump.stdout, check=True)
    assert execute(to, "PRAGMA application_id") == [(0,)]
    return to


def test_a_file_restored_from_a_dump_is_read_and_synced(dumped, synced, run):
    wanted = public_rows(synced)
    before = dumped.read_bytes()
    assert run("verify", dumped).code == 0
    assert run("get", dumped, "/2.3.0/spacecraft/?search=soyuz").code == 0
    assert dumped.read_bytes() == before
    assert run("sync", dumped).code == 0
    assert public_rows(dumped) == wanted
    assert execute(dumped, "PRAGMA application_id") == [(APPLICATION_ID,)]
    assert execute(dumped, "PRAGMA user_version") == [(SCHEMA_VERSION,)]


def test_a_copy_gets_its_wal_mode_back(synced, run, tmp_path):
    copy = tmp_path / "copy.db"
    execute(synced, "VACUUM INTO ?", str(copy))
    assert execute(copy, "PRAGMA journal_mode") == [("delete",)]
    assert run("sync", copy).code == 0
    assert execute(copy, "PRAGMA journal_mode") == [("wal",)]


def test_a_reader_of_a_copy_stops_no_sync(synced, run, tmp_path):
    copy = tmp_path / "copy.db"
    execute(synced, "VACUUM INTO ?", str(copy))
    run("sync", copy)
    with closing(sqlite3.connect(copy)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM spacecraft").fetchone()
        assert run("sync", copy).code == 0


def test_an_upgrade_of_a_copy_that_somebody_reads_stops(synced, run, tmp_path, monkeypatch):
    monkeypatch.setattr("ll2_mirror.store.file.BUSY_SECONDS", 0.05)
    grow_old(synced)
    copy = tmp_path / "copy.db"
    execute(synced, "VACUUM INTO ?", str(copy))
    before = copy.read_bytes()
    with closing(sqlite3.connect(copy, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM spacecraft").fetchone()
        refused = run("sync", copy)
    assert (refused.code, "is in use by another process" in refused.err) == (75, True)
    assert copy.read_bytes() == before
    assert run("sync", copy).code == 0


@pytest.mark.parametrize("command", ["sync", "status", "verify", "changes", "plan"])
def test_a_missing_column_is_named(synced, run, command):
    execute(synced, "ALTER TABLE spacecraft DROP COLUMN fastest_turnaround")
    told = run(command, synced)
    assert told.code == 65
    assert "lacks a column of a mirror: spacecraft.fastest_turnaround" in told.err
    assert told.err.count("\n") == 1


@pytest.mark.parametrize(
    "table",
    ["_records", "_history", "_search_agencies", "_settings", "_search_agencies_fts_config"],
)
@pytest.mark.parametrize("command", ["sync", "status", "verify", "changes", "plan"])
def test_a_view_in_the_place_of_a_table_is_named(synced, run, table, command):
    """It may never end, or end in an error, and nothing can be written to it."""
    execute(synced, f"DROP TABLE {table}")
    execute(synced, f"CREATE VIEW {table} AS SELECT * FROM {table}")
    told = run(command, synced)
    assert told.code == 65
    assert f"has a view in the place of a table: {table}: restore a backup" in told.err
    assert told.err.count("\n") == 1


def test_a_missing_column_is_not_answered_as_its_name(synced, run):
    execute(synced, "ALTER TABLE countries DROP COLUMN nationality_name")
    told = run("get", synced, "/2.3.0/spacecraft/")
    assert (told.code, told.out) == (65, "")
    assert "countries.nationality_name" in told.err


def test_a_file_that_a_full_disk_left_without_tables_waits_for_its_sync(db, run, upstream):
    with closing(sqlite3.connect(db)) as conn:
        conn.execute("PRAGMA journal_mode = WAL")
        conn.execute("CREATE TABLE x (y)")
        conn.execute("DROP TABLE x")
    told = run("status", db)
    assert told.code == 2
    assert told.err == f"ll2-mirror: {db} is empty: `ll2-mirror sync {db}` fills it\n"
    assert run("sync", db, "--base-url", upstream.base_url).code == 0


@pytest.mark.parametrize("command", ["sync", "status", "verify", "plan"])
def test_links_that_lead_round_in_a_circle_are_told(tmp_path, run, command):
    one, other = tmp_path / "one.db", tmp_path / "other.db"
    one.symlink_to(other)
    other.symlink_to(one)
    told = run(command, one)
    assert told.code == 2
    assert told.err.startswith(f"ll2-mirror: {one}: ")
    assert told.err.count("\n") == 1


MOUNTS = works("unshare", "--mount", "true")


def run_without_temp(folder, arguments, mount="rw"):
    """Runs the program on /mnt, in a mount namespace whose temp folders can't be written."""
    inside = f"""
        set -e
        mount --bind {folder} /mnt
        mount -o remount,{mount},bind /mnt
        for d in /tmp /var/tmp; do mount --bind $d $d; mount -o remount,ro,bind $d; done
        cd /proc
        exec {PROGRAM[0]} -c '{PROGRAM[2]}' {arguments}
    """
    return subprocess.run(["unshare", "-m", "sh", "-c", inside], capture_output=True, text=True)


@pytest.mark.skipif(not MOUNTS, reason="no mount namespaces here")
def test_a_sync_needs_no_temp_folder_but_the_files_own(tmp_path, upstream):
    arguments = f"sync /mnt/spacecraft.db --base-url {upstream.base_url}"
    done = run_without_temp(tmp_path, arguments)
    assert (done.returncode, done.stderr) == (0, "")
    assert execute(tmp_path / "spacecraft.db", "SELECT count(*) FROM spacecraft") == [(21,)]


@pytest.mark.skipif(not MOUNTS, reason="no mount namespaces here")
@pytest.mark.parametrize("version", [5, SCHEMA_VERSION])
@pytest.mark.parametrize("command", ["verify", "get"])
def test_who_reads_needs_no_temp_folder(tmp_path, run, upstream, version, command):
    db = tmp_path / "spacecraft.db"
    db.write_bytes(gzip.decompress((FIXTURES / "schema-5.db.gz").read_bytes()))
    if version == SCHEMA_VERSION:
        run("sync", db, "--base-url", upstream.base_url)
    path = "'/2.3.0/spacecraft/?ordering=name&limit=5'" if command == "get" else ""
    done = run_without_temp(tmp_path, f"{command} /mnt/spacecraft.db {path}", "ro")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("command", [["sync"], ["plan"], ["status"], ["ages", "launches=1d"]])
@pytest.mark.parametrize("kind", ["device", "pipe"])
def test_what_is_no_file_is_refused_at_once(run, tmp_path, command, kind):
    path = Path("/dev/null") if kind == "device" else tmp_path / "pipe"
    if kind == "pipe":
        os.mkfifo(path)
    first, *others = command
    refused = run(first, path, *others)
    assert (refused.code, refused.err.count("\n")) == (2, 1)
    assert f"{path} is a device or a pipe: name a file" in refused.err
