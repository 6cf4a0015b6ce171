"""Datasette is used as its 0.65 is inside: another version is refused before it serves a page."""

from __future__ import annotations

import pytest
from click.testing import CliRunner
from datasette.cli import cli

from ll2_mirror.serve.datasette_adapter import version_problem


@pytest.mark.parametrize("version", ["0.65", "0.65.2", "0.65.5", "0.65.99"])
def test_versions_that_are_known_are_fine(version):
    assert version_problem(version) == ""


@pytest.mark.parametrize("version", ["0.64.8", "0.66", "0.650.1", "1.0a41", "1.0", "2"])
def test_another_version_is_told_in_one_line(version):
    problem = version_problem(version)
    assert problem.startswith(f"Datasette {version} isn't supported")
    assert "`pip install 'datasette~=0.65.2'`" in problem
    assert "\n" not in problem


def test_the_commands_end_with_that_line(synced, run, monkeypatch):
    for module in ("plugin", "server"):
        name = f"ll2_mirror.serve.{module}.version_problem"
        monkeypatch.setattr(name, lambda: version_problem("1.0a41"))
    ran = run("serve", synced)
    assert (ran.code, ran.err) == (2, f"ll2-mirror: {version_problem('1.0a41')}\n")
    result = CliRunner().invoke(cli, ["serve", str(synced), "--get", "/"])
    assert (result.exit_code, result.stderr) == (1, f"Error: {version_problem('1.0a41')}\n")
