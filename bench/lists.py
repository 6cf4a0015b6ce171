"""What questions to a long list cost that was never asked before: each kind at 7,800 launches.

A file is synced from launches made of the captured ones, in detailed mode. Each question is then
answered in this process from a state of the file of which nothing is known but what it holds.
Prints the median and the slowest of each kind, and exits 1 where a median is over the goal.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory
from time import thread_time
from typing import Any
from urllib.parse import urlencode

from tool import SCRIPT

from ll2_mirror.api.handlers import Api
from ll2_mirror.api.request import Request
from ll2_mirror.ll2.shapes import SHAPES
from ll2_mirror.serve.browse import browse
from ll2_mirror.testing.fake_ll2 import Records, adapted, bundled, running

GOAL = 10.0  # ms, the median of a kind
# No trigram holds two letters: they are compared with all texts.
GOALS = {"search, 2 letters": 20.0}
BEGAN = datetime(1957, 10, 4, tzinfo=UTC)
WORDS = ("Starlink", "Kosmos", "Galileo", "Iridium", "Yaogan", "Progress", "Resurs", "Echostar")


def launches(count: int) -> Records:
    """So many launches, 3.2 days apart: at 250 pads of 100 sites, by 350 agencies."""
    samples = bundled()["launches", "detailed"]
    return {("launches", "detailed"): [_launch(samples, number) for number in range(count)]}


def _launch(samples: list[dict[str, Any]], number: int) -> dict[str, Any]:
    sample = samples[number % len(samples)]
    name = f"{sample['name']} {WORDS[number * 7 % len(WORDS)]} {number}"
    at = f"{BEGAN + timedelta(days=3.2 * number):%Y-%m-%dT%H:%M:%SZ}"
    id_ = f"{number * 2654435761 % 2**32:08x}-0000-4000-8000-{number:012}"
    config = sample["rocket"]["configuration"]
    rocket = {
        "id": number,
        "configuration": _other(config, number % 500),
        "launcher_stage": [_stage(number)] if number % 3 == 0 else [],
        "spacecraft_stage": [_flight(number)] if number % 10 == 0 else [],
    }
    pad, body = sample["pad"], samples[0]["pad"]["location"]["celestial_body"]
    site = {**_other(pad["location"], number % 250 % 100), "celestial_body": body}
    return {
        **sample,
        "id": id_,
        "name": name,
        "slug": f"launch-{number}",
        "url": f"/2.3.0/launches/{id_}/",
        "net": at,
        "window_start": at,
        "window_end": at,
        "last_updated": at,
        "rocket": {**sample["rocket"], **rocket},
        "mission": sample["mission"] and _other(sample["mission"], number),
        "launch_service_provider": _other(sample["launch_service_provider"], number % 350),
        "pad": {**_other(pad, number % 250), "location": site},
    }


def _other(value: dict[str, Any], number: int) -> dict[str, Any]:
    """The same under another id and name."""
    return {**value, "id": 10_000 + number, "name": f"{value['name']} {number}"}


def _stage(number: int) -> dict[str, Any]:
    launcher = {"id": number % 160, "serial_number": f"B{number % 160}", "flight_proven": True}
    return adapted(SHAPES["FirstStageNormal"], {"id": number, "launcher": launcher})


def _flight(number: int) -> dict[str, Any]:
    config = {"id": number % 47, "name": f"Ship {number % 47}"}
    craft = {"id": number % 600, "name": f"Craft {number % 600}", "spacecraft_config": config}
    shape = SHAPES["SpacecraftFlightDetailedSerializerNoLaunch"]
    return adapted(shape, {"id": number, "spacecraft": craft})


def build(count: int, db: Path) -> None:
    """Syncs a file of so many launches."""
    with running(launches(count)) as upstream:
        command = [SCRIPT, "sync", str(db), "launches", "--mode", "detailed", "--quiet"]
        subprocess.run([*command, "--base-url", upstream.base_url], check=True)  # noqa: S603


def _since(random: Random, days: int) -> str:
    return (BEGAN + timedelta(days=random.randrange(days))).isoformat()


ANY = 20_000  # days from the first launch on
KINDS: dict[str, Callable[[Random], dict[str, Any]]] = {
    "page": lambda r: {"offset": r.randrange(300)},
    "deep offset": lambda r: {"offset": r.randrange(7000, 7700)},
    "upcoming": lambda r: {"limit": 5, "mode": "list", "bench": r.randrange(10**6)},
    "net, from a moment on": lambda r: {"net__gte": _since(r, ANY)},
    "net, between two": lambda r: {"net__gte": _since(r, ANY), "net__lt": _since(r, ANY)},
    "last_updated, from a moment on": lambda r: {"last_updated__gte": _since(r, ANY)},
    "window_start, up to a moment": lambda r: {"window_start__lte": _since(r, ANY)},
    "a year": lambda r: {"year": r.randrange(1957, 2025)},
    "a day of a month": lambda r: {"day": r.randrange(1, 29), "month": r.randrange(1, 13)},
    "lsp__id": lambda r: {"lsp__id": f"{10_000 + r.randrange(350)},{10_000 + r.randrange(350)}"},
    "status__ids": lambda r: {"status__ids": f"{r.choice((1, 3, 4))},8"},
    "pad__location": lambda r: {"pad__location": 10_000 + r.randrange(100)},
    "name": lambda r: {"name": f"Sputnik 8K74PS | Sputnik 1 Kosmos {r.randrange(7800)}"},
    "slug": lambda r: {"slug": f"launch-{r.randrange(7800)}"},
    "manufacturer, a part": lambda r: {
        "rocket__configuration__manufacturer__name__icontains": r.choice(("spac", "unit", "corp"))
    },
    "serial_number": lambda r: {"serial_number": f"B{r.randrange(160)},B{r.randrange(160)}"},
    "spacecraft_config__ids": lambda r: {"spacecraft_config__ids": r.randrange(47)},
    "attempt count": lambda r: {"pad_launch_attempt_count__gte": r.randrange(500)},
    "search, a word": lambda r: {"search": f"{r.choice(WORDS)} {r.randrange(100)}"},
    "search, 2 letters": lambda r: {"search": r.choice("aeiou") + r.choice("rstln")},
    "search, filter": lambda r: {"search": r.choice(WORDS), "lsp__id": 10_000 + r.randrange(350)},
    "ordering by net": lambda r: {"ordering": "net", "offset": r.randrange(300)},
    "ordering, descending": lambda r: {"ordering": "-last_updated", "offset": r.randrange(300)},
    "ordering, deep offset": lambda r: {"ordering": "name", "offset": r.randrange(7000, 7700)},
}


def asked(db: Path, kind: str, random: Random) -> float:
    """The ms that a question of a kind takes."""
    list_ = "launches/upcoming" if kind == "upcoming" else "launches"
    query = urlencode({"limit": 10, **KINDS[kind](random)})
    with closing(sqlite3.connect(db)) as conn:
        api = Api(conn, db.name, browse)
        api.respond(
            Request(f"/2.3.0/{list_}/", "limit=1&net__gte=3000-01-01&ordering=id")
        )  # is open
        start = thread_time()
        response = api.respond(Request(f"/2.3.0/{list_}/", query))
        spent = 1000 * (thread_time() - start)
    assert response.status == 200, (query, response.body)
    assert json.loads(response.body)["count"] is not None
    return spent


def main() -> None:
    """Asks each kind, then exits."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=7800, help="launches")
    parser.add_argument("--each", type=int, default=15, help="questions of a kind")
    parser.add_argument("--file", type=Path, help="the file, kept for other runs")
    options = parser.parse_args()
    random, missed = Random(1), 0  # noqa: S311
    with TemporaryDirectory() as folder:
        db = options.file or Path(folder, "launches.db")
        if not db.exists():
            build(options.size, db)
        for kind in KINDS:
            spent = [asked(db, kind, random) for _ in range(options.each)]
            middle, most = median(spent), max(spent)
            is_missed = middle > GOALS.get(kind, GOAL)
            missed += is_missed
            verdict = "MISSED" if is_missed else "ok"
            print(f"{kind:<32}{middle:>7.1f} ms{most:>8.1f} ms  {verdict}", flush=True)  # noqa: T201
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
