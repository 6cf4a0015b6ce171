"""The commands that take a mirror to other machines: publish and pull."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import click

from ll2_mirror.cli.console import print_json
from ll2_mirror.cli.options import DB, clock, json_option, length, opened
from ll2_mirror.progress import Tell

_QUIET = click.option("-q", "--quiet", is_flag=True, help="Say nothing unless something is wrong.")


@click.command()
@DB
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--keep",
    metavar="N",
    type=click.IntRange(min=1),
    default=3,
    show_default=True,
    help="How many snapshots DIR has: the new one, and those before it.",
)
@click.option("--gzip/--no-gzip", default=True, help="Also pack the snapshot.  [default: gzip]")
@click.option("--allow-older", is_flag=True, help="Publish DB though DIR has a later state.")
@_QUIET
@json_option("the manifest")
def publish(
    db: Path, directory: Path, keep: int, gzip: bool, allow_older: bool, quiet: bool, as_json: bool
) -> None:
    """Put a snapshot of DB into DIR, for others to pull.

    DIR is a folder that a web server, a CDN, rsync or an object store serves: its manifest.json
    names the snapshot, and is replaced last. Where DIR has DB's state already, nothing is written.
    """
    from ll2_mirror.share.snapshot import publish

    _end_tidily()
    with opened(db) as store:
        manifest, changed = publish(
            store, directory, keep=keep, packed=gzip, allow_older=allow_older
        )
    found = {"changed": changed, **manifest.as_json()}
    if as_json:
        print_json(found)
    elif not quiet:
        click.echo(_published_line(directory, found))


@click.command()
@click.argument("source", metavar="URL|DIR|FILE")
@DB
@click.option(
    "--timeout",
    metavar="SECONDS",
    type=click.FloatRange(min=0.1, max=3600),
    default=30,
    show_default=True,
    help="How long the server may be silent.",
)
@click.option("--allow-older", is_flag=True, help="Bring in a snapshot that is older than DB.")
@click.option(
    "--max-age",
    metavar="AGE",
    callback=length,
    help="Exit 1 where DB is older after the pull, as in 90m, 12h, 2d.",
)
@_QUIET
@json_option("what was done")
def pull(
    source: str,
    db: Path,
    timeout: float,
    allow_older: bool,
    max_age: float | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Bring DB up to date from a snapshot; make it where there is none.

    The snapshot is what `publish` put where URL or DIR is, or a FILE such as a restored backup. It
    is checked, then written into DB in place: who reads DB meanwhile sees all of it, or none.
    """
    from ll2_mirror.share.origin import origin_of
    from ll2_mirror.share.pull import pull

    _end_tidily()
    origin = origin_of(source, timeout)
    with _watched(watch=sys.stderr.isatty() and not (quiet or as_json)) as tell:
        done = pull(origin, db, clock(), tell, allow_older=allow_older)
    if as_json:
        print_json(done.as_json())
    elif not quiet:
        click.echo(_pulled_line(db, done.as_json()))
    if max_age is not None:
        _check_age(db, max_age)


def _end_tidily() -> None:
    """SIGTERM ends a command as Ctrl-C does."""
    with suppress(ValueError):  # only the main thread may
        signal.signal(signal.SIGTERM, signal.default_int_handler)


@contextmanager
def _watched(*, watch: bool) -> Iterator[Tell]:
    """Takes what a pull tells; on a terminal, a bar shows how far it is."""
    bars: dict[str, Any] = {}

    def tell(event: str, /, **facts: Any) -> None:
        done = facts.get("bytes", facts.get("pages"))
        if watch and done is not None:
            if event not in bars:
                bars[event] = click.progressbar(length=facts["of"], label=event, file=sys.stderr)
            bars[event].update(done - bars[event].pos)

    try:
        yield tell
    finally:
        for bar in bars.values():
            bar.render_finish()


def _published_line(directory: Path, found: dict[str, Any]) -> str:
    """What a publish did."""
    told = f"run {found['run']}, synced {found['synced'][:19]}Z"
    if not found["changed"]:
        return f"{directory}: nothing new since {told}"
    packed = f", {found['gzip']['bytes']:,} packed" if found["gzip"] else ""
    records = sum(found["resources"].values())
    return f"{directory}: {told}: {records:,} records in {found['file']['bytes']:,} bytes{packed}"


def _pulled_line(db: Path, found: dict[str, Any]) -> str:
    """What a pull did."""
    told = f"run {found['run']}, synced {found['synced'][:19]}Z"
    if not found["changed"]:
        return f"{db}: nothing new since {told}"
    return f"{db}: {told}, from {found['from']} · {found['seconds']:.1f} s"


def _check_age(db: Path, most: float) -> None:
    """Ends the program with 1 where a mirror is older than it may be."""
    from ll2_mirror.cli.status import oldest_age, status

    with opened(db) as store:
        age = oldest_age(status(store, clock().now()))
    if age is None or age > most:
        click.echo(f"ll2-mirror: {db} is older than it may be", err=True)
        sys.exit(1)
