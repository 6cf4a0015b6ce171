"""What SQLite says, in words that name what is wrong and what to do."""

from __future__ import annotations

import re
import resource
import sqlite3
import subprocess
from contextlib import closing

import pytest

from helpers import PROGRAM, execute


@pytest.mark.parametrize("room", [200_000, 3_500_000])
def test_a_limit_of_files_stops_a_sync_as_a_full_disk_does(db, upstream, room):
    """A quota says so, too: EDQUOT and EFBIG are no ENOSPC to SQLite."""
    first, *_ = upstream.records["spacecraft", "normal"]
    upstream.records["spacecraft", "normal"] = [
        {**first, "id": n, "description": f"{n} " * 3000} for n in range(1, 300)
    ]
    sync = [*PROGRAM, "sync", str(db), "--base-url", upstream.base_url]
    done = subprocess.run(
        sync,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room, room)),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 75
    assert done.stderr.count("\n") == 1
    assert "make room and run the same command again" in done.stderr
    assert subprocess.run(sync, capture_output=True).returncode == 0
    assert execute(db, "SELECT count(*) FROM spacecraft") == [(299,)]


def test_a_table_of_the_tools_that_somebody_made_anew_is_named(synced, run, tmp_path):
    execute(synced, "DROP TABLE _settings")
    execute(synced, "CREATE TABLE _settings (key PRIMARY KEY)")
    for command in (["sync", synced], ["pull", synced, tmp_path / "other.db"]):
        told = run(*command)
        assert (told.code, told.err.count("\n")) == (65, 1)
        assert re.search("column.* value$", told.err)


@pytest.mark.parametrize("command", ["sync", "status", "verify"])
def test_a_schema_that_is_no_utf8_is_damage(synced, run, command):
    """SQLite repeats it in what it says."""
    with closing(sqlite3.connect(synced)) as conn:
        conn.execute("PRAGMA writable_schema = ON")
        conn.execute(
            "UPDATE sqlite_master SET sql = 'x', name = CAST(x'ff' AS TEXT) WHERE rowid = 9"
        )
        conn.commit()
    told = run(command, synced)
    assert (told.code, told.err.count("\n")) == (65, 1)
    assert f"{synced} is damaged" in told.err


def test_text_that_is_no_utf8_is_damage(synced, run):
    execute(synced, "UPDATE spacecraft SET name = CAST(x'ff41' AS TEXT) WHERE id = 201")
    told = run("get", synced, "/2.3.0/spacecraft/201/?mode=normal")
    told = run("get", synced, "/2.3.0/spacecraft/?limit=100")
    assert told.code == 65
    assert "damaged" in told.err


def test_a_check_that_takes_all_memory_is_damage(synced, run, tmp_path):
    with closing(sqlite3.connect(synced)) as conn:
        conn.execute("CREATE TABLE mine (x CHECK (length(hex(zeroblob(300000000))) > 0))")
        conn.execute("PRAGMA ignore_check_constraints = ON")
        conn.execute("INSERT INTO mine VALUES (1)")
        conn.commit()
    verdict = run("verify", synced)
    assert (verdict.code, verdict.err) == (1, "")
    assert "the file is damaged: string or blob too big" in verdict.out
    refused = run("pull", synced, tmp_path / "copy.db")
    assert (refused.code, refused.err.count("\n")) == (65, 1)
    assert "string or blob too big" in refused.err
