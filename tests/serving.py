"""`ll2-mirror serve`, run as a user runs it."""

from __future__ import annotations

import multiprocessing
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Self

from ll2_mirror.cli.main import main
from subprocess_pool import PRELOADED

LIST = "/2.3.0/spacecraft/"
SCRIPT = str(Path(sys.executable).with_name("ll2-mirror"))


@contextmanager
def served(db: Path, *options: str, within: Sequence[str] = ()) -> Iterator[str]:
    """Serves a file on a free port; gives the URL. ``within`` is a command that runs another."""
    with serving(db, *options, within=within) as (_, url):
        yield url


@contextmanager
def serving(
    db: Path, *options: str, within: Sequence[str] = (), end: int = signal.SIGINT
) -> Iterator[tuple[subprocess.Popen[str] | Forked, str]]:
    """The same, with the process; a signal ends it."""
    command = [*within, SCRIPT, "serve", *options, "--port", "0", "--", str(db)]
    with _started(command) as server:
        assert server.stderr is not None
        told = server.stderr.readline()
        found = re.search(r"http://\S+(?=/2\.3\.0/)", told)
        assert found, told + server.stderr.read()
        try:
            yield server, found[0]
        finally:
            server.send_signal(end)
            rest = server.stderr.read()
            assert server.wait(timeout=60) == 0, rest
            assert not re.search("Traceback|pgrade|WebSocket", rest), rest


def _started(command: Sequence[str]) -> subprocess.Popen[str] | Forked:
    """A command's process: forked where it is ll2-mirror alone, which saves most of its start."""
    if command[0] == SCRIPT:
        return Forked(command)
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)


FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(PRELOADED)


class Forked:
    """ll2-mirror, forked from a process that has imported it; used as a Popen is."""

    def __init__(self, command: Sequence[str]) -> None:
        self._reading, writing = FORKS.Pipe(duplex=False)
        self._process = FORKS.Process(target=_run, args=(command, writing, dict(os.environ)))
        self._process.start()
        writing.close()
        self.stderr = os.fdopen(self._reading.fileno(), closefd=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stderr.close()
        self._reading.close()
        self.wait(60)

    def send_signal(self, number: int) -> None:
        if self._process.is_alive():
            os.kill(self._process.pid, number)

    def wait(self, timeout: float) -> int | None:
        self._process.join(timeout)
        return self._process.exitcode


def _run(command: Sequence[str], err: Connection, environment: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environment)
    sys.stderr = os.fdopen(err.fileno(), "w", buffering=1)
    sys.argv = list(command)
    main()


def read_only(folder: Path, mount: Path) -> list[str]:
    """What runs a command that sees a folder at another place, where nobody can write."""
    script = 'mount --bind "$0" "$1" && mount -o remount,ro,bind "$1" && shift && exec "$@"'
    return ["unshare", "--mount", "sh", "-c", script, str(folder), str(mount)]


# What runs a command as one who owns all files, but may not write where their modes say so.
UNPRIVILEGED = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"]


def works(*command: str) -> bool:
    """Whether this machine lets us run a command."""
    try:
        return subprocess.run(command, capture_output=True, timeout=20).returncode == 0
    except OSError:
        return False
