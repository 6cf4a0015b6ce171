"""The commands.

Each imports what it needs when it runs, so that --help answers at once.
"""

from __future__ import annotations

import gc
import json
import math
import signal
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from etl import __version__
from etl.clock import Clock, stamp
from etl.console import EXIT_CODES, Commands, Teller, ours, print_json, print_some
from etl.errors import DataError, MirrorError, Stopped, UsageError
from etl.events import Tell, silence
from etl.shapes import DEFAULT_RESOURCE, MODES, RESOURCES

if TYPE_CHECKING:
    from etl.publish import Report
    from etl.store import Store
    from etl.upstream import Upstream


def _remember(ctx: click.Context, _: click.Parameter, db: Path) -> Path:
    """Keeps the file's name for an error that SQLite gives without it."""
    ctx.meta["db"] = db
    return db


def _clock() -> Clock:
    """The machine's clock, unless the caller of the program passed in one."""
    given = click.get_current_context().obj
    return given if isinstance(given, Clock) else Clock()


@contextmanager
def _opened(db: Path) -> Iterator[Store]:
    """The mirror, for a command that makes none; upgraded where it is of an earlier version."""
    from etl.store import open_store
    from etl.upgrade import upgraded

    with open_store(db, _clock()) as store:
        yield upgraded(store)


_DB = click.argument("db", type=click.Path(path_type=Path), callback=_remember)


def _json_option(what: str) -> Callable[[Any], Any]:
    return click.option("--json", "as_json", is_flag=True, help=f"Print {what} as one JSON object.")


@click.group(cls=Commands, epilog=EXIT_CODES)
@click.version_option(__version__, prog_name="ll2-mirror")
def main() -> None:
    """Mirror Launch Library 2, the database of spaceflight, into one SQLite file.

    Start with: ll2-mirror sync spacecraft.db
    """


_SYNC_HELP = f"""Bring DB up to date with LL2; make it where there is none.

RESOURCE is one of {", ".join(RESOURCES)}. DB remembers the resources, the mode and the URL: the
next sync needs no options. Without any, it mirrors {DEFAULT_RESOURCE}. What LL2 no longer lists
leaves the tables and stays in the history.

A sync that stopped early is gone on with by the next one: no page is fetched twice.
"""
_PLAN_HELP = """Say what a sync of DB would cost: requests, minutes, pages already staged.

Asks LL2 nothing but /api-throttle/, which is free.
"""


def _seconds(_: click.Context, __: click.Parameter, value: float | None) -> float | None:
    if value is not None and math.isnan(value):
        raise UsageError("nan is no number of seconds")
    return value


def _length(_: click.Context, __: click.Parameter, value: str | None) -> float | None:
    """An age such as 2d, in seconds."""
    from etl.report import age

    return None if value is None else age(value).total_seconds()


