"""What an answer costs through HTTP, beside a floor that sends the same bytes from memory.

The tool is ``ll2-mirror serve``; the floor is the same server on the same file, but it sends each
answer again as it sent it first. Both are asked in turn, in rounds, by clients in processes of
their own that keep their connections; each round has questions that were never asked before. Rates
are medians of the rounds, percentiles are of all answers. Exits 1 where a goal is missed.
"""

from __future__ import annotations

import argparse
import gzip
import http.client
import json
import multiprocessing
import sqlite3
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, suppress
from http.server import ThreadingHTTPServer
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, NamedTuple
from urllib.parse import urlencode

from bench import CONFIGS, SAMPLE, SPACECRAFT, Handler, Table, pages
from tool import SCRIPT, serving, spawned

from ll2_mirror.api import handlers
from ll2_mirror.api.handlers import Api
from ll2_mirror.api.select import Selection
from ll2_mirror.serve.asgi import HttpResponse
from ll2_mirror.serve.server import bound, datasette, run
from ll2_mirror.transform.render import Renderer

LIST = "/2.3.0/spacecraft/"
CONNECTIONS = (1, 8)
RATES = (0.25, 0.1)  # of the floor's rate: at the smallest size, and beyond
AGAIN = 2 / 3  # of the floor's rate, for what was asked since the last sync
SLOWER = 5.0  # of the p50 at the smallest size, for each kind
# But for what no trigram holds: it is compared with all texts. LL2's longest list has 7,800.
COMPARED = "search, 1-2 letters"
START = 0.35  # s for ``ll2-mirror get``, from start to end
FLYING = 4  # one craft in so many has a flight: what makes a detail long
REPEATS = 3  # how often a round asks what comes from memory: it takes no time
APART = 10**6  # between ids of bench.py's records, and others

Posed = tuple[str, str]  # a question: its kind, and its path with the query


# The file: bench.py's records with what detailed mode adds.


