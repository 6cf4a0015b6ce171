"""The commands that ask LL2, sync and plan; whom they ask, and who gets the token."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from helpers import PROGRAM, execute, many
from ll2_mirror.clock import from_iso
from ll2_mirror.extract.client import is_own
from ll2_mirror.extract.rate_limit import throttle_from
from ll2_mirror.ll2.page import unpacked

TOKEN = "0123456789abcdef-a-secret"
ENVIRONMENT = {"LL2_API_TOKEN": TOKEN}
BOTH = ("spacecraft", "agencies")
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
        "resources": '["agencies"]',
    }


def refuse(upstream):
    upstream.answer = lambda path, query: (401, {"detail": "Invalid token."})


def spoil(upstream):
    for record in upstream.records["spacecraft", "normal"]:
        record["name"] = 5


@pytest.mark.parametrize(("fault", "code"), [(refuse, 69), (spoil, 65)])
def test_a_new_file_asks_the_same_server_however_its_first_sync_ended(
    db, run, upstream, fault, code
):
    fault(upstream)
    assert run("sync", db, "--base-url", upstream.base_url).code == code
    assert run("sync", db).code == code
    assert run("sync", db, "--due", "spacecraft").code == code


def test_what_was_asked_for_is_done_by_the_next_sync(synced, run, upstream, monkeypatch):
    """Even where this one could not make its first request."""
    with monkeypatch.context() as patched:
        patched.setattr(upstream, "answer", lambda path, query: (401, {}))
        assert run("sync", synced, *BOTH, "--mode", "detailed").code == 69
    reports = run("sync", synced, "--json").json
    assert [(each["resource"], each["mode"]) for each in reports] == [
        (name, "detailed") for name in BOTH
    ]


def test_what_is_asked_for_anew_takes_its_place(synced, run, upstream, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(upstream, "answer", lambda path, query: (404, {}))
        assert run("sync", synced, "agencies").code == 69
    assert run("sync", synced, "spacecraft").code == 0
    assert run("sync", synced, "--json").json["resource"] == "spacecraft"


def test_a_bad_url_leaves_no_file(db, run):
    assert run("sync", db, "--base-url", "nowhere").code == 2
    assert not db.exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_an_unwritable_file_is_said_in_one_line(synced, run):
    synced.chmod(0o444)
    assert run("sync", synced).code == 2


def test_a_reader_never_waits_and_never_sees_half(synced, upstream, run):
    """One who reads during the publishing transaction sees the state before it."""
    reader = sqlite3.connect(synced)
    reader.execute("BEGIN")
    assert reader.execute("SELECT count(*) FROM spacecraft").fetchone() == (21,)
    upstream.records["spacecraft", "normal"].pop()
    assert run("sync", synced).code == 0
    assert reader.execute("SELECT count(*) FROM spacecraft").fetchone() == (21,)
    reader.execute("COMMIT")
    assert reader.execute("SELECT count(*) FROM spacecraft").fetchone() == (20,)
    reader.close()


@pytest.fixture
def under_way(synced, upstream, monkeypatch):
    """Begins a sync that waits for the answer to its first request; then what lets it go on."""
    asked, release = threading.Event(), threading.Event()
    answer = upstream.answer

    def slow(*arguments):
        asked.set()
        release.wait(10)
        return answer(*arguments)

    def begin(**options):
        with monkeypatch.context() as patched:
            patched.setattr(upstream, "answer", slow)
            upstream.records["spacecraft", "normal"].pop()
            command = [*PROGRAM, "sync", str(synced)]
            process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, **options)
            assert asked.wait(10)
        return process, release

    return begin


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_a_sync_tidily(synced, run, under_way, number):
    """One line, nothing half published, no lock left behind."""
    process, release = under_way()
    process.send_signal(number)
    _, told = process.communicate(timeout=60)
    release.set()
    assert process.returncode == 75
    assert told == (
        "ll2-mirror: interrupted: nothing was lost; run the same command again to continue\n"
    )
    assert [path.name for path in synced.parent.glob("*.lock")] == []
    assert execute(synced, "SELECT count(*) FROM spacecraft") == [(21,)]
    assert run("status", synced, "--json").json["last_error"]["exit_code"] == 75
    assert run("sync", synced, "--json").json["gone"] == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_a_signal_that_is_ignored_ends_no_sync(synced, under_way, number):
    """As under nohup, and in the background of a shell."""
    process, release = under_way(preexec_fn=lambda: signal.signal(number, signal.SIG_IGN))
    process.send_signal(number)
    release.set()
    assert process.communicate(timeout=60)[1] == ""
    assert process.returncode == 0
    assert execute(synced, "SELECT count(*) FROM spacecraft") == [(20,)]


def test_killed_at_any_moment_nothing_is_lost(synced, run, upstream):
    """kill -9 at random points: the tables are as before or as after, and the next sync goes on."""
    random = Random(1)
    for number in range(3):
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


def test_a_plan_asks_only_what_is_free(db, run, upstream):
    many(upstream, 250)
    run("sync", db, "--base-url", upstream.base_url, "--max-requests", "1")
    before = execute(db, "SELECT count(*) FROM _requests WHERE counted")
    upstream.log.clear()
    found = run("plan", db, "--json").json
    assert [path for path, _ in upstream.log] == ["/2.3.0/api-throttle/"]
    assert execute(db, "SELECT count(*) FROM _requests WHERE counted") == before
    assert (found["requests"], found["staged"], found["minutes"]) == (2, 1, 0)
    assert (found["limit"], found["left"]) == (None, None)
    assert run("sync", db, "--json").json["requests"] == 2


def test_a_plan_for_a_file_that_is_not_there_makes_none(db, run, upstream):
    found = run("plan", db, *BOTH, "--base-url", upstream.base_url, "--json").json
    assert [one["resource"] for one in found["resources"]] == list(BOTH)
    assert (found["requests"], found["minutes"]) == (None, None)
    assert not db.exists()


def test_a_plan_knows_when_the_limit_allows_all(synced, run, upstream, clock, monkeypatch):
    """15 in an hour, 12 of them spent ten minutes ago: 6 more need those 12 to be forgotten."""
    said = {"your_request_limit": 15, "limit_frequency_secs": 3600, "current_use": 12}
    many(upstream, 600)
    run("sync", synced, "--json")
    execute(synced, "DELETE FROM _requests")
    then = clock.now() - timedelta(minutes=10)
    for second in range(12):
        sent = (then + timedelta(seconds=second)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        execute(
            synced,
            "INSERT INTO _requests (base_url, path, sent, counted) VALUES (?, '/', ?, 1)",
            upstream.base_url,
            sent,
        )
    monkeypatch.setattr(upstream, "answer", lambda *_: (200, {**said, "next_use_secs": 0}))
    found = run("plan", synced, "--json").json
    assert (found["limit"], found["left"], found["requests"]) == (15, 3, 6)
    assert found["minutes"] == 51


def upstream_body(db):
    """The one page of a file, as it came."""
    return unpacked(execute(db, "SELECT body FROM _pages")[0][0])


def test_the_log_of_requests_keeps_a_week(synced, run, clock):
    (path,) = {path for (path,) in execute(synced, "SELECT path FROM _requests WHERE counted")}
    assert path == "/2.3.0/spacecraft/?limit=100&mode=normal&offset=0&ordering=id"
    status, size, ms = execute(synced, "SELECT status, bytes, ms FROM _requests WHERE counted")[0]
    assert (status, size) == (200, len(upstream_body(synced)))
    assert ms >= 0
    clock.time += timedelta(days=8)
    assert run("sync", synced, "--json").json["requests"] == 1
    times = [from_iso(sent) for (sent,) in execute(synced, "SELECT sent FROM _requests")]
    assert len(times) == 2
    assert all(time > datetime.now(UTC) for time in times)


@pytest.mark.parametrize(
    ("said", "left"),
    [
        (
            '{"your_request_limit":15,"limit_frequency_secs":3600,"current_use":4,'
            '"next_use_secs":0,"ident":"x"}',
            11,
        ),
        (
            '[{"your_request_limit":9,"limit_frequency_secs":60,"current_use":9,"next_use_secs":1},'
            '{"your_request_limit":15,"limit_frequency_secs":3600,"current_use":4,"next_use_secs":0}]',
            0,
        ),
        ("[]", None),
        ("{}", None),
        ("<html>", None),
        (
            '{"your_request_limit":"15","limit_frequency_secs":3600,"current_use":4,'
            '"next_use_secs":0}',
            None,
        ),
        (
            '{"your_request_limit":15,"limit_frequency_secs":0,"current_use":4,"next_use_secs":0}',
            None,
        ),
        (
            '{"your_request_limit":15,"limit_frequency_secs":60,"current_use":4,'
            '"next_use_secs":"soon"}',
            None,
        ),
        ("[" * 100_000, None),
    ],
)
def test_a_throttle_is_an_object_or_a_list_or_nothing(said, left):
    throttle = throttle_from(said.encode())
    assert (throttle and throttle.left) == left


# The token


def sent(upstream):
    """The tokens that a server got since it was asked for them last."""
    found = {headers.get("Authorization") for _, headers in upstream.log}
    upstream.log.clear()
    return found


@pytest.mark.parametrize("command", ["sync", "plan"])
def test_the_environments_token_does_not_go_where_only_a_file_says(synced, run, upstream, command):
    upstream.log.clear()
    done = run(command, synced, env=ENVIRONMENT)
    assert done.code == 0
    assert sent(upstream) == {None}
    told = f"no token is sent to {upstream.base_url}, as only the file names it: to send it, give"
    assert told in done.out
    assert TOKEN not in done.out + done.err


@pytest.mark.parametrize("command", ["sync", "plan"])
def test_with_json_what_is_told_of_the_token_is_no_part_of_it(synced, run, command):
    done = run(command, synced, "--json", env=ENVIRONMENT)
    assert done.json
    assert "no token is sent" in done.err


@pytest.mark.parametrize("command", ["sync", "plan"])
def test_the_token_goes_to_the_server_that_the_command_line_names(synced, run, upstream, command):
    upstream.log.clear()
    for options, env in (
        (["--base-url", upstream.base_url], ENVIRONMENT),
        (["--token", TOKEN], {}),
        (["--token", TOKEN], {"LL2_API_TOKEN": "another"}),
    ):
        done = run(command, synced, *options, env=env)
        assert sent(upstream) == {f"Token {TOKEN}"}
        assert "no token is sent" not in done.out + done.err
    run(command, synced, env=ENVIRONMENT)  # which remembers no such word
    assert sent(upstream) == {None}


def test_a_walk_that_a_file_goes_on_with_gets_no_token_either(db, run, upstream):
    record = upstream.records["spacecraft", "normal"][0]
    upstream.records["spacecraft", "normal"] = [{**record, "id": n} for n in range(150)]
    run("sync", db, "--base-url", upstream.base_url, "--max-requests", 1, env=ENVIRONMENT)
    assert sent(upstream) == {f"Token {TOKEN}"}
    assert run("sync", db, env=ENVIRONMENT).code == 0
    assert sent(upstream) == {None}


def test_a_quiet_sync_says_nothing_of_it_until_the_server_refuses(
    synced, run, upstream, monkeypatch
):
    done = run("sync", synced, "--quiet", env=ENVIRONMENT)
    assert (done.code, done.out, done.err) == (0, "", "")
    monkeypatch.setattr(upstream, "answer", lambda *_: (401, {}))
    done = run("sync", synced, "--quiet", env=ENVIRONMENT)
    assert (done.code, done.out) == (69, "")
    assert "the server requires a token: see --token" in done.err


@pytest.mark.parametrize(
    ("base_url", "own"),
    [
        ("https://ll.thespacedevs.com", True),
        ("https://lldev.thespacedevs.com", True),
        ("https://thespacedevs.com:8443/ll2", True),
        ("https://LL.TheSpaceDevs.com", True),
        ("http://ll.thespacedevs.com", False),  # anybody on the way could read the token
        ("https://ll.thespacedevs.com.example.org", False),
        ("https://notthespacedevs.com", False),
        ("https://example.org/ll.thespacedevs.com", False),
        ("http://127.0.0.1:8000", False),
    ],
)
def test_whose_servers_are_ll2s_own(base_url, own):
    assert is_own(base_url) is own


def test_a_sync_names_a_server_that_is_not_ll2s(db, run, upstream):
    first = run("sync", db, "spacecraft", "agencies", "--base-url", upstream.base_url)
    assert [line.endswith(f" s · from {upstream.base_url}") for line in closing(first)] == [
        True
    ] * 2
    assert closing(run("sync", db))[0].endswith(f" · from {upstream.base_url}")


def closing(done):
    """The lines that say what a sync did."""
    return [line for line in done.out.splitlines() if " unchanged, " in line]
