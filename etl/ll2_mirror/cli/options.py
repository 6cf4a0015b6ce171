"""What the commands have in common: the file they open, and options of several of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ll2_mirror.clock import Clock

if TYPE_CHECKING:
    from ll2_mirror.store.store import Store


def _remember(ctx: click.Context, _: click.Parameter, db: Path) -> Path:
    """Keeps the file's name for an error that SQLite gives without it."""
    ctx.meta["db"] = db
    return db


def clock() -> Clock:
    """The machine's clock, unless the caller of the program passed in one."""
    given = click.get_current_context().obj
    return given if isinstance(given, Clock) else Clock()


@contextmanager
def opened(db: Path) -> Iterator[Store]:
    """The mirror, for a command that only reads; of an older file a copy that is up to date."""
    from ll2_mirror.ll2.schema import SCHEMA_VERSION
    from ll2_mirror.store.opening import open_store, version_of

    with open_store(db, clock()) as store:
        if version_of(store.conn) == SCHEMA_VERSION:
            yield store
            return
        from ll2_mirror.load.rebuild import readable  # 20 ms, so only where it is used

        with readable(store) as found:
            yield found


DB = click.argument("db", type=click.Path(path_type=Path), callback=_remember)


def json_option(what: str) -> Callable[[Any], Any]:
    """The option ``--json``; ``what`` it prints."""
    return click.option("--json", "as_json", is_flag=True, help=f"Print {what} as one JSON object.")


def length(_: click.Context, __: click.Parameter, value: str | None) -> float | None:
    """An age such as 2d, in seconds."""
    from ll2_mirror.cli.status import age

    return None if value is None else age(value).total_seconds()


def base(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    """A server's URL, checked."""
    from ll2_mirror.extract.client import checked_base

    return None if value is None else checked_base(value)
