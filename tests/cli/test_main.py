"""The commands as a user meets them: what they print, and their exit codes."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from random import Random

import click
import pytest

from ll2_mirror.cli.status import age, moment
from parts import PROGRAM, execute

CONTRACT = {
    *("resource", "mode", "complete", "requests", "records"),
    *("added", "changed", "unchanged", "gone", "drift", "seconds"),
}


def test_sync_closes_with_one_line(db, run, upstream):
    first = run("sync", db, "--base-url", upstream.base_url)
    line = "spacecraft: 21 records in 1 request · 21 added, 0 changed, 0 unchanged, 0 gone · 0."
    assert first.out.startswith(line)
    assert first.err == ""


def test_quiet_says_nothing(db, run, upstream):
    done = run("sync", db, "--base-url", upstream.base_url, "--quiet")
    assert (done.code, done.out, done.err) == (0, "", "")


def test_json_is_one_object_a_resource(db, run, upstream):
    one = run("sync", db, "--base-url", upstream.base_url, "--json").json
    assert set(one) >= CONTRACT
    assert one["added"] + one["changed"] + one["unchanged"] == one["records"]
    both = run("sync", db, "spacecraft", "agencies", "--json").json
    assert [report["resource"] for report in both] == ["spacecraft", "agencies"]


def test_a_sync_remembers_what_it_was_told(db, run, upstream):
    run("sync", db, "agencies", "--base-url", f"{upstream.base_url}/", "--mode", "detailed")
    again = run("sync", db, "--json").json
    assert (again["resource"], again["mode"]) == ("agencies", "detailed")
    assert dict(execute(db, "SELECT * FROM _settings")) == {
        "base_url": upstream.base_url,
        "mode": "detailed",
        "resources": '["agencies"]',
    }


def test_status_reads_well_and_parses(synced, run):
    told = run("status", synced)
    assert told.out.startswith(f"{synced}: normal mode, from http://127.0.0.1:")
    assert "spacecraft: 21 records, synced just now" in told.out
    parsed = run("status", synced, "--json").json
    assert parsed["tables"]["spacecraft"] == 21
    assert parsed["resources"][0]["records"] == 21
    assert parsed["resources"][0]["age_seconds"] < 60


def test_changes_reads_well_and_parses(synced, run, upstream):
    records = upstream.records["spacecraft", "normal"]
    records[0]["name"] = "Renamed"
    gone = records.pop()
    run("sync", synced)
    told = run("changes", synced).out
    assert "  + spacecraft: 21 rows\n" in told
    assert f'  ~ spacecraft {records[0]["id"]} (Renamed): name: "' in told
    assert f"  - spacecraft {gone['id']} ({gone['name']})\n" in told
    last = run("changes", synced, "--json").json["runs"][-1]
    [change] = [c for c in last["changes"] if c["kind"] == "changed"]
    assert change["key"] == "name"
    assert change["to"] == "Renamed"


def test_changes_since(synced, run):
    assert run("changes", synced, "--since", "1h").out
    assert run("changes", synced, "--since", "2999-01-01").out == ""
    assert run("changes", synced, "--since", "yesterday").code == 2


def test_since_takes_dates_times_and_ages():
    now = datetime(2026, 11, 23, 20, tzinfo=UTC)
    assert moment("2026-11-23", now) == datetime(2026, 11, 23, tzinfo=UTC)
    assert moment("2026-11-23T18:00:00Z", now) == datetime(2026, 11, 23, 18, tzinfo=UTC)
    assert moment("2h", now) == datetime(2026, 11, 23, 18, tzinfo=UTC)
    assert age("2d").total_seconds() == 172800


def test_verify_tells_what_it_checked(synced, run):
    told = run("verify", synced)
    assert told.out.startswith(f"{synced}: 21 records on 1 page, ")
    assert "as LL2 sent them" in told.out


def test_demo_mirrors_proves_and_answers(tmp_path, run):
    told = run("demo", tmp_path / "new")
    assert told.code == 0
    assert "21 added" in told.out
    assert "0 added, 0 changed, 21 unchanged, 0 gone" in told.out
    assert "as LL2 sent them" in told.out
    for question in ("Who built what?", "Which families", "longest in space"):
        assert question in told.out
    assert "ll2-mirror sync spacecraft.db" in told.out
    again = run("demo", tmp_path / "new")
    assert "0 added, 0 changed, 21 unchanged, 0 gone" in again.out


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
    [("text", "no SQLite file"), ("sqlite", "no ll2-mirror"), ("newer", "newer ll2-mirror")],
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


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["sync", "{tmp}"], 2),
        (["sync", "{tmp}/none/x.db"], 2),
        (["sync", "{tmp}/x.db", "moons"], 2),
        (["sync", "{tmp}/x.db", "--mode", "list"], 2),
        (["sync", "{tmp}/x.db", "--base-url", "nowhere"], 2),
        (["sync", "{tmp}/x.db", "--base-url", "http://127.0.0.1:1"], 69),
        (["sync", "{tmp}/x.db", "--base-url", "http://no.such.host.invalid"], 69),
        (["nothing"], 2),
        (["sync"], 2),
        (["sync", "spacecraft"], 2),
        (["sync", "{tmp}/x.db", "--timeout", "nan"], 2),
        (["sync", "{tmp}/x.db", "--timeout", "0"], 2),
        (["sync", "{tmp}/x.db", "--base-url", "http://127.0.0.1:1/2.3.0/"], 2),
        (["changes", "{tmp}/x.db", "--since", "9999999d"], 2),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(tmp_path, run, arguments, code):
    refused = run(*(argument.format(tmp=tmp_path) for argument in arguments))
    assert refused.code == code
    assert refused.err.startswith("ll2-mirror: ")
    assert refused.err.count("\n") == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_an_unwritable_file_is_said_in_one_line(synced, run):
    synced.chmod(0o444)
    assert run("sync", synced).code == 2


def test_a_bad_url_leaves_no_file(db, run):
    assert run("sync", db, "--base-url", "nowhere").code == 2
    assert not db.exists()


def test_a_bar_on_a_terminal(db, upstream):
    """Progress goes to stderr, and only to a terminal."""
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    command = [
        sys.executable,
        "-c",
        "from ll2_mirror.cli.main import main; main()",
        "sync",
        str(db),
    ]
    done = subprocess.run(
        [*command, "--base-url", upstream.base_url],
        stdout=subprocess.PIPE,
        stderr=theirs,
        check=True,
        text=True,
    )
    os.close(theirs)
    shown = os.read(ours, 10_000).decode()
    os.close(ours)
    assert "100%" in shown
    # The line is ended, and the cursor shown again.
    assert shown.replace("\r", "").endswith("100%\x1b[?25h\n")
    assert done.stdout.startswith("spacecraft: 21 records")


def test_help_imports_nothing_heavy():
    """So that --help answers at once."""
    code = (
        "import sys; from ll2_mirror.cli.main import main; sys.argv = ['ll2-mirror', '--help']\n"
        "try: main()\n"
        "except SystemExit:\n"
        "    heavy = {'requests', 'sqlite_utils', 'datasette', 'jinja2'}\n"
        "    print(sorted(heavy & set(sys.modules)))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.endswith("[]\n")


def test_each_command_and_option_has_help():
    from ll2_mirror.cli.main import main

    for name, command in main.commands.items():
        assert command.help, name
        for parameter in command.params:
            is_option = isinstance(parameter, click.Option)
            assert not is_option or parameter.help, f"{name} {parameter.name}"


def test_a_reader_never_waits_and_never_sees_half(synced, upstream, run):
    """One who reads during the publishing transaction sees the state before it."""
    reader = sqlite3.connect(synced)
    reader.execute("BEGIN")
    assert reader.execute("SELECT count(*) FROM spacecraft").fetchone() == (21,)
    upstream.records["spacecraft", "normal"].pop()
    began = time.monotonic()
    assert run("sync", synced).code == 0
    assert time.monotonic() - began < 5
    assert reader.execute("SELECT count(*) FROM spacecraft").fetchone() == (21,)
    reader.execute("COMMIT")
    assert reader.execute("SELECT count(*) FROM spacecraft").fetchone() == (20,)
    reader.close()


def test_json_documents_are_utf_8(synced, run):
    assert json.loads(run("status", synced, "--json").out)["mode"] == "normal"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_sync_tidily(synced, run, upstream, monkeypatch, number):
    """One line, nothing half published, no lock left behind."""
    asked, release = threading.Event(), threading.Event()
    answer = upstream.answer

    def slow(*arguments):
        asked.set()
        release.wait(10)
        return answer(*arguments)

    monkeypatch.setattr(upstream, "answer", slow)
    upstream.records["spacecraft", "normal"].pop()
    process = subprocess.Popen(
        [*PROGRAM, "sync", str(synced)],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert asked.wait(10)
    process.send_signal(number)
    _, told = process.communicate(timeout=10)
    release.set()
    assert process.returncode == 75
    assert told == (
        "ll2-mirror: interrupted: what was published before stands; the next sync goes on\n"
    )
    assert execute(synced, "SELECT count(*) FROM spacecraft") == [(21,)]
    monkeypatch.undo()
    assert run("sync", synced, "--json").json["gone"] == 1


def test_killed_at_any_moment_nothing_is_lost(synced, run, upstream, monkeypatch):
    """kill -9 at random points: the tables are as before or as after, and the next sync goes on."""
    random = Random(1)
    for number in range(8):
        upstream.records["spacecraft", "normal"][number]["name"] = f"Renamed {number}"
        process = subprocess.Popen(
            [
                sys.executable,
                "-c",
                "from ll2_mirror.cli.main import main; main()",
                "sync",
                str(synced),
                "-q",
            ]
        )
        time.sleep(random.uniform(0.05, 0.4))
        process.kill()
        process.wait()
        assert run("verify", synced).code == 0
        assert run("sync", synced).code == 0
        names = execute(synced, "SELECT count(*) FROM spacecraft WHERE name LIKE 'Renamed%'")
        assert names == [(number + 1,)]
        assert run("verify", synced).code == 0


def test_a_file_whose_making_was_cut_short_is_made(db, run, upstream):
    """As by a full disk."""
    conn = sqlite3.connect(db)
    conn.execute("PRAGMA journal_mode = WAL")
    conn.close()
    assert db.stat().st_size > 0
    assert run("sync", db, "--base-url", upstream.base_url).code == 0


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE _runs SET finished = 'zzz'",
        "UPDATE _runs SET records = 'zzz'",
        "UPDATE _history SET kind = 'zzz'",
        "UPDATE _history SET kind = 'gone', from_value = '{'",
        "UPDATE _settings SET value = 'zzz' WHERE key = 'mode'",
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


def test_a_reader_that_has_enough_is_no_verdict(synced):
    """Exit code 1 is for a check that says no."""
    command = f"'{sys.executable}' -c '{PROGRAM[-1]}' verify '{synced}'"
    told = subprocess.run(
        ["bash", "-c", f"{command} | true; echo ${{PIPESTATUS[0]}}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.strip() in ("0", "141")
    assert told.stderr == ""


def test_get_prints_the_body_and_tells_the_status(synced, run, upstream):
    ran = run("get", synced, "/2.3.0/spacecraft/?search=starliner")
    assert (ran.code, ran.err, ran.json["count"]) == (0, "", 1)
    assert not ran.out.endswith("\n")
    assert ran.json["results"][0]["url"].startswith(upstream.base_url)
    pretty = run("get", synced, "https://ll.thespacedevs.com/2.3.0/?x#y", "--pretty")
    assert pretty.out == f'{{\n    "spacecraft": "{upstream.base_url}/2.3.0/spacecraft/"\n}}\n'
    led = run("get", synced, "/2.3.0/", "--base-url", "https://example.org/").json
    assert led == {"spacecraft": "https://example.org/2.3.0/spacecraft/"}


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
