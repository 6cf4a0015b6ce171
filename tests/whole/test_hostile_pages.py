"""Captured pages, damaged at random: one line and an exit code, and no half of a sync."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import TestClock, examples, public_rows
from ll2_mirror.cli.main import main
from ll2_mirror.ll2.json import parse, spell, text
from ll2_mirror.ll2.page import API_PATH
from ll2_mirror.testing.fake_ll2 import bundled, running
from strategies import ANYTHING

TOKEN = "5ecre7-and-t0-be-kept-t0-0urselves"


def somewhere(value: Any, pick: random.Random) -> tuple[Any, Any]:
    """An object or a list within a page, and one of its keys: at any depth, shallow ones often."""
    key = pick.choice(list(value) if type(value) is dict else range(len(value)))
    deeper = type(value[key]) in (dict, list) and value[key] and pick.random() < 0.8
    return somewhere(value[key], pick) if deeper else (value, key)


def damaged(document: dict[str, Any], data: st.DataObject) -> bytes:
    """The text of a page with one to three of the faults that a page can have."""
    after: list[Any] = []
    for _ in range(data.draw(st.integers(1, 3), label="faults")):
        pick = random.Random(data.draw(st.integers(0, 2**32), label="where"))
        owner, key = somewhere(document or {"": None}, pick)
        what = data.draw(st.sampled_from([*WHOLE, *TEXT]), label="what")
        if what in TEXT:
            after.append((what, pick))
        else:
            WHOLE[what](owner, key, data)
    body = text(spell(document, 10**4)).encode()
    for what, pick in after:
        body = TEXT[what](body, pick.randrange(len(body)), pick)
    return body


def drop(owner: Any, key: Any, data: st.DataObject) -> None:
    del owner[key]


def retype(owner: Any, key: Any, data: st.DataObject) -> None:
    owner[key] = data.draw(ANYTHING | st.just(2**64), label="value")


def nest(owner: Any, key: Any, data: st.DataObject) -> None:
    for _ in range(data.draw(st.sampled_from([1, 30, 49, 51, 150]), label="levels")):
        owner[key] = [owner[key]]


def repeat(owner: Any, key: Any, data: st.DataObject) -> None:
    """A record or an item comes twice; a key under another name."""
    if type(owner) is list:
        owner.append(owner[key])
    else:
        owner[f"{key}_"] = owner[key]


WHOLE = {"drop": drop, "retype": retype, "nest": nest, "repeat": repeat}
TEXT = {
    "truncate": lambda body, at, pick: body[:at],
    "flip": lambda body, at, pick: (
        body[:at] + bytes([body[at] ^ 1 << pick.randrange(8)]) + body[at + 1 :]
    ),
    "key-twice": lambda body, at, pick: body[:at] + body[at:].replace(b'"id":', b'"id":7,"id":', 1),
}


LISTS = [pair for pair in bundled() if not pair[0].startswith("config/") or "land" in pair[0]]


@pytest.fixture(scope="module")
def mirrors(tmp_path_factory):
    """The bundled upstream and, for each resource and mode, a file that mirrors it."""
    folder = tmp_path_factory.mktemp("mirrors")
    with running(bundled()) as server:
        for resource, mode in LISTS:
            asked = [str(folder / f"{mode}.db-{Path(resource).name}"), resource, "--mode", mode]
            asked += ["--base-url", server.base_url]
            assert CliRunner().invoke(main, ["sync", *asked], obj=TestClock()).exit_code == 0
        yield server, folder


@pytest.mark.sampled
@settings(max_examples=examples(4, 160))
@given(data=st.data())
def test_a_damaged_page_is_kept_exactly_or_refused_in_one_line(
    mirrors, run, tmp_path, monkeypatch, data
):
    server, folder = mirrors
    resource, mode = data.draw(st.sampled_from(LISTS))
    path, asked = f"{API_PATH}{resource}/", {"limit": "100", "mode": mode, "ordering": "id"}
    right = type(server).answer
    body = damaged(parse(text(spell(right(server, path, asked)[1])).encode()), data)
    db = shutil.copy(folder / f"{mode}.db-{Path(resource).name}", tmp_path / "hostile.db")
    before = public_rows(db)
    monkeypatch.setattr(
        server,
        "answer",
        lambda at, query: (200, body) if at == path else right(server, at, query),
        raising=False,
    )

    done = run("sync", db, "--token", TOKEN)

    ours = [line for line in done.err.splitlines() if line.startswith("ll2-mirror:")]
    assert done.code in (0, 65, 69, 75), done.err
    assert len(ours) == (done.code != 0), done.err
    assert "Traceback" not in done.err
    checked = run("verify", db)
    assert checked.code == 0, checked.out
    if "kept aside" not in done.err and done.code:
        assert public_rows(db) == before
    assert run("status", db).code == 0

    monkeypatch.undo()
    healed = run("sync", db, "--token", TOKEN)
    assert healed.code == 0, healed.err
    assert public_rows(db) == before
    assert run("verify", db).code == 0
    told = [one.out + one.err for one in (done, checked, healed)]
    assert TOKEN not in json.dumps(told)
    assert not any(TOKEN.encode() in one.read_bytes() for one in tmp_path.iterdir())
