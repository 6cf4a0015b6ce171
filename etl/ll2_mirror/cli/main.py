"""The commands.

Each imports what it needs when it runs, so that --help answers at once.
"""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import click

from ll2_mirror import __version__
from ll2_mirror.cli.console import EXIT_CODES, Commands, print_json
from ll2_mirror.cli.options import DB, base, clock, json_option, length, opened
from ll2_mirror.cli.share import publish, pull
from ll2_mirror.cli.write import plan, sync
from ll2_mirror.errors import UsageError


@click.group(cls=Commands, epilog=EXIT_CODES)
@click.version_option(__version__, prog_name="ll2-mirror")
def main() -> None:
    """Mirror Launch Library 2, the database of spaceflight, into one SQLite file.

    Start with: ll2-mirror sync spacecraft.db
    """


main.add_command(sync)
main.add_command(plan)
main.add_command(publish)
main.add_command(pull)


@main.command()
@DB
@click.option(
    "--max-age",
    metavar="AGE",
    callback=length,
    help="Exit 1 where the last complete sync is older, as in 90m, 12h, 2d.",
)
@click.option("--prometheus", is_flag=True, help="Print metrics for node-exporter's textfiles.")
@json_option("it")
def status(db: Path, max_age: float | None, prometheus: bool, as_json: bool) -> None:
    """Say how DB stands.

    That is its last sync, the walk under way, the budget, counts, and what needs attention.
    """
    from ll2_mirror.cli import metrics
    from ll2_mirror.cli.status import oldest_age
    from ll2_mirror.cli.status import status as read
    from ll2_mirror.cli.text import status_lines

    if prometheus and as_json:
        raise UsageError("--json and --prometheus are two formats: choose one")
    with opened(db) as store:
        found = read(store, clock().now())
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
@DB
@json_option("the verdict")
def verify(db: Path, as_json: bool) -> None:
    """Prove that DB renders what LL2 sent.

    That is byte for byte; exit 1 where it doesn't.
    Checks the file's integrity and references, too, and names each row that differs.
    """
    from ll2_mirror.cli.text import verdict_lines
    from ll2_mirror.proof.verify import verify as run

    with opened(db) as store:
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
@DB
@click.option("--since", metavar="WHEN", help="From a date, a time or an age such as 2d on.")
@click.option("--all", "everything", is_flag=True, help="Also what moves by itself: times, counts.")
@json_option("them")
def changes(db: Path, since: str | None, everything: bool, as_json: bool) -> None:
    """Show what was added, changed and gone.

    By run, with each value from and to.
    """
    from ll2_mirror.cli.status import changes as read
    from ll2_mirror.cli.status import moment as parsed
    from ll2_mirror.cli.text import change_lines

    start = parsed(since, clock().now()) if since is not None else None
    with opened(db) as store:
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
@DB
@click.argument("path")
@click.option("--pretty", is_flag=True, help="Indent the JSON.")
@click.option(
    "--base-url",
    metavar="URL",
    callback=base,
    help="Where the links in the body lead.  [default: the file's]",
)
def get(db: Path, path: str, pretty: bool, base_url: str | None) -> None:
    """Print what LL2 would answer for PATH.

    PATH is one such as '/2.3.0/spacecraft/?search=Soyuz'. The body is LL2's, byte for byte; exit 1
    where the status isn't 2xx.
    """
    from ll2_mirror.extract.upstream import DEFAULT_BASE_URL
    from ll2_mirror.ll2.page import API_PATH
    from ll2_mirror.query.api import Mirror
    from ll2_mirror.query.request import request_for
    from ll2_mirror.serve.browse import browse
    from ll2_mirror.store.reading import READ_SECONDS, time_limit

    with opened(db) as store:
        base = base_url or store.settings.get("base_url") or DEFAULT_BASE_URL
        with store.snapshot(), time_limit(store.conn, READ_SECONDS, str(db)):
            mirror = Mirror(store.conn, db.name, browse)
            response = mirror.respond(request_for(path, base, pretty=pretty))
    click.echo(response.body, nl=pretty)
    if not response.is_good:
        hint = f": it redirects to {to}" if (to := response.headers.get("Location")) else ""
        if API_PATH not in path:
            hint = f": LL2's paths begin with {API_PATH}"
        click.echo(f"ll2-mirror: the status for {path} is {response.status}{hint}", err=True)
        sys.exit(1)


@main.command()
@DB
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option(
    "-p", "--port", type=click.IntRange(0, 65535), default=8001, show_default=True, help="Its port."
)
@click.option(
    "--base-url",
    metavar="URL",
    callback=base,
    help="Where the links in answers lead.  [default: where they were asked for]",
)
def serve(db: Path, host: str, port: int, base_url: str | None) -> None:
    """Serve LL2's API from DB, and Datasette.

    LL2's paths are under /2.3.0/, Datasette's pages beside them. A sync of the same file shows at
    once.
    """
    from ll2_mirror.ll2.schema import SCHEMA_VERSION
    from ll2_mirror.serve.reader import other_version
    from ll2_mirror.serve.server import bound, datasette, run
    from ll2_mirror.store.opening import open_store

    with open_store(db, clock()) as store:  # says what is wrong with the file
        if store.version != SCHEMA_VERSION:
            click.echo(f"ll2-mirror: {other_version(db.name, store.version)}", err=True)
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
    """Mirror the bundled sample into DIR.

    Then ask it three questions. Needs no network: the sample is served on loopback, page by page
    as LL2 does.
    """
    from ll2_mirror.cli.text import table
    from ll2_mirror.testing import fake as sample

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
        f"\nThe file is {db}: open it with `ll2-mirror serve {db}` or `sqlite3 {db}`.\n"
        "The same from the real API, in 6 or 7 requests: ll2-mirror sync spacecraft.db"
    )
