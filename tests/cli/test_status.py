"""What is read from the tool's own tables, whatever stands in them: damage is named, no bug."""

from __future__ import annotations

import re
import shutil
import sqlite3
from contextlib import closing, suppress
from itertools import product

import pytest
from click.testing import CliRunner

from helpers import TestClock, execute, many, sampled
from ll2_mirror.cli.main import main
from ll2_mirror.files import shipped
from ll2_mirror.testing import fake_ll2


@pytest.fixture(scope="module")
def past(tmp_path_factory):
    """A file with something in each of the tool's own tables, and its server."""
    db = tmp_path_factory.mktemp("past") / "past.db"

    def sync(*arguments):
        CliRunner().invoke(main, ["sync", str(db), *arguments], obj=TestClock())

    with fake_ll2.running(fake_ll2.bundled()) as upstream:
        craft = upstream.records["spacecraft", "normal"]
        sync("--base-url", upstream.base_url)
        craft[0]["name"], craft[1]["nickname"] = "Renamed", "new"
        craft.pop()
        sync()
        craft[2]["name"] = 5
        sync()
        many(upstream, 250)
        sync("--allow-shrink", "--max-requests", "1")
        limit = "INSERT INTO _throttles SELECT base_url, finished, 15, 3600, 1, NULL FROM _runs"
        execute(db, f"{limit} WHERE id = 1")
        execute(db, "PRAGMA wal_checkpoint(TRUNCATE)")
        yield db


@pytest.fixture
def lived(past, db):
    """A copy of that file, to be damaged."""
    shutil.copy(past, db)
    return db


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE _runs SET finished = 'zzz'",
        "UPDATE _runs SET records = 'zzz'",
        "UPDATE _history SET kind = 'zzz'",
        "UPDATE _history SET kind = 'gone', from_value = '{'",
        "INSERT INTO _settings VALUES ('mode', 'zzz')",
        "UPDATE _settings SET value = '[7]' WHERE key = 'resources'",
        "UPDATE _walks SET published = 77",
        "DROP TABLE _drift",
    ],
)
def test_a_damaged_ledger_is_no_traceback(synced, run, sql):
    execute(synced, sql)
    assert run("verify", synced).code in (1, 65)
    for command in ("status", "changes", "sync"):
        done = run(command, synced)
        assert done.code in (0, 65, 69), (command, done.err)
        assert done.err.count("\n") <= 1


@pytest.mark.parametrize(
    ("command", "sql", "told"),
    [
        ("status", "UPDATE _runs SET finished = 'zzz'", "_runs 3: finished is 'zzz'"),
        ("status", "UPDATE _runs SET records = 'zzz'", "_runs 3: records is 'zzz'"),
        (
            "status",
            "UPDATE _settings SET value = '[1]' WHERE key = 'last_error'",
            'its setting last_error is damaged: "[1]"',
        ),
        (
            "status",
            "UPDATE _settings SET value = '{}' WHERE key = 'last_error'",
            "_settings last_error: at is None",
        ),
        ("status", "UPDATE _walks SET total = 'zzz'", "_walks 3: total is 'zzz'"),
        ("status", 'UPDATE _staged SET "limit" = 0', " is (0, 0, "),
        ("status", "UPDATE _staged SET ids = 'zzz'", ": ids is 'zzz'"),
        ("status", "UPDATE _throttles SET resumes = 'zzz'", "_requests are damaged: delete their"),
        ("status", "UPDATE _requests SET base_url = x'00'", "_requests: base_url is b'\\x00'"),
        ("status", "UPDATE _quarantine SET reason = x'00'", "reason is b'\\x00'"),
        ("status", "DELETE FROM _runs", "a run in _runs is None"),
        ("changes", "UPDATE _runs SET finished = 7", "_runs 1 is '7'"),
        ("changes", "UPDATE _history SET kind = 'zzz'", ": kind is 'zzz'"),
        ("changes", "UPDATE _history SET to_value = '{}' WHERE key = '_extra'", " _extra is '{}'"),
        ("changes", "UPDATE _history SET from_value = '{' WHERE kind = 'gone'", " is '{'"),
        ("changes", "UPDATE _history SET to_value = x'00' WHERE key = 'name'", " name is b'\\x00'"),
    ],
)
def test_the_value_that_is_damaged_is_named(lived, run, command, sql, told):
    execute(lived, sql)
    refused = run(command, lived)
    assert (refused.code, refused.out) == (65, "")
    assert told in refused.err
    assert refused.err.startswith(f"ll2-mirror: {lived}")
    assert refused.err.count("\n") == 1


def kept(db, run, upstream, *lists):
    """A file that `sync --due` keeps; gives one more run of it."""

    def due():
        return run("sync", db, "--due", *lists, "--base-url", upstream.base_url, "--quiet")

    assert due().code == 0
    return due


