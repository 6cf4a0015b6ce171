"""Publishing: what is odd in one record is its matter alone, and costs no more than its size."""

from __future__ import annotations

import time

import pytest

from helpers import execute
from ll2_mirror.testing.fake_ll2 import FakeLL2

LISTED = ("spacecraft", "normal")


def spell(upstream: FakeLL2, text: str, spelled: str, monkeypatch: pytest.MonkeyPatch):
    """Has the upstream send a number by this spelling where a record has a text."""
    answer = upstream.answer

    def respelled(path, query):
        status, document = answer(path, query)
        from ll2_mirror.ll2 import json as json_text

        body = json_text.text(json_text.spell(document)).encode()
        return status, body.replace(f'"{text}"'.encode(), spelled.encode())

    monkeypatch.setattr(upstream, "answer", respelled)


@pytest.mark.parametrize("spelled", ["1e400", "9" * 400, "-" + "1" * 5000])
def test_a_number_beyond_all_bounds_in_an_unknown_key_is_kept(
    db, run, upstream, monkeypatch, spelled
):
    upstream.records[LISTED][3]["odd"] = "the number"
    spell(upstream, "the number", spelled, monkeypatch)
    done = run("sync", db, "--base-url", upstream.base_url)
    assert (done.code, execute(db, "SELECT count(*) FROM _records")) == (0, [(21,)])
    assert run("verify", db).code == 0
    assert f'"odd":{spelled}' in run("get", db, "/2.3.0/spacecraft/?limit=100").out


@pytest.mark.parametrize("spelled", ["1e400", "9" * 400])
def test_a_number_beyond_all_bounds_where_a_small_one_belongs_blocks_its_record_alone(
    db, run, upstream, monkeypatch, spelled
):
    upstream.records[LISTED][3]["flights_count"] = "the number"
    spell(upstream, "the number", spelled, monkeypatch)
    done = run("sync", db, "--base-url", upstream.base_url)
    assert done.code == 65
    assert "flights_count: expected an integer" in done.err
    assert execute(db, "SELECT count(*) FROM _records") == [(20,)]
    assert run("verify", db).code == 0


def test_many_unknown_keys_cost_as_many_times_more_and_no_more(tmp_path, run, upstream):
    record = upstream.records[LISTED][0]

    def seconds(count):
        record.update({f"key{n}": n for n in range(count)})
        began = time.thread_time()
        assert run("sync", tmp_path / f"{count}.db", "--base-url", upstream.base_url).code == 0
        return time.thread_time() - began

    seconds(1)
    assert seconds(8000) < 24 * seconds(1000)  # 8 if linear, 64 if quadratic
