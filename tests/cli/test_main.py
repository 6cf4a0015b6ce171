"""The program around a command: its exit codes, its help."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from ll2_mirror import __version__
from ll2_mirror.cli.main import main
from serving import SCRIPT


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
        (["pull", "{tmp}", "{tmp}/x.db", "--timeout", "nan"], 2),
        (["sync", "{tmp}/x.db", "--base-url", "http://127.0.0.1:1/2.3.0/"], 2),
        (["changes", "{tmp}/x.db", "--since", "9999999d"], 2),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(tmp_path, run, arguments, code):
    refused = run(*(argument.format(tmp=tmp_path) for argument in arguments))
    assert refused.code == code
    assert refused.err.startswith("ll2-mirror: ")
    assert refused.err.count("\n") == 1


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
    for name, command in main.commands.items():
        assert command.help, name
        for parameter in command.params:
            is_option = isinstance(parameter, click.Option)
            assert not is_option or parameter.help, f"{name} {parameter.name}"


@pytest.fixture
def bug(monkeypatch):
    """A fault of our own in what status, verify and sync do first."""

    def broken(*_):
        raise KeyError("a key\x1b[2J\nof ours")

    for name in ("cli.status.status", "verify.verify", "due.wanted"):
        monkeypatch.setattr(f"ll2_mirror.{name}", broken)


@pytest.mark.parametrize("command", ["status", "verify", "sync"])
def test_a_bug_of_ours_is_told_as_such(synced, bug, command):
    done = CliRunner().invoke(main, [command, str(synced)])
    line, trace, *_ = done.stderr.splitlines()
    assert done.exit_code == 70
    assert line.startswith(f"ll2-mirror: a bug in ll2-mirror {__version__}: KeyError: ")
    assert line.endswith(": please report it with the lines below")
    assert trace == "Traceback (most recent call last):"
    assert "in broken" in done.stderr
    assert all(line.isprintable() for line in done.stderr.splitlines())


def test_a_bug_in_a_sync_is_noted_and_logged(synced, run, bug, monkeypatch):
    done = CliRunner().invoke(main, ["sync", str(synced), "--log-format", "json"])
    (line,) = map(json.loads, done.stderr.splitlines())
    assert (done.exit_code, line["event"], line["exit_code"]) == (70, "failed", 70)
    assert line["traceback"][0] == "Traceback (most recent call last):"
    monkeypatch.undo()
    assert run("status", synced, "--json").json["last_error"]["exit_code"] == 70


def started(*arguments, options=(), **given):
    """Runs the program as a module of Python's; gives its exit code and what it said."""
    command = [sys.executable, *options, "-m", "ll2_mirror", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, **given)
    return done.returncode, done.stdout, done.stderr


HELP = """
from click.testing import CliRunner
from ll2_mirror.cli.main import main
for command in ([], *([name] for name in main.commands)):
    for option in "--help", "-h":
        done = CliRunner().invoke(main, [*command, option], prog_name="ll2-mirror")
        print(done.exit_code, done.stdout)
"""


def test_help_is_there_without_docstrings():
    """python -OO has none."""
    plain, bare = (
        subprocess.run([sys.executable, *options, "-c", HELP], capture_output=True, check=True)
        for options in ([], ["-OO"])
    )
    assert plain.stdout == bare.stdout
    assert plain.stdout.count(b"0 Usage: ") == 2 + 2 * len(main.commands)
    for command in [None, *main.commands]:
        asked = [command, "--help"] if command else ["--help"]
        usual = CliRunner().invoke(main, asked, prog_name="ll2-mirror").stdout
        assert plain.stdout.decode().count(usual) == 2, command


def test_the_program_runs_as_a_module_without_docstrings_or_an_environment(tmp_path):
    code, out, err = started("demo", tmp_path, options=["-OO"], env={})
    assert (code, err) == (0, "")
    assert "as LL2 sent them" in out
    code, out, err = started("status", tmp_path / "demo.db", env={"HOME": "/nonexistent"})
    assert (code, err) == (0, "")
    assert "spacecraft: 21 records" in out


@pytest.mark.parametrize(
    "arguments", [["sync", "x.db"], ["status", "x.db"], ["demo"], ["examples", "x"]]
)
def test_a_working_folder_that_is_gone_is_named(tmp_path, arguments):
    gone = tmp_path / "gone"
    gone.mkdir()
    script = f'cd {shlex.quote(str(gone))} && rmdir ../gone && exec "$@"'
    command = ["sh", "-c", script, "sh", SCRIPT, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"ll2-mirror: the working folder {gone} can't be found (No such file or directory):"
        " change to another\n"
    )


def test_a_working_folder_that_is_gone_matters_not_where_the_path_is_whole(synced, tmp_path):
    gone = tmp_path / "gone"
    gone.mkdir()
    script = f'cd {shlex.quote(str(gone))} && rmdir ../gone && exec "$@"'
    command = ["sh", "-c", script, "sh", SCRIPT, "sync", str(synced), "-q"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.parametrize("command", ["sync", "plan", "status", "verify", "changes", "serve"])
def test_a_link_that_leads_to_itself_is_said_in_one_line(tmp_path, run, command):
    loop = tmp_path / "loop.db"
    loop.symlink_to(loop)
    refused = run(command, loop)
    assert refused.code == 2
    assert refused.err == f"ll2-mirror: {loop}: Too many levels of symbolic links\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_is_told_how_to_complete(shell):
    runner = CliRunner(env={"_LL2_MIRROR_COMPLETE": f"{shell}_source"})
    script = runner.invoke(main, [], prog_name="ll2-mirror")
    assert script.exit_code == 0
    assert f"_LL2_MIRROR_COMPLETE={shell}_complete" in script.stdout


def test_commands_options_and_resources_are_completed():
    def completed(line):
        env = {"_LL2_MIRROR_COMPLETE": "bash_complete", "COMP_WORDS": line}
        env["COMP_CWORD"] = str(len(line.split(" ")) - 1)
        done = CliRunner(env=env).invoke(main, [], prog_name="ll2-mirror")
        return [word.partition(",")[2] for word in done.stdout.splitlines()]

    assert completed("ll2-mirror s") == ["serve", "status", "sync"]
    assert completed("ll2-mirror status --p") == ["--prometheus"]
    assert completed("ll2-mirror sync x.db spacecraft_c") == [
        "spacecraft_configuration_families",
        "spacecraft_configurations",
    ]