def test_a_list_is_late_by_its_own_age(db, run, upstream, clock):
    """Agencies may be a week old, and what may be younger than 6 hours waits for an outage."""
    due = kept(db, run, upstream, "spacecraft", "agencies")
    assert run("ages", db, "spacecraft=10m").code == 0
    for hours, code in ((11, 0), (2, 1)):
        clock.move(hours * 3600)
        assert run("status", db, "--late", "2").code == code
    told = run("status", db, "--late", "2", "--json")
    assert told.err == f"ll2-mirror: spacecraft is late: see `ll2-mirror status {db}`\n"
    assert told.json["late"] == {"spacecraft": 2.17, "agencies": 0.08}
    assert run("status", db, "--late", "3").code == 0
    assert due().code == 0
    assert run("status", db, "--late", "2").code == 0


def test_a_list_that_is_never_filled_is_late_after_five_days(db, run, upstream, clock):
    """And the list that fails is named, whatever the others do."""
    answer = upstream.answer

    def broken(path, query):
        return (500, {}) if "agencies" in path else answer(path, query)

    upstream.answer = broken
    lists = ("spacecraft", "agencies")
    assert run("sync", db, "--due", *lists, "--base-url", upstream.base_url).code == 69
    since = run("status", db, "--json").json["failed"][0]["since"]
    for days, code in ((4, 0), (2, 1)):
        clock.move(days * 86400)
        run("sync", db, "--due", *lists)
        assert run("status", db, "--late", "2").code == code
    [failed] = run("status", db, "--json").json["failed"]
    assert (failed["resource"], failed["since"], failed["times"]) == ("agencies", since, 3)
    text = run("status", db).out
    assert "not fetched yet: agencies\n" in text
    assert f"agencies: failed 3 times since {since[:19]}Z: http" in text
    del upstream.answer
    clock.move(9 * 86400)
    assert run("sync", db, "--due", *lists).code == 0
    assert run("status", db, "--json").json["failed"] == []
    assert run("status", db, "--late", "2").code == 0


def test_a_schedule_that_is_new_to_an_old_file_has_five_days(db, run, upstream, clock):
    assert run("sync", db, "--base-url", upstream.base_url).code == 0
    clock.move(90 * 86400)
    assert run("sync", db, "--due", "spacecraft", "agencies", "--max-requests", "1").code == 0
    told = run("status", db, "--late", "2", "--json")
    assert (told.code, told.json["late"]) == (0, {"spacecraft": 0.0, "agencies": 0.0})


def test_only_the_lists_of_the_schedule_count(db, run, upstream, clock):
    """One that was once synced by hand is nobody's business."""
    assert run("sync", db, "agencies", "--base-url", upstream.base_url).code == 0
    due = kept(db, run, upstream, "spacecraft")
    clock.move(20 * 86400)
    assert due().code == 0
    assert run("status", db, "--late", "2").code == 0


def test_a_file_without_a_sync_is_late(db, run, upstream):
    upstream.answer = lambda path, query: (401, {})
    run("sync", db, "--base-url", upstream.base_url)
    assert run("status", db, "--late", "2").code == 1


TABLES = re.findall(
    r"^CREATE TABLE (_(?!search)\w+) \((.*?)^\)",
    shipped("schema.sql").read_text("utf-8"),
    re.M | re.S,
)
COLUMNS = [
    (table, column)
    for table, columns in TABLES
    for column in re.findall(r'^    "?([a-z_]+)"?[ ,]', columns, re.M)
]


READS = [
    *((["status"], "'zzz'"), (["status", "--json"], "x'00'"), (["plan"], "'zzz'")),
    *((["changes"], "'zzz'"), (["changes", "--json"], "x'00'"), (["plan"], "-77")),
    (["sync", "--max-requests", "1"], "'zzz'"),
]


@pytest.mark.sampled
def test_whatever_stands_in_a_table_of_the_tools_is_no_bug(past, db, run):
    for (table, column), (command, value) in sampled(product(COLUMNS, READS), len(COLUMNS)):
        for path in db.parent.glob(f"{db.name}*"):
            path.unlink()
        shutil.copy(past, db)
        with closing(sqlite3.connect(db)) as conn, suppress(sqlite3.IntegrityError), conn:
            conn.execute(f'UPDATE OR IGNORE "{table}" SET "{column}" = {value}')
        done = run(command[0], db, *command[1:])
        assert done.code in (0, 2, 65, 69, 75), (table, column)
        assert sum(line.startswith("ll2-mirror: ") for line in done.err.splitlines()) <= 1


def test_each_column_of_the_tools_tables_was_found():
    assert len(COLUMNS) == 81
    assert {("_runs", "finished"), ("_staged", "limit"), ("_throttles", "resumes")} <= set(COLUMNS)
