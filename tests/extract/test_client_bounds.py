"""What LL2 may send: bounds that hold in memory, for whatever comes, however packed."""

from __future__ import annotations

import gzip
import subprocess
from pathlib import Path

import pytest

from faults import LIST, body, status
from helpers import PROGRAM, sampled
from ll2_mirror.testing.fake_ll2 import running

MIB = 2**20
MOST = 300  # MiB of memory: the program itself takes some 40
# The kernel tells the most memory that a process ever had; this one prints it at its end.
PEAK = "open('/proc/self/status').read().split('VmHWM:')[1].split()[0]"
MEASURED = [*PROGRAM[:2], f"import atexit; atexit.register(lambda: print({PEAK}))\n{PROGRAM[2]}"]
GZIP = "Content-Encoding: gzip"


def page(inner: bytes) -> bytes:
    return b'{"count":1,"next":null,"previous":null,"results":[{"id":1,"zz":[%s]}]}' % inner


def filled(unit: bytes, size: int) -> bytes:
    return page(unit * (size // len(unit)) + b"0")


def lists() -> bytes:
    return filled(b"[],", 24 * MIB)


def bomb() -> bytes:
    """400 MiB of spaces: parts of a gzip stream are one."""
    return gzip.compress(b" " * 4 * MIB, 1) * 100


def packed() -> bytes:
    return gzip.compress(lists(), 1)


KEYS = b"".join(b'"%d":1,' % n for n in range(240_000))
EMOJI = '"😀'.encode() + b"a" * 100 + b'",'  # which Python keeps in four bytes a letter
ONCE = ("--max-requests", "1", "--log-format", "json")  # what is tried again is told, and is enough
BODIES = {
    "gzip of 24 MiB": (packed, GZIP, "more than 16 MiB"),
    "gzip of 24 MiB, undeclared": (packed, "X: y", "more than 16 MiB"),
    "gzip in gzip": (lambda: gzip.compress(packed()), GZIP, "not UTF-8", *ONCE),
    "gzip in gzip, declared": (packed, f"{GZIP}, gzip", "encoded as gzip, gzip, which", *ONCE),
    "24 MiB": (lists, "X: y", "more than 16 MiB"),
    "15 MiB of lists": (lambda: filled(b"[],", 15 * MIB), "X: y", "more than 500,000 JSON values"),
    "15 MiB of objects": (lambda: filled(b'{"a":{}},', 15 * MIB), "X: y", "more than 500,000"),
    "15 MiB of brackets": (lambda: page(b"[" * (15 * MIB)), "X: y", "more than 500,000"),
    "240,000 objects": (lambda: filled(b'{"a":1},', 240_000 * 8), "X: y", "response_mode"),
    "240,000 keys": (lambda: page(b'{%s"z":1}' % KEYS), "X: y", "response_mode"),
    "15 MiB of letters": (lambda: filled(EMOJI, 15 * MIB), "X: y", "response_mode"),
    "15 MiB of escapes": (
        lambda: page(b'"%s"' % (b"\\u0041" * (15 * MIB // 6))),
        "X: y",
        "response_mode",
        *("--token", "A" * 30 + "B"),
    ),
}


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="measured as Linux tells it")
@pytest.mark.sampled
@pytest.mark.parametrize("name", sampled(BODIES, 4))
def test_no_body_takes_more_memory_than_a_bound(db, name):
    make, header, words, *options = BODIES[name]
    peak, err = measured(db, body(make(), header), *options)
    assert peak < MOST
    assert words in err


@pytest.mark.parametrize(
    ("line", "header", "words"),
    [
        ("418 Teapot", "X: y", "status 418"),
        ("302 Found", "Location: /elsewhere", "status 302: it redirects elsewhere"),
    ],
)
def test_no_error_takes_more_memory_than_a_bound(db, line, header, words):
    peak, err = measured(db, status(line, header, GZIP, body=bomb()))
    assert peak < MOST
    assert words in err


def measured(db, fault, *options):
    """The MiB that a sync needs at most while a fault lasts, and what it says."""
    with running({}) as server:
        server.breaks(fault, path=LIST)
        asked = ["sync", str(db), "--base-url", server.base_url, "--timeout", "20", *options]
        done = subprocess.run(
            [*MEASURED, *asked], capture_output=True, text=True, timeout=60, check=False
        )
    assert done.returncode in (65, 69, 75), done.stderr
    assert "Traceback" not in done.stderr
    return int(done.stdout.splitlines()[-1]) / 1024, done.stderr
