"""What the commands have in common: how they open the file, shared options and their types."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from difflib import get_close_matches
from functools import reduce
from pathlib import Path
from typing import Any

import click

from ll2_mirror.cli import output
from ll2_mirror.clock import AGE_UNITS, from_iso, seconds
from ll2_mirror.errors import DataError, UsageError
from ll2_mirror.ll2.schema import SCHEMA_VERSION
from ll2_mirror.progress import Emit, ignore
from ll2_mirror.store.file import Store, checked_path, open_store, version_of
from ll2_mirror.store.lock import only_sync

_SIZE = re.compile(r"(\d{1,15})([KMG]?)B?", re.IGNORECASE)
_NEAR = 3  # names that an error suggests
TIMEOUT = 30  # seconds


class Command(click.Command):
    """A command with ``-h``; if its help can't be written, that is a MirrorError."""

    def get_help_option_names(self, _ctx: click.Context) -> list[str]:
        """The options that show the help."""
        return ["-h", "--help"]

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        """Reads the command line, and prints the help if that is asked for."""
        with output.writing():
            return super().make_context(*args, **extra)


# The types of options: the help shows the names of these functions.


def age(text: str) -> float:
    """The seconds of ``90s``, ``15m``, ``12h``, ``2d`` or ``1w``; raises UsageError."""
    try:
        return timedelta(seconds=seconds(text)).total_seconds()
    except (ValueError, OverflowError):
        raise UsageError(f"{text} is not an age: use one like 15m, 12h, 2d or 1w") from None


def size(text: str) -> int:
    """A number of bytes, as in 500M; raises UsageError for anything else."""
    match = _SIZE.fullmatch(text)
    if match is None:
        raise UsageError(f"{text} is not a number of bytes: use one like 500M or 2G")
    return int(match[1]) * int(1000 ** " KMG".index(match[2].upper() or " "))


def timeout(text: str) -> float:
    """A number of seconds from 0.1 to 3600; raises UsageError for anything else."""
    with suppress(ValueError):
        if 0.1 <= (limit := float(text)) <= 3600:
            return limit
    raise UsageError(f"{text} is not a number of seconds from 0.1 to 3600")


def url(text: str) -> str:
    """The URL of a server; raises UsageError for anything else."""
    from ll2_mirror.extract.client import checked_base

    return checked_base(text)


def point_in_time(text: str, now: datetime) -> datetime:
    """A point in time from ``2026-11-23``, ``2026-11-23T20:00:00Z`` or an age such as ``2d``.

    Without a zone it is UTC. Raises UsageError for anything else.
    """
    try:
        return now - timedelta(seconds=age(text)) if text[-1:] in AGE_UNITS else from_iso(text)
    except (UsageError, DataError, OverflowError):
        raise UsageError(
            f"{text} is not a time: use one like 2026-11-23, 2026-11-23T20:00:00Z or 2d"
        ) from None


def with_options(*options: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A decorator that adds several parameters to a command, in this order."""
    return lambda command: reduce(lambda done, option: option(done), reversed(options), command)


@contextmanager
def opened(db: Path) -> Iterator[Store]:
    """The mirror, for a command that only reads; an older file is read through an upgraded copy."""
    with open_store(db, output.clock()) as store:
        if version_of(store.conn) == SCHEMA_VERSION:
            yield store
            return
        from ll2_mirror.load.upgrade import upgraded_copy  # 20 ms, so only where it is used

        with upgraded_copy(store) as copy:
            yield copy


@contextmanager
def changing(db: Path, emit: Emit = ignore) -> Iterator[Store]:
    """The mirror, locked, upgraded, and created if it is missing, for a command that changes it."""
    from ll2_mirror.load.upgrade import upgrade

    checked_path(db)  # before a lock file is made beside it
    with only_sync(db), open_store(db, output.clock(), create=True) as store:
        upgrade(store, emit)  # a failure leaves the file as it was
        yield store


# The parameters that several commands have


class Location(click.Path):
    """A path; refuses a relative one if the working folder was deleted."""

    def convert(self, *given: Any) -> Path:
        """The path; raises UsageError."""
        path = Path(str(super().convert(*given)))
        try:
            path.absolute()
        except OSError as error:
            folder = os.environ.get("PWD", "")
            raise UsageError(
                f"the working folder {folder} can't be found ({error.strerror}): change to another"
            ) from None
        return path


class Lists(click.Choice[str]):
    """The names of lists; the error for another name suggests similar ones."""

    def convert(self, value: str, *_: Any) -> str:
        """The name; raises UsageError if there is no such list."""
        if value in self.choices:
            return value
        near = ", ".join(get_close_matches(value, self.choices, _NEAR, cutoff=0))
        raise UsageError(
            f"{value} is not a list that can be mirrored: the nearest are {near};"
            " `ll2-mirror sync --help` names all"
        )


def _keep(_: click.Context, parameter: click.Parameter, value: Any) -> Any:
    """Stores what concerns the whole run: the file it works on, and how it prints."""
    setattr(output.this_run(), str(parameter.name), value)
    return value


PATH = Location(readable=False)  # click would refuse the file before `status` prints metrics
DB = click.argument("db", type=PATH, callback=_keep, is_eager=True)
DIR = click.argument("directory", metavar="DIR", type=PATH)
QUIET = click.option(
    *("-q", "--quiet"),
    is_flag=True,
    expose_value=False,
    callback=_keep,
    help="Print nothing unless something is wrong.",
)
JSON = click.option(
    *("--json", "as_json"),
    is_flag=True,
    expose_value=False,
    callback=_keep,
    help="Print JSON instead of text.",
)
LATE = click.option(
    "--late",
    metavar="N",
    type=click.IntRange(min=1),
    help="Exit with 1 if a list is older than N times the age that it may reach.",
)


def max_age_option(what: str) -> Callable[[Any], Any]:
    """The option ``--max-age``; ``what`` it checks."""
    help_ = f"Exit with 1 if {what} than this, such as 90m, 12h, 2d."
    return click.option("--max-age", type=age, help=help_)


def timeout_option(what: str) -> Callable[[Any], Any]:
    """The option ``--timeout``; ``what`` it limits."""
    return click.option("--timeout", metavar="SECONDS", type=timeout, default=TIMEOUT, help=what)


SILENCE = timeout_option("How long the server may be silent.")


def base_url_option(what: str) -> Callable[[Any], Any]:
    """The option ``--base-url``; ``what`` it is."""
    return click.option("--base-url", type=url, help=what)


def port_option(default: int) -> Callable[[Any], Any]:
    """The option ``--port``."""
    about = "The port; 0 takes a free one."
    return click.option("-p", "--port", type=click.IntRange(0, 65535), default=default, help=about)
