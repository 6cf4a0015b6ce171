"""A sync that is killed at any moment loses nothing: the file is sound, the next one goes on."""

from __future__ import annotations

import shutil
import signal
import sqlite3
import subprocess
import threading
import time
from itertools import product
from random import Random

import pytest

from editable_ll2 import EditableLL2
from helpers import PROGRAM, command, equals, execute, public_rows, published, sampled
from ll2_mirror.clock import Clock
from ll2_mirror.store import search as reindex
from ll2_mirror.testing.fake_ll2 import THROTTLE, answering

CLOCK = Clock()


@pytest.fixture(scope="module")
def world():
    with answering(EditableLL2(260)) as world:
        yield world


@pytest.fixture(scope="module")
def old(world, tmp_path_factory):
    """A file that mirrors the world, which then moves on."""
    db = tmp_path_factory.mktemp("old") / "old.db"
    assert command(CLOCK, "sync", db, "--base-url", world.base_url).code == 0
    world.delete(50, 2000)
    for id_ in world.ids[::7]:
        world.change(id_, name=f"Renamed {id_}")
    world.append()
    world.insert_before(1000)
    world.rename_agency("Renamed")
    return db


@pytest.fixture(scope="module")
def new(world, old, tmp_path_factory):
    """The same file, brought up to date undisturbed."""
    db = tmp_path_factory.mktemp("new") / "new.db"
    shutil.copy(old, db)
    assert command(CLOCK, "sync", db).code == 0
    assert equals(db, world)
    return db


@pytest.fixture(autouse=True)
def _nothing_planned(world):
    yield
    world.forget_plan()


def start(db, world, *options):
    return subprocess.Popen(
        [*PROGRAM, "sync", str(db), "--base-url", world.base_url, *options],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def staged(db):
    """The offsets of the pages that are staged."""
    if not db.exists() or not execute(db, "SELECT 1 FROM sqlite_master"):
        return []
    pages = 'SELECT "offset" FROM _staged JOIN _walks ON _walks.id = walk WHERE NOT published'
    return [offset for (offset,) in execute(db, f"{pages} ORDER BY 1")]


def rows(db):
    """What tells one state of a mirror from another; runs and times do not."""
    gone = "SELECT resource, id, body FROM _tombstones ORDER BY 1, 2"
    changed = "SELECT * FROM _history ORDER BY 1, 2, 3, 4"
    return public_rows(db), execute(db, gone), execute(db, changed)


def ended(process):
    """Waits for a sync to end; gives what it said on stderr."""
    try:
        return process.communicate(timeout=60)[1]
    finally:
        process.kill()
        process.communicate()


def ended_at(db, world, k, number):
    """Sends a sync a signal when the server sees its k-th request, which is never answered."""
    seen, release = threading.Event(), threading.Event()

    def hang():
        seen.set()
        release.wait(120)

    world.at(k, hang)
    process = start(db, world)
    try:
        assert seen.wait(60)
        process.send_signal(number)
        return process, ended(process)
    finally:
        process.kill()
        release.set()


def reached(world, process, count):
    """Waits until the server saw so many requests, or the sync ended."""
    until = time.monotonic() + 60
    while len(world.requests) < count and process.poll() is None:
        assert time.monotonic() < until
        time.sleep(0.0005)


def check(db, world, before, after):
    """What must hold after a sync was killed; then the next one, which must complete."""
    complete = False
    if db.exists() and execute(db, "SELECT 1 FROM sqlite_master"):  # else killed as it was made
        verdict = command(CLOCK, "verify", db)
        assert verdict.code == 0, verdict.out + verdict.err
        found = rows(db)
        complete = found == after
        assert complete or found == before
    have = staged(db)
    asked = len(world.requests)
    done = command(CLOCK, "sync", db, "--base-url", world.base_url)
    assert done.code == 0, done.err
    assert rows(db) == after
    assert equals(db, world)
    assert sorted(have + world.pages(asked)) == [0, 100, 200]
    return complete


def nothing(tmp_path):
    """A file before any sync: no rows."""
    db = tmp_path / "nothing.db"
    with answering(EditableLL2(1)) as other:
        command(CLOCK, "sync", db, "--base-url", other.base_url, "--max-requests", 1)
    return {name: [] for name in public_rows(db)}, [], []


def kill_at_random(db, world, random):
    """Kills a sync after a while, or a while after one of its requests."""
    process = start(db, world)
    k = random.randint(0, 5)
    asked = len(world.requests)
    if k == 0:
        time.sleep(random.uniform(0, 0.3))
    else:
        reached(world, process, asked + k)
        time.sleep(random.choice([0, random.uniform(0, 0.01), random.uniform(0, 0.15)]))
    process.kill()
    ended(process)


def kills(tmp_path, world, old, new, count, seed):
    random = Random(seed)
    before, after, empty = rows(old), rows(new), nothing(tmp_path)
    fresh = tmp_path / "fresh.db"
    assert command(CLOCK, "sync", fresh, "--base-url", world.base_url).code == 0
    first = rows(fresh)
    for number in range(count):
        db = tmp_path / f"{number}.db"
        if number % 2:
            shutil.copy(old, db)
        for _ in range(random.choice([1, 1, 2])):
            kill_at_random(db, world, random)
        check(db, world, *((before, after) if number % 2 else (empty, first)))


def test_kill_9_at_random_loses_nothing(tmp_path, world, old, new):
    kills(tmp_path, world, old, new, 3, "quick")


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(4))
def test_kill_9_at_random_loses_nothing_many_times(tmp_path, world, old, new, seed):
    kills(tmp_path, world, old, new, 50, seed)


