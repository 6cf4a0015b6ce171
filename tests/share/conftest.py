"""A writer that has published, what is served of it, and a reader that has pulled."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from helpers import Ran, command, execute
from ll2_mirror.clock import Clock
from ll2_mirror.testing import fake_ll2
from static_server import StaticSite, site


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a writer's file, what it published first, what it published then, a reader's.

    The reader has the first state. All that is made once; tests have copies.
    """
    folder = tmp_path_factory.mktemp("once")
    db, out = folder / "writer.db", folder / "then"

    def ran(*arguments: object) -> None:
        assert command(Clock(), *arguments).code == 0

    with fake_ll2.running(fake_ll2.bundled()) as upstream:
        ran("sync", db, "--base-url", upstream.base_url)
        ran("publish", db, out)
        ran("pull", out, folder / "reader.db")
        shutil.copytree(out, folder / "first")
        shutil.copy(db, folder / "first.db")
        upstream.records["spacecraft", "normal"][0]["name"] = "Renamed"
        ran("sync", db)
        ran("publish", db, out)
    return folder


@pytest.fixture
def synced(once: Path, db: Path, upstream: fake_ll2.FakeLL2) -> Path:
    """The writer's file, synced once."""
    shutil.copy(once / "first.db", db)
    execute(db, "UPDATE _settings SET value = ? WHERE key = 'base_url'", upstream.base_url)
    execute(db, "UPDATE _runs SET base_url = ?", upstream.base_url)
    return db


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """The folder that the writer publishes to."""
    return tmp_path / "out"


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """The reader's file, in a folder of its own."""
    folder = tmp_path / "reader"
    folder.mkdir()
    return folder / "mine.db"


@pytest.fixture
def served(once: Path, out: Path) -> Iterator[StaticSite]:
    """A web server of what was published once."""
    shutil.copytree(once / "first", out)
    with site(out) as server:
        yield server


@pytest.fixture
def news(
    synced: Path, out: Path, upstream: fake_ll2.FakeLL2, run: Callable[..., Ran]
) -> Callable[..., Any]:
    """Makes the upstream change, the writer sync and publish; gives the manifest."""

    def news(name: str = "Renamed") -> Any:
        upstream.records["spacecraft", "normal"][0]["name"] = name
        for arguments in (("sync", synced), ("publish", synced, out)):
            assert run(*arguments).code == 0
        return json.loads((out / "manifest.json").read_text())

    return news
