"""The command ages: how old each list may be."""

from __future__ import annotations

from pathlib import Path

import click

from ll2_mirror.cli.console import console
from ll2_mirror.cli.options import DB, Lists, age, changing, json_option, opened
from ll2_mirror.cli.program import Command
from ll2_mirror.cli.text import age_text
from ll2_mirror.errors import UsageError
from ll2_mirror.ll2.lists import SLICES

_HELP = """Show or change how old each list of DB may be.

`sync --due` keeps to it. LIST=AGE changes one, as in LIST=12h; LIST= gives it its own back.
"""


@click.command(cls=Command, help=_HELP)
@DB
@click.argument("changes", metavar="[LIST=AGE]...", nargs=-1)
@json_option("them")
def ages(db: Path, changes: tuple[str, ...], as_json: bool) -> None:
    """Shows how old each list may be, once what is to change is changed."""
    from ll2_mirror.due import ages as read

    if wanted := dict(map(_change, changes)):
        _set(db, wanted)
    with opened(db) as store:
        found = read(store)
    document = {"ages": {name: round(may_be) for name, may_be in found.items()}}
    lines = (f"{name}: {age_text(may_be)}" for name, may_be in found.items())
    console().present(document, lines, as_json=as_json)


def _change(text: str) -> tuple[str, float | None]:
    """A list and its age in seconds, None for its own; raises UsageError."""
    name, is_change, length = text.partition("=")
    if not is_change:
        raise UsageError(f"{text}: expected a list and an age, as in LIST=12h")
    name = Lists(SLICES).convert(name)
    seconds = age(length).total_seconds() if length else None
    if seconds is not None and seconds < 60:
        raise UsageError(f"{text}: a list can't be fresher than a minute")
    return name, seconds


def _set(db: Path, wanted: dict[str, float | None]) -> None:
    from ll2_mirror.due import set_ages

    with changing(db) as store:
        set_ages(store, wanted)
