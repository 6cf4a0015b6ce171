"""What many tests use: the program and what it printed, a clock, a file's rows."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from click.testing import CliRunner

from ll2_mirror.cli.main import main
from ll2_mirror.clock import Clock
from ll2_mirror.ll2.model import Shape
from ll2_mirror.testing.fake_ll2 import FakeLL2
from ll2_mirror.transform.normalize import Group, Normalizer

if TYPE_CHECKING:
    from editable_ll2 import EditableLL2

ROOT = Path(__file__).parents[1]
FIXTURES = ROOT / "tests" / "fixtures"
START = datetime(2026, 1, 1, tzinfo=UTC)  # where a clock starts whose times a test knows
PROGRAM = [sys.executable, "-c", "from ll2_mirror.cli.main import main; main()"]
T = TypeVar("T")
SOAK = bool(os.environ.get("LL2_MIRROR_SOAK"))  # as make soak sets it: try more, for longer
Listed = dict[Any, str]  # names by id
NAMES = (
    "SELECT _records.id, name FROM _records LEFT JOIN spacecraft USING (id)"
    " WHERE resource = 'spacecraft'"
)
AGENCIES = (
    "SELECT DISTINCT agencies.name FROM agencies"
    " JOIN spacecraft_configurations ON agency_id = agencies.id"
)


@dataclass
class Ran:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        """What it told people, wherever."""
        return self.out + self.err

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class TestClock(Clock):
    """A clock that only sleeping moves, and by a microsecond each look at it.

    It starts at the machine's time, as what a test runs as a process of its own goes by that.
    """

    __test__ = False

    def __init__(self, start: datetime | None = None) -> None:
        self.time = start or datetime.now(UTC)
        self.slept: list[float] = []

    def now(self) -> datetime:
        self.time += timedelta(microseconds=1)
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.move(seconds)

    def move(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


def ll2_time(moment: datetime) -> str:
    """A time as LL2 prints it, to the second."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


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


def pages_asked(upstream: FakeLL2) -> list[str]:
    """The paths of the requests that count against a limit."""
    return [path for path, _ in upstream.log if "api-throttle" not in path]


def many(upstream: FakeLL2, count: int) -> None:
    """Has the upstream list so many craft."""
    first = upstream.records["spacecraft", "normal"][0]
    upstream.records["spacecraft", "normal"] = [{**first, "id": n} for n in range(1, count + 1)]


def sync(db: Path, *arguments: str) -> Any:
    """Syncs a file; gives what was done, as JSON."""
    result = CliRunner().invoke(main, ["sync", str(db), "--json", *arguments])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def grow_old(db: Path) -> None:
    """Makes a file as an earlier version left it: pages by walk, other public tables."""
    with closing(sqlite3.connect(db)) as conn:
        conn.executescript(
            "PRAGMA foreign_keys = OFF; BEGIN;"
            " DROP TABLE _requests; DROP TABLE _throttles;"
            " CREATE TABLE _bodies AS SELECT DISTINCT digest, ids, body"
            " FROM _staged JOIN _pages ON _pages.id = page;"
            ' CREATE TABLE _old AS SELECT walk, "offset", "limit", digest'
            " FROM _staged JOIN _pages ON _pages.id = page;"
            " DROP TABLE _staged; DROP TABLE _pages; ALTER TABLE _old RENAME TO _pages;"
            " CREATE TABLE _old AS SELECT resource, id FROM _records;"
            " DROP TABLE _records; ALTER TABLE _old RENAME TO _records;"
            " ALTER TABLE _quarantine ADD COLUMN mode; ALTER TABLE _quarantine ADD COLUMN stands;"
            " ALTER TABLE _walks DROP COLUMN total;"
            " ALTER TABLE spacecraft DROP COLUMN description;"
            " DROP TABLE image_variants; DELETE FROM agencies;"
            " CREATE TABLE mine (x); INSERT INTO mine VALUES (1);"
            " CREATE VIEW names AS SELECT name FROM spacecraft;"
            " PRAGMA user_version = 1; COMMIT;"
        )


