"""What publishing and pulling cost, as ratios to copying the file in the same run.

Both sides run in turn, each as a whole process. While a pull applies, two readers ask again and
again, one by SQL and one through ``ll2-mirror serve``: none may fail or wait. Times are by the
clock, as copying waits for the disk, less what each side takes to start, and the shortest of some
runs: what a loaded machine adds is none of theirs. Copying ends when the disk has the file, as
publishing does. Exits 1 where a goal is missed.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import shutil
import sqlite3
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, sleep

import requests
from bench import GROWTH, SPACECRAFT, Table, serve
from tool import MB, SCRIPT, serving, spawned

RUNS = 5
UNCHANGED = 50  # ms beyond start-up
CHANGED = 3.0  # of copying the file: SQLite copies page by page, then the digest is made
SLOWEST = 100  # ms that a reader may wait while a pull applies
COPY = """
import os, shutil, sys
shutil.copyfile(sys.argv[1], sys.argv[2])
for path in (sys.argv[2], os.path.dirname(sys.argv[2])):
    file = os.open(path, os.O_RDONLY)
    os.fsync(file)
"""


def run(*command: object) -> tuple[float, float]:
    """Runs a command; gives its time in ms and its peak memory in MB."""
    words = [str(word) for word in command]
    began = perf_counter()
    pid = os.posix_spawn(words[0], words, os.environ, file_actions=[_SILENT])
    _, status, usage = os.wait4(pid, 0)
    if os.waitstatus_to_exitcode(status):
        sys.exit(f"{' '.join(words)} failed")
    return (perf_counter() - began) * 1000, usage.ru_maxrss / MB


_SILENT = (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)


def made(folder: Path, size: int) -> tuple[Path, Path]:
    """A mirror of so many records, and the same after one in 100 changed."""
    first, then = folder / "first.db", folder / "then.db"
    with spawned(serve, SPACECRAFT, size) as pipe:
        url, _ = pipe.recv()
        for changed, db in ((False, first), (True, then)):
            pipe.send(changed)
            pipe.recv()
            if changed:
                shutil.copy(first, then)
            run(SCRIPT, "sync", db, "--base-url", url, "--quiet")
    return first, then


def publishing(folder: Path, size: int, then: Path, table: Table) -> float:
    """Measures what publishing costs; gives its peak memory in MB."""
    out, peaks = folder / "out", []
    changed, copies, unchanged, starts, bare = (list[float]() for _ in range(5))
    for _ in range(RUNS):
        starts.append(run(SCRIPT, "--version")[0])
        bare.append(run(sys.executable, "-c", "import os, shutil, sys")[0])
        copies.append(run(sys.executable, "-c", COPY, then, folder / "copy.db")[0])
        shutil.rmtree(out, ignore_errors=True)
        took, peak = run(SCRIPT, "publish", then, out)
        changed.append(took)
        peaks.append(peak)
        unchanged.append(run(SCRIPT, "publish", then, out)[0])
    start, floor = min(starts), min(copies) - min(bare)
    beyond, took = min(unchanged) - start, min(changed) - start
    cells = (f"{beyond:.0f} ms", f"{start:.0f} ms", "", f"<= {UNCHANGED} ms")
    table.line(f"{size:,}", "publish, nothing new", *cells, ok=beyond <= UNCHANGED)
    if size >= 100_000:  # of a small file, the start-up is all
        cells = (f"{took:.0f} ms", f"{floor:.0f} ms", f"{took / floor:.2f}", f"<= {CHANGED}")
        table.line(f"{size:,}", "publish, of copying it", *cells, ok=took / floor <= CHANGED)
    return max(peaks)


def _watch(where: str, ended: object, pipe: object) -> None:
    """Asks again and again, through a connection that stays; gives the slowest answer in ms."""
    slowest, count, failed = 0.0, 0, 0
    session = requests.Session()
    session.trust_env = False
    conn = None if "://" in where else sqlite3.connect(where, timeout=0)
    while not ended.is_set():  # type: ignore[attr-defined]
        began = perf_counter()
        try:
            if conn:
                conn.execute("SELECT name FROM spacecraft ORDER BY id LIMIT 10").fetchall()
            else:
                failed += not session.get(f"{where}/2.3.0/spacecraft/?limit=10").ok
        except (sqlite3.Error, requests.RequestException):
            failed += 1
        slowest = max(slowest, (perf_counter() - began) * 1000)
        count += 1
        sleep(0.001)
    pipe.send((slowest, count, failed))  # type: ignore[attr-defined]


def pulling(folder: Path, size: int, first: Path, then: Path, table: Table) -> float:
    """Measures what a pull costs those who read; gives its peak memory in MB."""
    db, peaks = folder / "reader.db", []
    worst = {"by SQL": (0.0, 0), "through serve": (0.0, 0)}
    for _ in range(RUNS):
        run(SCRIPT, "pull", first, db, "--allow-older")
        with serving(SCRIPT, "serve", str(db), "--port", "0") as port:
            ended, pipes = multiprocessing.Event(), {}
            for name, where in zip(worst, (str(db), f"http://127.0.0.1:{port}"), strict=True):
                mine, its = multiprocessing.Pipe()
                pipes[name] = mine
                multiprocessing.Process(target=_watch, args=(where, ended, its)).start()
            sleep(1)
            peaks.append(run(SCRIPT, "pull", then, db)[1])
            sleep(0.5)
            ended.set()
            for name, pipe in pipes.items():
                slowest, _, failed = pipe.recv()
                worst[name] = (max(worst[name][0], slowest), worst[name][1] + failed)
    for name, (slowest, failed) in worst.items():
        cells = (f"{slowest:.0f} ms", "", f"{failed}", f"<= {SLOWEST} ms")
        ok = slowest <= SLOWEST and not failed
        table.line(f"{size:,}", f"a pull, {name}: slowest", *cells, ok=ok)
    return max(peaks)


def bench(size: int, table: Table) -> float:
    """Measures one size; gives the peak memory in MB."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        first, then = made(folder, size)
        peak = publishing(folder, size, then, table)
        peak = max(peak, pulling(folder, size, first, then, table))
        cells = (f"{peak:.1f} MB", "", "", f"<= {SPACECRAFT.memory} MB")
        table.line(f"{size:,}", "memory", *cells, ok=peak <= SPACECRAFT.memory)
        return peak


def main() -> None:
    """Measures each size, then exits."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="10000,100000", help="records, smallest first")
    sizes = [int(part) for part in parser.parse_args().sizes.split(",")]
    table = Table()
    peaks = [bench(size, table) for size in sizes]
    growth = peaks[-1] / peaks[0]
    table.line(
        "", "memory, of the smallest", "", "", f"{growth:.2f}", f"<= {GROWTH}", ok=growth <= GROWTH
    )
    sys.exit(1 if table.missed else 0)


if __name__ == "__main__":
    main()
