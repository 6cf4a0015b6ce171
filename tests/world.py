"""An upstream that changes, throttles and fails, and what a mirror of it must hold."""

from __future__ import annotations

import copy
import json
import math
import threading
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from click.testing import CliRunner

from helpers import Ran, execute
from ll2_mirror.cli.main import main
from ll2_mirror.clock import Clock
from ll2_mirror.ll2.json import spell, text
from ll2_mirror.testing.fake import SampleUpstream, asked, bundled

FREE = "/2.3.0/api-throttle/"
LIST = "/2.3.0/spacecraft/"
NAMES = (
    "SELECT _records.id, name FROM _records LEFT JOIN spacecraft USING (id)"
    " WHERE resource = 'spacecraft'"
)
AGENCIES = (
    "SELECT DISTINCT agencies.name FROM agencies"
    " JOIN spacecraft_configurations ON agency_id = agencies.id"
)

Listed = dict[Any, str]  # names by id
Edit = Callable[[], object]


class StillClock(Clock):
    """A clock that only sleeping moves, a world's answers, and by a microsecond each look at it."""

    def __init__(self) -> None:
        self.time = datetime(2026, 1, 1, tzinfo=UTC)
        self.slept: list[float] = []

    def now(self) -> datetime:
        self.time += timedelta(microseconds=1)
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.move(seconds)

    def move(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


class Request(NamedTuple):
    """A request as the world saw it, and the status of its answer; None: there was none."""

    path: str
    at: datetime
    status: int | None

    @property
    def counted(self) -> bool:
        """Whether it counts against the limit."""
        return not self.path.startswith(FREE)

    @property
    def offset(self) -> int | None:
        """The offset of the page that it asks for; None: it asks for no page."""
        query = parse_qs(urlsplit(self.path).query)
        return int(query["offset"][0]) if "offset" in query else None


class World(SampleUpstream):
    """Spacecraft 10, 20, 30, ..., all of one configuration.

    What is planned happens before the k-th counted request from now is answered, 1 being the next:
    an edit or any other call, or a fault. With a ``limit`` it counts requests in a sliding hour of
    ``clock``, and moves a StillClock as each request takes its time.
    """

    daemon_threads = True

    def __init__(self, count: int, clock: Clock | None = None, limit: int | None = None) -> None:
        records = bundled()
        super().__init__({})
        self.RequestHandlerClass = _Handler
        self.clock = clock or Clock()
        self.limit = limit
        self.key = _by_id  # what the list is sorted by
        self.requests: list[Request] = []
        self._plan: dict[int, list[Edit | str]] = {}
        self._counted = 0
        self._used: deque[datetime] = deque()
        self._lock = threading.RLock()
        self._templates = {
            mode: copy.deepcopy(records["spacecraft", mode][0]) for mode in ("normal", "detailed")
        }
        self._templates["detailed"]["flights"] = []
        for template in self._templates.values():  # small, for speed
            template["image"] = template["spacecraft_config"]["image"] = None
            template["spacecraft_config"]["family"] = []
        self.records["spacecraft", "normal"] = [
            self._record(id_) for id_ in range(10, 10 * count + 10, 10)
        ]
        self.moments: list[Listed] = [self.listed]

    # What there is

    @property
    def craft(self) -> list[dict[str, Any]]:
        """The records, in their order."""
        found = self.records["spacecraft", "normal"]
        found.sort(key=self.key)
        return found

    @property
    def ids(self) -> list[Any]:
        return [record["id"] for record in self.craft]

    @property
    def listed(self) -> Listed:
        """The name of each record, by id."""
        return {record["id"]: record["name"] for record in sorted(self.craft, key=_by_id)}

    @property
    def agency(self) -> str:
        """The name of the agency that all records nest."""
        name: str = self._templates["normal"]["spacecraft_config"]["agency"]["name"]
        return name

    def _record(self, id_: int, mode: str = "normal") -> dict[str, Any]:
        url = f"https://ll.thespacedevs.com/2.3.0/spacecraft/{id_}/"
        return {**self._templates[mode], "id": id_, "url": url, "name": f"Craft {id_}"}

    def detail(self) -> None:
        """Lets the world have the detailed mode, too; it doesn't follow later edits."""
        self.records["spacecraft", "detailed"] = [
            {**self._record(id_, "detailed"), "name": name} for id_, name in self.listed.items()
        ]

    def add_lists(self) -> None:
        """Lets the world have the other lists of the bundled sample, too."""
        self.records |= {key: found for key, found in bundled().items() if key[0] != "spacecraft"}

    # Edits

    def _edited(self) -> None:
        self.moments.append(self.listed)

    def append(self) -> int:
        """Adds a record at the end; gives its id."""
        id_: int = max([0, *self.ids]) // 10 * 10 + 10
        return self.insert(id_)

    def insert(self, id_: int) -> int:
        """Adds a record with a free id."""
        assert id_ not in self.ids
        self.craft.append(self._record(id_))
        self._edited()
        return id_

    def insert_before(self, id_: int) -> int:
        """Adds a record with a free id just below one that is there; gives its id."""
        return self.insert(next(n for n in range(id_ - 1, 0, -1) if n not in self.ids))

    def delete(self, *ids: Any) -> None:
        """Takes records away."""
        self.craft[:] = [record for record in self.craft if record["id"] not in ids]
        self._edited()

    def change(self, id_: Any, **values: Any) -> None:
        """Gives a record other values."""
        next(record for record in self.craft if record["id"] == id_).update(values)
        self._edited()

    def rename_agency(self, name: str) -> None:
        """Gives the agency that all records nest another name."""
        self._templates["normal"]["spacecraft_config"]["agency"]["name"] = name
        self._edited()

    # What happens at a request

    def at(self, k: int, *what: Edit | str) -> None:
        """Plans calls or faults: reset, html, cut, or a status as in "500" or "429 30"."""
        self._plan.setdefault(self._counted + k, []).extend(what)

    def forget_plan(self) -> None:
        """Nothing that was planned happens any more."""
        self._plan.clear()

    def others(self, count: int) -> None:
        """Requests that somebody else makes from the same address, as far as the limit goes."""
        for _ in range(min(count, self.left)):
            self._used.append(self.clock.now())

    @property
    def left(self) -> int:
        """How many requests the limit still allows now."""
        if self.limit is None:
            return 1000
        while self._used and self._used[0] <= self.clock.now() - timedelta(hours=1):
            self._used.popleft()
        return self.limit - len(self._used)

    @property
    def _next_use(self) -> int:
        if self.left > 0 or not self._used:
            return 0
        until = self._used[0] + timedelta(hours=1) - self.clock.now()
        return math.ceil(until.total_seconds())

    def pages(self, since: int = 0) -> list[int]:
        """The offset of each page asked for since so many requests, in order."""
        return [one.offset for one in self.requests[since:] if one.offset is not None]

    def details(self, since: int = 0) -> list[str]:
        """The path of each single record asked for."""
        return [one.path for one in self.requests[since:] if one.counted and one.offset is None]

    def respond(self, full: str) -> tuple[int, dict[str, str], bytes] | None:
        """The answer to a request; None resets the connection."""
        with self._lock:
            self._pass(0.1)
            at = self.clock.now()
            found = self._respond(full)
            self.requests.append(Request(full, at, found[0] if found else None))
            self._pass(0.2)
            return found

    def _pass(self, seconds: float) -> None:
        if isinstance(self.clock, StillClock):
            self.clock.move(seconds)

    def _respond(self, full: str) -> tuple[int, dict[str, str], bytes] | None:
        path, query = asked(full)
        if path == FREE:
            return _json(*self._throttle())
        self._counted += 1
        faults = []
        for planned in self._plan.pop(self._counted, []):
            faults += [planned] if isinstance(planned, str) else []
            if not isinstance(planned, str):
                planned()
        if self.limit is not None and self.left <= 0:
            wait = {"Retry-After": str(self._next_use)}
            said = f"Request was throttled. Expected available in {self._next_use} seconds."
            return _json(429, {"detail": said}, wait)
        if self.limit is not None:
            self._used.append(self.clock.now())
        status, headers, body = _json(*self.answer(path, query))
        for fault in faults:
            if fault == "reset":
                return None
            if fault == "html":
                return 200, {}, b"<!doctype html><title>Maintenance</title>"
            if fault == "cut":
                return 200, {}, body[: len(body) // 2]
            code, _, after = fault.partition(" ")
            wait = {"Retry-After": after} if after else {}
            return _json(int(code), {"detail": "not now"}, wait)
        return status, headers, body

    def _throttle(self) -> tuple[int, Any]:
        if self.limit is None:
            return 404, {"detail": "Not found."}
        return 200, {
            "your_request_limit": self.limit,
            "limit_frequency_secs": 3600,
            "current_use": self.limit - self.left,
            "next_use_secs": self._next_use,
            "ident": "192.0.2.1",
        }

    def answer(self, path: str, query: dict[str, str]) -> tuple[int, Any]:
        """As the bundled upstream does; a record may have an id of any kind."""
        _ = self.craft
        return super().answer(path, {key: query[key] for key in query if key != "ordering"})

    def handle_error(self, *_: Any) -> None:
        """Says nothing: a client that was killed is no fault."""


def _by_id(record: dict[str, Any]) -> Any:
    return str(record["id"]).zfill(20)


def _json(
    status: int, document: Any, headers: dict[str, str] | None = None
) -> tuple[int, dict[str, str], bytes]:
    body = document if isinstance(document, bytes) else text(spell(document)).encode()
    return status, headers or {}, body


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet: else each answer waits 40 ms for the other side
    server: World

    def do_GET(self) -> None:
        self.server.log.append((self.path, dict(self.headers)))
        found = self.server.respond(self.path)
        if found is None:
            self.close_connection = True
            return
        status, headers, body = found
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Says nothing: the log is in the world."""


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


def equals(db: Path, world: World) -> bool:
    """Whether a file is a true mirror: the same records, their agency, and verify agrees."""
    verdict = command(world.clock, "verify", db)
    assert verdict.code == 0, verdict.out + verdict.err
    assert published(db) == world.listed
    assert execute(db, AGENCIES) == ([(world.agency,)] if world.craft else [])
    return True


def quarantine(db: Path, clock: Clock) -> list[Any]:
    """The records that a file keeps aside."""
    found: list[Any] = json.loads(command(clock, "status", db, "--json").out)["quarantine"]
    return found


def said(ran: Ran) -> str:
    """What a command told people, wherever."""
    return ran.out + ran.err
