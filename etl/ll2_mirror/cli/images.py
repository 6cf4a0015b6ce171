"""The command that fetches the pictures."""

from __future__ import annotations

from pathlib import Path

import click

from ll2_mirror.cli.console import console
from ll2_mirror.cli.options import DB, QUIET, SILENCE, clock, json_option, opened, size
from ll2_mirror.cli.program import Command, end_tidily
from ll2_mirror.cli.telling import watched
from ll2_mirror.cli.text import estimate_line, picture_lines
from ll2_mirror.errors import DataError

_HELP = """Fetch the pictures that DB names, for `serve` to show.

They go into the folder DB.images, each once, from the servers that LL2 names: no request is one of
LL2's API. Those that DB no longer names are taken away. Run it again to go on, or after a sync.

Each picture has its own license, and most have one that nobody knows: see `--license`.
"""


@click.command(cls=Command, help=_HELP)
@DB
@click.option(
    "--thumbnails/--full",
    default=True,
    help="The small pictures, or also those in full size.  [default: thumbnails]",
)
@click.option(
    "--max-bytes",
    metavar="N",
    default="1G",
    show_default=True,
    callback=size,
    help="How much the folder may hold, as in 500M or 2G.",
)
@click.option(
    "--license", "only", metavar="NAME", multiple=True, help="Only pictures with this license."
)
@click.option(
    "--without-license", "but", metavar="NAME", multiple=True, help="None with this license."
)
@SILENCE
@QUIET
@json_option("what was done")
def images(
    db: Path,
    thumbnails: bool,
    max_bytes: int,
    only: tuple[str, ...],
    but: tuple[str, ...],
    timeout: float,
    quiet: bool,
    as_json: bool,
) -> None:
    """Fetches the pictures that a mirror names."""
    from ll2_mirror.pictures.fetch import fetch
    from ll2_mirror.pictures.folder import Folder
    from ll2_mirror.pictures.named import Licenses
    from ll2_mirror.pictures.wanted import wanted

    end_tidily()
    folder = Folder(db)
    with opened(db) as store:
        found = wanted(store.conn, folder, clock().now(), Licenses(only, but), full=not thumbnails)
    if found.fetch and not quiet:
        console().say(estimate_line(len(found.fetch), found.bytes, found.seconds), err=True)
    with watched(quiet=quiet or as_json) as tell:
        done = fetch(found, folder, clock(), tell, most=max_bytes, timeout=timeout)
    document = done.as_json()
    lines = picture_lines(folder.path, document)
    console().present(document, lines, as_json=as_json, quiet=quiet)
    if done.failed:
        raise done.failed
    if done.refused:
        raise DataError(f"{len(done.refused)} not fetched, as {done.refused[0]['why']}")
