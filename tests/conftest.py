"""Real parts: SQLite files, an upstream on loopback, the commands as a user runs them."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partialmethod
from pathlib import Path
from typing import Any

import jinja2
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, settings
from jinja2.bccache import Bucket

from helpers import Ran, TestClock, command
from ll2_mirror.cli.main import main
from ll2_mirror.errors import Bug
from ll2_mirror.extract.client import Client
from ll2_mirror.extract.rate_limit import Budget
from ll2_mirror.extract.upstream import Upstream
from ll2_mirror.store.file import open_store
from ll2_mirror.testing import fake_ll2
from ll2_mirror.testing.fake_ll2 import FakeLL2

settings.register_profile(
    "tests",
    deadline=None,  # a loaded machine is no failure
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    derandomize=True,
)
settings.load_profile("tests")

# A sync freezes what its process has, as it ends with it; this one goes on, so its garbage stayed.
gc.freeze = lambda: None


class CompiledTemplates(jinja2.BytecodeCache):
    """The templates that were compiled: many tests start a Datasette, which would do it anew."""

    def __init__(self) -> None:
        self._compiled: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if found := self._compiled.get(self._key(bucket)):
            bucket.bytecode_from_string(found)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._compiled[self._key(bucket)] = bucket.bytecode_to_string()

    def _key(self, bucket: Bucket) -> str:
        """Datasette's are asynchronous, those of the API's pages are not."""
        return f"{bucket.key} {bucket.checksum} {bucket.environment.is_async}"


jinja2.Environment.__init__ = partialmethod(
    jinja2.Environment.__init__, bytecode_cache=CompiledTemplates()
)

# Under nohup, and in the background of some shells, they are ignored, and would be by all children.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)


def pytest_configure() -> None:
    """Tests write to memory where there is room: a sync waits for the disk half of its time."""
    memory = Path("/dev/shm")
    if memory.is_dir() and shutil.disk_usage(memory).free > 4 * 2**30:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(memory))


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors: some tests wait for others' programs."""
    return (os.cpu_count() or 1) + 1


@pytest.fixture
def clock() -> TestClock:
    return TestClock()


@pytest.fixture
def run(clock: TestClock) -> Callable[..., Ran]:
    """Runs ll2-mirror with these arguments."""

    def run(*arguments: object, env: dict[str, str] | None = None) -> Ran:
        result = CliRunner().invoke(main, [str(a) for a in arguments], env=env, obj=clock)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code != Bug.exit_code, result.stderr
        return Ran(result.exit_code, result.stdout, result.stderr)

    return run


@pytest.fixture(scope="session")
def one_upstream() -> Iterator[FakeLL2]:
    """The server behind ``upstream``: one, so that a file that was synced once knows its URL."""
    with fake_ll2.running({}) as server:
        yield server


@pytest.fixture
def upstream(one_upstream: FakeLL2) -> Iterator[FakeLL2]:
    """The bundled upstream; a test may edit its records between syncs."""
    attributes = set(vars(one_upstream))
    one_upstream.reset(fake_ll2.bundled())
    yield one_upstream
    for name in set(vars(one_upstream)) - attributes:  # as what monkeypatch gives back
        delattr(one_upstream, name)


@pytest.fixture
def asking(tmp_path: Path, clock: TestClock) -> Iterator[Callable[..., Upstream]]:
    """Makes what asks a server, with the budget that a file of its own keeps."""
    with open_store(tmp_path / "asking.db", clock, create=True) as store:

        def asking(base_url: str, token: str | None = None, timeout: float = 30.0) -> Upstream:
            client = Client(base_url, token, timeout)
            budget = Budget(store, client.base_url, token=bool(token))
            return Upstream(client, budget, clock)

        yield asking


@pytest.fixture
def db(tmp_path: Path) -> Path:
    return tmp_path / "spacecraft.db"


Sample = dict[str, tuple[Path, datetime]]  # a file by mode, and when it was synced


@pytest.fixture(scope="session")
def sample(one_upstream: FakeLL2, tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """Files that mirror the bundled spacecraft since an hour ago; tests have copies."""
    folder, clock, files = tmp_path_factory.mktemp("sample"), TestClock(), {}
    clock.move(-3600)
    for mode in ("normal", "detailed"):
        one_upstream.reset(fake_ll2.bundled())
        options = ("--mode", mode, "--base-url", one_upstream.base_url)
        assert command(clock, "sync", folder / mode, *options).code == 0
        files[mode] = folder / mode, clock.time
    return files


@pytest.fixture
def synced(sample: Sample, db: Path, upstream: FakeLL2, clock: TestClock) -> Path:
    """A file that mirrors the bundled spacecraft, synced just now by the test's clock."""
    shutil.copy(sample["normal"][0], db)
    clock.time = sample["normal"][1]
    return db


@pytest.fixture
def detailed(sample: Sample, db: Path, upstream: FakeLL2, clock: TestClock) -> Path:
    """The same in detailed mode."""
    shutil.copy(sample["detailed"][0], db)
    clock.time = sample["detailed"][1]
    return db


@pytest.fixture
def little_room(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """Makes a folder of its own for a file system of so many bytes."""
    mounted = []

    def make(size: int) -> Path:
        folder = tmp_path / "small"
        folder.mkdir(exist_ok=True)
        mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
        if subprocess.run(mount, capture_output=True).returncode:
            pytest.skip("can't mount here")
        mounted.append(folder)
        return folder

    yield make
    for folder in mounted:
        subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """A browser, real and without a head; without one on this machine, the test is skipped.

    While it is there, no other loop of asyncio runs in this thread.
    """
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("no Chromium on this machine")
    flags = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
    flags += ["--disable-background-networking", "--disable-component-update"]
    flags += ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=flags)
        yield browser
        browser.close()
