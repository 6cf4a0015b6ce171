"""The command that fetches the pictures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from ll2_mirror.cli import options, output
from ll2_mirror.cli.output import megabytes, plural
from ll2_mirror.errors import DataError

_HELP = """Fetch the pictures that DB names, for `serve` to show.

They go into the folder DB.images, from the servers that LL2 names; LL2's API isn't asked. Those
that DB no longer names are deleted. Run it again to continue, or after a sync.

Each picture has its own license, and most licenses are unknown: see `--license`.
"""


@click.command(cls=options.Command, help=_HELP)
@options.DB
@click.option(
    "--thumbnails/--full",
    default=True,
    help="The small pictures, or also those in full size.  [default: thumbnails]",
)
@click.option(
    "--max-bytes",
    default="1G",
    show_default=True,
    type=options.BYTES,
    help="How much the folder may hold, such as 500M or 2G.",
)
@click.option(
    "--license", "only", metavar="NAME", multiple=True, help="Only pictures with this license."
)
@click.option(
    "--without-license", "but", metavar="NAME", multiple=True, help="No pictures with this license."
)
@options.SILENCE
@options.QUIET
@options.json_option("what was done")
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
    from ll2_mirror.images.fetch import estimate, fetch_images
    from ll2_mirror.images.folder import ImageFolder, plan_images

    output.end_tidily()
    folder, now = ImageFolder(db), output.clock().now()
    with options.opened(db) as store:
        plan = plan_images(store.conn, folder, now, full=not thumbnails, only=only, but=but)
    if plan.fetch and not quiet:
        output.say(_estimate_line(len(plan.fetch), *estimate(plan)), err=True)
    with output.transfer_progress(quiet=quiet or as_json) as emit:
        report, failed = fetch_images(
            plan, folder, output.clock(), emit, most=max_bytes, timeout=timeout
        )
    document = report._asdict()
    output.present(document, _picture_lines(folder.path, document), as_json=as_json, quiet=quiet)
    if failed:
        raise failed
    if report.refused:
        raise DataError(f"{len(report.refused)} not fetched, as {report.refused[0]['why']}")


def _estimate_line(count: int, size: int, seconds: float) -> str:
    """What is to be fetched."""
    minutes = max(1, round(seconds / 60))
    return f"{plural(count, 'picture')} to fetch: about {megabytes(size)}, {minutes:,} min"


def _picture_lines(folder: Path, done: dict[str, Any]) -> Iterator[str]:
    """What was fetched."""
    yield (
        f"{folder}: {done['fetched']:,} fetched, {done['dropped']:,} dropped"
        f" · {done['held']:,} held, {megabytes(done['bytes'])} · {done['seconds']:.1f} s"
    )
    if done["missing"]:
        reason = "left, as --max-bytes is reached" if done["is_full"] else "still missing"
        yield f"  {plural(done['missing'], 'picture')} {reason}"
    yield from output.first_lines(f"  {refusal['why']}" for refusal in done["refused"])
