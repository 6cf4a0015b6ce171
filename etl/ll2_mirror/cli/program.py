"""The program around a command: what ends it becomes one line and an exit code."""

from __future__ import annotations

import re
import signal
import sqlite3
import sys
from contextlib import suppress
from functools import singledispatch
from pathlib import Path
from typing import Any

import click

from ll2_mirror import __version__
from ll2_mirror.cli.console import Console, console, fit_output, writing
from ll2_mirror.errors import Bug, MirrorError, Stopped, UsageError

EXIT_CODES = {
    "0": "done",
    "1": "the check says no (verify, status --max-age), or LL2 would (get)",
    "2": "the command line can't be carried out",
    "65": "data that isn't understood: upstream's or the file's",
    "69": "upstream can't be reached, or refuses",
    "70": "a bug in ll2-mirror: please report it",
    "75": "stopped early: run the same command again",
    "128+N": "ended by signal N: 141 where the reader has enough, as with | head",
}
EPILOG = "\b\nExit codes:\n" + "\n".join(f"  {code:<7}{told}" for code, told in EXIT_CODES.items())

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)  # Ctrl-C, a service's end, a terminal's


class Command(click.Command):
    """A command with ``-h``; where its help can't be written, that is one of our errors."""

    def get_help_option_names(self, _ctx: click.Context) -> list[str]:
        """How the help is asked for."""
        return ["-h", "--help"]

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        """Reads the command line, and prints the help where that is asked for."""
        with writing():
            return super().make_context(*args, **extra)


class Commands(Command, click.Group):
    """The group; turns what ends a command into one line and an exit code."""

    command_class = Command

    def make_context(self, info_name: Any, args: list[str], *rest: Any, **extra: Any) -> Any:
        """Reads the command line; the context has the console of this run."""
        log_json = _asks_for_json(args)
        context = super().make_context(info_name, args, *rest, **extra)
        Console(context, log_json=log_json)
        return context

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command; an error ends it with one line."""
        try:
            return super().invoke(ctx)
        except click.exceptions.Exit:
            raise
        except (Exception, KeyboardInterrupt) as error:
            console().fail(as_ours(error, ctx.meta.get("db")))

    def main(self, args: Any = None, *, standalone_mode: bool = True, **extra: Any) -> Any:  # type: ignore[override]
        """Runs the program; what is wrong with the command line is one line, too."""
        if not standalone_mode:
            return super().main(args, standalone_mode=False, **extra)
        fit_output()
        try:
            code = super().main(args, standalone_mode=False, **extra)
        except click.exceptions.NoArgsIsHelpError as error:
            with suppress(MirrorError), writing():
                error.show()
            code = error.exit_code
        except Exception as error:
            Console(log_json=_asks_for_json(sys.argv)).fail(as_ours(error))
        sys.exit(code if isinstance(code, int) else 0)


def _asks_for_json(args: list[str]) -> bool:
    """Whether a command line asks for a log in JSON; it may be wrong, so click can't tell."""
    return re.findall("--log-format[=\0](\\w+)", "\0".join(args))[-1:] == ["json"]


def end_tidily() -> None:
    """Each signal that ends a program does so as Ctrl-C does; a second one ends it at once.

    One that is ignored, as under nohup, stays so.
    """
    heeded = [each for each in _ENDING if signal.getsignal(each) != signal.SIG_IGN]

    def end(*_: Any) -> None:
        for each in heeded:
            signal.signal(each, signal.SIG_DFL)
        raise KeyboardInterrupt

    with suppress(ValueError):  # only the main thread may
        for each in heeded:
            signal.signal(each, end)


@singledispatch
def as_ours(error: BaseException, _db: Path | None = None) -> MirrorError:
    """What ended a command, as one of our errors: one line for people, with an exit code.

    What nobody foresaw is a bug. ``_db`` is the file, for an error that SQLite gives without it.
    """
    what = " ".join(f"{type(error).__name__}: {error}".split())
    bug = Bug(f"a bug in ll2-mirror {__version__}: {what}: please report it with what follows")
    bug.__cause__ = error
    return bug


@as_ours.register
def _(error: MirrorError, _db: Path | None = None) -> MirrorError:
    return error


@as_ours.register
def _(error: click.ClickException, _db: Path | None = None) -> MirrorError:
    context = getattr(error, "ctx", None)
    see = f" (see {context.command_path} --help)" if context else ""
    return UsageError(" ".join(error.format_message().split()) + see)


@as_ours.register(click.Abort)
@as_ours.register(KeyboardInterrupt)
def _(_error: BaseException, _db: Path | None = None) -> MirrorError:
    return Stopped("interrupted: what was published before stands; the next sync goes on")


@as_ours.register
def _(_error: MemoryError, _db: Path | None = None) -> MirrorError:
    return Stopped("there is no memory left: run the same command again when there is")


@as_ours.register
def _(error: OSError, _db: Path | None = None) -> MirrorError:
    return UsageError(f"{error.filename or 'the system says no'}: {error.strerror or error}")


@as_ours.register
def _(error: sqlite3.Error, db: Path | None = None) -> MirrorError:
    from ll2_mirror.store.explain import explained

    bug = as_ours.dispatch(BaseException)
    return explained(error, db or Path("the file")) or bug(error, db)
