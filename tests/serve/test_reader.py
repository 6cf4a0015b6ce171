"""Who else writes: each response is one state of the file, the newest that can be read."""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
import requests

from helpers import execute, sampled
from ll2_mirror.store.reader import File
from ll2_mirror.testing import fake_ll2
from serving import LIST, UNPRIVILEGED, read_only, served, works

MOUNTS = works("unshare", "--mount", "true")
PRIVILEGES = os.geteuid() == 0 and works(*UNPRIVILEGED, "true")


@contextmanager
def mounted(folder: Path):
    """The folder where nobody can write to it, but others can."""
    mount = folder.with_name("mount")
    mount.mkdir()
    yield mount, read_only(folder, mount)


@contextmanager
def forbidden(folder: Path):
    """The folder as one sees it who may read, and not write."""
    (folder / "prod.db").chmod(0o444)
    folder.chmod(0o555)
    yield folder, UNPRIVILEGED
    folder.chmod(0o755)


@contextmanager
def linked(folder: Path):
    """The file by a link from another folder."""
    links = folder.with_name("links")
    links.mkdir()
    (links / "prod.db").symlink_to(folder / "prod.db")
    yield links, ()


@contextmanager
def plain(folder: Path):
    yield folder, ()


WAYS = [
    pytest.param(plain, id="as it is"),
    pytest.param(linked, id="by a link"),
    pytest.param(mounted, id="mounted", marks=pytest.mark.skipif(not MOUNTS, reason="no mounts")),
    pytest.param(
        forbidden, id="forbidden", marks=pytest.mark.skipif(not PRIVILEGES, reason="no privileges")
    ),
]


class Scene:
    """A mirror, its upstream, what syncs it, and where it is served."""

    def __init__(self, run, folder: Path, upstream: fake_ll2.FakeLL2) -> None:
        self._run = run
        self.db = folder / "prod.db"
        self.listed = upstream.records["spacecraft", "normal"]
        self._options = ("--base-url", upstream.base_url, "--quiet")
        self.url = ""

    def sync(self) -> None:
        assert self._run("sync", self.db, *self._options).code == 0

    def rename(self, state: int) -> None:
        for record in self.listed:
            record["name"] = f"State {state} of {record['id']}"

    def get(self, path: str) -> requests.Response:
        return requests.get(f"{self.url}{path}", timeout=20)

    def states(self) -> set[str]:
        """The states that the list is of, as LL2's path and as Datasette's page have it."""
        page = self.get(f"{LIST}?limit=100").json()
        assert page["count"] == len(page["results"])
        rows = self.get("/prod/spacecraft.json?_shape=array&_size=max").json()
        names = [record["name"] for record in (*page["results"], *rows)]
        return {name.partition(" of ")[0] for name in names}


