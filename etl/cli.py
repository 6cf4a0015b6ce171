"""The commands; the only module that prints.

Each imports what it needs when it runs, so that --help answers at once.
"""

from __future__ import annotations

import errno
import gc
import json
import math
import os
import signal
import sqlite3
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from etl import __version__
from etl.errors import MirrorError, Stopped, UsageError
from etl.shapes import DEFAULT_RESOURCE, MODES, RESOURCES

if TYPE_CHECKING:
    from etl.publish import Report
    from etl.sync import Progress

EXIT_CODES = """\b
Exit codes:
  0   done
  1   the check says no (verify)
  2   the command line can't be carried out
  65  data that isn't understood: upstream's or the file's
  69  upstream can't be reached, or refuses
  75  stopped early: run the same command again
"""


class Commands(click.Group):
    """The group; turns our errors into one line and an exit code."""

    def main(self, args: Any = None, *, standalone_mode: bool = True, **extra: Any) -> Any:  # type: ignore[override]
        """Runs the program; what is wrong with the command line is one line, too."""
        if not standalone_mode:
            return super().main(args, standalone_mode=False, **extra)
        try:
            code = super().main(args, standalone_mode=False, **extra)
        except click.exceptions.NoArgsIsHelpError as error:
            error.show()
            code = error.exit_code
        except click.ClickException as error:
            context = getattr(error, "ctx", None)
            see = f" (see {context.command_path} --help)" if context else ""
            _fail(UsageError(" ".join(error.format_message().split()) + see))
        except click.Abort:
            _fail(Stopped("interrupted"))
        sys.exit(code if isinstance(code, int) else 0)

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command; an error ends it with one line."""
        try:
            return super().invoke(ctx)
        except MirrorError as error:
            _fail(error)
        except sqlite3.Error as error:
            from etl.store import explained

            _fail(explained(error, Path(ctx.obj or "the file")))
        except KeyboardInterrupt:
            _fail(Stopped("interrupted: what was published before stands"))
        except OSError as error:
            if error.errno == errno.EPIPE:  # the reader has enough
                sys.stdout = sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115
                sys.exit(128 + signal.SIGPIPE)
            _fail(UsageError(f"{error.filename or 'the output'}: {error.strerror}"))


def _fail(error: MirrorError) -> None:
    click.echo(f"ll2-mirror: {error}", err=True)
    sys.exit(error.exit_code)


def _remember(ctx: click.Context, _: click.Parameter, db: Path) -> Path:
    """Keeps the file's name for an error that SQLite gives without it."""
    ctx.find_root().obj = db
    return db


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
"""


@main.command(help=_SYNC_HELP)
@_DB
@click.argument("resources", metavar="[RESOURCE]...", nargs=-1, type=click.Choice(list(RESOURCES)))
@click.option("--base-url", metavar="URL", help="The LL2 server to ask.  [default: the file's]")
@click.option(
    "--mode", type=click.Choice(MODES), help="How much of each record.  [default: the file's]"
)
@click.option(
    "--token",
    envvar="LL2_API_TOKEN",
    show_envvar=True,
    help="The API token, for more than 15 requests an hour. Never written to the file.",
)
@click.option(
    "--timeout",
    metavar="SECONDS",
    type=click.FloatRange(min=0.1, max=3600),
    help="How long one request may take, as a whole.  [default: 30]",
)
@click.option("-q", "--quiet", is_flag=True, help="Say nothing unless something is wrong.")
@_json_option("what was done")
def sync(
    db: Path,
    resources: tuple[str, ...],
    base_url: str | None,
    mode: str | None,
    token: str | None,
    timeout: float | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Runs a sync and says what it did."""
    from etl.http import checked_base
    from etl.lock import only_sync
    from etl.store import checked_path, open_store
    from etl.sync import settled_mode
    from etl.sync import sync as run
    from etl.upstream import DEFAULT_BASE_URL, TIMEOUT, Upstream

    if base_url is not None:
        checked_base(base_url)
    if timeout is not None and math.isnan(timeout):
        raise UsageError("nan is no number of seconds")
    if str(db) in RESOURCES:
        raise UsageError(
            f"{db} is a resource: name the file first, as in `sync spacecraft.db {db}`"
        )
    checked_path(db)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as tidy an end as Ctrl-C's
    gc.freeze()
    gc.set_threshold(50_000)  # pages and rows have no cycles: looking for some is in vain
    with only_sync(db), open_store(db, create=True) as store:
        chosen = settled_mode(store, mode)
        url = base_url or store.setting("base_url") or DEFAULT_BASE_URL
        upstream = Upstream(url, token, timeout or TIMEOUT)
        wanted = list(dict.fromkeys(resources)) or store.resources or [DEFAULT_RESOURCE]
        with _progress(shown=not quiet and not as_json and sys.stderr.isatty()) as progress:
            reports = run(store, upstream, wanted, chosen, progress)
    if as_json:
        documents = [report.as_json() for report in reports]
        _print_json(documents[0] if len(documents) == 1 else documents)
    elif not quiet:
        for report in reports:
            click.echo("\n".join(_sync_lines(report)))


