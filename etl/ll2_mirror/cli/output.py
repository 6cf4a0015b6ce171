"""Everything that a command prints, and the error that ends it.

Text for people has escapes instead of control characters, which LL2's names may contain. Output for
programs is exact.
"""

from __future__ import annotations

import codecs
import errno
import io
import json
import os
import re
import signal
import sqlite3
import sys
import traceback
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any, NoReturn

import click

from ll2_mirror import __version__
from ll2_mirror.clock import AGE_UNITS, Clock, for_people, from_iso, to_iso
from ll2_mirror.errors import Bug, MirrorError, Stopped, UsageError
from ll2_mirror.files import NO_ROOM
from ll2_mirror.ll2.json import unspelled
from ll2_mirror.progress import EVENTS, Emit, ignore
from ll2_mirror.store.file import explained

_MANY = 20  # lines of one kind
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)  # Ctrl-C, a service's end, a terminal's


class ReaderGone(MirrorError):
    """The reader of the output has closed it, as ``| head`` does: no message is printed."""

    exit_code = 128 + signal.SIGPIPE


@dataclass
class Invocation:
    """One run of the program; ``db`` is the file it works on, once that is known.

    ``as_json``: prints the result as JSON; ``quiet``: doesn't print it as text. ``log_json``: each
    line on stderr is a JSON object with the run, the process and the file.
    """

    log_json: bool = False
    as_json: bool = False
    quiet: bool = False
    db: Path | None = None
    id: str = field(default_factory=lambda: os.urandom(4).hex())


_run = ContextVar[Invocation]("run")
_run.set(Invocation())


def this_run() -> Invocation:
    """The current run of the program."""
    return _run.get()


def begin_run(*, log_json: bool) -> None:
    """Begins a run; characters missing in the output's encoding are printed as escapes."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    _run.set(Invocation(log_json))


def say(*lines: str, err: bool = False) -> None:
    """Prints lines for people."""
    write("".join(f"{shown(line)}\n" for line in lines), err=err)


def present(document: Any, lines: Iterable[str]) -> None:
    """Prints a command's result: the document with ``--json``, else the lines unless quiet."""
    if this_run().as_json:
        write(f"{_json(document, sys.stdout, indent=2)}\n")
    elif not this_run().quiet:
        say(*lines)


def log(event: str, /, **facts: Any) -> None:
    """Prints a line of JSON on stderr."""
    run = this_run()
    about = {"time": to_iso(clock().now()), "run": run.id, "pid": os.getpid()}
    line = {**about, "db": run.db and str(run.db), "event": event, **facts}
    write(f"{_json(line, sys.stderr)}\n", err=True)


def fail(error: MirrorError) -> NoReturn:
    """Ends the program with one line and the error's exit code; after a bug with the traceback."""
    is_bug = isinstance(error, Bug)
    trace = "".join(traceback.format_exception(error.__cause__) if is_bug else ()).splitlines()
    with suppress(MirrorError):  # if stderr can't be written, the exit code has to do
        if this_run().log_json:
            extra = {"traceback": trace} if is_bug else {}
            log("failed", exit_code=error.exit_code, message=str(error), **extra)
        elif not isinstance(error, ReaderGone):
            say(f"ll2-mirror: {error}", *trace, err=True)
    sys.exit(error.exit_code)


def clock() -> Clock:
    """The machine's clock, unless the program's caller passed in another."""
    context = click.get_current_context(silent=True)
    given = context.find_object(Clock) if context else None
    return given or Clock()


