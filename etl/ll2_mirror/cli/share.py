"""The commands that copy files: publish, pull, export and images."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from ll2_mirror.cli import options, output
from ll2_mirror.cli.output import megabytes, plural
from ll2_mirror.cli.read import check_age, status_of
from ll2_mirror.errors import DataError

_PUBLISH_HELP = """Put a snapshot of DB into DIR, for others to pull.

DIR is a folder that a web server, a CDN, rsync or an object store serves. Its manifest.json names
the snapshot, and is replaced last. If DIR already has DB's state, nothing is written.
"""
_PULL_HELP = """Update DB from a snapshot, or create it.

The snapshot is what `publish` put into DIR, which may be served at URL, or a FILE such as a
restored backup. It is checked, then written into DB in one transaction: readers see all of it, or
none.
"""
_EXPORT_HELP = """Write tables and views to DIR as CSV or Parquet.

DIR must be empty or new; it gets all files, or none. Columns have types: times, dates, true or
false, numbers; datapackage.json describes them. Without names, LL2's tables and the views that have
rows are written.
"""
_IMAGES_HELP = """Fetch the pictures that DB names, for `serve` to show.

They are stored in the folder DB.images. They come from the servers that LL2 names; LL2's API gets
no request. Pictures that DB no longer names are deleted. Run it again to continue, or after a sync.

Each picture has its own license, and most licenses are unknown: see `--license`.
"""


@click.command(cls=options.Command, help=_PUBLISH_HELP)
@options.DB
@options.DIR
@click.option(
    "--keep",
    metavar="N",
    type=click.IntRange(min=1),
    default=3,
    help="How many snapshots to keep in DIR, including the new one.",
)
@click.option(
    "--gzip/--no-gzip",
    expose_value=False,
    show_default=False,
    help="No effect: accepted for scripts written for 0.6.",
)
@click.option(
    "--allow-older", is_flag=True, help="Publish DB even if DIR has a state that DB lacks."
)
@options.QUIET
@options.JSON
def publish(db: Path, directory: Path, keep: int, allow_older: bool) -> None:
    """Publishes a snapshot in a folder."""
    from ll2_mirror.share.publisher import publish

    output.end_tidily()
    with options.opened(db) as store:
        manifest, changed = publish(store, directory, keep=keep, allow_older=allow_older)
    document = {"changed": changed, **manifest.document}
    records, size = sum(manifest.document["resources"].values()), manifest.file.bytes
    line = _state_line(directory, document, f": {records:,} records in {size:,} bytes")
    output.present(document, [line])


@click.command(cls=options.Command, help=_PULL_HELP)
@click.argument("source", metavar="URL|DIR|FILE")
@options.DB
@options.SILENCE
@click.option("--allow-older", is_flag=True, help="Accept a snapshot that is older than DB.")
@options.max_age_option("DB is then older")
@options.LATE
@options.QUIET
@options.JSON
def pull(
    source: str,
    db: Path,
    timeout: float,
    allow_older: bool,
    max_age: float | None,
    late: int | None,
) -> None:
    """Updates a mirror from a snapshot."""
    from ll2_mirror.share.pull import pull
    from ll2_mirror.share.source import source_of

    output.end_tidily()
    with output.progress() as emit:
        publisher = source_of(source, timeout)
        document = pull(publisher, db, output.clock(), emit, allow_older=allow_older)
    line = _state_line(db, document, f", from {document['from']} · {document['seconds']:.1f} s")
    output.present(document, [line])
    if max_age is not None or late is not None:
        check_age(status_of(db), max_age, late)


def _state_line(where: Path, document: dict[str, Any], more: str) -> str:
    """Which state was copied, with ``more`` about it; or that nothing was new."""
    state = f"run {document['run']}, synced {document['synced'][:19]}Z"
    if document["changed"]:
        return f"{where}: {state}{more}"
    return f"{where}: nothing new since {state}"


# export


@click.command(cls=options.Command, help=_EXPORT_HELP)
@options.DB
@options.DIR
@click.argument("names", metavar="[TABLE|VIEW]...", nargs=-1)
@click.option(
    "--csv/--parquet",
    "as_csv",
    default=True,
    help="CSV for spreadsheets, or Parquet for analysis, which needs pyarrow.",
)
@options.QUIET
@options.JSON
def export(db: Path, directory: Path, names: tuple[str, ...], as_csv: bool) -> None:
    """Writes tables and views to files."""
    from ll2_mirror.share.export import export

    output.end_tidily()
    with options.opened(db) as store, output.progress() as emit:
        counts = export(store, directory, names, parquet=not as_csv, emit=emit)
    size = sum(path.stat().st_size for path in directory.iterdir())
    document = {"format": "csv" if as_csv else "parquet", "tables": counts, "bytes": size}
    files, rows = plural(len(counts), "table"), plural(sum(counts.values()), "row")
    line = f"{directory}: {files}, {rows} in {megabytes(size)}"
    output.present(document, [line])


# images


@click.command(cls=options.Command, help=_IMAGES_HELP)
@options.DB
@click.option(
    "--thumbnails/--full",
    default=True,
    help="Only the small pictures, or also those in full size.",
)
@click.option(
    "--max-bytes",
    default="1G",
    metavar="N",
    type=options.size,
    help="The maximum size of the folder, such as 500M or 2G.",
)
@click.option(
    "--license", "only", metavar="NAME", multiple=True, help="Only pictures with this license."
)
@click.option(
    "--without-license", "but", metavar="NAME", multiple=True, help="No pictures with this license."
)
@options.SILENCE
@options.QUIET
@options.JSON
def images(
    db: Path,
    thumbnails: bool,
    max_bytes: int,
    only: tuple[str, ...],
    but: tuple[str, ...],
    timeout: float,
) -> None:
    """Fetches the pictures that the tables name."""
    from ll2_mirror.images.fetch import estimate, fetch_images
    from ll2_mirror.images.folder import ImageFolder, plan_images

    output.end_tidily()
    folder, clock = ImageFolder(db), output.clock()
    with options.opened(db) as store:
        plan = plan_images(store.conn, folder, clock.now(), full=not thumbnails, only=only, but=but)
    if plan.fetch and not output.this_run().quiet:
        count, (size, seconds) = plural(len(plan.fetch), "picture"), estimate(plan)
        about = f"about {megabytes(size)}, {max(1, round(seconds / 60)):,} min"
        output.say(f"{count} to fetch: {about}", err=True)
    with output.progress() as emit:
        report, failed = fetch_images(plan, folder, clock, emit, most=max_bytes, timeout=timeout)
    document = report._asdict()
    output.present(document, _picture_lines(folder.path, document))
    if failed:
        raise failed
    if report.refused:
        raise DataError(f"{len(report.refused)} not fetched, as {report.refused[0]['why']}")


def _picture_lines(folder: Path, done: dict[str, Any]) -> Iterator[str]:
    """The lines of ``images``."""
    yield (
        f"{folder}: {done['fetched']:,} fetched, {done['dropped']:,} dropped"
        f" · {done['held']:,} held, {megabytes(done['bytes'])} · {done['seconds']:.1f} s"
    )
    if done["missing"]:
        reason = "left, as --max-bytes is reached" if done["is_full"] else "still missing"
        yield f"  {plural(done['missing'], 'picture')} {reason}"
    yield from output.first_lines(f"  {refusal['why']}" for refusal in done["refused"])