@contextmanager
def _progress(shown: bool) -> Iterator[Progress]:
    """Gives a function to call with how far a walk is; a bar on a terminal, else nothing."""
    if not shown:
        yield lambda resource, done, count: None
        return
    bars: dict[str, Any] = {}

    def report(resource: str, done: int, count: int) -> None:
        if resource not in bars:
            for bar in bars.values():
                bar.render_finish()
            bars[resource] = click.progressbar(length=count, label=resource, file=sys.stderr)
        bars[resource].update(done - bars[resource].pos)

    yield report
    for bar in bars.values():
        bar.render_finish()


def _sync_lines(report: Report) -> Iterator[str]:
    yield (
        f"{report.resource}: {_some(report.records, 'record')}"
        f" in {_some(report.requests, 'request')}"
        f" · {report.added} added, {report.changed} changed, {report.unchanged} unchanged,"
        f" {report.gone} gone · {report.seconds:.1f} s"
    )
    if report.conflicts:
        yield f"  {_some(report.conflicts, 'row')} came with two values: the later stands"
    for drift in report.drift:
        key = f".{drift['key']}" if drift["key"] else ""
        yield f"  new in LL2, kept: {drift['shape']}{key}: {drift['what']} (as in {drift['id']})"


def _some(count: int, what: str) -> str:
    """The count with its noun, which takes an s unless there is one."""
    return f"{count} {what}" if count == 1 else f"{count:,} {what}s"


@main.command()
@_DB
@_json_option("it")
def status(db: Path, as_json: bool) -> None:
    """Say how DB stands: last sync, what it holds, what LL2 sends that its document lacks."""
    from etl.report import status as read
    from etl.store import open_store

    with open_store(db) as store:
        found = read(store, datetime.now(UTC))
    if as_json:
        _print_json(found)
    else:
        click.echo("\n".join(_status_lines(found)))


def _status_lines(found: dict[str, Any]) -> Iterator[str]:
    if not found["resources"]:
        yield f"{found['db']}: no sync was completed yet"
        return
    yield f"{found['db']}: {found['mode']} mode, from {found['base_url']}"
    for held in found["resources"]:
        gone = f", {held['tombstones']} gone" if held["tombstones"] else ""
        yield (
            f"{held['resource']}: {_some(held['records'], 'record')}{gone},"
            f" synced {_ago(held['age_seconds'])} ({held['synced'][:19]}Z)"
        )
        if held["conflicts"]:
            yield f"  {_some(held['conflicts'], 'row')} came with two values in the last sync"
    yield "tables:"
    for name, count in found["tables"].items():
        yield f"  {count:>8,}  {name}"
    for drift in found["drift"]:
        key = f".{drift['key']}" if drift["key"] else ""
        what = f"{drift['shape']}{key}: {drift['what']}"
        yield f"new in LL2, kept: {what} (since {drift['since'][:10]})"


def _ago(seconds: int) -> str:
    for unit, length in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= length:
            return f"{_some(seconds // length, unit)} ago"
    return "just now"


@main.command()
@_DB
@_json_option("the verdict")
def verify(db: Path, as_json: bool) -> None:
    """Prove that DB renders what LL2 sent, byte for byte; exit 1 where it doesn't.

    Checks the file's integrity and references, too, and names each row that differs.
    """
    from etl.store import open_store
    from etl.verify import verify as run

    with open_store(db) as store:
        verdict = run(store)
    if as_json:
        _print_json(verdict.as_json())
    else:
        for problem in verdict.problems:
            click.echo(problem)
        click.echo("\n".join(_verdict_lines(db, verdict.as_json())))
    if verdict.problems:
        sys.exit(1)


