"""The commands to begin with: demo and examples."""

from __future__ import annotations

import os
import re
import tomllib

import pytest

from helpers import ROOT


def test_demo_mirrors_proves_and_answers(tmp_path, run):
    told = run("demo", tmp_path / "new")
    assert told.code == 0
    assert "21 added" in told.out
    assert "0 added, 0 changed, 21 unchanged, 0 gone" in told.out
    assert "as LL2 sent them" in told.out
    for question in ("Who built what?", "in space now", "longest in space"):
        assert question in told.out
    assert "ll2-mirror sync spacecraft.db" in told.out
    again = run("demo", tmp_path / "new")
    assert "0 added, 0 changed, 21 unchanged, 0 gone" in again.out


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


def test_examples_overwrite_nothing_of_yours(tmp_path, run):
    mine = tmp_path / "schedule" / "ll2-mirror.timer"
    mine.parent.mkdir()
    mine.write_text("mine")
    refused = run("examples", tmp_path)
    assert refused.code == 2
    assert refused.err == (
        f"ll2-mirror: {mine} is there, and another: choose another folder, or remove it\n"
    )
    assert list(files_of(tmp_path)) == ["schedule/ll2-mirror.timer"]


@pytest.mark.parametrize("command", ["demo", "examples"])
def test_what_can_be_no_folder_is_said_in_one_line(tmp_path, run, command):
    (tmp_path / "file").write_text("")
    refused = run(command, tmp_path / "file")
    assert (refused.code, refused.err.count("\n")) == (2, 1)
    assert f"{tmp_path}/file can't be made a folder" in refused.err


def test_the_wheel_has_all_that_the_program_looks_for_beside_it():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    there = {*wheel["sources"].items(), *wheel["force-include"].items()}
    source = "".join(path.read_text("utf-8") for path in (ROOT / "etl").rglob("*.py"))
    named = re.findall(r'shipped\("([\w./]+)', source)
    names = {name for name in named if not (ROOT / "etl" / "ll2_mirror" / name).exists()}
    assert {(name, f"ll2_mirror/{name}") for name in names} <= there
    assert names & set(wheel["only-include"]) == names - set(wheel["force-include"])