@pytest.mark.sampled
@pytest.mark.parametrize(("first", "k"), sampled(product([True, False], [1, 2, 3]), 3))
def test_kill_9_at_a_request_keeps_each_page_before_it(tmp_path, world, old, new, first, k):
    """Killed when the server sees the k-th request; what came before it is not asked for again."""
    db = tmp_path / "killed.db"
    if not first:
        shutil.copy(old, db)
    asked = len(world.requests)
    process, _ = ended_at(db, world, k, signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert staged(db) == [0, 100, 200][: k - 1]
    fresh = tmp_path / "fresh.db"
    if first:
        before = nothing(tmp_path)
        with_all = len(world.requests)
        assert command(CLOCK, "sync", fresh, "--base-url", world.base_url).code == 0
        assert world.pages(with_all) == [0, 100, 200]
        after = rows(fresh)
    else:
        before, after = rows(old), rows(new)
    assert not check(db, world, before, after)
    assert world.pages(asked)[:k] == [0, 100, 200][:k]


def test_kill_9_while_asking_about_a_missing_record_keeps_the_whole_walk(tmp_path, world, old, new):
    db = tmp_path / "killed.db"
    shutil.copy(old, db)
    ended_at(db, world, 4, signal.SIGKILL)
    assert staged(db) == [0, 100, 200]
    assert not check(db, world, rows(old), rows(new))


# Signals that can be caught


def told_so(process, err):
    """A sync that a signal ended says so in one line."""
    assert process.returncode == 75, err
    assert err.count("\n") == 1, err
    assert err.startswith("ll2-mirror: interrupted: nothing was lost")


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("k", "number"), sampled(product([1, 2, 3, 4], [signal.SIGTERM, signal.SIGINT]), 4)
)
def test_a_signal_ends_a_sync_with_one_line(tmp_path, world, old, new, number, k):
    db = tmp_path / "killed.db"
    shutil.copy(old, db)
    told_so(*ended_at(db, world, k, number))
    assert staged(db) == [0, 100, 200][: k - 1]
    assert not db.with_name("killed.db.lock").exists()
    told = command(CLOCK, "status", db, "--json").json["last_error"]
    assert told["exit_code"] == 75
    assert not check(db, world, rows(old), rows(new))


