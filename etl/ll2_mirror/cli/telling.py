"""How a sync's events are told while it runs: to people, on a terminal, or as JSON."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from typing import Any

import click

from ll2_mirror.cli.console import Console, shown, write, writing
from ll2_mirror.cli.text import countdown_line, event_line
from ll2_mirror.errors import MirrorError
from ll2_mirror.progress import EVENTS, Tell, silence

_IN_PASSING = ("retry", "smaller", "request", "page", "published")  # of interest to a watcher
_CLEAR = "\r\x1b[K"  # the line that the cursor is in
_BAR = 36  # columns, if the terminal has them
_BESIDE = len("  []  100%  1d 00:00:00 ")  # what a bar stands between, and the last column


@contextmanager
def telling(console: Console, *, quiet: bool, as_json: bool) -> Iterator[Tell]:
    """Gives what takes a sync's events.

    People read them on stdout, or on stderr where JSON is printed. What is of interest only in
    passing they read on a terminal, whose last line is drawn over.
    """
    if console.log_json:
        yield _once(console.log)
    elif quiet:
        yield silence
    elif as_json or not on_terminal():
        yield _once(_lines(console, err=as_json))
    else:
        with closing(Bars()) as drawn:
            yield _watch(drawn)


def on_terminal() -> bool:
    """Whether somebody watches."""
    return bool(sys.stderr and sys.stderr.isatty())


def _once(tell: Tell) -> Tell:
    """Tells of a wait once, not with each second of it."""
    waits = set()

    def tell_once(event: str, /, **facts: Any) -> None:
        wait = facts["until"] if event == "waiting" else None
        if wait is None or wait not in waits:
            tell(event, **facts)
        waits.add(wait)

    return tell_once


def _lines(console: Console, *, err: bool) -> Tell:
    """Tells each event that stays of interest in a line."""

    def tell(event: str, /, **facts: Any) -> None:
        if event not in _IN_PASSING:
            console.say(event_line(event, facts), err=err)

    return tell


class Bars:
    """The bar on a terminal's last line: one for each label, the next ends the one before."""

    def __init__(self) -> None:
        self._bars: dict[str, Any] = {}

    def draw(self, label: str, done: int, total: int) -> None:
        """Draws how far something is."""
        if label not in self._bars:
            self.close()
        write(_CLEAR, err=True)
        with writing():
            if label not in self._bars:
                self._bars[label] = click.progressbar(
                    length=total, file=sys.stderr, **_layout(label, _columns())
                )
            self._bars[label].update(done - self._bars[label].pos)

    def close(self) -> None:
        """Ends the line that a bar stands on."""
        for bar in self._bars.values():
            with suppress(MirrorError), writing():
                bar.render_finish()
        self._bars.clear()


@contextmanager
def watched(*, quiet: bool) -> Iterator[Tell]:
    """Takes what a command tells of how far it is; on a terminal, a bar shows it."""
    watch = on_terminal() and not quiet
    with closing(Bars()) as drawn:

        def tell(event: str, /, **facts: Any) -> None:
            if watch and "of" in facts:
                done, total = facts.values()
                drawn.draw(event, done, total)

        yield tell


def _watch(drawn: Bars) -> Tell:
    """Tells events on a terminal: a bar for the pages, a countdown for a wait, else a line."""

    def tell(event: str, /, **facts: Any) -> None:
        if event == "page":
            drawn.draw(facts["resource"], facts["staged"], facts["total"])
        elif event == "waiting":
            line = countdown_line(facts["seconds"])[: _columns() - 1]
            write(f"{_CLEAR}{line}", err=True)
        elif EVENTS[event]:
            write(f"{_CLEAR}{shown(event_line(event, facts))}\n", err=True)

    return tell


def _layout(label: str, columns: int) -> dict[str, Any]:
    """How a bar looks whose line fits: one that wraps can't be drawn over."""
    room = columns - len(label) - _BESIDE
    if room > 0:
        return {"label": label, "width": min(_BAR, room)}
    return {
        "label": label[: columns - len("  100% ")],
        "bar_template": "%(label)s  %(info)s",
        "width": 1,
        "show_eta": False,
    }


def _columns() -> int:
    """How many columns the terminal has."""
    with suppress(OSError, ValueError):
        return os.get_terminal_size(sys.stderr.fileno()).columns or 80
    return 80
