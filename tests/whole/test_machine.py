"""The machine's faults: no room, no right, no file, another clock, readers and writers at once."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import threading
from contextlib import closing, suppress
from datetime import timedelta

import pytest

from helpers import PROGRAM, execute, pages_asked, public_rows
from ll2_mirror.clock import to_iso
from ll2_mirror.store import file as store_file


def many(upstream, count, name="Craft"):
    """An upstream of so many craft."""
    first = upstream.records["spacecraft", "normal"][0]
    upstream.records["spacecraft", "normal"] = [
        {**first, "id": n, "name": f"{name} {n}", "description": name * 40}
        for n in range(1, count + 1)
    ]


@pytest.fixture
def few_pages(monkeypatch):
    """Bounds each file that is opened from now on, in pages of 4 kB; None lifts the bound."""
    connect = store_file.connect
    bound = None

    def connected(*arguments, **options):
        conn = connect(*arguments, **options)
        if bound:
            conn.execute(f"PRAGMA max_page_count = {bound}")
        return conn

    def leave(pages):
        nonlocal bound
        bound = pages

    monkeypatch.setattr(store_file, "connect", connected)
    return leave


def pages_of(db):
    return execute(db, "PRAGMA page_count")[0][0]


@pytest.mark.parametrize("room", [0, 1, 3, 10, 30])
def test_a_full_disk_stops_a_sync_and_room_lets_it_go_on(db, run, upstream, few_pages, room):
    many(upstream, 250)
    run("sync", db, "--base-url", upstream.base_url)
    before = public_rows(db)
    many(upstream, 250, "Another")
    few_pages(pages_of(db) + room)
    full = run("sync", db)
    assert full.code == 75
    assert full.err == f"ll2-mirror: {db}: the disk is full: make room and run the same command" + (
        " again\n"
    )
    assert public_rows(db) == before
    assert run("verify", db).code == 0
    few_pages(None)
    assert run("sync", db, "--json").json["changed"] == 250
    assert run("verify", db).code == 0


def test_no_room_to_make_a_file(db, run, upstream, few_pages):
    few_pages(20)
    assert run("sync", db, "--base-url", upstream.base_url).code == 75
    few_pages(None)
    assert run("sync", db, "--base-url", upstream.base_url).code == 0


def test_a_whole_file_on_a_full_disk_is_read(synced, run, little_room):
    """SQLite finds no room for the files that readers share, and an empty log is beside it."""
    full = little_room(3_000_000) / "full.db"
    shutil.copy(synced, full)
    full.with_name("full.db-wal").touch()
    with suppress(OSError), full.with_name("filler").open("wb", buffering=0) as filler:
        while True:
            filler.write(b"x" * 4096)
    assert run("status", full).code == 0
    assert run("verify", full).code == 0
    told = run("sync", full)
    assert (told.code, told.err.count("\n")) == (75, 1)
    assert "the disk is full: make room" in told.err
    full.with_name("filler").unlink()
    assert run("sync", full).code == 0


# A file system over a network, whose files can't be locked, or not be mapped by several.
DRIVES = {
    "locks": """
        int fcntl(int file, int command, long how) {
            return command == F_SETLK ? (errno = EOPNOTSUPP, -1)
                                      : syscall(SYS_fcntl, file, command, how);
        }
        int fcntl64(int, int, long) __attribute__((alias("fcntl")));
    """,
    "any lock": """
        int fcntl(int file, int command, long how) {
            return command == F_SETLK ? (errno = ENOLCK, -1)
                                      : syscall(SYS_fcntl, file, command, how);
        }
        int fcntl64(int, int, long) __attribute__((alias("fcntl")));
        int flock(int file, int how) { return (errno = ENOLCK, -1); }
    """,
    "memory": """
        void *mmap(void *at, long size, int how, int flags, int file, long from) {
            return flags & MAP_SHARED && file >= 0
                ? (errno = ENODEV, MAP_FAILED)
                : (void *) syscall(SYS_mmap, at, size, how, flags, file, from);
        }
        void *mmap64(void *, long, int, int, int, long) __attribute__((alias("mmap")));
    """,
}
_CONSTANTS = """
    #include <errno.h>
    #include <sys/syscall.h>
    long syscall(long, ...);
    #define F_SETLK 6
    #define MAP_SHARED 1
    #define MAP_FAILED ((void *) -1)
