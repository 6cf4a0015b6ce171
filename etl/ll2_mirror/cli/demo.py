"""The commands to start with, and to test with: demo, examples and fake."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from ll2_mirror.cli import options, output
from ll2_mirror.cli.output import plural
from ll2_mirror.cli.read import verdict_line
from ll2_mirror.errors import UsageError
from ll2_mirror.files import shipped, writing
from ll2_mirror.ll2.page import API_PATH
from ll2_mirror.store.file import checked_path

_DEMO_HELP = """Mirror the bundled sample into DIR.

Then verify it, answer three questions, and show what to do next. Needs no network: the command
serves the sample on this computer, page by page as LL2 does.
"""
_EXAMPLES_HELP = """Write the example files into DIR.

They are systemd units, crontabs, a GitHub workflow, Prometheus alerts, files for many readers,
metadata for plain Datasette, and a notebook. Existing files that differ are never overwritten.
"""
_FAKE_HELP = """Serve a fake LL2, for testing clients of LL2.

It serves the bundled sample, or the records in DB, on this computer, with LL2's rate limit. POST
requests make it fail, use up the limit, or move its clock.
"""
_SHOWN = 3  # rows of an answer


def _made(directory: Path) -> Path:
    """The folder, created if it is missing; raises UsageError."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{directory} can't be created as a folder: {error.strerror}") from None
    return directory


@click.command(cls=options.Command, help=_DEMO_HELP)
@click.argument("directory", metavar="[DIR]", default=".", type=options.PATH)
@click.pass_context
def demo(ctx: click.Context, directory: Path) -> None:
    """Mirrors the bundled sample, verifies it and answers three questions."""
    from ll2_mirror.testing import fake_ll2
    from ll2_mirror.verify import verify

    db = _made(directory) / "demo.db"
    records = fake_ll2.bundled()
    lists = sorted({name for name, _ in records})
    if not checked_path(db) and not _is_demo(db, lists):
        raise UsageError(f"{db} is not of the demo: choose another folder")
    with fake_ll2.running(records) as upstream:
        detailed = ["--mode", "detailed", "--base-url", upstream.base_url, "--quiet"]
        program: Any = ctx.find_root().command
        program.main(["sync", str(db), *lists, *detailed], standalone_mode=False)
    with options.opened(db) as store:
        verdict = verify(store).as_json()
    output.say(
        f"{db}: synced {plural(len(lists), 'list')} of the bundled sample",
        verdict_line(db, verdict),
        *_answers(db),
        *_next_steps(db),
    )


def _is_demo(db: Path, lists: list[str]) -> bool:
    """Whether a file is empty, or mirrors all lists of the sample from this computer."""
    with options.opened(db) as store:
        server, resources = store.settings.base_url or "", store.settings.resources
    is_here = urlsplit(server).hostname == "127.0.0.1"
    return not resources or (is_here and sorted(resources) == lists)


def _answers(db: Path) -> Iterator[str]:
    """The questions of the demo, each with the first rows of its answer in one line."""
    from ll2_mirror.ll2.descriptions import questions

    with closing(sqlite3.connect(db)) as conn:
        conn.row_factory = sqlite3.Row
        for question in questions().values():
            if question.in_demo:
                rows = conn.execute(question.sql).fetchall()
                name, *numbers = question.bars or rows[0].keys()[:1]
                answers = [
                    row[name] + "".join(f" ({row[key]} {key.replace('_', ' ')})" for key in numbers)
                    for row in rows[:_SHOWN]
                ]
                more = ", ..." if len(rows) > _SHOWN else ""
                yield f"{question.title} {', '.join(answers)}{more}"


def _next_steps(db: Path) -> Iterator[str]:
    """What to do next: commands that work as printed, in the current folder."""
    called = Path(sys.argv[0])
    program = f"{shlex.quote(sys.executable)} -m ll2_mirror"
    if called.name == "ll2-mirror":
        on_path = shutil.which("ll2-mirror")
        is_on_path = on_path is not None and called.exists() and called.samefile(on_path)
        program = "ll2-mirror" if is_on_path else shlex.quote(str(called))
    yield ""
    yield "To look at it, run this, then open http://127.0.0.1:8001/ in a browser:"
    yield f"    {program} serve {shlex.quote(str(db))}"
    yield "To mirror the real API, with 6 or 7 of the 15 requests that it allows in an hour:"
    yield f"    {program} sync spacecraft.db"


@click.command(cls=options.Command, help=_EXAMPLES_HELP)
@options.DIR
def examples(directory: Path) -> None:
    """Writes the example files."""
    source = shipped("examples")
    _made(directory)
    files = sorted(path for path in source.rglob("*") if path.is_file())
    targets = {path: directory / path.relative_to(source) for path in files}
    for path, target in targets.items():
        is_file = target.is_file() and not target.is_symlink()
        is_same = is_file and target.read_bytes() == path.read_bytes()
        if os.path.lexists(target) and not is_same:
            raise UsageError(
                f"{target} exists with other contents: remove it, or choose another folder"
            )
    for path, target in targets.items():
        with writing(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)  # with permissions: some are scripts
    output.say(*map(str, targets.values()))


@click.command(cls=options.Command, help=_FAKE_HELP)
@click.argument("db", required=False, type=options.PATH)
@options.port_option(8002)
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=15,
    help="How many requests it allows per hour.",
)
@click.option(
    "--now",
    metavar="TIME",
    help="Where its clock begins, such as 2026-11-23, or 2d for two days ago.",
)
def fake(db: Path | None, port: int, limit: int, now: str | None) -> None:
    """Serves a fake LL2 until interrupted."""
    from ll2_mirror.clock import FakeClock
    from ll2_mirror.testing.fake_ll2 import FakeLL2, bundled
    from ll2_mirror.testing.mirror_ll2 import MirrorLL2

    clock = FakeClock(options.point_in_time(now, output.clock().now()) if now else None)
    try:
        server = MirrorLL2(db, clock, limit, port) if db else FakeLL2(bundled(), clock, limit, port)
    except OSError as error:
        raise UsageError(f"can't listen at 127.0.0.1, port {port}: {error.strerror}") from None
    output.say(
        f"LL2's API:   {server.base_url}{API_PATH}",
        f"To break it: curl -X POST '{server.base_url}/-/breaks?fault=500'",
        "Press Ctrl-C to end",
        err=True,
    )
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with server, suppress(KeyboardInterrupt):
        server.serve_forever()
