"""The command that serves the file over HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ll2_mirror.cli import options, output
from ll2_mirror.ll2.page import API_PATH

_SERVE_HELP = f"""Serve DB as a site, and LL2's API from it.

The site is built on Datasette, with FILES beside DB; LL2's paths are under {API_PATH}. A sync of DB
shows at once.
"""

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)

datasette_options = options.with_options(  # Datasette's own, as its users know them
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
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "-p",
    "--port",
    type=click.IntRange(0, 65535),
    default=8001,
    show_default=True,
    help="The port; 0 takes a free one.",
)
@click.option(
    "--base-url",
    type=options.URL,
    help="Where the links in responses lead.  [default: the request's host]",
)
@datasette_options
def serve(db: Path, host: str, port: int, base_url: str | None, **own: Any) -> None:
    """Serves until it is interrupted."""
    from ll2_mirror.ll2.schema import SCHEMA_VERSION
    from ll2_mirror.serve.reader import other_version
    from ll2_mirror.serve.server import bound, datasette, run
    from ll2_mirror.store.file import open_store

    with open_store(db, output.clock()) as store:  # says what is wrong with the file
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
