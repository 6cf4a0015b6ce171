"""Readers anywhere see one whole state after the other, whatever is killed or served wrong."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import ExitStack, contextmanager
from hashlib import sha256
from itertools import pairwise
from random import Random

import pytest

from editable_ll2 import EditableLL2
from helpers import PROGRAM, ROOT, command, public_rows
from ll2_mirror.clock import Clock
from ll2_mirror.testing.fake_ll2 import answering
from serving import served
from static_server import cut_after, instead, site, status

CLOCK = Clock()

# Killed at each of its steps


FATAL = """
import os, sys
from contextlib import contextmanager
from pathlib import Path
from ll2_mirror.cli import output
from ll2_mirror.cli.main import main
from ll2_mirror.share import pull
from ll2_mirror.store.settings import Settings

left = [int(sys.argv.pop(1))]

def fatal(call):
    def counted(*arguments, **named):
        left[0] -= 1
        if not left[0]:
            os.kill(os.getpid(), 9)
        return call(*arguments, **named)
    return counted

progress = output.progress

@contextmanager
def watching():
    with progress() as emit:
        yield fatal(emit)

output.progress = watching
pull._PAGES = 30
for name in ("fsync", "open"):
    setattr(os, name, fatal(getattr(os, name)))
for kind, names in (Path, ("open", "replace", "unlink")), (Settings, ("remember", "forget")):
    for name in names:
        setattr(kind, name, fatal(getattr(kind, name)))
main()
"""


def killed_at(step, *arguments):
    """Runs a command that is killed at its so many-th step; gives whether it came that far."""
    program = [sys.executable, "-c", FATAL, str(step), *map(str, arguments)]
    code = subprocess.run(program, capture_output=True, timeout=60).returncode
    assert code in (0, -signal.SIGKILL)
    return code != 0


@pytest.fixture(scope="module")
def past(tmp_path_factory):
    """A writer's file in two states, and what it published of each."""
    folder = tmp_path_factory.mktemp("past")
    with answering(EditableLL2(150)) as world:
        for n in (1, 2):
            edition(world, n)
            ran(command(CLOCK, "sync", folder / "w.db", "--base-url", world.base_url))
            shutil.copy(folder / "w.db", folder / f"{n}.db")
            ran(command(CLOCK, "publish", folder / "w.db", folder / "out"))
            shutil.copytree(folder / "out", folder / f"out{n}")
    return folder


def ran(done):
    assert done.code == 0, done.err
    return done


def edition(world, number):
    """Gives all records a new text, and the agency that they nest: one state from another."""
    for id_ in world.ids:
        world.change(id_, description=f"edition {number:04}")
    world.rename_agency(f"edition {number:04}")


def check_published(out):
    """What a folder publishes is whole; gives its run."""
    manifest = json.loads((out / "manifest.json").read_text())
    file = manifest["file"]
    assert sha256((out / file["name"]).read_bytes()).hexdigest() == file["sha256"]
    return manifest["run"]


def publish_killed(past, tmp_path, steps):
    seen = set()
    for step in steps:
        out = tmp_path / f"out-{step}"
        shutil.copytree(past / "out1", out)
        came = killed_at(step, "publish", past / "2.db", out)
        seen.add(check_published(out))
        ran(command(CLOCK, "publish", past / "2.db", out))
        assert check_published(out) == 2
        names = {path.name for path in out.iterdir()}
        assert names == {path.name for path in (past / "out2").iterdir()} | (
            names & {"manifest.json.lock"}
        )
        shutil.rmtree(out)
        if not came:
            return seen
    return seen


def pull_killed(past, tmp_path, steps):
    seen = []
    states = [public_rows(past / f"{n}.db") for n in (1, 2)]
    with site(past / "out2") as server:
        for step in steps:
            db = tmp_path / f"{step}.db"
            ran(command(CLOCK, "pull", past / "out1", db))
            came = killed_at(step, "pull", server.url, db)
            ran(command(CLOCK, "verify", db))
            seen.append(states.index(public_rows(db)) + 1)
            ran(command(CLOCK, "pull", server.url, db))
            assert public_rows(db) == states[1]
            ran(command(CLOCK, "verify", db))
            left = [path.name for path in tmp_path.iterdir() if ".pull-" in path.name]
            assert left == []
            if not came:
                break
    assert seen == sorted(seen)  # the later it was killed, the further it had come
    return set(seen)


def test_a_publish_that_is_killed_leaves_one_state_or_the_other(past, tmp_path):
    assert publish_killed(past, tmp_path, (2, 9, 14, 99)) == {1, 2}


def test_a_pull_that_is_killed_leaves_one_state_or_the_other(past, tmp_path):
    assert pull_killed(past, tmp_path, (2, 10, 16, 999)) == {1, 2}


@pytest.mark.soak
def test_a_publish_that_is_killed_at_any_step(past, tmp_path):
    assert publish_killed(past, tmp_path, range(1, 200)) == {1, 2}


@pytest.mark.soak
def test_a_pull_that_is_killed_at_any_step(past, tmp_path):
    assert pull_killed(past, tmp_path, range(1, 200)) == {1, 2}


# A writer and its readers, and whatever can go wrong between them


