"""The terminal's side of a command: the one place that prints.

What people read has its control characters shown, not sent: a name of LL2's may hold some. What
programs read is exact.
"""

from __future__ import annotations

import codecs
import errno
import io
import json
import os
import secrets
import signal
import sys
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, NoReturn

import click

from ll2_mirror.clock import Clock, to_iso
from ll2_mirror.errors import Bug, MirrorError, Stopped, UsageError
from ll2_mirror.files import NO_ROOM

_META = "ll2_mirror.console"  # where click's context has a command's console


class ReaderGone(MirrorError):
    """Who reads the output has enough, as with ``| head``: people are told nothing of it."""

    exit_code = 128 + signal.SIGPIPE


class Console:
    """What one run of the program says.

    ``log_json``: each line on stderr is a JSON object, which bears the run, the process and the
    file.
    """

    def __init__(self, context: click.Context | None = None, *, log_json: bool = False) -> None:
        self.log_json = log_json
        self._meta = context.meta if context else {}
        self._meta[_META] = self
        self._clock = clock_of(context)
        self._run = secrets.token_hex(4)

    def say(self, *lines: str, err: bool = False) -> None:
        """Lines for people."""
        write("".join(f"{shown(line)}\n" for line in lines), err=err)

    def show(self, document: Any) -> None:
        """A JSON document, as programs read it."""
        write(f"{_json(document, sys.stdout, indent=2)}\n")

    def present(
        self, document: Any, lines: Iterable[str], *, as_json: bool, quiet: bool = False
    ) -> None:
        """What a command found or did: as a document, or in lines unless it is to be quiet."""
        if as_json:
            self.show(document)
        elif not quiet:
            self.say(*lines)

    def log(self, event: str, /, **facts: Any) -> None:
        """A line of JSON on stderr."""
        about = {"time": to_iso(self._clock.now()), "run": self._run, "pid": os.getpid()}
        db = self._meta.get("db")
        line = {**about, "db": db and str(db), "event": event, **facts}
        write(f"{_json(line, sys.stderr)}\n", err=True)

    def fail(self, error: MirrorError) -> NoReturn:
        """Ends the program with one line and the error's exit code; a bug shows where it is."""
        bug = error.__cause__ if isinstance(error, Bug) else None
        trace = "".join(traceback.format_exception(bug)).splitlines() if bug else []
        with suppress(MirrorError):  # where nobody hears it, the exit code says it
            if self.log_json:
                more = {"traceback": trace} if trace else {}
                self.log("failed", exit_code=error.exit_code, message=str(error), **more)
            elif not isinstance(error, ReaderGone):
                self.say(f"ll2-mirror: {error}", *trace, err=True)
        sys.exit(error.exit_code)


def console() -> Console:
    """The console of the command that runs."""
    found: Console = click.get_current_context().meta[_META]
    return found


def clock_of(context: click.Context | None) -> Clock:
    """The machine's clock, unless the caller of the program passed in one."""
    given = context.obj if context else None
    return given if isinstance(given, Clock) else Clock()


def shown(text: str) -> str:
    r"""A text in one line; what can't be seen stands as an escape, such as \x1b or \u202e."""
    if text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in text
    )


def fit_output() -> None:
    """Has characters that the output's encoding lacks written as escapes."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def write(text: str | bytes, *, err: bool = False) -> None:
    """Writes to stdout or stderr, as it is, if it is open; raises as ``writing`` does.

    click would take an encoding that is plain ASCII for UTF-8.
    """
    stream = sys.stderr if err else sys.stdout
    if stream is not None:
        with writing():
            to: Any = stream.buffer if isinstance(text, bytes) else stream
            to.write(text)
            to.flush()


@contextmanager
def writing() -> Iterator[None]:
    """Raises one of our errors where stdout or stderr can't be written."""
    try:
        yield
    except OSError as error:
        raise _unwritten(error) from error


def _unwritten(error: OSError) -> MirrorError:
    """Why the output can't be written, as one of our errors."""
    if error.errno == errno.EPIPE:
        return ReaderGone("the reader of the output has enough")
    told = f"the output can't be written: {error.strerror}"
    if error.errno in NO_ROOM:
        return Stopped(f"{told}: make room and run the same command again")
    return UsageError(told)


def _json(document: Any, stream: Any, indent: int | None = None) -> str:
    """JSON in letters that a stream can carry."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    exact = codecs.lookup(encoding).name == "utf-8"
    return json.dumps(document, ensure_ascii=not exact, indent=indent)
