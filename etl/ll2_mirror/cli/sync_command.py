"""The commands sync, plan and ages: a sync, its cost, and the maximum age of each list."""

from __future__ import annotations

import gc
import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click
from click.core import ParameterSource

from ll2_mirror.cli import options, output
from ll2_mirror.cli.output import age_text, optional, plural, utc
from ll2_mirror.clock import to_iso
from ll2_mirror.errors import DataError, MirrorError, UsageError
from ll2_mirror.ll2.lists import AGES, DEFAULT_RESOURCE, MODES, SLICES, SOURCES
from ll2_mirror.progress import Emit
from ll2_mirror.store import ages as list_ages
from ll2_mirror.store.file import Store, blank_store, checked_path

if TYPE_CHECKING:
    from ll2_mirror.due import Wanted
    from ll2_mirror.extract.upstream import Upstream
    from ll2_mirror.load.publish import Report

_SYNC_HELP = f"""Bring DB up to date with LL2, and create it if there is none.

DB remembers the resources, their modes and the URL, so the next sync needs no options. A new DB
gets {DEFAULT_RESOURCE} by default. Records that LL2 no longer lists are removed from the tables and
stay in the history.

RESOURCE is one of {", ".join(SLICES)}. Parts of a list, such as the
upcoming records, only add and update: they never mark records as deleted.

If a sync stops early, the next one resumes it: no page is fetched twice.
"""
_PLAN_HELP = """Show how many requests and minutes a sync of DB would take.

Staged pages aren't fetched again. The only request to LL2 is for /api-throttle/, which is free.
"""
_AGES_HELP = """Show or change how old each list of DB may get.

`sync --due` keeps each list within its age. LIST=AGE sets one, as in LIST=12h; LIST= restores the
default. Some lists have a second age, LIST:near, which applies from two hours before a launch or an
event to one hour after.
"""


class SyncOptions(NamedTuple):
    """The options of sync and plan: what to request from LL2, and how."""

    resources: tuple[str, ...]
    everything: bool
    base_url: str | None
    mode: str | None
    token: str | None
    timeout: float
    stale_after: float
    max_requests: int | None = None
    wait: bool = False
    due: bool = False
    allow_shrink: bool = False

    def wanted(self, store: Store) -> Wanted:
        """What to mirror; the file has the defaults."""
        from ll2_mirror.due import wanted

        names = list(SOURCES if self.everything else self.resources)
        if self.due and (self.everything or not names):
            names = list(SLICES)
        what = wanted(store, names, self.base_url, self.mode)
        return what._replace(allow_shrink=self.allow_shrink, stale=self.stale_after)

    def upstream(self, store: Store, base_url: str, emit: Emit) -> Upstream:
        """The server, with what the file knows of its rate limit.

        The token in the environment isn't sent to a server that only the file names.
        """
        from ll2_mirror.extract.client import Client, is_own
        from ll2_mirror.extract.rate_limit import Budget
        from ll2_mirror.extract.upstream import Upstream

        source = click.get_current_context().get_parameter_source("token")
        trusted = source is ParameterSource.COMMANDLINE or self.base_url or is_own(base_url)
        token = self.token if trusted else None
        if self.token and not token:
            emit("withheld", base_url=base_url)
        client = Client(base_url, token, self.timeout)
        budget = Budget(store, client.base_url, self.max_requests, token=bool(token))
        return Upstream(client, budget, store.clock, emit, wait=self.wait)


# The parameters that sync and plan have in common.
sync_options = options.with_options(
    options.DB,
    click.argument("resources", metavar="[RESOURCE]...", nargs=-1, type=options.Lists(SLICES)),
    click.option("--all", "everything", is_flag=True, help="Fetch all lists that LL2 has."),
    options.base_url_option("The URL of the LL2 server.  [default: DB's]"),
    click.option(
        "--mode",
        type=click.Choice(MODES),
        help="How much of each record to fetch; of several lists, the richest mode up to this"
        " that each has.  [default: DB's]",
    ),
    click.option(
        "--token",
        envvar="LL2_API_TOKEN",
        show_envvar=True,
        help="The API token, for more than 15 requests an hour. Never written to DB. A token from"
        " the environment is sent only to LL2's own servers and to that of --base-url.",
    ),
    options.timeout_option("How long a request may take in total."),
    click.option(
        "--stale-after",
        type=options.age,
        default="1d",
        help="Start over instead of resuming a walk older than this.",
    ),
    click.option(
        "--due",
        is_flag=True,
        help="Fetch only lists that are older than their ages, the most overdue first; without"
        " names, of all lists.",
    ),
)