class Fleet:
    """A writer that syncs and publishes, readers that pull, each watched by processes."""

    def __init__(self, folder, world, readers, seed):
        self.folder, self.world, self.random = folder, world, Random(seed)
        self.out, self.db = folder / "out", folder / "writer.db"
        self.readers = [folder / f"reader{n}.db" for n in range(readers)]
        self.published = {}  # when, by edition
        self.codes = Counter()
        self._manifests = []
        self._lock = threading.Lock()

    def tell(self, *arguments, kill=0.0):
        """Runs a command to its end, unless it is killed at some moment of it; gives its code."""
        process = subprocess.Popen(
            [*PROGRAM, *map(str, arguments)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        if self.random.random() < kill:
            time.sleep(self.random.uniform(0.1, 0.7))
            process.kill()
        said = process.communicate(timeout=60)[1].decode()
        assert "Traceback" not in said, said
        assert process.returncode in (-signal.SIGKILL, 0, 65, 69, 75), said
        with self._lock:
            self.codes[arguments[0], process.returncode] += 1
        return process.returncode

    def write(self, number, kill=0.4):
        """Brings an edition out; whoever is killed is run again."""
        edition(self.world, number)
        for arguments in (
            ("sync", self.db, "--base-url", self.world.base_url),
            ("publish", self.db, self.out, "--keep", "2"),
        ):
            while self.tell(*arguments, kill=kill):
                pass
        self.published[number] = time.time()
        self._manifests.append((self.out / "manifest.json").read_bytes())

    def fault(self, handler, body):
        """Answers wrongly, now and then."""
        snapshots = [path.read_bytes() for path in self.out.glob("snapshot-*.db")]
        wrong = [
            status(503),
            status(200),
            cut_after(self.random.randrange(1, 60_000)),
            instead(lambda body: body[: len(body) // 2]),
            instead(lambda body: body[:99] + b"edited" + body[105:]),
            instead(lambda _: self.random.choice(snapshots)),
            instead(lambda _: self.random.choice(self._manifests)),
        ]
        if body is None or self.random.random() < 0.6:
            return False
        return self.random.choice(wrong)(handler, body)

    def follow(self, db, url, done):
        """What a reader's timer does."""
        while not done.is_set():
            self.tell("pull", url, db, "--timeout", 5, kill=0.3)

    def converge(self, url):
        """Once nothing is wrong any more, all have what was published last."""
        for db in self.readers:
            assert self.tell("pull", url, db) == 0
            assert public_rows(db) == public_rows(self.db)
            ran(command(CLOCK, "verify", db))


@contextmanager
def watching(where, notes):
    """A process that looks at a file or a server until the block ends."""
    watcher = [sys.executable, str(ROOT / "tests" / "reader_process.py"), str(where), str(notes)]
    with subprocess.Popen(watcher) as process:
        try:
            yield
        finally:
            process.terminate()
            assert process.wait(timeout=60) == 0


def fleet(tmp_path, readers, editions, seed):
    """Runs one; gives the lags in seconds, from publishing to being seen."""
    with ExitStack() as stack:
        world = stack.enter_context(answering(EditableLL2(120)))
        one = Fleet(tmp_path, world, readers, seed)
        one.write(1, kill=0)
        server = stack.enter_context(site(one.out))
        for db in one.readers:
            assert one.tell("pull", server.url, db) == 0
        places = {}
        for number, db in enumerate([one.db, *one.readers]):
            places[tmp_path / f"sql{number}"] = db
            if number in (1, readers):  # a server each would take most of the time
                places[tmp_path / f"http{number}"] = stack.enter_context(served(db))
        with ExitStack() as watchers:
            for notes, where in places.items():
                watchers.enter_context(watching(where, notes))
            done = threading.Event()
            threads = [
                threading.Thread(target=one.follow, args=(db, server.url, done))
                for db in one.readers
            ]
            server.fault = one.fault
            for thread in threads:
                thread.start()
            try:
                for number in range(2, editions + 1):
                    one.write(number)
            finally:
                done.set()
                for thread in threads:
                    thread.join()
            server.fault = None
            one.converge(server.url)
            until = time.monotonic() + 60
            while not all(seen_last(notes, editions) for notes in places):
                assert time.monotonic() < until
                time.sleep(0.05)
        lags = [lag for notes in places for lag in judged(notes, editions, one.published)]
    assert one.codes["pull", 0] >= readers
    return lags, one.codes


def seen_last(notes, editions):
    return f"edition {editions:04}" in notes.read_text()


def judged(notes, editions, published):
    """Fails where a watcher saw two states at once, or one after a later; gives the lags."""
    *lines, last = [json.loads(line) for line in notes.read_text().splitlines()]
    assert last["errors"] == [], (notes, last["errors"][:3])
    assert last["looks"] > 20
    seen = []
    for line in lines:
        first, final, agencies, count = line["state"]
        assert first == final == agencies, f"{notes.name} saw two editions at once: {line}"
        assert count == 120
        seen.append(int(re.findall(r"\d+", first)[0]))
    assert seen == sorted(seen), f"{notes.name} went back in time: {seen}"
    assert seen[-1] == editions
    return [
        max(0.0, line["at"] - published[number]) for line, number in zip(lines, seen, strict=True)
    ]


def test_no_reader_sees_two_states_at_once_or_goes_back_in_time(tmp_path):
    fleet(tmp_path, readers=1, editions=2, seed="quick")


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(4))
def test_no_reader_sees_two_states_at_once_for_long(tmp_path, seed, capsys):
    lags, codes = fleet(tmp_path, readers=4, editions=40, seed=seed)
    bounds = (0.5, 1, 2, 4, 8, 16, 60)
    told = [f"seconds from publishing to being seen, of {len(lags)}:"]
    for least, most in pairwise((0, *bounds)):
        count = sum(least <= lag < most for lag in lags)
        told.append(f"  {least:>4} to {most:>4} {count:>6} {'#' * (60 * count // len(lags))}")
    told += [
        f"  {name} ended with {code}: {count}" for (name, code), count in sorted(codes.items())
    ]
    with capsys.disabled():
        sys.stdout.write("\n" + "\n".join(told) + "\n")
