"""One sync at a time on a file, whoever runs it; and no lock that a dead one left holds it up."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest

from ll2_mirror.store.lock import only_sync

NOBODY = 65534
DEAD = "pid 1, since 2026-01-01T00:00:00Z\n"
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user")


@pytest.fixture
def shared(synced):
    """A mirror of nobody's in a folder that all may write."""
    folder = Path(tempfile.mkdtemp(prefix="ll2-mirror-"))
    folder.chmod(0o777)
    db = folder / "spacecraft.db"
    shutil.copy(synced, db)
    os.chown(db, NOBODY, NOBODY)
    yield db
    shutil.rmtree(folder)


@contextmanager
def nobody():
    """Runs what is in the block as another user."""
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def lock_of(db, mode=0o644):
    """A lock file of root's that a dead sync left behind."""
    path = db.with_name(f"{db.name}.lock")
    path.write_text(DEAD)
    path.chmod(mode)
    return path


def test_a_lock_that_a_dead_sync_left_holds_nothing_up(synced, run):
    lock = lock_of(synced)
    assert run("sync", synced).code == 0
    assert not lock.exists()


def test_a_sync_names_who_is_at_it(synced, run):
    with only_sync(synced):
        refused = run("sync", synced)
    assert refused.code == 75
    assert f"is being synced by another process (pid {os.getpid()}, since 20" in refused.err


@as_root
def test_a_dead_lock_of_another_user_is_taken_away(shared, run):
    lock = lock_of(shared)
    with nobody():
        with only_sync(shared):
            assert f"pid {os.getpid()}, " in lock.read_text()
        assert run("sync", shared).code == 0
    assert not lock.exists()


@as_root
def test_a_dead_lock_that_may_not_be_taken_away_is_held(shared, run):
    """In a folder with the sticky bit, as /tmp is one, each file is its owner's to delete."""
    lock = lock_of(shared)
    shared.parent.chmod(0o1777)
    with nobody():
        assert run("sync", shared).code == 0
        assert lock.read_text() == DEAD
        with only_sync(shared):
            assert run("sync", shared).code == 75
    with nobody(), only_sync(shared):
        os.seteuid(0)
        assert run("sync", shared).code == 75
        os.seteuid(NOBODY)
    assert run("sync", shared).code == 0


@as_root
@pytest.mark.parametrize("mode", [0o777, 0o1777])
def test_a_lock_that_another_user_holds_is_respected(shared, run, mode):
    shared.parent.chmod(mode)
    with only_sync(shared):
        lock = lock_of(shared)
        with nobody():
            refused = run("sync", shared)
        assert refused.code == 75
        assert f"is being synced by another process ({DEAD.strip()})" in refused.err
        assert lock.exists()


@as_root
def test_a_lock_is_for_all_to_read(shared):
    before = os.umask(0o077)
    try:
        with only_sync(shared):
            lock = shared.with_name(f"{shared.name}.lock")
            assert lock.stat().st_mode & 0o777 == 0o644
    finally:
        os.umask(before)


@as_root
def test_a_lock_that_may_not_be_read_is_said_in_one_line(shared, run):
    lock = lock_of(shared, 0o600)
    with nobody():
        refused = run("sync", shared)
    assert refused.code == 2
    assert refused.err == f"ll2-mirror: {lock} can't be written: Permission denied\n"


@pytest.mark.parametrize("what", ["folder", "text", "link", "pipe"])
def test_what_is_no_lock_is_left_alone(synced, run, what):
    lock = synced.with_name(f"{synced.name}.lock")
    make = {
        "folder": lock.mkdir,
        "text": lambda: lock.write_text("mine"),
        "link": lambda: lock.symlink_to(synced),
        "pipe": lambda: os.mkfifo(lock),
    }
    make[what]()
    before = os.lstat(lock)
    refused = run("sync", synced)
    assert (refused.code, refused.err.count("\n")) == (2, 1)
    assert str(lock) in refused.err
    assert os.lstat(lock).st_ino == before.st_ino
