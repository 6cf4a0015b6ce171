"""The commands that ask LL2: sync and plan."""

from __future__ import annotations

import gc
import json
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ll2_mirror.cli.console import console
from ll2_mirror.cli.options import QUIET, changing, clock, json_option, opened
from ll2_mirror.cli.program import Command, as_ours, end_tidily
from ll2_mirror.cli.source import Source, asks
from ll2_mirror.cli.telling import telling
from ll2_mirror.clock import to_iso
from ll2_mirror.errors import DataError, MirrorError, Stopped, UsageError
from ll2_mirror.ll2.lists import DEFAULT_RESOURCE, RESOURCES, SLICES
from ll2_mirror.progress import Tell

if TYPE_CHECKING:
    from ll2_mirror.extract.upstream import Upstream
    from ll2_mirror.load.report import Report
    from ll2_mirror.store.store import Store
    from ll2_mirror.sync import Wanted

_SYNC_HELP = f"""Bring DB up to date with LL2; make it where there is none.

DB remembers the resources, their modes and the URL: the next sync needs no options. Without any, it
mirrors {DEFAULT_RESOURCE}. What LL2 no longer lists leaves the tables and stays in the history.

RESOURCE is one of {", ".join(SLICES)}. What is new or upcoming is merged: nothing is taken as gone
for it.

A sync that stopped early is gone on with by the next one: no page is fetched twice.
"""
_PLAN_HELP = """Say what a sync of DB would cost.

That is in requests and minutes, with the pages that are staged already. Asks LL2 nothing but
/api-throttle/, which is free.
"""


@click.command(cls=Command, help=_SYNC_HELP)
@asks
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
@QUIET
@click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    expose_value=False,  # the console has it: it must know before the command line is read
    help="How to tell on stderr what happens: for people, or one JSON object a line.",
)
@json_option("what was done")
def sync(db: Path, quiet: bool, as_json: bool, **source: Any) -> None:
    """Runs a sync and says what it did."""
    from ll2_mirror.cli.text import sync_lines
    from ll2_mirror.extract.client import is_own
    from ll2_mirror.store.opening import checked_path

    _refuse_resource(db)
    checked_path(db)
    end_tidily()
    gc.freeze()
    gc.set_threshold(50_000)  # pages and rows have no cycles: looking for some is in vain
    with telling(console(), quiet=quiet, as_json=as_json) as tell:
        done = _synced(db, Source(**source), tell, as_json)
    reports, server, problem = done
    found = [report.as_json() for report in reports]
    elsewhere = None if is_own(server) else server
    lines = (line for report in reports for line in sync_lines(report, elsewhere))
    document = found if source["due"] else _document(found)
    console().present(document, lines, as_json=as_json, quiet=quiet)
    if problem:
        raise problem


def _synced(
    db: Path, source: Source, tell: Tell, as_json: bool
) -> tuple[list[Report], str, MirrorError | None]:
    """Syncs as the file's only sync, from which server, with what went wrong; that is noted."""
    with changing(db, tell) as store, _noting_failure(store):
        what = source.wanted(store)
        upstream = source.upstream(store, what.base_url, tell)
        with _showing_failure(store, upstream, what) if as_json else nullcontext():
            reports, failed = source.run(store, upstream, what, tell)
        if problem := failed or _kept_aside(db, reports):
            _note(store, problem)
        return reports, upstream.base_url, problem


@contextmanager
def _noting_failure(store: Store) -> Iterator[None]:
    """Raises what ends a sync as one of our errors, and keeps it for status."""
    try:
        yield
    except (Exception, KeyboardInterrupt) as error:
        failure = as_ours(error, store.path)
        _note(store, failure)
        raise failure from failure.__cause__


@contextmanager
def _showing_failure(store: Store, upstream: Upstream, what: Wanted) -> Iterator[None]:
    """Prints what a sync that ends early spent and staged, for programs."""
    from ll2_mirror.sync import incomplete

    try:
        yield
    except (Exception, KeyboardInterrupt) as error:
        found = incomplete(store, upstream, what, as_ours(error, store.path))
        console().show(_document(found))
        raise


def _document(found: list[dict[str, Any]]) -> Any:
    """One JSON object, or a list of several."""
    return found[0] if len(found) == 1 else found


def _refuse_resource(db: Path) -> None:
    if str(db) in RESOURCES:
        raise UsageError(
            f"{db} is a resource: name the file first, as in `sync spacecraft.db {db}`"
        )


def _note(store: Store, error: MirrorError) -> None:
    """Keeps how the sync failed, for status; where the file can't be written, that is the error."""
    document = {
        "at": to_iso(store.clock.now()),
        "exit_code": error.exit_code,
        "message": str(error),
        "resumes": to_iso(error.resumes) if isinstance(error, Stopped) and error.resumes else None,
    }
    with suppress(sqlite3.Error):
        store.settings.remember(last_error=json.dumps(document))


def _kept_aside(db: Path, reports: list[Report]) -> DataError | None:
    """The error of a sync that published all but some records."""
    bad = [one for report in reports for one in report.quarantined]
    if not bad:
        return None
    more = f", and {len(bad) - 1} more" if len(bad) > 1 else ""
    return DataError(
        f"{bad[0]['reason']}{more}: kept aside, the rest is published: see `ll2-mirror status {db}`"
    )


@click.command(cls=Command, help=_PLAN_HELP)
@asks
@json_option("it")
def plan(db: Path, as_json: bool, **source: Any) -> None:
    """Says what a sync would cost."""
    from ll2_mirror.cli.text import due_lines, plan_lines
    from ll2_mirror.due import schedule
    from ll2_mirror.plan import plan as read

    _refuse_resource(db)
    asked = Source(**source)
    with (
        telling(console(), quiet=False, as_json=as_json) as tell,
        _opened_or_blank(db) as store,
    ):
        what = asked.wanted(store)
        upstream = asked.upstream(store, what.base_url, tell)
        if asked.due:
            found, lines = schedule(store, upstream, what), due_lines
        else:
            found, lines = read(store, upstream, what), plan_lines
    console().present(found, lines(found), as_json=as_json)


def _opened_or_blank(db: Path) -> AbstractContextManager[Store]:
    """The mirror; one that a sync would make is made elsewhere, and goes away again."""
    from ll2_mirror.store.opening import blank_store, checked_path

    return blank_store(db, clock()) if checked_path(db) else opened(db)
