"""What is printed is fit for a terminal, and exact for a program; or one line says why it isn't."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from contextlib import closing
from itertools import product

import pytest

from helpers import PROGRAM, sampled
from ll2_mirror.cli.main import main

EVIL = "Evil\x1b[31m\r\nll2-mirror: forged \u202e\u2066\x9b\x00\ufeff\u2028\t🚀é"
SHOWN = r"Evil\x1b[31m\r\nll2-mirror: forged \u202e\u2066\x9b\x00\ufeff\u2028\t🚀é"
READS = (["status"], ["status", "--json"], ["status", "--prometheus"], ["changes"], ["verify"])


@pytest.fixture
def told(synced, run, upstream):
    """A file with a past in which LL2 sent what no terminal should get."""
    craft = upstream.records["spacecraft", "normal"]
    craft[0]["name"] = craft[1]["serial_number"] = EVIL
    craft[2][EVIL] = EVIL
    craft[3]["name"] = {EVIL: 1}
    craft[4]["status"] = {**craft[4]["status"], "name": EVIL, EVIL: 1}
    return synced, run("sync", synced)


def printed(*arguments, **env):
    """What the program writes to stdout, as bytes."""
    done = subprocess.run(
        [*PROGRAM, *map(str, arguments)], capture_output=True, check=True, env={**os.environ, **env}
    )
    assert done.stderr == b""
    return done.stdout


def test_control_characters_are_shown_in_what_people_read(told, run):
    db, synced = told
    said = [synced.out, synced.err, *(run(*command, db).out for command in READS[3:])]
    said += [run("status", db).out, run("get", db, f"/2.3.0/{EVIL}").err]
    lines = "".join(said).split("\n")
    assert all(line.isprintable() for line in lines)
    assert not any(line.startswith("ll2-mirror: forged") for line in lines)
    assert f"  ~ spacecraft 148 ({SHOWN}): name: " in said[2]
    assert f"new in LL2, kept: SpacecraftNormal.{SHOWN}: unknown key" in said[0]
    assert f"new in LL2, kept: SpacecraftNormal.{SHOWN}: unknown key" in said[4]


def test_a_body_is_exact_but_on_a_terminal(told, run, monkeypatch):
    db, _ = told
    arguments = ["get", str(db), "/2.3.0/spacecraft/?limit=1"]
    exact = printed(*arguments)
    assert "\x9b" in exact.decode()
    ours, theirs = os.openpty()
    with os.fdopen(theirs, "w") as terminal, monkeypatch.context() as patched:
        patched.setattr("sys.stdout", terminal)
        with pytest.raises(SystemExit):
            main(arguments)
        shown = os.read(ours, 2**16).decode()
    os.close(ours)
    assert shown.isprintable()
    assert json.loads(shown) == json.loads(exact)


def test_json_is_exact(told, run):
    db, _ = told
    for command in (["changes", db, "--json"], ["status", db, "--json"]):
        assert run(*command).out.replace("\n", "").isprintable()
    changes = run("changes", db, "--json").json["runs"][-1]["changes"]
    assert EVIL in {change["to"] for change in changes if change.get("key") == "name"}
    assert EVIL in {one["key"] for one in run("status", db, "--json").json["drift"]}


@pytest.mark.sampled
@pytest.mark.parametrize(
    "encoding", sampled(["ascii", "latin-1", "cp1252", "utf-16", "utf-8:strict"], 2)
)
def test_an_encoding_that_lacks_a_letter_has_it_as_an_escape(told, run, encoding):
    db, _ = told
    codec = encoding.partition(":")[0]
    as_is = run("changes", db).out
    read = printed("changes", db, PYTHONIOENCODING=encoding).decode(codec)
    assert read in (as_is, as_is.encode(codec, "backslashreplace").decode(codec))
    for command in (["changes", db, "--json"], ["status", db, "--json"]):
        exact = run(*command).json
        found = json.loads(printed(*command, PYTHONIOENCODING=encoding).decode(codec))
        ages = dict.fromkeys(("resources", "late"))  # which grow
        assert {**found, **ages} == {**exact, **ages}
    assert b'db="' in printed("status", db, "--prometheus", PYTHONIOENCODING=encoding)
    body = printed("get", db, "/2.3.0/spacecraft/?limit=100", PYTHONIOENCODING=encoding)
    assert EVIL in {craft["name"] for craft in json.loads(body)["results"]}


def test_a_file_whose_name_is_no_text_is_told(synced):
    odd = os.fsdecode(os.fsencode(synced.parent) + b"/\xff\n.db")
    os.rename(synced, odd)  # noqa: PTH104
    assert printed("status", odd).split(b": ")[0].endswith(rb"/\udcff\n.db")
    assert json.loads(printed("status", odd, "--json"))["db"] == odd
    metrics = printed("status", odd, "--prometheus").decode("utf-8")
    assert r"/?\n.db" in metrics


def test_ten_thousand_new_keys_are_not_ten_thousand_lines(synced, run, upstream):
    craft = upstream.records["spacecraft", "normal"][0]
    craft |= {f"new_{number}": number for number in range(10_000)}
    done = run("sync", synced)
    assert done.out.count("\n") == 22
    assert done.out.endswith("  and 9,980 more: see --json\n")
    assert "  and 9,980 more: see --json\n" in run("status", synced).out
    assert len(run("status", synced).out.splitlines()) < 60
    assert run("changes", synced).out.count("new_") == 20
    assert len(run("status", synced, "--json").json["drift"]) == 10_000


# Where the output can't be written


def shell(script):
    """Runs the program in a shell, as ``ll2``; gives its exit code and what it said."""
    ll2 = f'll2() {{ {shlex.join(PROGRAM)} "$@"; }}\n'
    done = subprocess.run(
        ["bash", "-c", ll2 + script], capture_output=True, text=True, check=False, timeout=60
    )
    return done.returncode, done.stdout + done.stderr


COMMANDS = ["--help", "sync --help", "status DB", "status DB --prometheus", "changes DB --json"]
COMMANDS += ["get DB /2.3.0/spacecraft/", "sync DB", "sync DB --json"]


@pytest.mark.sampled
@pytest.mark.parametrize("command", sampled(COMMANDS, 4))
def test_no_room_for_the_output_is_said_in_one_line(synced, command):
    code, said = shell(f"ll2 {command.replace('DB', str(synced))} >/dev/full")
    assert code == 75
    assert said == (
        "ll2-mirror: the output can't be written: No space left on device: make room and run the"
        " same command again\n"
    )


CODES = [
    *(("--help", 0), ("", 2), ("--nothing", 2), ("sync DB", 0), ("sync DB --json", 0)),
    *(("get DB /nothing/", 1), ("pull / DB", 69)),
]


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("command", "code", "where"),
    [(*one, where) for one, where in sampled(product(CODES, ["2>/dev/full", ">&- 2>&-"]), 7)],
)
def test_the_exit_code_stands_where_nobody_hears_why(synced, command, code, where):
    command = command.replace("DB", str(synced))
    assert shell(f"ll2 {command} >/dev/null {where}") == (code, "")


@pytest.mark.parametrize("command", ["--help", "verify DB", "get DB /2.3.0/spacecraft/"])
def test_a_reader_that_has_enough_is_no_verdict(synced, command):
    """Exit code 1 is for a check that says no."""
    command = command.replace("DB", str(synced))
    code, said = shell(f"ll2 {command} | true; exit ${{PIPESTATUS[0]}}")
    assert (code in (0, 141), said) == (True, "")


def test_a_reader_that_is_gone_ends_the_program_as_sigpipe_does(synced):
    readable, writable = os.pipe()
    os.close(readable)
    with closing(os.fdopen(writable)):
        for command in (["--help"], ["status", str(synced)]):
            done = subprocess.run(
                [*PROGRAM, *command], stdout=writable, stderr=subprocess.PIPE, check=False
            )
            assert (done.returncode, done.stderr) == (141, b"")
