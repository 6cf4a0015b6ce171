"""The program in processes of its own, each measured: its exit code, its seconds, its memory.

Run as a script it is what they are forked from, so that none has to import the program anew. It
reads a command as a line of JSON, and writes what came of it as another.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

WALL = 60  # seconds after which a command hangs
# What commands import when they run, so that what is forked need not.
PRELOADED = [
    "ll2_mirror.cli.main",
    "ll2_mirror.cli.status",
    "ll2_mirror.serve.server",
    "ll2_mirror.share.publisher",
    "ll2_mirror.share.pull",
    "ll2_mirror.sync",
    "ll2_mirror.verify",
]


class Measured(NamedTuple):
    """What a command said and cost; ``code`` is negative where a signal ended it."""

    code: int
    out: str
    err: str
    seconds: float  # of processor time
    memory: int  # bytes, at most


class Program:
    """Runs ll2-mirror by a clock that sleeping moves, and that is ``ahead`` of the machine's."""

    def __init__(self, process: subprocess.Popen[str], folder: Path) -> None:
        self.ahead = 0.0
        self._process = process
        self._out, self._err = folder / "out", folder / "err"

    def __call__(self, *arguments: object) -> Measured:
        """Runs a command to its end."""
        self.start(*arguments)
        return self.wait()

    def start(self, *arguments: object, patience: int | None = WALL) -> int:
        """Begins a command, which may take so many seconds; gives its process."""
        command = [str(one) for one in arguments]
        self._err.write_text("")
        out, err = str(self._out), str(self._err)
        pid: int = self._tell([command, self.ahead, out, err, patience or 0])
        return pid

    def wait(self) -> Measured:
        """What came of the command that was begun."""
        code, seconds, memory = self._tell(None)
        out, err = (path.read_text("utf-8", "replace") for path in (self._out, self._err))
        return Measured(code, out, err, seconds, memory)

    def said(self) -> str:
        """What the command that runs has said so far on standard error."""
        return self._err.read_text("utf-8", "replace") if self._err.exists() else ""

    def _tell(self, what: Any) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


@contextmanager
def forked(folder: Path) -> Iterator[Program]:
    """What runs commands, until the block ends."""
    command = [sys.executable, __file__]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, text=True, **pipes) as process:
        yield Program(process, folder)


def _fork(command: Sequence[str], ahead: float, out: str, err: str, patience: int) -> int:
    """A process that runs a command."""
    pid = os.fork()
    if pid:
        return pid
    signal.alarm(patience)  # which ends it by SIGALRM; 0: never
    resource.setrlimit(resource.RLIMIT_AS, (4 * 2**30, 4 * 2**30))  # the machine is not ours alone
    for number, path in enumerate([os.devnull, out, err]):
        os.dup2(os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC), number)
    code = 255
    try:
        _run(command, ahead)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 254
    finally:
        os._exit(code)
    raise AssertionError


def _run(command: Sequence[str], ahead: float) -> None:
    from ll2_mirror.cli.main import main
    from ll2_mirror.clock import Clock

    class Ahead(Clock):
        ahead = timedelta()

        def now(self) -> datetime:
            return super().now() + self.ahead

        def sleep(self, seconds: float) -> None:
            self.ahead += timedelta(seconds=seconds)

    clock = Ahead()
    clock.sleep(ahead)
    try:
        main(list(command), obj=clock)
    except SystemExit:
        raise
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


def _serve_forks() -> None:
    """Forks for each command that is read, until no more come."""
    for name in PRELOADED:
        import_module(name)
    gc.freeze()
    pid = 0
    for line in sys.stdin:
        told = json.loads(line)
        if told is None:
            _, status, used = os.wait4(pid, 0)
            seconds = used.ru_utime + used.ru_stime
            answer: Any = os.waitstatus_to_exitcode(status), seconds, used.ru_maxrss * 1024
        else:
            answer = pid = _fork(*told)
        sys.stdout.write(f"{json.dumps(answer)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _serve_forks()
