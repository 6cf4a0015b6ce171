"""How a sync's events are told: in lines, on a terminal of any width, as JSON."""

from __future__ import annotations

import fcntl
import json
import os
import re
import struct
import subprocess
import termios
from itertools import chain, repeat
from threading import Thread

import pytest

from helpers import PROGRAM, many
from ll2_mirror.cli.main import main
from ll2_mirror.clock import from_iso

pty = pytest.importorskip("pty")


@pytest.fixture
def on_terminal(monkeypatch, clock):
    """Runs the program with a terminal of so many columns for its stderr; gives what that got."""

    def on_terminal(columns, *arguments):
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        got = []

        def read():
            try:
                while part := os.read(ours, 4096):
                    got.append(part)
            except OSError:  # the other end is closed
                pass

        reader = Thread(target=read)
        reader.start()
        try:
            with os.fdopen(theirs, "w") as terminal, monkeypatch.context() as patched:
                patched.setattr("sys.stderr", terminal)
                with pytest.raises(SystemExit):
                    main([str(argument) for argument in arguments], obj=clock)
        finally:
            reader.join()
            os.close(ours)
        return b"".join(got).decode()

    return on_terminal


def drawn(told):
    """What was drawn over the last line, without what moves the cursor."""
    bare = re.sub(r"\x1b\[(\?25[lh]|K)", "", told.replace("\r\n", "\n"))
    return [part for line in bare.split("\n") for part in line.split("\r") if part]


def test_a_bar_on_a_terminal(db, upstream):
    """Progress goes to stderr, and only to a terminal."""
    ours, theirs = pty.openpty()
    done = subprocess.run(
        [*PROGRAM, "sync", str(db), "--base-url", upstream.base_url],
        stdout=subprocess.PIPE,
        stderr=theirs,
        check=True,
        text=True,
    )
    os.close(theirs)
    shown = os.read(ours, 10_000).decode()
    os.close(ours)
    assert "100%" in shown
    assert shown.replace("\r", "").endswith("100%\n")  # the line is ended
    assert done.stdout.startswith("spacecraft: 21 records")


@pytest.mark.parametrize("columns", [20, 40, 60, 80, 200])
@pytest.mark.parametrize("resource", ["spacecraft", "spacecraft_configurations"])
def test_a_bar_fits_its_terminal(db, upstream, on_terminal, columns, resource):
    """One that wraps can't be drawn over: each step would be a new line."""
    upstream.records[resource, "normal"] = [
        {**upstream.records[resource, "normal"][0], "id": number} for number in range(450)
    ]
    told = on_terminal(columns, "sync", db, resource, "--base-url", upstream.base_url)
    steps = drawn(told)
    assert steps[-1].endswith("100%")
    assert max(map(len, steps)) < columns
    assert told.count("\n") == 1


@pytest.mark.parametrize("columns", [20, 40, 80])
def test_a_countdown_fits_its_terminal(synced, upstream, on_terminal, columns):
    answer, waits = upstream.answer, chain([3, 3], repeat(0))

    def waiting(path, query):
        if not path.endswith("/api-throttle/"):
            return answer(path, query)
        wait = next(waits)
        limit = {"your_request_limit": 15, "limit_frequency_secs": 3600}
        return 200, {**limit, "current_use": 15 if wait else 0, "next_use_secs": wait}

    upstream.answer = waiting
    steps = drawn(on_terminal(columns, "sync", synced, "--wait"))
    assert [step[:15] for step in steps[:3]] == [f"resumes in 0:0{left}" for left in (3, 2, 1)]
    assert max(map(len, steps)) < columns


def test_each_event_is_a_line_of_json(db, run, upstream):
    many(upstream, 150)
    done = run("sync", db, "--base-url", upstream.base_url, "--log-format", "json", "--json")
    assert done.json["complete"]
    events = [json.loads(line) for line in done.err.splitlines()]
    assert [event["event"] for event in events] == [
        "request",
        *["request", "page"] * 2,
        "published",
    ]
    assert all(from_iso(event["time"]) for event in events)
    assert events[2]["total"] == 150
    failed = run("sync", db, "--base-url", "http://127.0.0.1:1", "--log-format", "json")
    assert failed.code == 69
    last = json.loads(failed.err.splitlines()[-1])
    assert (last["event"], last["exit_code"]) == ("failed", 69)
    assert failed.out == ""


def test_each_line_of_a_log_bears_its_run_its_process_and_its_file(synced, run):
    runs = set()
    for _ in range(2):
        lines = run("sync", synced, "--log-format=json").err.splitlines()
        events = [json.loads(line) for line in lines]
        assert {(event["pid"], event["db"]) for event in events} == {(os.getpid(), str(synced))}
        (one,) = {event["run"] for event in events}
        runs.add(one)
    assert len(runs) == 2


@pytest.mark.parametrize(
    ("arguments", "db"),
    [
        (["sync", "{tmp}/none/x.db"], "{tmp}/none/x.db"),
        (["sync", "{tmp}"], "{tmp}"),
        (["sync", "spacecraft"], "spacecraft"),
        (["sync"], None),
        (["sync", "{tmp}/x.db", "--nothing"], None),
        (["sync", "{tmp}/x.db", "--timeout", "nan"], "{tmp}/x.db"),
        (["sync", "{tmp}/x.db", "--base-url", "nowhere"], "{tmp}/x.db"),
    ],
)
@pytest.mark.parametrize("option", ["--log-format=json", "--log-format json"])
def test_what_cannot_be_done_is_a_line_of_json_too(tmp_path, run, arguments, db, option):
    given = [argument.format(tmp=tmp_path) for argument in arguments]
    refused = run(*given, *option.split())
    (line,) = refused.err.splitlines()
    failed = json.loads(line)
    assert (refused.code, failed["event"], failed["exit_code"]) == (2, "failed", 2)
    assert failed["db"] == (db and db.format(tmp=tmp_path))
    assert {"time", "run", "pid", "message"} <= failed.keys()


def test_the_last_log_format_counts(run, tmp_path):
    given = ["sync", tmp_path, "--log-format", "json", "--log-format", "text"]
    assert run(*given).err.startswith("ll2-mirror: ")
