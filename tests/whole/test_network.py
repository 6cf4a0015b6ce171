"""Two hosts on one machine with a bad line between them: network namespaces, delay and loss."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

from editable_ll2 import EditableLL2
from helpers import PROGRAM, ROOT, command, eventually, public_rows
from ll2_mirror.clock import Clock
from ll2_mirror.testing.fake_ll2 import answering

CLOCK = Clock()
SERVER, READER, PORT = "10.213.0.1", "10.213.0.2", "8099"
# What makes a line bad: delay and loss, where the kernel has them; else a narrow way that drops
# what doesn't fit.
BAD = [
    "netem delay 20ms 5ms loss 2%",
    "tbf rate 12mbit burst 16kb limit 16kb",
]


def ip(*words, inside=None):
    run = ["ip", "netns", "exec", inside] if inside else []
    return subprocess.run([*run, *words], capture_output=True, text=True)


class Hosts:
    """A host that serves a folder, and one that pulls from it."""

    def __init__(self, name):
        self.server, self.reader = f"{name}s", f"{name}r"
        self.url = f"http://{SERVER}:{PORT}"

    def line(self, state):
        """Cuts the line between them, or mends it."""
        assert ip("ip", "link", "set", "line", state, inside=self.server).returncode == 0

    def pull(self, db, *options):
        """Starts a pull at the reader's host."""
        inside = ["ip", "netns", "exec", self.reader]
        return subprocess.Popen(
            [*inside, *PROGRAM, "pull", self.url, str(db), *options],
            stderr=subprocess.PIPE,
            text=True,
        )


@contextmanager
def two_hosts(name):
    """Two network namespaces with a bad line between them; skips where there can be none."""
    if not shutil.which("ip"):
        pytest.skip("needs iproute2")
    hosts = Hosts(name)
    for host in (hosts.server, hosts.reader):
        ip("ip", "netns", "del", host)
        if ip("ip", "netns", "add", host).returncode:
            pytest.skip("needs network namespaces")
    try:
        ends = ((hosts.server, SERVER), (hosts.reader, READER))
        pair = ["type", "veth", "peer", "name", "line", "netns", hosts.reader]
        made = ip("ip", "link", "add", "line", "netns", hosts.server, *pair)
        if made.returncode:
            pytest.skip("needs a pair of virtual network devices")
        for host, address in ends:
            ip("ip", "addr", "add", f"{address}/24", "dev", "line", inside=host)
            ip("ip", "link", "set", "line", "up", inside=host)
            ways = (["tc", "qdisc", "add", "dev", "line", "root", *way.split()] for way in BAD)
            if all(ip(*way, inside=host).returncode for way in ways):
                pytest.skip("needs a line that can be made bad")
        yield hosts
    finally:
        for host in (hosts.server, hosts.reader):
            ip("ip", "netns", "del", host)


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    """What a writer published: some megabytes, in two states."""
    folder = tmp_path_factory.mktemp("far")
    with answering(EditableLL2(300)) as world:
        for n in (1, 2):
            for id_ in world.ids:
                news = "".join(chr(97 + hash((id_, n, m)) % 26) for m in range(3000))
                world.change(id_, description=news)
            for arguments in (
                ("sync", folder / "w.db", "--base-url", world.base_url),
                ("publish", folder / "w.db", folder / "out"),
            ):
                assert command(CLOCK, *arguments).code == 0
            shutil.copytree(folder / "out", folder / f"out{n}")
    return folder


@pytest.fixture
def hosts(tmp_path, out):
    with two_hosts("ll2t") as hosts:
        log = tmp_path / "log"
        served = [str(out / "served"), SERVER, PORT, str(log)]
        hosts.folder, hosts.log = out / "served", log
        shutil.copytree(out / "out1", hosts.folder)
        inside = ["ip", "netns", "exec", hosts.server]
        with subprocess.Popen(
            [*inside, sys.executable, ROOT / "tests" / "static_server.py", *served]
        ) as server:
            try:
                eventually(lambda: pulls(hosts, tmp_path / "try.db"))
                yield hosts
            finally:
                server.kill()
                shutil.rmtree(hosts.folder)


def pulls(hosts, db):
    with hosts.pull(db, "--quiet", "--timeout", "1") as process:
        return process.wait() == 0


def fetched(db):
    """How many bytes of a snapshot are staged beside a file."""
    return sum(path.stat().st_size for path in db.parent.glob(f"{db.name}.pull-*"))


def test_a_line_that_is_cut_and_mended(hosts, tmp_path, out, run):
    """What came before the cut isn't fetched again; the reader has the state before until then."""
    db = tmp_path / "mine.db"
    assert run("pull", out / "out1", db).code == 0
    before = public_rows(db)
    shutil.rmtree(hosts.folder)
    shutil.copytree(out / "out2", hosts.folder)
    hosts.log.write_text("")
    with hosts.pull(db, "--timeout", "0.5") as process:
        eventually(lambda: fetched(db) > 300_000)
        hosts.line("down")
        time.sleep(1)  # long enough to be given up
        have = fetched(db)
        assert public_rows(db) == before
        hosts.line("up")
        assert process.wait() == 0, process.stderr.read()
    asked = hosts.log.read_text().split("bytes=")[1:]
    assert [int(begin.split("-")[0]) >= have for begin in asked] == [True] * len(asked) != []
    assert run("verify", db).code == 0
    assert public_rows(db) == public_rows(out / "w.db")
