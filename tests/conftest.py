"""Real parts: SQLite files, an upstream on loopback, the commands as a user runs them."""

from __future__ import annotations

import copy
import json
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlite_utils
from click.testing import CliRunner
from hypothesis import HealthCheck, settings

from etl import sample
from etl.check import check
from etl.cli import main
from etl.files import shipped

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


@pytest.fixture
def run() -> Callable[..., Ran]:
    """Runs ll2-mirror with these arguments."""

    def run(*arguments: object, env: dict[str, str] | None = None) -> Ran:
        result = CliRunner().invoke(main, [str(a) for a in arguments], env=env)
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