def normalized(shape: Shape, records: list[Any]) -> list[Group]:
    """The rows that records make, in groups."""
    normalizer = Normalizer()
    for place, record in enumerate(records):
        normalizer.add(shape, record, place)
    return normalizer.take()


def command(clock: Clock, *arguments: object) -> Ran:
    """Runs ll2-mirror in this process, by this clock."""
    result = CliRunner().invoke(main, [str(a) for a in arguments], obj=clock)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Ran(result.exit_code, result.stdout, result.stderr)


def settle(clock: Clock, db: Path, *arguments: object) -> None:
    """Syncs until LL2 was asked about all that a walk didn't meet: each sync asks about a few."""
    syncs = (command(clock, "sync", db, "--json", *arguments) for _ in range(100))
    assert any(not done.json["missing"] for done in syncs)


def published(db: Path) -> Listed:
    """The name of each record that a file lists, by id."""
    return dict(execute(db, NAMES))


def equals(db: Path, ll2: EditableLL2) -> bool:
    """Whether a file is a true mirror: the same records, their agency, and verify agrees."""
    verdict = command(ll2.clock, "verify", db)
    assert verdict.code == 0, verdict.out + verdict.err
    assert published(db) == ll2.listed
    assert execute(db, AGENCIES) == ([(ll2.agency,)] if ll2.craft else [])
    return True


def quarantine(db: Path, clock: Clock) -> list[Any]:
    """The records that a file keeps aside."""
    kept: list[Any] = json.loads(command(clock, "status", db, "--json").out)["quarantine"]
    return kept


def rows(db: Path, sql: str, values: Any = ()) -> tuple[list[str], list[tuple[Any, ...]]]:
    """The columns and the rows that a query of a file gives."""
    with closing(sqlite3.connect(db)) as conn:
        cursor = conn.execute(sql, values)
        return [column[0] for column in cursor.description], cursor.fetchall()


def cells(answer: str) -> list[list[str]]:
    """The head and the lines of a shown answer, cell by cell."""
    head, rule, *lines = answer.splitlines()
    spans = [match.span() for match in re.finditer("-+", rule)]
    return [[line[start:end].strip() for start, end in spans] for line in (head, *lines)]


def sampled(cases: Iterable[T], few: int) -> list[T]:
    """A few of the cases, one of each stretch and not at the same place in it; in a soak, all."""
    every = list(cases)
    step = 1 if SOAK else -(-len(every) // few)
    starts = range(0, len(every) - step + 1, step)
    return [every[start + number % step] for number, start in enumerate(starts)]


def examples(few: int, many: int | None = None) -> int:
    """How many examples a property is tried with; in a soak so many, else a few."""
    return (many or 20 * few) if SOAK else few


def eventually(true: Callable[[], object]) -> None:
    """Waits until something is true, for a minute at most."""
    until = time.monotonic() + 60
    while not true():
        assert time.monotonic() < until
        time.sleep(0.05)


@contextmanager
def counting_steps(conn: sqlite3.Connection) -> Iterator[Callable[[], int]]:
    """Counts the steps of SQLite's machine in thousands: the same on any machine."""
    count = 0

    def step() -> None:
        nonlocal count
        count += 1000

    conn.set_progress_handler(step, 1000)
    yield lambda: count
    conn.set_progress_handler(None, 0)


def growth(read: Callable[[T], object], make: Callable[[int], T], size: int) -> float:
    """How reading grows with the size, from eight times as much: 1 if linear, 8 if quadratic.

    Of several runs in turn the shortest, in the thread's own time: a loaded machine is no growth.
    """

    def took(value: T) -> float:
        began = time.thread_time()
        read(value)
        return time.thread_time() - began

    small, large = make(size), make(8 * size)
    times = [(took(large), took(small)) for _ in range(3)]
    of_large, of_small = map(min, zip(*times, strict=True))
    return of_large / of_small / 8
