"""The page docs/server.md and the files of examples/many-readers do what they say."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from helpers import ROOT, public_rows
from ll2_mirror.cli.main import main
from static_server import site

EXAMPLES = ROOT / "examples" / "many-readers"
PAGE = (ROOT / "docs" / "server.md").read_text(encoding="utf-8")
BIN = Path(sys.executable).parent
FILES = ("crontab", "publish.conf", "ll2-mirror-pull.service")
TEXTS = "\n".join((PAGE, *((EXAMPLES / name).read_text(encoding="utf-8") for name in FILES)))
LINES = {
    line.strip()
    for line in re.findall(
        r"ll2-mirror (?=publish|pull|sync|serve|status)([^\n`|;&<>)'\"#]+)", TEXTS
    )
    if " " in line.strip()
}


@pytest.mark.parametrize("line", sorted(LINES))
def test_each_command_exists_with_these_options(line):
    name, *arguments = shlex.split(re.sub(r"\s2$", "", line))  # 2 of 2>&1
    with main.commands[name].make_context(name, arguments):
        pass


def test_each_file_that_the_page_names_is_there_and_each_that_is_there_is_named():
    links = re.findall(r"\]\(\.\./examples/many-readers/?([^)]*)\)", PAGE)
    assert set(links) - {""} == {path.name for path in EXAMPLES.iterdir()}


def test_three_hosts_in_three_folders(tmp_path, upstream, monkeypatch):
    """As the page has it, but for the servers and the loops."""
    steps = re.search(r"### Try it on one machine.*?(?=Now repeat all three)", PAGE, re.S)
    commands = [line[4:] for line in steps[0].splitlines() if line.startswith("    ")]
    commands = [line for line in commands if not line.endswith("&")]
    assert len(commands) == 5
    monkeypatch.chdir(tmp_path)
    (tmp_path / "site").mkdir()
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    with site(tmp_path / "site") as server:
        for told in commands:
            line = told.replace("http://127.0.0.1:8100", server.url).replace("mkdir", "mkdir -p")
            line += f" --base-url {upstream.base_url}" if " sync " in line else ""
            done = subprocess.run(line, shell=True, env=environment, capture_output=True, text=True)
            assert done.returncode == 0, (line, done.stderr)
    rows = public_rows(tmp_path / "writer" / "spacecraft.db")
    assert rows["spacecraft"]
    for reader in ("reader1", "reader2"):
        assert public_rows(tmp_path / reader / "spacecraft.db") == rows


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze")
def test_systemd_takes_the_units(tmp_path):
    for name in ("ll2-mirror-pull.service", "ll2-mirror-pull.timer"):
        text = (EXAMPLES / name).read_text(encoding="utf-8")
        (tmp_path / name).write_text(text.replace("/opt/ll2-mirror/bin/ll2-mirror", "/bin/true"))
    command = ["systemd-analyze", "verify", *sorted(map(str, tmp_path.iterdir()))]
    done = subprocess.run(command, capture_output=True, text=True)
    ours = [line for line in done.stderr.splitlines() if "ll2-mirror" in line]
    assert (done.returncode, ours) == (0, [])
