"""The commands that read the file: status, verify, get and serve."""

from __future__ import annotations

import re
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from ll2_mirror.cli import options, output
from ll2_mirror.cli.output import age_text, megabytes, optional, plural, utc
from ll2_mirror.clock import ago
from ll2_mirror.errors import CheckFailed, UsageError
from ll2_mirror.ll2.lists import DEFAULT_RESOURCE
from ll2_mirror.ll2.page import API_PATH, LL2_URL
from ll2_mirror.ll2.schema import SCHEMA_VERSION
from ll2_mirror.store.file import open_store
from ll2_mirror.store.reader import READ_SECONDS, time_limit

_STATUS_HELP = """Show the state of DB.

That is its last sync, the walk in progress, the requests left, counts, and what needs attention.
"""
_VERIFY_HELP = """Prove that DB renders what LL2 sent, byte for byte.

Otherwise, exits with 1 and names each row that differs. Also checks the file's integrity and
references.
"""
_GET_HELP = f"""Print what LL2 would answer for PATH.

PATH is like '{API_PATH}{DEFAULT_RESOURCE}/?search=Soyuz'. The body is the same as LL2's, byte for
byte. Exits with 1 if the status isn't 2xx.
"""
_SERVE_HELP = f"""Serve DB as a website and as LL2's API.

The site is built on Datasette, with FILES beside DB; LL2's paths are under {API_PATH}. New data is
there as soon as a sync of DB ends.
"""
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def _exit_code(text: str) -> int:
    """An exit code, or the name of the signal that ended a program: systemd gives either."""
    if number := getattr(signal, f"SIG{text.upper()}", None):
        return 128 + int(number)
    if not re.fullmatch("[0-9]+", text):
        raise UsageError(f"{text} is not an exit code: use one like 0, 65 or TERM")
    return int(text)


@click.command(cls=options.Command, help=_STATUS_HELP)
@options.DB
@options.max_age_option("the last complete sync is older")
@options.LATE
@click.option(
    "--prometheus", is_flag=True, help="Print metrics for the node exporter's textfile collector."
)
@click.option(
    "--exit-code",
    metavar="N",
    type=_exit_code,
    help="The exit code of the last sync, for the metrics: DB doesn't record every failure.",
)
@options.JSON
def status(
    db: Path, max_age: float | None, late: int | None, prometheus: bool, exit_code: int | None
) -> None:
    """Shows the state of a mirror."""
    from ll2_mirror.cli.status import metrics

    if prometheus and output.this_run().as_json:
        raise UsageError("--json and --prometheus are two formats: choose one")
    try:
        document = status_of(db)
    except Exception as error:
        if prometheus:  # there are some metrics even if the file can't be read
            failure = {"exit_code": output.as_mirror_error(error).exit_code}
            output.write(metrics({"db": str(db), "last_error": failure}, exit_code))
        raise
    if prometheus:
        output.write(metrics(document, exit_code))
    else:
        output.present(document, _status_lines(document))
    check_age(document, max_age, late)


def status_of(db: Path) -> dict[str, Any]:
    """The state of a mirror, as the JSON object of ``status --json``."""
    from ll2_mirror.cli.status import status

    with options.opened(db) as store:
        return status(store, output.clock().now())


def check_age(document: dict[str, Any], most: float | None, times: int | None) -> None:
    """Raises CheckFailed if a list is older than ``most`` seconds, or than ``times`` its limit."""
    from ll2_mirror.cli.status import late_lists, oldest_age

    db, resources = document["db"], document["resources"]
    if most is None and times is None:
        return
    if any(resource["age_seconds"] is None for resource in resources):
        raise CheckFailed(f"{db} was synced at a time in the future: sync it again")
    if not resources or (most is not None and oldest_age(document) > most):
        raise CheckFailed(f"{db} is older than it may be")
    if times is not None and (late := late_lists(document, times)):
        more = optional(", and {} more", len(late) - 1)
        raise CheckFailed(f"{late[0]} is late{more}: see `ll2-mirror status {db}`")