def _verdict_lines(db: Path, verdict: dict[str, Any]) -> Iterator[str]:
    if not verdict["ok"]:
        yield f"{db}: not what LL2 sent: {_some(len(verdict['problems']), 'problem')}"
    elif not verdict["pages"]:
        yield f"{db}: sound, and empty: no sync was completed yet"
    else:
        yield (
            f"{db}: {_some(verdict['records'], 'record')} on {_some(verdict['pages'], 'page')},"
            f" {_some(verdict['bytes'], 'byte')}: as LL2 sent them"
        )
    if verdict["overtaken"]:
        overtaken = _some(verdict["overtaken"], "value")
        yield f"  {overtaken} gave way to a later one of the same row in the same sync"
    if verdict["respelled"]:
        yield f"  {_some(verdict['respelled'], 'page')} in another spelling of JSON, same values"


@main.command()
@_DB
@click.option("--since", metavar="WHEN", help="From a date, a time or an age such as 2d on.")
@click.option("--all", "everything", is_flag=True, help="Also what moves by itself: times, counts.")
@_json_option("them")
def changes(db: Path, since: str | None, everything: bool, as_json: bool) -> None:
    """Show what was added, changed (from and to) and gone, by run."""
    from etl.report import changes as read
    from etl.report import moment
    from etl.store import open_store

    start = moment(since, datetime.now(UTC)) if since is not None else None
    with open_store(db) as store:
        found = read(store, start, everything)
    if as_json:
        _print_json(found)
        return
    if not found["runs"]:
        click.echo("nothing changed", err=True)
    for run in found["runs"]:
        click.echo(f"{run['finished'][:19]}Z  {run['resource']}")
        click.echo("\n".join(_change_lines(run["changes"])))


def _values(change: dict[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """The keys that a change is about, with the value before and now; absent ones as null."""
    if change["key"] != "_extra":
        yield change["key"], change["from"], change["to"]
        return
    before, after = (
        {
            key: value
            for part in (change[side] or {}).values()
            for key, value in part["values"].items()
        }
        for side in ("from", "to")
    )
    for key in dict.fromkeys((*before, *after)):
        if before.get(key) != after.get(key):
            yield key, before.get(key), after.get(key)


_MANY_ADDED = 3  # rows added to one table that are named one by one


def _change_lines(found: list[dict[str, Any]]) -> Iterator[str]:
    """A line a change; many rows added to one table are one line."""
    added = Counter(change["table"] for change in found if change["kind"] == "added")
    for table, count in added.items():
        if count > _MANY_ADDED:
            yield f"  + {table}: {count:,} rows"
    for change in found:
        what = f"{change['table']} {change['id']}"
        if change["name"]:
            what += f" ({change['name']})"
        if change["kind"] == "added":
            if added[change["table"]] <= _MANY_ADDED:
                yield f"  + {what}"
        elif change["kind"] == "gone":
            yield f"  - {what}"
        else:
            for key, old, new in _values(change):
                shown = (json.dumps(side, ensure_ascii=False) for side in (old, new))
                yield f"  ~ {what}: {key}: {' → '.join(shown)}"


@main.command()
@click.argument("directory", metavar="[DIR]", default=".", type=click.Path(path_type=Path))
def demo(directory: Path) -> None:
    """Mirror the bundled sample of LL2 into DIR, and ask it three questions.

    Needs no network: the sample is served on loopback, page by page as LL2 does.
    """
    from etl import sample

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
            click.echo("\n".join(_table([d[0] for d in cursor.description], cursor.fetchall())))
    click.echo(
        f"\nThe file is {db}: open it with `datasette {db}` or `sqlite3 {db}`.\n"
        "The same from the real API, in 6 or 7 requests: ll2-mirror sync spacecraft.db"
    )


def _table(headers: list[str], rows: list[tuple[Any, ...]]) -> Iterator[str]:
    cells = [headers, *(["" if cell is None else str(cell) for cell in row] for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(headers))]
    for row in [cells[0], ["-" * width for width in widths], *cells[1:]]:
        yield "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip()


def _print_json(document: Any) -> None:
    click.echo(json.dumps(document, ensure_ascii=False, indent=2))