"""


@pytest.mark.skipif(not shutil.which("cc"), reason="no C compiler on this machine")
@pytest.mark.parametrize("lacks", DRIVES)
def test_a_network_drive_is_read_and_refused_for_a_sync(synced, tmp_path, lacks):
    library = tmp_path / "drive.so"
    build = ["cc", "-w", "-shared", "-fPIC", "-fno-builtin", "-x", "c", "-", "-o", library]
    subprocess.run(build, input=_CONSTANTS + DRIVES[lacks], text=True, check=True)

    def ran(*arguments):
        env = {**os.environ, "LD_PRELOAD": str(library)}
        return subprocess.run([*PROGRAM, *arguments], capture_output=True, text=True, env=env)

    assert ran("status", synced).returncode == 0
    told = ran("sync", synced)
    assert (told.returncode, told.stderr.count("\n")) == (2, 1)
    assert "WAL mode needs a local disk" in told.stderr


@pytest.mark.parametrize("replaced", [False, True])
def test_a_file_that_is_deleted_meanwhile(db, run, upstream, monkeypatch, replaced):
    """What would be written then, nobody would see."""
    many(upstream, 250)
    run("sync", db, "--base-url", upstream.base_url)
    answer = upstream.answer

    def deleting(path, query):
        if query.get("offset") == "100":
            with suppress(FileNotFoundError):
                db.rename(db.with_name("moved.db"))
            if replaced:
                db.write_bytes(b"mine")
        return answer(path, query)

    monkeypatch.setattr(upstream, "answer", deleting)
    gone = run("sync", db)
    assert gone.code == 75
    assert (
        gone.err
        == f"ll2-mirror: {db} was deleted or replaced meanwhile: run the same command"
        + (" again\n")
    )
    assert db.exists() == replaced
    assert not replaced or db.read_bytes() == b"mine"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anything")
def test_a_file_that_may_not_be_written(synced, run):
    synced.chmod(0o400)
    refused = run("sync", synced)
    assert refused.code == 2
    assert refused.err.count("\n") == 1
    assert run("status", synced).code == 0


@pytest.mark.parametrize("days", [-400, -1, 1, 400])
def test_a_clock_that_jumps_holds_nothing_up(db, run, upstream, clock, days):
    many(upstream, 250)
    run("sync", db, "--base-url", upstream.base_url)
    many(upstream, 250, "Another")
    assert run("sync", db, "--max-requests", "1").code == 75
    clock.time += timedelta(days=days)
    assert run("status", db).code == 0
    assert run("plan", db).code == 0
    assert run("sync", db, "--json").json["changed"] == 250
    assert run("verify", db).code == 0
    assert run("status", db, "--json").json["resources"][0]["age_seconds"] < 600


def test_a_limit_noted_by_a_clock_that_ran_ahead_is_forgotten(db, run, upstream, clock):
    clock.time += timedelta(days=400)
    run("sync", db, "--base-url", upstream.base_url)
    row = (upstream.base_url, to_iso(clock.now()), to_iso(clock.now() + timedelta(hours=1)))
    execute(db, "INSERT INTO _throttles (base_url, asked, resumes) VALUES (?, ?, ?)", *row)
    assert run("sync", db).code == 75
    clock.time -= timedelta(days=400)
    assert run("sync", db).code == 0


def test_readers_never_wait_and_see_all_or_nothing(db, run, upstream):
    many(upstream, 250)
    run("sync", db, "--base-url", upstream.base_url)
    many(upstream, 250, "Another")
    seen, done = set(), threading.Event()

    def read():
        with closing(sqlite3.connect(db, timeout=0)) as conn:
            while not done.is_set():
                seen.add(
                    conn.execute(
                        "SELECT count(*), sum(name LIKE 'Another%') FROM spacecraft"
                    ).fetchone()
                )

    reader = threading.Thread(target=read)
    reader.start()
    try:
        assert run("sync", db).code == 0
    finally:
        done.set()
        reader.join()
    assert seen <= {(250, 0), (250, 250)}
    assert (250, 0) in seen


def test_what_one_run_spent_the_next_one_knows(db, run, upstream, clock, monkeypatch):
    """Where a server doesn't count, the log in the file does."""
    from ll2_mirror.extract import rate_limit

    monkeypatch.setitem(rate_limit.DECLARED, "127.0.0.1", (4, 3600))
    many(upstream, 250)
    run("sync", db, "--base-url", upstream.base_url)
    stopped = run("sync", db, "--json")
    assert stopped.code == 75
    assert stopped.json["requests"] == 1
    assert "LL2's limit of 4 in an hour is reached" in stopped.err
    upstream.log.clear()
    assert run("sync", db).code == 75
    assert pages_asked(upstream) == []
    waited = run("sync", db, "--wait", "--json")
    assert waited.json["requests"] == 2
    assert 3500 < sum(clock.slept) < 3700
