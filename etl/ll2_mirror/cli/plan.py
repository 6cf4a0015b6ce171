"""The commands plan and ages: what a sync would cost, and how old each list may be."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ll2_mirror.cli import options, output
from ll2_mirror.cli.output import age_text, plural, utc
from ll2_mirror.cli.sync import SyncOptions, refuse_resource, sync_options
from ll2_mirror.errors import UsageError
from ll2_mirror.ll2.lists import SLICES

if TYPE_CHECKING:
    from ll2_mirror.store.file import Store

_PLAN_HELP = """Show what a sync of DB would cost, in requests and minutes.

Pages that are staged already count. Asks LL2 only for /api-throttle/, which is free.
"""
_AGES_HELP = """Show or change how old each list of DB may get.

`sync --due` follows it. LIST=AGE changes one, as in LIST=12h; LIST= restores its default.
"""


@click.command(cls=options.Command, help=_PLAN_HELP)
@sync_options
@options.json_option("it")
def plan(db: Path, as_json: bool, **parameters: Any) -> None:
    """Says what a sync would cost."""
    from ll2_mirror.due import plan as plan_sync
    from ll2_mirror.due import schedule

    refuse_resource(db)
    given = SyncOptions(**parameters)
    with (
        output.sync_progress(quiet=False, as_json=as_json) as emit,
        _opened_or_blank(db) as store,
    ):
        what = given.wanted(store)
        upstream = given.upstream(store, what.base_url, emit)
        document = (schedule if given.due else plan_sync)(store, upstream, what)
    lines = _due_lines(document) if given.due else _plan_lines(document)
    output.present(document, lines, as_json=as_json)


def _opened_or_blank(db: Path) -> AbstractContextManager[Store]:
    """The mirror; one that a sync would make is made elsewhere, and goes away again."""
    from ll2_mirror.store.file import blank_store, checked_path

    return blank_store(db, output.clock()) if checked_path(db) else options.opened(db)


def _plan_lines(document: dict[str, Any]) -> Iterator[str]:
    """What a sync would cost."""
    for item in document["resources"]:
        records = "" if item["records"] is None else f" for {plural(item['records'], 'record')}"
        staged = f", {plural(item['staged'], 'page')} staged already" if item["staged"] else ""
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
    """What ``sync --due`` has to do."""
    for item in document["resources"]:
        when = "is due" if item["due"] else f"due at {utc(item['due_at'])}"
        late = "" if document["carries"] else f", will reach {age_text(item['reaches_seconds'])}"
        every = age_text(item["max_age_seconds"])
        yield f"{item['resource']}: {when}, {_requests(item['requests'])} every {every}{late}"
    fill = document["first_fill"]
    if fill["lists"]:
        least = "" if fill["known"] else "at least "
        hours = f", {least}{fill['hours']} hours" if document["limit"] else ""
        yield f"first fill: {least}{_requests(fill['requests'])}{hours}"
    allowed, cost = document["allowed_per_hour"], document["requests_per_hour"]
    limit = "without a limit" if allowed is None else f"of {allowed} that the limit allows"
    reserve = f", with {document['reserve']} in reserve" if document["reserve"] else ""
    yield f"to keep all fresh: {cost} requests an hour {limit}{reserve}"
    if not document["carries"]:
        yield "that is more than the limit allows: every list gets late; raise the ages of some"


def _requests(count: int | None) -> str:
    return "an unknown number of requests" if count is None else plural(count, "request")


# ages


@click.command(cls=options.Command, help=_AGES_HELP)
@options.DB
@click.argument("changes", metavar="[LIST=AGE]...", nargs=-1)
@options.json_option("them")
def ages(db: Path, changes: tuple[str, ...], as_json: bool) -> None:
    """Shows how old each list may be, once what is to change is changed."""
    from ll2_mirror.due import ages as ages_of
    from ll2_mirror.due import set_ages

    if changed := dict(map(_age_change, changes)):
        with options.changing(db) as store:
            set_ages(store, changed)
    with options.opened(db) as store:
        limits = ages_of(store)
    document = {"ages": {name: round(limit) for name, limit in limits.items()}}
    lines = (f"{name}: {age_text(limit)}" for name, limit in limits.items())
    output.present(document, lines, as_json=as_json)


def _age_change(text: str) -> tuple[str, float | None]:
    """A list and its age in seconds, None for its own; raises UsageError."""
    name, is_change, length = text.partition("=")
    if not is_change:
        raise UsageError(f"{text}: expected a list and an age, as in LIST=12h")
    name = options.Lists(SLICES).convert(name)
    limit = options.age(length).total_seconds() if length else None
    if limit is not None and limit < 60:
        raise UsageError(f"{text}: a list can't be fresher than a minute")
    return name, limit
