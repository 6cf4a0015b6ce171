"""`ll2-mirror serve`, run as a user runs it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

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
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The same, with the process; a signal ends it."""
    command = [*within, SCRIPT, "serve", *options, "--port", "0", "--", str(db)]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as server:
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
