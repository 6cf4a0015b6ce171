"""The commands that read the file: status, verify, changes and get."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import Any

import click

from ll2_mirror.cli.console import console, write
from ll2_mirror.cli.options import (
    DB,
    base,
    clock,
    json_option,
    max_age_option,
    opened,
    point_in_time,
)
from ll2_mirror.cli.program import Command, as_ours
from ll2_mirror.clock import to_iso
from ll2_mirror.errors import CheckFailed, UsageError
from ll2_mirror.ll2.lists import DEFAULT_RESOURCE

_STATUS_HELP = """Say how DB stands.

That is its last sync, the walk under way, the budget, counts, and what needs attention.
"""
_VERIFY_HELP = """Prove that DB renders what LL2 sent.

That is byte for byte; exit 1 where it doesn't. Checks the file's integrity and references, too, and
names each row that differs.
"""
_CHANGES_HELP = """Show what was added, changed and gone.

By run, with each value from and to; a first sync is summed up. Atom makes a feed.
"""
_GET_HELP = f"""Print what LL2 would answer for PATH.

PATH is one such as '/2.3.0/{DEFAULT_RESOURCE}/?search=Soyuz'. The body is LL2's, byte for
byte; exit 1 where the status isn't 2xx.
"""


def _exit_code(_: click.Context, __: click.Parameter, value: str | None) -> int | None:
    """An exit code, or the name of the signal that ended a program, as systemd gives either."""
    if value is None:
        return None
    number = getattr(signal, f"SIG{value.upper()}", None)
    if number is None and not (value.isascii() and value.isdecimal()):
        raise UsageError(f"{value} is no exit code: expected one like 0, 65 or TERM")
    return int(value) if number is None else 128 + number


@click.command(cls=Command, help=_STATUS_HELP)
@DB
@max_age_option("the last complete sync is older")
@click.option("--prometheus", is_flag=True, help="Print metrics for node-exporter's textfiles.")
@click.option(
    "--exit-code",
    metavar="N",
    callback=_exit_code,
    help="What the last sync ended with, for the metrics: DB doesn't know of each.",
)
@json_option("it")
def status(
    db: Path, max_age: float | None, prometheus: bool, exit_code: int | None, as_json: bool
) -> None:
    """Says how a mirror stands."""
    from ll2_mirror.cli.text import status_lines

    if prometheus and as_json:
        raise UsageError("--json and --prometheus are two formats: choose one")
    found = _measured(db, exit_code) if prometheus else status_of(db)
    console().present(found, status_lines(found), as_json=as_json, quiet=prometheus)
    if max_age is not None:
        check_age(found, max_age)


def status_of(db: Path) -> dict[str, Any]:
    """How a mirror stands."""
    from ll2_mirror.cli.status import status

    with opened(db) as store:
        return status(store, clock().now())


def _measured(db: Path, exit_code: int | None) -> dict[str, Any]:
    """How a mirror stands, printed as metrics: also where it can't be read, which is raised."""
    from ll2_mirror.cli.metrics import prometheus
    from ll2_mirror.cli.status import unreadable

    try:
        found = status_of(db)
    except Exception as error:
        write(prometheus(unreadable(db, as_ours(error, db)), exit_code))
        raise
    write(prometheus(found, exit_code))
    return found


def check_age(found: dict[str, Any], most: float) -> None:
    """Raises CheckFailed where a mirror is older than it may be."""
    from ll2_mirror.cli.status import ahead, oldest_age

    if ahead(found):
        raise CheckFailed(f"{found['db']} was synced at a time that is yet to come: sync it again")
    if oldest_age(found) > most:
        raise CheckFailed(f"{found['db']} is older than it may be")


@click.command(cls=Command, help=_VERIFY_HELP)
@DB
@json_option("the verdict")
def verify(db: Path, as_json: bool) -> None:
    """Says whether a mirror renders what LL2 sent."""
    from ll2_mirror.cli.text import verdict_lines
    from ll2_mirror.proof.verify import verify

    with opened(db) as store:
        verdict = verify(store)
    document = verdict.as_json()
    lines = (*verdict.problems, *verdict_lines(db, document))
    console().present(document, lines, as_json=as_json)
    if verdict.problems:
        sys.exit(CheckFailed.exit_code)


@click.command(cls=Command, help=_CHANGES_HELP)
@DB
@click.option("--since", metavar="WHEN", help="From a date, a time or an age such as 2d on.")
@click.option("--all", "everything", is_flag=True, help="Also what moves by itself: times, counts.")
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "atom"]), help="How to print them."
)
@json_option("them")
def changes(db: Path, since: str | None, everything: bool, as_json: bool, form: str | None) -> None:
    """Says what each run changed."""
    from ll2_mirror.cli.changes import changes, named
    from ll2_mirror.cli.feed import atom
    from ll2_mirror.cli.text import run_lines

    start = None if since is None else point_in_time(since, clock().now())
    with opened(db) as store:
        found = named(store, changes(store, start, everything))
    if as_json or form == "json":
        console().show(found)
    elif form == "atom":
        console().say(*atom(found, db.stem, to_iso(clock().now())).split("\n"))
    elif found["runs"]:
        console().say(*run_lines(found["runs"]))
    else:
        console().say("nothing changed", err=True)


@click.command(cls=Command, help=_GET_HELP)
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
    """Prints what LL2 would answer."""
    from ll2_mirror.ll2.page import API_PATH, LL2_URL
    from ll2_mirror.query.api import Mirror
    from ll2_mirror.query.request import request_for
    from ll2_mirror.serve.browse import browse
    from ll2_mirror.store.reading import READ_SECONDS, time_limit

    with opened(db) as store, store.snapshot(), time_limit(store.conn, READ_SECONDS, str(db)):
        base = base_url or store.settings.base_url or LL2_URL
        mirror = Mirror(store.conn, db.name, browse, clock=clock())
        response = mirror.respond(request_for(path, base, pretty=pretty))
    write(response.body + b"\n" * pretty)
    if not response.is_good:
        to = response.headers.get("Location")
        hint = f": it redirects to {to}" if to else ""
        hint = hint if API_PATH in path else f": LL2's paths begin with {API_PATH}"
        raise CheckFailed(f"the status for {path} is {response.status}{hint}")