def shown(text: str) -> str:
    r"""A text in one line, with escapes such as \x1b or \u202e for unprintable characters."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in text
    )


# Characters that JSON needn't escape, but that change how a terminal shows those around them.
_UNSEEN = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


def escaped(text: str) -> str:
    """A JSON text with the same values, in which unprintable characters are escaped."""
    return _UNSEEN.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def write_body(body: bytes) -> None:
    """Writes a response: byte for byte, but to a terminal with escapes."""
    on_terminal = sys.stdout is not None and sys.stdout.isatty()
    write(escaped(body.decode()) if on_terminal else body)


def write(text: str | bytes, *, err: bool = False) -> None:
    """Writes to stdout or stderr exactly, if it is open; raises as ``writing`` does.

    click.echo isn't used, as it takes an encoding that is plain ASCII for UTF-8.
    """
    stream = sys.stderr if err else sys.stdout
    if stream is not None:
        with writing():
            to: Any = stream.buffer if isinstance(text, bytes) else stream
            to.write(text)
            to.flush()


@contextmanager
def writing() -> Iterator[None]:
    """Raises a MirrorError if stdout or stderr can't be written."""
    try:
        yield
    except OSError as error:
        if error.errno == errno.EPIPE:
            raise ReaderGone("the reader of the output is gone") from error
        message = f"the output can't be written: {error.strerror}"
        if error.errno in NO_ROOM:
            raise Stopped(f"{message}: make room and run the same command again") from error
        raise UsageError(message) from error


def _json(document: Any, stream: Any, indent: int | None = None) -> str:
    """JSON in characters that the stream's encoding has and a terminal shows."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    exact = codecs.lookup(encoding).name == "utf-8"
    return escaped(unspelled(json.dumps(document, ensure_ascii=not exact, indent=indent)))


# How a command ends


def as_mirror_error(error: BaseException) -> MirrorError:
    """The MirrorError for an exception that ended a command.

    An unexpected exception is a bug. SQLite's errors lack the file's name, which is added.
    """
    known = None
    match error:
        case MirrorError():
            return error
        case click.ClickException():
            context: click.Context | None = getattr(error, "ctx", None)
            see = optional(" (see {} --help)", context and context.command_path)
            return UsageError(" ".join(error.format_message().split()).rstrip(".") + see)
        case click.Abort() | KeyboardInterrupt():
            return Stopped("interrupted: nothing was lost; run the same command again to continue")
        case MemoryError():
            return Stopped("out of memory: run the same command again when more is free")
        case OSError():
            what = error.filename or "the system refused"
            return UsageError(f"{what}: {error.strerror or error}")
        case sqlite3.Error():
            known = explained(error, this_run().db or Path("the file"))
    return known or _bug(error)


def _bug(error: BaseException) -> Bug:
    """The error for an unexpected exception."""
    what = " ".join(f"{type(error).__name__}: {error}".split())
    bug = Bug(f"a bug in ll2-mirror {__version__}: {what}: please report it with the lines below")
    bug.__cause__ = error
    return bug


def end_tidily() -> None:
    """Makes SIGTERM and SIGHUP do what Ctrl-C does; a second signal ends the program at once.

    A signal that is ignored, as under nohup, stays ignored.
    """
    heeded = [number for number in _ENDING if signal.getsignal(number) != signal.SIG_IGN]

    def end(*_: Any) -> None:
        for number in heeded:
            signal.signal(number, signal.SIG_DFL)
        raise KeyboardInterrupt

    with suppress(ValueError):  # only the main thread may
        for number in heeded:
            signal.signal(number, end)


# Progress

_PASSING = ("retry", "smaller")  # events that are shown on a terminal only
_CLEAR = "\r\x1b[K"  # the line that the cursor is in
_BAR = 36  # columns, if the terminal has them


@contextmanager
def progress() -> Iterator[Emit]:
    """Yields the function that shows the events of a sync or a transfer.

    They are printed to stdout, or to stderr if stdout has JSON. On a terminal, the last line is a
    progress bar, and retries are shown, too.
    """
    run = this_run()
    if run.log_json:
        yield _each_wait_once(log)
    elif run.quiet:
        yield ignore
    elif run.as_json or not (sys.stderr and sys.stderr.isatty()):
        yield _each_wait_once(_print_event)
    else:
        with closing(Bars()) as bars:
            yield partial(_draw_event, bars)


def _each_wait_once(emit: Emit) -> Emit:
    """Passes on the first event of a wait, not the one of each second."""
    waits = set()

    def emit_once(event: str, /, **facts: Any) -> None:
        wait = facts["until"] if event == "waiting" else None
        if wait is None or wait not in waits:
            emit(event, **facts)
        waits.add(wait)

    return emit_once


def _print_event(event: str, /, **facts: Any) -> None:
    """Prints an event that has a message, unless it is for terminals only."""
    if EVENTS[event] and event not in _PASSING:
        say(_event_line(event, facts), err=this_run().as_json)


def _draw_event(bars: Bars, event: str, /, **facts: Any) -> None:
    """Shows an event on a terminal: as a bar if it has a total, as a countdown, or as a line."""
    match facts:
        case {"resource": label, "staged": done, "total": total} if event == "page":
            bars.draw(label, done, total)
        case {"of": total}:
            bars.draw(event, next(iter(facts.values())), total)
        case {"seconds": wait} if event == "waiting":
            minutes, seconds = divmod(wait, 60)
            line = f"resumes in {minutes}:{seconds:02}: LL2's limit is reached "
            write(f"{_CLEAR}{line[: _columns() - 1]}", err=True)
        case _ if EVENTS[event]:
            write(f"{_CLEAR}{shown(_event_line(event, facts))}\n", err=True)


def _event_line(event: str, facts: dict[str, Any]) -> str:
    """The message of an event."""
    until = {"until": utc(facts["until"])} if "until" in facts else {}
    return str(EVENTS[event]).format(**{**facts, **until})


class Bars:
    """The progress bar on a terminal's last line; one with another label begins a new line.

    click's can neither be cut to the terminal's width nor drawn by events.
    """

    def __init__(self) -> None:
        self._label = ""
        self._began = 0.0

    def draw(self, label: str, done: int, total: int) -> None:
        """Draws the bar, with the time that is left."""
        if label != self._label:
            self.close()
            self._label, self._began = label, monotonic()
        share = min(1.0, done / total) if total else 1.0
        seconds = round((monotonic() - self._began) * (1 / share - 1)) if share else 0
        left = optional("  {}", timedelta(seconds=seconds))
        room = _columns() - len("  100%  9:59:59 ")
        width = min(_BAR, room - len(f"{label}  []"))
        bar = f"  [{'#' * round(share * width):-<{width}}]" if width > 0 else ""
        line = f"{label[: max(room, 8)]}{bar}  {share:.0%}{left}"
        write(f"{_CLEAR}{line[: _columns() - 1]}", err=True)

    def close(self) -> None:
        """Ends the bar's line."""
        if self._label:
            with suppress(MirrorError):
                write("\n", err=True)
        self._label = ""