def signals(tmp_path, world, old, new, count, seed):
    """Signals at random moments from the first request on."""
    random = Random(seed)
    before, after = rows(old), rows(new)
    for number in range(count):
        db = tmp_path / f"{number}.db"
        shutil.copy(old, db)
        asked, k = len(world.requests), random.randint(1, 7)
        process = start(db, world)
        reached(world, process, asked + k)
        time.sleep(random.choice([0, random.uniform(0, 0.01), random.uniform(0, 0.1)]))
        process.send_signal(random.choice([signal.SIGINT, signal.SIGTERM]))
        err = ended(process)
        if published(db) == published(new):  # too late, or nearly so
            assert process.returncode in (0, 75, -signal.SIGINT, -signal.SIGTERM), err
            assert "Traceback" not in err
            assert command(CLOCK, "verify", db).code == 0
            assert rows(db) == after
            continue
        # Of a signal within a function of ours that it calls, SQLite tells, and by the file.
        if err != f"ll2-mirror: {db}: interrupted: run the same command again\n":
            told_so(process, err)
        assert process.returncode == 75, err
        check(db, world, before, after)


def test_a_signal_at_random_loses_nothing(tmp_path, world, old, new):
    signals(tmp_path, world, old, new, 2, "quick")


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(4))
def test_a_signal_at_random_loses_nothing_many_times(tmp_path, world, old, new, seed):
    signals(tmp_path, world, old, new, 50, seed)


def presses(tmp_path, world, old, count):
    """How a sync ends that gets so many Ctrl-C while the server hangs."""
    db = tmp_path / "killed.db"
    shutil.copy(old, db)
    hangs, release = threading.Event(), threading.Event()

    def hang():
        hangs.set()
        release.wait(120)

    world.at(2, hang)
    process = start(db, world)
    try:
        assert hangs.wait(60)
        for _ in range(count):
            process.send_signal(signal.SIGINT)
            time.sleep(0.01)
        err = ended(process)
    finally:
        process.kill()
        release.set()
    assert staged(db) == [0]
    return process, err


def test_ctrl_c_ends_at_once_where_the_server_hangs(tmp_path, world, old):
    for _ in range(3):  # the moment of the signal matters
        told_so(*presses(tmp_path, world, old, 1))


def test_a_second_ctrl_c_ends_at_once(tmp_path, world, old):
    process, err = presses(tmp_path, world, old, 2)
    assert process.returncode in (75, -signal.SIGINT)
    assert "Traceback" not in err


@pytest.mark.soak
def test_ctrl_c_ends_at_once_where_the_server_hangs_many_times(tmp_path, world, old):
    for _ in range(200):
        told_so(*presses(tmp_path, world, old, 1))


def test_ctrl_c_ends_a_wait(tmp_path):
    """Also one for the limit, which may be an hour."""
    db = tmp_path / "waiting.db"
    with answering(EditableLL2(260, Clock(), limit=2)) as world:
        process = start(db, world, "--wait")
        until = time.monotonic() + 60
        while sum(one.path.startswith(THROTTLE) for one in world.requests) < 2:
            assert time.monotonic() < until
            time.sleep(0.01)
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        told_so(process, ended(process))
        assert staged(db) == [0, 100]


def test_a_signal_within_a_call_of_sqlites_ends_tidily(synced, run, upstream, monkeypatch):
    """SQLite hides what its caller's function raises."""

    def interrupted(_: object) -> object:
        raise KeyboardInterrupt

    sqlite3.enable_callback_tracebacks(False)  # as it is, unless Datasette is imported
    monkeypatch.setattr(reindex, "_capitals", interrupted)
    upstream.records["spacecraft", "normal"][0]["name"] = "Renamed"
    before = public_rows(synced)
    ran = run("sync", synced)
    assert ran.code == 75
    assert ran.err == f"ll2-mirror: {synced}: interrupted: run the same command again\n"
    assert public_rows(synced) == before
