"""What the pages of the site take, beside Datasette's own on the same file in the same run.

Prints the median of some rounds for each page at two sizes, and exits 1 where a goal is missed.
Plain Datasette runs in a process of its own, which is told that it is tested: it loads no plugins.
"""

from __future__ import annotations

import argparse
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import requests
from tool import SCRIPT, serving

from serve import build

PLAIN = "import sys; sys._called_from_test = True; from datasette.cli import cli; cli()"
ROUNDS = 7
# By page: its path here, Datasette's own, and the ms that it may take at either size.
PAGES = {
    "front page": ("/", "/", (100, 150)),
    "all tables": ("/site", "/site", (60, 200)),
    "table with facets": ("/site/spacecraft", "/site/spacecraft", (60, 200)),
    "one thing": ("/site/spacecraft/{id}", "/site/spacecraft/{id}", (30, 60)),
    "search": ("/-/search?q=soyuz+{id}", "/site?sql=select+1", (50, 100)),
}


def spent(session: requests.Session, url: str, ids: list[int]) -> float:
    """The median of the ms that a page takes, each time for another row."""
    taken = []
    for id_ in ids:
        start = time.perf_counter()
        answer = session.get(url.format(id=id_), timeout=120)
        taken.append(1000 * (time.perf_counter() - start))
        assert answer.ok, (url, answer.status_code)
    return median(taken[1:])


def compared(db: Path) -> dict[str, tuple[float, float]]:
    """By page: what it takes here, and what Datasette's own takes."""
    with closing(sqlite3.connect(db)) as conn:
        ids = [i for (i,) in conn.execute(f"SELECT id FROM spacecraft LIMIT {ROUNDS + 1}")]
    with (
        serving(SCRIPT, "serve", str(db), "--port", "0") as port,
        serving(sys.executable, "-c", PLAIN, "serve", str(db), "--port", "0") as plain,
    ):
        session = requests.Session()
        session.trust_env = False
        return {
            name: (
                spent(session, f"http://127.0.0.1:{port}{ours}", ids),
                spent(session, f"http://127.0.0.1:{plain}{theirs}", ids),
            )
            for name, (ours, theirs, _) in PAGES.items()
        }


def main() -> int:
    """Prints the table; 1 where a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", nargs=2, type=int, default=(600, 100_000))
    sizes, missed = parser.parse_args().sizes, 0
    print(f"{'page':<20}{'records':>9}{'ms':>8}{'goal':>6}{'Datasette':>11}")  # noqa: T201
    for place, size in enumerate(sizes):
        with TemporaryDirectory() as folder:
            db = Path(folder) / "site.db"
            build(size, db)
            for name, (ours, theirs) in compared(db).items():
                goal = PAGES[name][2][place]
                missed += ours > goal
                print(f"{name:<20}{size:>9,}{ours:>8.1f}{goal:>6}{theirs:>11.1f}")  # noqa: T201
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