@click.command(cls=options.Command, help=_SYNC_HELP)
@sync_options
@click.option(
    "--max-requests",
    metavar="N",
    type=click.IntRange(min=1),
    help="Stop after N requests; the next sync resumes.",
)
@click.option("--wait", is_flag=True, help="At LL2's limit, wait instead of stopping.")
@click.option(
    "--allow-shrink",
    is_flag=True,
    help="Publish a list even if more than 10 % of its records, and more than 20, are missing.",
)
@options.QUIET
@click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    default="text",
    expose_value=False,  # main knows it before the command line is read
    help="How to log on stderr: as text, or as one JSON object a line.",
)
@options.JSON
def sync(db: Path, **parameters: Any) -> None:
    """Runs a sync and shows what it did."""
    from ll2_mirror.extract.client import is_own

    _refuse_resource(db)
    output.end_tidily()
    gc.freeze()
    gc.set_threshold(50_000)  # pages and rows have no cycles: searching for them only takes time
    given = SyncOptions(**parameters)
    with output.progress() as emit:
        reports, server, problem = _synced(db, given, emit)
    documents = [report.as_json() for report in reports]
    place = "" if is_own(server) else f" · from {server}"
    lines = chain.from_iterable(_report_lines(report, place) for report in reports)
    document = documents if given.due else _one_or_all(documents)
    output.present(document, lines)
    if problem:
        raise problem


def _synced(
    db: Path, given: SyncOptions, emit: Emit
) -> tuple[list[Report], str, MirrorError | None]:
    """Syncs; returns the reports, the server's URL, and the error, which is stored in the file.

    With ``--json``, prints what a sync that failed requested and staged.
    """
    from ll2_mirror.sync import incomplete, sync_due
    from ll2_mirror.sync import sync as sync_all

    with options.changing(db, emit) as store:
        failed = upstream = None
        try:
            what = given.wanted(store)
            upstream = given.upstream(store, what.base_url, emit)
            if given.due:  # some lists may fail while others succeed
                reports, failed = sync_due(store, upstream, what, emit)
            else:
                reports = sync_all(store, upstream, what, emit)
        except (Exception, KeyboardInterrupt) as error:
            failure = output.as_mirror_error(error)
            _note(store, failure)
            if upstream:
                output.present(_one_or_all(incomplete(store, upstream, what, failure)), ())
            raise failure from failure.__cause__
        if problem := failed or _quarantine_error(db, reports):
            _note(store, problem)
        return reports, upstream.base_url, problem


def _note(store: Store, error: MirrorError) -> None:
    """Stores the sync's error for ``status``, if the file can be written."""
    resumes = getattr(error, "resumes", None)
    failure = {
        "at": to_iso(store.clock.now()),
        "exit_code": error.exit_code,
        "message": str(error),
        "resumes": resumes and to_iso(resumes),
    }
    with suppress(sqlite3.Error):
        store.settings.keep("last_error", failure)


def _quarantine_error(db: Path, reports: list[Report]) -> DataError | None:
    """The error of a sync in which some records weren't understood."""
    bad = [record for report in reports for record in report.quarantined]
    if not bad:
        return None
    more = optional(", and {} more", len(bad) - 1)
    return DataError(
        f"{bad[0]['reason']}{more}: kept aside, the rest is published: see `ll2-mirror status {db}`"
    )


def _one_or_all(documents: list[dict[str, Any]]) -> Any:
    """One JSON object, or a list of several."""
    return documents[0] if len(documents) == 1 else documents


def _refuse_resource(db: Path) -> None:
    """Raises UsageError if the file's name was forgotten."""
    if str(db) in SOURCES:
        raise UsageError(
            f"{db} is a resource: name the file first, as in `sync spacecraft.db {db}`"
        )


def _report_lines(report: Report, place: str) -> Iterator[str]:
    """What a sync did with a resource; ``place`` names the server if it isn't LL2's own."""
    yield (
        f"{report.resource}: {plural(report.records, 'record')}"
        f" in {plural(report.requests, 'request')}"
        f" · {report.added} added, {report.changed} changed, {report.unchanged} unchanged,"
        f" {report.gone} gone · {report.seconds:.1f} s{place}"
    )
    if report.missing:
        yield f"  {plural(report.missing, 'record')} not listed, but not confirmed deleted: kept"
    yield from output.first_lines(
        f"  {row['table']} {row['id']} is kept: your table {row['by']} refers to it"
        for row in report.kept
    )
    yield from output.first_lines(
        "  " + output.drift_line(drift, f"as in {drift['id']}") for drift in report.drift
    )


