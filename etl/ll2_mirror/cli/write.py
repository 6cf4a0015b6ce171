"""The commands that ask LL2: sync and plan."""

from __future__ import annotations

import gc
import json
import math
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click
from click.core import ParameterSource

from ll2_mirror.cli.console import Teller, ours, print_json, print_some
from ll2_mirror.cli.options import DB, base, clock, json_option, length, opened
from ll2_mirror.clock import to_iso
from ll2_mirror.errors import DataError, MirrorError, Stopped, UsageError
from ll2_mirror.ll2.resources import DEFAULT_RESOURCE, MODES, RESOURCES
from ll2_mirror.progress import Tell, silence

if TYPE_CHECKING:
    from ll2_mirror.extract.upstream import Upstream
    from ll2_mirror.load.report import Report
    from ll2_mirror.store.store import Store


_SYNC_HELP = f"""Bring DB up to date with LL2; make it where there is none.

RESOURCE is one of {", ".join(RESOURCES)}. DB remembers the resources, the mode and the URL: the
next sync needs no options. Without any, it mirrors {DEFAULT_RESOURCE}. What LL2 no longer lists
leaves the tables and stays in the history.

A sync that stopped early is gone on with by the next one: no page is fetched twice.
"""
_PLAN_HELP = """Say what a sync of DB would cost.

That is in requests and minutes, with the pages that are staged already. Asks LL2 nothing but
/api-throttle/, which is free.
"""


def _seconds(_: click.Context, __: click.Parameter, value: float | None) -> float | None:
    if value is not None and math.isnan(value):
        raise UsageError("nan is no number of seconds")
    return value


class Token(NamedTuple):
    """The API token, and whether the command line names it; else it is the environment's."""

    text: str
    given: bool


def _token(ctx: click.Context, param: click.Parameter, value: str | None) -> Token | None:
    source = ctx.get_parameter_source(param.name or "")
    return Token(value, source is ParameterSource.COMMANDLINE) if value else None


def _asking(command: Callable[..., None]) -> Callable[..., None]:
    """The arguments of a command that asks LL2."""
    for decorate in (
        click.option(
            "--stale-after",
            metavar="AGE",
            callback=length,
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
            callback=_token,
            help="The API token, for more than 15 requests an hour. Never written to the file."
            " The environment's goes to LL2's own servers, or to that of --base-url.",
        ),
        click.option(
            "--mode",
            type=click.Choice(MODES),
            help="How much of each record.  [default: the file's]",
        ),
        click.option(
            "--base-url",
            metavar="URL",
            callback=base,
            help="The LL2 server to ask.  [default: the file's]",
        ),
        click.argument(
            "resources", metavar="[RESOURCE]...", nargs=-1, type=click.Choice(list(RESOURCES))
        ),
        DB,
    ):
        command = decorate(command)
    return command


