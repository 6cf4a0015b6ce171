"""The commands to begin with: demo and examples."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import click

from ll2_mirror.cli.console import console
from ll2_mirror.cli.options import placed
from ll2_mirror.cli.program import Command
from ll2_mirror.errors import UsageError
from ll2_mirror.files import shipped

_DEMO_HELP = """Mirror the bundled sample into DIR.

Then ask it three questions. Needs no network: the sample is served on loopback, page by page as LL2
does.
"""
_EXAMPLES_HELP = """Write the example files into DIR.

Those are units for systemd, crontabs, a workflow for GitHub, alerts for Prometheus, and what takes
a mirror to many readers. Files that are there already and differ are left alone.
"""
_DIR = click.Path(path_type=Path)


def _made(directory: Path) -> Path:
    """A folder, made where there is none."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{directory} can't be made a folder: {error.strerror}") from None
    return directory


@click.command(cls=Command, help=_DEMO_HELP)
@click.argument("directory", metavar="[DIR]", default=".", type=_DIR, callback=placed)
@click.pass_context
def demo(ctx: click.Context, directory: Path) -> None:
    """Mirrors the bundled sample and asks it three questions."""
    from ll2_mirror.cli.text import table
    from ll2_mirror.testing import fake

    db, say = _made(directory) / "demo.db", console().say
    records = fake.bundled()
    known = [*dict.fromkeys(name for name, _ in records), "--mode", "detailed"]
    with fake.running(records) as upstream:
        for title, arguments in (
            ("A first sync", ["sync", str(db), *known, "--base-url", upstream.base_url]),
            ("The same again: no row of LL2's data is written", ["sync", str(db)]),
            ("The proof", ["verify", str(db)]),
        ):
            say("", title, f"$ ll2-mirror {' '.join(arguments)}")
            ctx.find_root().command.main(arguments, prog_name="ll2-mirror", standalone_mode=False)
    with closing(sqlite3.connect(db)) as conn:
        for question, sql in fake.questions():
            cursor = conn.execute(sql)
            columns = [column[0] for column in cursor.description]
            say("", question, *table(columns, cursor.fetchall()))
    say(
        "",
        f"The file is {db}: ask it with `sqlite3 {db}`.",
        "The same from the real API, in 6 or 7 requests: ll2-mirror sync spacecraft.db",
        f"To look at it: ll2-mirror serve {db}, then open http://127.0.0.1:8001/",
    )


@click.command(cls=Command, help=_EXAMPLES_HELP)
@click.argument("directory", metavar="DIR", type=_DIR, callback=placed)
def examples(directory: Path) -> None:
    """Writes the files that the schedule page speaks of."""
    source = shipped("examples")
    _made(directory)
    files = sorted(path for path in source.rglob("*") if path.is_file())
    targets = {path: directory / path.relative_to(source) for path in files}
    for path, target in targets.items():
        if target.exists() and target.read_bytes() != path.read_bytes():
            raise UsageError(f"{target} is there, and another: choose another folder, or remove it")
    for path, target in targets.items():
        _made(target.parent)
        shutil.copy(path, target)  # with its rights: some are scripts
    console().say(*map(str, targets.values()))
