"""The tool, run as its users run it."""

from __future__ import annotations

import multiprocessing
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Thread
from typing import Any

SCRIPT = str(Path(sys.executable).with_name("ll2-mirror"))
MB = 2**20 if sys.platform == "darwin" else 2**10  # the unit of ru_maxrss: bytes, or kB


@contextmanager
def serving(*command: str) -> Iterator[int]:
    """Runs a server; gives the port that it says it has."""
    with subprocess.Popen(  # noqa: S603  (ours)
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as server:
        assert server.stderr is not None
        lines = (re.search(r"http://[\w.]+:(\d+)", line) for line in server.stderr)
        told = next(filter(None, lines), None)
        assert told, f"{command[0]} ended with {server.wait()}"
        Thread(target=server.stderr.read, daemon=True).start()
        try:
            yield int(told[1])
        finally:
            server.terminate()


@contextmanager
def spawned(target: Callable[..., None], *arguments: Any) -> Iterator[Connection]:
    """Runs a function in a process of its own, with one end of a pipe; gives the other."""
    context = multiprocessing.get_context("spawn")
    pipe, its_end = context.Pipe()
    process = context.Process(target=target, args=(*arguments, its_end), daemon=True)
    process.start()
    try:
        yield pipe
    finally:
        process.kill()
