"""The group: the program's name, its commands, its exit codes.

Each command imports what it needs when it runs, so that --help answers at once.
"""

from __future__ import annotations

import click

from ll2_mirror import __version__
from ll2_mirror.cli import ages, ask, first_steps, images, read, serve, share
from ll2_mirror.cli.program import EPILOG, Commands

_HELP = """Mirror Launch Library 2, the database of spaceflight, into one SQLite file.

Start with: ll2-mirror sync spacecraft.db
"""


@click.group(cls=Commands, help=_HELP, epilog=EPILOG)
@click.version_option(__version__, prog_name="ll2-mirror")
def main() -> None:
    """The program."""


for _command in (
    ask.sync,
    ask.plan,
    ages.ages,
    read.status,
    read.verify,
    read.changes,
    read.get,
    serve.serve,
    share.publish,
    share.pull,
    images.images,
    first_steps.demo,
    first_steps.examples,
):
    main.add_command(_command)