def _status_lines(document: dict[str, Any]) -> Iterator[str]:
    """The lines of ``status``."""
    mode, resources = document["mode"], document["resources"]
    source = f"{mode or 'several'} {'mode' if mode else 'modes'}, from {document['base_url']}"
    yield f"{document['db']}: {source if resources else 'no sync was completed yet'}"
    if pulled := document["pulled"]:
        yield f"pulled from {pulled['from']} at {pulled['pulled'][:19]}Z"
    in_mode = "" if mode else " in {mode} mode"
    yield from (_resource_line(resource, in_mode.format(**resource)) for resource in resources)
    held = {resource["resource"] for resource in resources}
    if unfilled := [name for name in document["late"] if name not in held]:
        yield f"not fetched yet: {', '.join(unfilled)}"
    yield from map(_failed_line, document["failed"])
    yield from map(_walk_line, document["under_way"])
    yield from _budget_lines(document["budget"] or {"limit": None, "resumes": None})
    yield from output.first_lines(map(_quarantine_line, document["quarantine"]))
    if error := document["last_error"]:
        code = error["exit_code"]
        yield f"last sync, {error['at'][:19]}Z, ended with {code}: {error['message']}"
    if images := document["images"]:
        counts = [images["thumbnails"], images["full"]]
        small, full = (f"{size['held']:,} of {sum(size.values()):,}" for size in counts)
        yield f"pictures: {small} small, {full} in full size, {megabytes(images['bytes'])}"
    if tables := document["tables"]:
        yield "tables:"
        yield from (f"  {count:>8,}  {name}" for name, count in tables.items())
    yield from output.first_lines(
        output.drift_line(drift, f"since {drift['since'][:10]}") for drift in document["drift"]
    )


def _resource_line(resource: dict[str, Any], mode: str) -> str:
    """The state of a resource; ``mode`` says in which mode, if the file has several."""
    return (
        f"{resource['resource']}: {plural(resource['records'], 'record')}{mode}"
        f"{optional(', {} gone', resource['tombstones'])},"
        f" synced {ago(resource['age_seconds'])} ({resource['synced'][:19]}Z),"
        f" may be {age_text(resource['max_age_seconds'])} old"
        f"{optional('; LL2 lists {} twice', ', '.join(map(str, resource['twice'])))}"
    )


def _failed_line(failed: dict[str, Any]) -> str:
    """A list that fails."""
    times, since = plural(failed["times"], "time"), failed["since"][:19]
    return f"{failed['resource']}: failed {times} since {since}Z: {failed['error']}"


def _walk_line(walk: dict[str, Any]) -> str:
    """A walk in progress; its number of pages may not be known yet."""
    pages = f"{walk['pages']}{optional(' of {}', walk['of'])}"
    return f"{walk['resource']}: a walk is under way: {pages} pages staged"


def _budget_lines(budget: dict[str, Any]) -> Iterator[str]:
    """How many requests are left."""
    until = optional("; resumes at {}", budget["resumes"] and utc(budget["resumes"]))
    if budget["limit"] is not None:
        minutes = round(budget["seconds"] / 60)
        allowed = f"{budget['limit']} requests in {minutes} minutes"
        yield f"budget: {budget['left']} left of {allowed}{until}"
    elif until:
        yield f"budget: none left{until}"


def _quarantine_line(record: dict[str, Any]) -> str:
    """A record in quarantine; it may have no readable id."""
    stands = "stays as it was" if record["stands"] else "is left out"
    id_ = "?" if record["id"] is None else record["id"]
    since = record["since"][:10]
    return f"{record['resource']} {id_}: {stands} since {since}: {record['reason']}"


# verify


@click.command(cls=options.Command, help=_VERIFY_HELP)
@options.DB
@options.JSON
def verify(db: Path) -> None:
    """Checks that a mirror renders what LL2 sent."""
    from ll2_mirror.verify import verify

    with options.opened(db) as store:
        verdict = verify(store)
    document = verdict.as_json()
    lines = (*verdict.problems, verdict_line(db, document), *_verdict_notes(document))
    output.present(document, lines)
    if verdict.problems:
        sys.exit(CheckFailed.exit_code)