def detailed(count: int) -> Iterator[bytes]:
    """bench.py's pages in detailed mode."""
    rich = json.loads(SAMPLE.with_name("spacecraft.detailed.json").read_bytes())["results"]
    flights = sorted((one["flights"][0] for one in rich if one["flights"]), key=_length)
    flight = _apart(flights[len(flights) // 2])
    for page in pages(SPACECRAFT, count, changed=False):
        document = json.loads(gzip.decompress(page))
        for craft in document["results"]:
            flown = [{**flight, "id": craft["id"], "spacecraft": craft.copy()}]
            craft["response_mode"] = "detailed"
            craft["spacecraft_config"] = _config(rich, craft["spacecraft_config"])
            craft["flights"] = flown if craft["id"] % FLYING == 0 else []
        yield gzip.compress(json.dumps(document, separators=(",", ":")).encode(), 1)


def _length(value: Any) -> int:
    return len(json.dumps(value))


def _apart(value: Any) -> Any:
    """The value with ids that bench.py's records don't have."""
    if isinstance(value, list):
        return [_apart(item) for item in value]
    if not isinstance(value, dict):
        return value
    new = {key: _apart(item) for key, item in value.items()}
    return {**new, "id": APART + new["id"]} if isinstance(new.get("id"), int) else new


def _config(rich: list[Any], config: dict[str, Any]) -> dict[str, Any]:
    model = rich[0]["spacecraft_config"]
    families = [
        {
            **model["family"][0],
            **family,
            "manufacturer": _agency(model["agency"], family["manufacturer"]),
            "parent": family["parent"] and config["family"][0],
        }
        for family in config["family"]
    ]
    agency = _agency(model["agency"], config["agency"])
    return {**model, **config, "response_mode": "detailed", "agency": agency, "family": families}


def _agency(model: dict[str, Any], agency: dict[str, Any]) -> dict[str, Any]:
    keys = ("image", "logo", "social_logo")
    images = {key: model[key] | {"id": n * APART + agency["id"]} for n, key in enumerate(keys, 2)}
    return {**model, **agency, "response_mode": "normal", **images}


def upstream(count: int, pipe: Connection) -> None:
    """Serves the records; tells its URL through the pipe."""
    Handler.pages = list(detailed(count))
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    pipe.send(f"http://127.0.0.1:{server.server_address[1]}")
    server.serve_forever()


def build(size: int, db: Path) -> None:
    """Syncs a file of so many records."""
    command = [SCRIPT, "sync", str(db), "spacecraft", "--mode", "detailed", "--quiet"]
    with spawned(upstream, size) as pipe:
        subprocess.run([*command, "--base-url", pipe.recv()], check=True)  # noqa: S603


class Asker:
    """Makes questions to a file, none of them twice: LL2 ignores the field that sees to that."""

    def __init__(self, db: Path, size: int) -> None:
        self.random, self.size, self.asked = Random(size), size, 0  # noqa: S311
        with closing(sqlite3.connect(db)) as conn:
            self.names: list[str] = [row[0] for row in conn.execute("SELECT name FROM spacecraft")]

    def mixed(self, each: int) -> list[Posed]:
        """So many questions of each kind, shuffled."""
        found = [(kind, self._path(make(self))) for kind, make in KINDS.items() for _ in "." * each]
        self.random.shuffle(found)
        return found

    def _path(self, sent: dict[str, Any]) -> str:
        self.asked += 1
        id_ = f"{sent.pop('id')}/" if "id" in sent else ""
        return f"{LIST}{id_}?{urlencode({**sent, 'bench': self.asked})}"

    def below(self, end: int, start: int = 0) -> int:
        """A number, as for an offset or an id."""
        return self.random.randrange(start, end)

    def part(self, least: int, most: int) -> str:
        """A part of a name's word, of so many characters."""
        words = self.random.choice(self.names).split()
        word = self.random.choice([word for word in words if len(word) >= least] or ["Soyuz"])
        start = self.below(len(word) - least + 1)
        return word[start : start + self.below(most + 1, least)]

    def words(self) -> str:
        """Two words of a name."""
        return " ".join(self.random.sample(self.random.choice(self.names).split(), 2))

    def order(self, keys: int) -> dict[str, Any]:
        """So many keys to order by, each either way, and an offset near the start."""
        known = ["flights_count", "mission_ends_count", "time_docked", "time_in_space"]
        terms = [f"{self.random.choice(('', '-'))}{key}" for key in self.random.sample(known, keys)]
        return {"ordering": ",".join(terms), "offset": self.below(100)}

    def deep(self) -> dict[str, Any]:
        """An offset in the last tenth."""
        return {"offset": self.below(self.size - 10, self.size * 9 // 10)}

    def narrow(self) -> dict[str, Any]:
        """What a few records have: a name, or a configuration, of which some fly often."""
        if self.below(2):
            return {"name": self.random.choice(self.names)}
        return {"spacecraft_config": self.below(CONFIGS)}


BROAD = [{"in_space": "false"}, {"is_placeholder": "false"}, {"status": "1"}, {"status": "4"}]
KINDS: dict[str, Callable[[Asker], dict[str, Any]]] = {
    "page": lambda ask: {"offset": ask.below(300)},
    "deep offset": Asker.deep,
    "filter, few have it": Asker.narrow,
    "filter, most have it": lambda ask: {**ask.random.choice(BROAD)},
    "search, 3 letters or more": lambda ask: {"search": ask.part(3, 8)},
    "search, 1-2 letters": lambda ask: {"search": ask.part(1, 2)},
    "search, 2 words, filter": lambda ask: {"search": ask.words(), "in_space": "false"},
    "ordering": lambda ask: ask.order(1),
    "ordering by two keys": lambda ask: ask.order(2),
    "ordering, deep offset": lambda ask: {**ask.order(1), **ask.deep()},
    "detail": lambda ask: {"id": ask.below(ask.size) + 1},
}


# The servers, and who asks them.


def from_memory(app: Any) -> Any:
    """The floor: sends each answer again as it was sent first."""
    kept: dict[Any, list[Any]] = {}  # what was sent, by path and query

    async def asgi(scope: Any, receive: Any, send: Any) -> None:
        key = scope.get("path"), scope.get("query_string")
        if key in kept:
            for message in kept[key]:
                await send(message)
            return
        sent: list[Any] = []

        async def note(message: Any) -> None:
            sent.append(message)
            await send(message)

        await app(scope, receive, note)
        kept[key] = sent

    return asgi


PARTS: list[tuple[Any, str, str]] = [
    (handlers, "conditions", "SQL"),
    (Selection, "page", "SQL"),
    (Selection, "has", "SQL"),
    (Api, "render", "rendering"),  # with the queries that fetch what is rendered
    (Renderer, "objects", "rendering"),
    (vars(HttpResponse)["etag"], "func", "packing"),
    (vars(HttpResponse)["packed"], "func", "packing"),
]
NAMES = ("SQL", "rendering", "packing")


def timed(app: Any) -> Any:
    """The tool, saying in a header how many ms each part of the work took; asked by one client."""
    spent: dict[str, float] = {}
    running: list[str] = []
    for owner, name, part in PARTS:
        setattr(owner, name, _timed(getattr(owner, name), part, spent, running))

    async def asgi(scope: Any, receive: Any, send: Any) -> None:
        spent.update(dict.fromkeys(NAMES, 0.0))

        async def note(message: Any) -> None:
            if "headers" in message:
                message["headers"] += [(b"x-parts", json.dumps(spent).encode())]
            await send(message)

        await app(scope, receive, note)

    return asgi


def _timed(function: Any, part: str, spent: dict[str, float], running: list[str]) -> Any:
    """The function, timed unless it is a part of one that is."""

    def call(*arguments: Any) -> Any:
        if running:
            return function(*arguments)
        running.append(part)
        start = perf_counter()
        try:
            return function(*arguments)
        finally:
            spent[part] += 1000 * (perf_counter() - start)
            running.clear()

    return call


SERVERS = {"memory": from_memory, "timed": timed}


def server(db: Path, kind: str) -> None:
    """Serves as the tool does, but through one of these."""
    app, listening = datasette(db), bound("127.0.0.1", 0)
    whole = SERVERS[kind](app.app())
    app.app = lambda: whole
    print(f"http://127.0.0.1:{listening.getsockname()[1]}/", file=sys.stderr)  # noqa: T201
    run(app, listening)


def client(pipe: Connection) -> None:
    """Asks what comes through the pipe; gives when each request began and ended."""
    with suppress(EOFError):  # nothing more is asked
        while True:
            port, paths = pipe.recv()
            with closing(http.client.HTTPConnection("127.0.0.1", port)) as connection:
                connection.connect()
                pipe.send("ready")
                pipe.recv()
                pipe.send([_ask(connection, path) for path in paths])


def _ask(connection: http.client.HTTPConnection, path: str) -> tuple[float, float, str | None]:
    start = perf_counter()
    connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
    answer = connection.getresponse()
    body = answer.read()
    end = perf_counter()
    assert answer.status == 200, (path, body)
    return start, end, answer.headers["x-parts"]


class Clients:
    """Processes that ask together."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        ends = [context.Pipe() for _ in range(max(CONNECTIONS))]
        for _, its_end in ends:
            context.Process(target=client, args=(its_end,), daemon=True).start()
            its_end.close()  # so that a client that failed is noticed here
        self._pipes = [mine for mine, _ in ends]

    def ask(self, port: int, paths: list[str], connections: int = 1) -> Asked:
        """Asks through so many connections."""
        pipes = self._pipes[:connections]
        for number, pipe in enumerate(pipes):
            pipe.send((port, paths[number::connections]))
        for pipe in pipes:
            pipe.recv()
        for pipe in pipes:
            pipe.send("go")
        found: list[Any] = [None] * len(paths)
        for number, pipe in enumerate(pipes):
            found[number::connections] = pipe.recv()
        starts, ends, parts = zip(*found, strict=True)
        rate = len(paths) / (max(ends) - min(starts))
        return Asked(rate, [1000 * (end - start) for start, end, _ in found], parts)


class Asked(NamedTuple):
    """What came of asking: requests a second, the ms of each, and what its answer says of parts."""

    rate: float
    ms: list[float]
    parts: Sequence[str | None]


# The measures.


class Side:
    """What was measured of a server through so many connections."""

    def __init__(self) -> None:
        self.rates: list[float] = []
        self.again: list[float] = []
        self.ms: dict[str, list[float]] = defaultdict(list)  # by kind
        self.parts: dict[str, Counter[str]] = defaultdict(Counter)  # the sums of ms, by kind

    def note(self, questions: list[Posed], found: Asked) -> None:
        """Takes in what a round found."""
        self.rates.append(found.rate)
        for (kind, _), ms, parts in zip(questions, found.ms, found.parts, strict=True):
            self.ms[kind].append(ms)
            self.parts[kind].update(json.loads(parts or "{}"))

    def percentile(self, which: int, kinds: Iterable[str] = KINDS) -> float:
        """Of the ms of all answers to these kinds."""
        return quantiles([ms for kind in kinds for ms in self.ms[kind]], n=100)[which - 1]

    def shares(self, kind: str) -> list[float]:
        """What the parts took of all time; the last is the rest."""
        shares = [self.parts[kind][name] / sum(self.ms[kind]) for name in NAMES]
        return [*shares, 1 - sum(shares)]


Sides = dict[int, tuple[Side, Side]]  # the tool's and the floor's by the number of connections


def rounds(db: Path, ask: Asker, options: argparse.Namespace) -> tuple[Sides, Side]:
    """Asks tool and floor in turn; the last one is the timed tool through one connection."""
    found, parts = {connections: (Side(), Side()) for connections in CONNECTIONS}, Side()
    clients = Clients()
    python = (sys.executable, __file__, "--serve")
    with (
        serving(SCRIPT, "serve", str(db), "--port", "0") as tools,
        serving(*python, str(db), "memory") as floors,
        serving(*python, str(db), "timed") as timeds,
    ):
        for port in (tools, floors, timeds):  # every connection to the file is opened and warm
            clients.ask(port, [path for _, path in ask.mixed(2 * max(CONNECTIONS))], 8)
        for _ in range(options.rounds):
            for connections, (tool, floor) in found.items():
                if options.cold:
                    change(db)
                questions = ask.mixed(options.each)
                paths = [path for _, path in questions]
                clients.ask(floors, paths)
                tool.note(questions, clients.ask(tools, paths, connections))
                floor.note(questions * REPEATS, clients.ask(floors, paths * REPEATS, connections))
                tool.again.append(clients.ask(tools, paths * REPEATS, connections).rate)
                timing = clients.ask(timeds, paths)
                if connections == 1:
                    parts.note(questions, timing)
    return found, parts


def change(db: Path) -> None:
    """Commits to the file, as a sync does: a server can't know what it knew."""
    with closing(sqlite3.connect(db)) as conn:
        version = conn.execute("PRAGMA user_version").fetchone()[0]
        conn.execute(f"PRAGMA user_version = {version}")


def start(db: Path, runs: int) -> float:
    """The median seconds of ``ll2-mirror get``."""
    spent = []
    for _ in range(runs):
        began = perf_counter()
        command = [SCRIPT, "get", str(db), f"{LIST}?search=Soyuz"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603
        spent.append(perf_counter() - began)
    return median(spent)


class Results(Table):
    """bench.py's table, and one of the kinds."""

    def rates(self, size: int, goal: float, sides: Sides) -> None:
        """What came through each number of connections."""
        for connections, (tool, floor) in sides.items():
            for what, rates, least in (("", tool.rates, goal), (" again", tool.again, AGAIN)):
                ratio = median(a / b for a, b in zip(rates, floor.rates, strict=True))
                cells = (f"{median(rates):.0f}", f"{median(floor.rates):.0f}", f"{ratio:.2f}")
                name = f"{connections} x requests/s{what}"
                self.line(f"{size:,}", name, *cells, f">= {least:.2f}", ok=ratio >= least)
            for which in (50, 99):
                a, b = tool.percentile(which), floor.percentile(which)
                ms = (f"{a:.1f} ms", f"{b:.1f} ms", f"{a / b:.1f}", "", "")
                self._print(f"{size:,}", f"{connections} x p{which}", *ms)

    def kinds(self, size: int, tool: Side, parts: Side, first: dict[str, float]) -> None:
        """What each kind took, how much that grew since the smallest size, and what took it."""
        self._kind("records", "1 x", "p50", "p99", "grown", "goal", "", *NAMES, "HTTP")
        for kind in KINDS:
            p50, p99 = (tool.percentile(which, [kind]) for which in (50, 99))
            grown = p50 / first.setdefault(kind, p50)
            is_missed = grown > SLOWER and kind != COMPARED
            self.missed += is_missed
            cells = [f"{p50:.1f} ms", f"{p99:.1f} ms", f"{grown:.1f}", f"<= {SLOWER:g}"]
            cells.append("MISSED" if is_missed else "ok")
            shares = [f"{share:.0%}" for share in parts.shares(kind)]
            self._kind(f"{size:,}", kind, *cells, *shares)

    @staticmethod
    def _kind(*cells: object) -> None:
        line = "{:>8}  {:<26}{:>9}{:>9}{:>7}  {:<6}{:<7}{:>5}{:>11}{:>9}{:>6}".format(*cells)
        print(line, flush=True)  # noqa: T201  (a script)


def bench(size: int, db: Path, options: argparse.Namespace, first: dict[str, float]) -> int:
    """Measures one size; gives how many goals were missed. ``first``: p50s at the smallest."""
    if not db.exists():
        build(size, db)
    sides, parts = rounds(db, Asker(db, size), options)
    table = Results()
    table.rates(size, RATES[bool(first)], sides)
    spent = start(db, options.rounds)
    cells = (f"{spent:.2f} s", "", "", f"<= {START}")
    table.line(f"{size:,}", "get, from start to end", *cells, ok=spent <= START)
    table.kinds(size, sides[1][0], parts, first)
    return table.missed


def main() -> None:
    """Measures each size, then exits."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="600,10000,100000", help="records, smallest first")
    parser.add_argument("--rounds", type=int, default=9, help="how often each side is asked")
    parser.add_argument("--each", type=int, default=12, help="questions of a kind in a round")
    parser.add_argument("--cold", action="store_true", help="change the file before each round")
    parser.add_argument("--files", type=Path, help="a folder that keeps the files for other runs")
    parser.add_argument("--serve", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        server(Path(options.serve[0]), options.serve[1])
        return
    first: dict[str, float] = {}
    with TemporaryDirectory() as folder:
        sizes = [int(part) for part in options.sizes.split(",")]
        files = {size: Path(options.files or folder, f"{size}.db") for size in sizes}
        missed = sum(bench(size, db, options, first) for size, db in files.items())
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