def _columns() -> int:
    """The width of the terminal, in columns."""
    with suppress(OSError, ValueError):
        return os.get_terminal_size(sys.stderr.fileno()).columns or 80
    return 80


# Texts that several commands use


def first_lines(lines: Iterable[str]) -> Iterator[str]:
    """The first lines, and how many more there are."""
    lines = list(lines)
    yield from lines[:_MANY]
    if more := lines[_MANY:]:
        yield f"  and {len(more):,} more: see --json"


def plural(count: int, noun: str) -> str:
    """The count with its noun, in the plural unless it is 1."""
    return f"{count} {noun}" if count == 1 else f"{count:,} {noun}s"


def optional(template: str, value: Any) -> str:
    """The template with the value filled in; empty without a value."""
    return template.format(value) if value else ""


def drift_line(drift: dict[str, Any], where: str) -> str:
    """A difference from LL2's document; one without a key is the order of the keys."""
    key = f"{drift['shape']}.{drift['key']}".rstrip(".")
    return f"new in LL2, kept: {key}: {drift['what']} ({where})"


def age_text(seconds: float) -> str:
    """A length of time as the options accept it: 12h, 2d."""
    unit, size = next((u, s) for u, s in AGE_UNITS.items() if seconds % s == 0 or s == 1)
    return f"{seconds / size:.0f}{unit}"


def megabytes(count: int) -> str:
    """A number of bytes in megabytes."""
    return f"{count / 1e6:,.1f} MB"


def utc(iso: str) -> str:
    """A time stored in the file, for people."""
    return for_people(from_iso(iso))