def _base(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    from etl.http import checked_base

    return None if value is None else checked_base(value)


def _asking(command: Callable[..., None]) -> Callable[..., None]:
    """The arguments of a command that asks LL2."""
    for decorate in (
        click.option(
            "--stale-after",
            metavar="AGE",
            callback=_length,
            help="How old a walk that was cut off may be, to be gone on with.  [default: 1d]",
        ),
        click.option(
            "--timeout",
            metavar="SECONDS",
            type=click.FloatRange(min=0.1, max=3600),
            callback=_seconds,
            help="How long one request may take, as a whole.  [default: 30]",
        ),
        click.option(
            "--token",
            envvar="LL2_API_TOKEN",
            show_envvar=True,
            help="The API token, for more than 15 requests an hour. Never written to the file.",
        ),
        click.option(
            "--mode",
            type=click.Choice(MODES),
            help="How much of each record.  [default: the file's]",
        ),
        click.option(
            "--base-url",
            metavar="URL",
            callback=_base,
            help="The LL2 server to ask.  [default: the file's]",
        ),
        click.argument(
            "resources", metavar="[RESOURCE]...", nargs=-1, type=click.Choice(list(RESOURCES))
        ),
        _DB,
    ):
        command = decorate(command)
    return command


@main.command(help=_SYNC_HELP)
@_asking
@click.option(
    "--max-requests",
    metavar="N",
    type=click.IntRange(min=1),
    help="Make so many requests at most, then stop: the next sync goes on.",
)
@click.option(
    "--wait", is_flag=True, help="Wait where LL2's limit is reached, instead of stopping."
)
@click.option(
    "--allow-shrink",
    is_flag=True,
    help="Accept a list that lacks more than 10 % of the records, and more than 20.",
)
@click.option("-q", "--quiet", is_flag=True, help="Say nothing unless something is wrong.")
@click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How to tell on stderr what happens: for people, or one JSON object a line.",
)
@_json_option("what was done")
def sync(
    db: Path,
    resources: tuple[str, ...],
    base_url: str | None,
    mode: str | None,
    token: str | None,
    timeout: float | None,
    stale_after: float | None,
    max_requests: int | None,
    wait: bool,
    allow_shrink: bool,
    quiet: bool,
    log_format: str,
    as_json: bool,
) -> None:
    """Runs a sync and says what it did."""
    from etl.lines import sync_lines
    from etl.store import checked_path

    _no_resource(db)
    checked_path(db)
    _end_tidily()
    gc.freeze()
    gc.set_threshold(50_000)  # pages and rows have no cycles: looking for some is in vain
    tell = Teller(_clock(), as_json=as_json, quiet=quiet, log_json=log_format == "json")
    asked = Asked(list(resources), base_url, mode, token, timeout, stale_after)
    with tell.failures(db):
        reports = _synced(db, asked, (max_requests, wait, allow_shrink), tell)
        if as_json:
            print_some([report.as_json() for report in reports])
        elif not quiet:
            for report in reports:
                click.echo("\n".join(sync_lines(report)))
        if problem := _bad(db, reports):
            raise problem


class Asked(NamedTuple):
    """What a command that asks LL2 was told."""

    resources: list[str]
    base_url: str | None
    mode: str | None
    token: str | None
    timeout: float | None
    stale_after: float | None

    @property
    def stale(self) -> float:
        """The age in seconds at which a walk that was cut off is begun anew."""
        from etl.crawl import STALE

        return STALE if self.stale_after is None else self.stale_after


def _synced(
    db: Path, asked: Asked, how: tuple[int | None, bool, bool], tell: Teller
) -> list[Report]:
    """Syncs as the file's only sync; a failure is noted in the file."""
    from etl.lock import only_sync
    from etl.store import open_store
    from etl.sync import incomplete, sync, wanted
    from etl.upgrade import upgraded

    most, wait, allow_shrink = how
    with only_sync(db), open_store(db, _clock(), create=True) as store:
        upgraded(store, locked=True)
        what = wanted(store, asked.resources, asked.base_url, asked.mode)
        upstream = _upstream(store, what.base_url, asked, most, wait, tell)
        try:
            reports = sync(
                store, upstream, what, tell, allow_shrink=allow_shrink, stale=asked.stale
            )
            if problem := _bad(db, reports):
                _note(store, problem)
            return reports
        except (MirrorError, sqlite3.Error, KeyboardInterrupt) as error:
            failed = ours(error, db)
            _note(store, failed)
            if tell.as_json:
                print_some(incomplete(store, upstream, what, failed))
            raise failed from error
        finally:
            tell.end()


def _no_resource(db: Path) -> None:
    if str(db) in RESOURCES:
        raise UsageError(
            f"{db} is a resource: name the file first, as in `sync spacecraft.db {db}`"
        )


def _end_tidily() -> None:
    """SIGTERM ends a sync as Ctrl-C does; a second of either ends it at once."""

    def end(*_: Any) -> None:
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, signal.SIG_DFL)
        raise KeyboardInterrupt

    with suppress(ValueError):  # only the main thread may
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, end)


def _upstream(
    store: Store,
    base_url: str,
    asked: Asked,
    most: int | None = None,
    wait: bool = False,
    tell: Tell = silence,
) -> Upstream:
    """The server that a command asks, with what the file knows of its limit."""
    from etl.budget import Budget
    from etl.http import Http
    from etl.upstream import TIMEOUT, Upstream

    http = Http(base_url, asked.token, TIMEOUT if asked.timeout is None else asked.timeout)
    budget = Budget(store, store.clock, http.base_url, most)
    return Upstream(http, budget, store.clock, tell, has_token=bool(asked.token), wait=wait)


