"""What a sync costs, as ratios to a floor measured in the same run: ``make bench``.

Both sides run in turn, each as a whole process, against a loopback server in a process of its own
that has every page ready. CPU time and peak memory are what the system says of each process; the
numbers are medians. Exits 1 where a goal is missed.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import resource
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from itertools import islice
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import isodate
from tool import MB, SCRIPT, spawned

HERE = Path(__file__).resolve().parent
SAMPLE = HERE.parent / "data" / "spacecraft.normal.json"
ROOT = "https://ll.thespacedevs.com/2.3.0"
LIMIT = 100
CONFIGS, AGENCIES, OWN_IMAGE = 60, 40, 0.4  # LL2's 596 craft share about as many; 300 images

START_UP = 596  # with so few records the time to start counts
PHASES = ("first sync", "nothing changed", "1 % changed")


class Kind(NamedTuple):
    """What is synced, with its goals: CPU as ratios by phase, and memory in MB.

    The floor has no history, stages no pages, and looks at nothing twice that a page repeats.
    """

    name: str
    mode: str
    goals: tuple[float, float, float]
    staging: float  # beyond fetching the pages, of the floor's first sync
    memory: int
    file: float  # its size beyond the tables', of the pages in gzip


SPACECRAFT = Kind("spacecraft", "normal", (2.0, 0.75, 1.6), 0.5, 64, 3.1)
LAUNCHES = (
    Kind("launches", "normal", (2.0, 0.75, 1.6), 0.5, 96, 0.8),
    Kind("launches", "detailed", (2.3, 0.75, 1.9), 0.5, 160, 0.8),
)
AT_START_UP = SPACECRAFT._replace(goals=(2.5, 2.5, 2.5), staging=1.5)
GROWTH = 1.25  # of the memory from 10,000 to 100,000 records: the ids of one walk, and caches
PUBLIC = r"NOT LIKE '\_%' ESCAPE '\'"
# Samples are of two servers, without the host of LL2's own links.
_RIGHT = {':"/2.3.0/': f':"{ROOT}/', "//thespacedevs-dev.": "//thespacedevs-prod."}


def pages(kind: Kind, count: int, changed: bool) -> Iterator[bytes]:
    """The pages as LL2 sends them, compressed; ``changed``: one record in 100 is another."""
    make = _launches if kind.name == "launches" else _spacecraft
    records = make(kind, count, changed)
    for _ in range(0, count, LIMIT):
        results = list(islice(records, LIMIT))
        page = {"count": count, "next": None, "previous": None, "results": results}
        text = json.dumps(page, ensure_ascii=False, separators=(",", ":"))
        for part, right in _RIGHT.items():
            text = text.replace(part, right)
        yield gzip.compress(text.encode())


def _launches(kind: Kind, count: int, changed: bool) -> Iterator[dict[str, Any]]:
    # Imported where they are needed, since the process that measures must stay small.
    lists, fake_ll2 = import_module("lists"), import_module("ll2_mirror.testing.fake_ll2")
    shape = import_module("ll2_mirror.ll2.lists").RESOURCES[kind.name].modes[kind.mode]
    for number, record in enumerate(lists.launches(count)["launches", "detailed"]):
        edit = {"hashtag": "Updated"} if changed and number % 100 == 50 else {}
        yield fake_ll2.adapted(shape, {**record, **edit})


def _spacecraft(_: Kind, count: int, changed: bool) -> Iterator[dict[str, Any]]:
    samples = json.loads(SAMPLE.read_bytes())["results"]
    random = Random(count)  # noqa: S311  (the same records each time)
    configs = [_config(samples, number) for number in range(CONFIGS)]
    for number in range(count):
        sample = random.choice(samples)
        config = configs[int(CONFIGS * random.random() ** 2)]  # some fly often, most don't
        own = random.random() < OWN_IMAGE
        edit = " Updated." if changed and number % 100 == 50 else ""
        times = {
            key: isodate.duration_isoformat(timedelta(seconds=random.randrange(30_000_000)))
            for key in ("time_in_space", "time_docked", "fastest_turnaround")
            if sample[key] not in (None, "P0D")
        }
        news = {
            "id": number + 1,
            "url": f"{ROOT}/spacecraft/{number + 1}/",
            "name": f"{sample['name']} {number}",
            "serial_number": sample["serial_number"] and f"{sample['serial_number']}-{number}",
            "image": _image(samples, CONFIGS + number) if own else config["image"],
            "description": f"{sample['description']} {number}{edit}",
            "spacecraft_config": config,
        }
        yield {**sample, **news, **times}


def _config(samples: list[Any], number: int) -> dict[str, Any]:
    """A configuration; two each have the same families."""
    pair = number // 2
    sample = samples[pair % len(samples)]["spacecraft_config"]
    families: list[dict[str, Any]] = []
    for family in sample["family"]:
        id_ = 2 * pair + len(families)
        news = {"id": id_, "name": f"Family {id_}", "manufacturer": _agency(samples, pair)}
        if family["parent"]:
            news["parent"] = family["parent"] | {k: families[0][k] for k in ("id", "name")}
        families.append({**family, **news})
    return {
        **sample,
        "id": number,
        "url": f"{ROOT}/spacecraft_configurations/{number}/",
        "name": f"{sample['name']} {number}",
        "agency": _agency(samples, number % AGENCIES),
        "family": families,
        "image": _image(samples, number),
    }


def _agency(samples: list[Any], number: int) -> dict[str, Any]:
    sample = samples[number % len(samples)]["spacecraft_config"]["agency"]
    url = f"{ROOT}/agencies/{number}/"
    return {**sample, "id": number, "url": url, "name": f"{sample['name']} {number}"}


def _image(samples: list[Any], number: int) -> dict[str, Any]:
    """An image; one in ten has a variant."""
    sample = samples[0]["image"]
    url = sample["image_url"].replace(".jpg", f"_{number}.jpg")
    variant = {"id": number, "type": {"id": 1, "name": "Small"}, "image_url": url}
    variants = [variant] if number % 10 == 0 else []
    return {**sample, "id": number, "name": f"{number}", "image_url": url, "variants": variants}


class Handler(BaseHTTPRequestHandler):
    """Answers with the page at the offset asked for."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    pages: list[bytes]

    def do_GET(self) -> None:
        """Sends one page; nothing but pages is there."""
        offset = parse_qs(urlsplit(self.path).query).get("offset")
        if offset is None:
            self.send_error(404)
            return
        body = self.pages[int(offset[0]) // LIMIT]
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


def serve(kind: Kind, count: int, pipe: Connection) -> None:
    """Serves the records. The pipe tells its URL and their size, then takes whether they change."""
    states = {changed: list(pages(kind, count, changed)) for changed in (False, True)}
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    pipe.send((f"http://127.0.0.1:{server.server_address[1]}", sum(map(len, states[False]))))
    while True:
        Handler.pages = states[pipe.recv()]
        pipe.send("ready")


class Side(NamedTuple):
    """The tool or the floor: the file it makes, and the command that syncs it."""

    db: Path
    command: list[str]

    def run(self, expected: int = 0) -> tuple[float, float]:
        """Syncs; gives the CPU time in seconds, user and system, and the peak memory in MB."""
        pid = os.posix_spawn(self.command[0], self.command, os.environ)
        _, status, usage = os.wait4(pid, 0)
        if os.waitstatus_to_exitcode(status) != expected:
            sys.exit(f"{' '.join(self.command)} failed")
        # Linux counts what this process held when it made the other one: it must be the smaller.
        mine = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        assert "fetch" in self.command or usage.ru_maxrss > mine
        return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / MB


def differing_tables(one: Path, other: Path) -> list[str]:
    """The public tables that don't hold the same, less the tool's own columns."""
    found = []
    with closing(sqlite3.connect(one)) as conn:
        conn.execute("ATTACH ? AS other", (str(other),))
        tables = conn.execute(
            f"SELECT name FROM sqlite_schema WHERE type = 'table' AND name {PUBLIC}"
        )
        for (table,) in tables.fetchall():
            names = [row[1] for row in conn.execute(f"PRAGMA table_info({table})")]
            columns = ", ".join(f'"{name}"' for name in names if name[0] != "_")
            a, b = (f"SELECT {columns} FROM {schema}.{table}" for schema in ("main", "other"))
            for sql in (f"{a} EXCEPT {b}", f"{b} EXCEPT {a}"):
                if conn.execute(sql).fetchone():
                    found.append(table)
    return found


def public_pages_written(side: Side) -> int | str:
    """The pages of public tables and their indexes that another sync writes.

    A reader that stays makes SQLite keep all that is written in the write-ahead log, by page.
    """
    query = f"SELECT pageno FROM dbstat JOIN sqlite_schema USING (name) WHERE tbl_name {PUBLIC}"
    with closing(sqlite3.connect(side.db, isolation_level=None)) as reader:
        frame = 24 + reader.execute("PRAGMA page_size").fetchone()[0]
        try:
            reader.execute("BEGIN")
            public = set(reader.execute(query))
        except sqlite3.OperationalError:
            return "no dbstat in this SQLite"
        side.run()
        reader.execute("COMMIT")
        public.update(reader.execute(query))
        with side.db.with_name(f"{side.db.name}-wal").open("rb") as log:
            log.seek(32)
            return sum(
                (int.from_bytes(f[:4], "big"),) in public
                for f in iter(lambda: log.read(frame), b"")
            )


def size_of(db: Path) -> int:
    """The bytes of a file, without the indexes for search, of which the floor's are empty."""
    of_search = r"SELECT sum(pgsize) FROM dbstat WHERE name LIKE '\_search%' ESCAPE '\'"
    with closing(sqlite3.connect(db)) as conn:
        searched: int = conn.execute(of_search).fetchone()[0]
    return db.stat().st_size - searched


class Table:
    """Prints a line for each goal; ``missed`` counts."""

    def __init__(self) -> None:
        self.missed = 0
        self._print("records", "", "tool", "floor", "ratio", "goal", "")

    def line(self, *cells: object, ok: bool) -> None:
        """The cells: records, what, the tool's, the floor's, their ratio, the goal."""
        self.missed += not ok
        self._print(*cells, "ok" if ok else "MISSED")

    @staticmethod
    def _print(*cells: object) -> None:
        line = "{:>14}  {:<30}{:>9}{:>9}{:>7}  {:<11}{}".format(*cells)
        print(line.rstrip(), flush=True)  # noqa: T201  (a script)


class Measured(NamedTuple):
    """What was measured of one kind at one size."""

    costs: dict[str, tuple[list[tuple[float, float]], ...]]  # of each side by phase
    staging: list[float]  # seconds of CPU beyond fetching the pages
    sizes: tuple[int, int]  # bytes of each side's file after the first sync
    packed: int  # bytes of the pages in gzip
    written: int | str  # public pages that a sync without changes writes


def measured(kind: Kind, size: int, runs: int) -> Measured:
    """Runs both sides in turn, so many times."""
    costs: dict[str, tuple[list[tuple[float, float]], ...]] = {phase: ([], []) for phase in PHASES}
    written: int | str = 0
    staged, sizes = list[float](), (0, 0)
    with spawned(serve, kind, size) as pipe:
        url, packed = pipe.recv()
        for turn in range(runs):
            with TemporaryDirectory() as folder:
                tool, floor = _sides(Path(folder), kind, url)
                for phase in PHASES:
                    pipe.send(phase == "1 % changed")
                    pipe.recv()
                    for side, found in zip((tool, floor), costs[phase], strict=True):
                        found.append(side.run())
                    if turn == 0 and (differing := differing_tables(tool.db, floor.db)):
                        sys.exit(f"after {phase}, the floor holds something else: {differing}")
                    if phase == "first sync":
                        sizes = (size_of(tool.db), size_of(floor.db))
                written = public_pages_written(tool)
                staged.append(_staging(Path(folder, "staged.db"), tool, floor, size))
    return Measured(costs, staged, sizes, packed, written)


def _staging(db: Path, tool: Side, floor: Side, size: int) -> float:
    """The seconds of CPU that a sync takes to stage pages, beyond fetching them."""
    most = max(1, -(-size // LIMIT) - 1)  # all pages but the last: it publishes nothing
    stage = [*tool.command[:2], str(db), *tool.command[3:], "--max-requests", str(most)]
    cpu, _ = Side(db, stage).run(expected=75)
    return cpu - Side(tool.db, [*floor.command, "fetch"]).run()[0]


def bench(kind: Kind, size: int, runs: int, table: Table) -> float:
    """Measures one kind at one size; gives the tool's peak memory in MB."""
    costs, staging, sizes, packed, written = measured(kind, size, runs)
    what = f"{size:,} {kind.mode}" if kind.name == "launches" else f"{size:,}"
    goals = kind if size > START_UP else AT_START_UP
    for phase, goal in zip(PHASES, goals.goals, strict=True):
        a, b = (median(cpu for cpu, _ in found) for found in costs[phase])
        cells = (f"{a:.2f} s", f"{b:.2f} s", f"{a / b:.2f}", f"<= {goal}")
        table.line(what, f"CPU, {phase}", *cells, ok=a / b <= goal)
    a, b = median(staging), median(cpu for cpu, _ in costs["first sync"][1])
    cells = (f"{a:.2f} s", f"{b:.2f} s", f"{a / b:.2f}", f"<= {goals.staging}")
    table.line(what, "CPU, staging beside it", *cells, ok=a / b <= goals.staging)
    table.line(what, "pages written, unchanged", written, "", "", 0, ok=not written)
    more = (sizes[0] - sizes[1]) / packed
    cells = (
        f"{sizes[0] / 1e6:.1f} MB",
        f"{sizes[1] / 1e6:.1f} MB",
        f"{more:.2f}",
        f"<= {kind.file}",
    )
    table.line(what, "file, by gzip, less tables", *cells, ok=more <= kind.file)
    a, b = (max(mb for cost in costs.values() for _, mb in cost[side]) for side in (0, 1))
    cells = (f"{a:.1f} MB", f"{b:.1f} MB", "", f"<= {kind.memory} MB")
    table.line(what, "memory", *cells, ok=a <= kind.memory)
    return a


def _sides(folder: Path, kind: Kind, url: str) -> tuple[Side, Side]:
    """The tool and the floor, each with a file of its own."""
    db, other = folder / "tool.db", folder / "floor.db"
    floor = str(HERE / "floor.py")
    tool = [SCRIPT, "sync", str(db), kind.name, "--mode", kind.mode, "--quiet"]
    return (
        Side(db, [*tool, "--base-url", url]),
        Side(other, [sys.executable, floor, str(other), url, kind.name, kind.mode]),
    )


def main() -> None:
    """Measures each size, then exits."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="596,10000,100000", help="of spacecraft")
    parser.add_argument("--runs", default="5,3,1", help="how often, by size")
    parser.add_argument("--launches", type=int, default=7800, help="how many; 0: none")
    options = parser.parse_args()
    sizes, runs = ([int(n) for n in text.split(",")] for text in (options.sizes, options.runs))
    table, rounds = Table(), zip(sizes, runs, strict=True)
    peaks = {n: bench(SPACECRAFT, n, turns, table) for n, turns in rounds if n}
    for kind in LAUNCHES if options.launches else ():
        bench(kind, options.launches, 3, table)
    if {10_000, 100_000} <= set(sizes):
        growth = peaks[100_000] / peaks[10_000]
        cells = ("", "", f"{growth:.2f}", f"<= {GROWTH}")
        table.line("", "memory, of that at 10,000", *cells, ok=growth <= GROWTH)
    sys.exit(1 if table.missed else 0)


if __name__ == "__main__":
    main()
