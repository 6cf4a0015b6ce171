"""Real parts: SQLite files, an upstream on loopback, the commands as a user runs them."""

from __future__ import annotations

import copy
import json
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlite_utils
from click.testing import CliRunner
from hypothesis import HealthCheck, settings

from etl import sample
from etl.budget import Budget
from etl.check import check
from etl.cli import main
from etl.clock import Clock
from etl.files import shipped
from etl.http import Http
from etl.store import open_store
from etl.upstream import Upstream

settings.register_profile(
    "tests",
    deadline=None,  # a loaded machine is no failure
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    derandomize=True,
)
settings.load_profile("tests")

FIXTURES = Path(__file__).parent / "fixtures"


def pytest_sessionstart() -> None:
    """No test means anything where the shapes and schema.sql disagree."""
    with sqlite_utils.Database(memory=True) as db:
        db.executescript(shipped("schema.sql").read_text(encoding="utf-8"))
        if complaints := check(db):
            pytest.exit("\n".join(complaints), returncode=1)


@dataclass
class Ran:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class TestClock(Clock):
    """The machine's clock, ahead by what was slept: nothing in a test waits for a pause."""

    __test__ = False

    def __init__(self) -> None:
        self.ahead = timedelta(0)
        self.slept: list[float] = []

    def now(self) -> datetime:
        return super().now() + self.ahead

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.ahead += timedelta(seconds=seconds)


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
        return Ran(result.exit_code, result.stdout, result.stderr)

    return run


@pytest.fixture
def upstream() -> Iterator[sample.SampleUpstream]:
    """The bundled upstream; a test may edit its records between syncs."""
    with sample.running(copy.deepcopy(sample.bundled())) as server:
        yield server


@pytest.fixture
def asking(tmp_path: Path, clock: TestClock) -> Iterator[Callable[..., Upstream]]:
    """Makes what asks a server, with the budget that a file of its own keeps."""
    with open_store(tmp_path / "asking.db", clock, create=True) as store:

        def asking(base_url: str, token: str | None = None, timeout: float = 30.0) -> Upstream:
            http = Http(base_url, token, timeout)
            budget = Budget(store, clock, http.base_url)
            return Upstream(http, budget, clock, has_token=bool(token))

        yield asking


@pytest.fixture
def db(tmp_path: Path) -> Path:
    return tmp_path / "spacecraft.db"


@pytest.fixture
def synced(db: Path, upstream: sample.SampleUpstream, run: Callable[..., Ran]) -> Path:
    """A file that mirrors the bundled spacecraft."""
    assert run("sync", db, "--base-url", upstream.base_url).code == 0
    return db


def public_rows(db: Path) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all public tables."""
    conn = sqlite3.connect(db)
    try:
        names = [
            name
            for (name,) in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            if not name.startswith(("_", "sqlite_"))
        ]
        return {name: sorted(conn.execute(f'SELECT * FROM "{name}"'), key=repr) for name in names}
    finally:
        conn.close()


def execute(db: Path, sql: str, *parameters: Any) -> list[Any]:
    """Runs one statement on a file, committed."""
    conn = sqlite3.connect(db)
    try:
        rows = conn.execute(sql, parameters).fetchall()
        conn.commit()
        return rows
    finally:
        conn.close()


def pages_asked(upstream: sample.SampleUpstream) -> list[str]:
    """The paths of the requests that count against a limit."""
    return [path for path, _ in upstream.log if "api-throttle" not in path]