def _note(store: Store, error: MirrorError) -> None:
    """Keeps how the sync failed, for status; where the file can't be written, that is the error."""
    document = {
        "at": stamp(store.clock.now()),
        "exit_code": error.exit_code,
        "message": str(error),
        "resumes": stamp(error.resumes) if isinstance(error, Stopped) and error.resumes else None,
    }
    with suppress(sqlite3.Error):
        store.remember(last_error=json.dumps(document, ensure_ascii=False))


def _bad(db: Path, reports: list[Report]) -> DataError | None:
    """The error of a sync that published all but some records."""
    bad = [one for report in reports for one in report.quarantined]
    if not bad:
        return None
    more = f", and {len(bad) - 1} more" if len(bad) > 1 else ""
    return DataError(
        f"{bad[0]['reason']}{more}: kept aside, the rest is published: see `ll2-mirror status {db}`"
    )


@main.command(help=_PLAN_HELP)
@_asking
@_json_option("it")
def plan(
    db: Path,
    resources: tuple[str, ...],
    base_url: str | None,
    mode: str | None,
    token: str | None,
    timeout: float | None,
    stale_after: float | None,
    as_json: bool,
) -> None:
    """Says what a sync would cost."""
    from etl.lines import plan_lines
    from etl.plan import plan as read
    from etl.sync import wanted

    _no_resource(db)
    asked = Asked(list(resources), base_url, mode, token, timeout, stale_after)
    with _opened_or_blank(db) as store:
        what = wanted(store, asked.resources, asked.base_url, asked.mode)
        found = read(store, _upstream(store, what.base_url, asked), what, asked.stale)
    if as_json:
        print_json(found)
    else:
        click.echo("\n".join(plan_lines(found)))


@contextmanager
def _opened_or_blank(db: Path) -> Iterator[Store]:
    """The mirror; one that a sync would make is made elsewhere, and goes away again."""
    from etl.store import checked_path, open_store

    if not checked_path(db):
        with _opened(db) as store:
            yield store
        return
    with (
        TemporaryDirectory() as folder,
        open_store(Path(folder, "blank.db"), _clock(), create=True) as store,
    ):
        yield store


@main.command()
@_DB
@click.option(
    "--max-age",
    metavar="AGE",
    callback=_length,
    help="Exit 1 where the last complete sync is older, as in 90m, 12h, 2d.",
)
@click.option("--prometheus", is_flag=True, help="Print metrics for node-exporter's textfiles.")
@_json_option("it")
def status(db: Path, max_age: float | None, prometheus: bool, as_json: bool) -> None:
    """Say how DB stands: last sync, walk under way, budget, counts, what needs attention."""
    from etl import metrics
    from etl.lines import status_lines
    from etl.report import oldest_age
    from etl.report import status as read

    if prometheus and as_json:
        raise UsageError("--json and --prometheus are two formats: choose one")
    with _opened(db) as store:
        found = read(store, _clock().now())
    if prometheus:
        click.echo(metrics.prometheus(found), nl=False)
    elif as_json:
        print_json(found)
    else:
        click.echo("\n".join(status_lines(found)))
    age = oldest_age(found)
    if max_age is not None and (age is None or age > max_age):
        click.echo(f"ll2-mirror: {db} is older than it may be", err=True)
        sys.exit(1)


@main.command()
@_DB
@_json_option("the verdict")
def verify(db: Path, as_json: bool) -> None:
    """Prove that DB renders what LL2 sent, byte for byte; exit 1 where it doesn't.

    Checks the file's integrity and references, too, and names each row that differs.
    """
    from etl.lines import verdict_lines
    from etl.verify import verify as run

    with _opened(db) as store:
        verdict = run(store)
    if as_json:
        print_json(verdict.as_json())
    else:
        for problem in verdict.problems:
            click.echo(problem)
        click.echo("\n".join(verdict_lines(db, verdict.as_json())))
    if verdict.problems:
        sys.exit(1)