@click.command(help=_SYNC_HELP)
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
@json_option("what was done")
def sync(
    db: Path,
    resources: tuple[str, ...],
    base_url: str | None,
    mode: str | None,
    token: Token | None,
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
    from ll2_mirror.cli.text import sync_lines
    from ll2_mirror.extract.client import is_own
    from ll2_mirror.store.opening import checked_path

    _no_resource(db)
    checked_path(db)
    _end_tidily()
    gc.freeze()
    gc.set_threshold(50_000)  # pages and rows have no cycles: looking for some is in vain
    tell = Teller(clock(), as_json=as_json, quiet=quiet, log_json=log_format == "json")
    asked = Asked(list(resources), base_url, mode, token, timeout, stale_after)
    with tell.failures(db):
        reports, server = _synced(db, asked, (max_requests, wait, allow_shrink), tell)
        if as_json:
            print_some([report.as_json() for report in reports])
        elif not quiet:
            for report in reports:
                click.echo("\n".join(sync_lines(report, None if is_own(server) else server)))
        if problem := _bad(db, reports):
            raise problem


class Asked(NamedTuple):
    """What a command that asks LL2 was told."""

    resources: list[str]
    base_url: str | None
    mode: str | None
    token: Token | None
    timeout: float | None
    stale_after: float | None

    @property
    def stale(self) -> float:
        """The age in seconds at which a walk that was cut off is begun anew."""
        from ll2_mirror.extract.crawl import STALE

        return STALE if self.stale_after is None else self.stale_after

    def token_for(self, base_url: str) -> str | None:
        """The token; not the environment's for a server that only the file names."""
        from ll2_mirror.extract.client import is_own

        meant = self.token and (self.token.given or self.base_url or is_own(base_url))
        return self.token.text if self.token and meant else None


def _synced(
    db: Path, asked: Asked, how: tuple[int | None, bool, bool], tell: Teller
) -> tuple[list[Report], str]:
    """Syncs as the file's only sync, from which server; a failure is noted in the file."""
    from ll2_mirror.load.rebuild import upgrade
    from ll2_mirror.store.lock import only_sync
    from ll2_mirror.store.opening import open_store
    from ll2_mirror.sync import incomplete, sync, wanted

    most, wait, allow_shrink = how
    with only_sync(db), open_store(db, clock(), create=True) as store:
        upgrade(store, tell)
        what = wanted(store, asked.resources, asked.base_url, asked.mode)
        upstream = _upstream(store, what.base_url, asked, most, wait, tell)
        try:
            reports = sync(
                store, upstream, what, tell, allow_shrink=allow_shrink, stale=asked.stale
            )
            if problem := _bad(db, reports):
                _note(store, problem)
            return reports, upstream.base_url
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
    from ll2_mirror.extract.budget import Budget
    from ll2_mirror.extract.client import Client
    from ll2_mirror.extract.upstream import TIMEOUT, Upstream

    token = asked.token_for(base_url)
    if asked.token and not token:
        tell("withheld", base_url=base_url)
    client = Client(base_url, token, TIMEOUT if asked.timeout is None else asked.timeout)
    budget = Budget(store, store.clock, client.base_url, most, token=bool(token))
    return Upstream(client, budget, store.clock, tell, wait=wait)


def _note(store: Store, error: MirrorError) -> None:
    """Keeps how the sync failed, for status; where the file can't be written, that is the error."""
    document = {
        "at": to_iso(store.clock.now()),
        "exit_code": error.exit_code,
        "message": str(error),
        "resumes": to_iso(error.resumes) if isinstance(error, Stopped) and error.resumes else None,
    }
    with suppress(sqlite3.Error):
        store.settings.remember(last_error=json.dumps(document, ensure_ascii=False))


def _bad(db: Path, reports: list[Report]) -> DataError | None:
    """The error of a sync that published all but some records."""
    bad = [one for report in reports for one in report.quarantined]
    if not bad:
        return None
    more = f", and {len(bad) - 1} more" if len(bad) > 1 else ""
    return DataError(
        f"{bad[0]['reason']}{more}: kept aside, the rest is published: see `ll2-mirror status {db}`"
    )


@click.command(help=_PLAN_HELP)
@_asking
@json_option("it")
def plan(
    db: Path,
    resources: tuple[str, ...],
    base_url: str | None,
    mode: str | None,
    token: Token | None,
    timeout: float | None,
    stale_after: float | None,
    as_json: bool,
) -> None:
    """Says what a sync would cost."""
    from ll2_mirror.cli.text import plan_lines
    from ll2_mirror.plan import plan as read
    from ll2_mirror.sync import wanted

    _no_resource(db)
    asked = Asked(list(resources), base_url, mode, token, timeout, stale_after)
    tell = Teller(clock(), as_json=as_json, quiet=False, log_json=False)
    with _opened_or_blank(db) as store:
        what = wanted(store, asked.resources, asked.base_url, asked.mode)
        upstream = _upstream(store, what.base_url, asked, tell=tell)
        found = read(store, upstream, what, asked.stale)
    if as_json:
        print_json(found)
    else:
        click.echo("\n".join(plan_lines(found)))


@contextmanager
def _opened_or_blank(db: Path) -> Iterator[Store]:
    """The mirror; one that a sync would make is made elsewhere, and goes away again."""
    from ll2_mirror.store.opening import blank_store, checked_path

    if checked_path(db):
        with blank_store(db, clock()) as store:
            yield store
        return
    with opened(db) as store:
        yield store