@pytest.fixture
def scene(run, tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    with fake_ll2.running(fake_ll2.bundled()) as upstream:
        scene = Scene(run, folder, upstream)
        scene.rename(0)
        scene.sync()
        yield scene


@contextmanager
def watched(scene: Scene, way):
    """The scene's file, served to one who sees it in some way."""
    with ExitStack() as stack:
        folder, within = stack.enter_context(way(scene.db.parent))
        scene.url = stack.enter_context(served(folder / "prod.db", within=within))
        yield


@pytest.mark.parametrize("way", WAYS)
def test_a_sync_shows_at_once_to_whoever_may_only_read(scene, way):
    with watched(scene, way):
        assert scene.states() == {"State 0"}
        for state in (1, 2):
            scene.rename(state)
            scene.listed.pop()
            scene.sync()
            assert scene.states() == {f"State {state}"}
            assert scene.get(f"{LIST}?search=state").json()["count"] == len(scene.listed)


@pytest.mark.sampled
@pytest.mark.parametrize("way", sampled(WAYS, 2))
def test_no_response_mixes_two_states(scene, way):
    """Beside syncs that rename all craft at once; the newest state is there when one has ended."""
    seen, wrong = set(), []
    done = threading.Event()

    def ask() -> None:
        number = 0
        while not done.is_set():
            number += 1
            response = scene.get(f"{LIST}?limit=100&n={threading.get_ident()}-{number}")
            names = [record["name"] for record in response.json().get("results", ())]
            states = {name.partition(" of ")[0] for name in names}
            if response.status_code != 200 or len(states) != 1 or len(names) != 21:
                wrong.append((response.status_code, response.text[:200], states))
            seen.update(states)

    with watched(scene, way):
        threads = [threading.Thread(target=ask) for _ in range(2)]
        for thread in threads:
            thread.start()
        try:
            for state in range(1, 4):
                scene.rename(state)
                scene.sync()
                assert scene.states() == {f"State {state}"}
        finally:
            done.set()
            for thread in threads:
                thread.join()
    assert wrong == []
    assert len(seen) > 1


def test_a_file_that_takes_the_place_of_another_shows_at_once(scene, tmp_path):
    other = Path(shutil.copy(scene.db, tmp_path / "other.db"))
    scene.rename(1)
    scene.sync()
    with watched(scene, plain):
        assert scene.states() == {"State 1"}
        other.replace(scene.db)
        assert scene.states() == {"State 0"}
        scene.rename(2)
        scene.sync()
        assert scene.states() == {"State 2"}


def test_a_link_that_leads_elsewhere_shows_at_once(scene, tmp_path):
    other = Path(shutil.copy(scene.db, tmp_path / "other.db"))
    scene.rename(1)
    scene.sync()
    with watched(scene, linked):
        assert scene.states() == {"State 1"}
        link = scene.db.parent.with_name("links") / "prod.db"
        link.unlink()
        link.symlink_to(other)
        assert scene.states() == {"State 0"}


def test_a_file_that_is_gone_is_a_503_until_it_is_back(scene, tmp_path):
    with watched(scene, plain):
        assert scene.states() == {"State 0"}
        away = scene.db.rename(tmp_path / "away.db")
        for path in (LIST, "/prod/spacecraft.json", "/prod"):
            response = scene.get(path)
            assert (response.status_code, "prod.db" in response.text) == (503, True)
            assert str(tmp_path) not in response.text
        away.rename(scene.db)
        assert scene.states() == {"State 0"}


def test_the_log_of_a_file_that_was_replaced_is_not_taken_for_the_new_ones(scene, tmp_path):
    """SQLite would read both as one."""
    other = Path(shutil.copy(scene.db, tmp_path / "other.db"))
    with watched(scene, plain):
        assert scene.states() == {"State 0"}  # and the server has the file open
        with closing(sqlite3.connect(scene.db)) as writer:
            writer.execute("UPDATE spacecraft SET name = 'State 1 of ' || id")
            writer.commit()
        assert scene.states() == {"State 1"}
        other.replace(scene.db)
        for path in (LIST, "/prod/spacecraft.json"):
            response = scene.get(path)
            assert response.status_code == 503
            assert "prod.db-wal is the log of a file that was replaced" in response.text
        for end in ("-wal", "-shm"):
            scene.db.with_name(f"prod.db{end}").unlink()
        assert scene.states() == {"State 0"}


@pytest.mark.skipif(not MOUNTS, reason="no mounts")
def test_a_log_that_cannot_be_read_is_a_503_that_says_so(scene, tmp_path):
    """Not an old state, which the file without its log would be."""
    log = tmp_path / "log"
    with closing(sqlite3.connect(scene.db)) as writer:
        writer.execute("UPDATE spacecraft SET name = 'State 1 of ' || id")
        writer.commit()
        shutil.copy(scene.db.with_name("prod.db-wal"), log)
        before = Path(shutil.copy(scene.db, tmp_path / "before.db"))
    before.replace(scene.db)
    with watched(scene, mounted):
        assert scene.states() == {"State 0"}
        shutil.copy(log, scene.db.with_name("prod.db-wal"))
        for path in (LIST, "/prod/spacecraft.json"):
            response = scene.get(path)
            assert (response.status_code, "prod.db-wal" in response.text) == (503, True)
        execute(scene.db, "PRAGMA user_version")  # by one who may write beside it
        assert scene.states() == {"State 1"}


def test_nothing_is_left_beside_the_file_when_serve_ends(scene):
    with watched(scene, plain):
        scene.rename(1)
        scene.sync()
        assert scene.states() == {"State 1"}
    assert [path.name for path in scene.db.parent.iterdir()] == ["prod.db"]


def test_each_thread_has_a_connection_of_its_own(synced, monkeypatch):
    """Two that shared one waited for each other for good: SQLite's lock, and Python's."""
    file, both_opened = File(synced), threading.Barrier(2, timeout=60)
    monkeypatch.setattr(file, "_all", SimpleNamespace(add=lambda _: both_opened.wait()))
    with ThreadPoolExecutor(2) as threads:
        one, other = threads.map(lambda _: file.reading(), range(2))
    assert one is not other
    one.close()
    other.close()
