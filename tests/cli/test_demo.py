"""The commands to begin with: demo and examples."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tomllib
from contextlib import contextmanager

import pytest
import requests

from helpers import ROOT, sampled
from serving import SCRIPT


def test_demo_mirrors_proves_and_answers(tmp_path, run):
    told = run("demo", tmp_path / "new")
    assert told.code == 0
    db = tmp_path / "new" / "demo.db"
    synced, proved, in_space, built, longest, *_ = told.out.splitlines()
    assert synced == f"{db}: synced 38 lists of the bundled sample"
    assert proved.startswith(f"{db}: 133 records on 38 pages, ")
    assert proved.endswith(" bytes: as LL2 sent them")
    assert in_space == "Which craft are in space now? Crew Dragon Freedom"
    assert built.startswith("Who built what? Soyuz (10 spacecraft), ")
    assert longest.startswith(
        "Which spacecraft were longest in space? Crew Dragon Endeavour (868.6 days in space), "
    )
    assert len(told.out.splitlines()) <= 12
    again = run("demo", tmp_path / "new")
    assert (again.code, again.out) == (0, told.out)


def test_demo_leaves_a_mirror_of_your_own_alone(synced, run):
    mine = synced.rename(synced.with_name("demo.db"))
    before = mine.read_bytes()
    refused = run("demo", mine.parent)
    assert (refused.code, refused.out) == (2, "")
    assert refused.err == f"ll2-mirror: {mine} is not of the demo: choose another folder\n"
    assert mine.read_bytes() == before


@pytest.mark.sampled
@pytest.mark.parametrize(
    "program", sampled([[SCRIPT], [sys.executable, "-m", "ll2_mirror"]], 1), ids=len
)
def test_the_commands_that_demo_advises_work_as_they_are_printed(tmp_path, upstream, program):
    folder = tmp_path / "a folder"
    folder.mkdir()
    made = subprocess.run([*program, "demo", "new"], cwd=folder, capture_output=True, text=True)
    commands = [line.strip() for line in made.stdout.splitlines() if line.startswith("    ")]
    serve, sync = (shlex.split(command) for command in commands)
    assert (serve[-2:], sync[-2:]) == (["serve", "new/demo.db"], ["sync", "spacecraft.db"])
    with started(*serve, "--port", "0", cwd=folder) as url:
        assert requests.get(f"{url}/2.3.0/spacecraft/", timeout=10).json()["count"] == 21
    real = [*sync, "--base-url", upstream.base_url]
    done = subprocess.run(real, cwd=folder, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("spacecraft: 21 records in 1 request")


def test_make_demo_installs_no_tools_and_make_test_both(tmp_path):
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    steps = {}
    for goal in ("demo", "test"):
        done = subprocess.run(["make", "-n", goal], cwd=tmp_path, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")
        steps[goal] = ["--editable ." in done.stdout, "--group dev" in done.stdout]
    assert steps == {"demo": [True, False], "test": [True, True]}


@contextmanager
def started(*command, cwd):
    """Starts a server; gives its URL."""
    with subprocess.Popen(command, cwd=cwd, stderr=subprocess.PIPE, text=True) as server:
        found = re.search(r"http://\S+(?=/2\.3\.0/)", server.stderr.readline())
        try:
            yield found[0]
        finally:
            server.send_signal(signal.SIGINT)
            server.communicate(timeout=60)


def test_demo_asks_its_sample_and_no_proxy(tmp_path, run, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert run("demo", tmp_path).code == 0


# examples


def files_of(folder):
    """The content and the rights of each file below a folder, by its place there."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {
        str(path.relative_to(folder)): (path.read_bytes(), os.access(path, os.X_OK))
        for path in files
    }


def test_examples_are_those_of_the_docs(tmp_path, run):
    folder = tmp_path / "new" / "folder"
    done = run("examples", folder)
    assert (done.code, done.err) == (0, "")
    found = files_of(folder)
    assert found == files_of(ROOT / "examples")
    assert done.out.splitlines() == [str(folder / name) for name in sorted(found)]
    assert {"crontab", "ll2-mirror.service", "ll2-mirror.timer"} < {
        name.removeprefix("schedule/") for name in found
    }
    assert run("examples", folder).code == 0


@pytest.mark.parametrize(
    "make",
    [
        lambda path: path.write_text("mine"),
        os.mkfifo,
        lambda path: path.symlink_to("nowhere"),
        lambda path: path.symlink_to(ROOT / "examples" / "schedule" / path.name),
    ],
    ids=["file", "fifo", "dangling link", "link"],
)
def test_examples_overwrite_nothing_of_yours(tmp_path, run, make):
    mine = tmp_path / "schedule" / "ll2-mirror.timer"
    mine.parent.mkdir()
    make(mine)
    refused = run("examples", tmp_path)
    assert refused.code == 2
    assert refused.err == (
        f"ll2-mirror: {mine} exists with other contents: remove it, or choose another folder\n"
    )
    assert [path for path in tmp_path.rglob("*") if not path.is_dir()] == [mine]
    assert not (mine.parent / "nowhere").exists()


@pytest.mark.parametrize("command", ["demo", "examples"])
def test_what_can_be_no_folder_is_said_in_one_line(tmp_path, run, command):
    (tmp_path / "file").write_text("")
    refused = run(command, tmp_path / "file")
    assert (refused.code, refused.err.count("\n")) == (2, 1)
    assert f"{tmp_path}/file can't be created as a folder" in refused.err


def test_an_example_that_can_not_be_written_is_named(tmp_path, run):
    (tmp_path / "datasette").write_text("a file where a folder should be")
    refused = run("examples", tmp_path)
    assert (refused.code, refused.err.count("\n")) == (2, 1)
    assert f"{tmp_path}/datasette can't be written: " in refused.err


def test_the_wheel_has_all_that_the_program_looks_for_beside_it():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    there = {*wheel["sources"].items(), *wheel["force-include"].items()}
    source = "".join(path.read_text("utf-8") for path in (ROOT / "etl").rglob("*.py"))
    named = re.findall(r'shipped\("([\w./]+)', source)
    names = {name for name in named if not (ROOT / "etl" / "ll2_mirror" / name).exists()}
    assert {(name, f"ll2_mirror/{name}") for name in names} <= there
    assert names & set(wheel["only-include"]) == names - set(wheel["force-include"])
