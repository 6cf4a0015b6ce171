"""The terminal's side of a command: how events, errors and JSON are printed."""

from __future__ import annotations

import errno
import json
import os
import signal
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import click

from ll2_mirror.clock import Clock, to_iso
from ll2_mirror.errors import MirrorError, Stopped, UsageError
from ll2_mirror.progress import EVENTS

EXIT_CODES = """\b
Exit codes:
  0   done
  1   the check says no (verify, status --max-age), or LL2 would (get)
  2   the command line can't be carried out
  65  data that isn't understood: upstream's or the file's
  69  upstream can't be reached, or refuses
  75  stopped early: run the same command again
"""


class Commands(click.Group):
    """The group; turns our errors into one line and an exit code."""

    def main(self, args: Any = None, *, standalone_mode: bool = True, **extra: Any) -> Any:  # type: ignore[override]
        """Runs the program; what is wrong with the command line is one line, too."""
        if not standalone_mode:
            return super().main(args, standalone_mode=False, **extra)
        try:
            code = super().main(args, standalone_mode=False, **extra)
        except click.exceptions.NoArgsIsHelpError as error:
            error.show()
            code = error.exit_code
        except click.ClickException as error:
            context = getattr(error, "ctx", None)
            see = f" (see {context.command_path} --help)" if context else ""
            fail(UsageError(" ".join(error.format_message().split()) + see))
        except click.Abort:
            fail(Stopped("interrupted"))
        sys.exit(code if isinstance(code, int) else 0)

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command; an error ends it with one line."""
        try:
            return super().invoke(ctx)
        except MirrorError as error:
            fail(error)
        except sqlite3.Error as error:
            from ll2_mirror.store.explain import explained

            if told := explained(error, ctx.meta.get("db", Path("the file"))):
                fail(told)
            raise
        except KeyboardInterrupt:
            fail(Stopped("interrupted: what was published before stands"))
        except OSError as error:
            if error.errno == errno.EPIPE:  # the reader has enough
                sys.stdout = sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115
                sys.exit(128 + signal.SIGPIPE)
            fail(UsageError(f"{error.filename or 'the output'}: {error.strerror}"))


def fail(error: MirrorError) -> NoReturn:
    """Ends the program with one line and the error's exit code."""
    click.echo(f"ll2-mirror: {error}", err=True)
    sys.exit(error.exit_code)


def ours(error: BaseException, db: Path) -> MirrorError:
    """What ended a sync, as one of our errors."""
    from ll2_mirror.store.explain import explained

    if isinstance(error, MirrorError):
        return error
    if isinstance(error, KeyboardInterrupt):
        return Stopped("interrupted: what was published before stands; the next sync goes on")
    assert isinstance(error, sqlite3.Error)
    found = explained(error, db)
    if found is None:
        raise error
    return found


_IN_PASSING = ("retry", "smaller", "request", "page", "published")  # of interest to a watcher


class Teller:
    """Tells what happens while a sync runs: to people, with a bar on a terminal, or as JSON.

    People read it on stdout, unless JSON is printed there; what is of interest only in passing,
    they read on a terminal. ``log_json``: each event is a line of JSON on stderr.
    """

    def __init__(self, clock: Clock, *, as_json: bool, quiet: bool, log_json: bool) -> None:
        self.as_json = as_json
        self._clock = clock
        self._log_json = log_json
        self._quiet = quiet
        self._terminal = sys.stderr.isatty() and not (quiet or as_json or log_json)
        self._bars: dict[str, Any] = {}
        self._waiting = ""

    def __call__(self, event: str, /, **facts: Any) -> None:
        """Tells an event."""
        if event == "waiting" and not self._terminal:
            if facts["until"] == self._waiting:
                return  # once is enough
            self._waiting = facts["until"]
        if self._log_json:
            line = {"time": to_iso(self._clock.now()), "event": event, **facts}
            click.echo(json.dumps(line, ensure_ascii=False), err=True)
        elif self._terminal:
            self._watch(event, facts)
        elif not self._quiet and event not in _IN_PASSING:
            click.echo(self._line(event, facts), err=self.as_json)

    def _line(self, event: str, facts: dict[str, Any], *, countdown: bool = False) -> str:
        from ll2_mirror.cli.text import event_line

        return event_line(event, facts, countdown=countdown)

    def _watch(self, event: str, facts: dict[str, Any]) -> None:
        """Tells an event on a terminal, whose last line is drawn over."""
        if event == "page":
            bar = self._bar(facts["resource"], facts["total"])
            bar.update(facts["staged"] - bar.pos)
        elif EVENTS[event]:
            countdown = event == "waiting"
            line = self._line(event, facts, countdown=countdown)
            click.echo(f"\r\x1b[K{line}", err=True, nl=not countdown)

    @contextmanager
    def failures(self, db: Path) -> Iterator[None]:
        """Ends the program as any error does; where events are JSON, so is the error."""
        try:
            yield
        except (MirrorError, sqlite3.Error, KeyboardInterrupt) as error:
            failed = ours(error, db)
            if not self._log_json:
                raise failed from error
            self("failed", exit_code=failed.exit_code, message=str(failed))
            sys.exit(failed.exit_code)

    def _bar(self, resource: str, total: int) -> Any:
        if resource not in self._bars:
            self.end()
            self._bars[resource] = click.progressbar(length=total, label=resource, file=sys.stderr)
        return self._bars[resource]

    def end(self) -> None:
        """Ends the line that a bar stands on."""
        for bar in self._bars.values():
            bar.render_finish()
        self._bars.clear()


def print_some(documents: list[dict[str, Any]]) -> None:
    """One JSON object, or a list of several."""
    print_json(documents[0] if len(documents) == 1 else documents)


def print_json(document: Any) -> None:
    """One JSON object, as programs read it."""
    click.echo(json.dumps(document, ensure_ascii=False, indent=2))