def _verdict_notes(verdict: dict[str, Any]) -> Iterator[str]:
    """What ``verify`` found that isn't a problem."""
    if count := verdict["overtaken"]:
        yield f"  {plural(count, 'value')} that LL2 later sent differently; the file has the newer"
    if count := verdict["respelled"]:
        yield f"  {plural(count, 'page')} with the same values in other JSON text"


def verdict_line(db: Path, verdict: dict[str, Any]) -> str:
    """The result of ``verify``, in one line."""
    if not verdict["ok"]:
        return f"{db}: not what LL2 sent: {plural(len(verdict['problems']), 'problem')}"
    if not verdict["pages"]:
        return f"{db}: sound, and empty: no sync was completed yet"
    return (
        f"{db}: {plural(verdict['records'], 'record')} on {plural(verdict['pages'], 'page')},"
        f" {plural(verdict['bytes'], 'byte')}: as LL2 sent them"
    )


# get


@click.command(cls=options.Command, help=_GET_HELP)
@options.DB
@click.argument("path")
@click.option("--pretty", is_flag=True, help="Indent the JSON.")
@options.base_url_option("Where the links in the body lead.  [default: DB's server]")
def get(db: Path, path: str, pretty: bool, base_url: str | None) -> None:
    """Prints what LL2 would answer."""
    from ll2_mirror.api.handlers import Api
    from ll2_mirror.api.request import request_for
    from ll2_mirror.serve.browse import browse

    with (
        options.opened(db) as store,
        store.snapshot(),
        time_limit(store.conn, READ_SECONDS, str(db)),
    ):
        links = base_url or store.settings.base_url or LL2_URL
        api = Api(store.conn, db.name, browse, clock=output.clock())
        response = api.respond(request_for(path, links, pretty=pretty))
    output.write_body(response.body + b"\n" * pretty)
    if not response.is_good:
        hint = optional(": it redirects to {}", response.headers.get("Location"))
        hint = hint if API_PATH in path else f": LL2's paths begin with {API_PATH}"
        raise CheckFailed(f"the status for {path} is {response.status}{hint}")


# serve

datasette_options = options.with_options(  # the same as those of `datasette serve`
    click.argument("files", nargs=-1, type=_FILE),
    click.option("-m", "--metadata", type=_FILE, help="Datasette's metadata, as JSON or YAML."),
    click.option(
        "--setting",
        "settings",
        nargs=2,
        multiple=True,
        metavar="NAME VALUE",
        help="One of Datasette's settings; can be repeated.",
    ),
    click.option("--plugins-dir", type=_FOLDER, help="A folder with your own Datasette plugins."),
    click.option(
        "--template-dir", type=_FOLDER, help="A folder with your own Datasette templates."
    ),
    click.option(
        "--static",
        nargs=2,
        multiple=True,
        type=(str, _FOLDER),
        metavar="PATH DIR",
        help="A folder to serve under a path.",
    ),
    click.option("--crossdb", is_flag=True, help="Join DB and FILES in SQL, at /_memory."),
    click.option("--cors", is_flag=True, help="Let pages of other sites read Datasette's JSON."),
)


@click.command(cls=options.Command, help=_SERVE_HELP)
@options.DB
@click.option("--host", default="127.0.0.1", help="The address to listen on.")
@options.port_option(8001)
@options.base_url_option("Where the links in responses lead.  [default: the request's host]")
@datasette_options
def serve(db: Path, host: str, port: int, base_url: str | None, **own: Any) -> None:
    """Serves a mirror until interrupted."""
    from ll2_mirror.serve.responses import other_version
    from ll2_mirror.serve.server import bound, datasette, run

    with open_store(db, output.clock()) as store:  # raises an error if the file can't be read
        if store.version != SCHEMA_VERSION:
            output.say(f"ll2-mirror: {other_version(db.name, store.version)}", err=True)
    app = datasette(db, base_url, **own)
    listening = bound(host, port)
    shown, port = (f"[{host}]" if ":" in host else host), listening.getsockname()[1]
    output.say(
        f"LL2's API:   http://{shown}:{port}{API_PATH}",
        f"The site:    http://{shown}:{port}/",
        "Press Ctrl-C to end",
        err=True,
    )
    run(app, listening)
