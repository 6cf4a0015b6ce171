"""Datasette's own options of ``serve``, so that habits from it work here."""

from __future__ import annotations

from pathlib import Path

import click

from ll2_mirror.cli.options import with_options

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)

datasettes = with_options(
    click.argument("files", nargs=-1, type=_FILE),
    click.option("-m", "--metadata", type=_FILE, help="Datasette's metadata, as JSON or YAML."),
    click.option(
        "--setting",
        "settings",
        nargs=2,
        multiple=True,
        metavar="NAME VALUE",
        help="One of Datasette's settings; several may be given.",
    ),
    click.option("--plugins-dir", type=_FOLDER, help="Plugins of Datasette's of your own."),
    click.option("--template-dir", type=_FOLDER, help="Templates of Datasette's of your own."),
    click.option(
        "--static",
        nargs=2,
        multiple=True,
        type=(str, _FOLDER),
        metavar="PATH DIR",
        help="Files to serve below a path.",
    ),
    click.option("--crossdb", is_flag=True, help="Join DB and FILES in SQL, at /_memory."),
    click.option("--cors", is_flag=True, help="Let pages of other sites ask Datasette's JSON."),
)