@main.command()
@_DB
@click.option("--since", metavar="WHEN", help="From a date, a time or an age such as 2d on.")
@click.option("--all", "everything", is_flag=True, help="Also what moves by itself: times, counts.")
@_json_option("them")
def changes(db: Path, since: str | None, everything: bool, as_json: bool) -> None:
    """Show what was added, changed (from and to) and gone, by run."""
    from etl.lines import change_lines
    from etl.report import changes as read
    from etl.report import moment as parsed

    start = parsed(since, _clock().now()) if since is not None else None
    with _opened(db) as store:
        found = read(store, start, everything)
    if as_json:
        print_json(found)
        return
    if not found["runs"]:
        click.echo("nothing changed", err=True)
    for run in found["runs"]:
        click.echo(f"{run['finished'][:19]}Z  {run['resource']}")
        click.echo("\n".join(change_lines(run["changes"])))


@main.command()
@_DB
@click.argument("path")
@click.option("--pretty", is_flag=True, help="Indent the JSON.")
@click.option(
    "--base-url",
    metavar="URL",
    callback=_base,
    help="Where the links in the body lead.  [default: the file's]",
)
def get(db: Path, path: str, pretty: bool, base_url: str | None) -> None:
    """Print what LL2 would answer for PATH, as in '/2.3.0/spacecraft/?search=Soyuz'.

    The body is LL2's, byte for byte; exit 1 where the status isn't 2xx.
    """
    from etl.browse import browse
    from etl.query import Mirror, request_for
    from etl.upstream import DEFAULT_BASE_URL

    with _opened(db) as store:
        base = base_url or store.setting("base_url") or DEFAULT_BASE_URL
        with store.snapshot():
            mirror = Mirror(store.conn, db.name, browse)
            answer = mirror.answer(request_for(path, base, pretty=pretty))
    sys.stdout.buffer.write(answer.body + b"\n" * pretty)
    sys.stdout.flush()
    if not answer.is_good:
        moved = f": it redirects to {to}" if (to := answer.headers.get("Location")) else ""
        click.echo(f"ll2-mirror: the status for {path} is {answer.status}{moved}", err=True)
        sys.exit(1)


@main.command()
@_DB
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option(
    "-p", "--port", type=click.IntRange(0, 65535), default=8001, show_default=True, help="Its port."
)
@click.option(
    "--base-url",
    metavar="URL",
    callback=_base,
    help="Where the links in answers lead.  [default: where they were asked for]",
)
def serve(db: Path, host: str, port: int, base_url: str | None) -> None:
    """Serve DB: LL2's API under /2.3.0/, and Datasette's pages beside it.

    A sync of the same file shows at once.
    """
    from etl.serve import bound, datasette, run

    with _opened(db):  # says what is wrong with the file, and upgrades it
        pass
    app = datasette(db, base_url)
    listening = bound(host, port)
    shown, port = (f"[{host}]" if ":" in host else host), listening.getsockname()[1]
    click.echo(f"LL2's API:   http://{shown}:{port}/2.3.0/", err=True)
    click.echo(f"Datasette:   http://{shown}:{port}/", err=True)
    click.echo("Press Ctrl-C to end", err=True)
    run(app, listening)


@main.command()
@click.argument("directory", metavar="[DIR]", default=".", type=click.Path(path_type=Path))
def demo(directory: Path) -> None:
    """Mirror the bundled sample of LL2 into DIR, and ask it three questions.

    Needs no network: the sample is served on loopback, page by page as LL2 does.
    """
    from etl import sample
    from etl.lines import table

    db = directory / "demo.db"
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{directory} can't be made a folder: {error.strerror}") from None
    with sample.running(sample.bundled()) as upstream:
        for title, arguments in (
            ("A first sync", ["sync", str(db), "--base-url", upstream.base_url]),
            ("The same again: no row of LL2's data is written", ["sync", str(db)]),
            ("The proof", ["verify", str(db)]),
        ):
            click.echo(f"\n{title}\n$ ll2-mirror {' '.join(arguments)}")
            main.main(arguments, prog_name="ll2-mirror", standalone_mode=False)
    with closing(sqlite3.connect(db)) as conn:
        for question, sql in sample.questions():
            click.echo(f"\n{question}")
            cursor = conn.execute(sql)
            click.echo("\n".join(table([d[0] for d in cursor.description], cursor.fetchall())))
    click.echo(
        f"\nThe file is {db}: open it with `datasette {db}` or `sqlite3 {db}`.\n"
        "The same from the real API, in 6 or 7 requests: ll2-mirror sync spacecraft.db"
    )