# plan


@click.command(cls=options.Command, help=_PLAN_HELP)
@sync_options
@options.JSON
def plan(db: Path, **parameters: Any) -> None:
    """Shows what a sync would cost."""
    from ll2_mirror import plan as plans

    _refuse_resource(db)
    given = SyncOptions(**parameters)
    find, lines = (plans.schedule, _due_lines) if given.due else (plans.plan, _plan_lines)
    opening = blank_store(db, output.clock()) if checked_path(db) else options.opened(db)
    with output.progress() as emit, opening as store:
        what = given.wanted(store)
        document = find(store, given.upstream(store, what.base_url, emit), what)
    output.present(document, lines(document))


def _plan_lines(document: dict[str, Any]) -> Iterator[str]:
    """The lines of ``plan``."""
    for item in document["resources"]:
        records = "" if item["records"] is None else f" for {plural(item['records'], 'record')}"
        staged = optional(", {} staged already", item["staged"] and plural(item["staged"], "page"))
        yield f"{item['resource']}: {_requests(item['requests'])}{records}{staged}"
    if document["resumes"]:
        yield f"{document['base_url']} can be asked again at {utc(document['resumes'])}"
    elif document["limit"] is None:
        yield f"{document['base_url']} has no limit"
    else:
        yield f"LL2 allows {document['left']} of {document['limit']} now"
    requests, minutes = document["requests"], document["minutes"]
    if requests is None:
        yield "the first page will tell how many"
    elif minutes:
        yield f"the last of {_requests(requests)} can be made in {minutes} min"
    else:
        yield f"{_requests(requests)}: can be made now"


def _due_lines(document: dict[str, Any]) -> Iterator[str]:
    """The lines of ``plan --due``."""
    late = "" if document["carries"] else ", will reach {reaches}"
    for item in document["resources"]:
        when = "is due" if item["due"] else f"due at {utc(item['due_at'])}"
        near = optional(", now {}", item["near_seconds"] and age_text(item["near_seconds"]))
        every = f"every {age_text(item['max_age_seconds'])}{near}"
        reaches = late.format(reaches=age_text(item["reaches_seconds"]))
        yield f"{item['resource']}: {when}, {_requests(item['requests'])} {every}{reaches}"
    fill = document["first_fill"]
    if fill["lists"]:
        least = "" if fill["known"] else "at least "
        hours = optional(f", {least}{fill['hours']} hours", document["limit"])
        yield f"first fill: {least}{_requests(fill['requests'])}{hours}"
    allowed, cost = document["allowed_per_hour"], document["requests_per_hour"]
    limit = "without a limit" if allowed is None else f"of {allowed} that the limit allows"
    reserve = optional(", with {} in reserve", document["reserve"])
    yield f"to keep all fresh: {cost} requests an hour {limit}{reserve}"
    if late:
        yield "that is more than the limit allows: every list gets late; raise the ages of some"


def _requests(count: int | None) -> str:
    return "an unknown number of requests" if count is None else plural(count, "request")


# ages


@click.command(cls=options.Command, help=_AGES_HELP)
@options.DB
@click.argument("changes", metavar="[LIST=AGE]...", nargs=-1)
@options.JSON
def ages(db: Path, changes: tuple[str, ...]) -> None:
    """Changes maximum ages, then shows all."""
    if changed := dict(map(_age_change, changes)):
        with options.changing(db) as store:
            list_ages.set_ages(store, changed)
    with options.opened(db) as store:
        limits = list_ages.ages(store)
    document = {"ages": {name: round(limit) for name, limit in limits.items()}}
    lines = (f"{name}: {age_text(limit)}" for name, limit in limits.items())
    output.present(document, lines)


def _age_change(text: str) -> tuple[str, float | None]:
    """A list and its maximum age in seconds, None for the default; raises UsageError."""
    name, is_change, length = text.partition("=")
    if not is_change:
        raise UsageError(f"{text}: expected a list and an age, as in LIST=12h")
    name = options.Lists(AGES).convert(name)
    limit = options.age(length) if length else None
    if limit is not None and limit < 60:
        raise UsageError(f"{text}: a list can't be fresher than a minute")
    return name, limit
