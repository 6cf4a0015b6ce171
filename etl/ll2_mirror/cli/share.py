"""The commands that take a mirror to other machines: publish and pull."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ll2_mirror.cli.options import (
    DB,
    QUIET,
    SILENCE,
    Command,
    json_option,
    max_age_option,
    opened,
    placed,
)
from ll2_mirror.cli.output import clock, console, end_tidily, transfer_progress
from ll2_mirror.cli.read import check_age, status_of

_PUBLISH_HELP = """Put a snapshot of DB into DIR, for others to pull.

DIR is a folder that a web server, a CDN, rsync or an object store serves: its manifest.json names
the snapshot, and is replaced last. Where DIR has DB's state already, nothing is written.
"""
_PULL_HELP = """Bring DB up to date from a snapshot; make it where there is none.

The snapshot is what `publish` put where URL or DIR is, or a FILE such as a restored backup. It is
checked, then written into DB in place: who reads DB meanwhile sees all of it, or none.
"""


@click.command(cls=Command, help=_PUBLISH_HELP)
@DB
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path), callback=placed)
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
@QUIET
@json_option("the manifest")
def publish(
    db: Path, directory: Path, keep: int, gzip: bool, allow_older: bool, quiet: bool, as_json: bool
) -> None:
    """Puts a snapshot into a folder."""
    from ll2_mirror.share.snapshot import publish

    end_tidily()
    with opened(db) as store:
        manifest, changed = publish(
            store, directory, keep=keep, packed=gzip, allow_older=allow_older
        )
    found = {"changed": changed, **manifest.as_json()}
    console().present(found, [_published_line(directory, found)], as_json=as_json, quiet=quiet)


@click.command(cls=Command, help=_PULL_HELP)
@click.argument("source", metavar="URL|DIR|FILE")
@DB
@SILENCE
@click.option("--allow-older", is_flag=True, help="Bring in a snapshot that is older than DB.")
@max_age_option("DB is older after the pull")
@QUIET
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
    """Brings a mirror up to date from a snapshot."""
    from ll2_mirror.share.origin import origin_of
    from ll2_mirror.share.pull import pull

    end_tidily()
    origin = origin_of(source, timeout)
    with transfer_progress(quiet=quiet or as_json) as tell:
        done = pull(origin, db, clock(), tell, allow_older=allow_older)
    found = done.as_json()
    console().present(found, [_pulled_line(db, found)], as_json=as_json, quiet=quiet)
    if max_age is not None:
        check_age(status_of(db), max_age)


def _published_line(directory: Path, found: dict[str, Any]) -> str:
    """What a publish did."""
    packed = f", {found['gzip']['bytes']:,} packed" if found["gzip"] else ""
    records = sum(found["resources"].values())
    more = f": {records:,} records in {found['file']['bytes']:,} bytes{packed}"
    return _brought_line(directory, found, more)


def _pulled_line(db: Path, found: dict[str, Any]) -> str:
    """What a pull did."""
    return _brought_line(db, found, f", from {found['from']} · {found['seconds']:.1f} s")


def _brought_line(to: Path, found: dict[str, Any], more: str) -> str:
    """Which state came to a place, and ``more`` of it; or that it was there already."""
    told = f"run {found['run']}, synced {found['synced'][:19]}Z"
    return f"{to}: {told}{more}" if found["changed"] else f"{to}: nothing new since {told}"
