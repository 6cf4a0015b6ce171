"""What a monitor reads: status, its metrics, plan, and the events of a sync."""

from __future__ import annotations

import json
import math
import zlib
from datetime import UTC, datetime, timedelta

import pytest

from ll2_mirror.clock import from_iso
from ll2_mirror.extract.throttle import throttle_from
from parts import execute

BOTH = ("spacecraft", "agencies")


def many(upstream, count):
    """An upstream of so many craft."""
    first = upstream.records["spacecraft", "normal"][0]
    upstream.records["spacecraft", "normal"] = [{**first, "id": n} for n in range(1, count + 1)]


def test_status_tells_the_walk_under_way_and_how_it_ended(db, run, upstream):
    many(upstream, 250)
    stopped = run("sync", db, "--base-url", upstream.base_url, "--max-requests", "2", "--json")
    assert stopped.code == 75
    assert stopped.json["complete"] is False
    assert (stopped.json["requests"], stopped.json["staged"]) == (2, 2)
    assert stopped.json["error"] in stopped.err
    found = run("status", db, "--json").json
    (walk,) = found["under_way"]
    assert (walk["pages"], walk["of"], walk["records"], walk["total"]) == (2, 3, 200, 250)
    assert found["last_error"]["exit_code"] == 75
    told = run("status", db).out
    assert "no sync was completed yet" in told
    assert "spacecraft: a walk is under way: 2 of 3 pages staged" in told
    assert "ended with 75: the 2 requests of --max-requests are spent" in told
    done = run("sync", db)
    assert "goes on with the walk of" in done.out
    assert "200 of 250 records staged" in done.out
    after = run("status", db, "--json").json
    assert (after["under_way"], after["last_error"]) == ([], None)


def test_status_fails_where_the_mirror_is_too_old(synced, run, clock):
    assert run("status", synced, "--max-age", "2d").code == 0
    clock.ahead += timedelta(days=2, seconds=1)
    old = run("status", synced, "--max-age", "2d")
    assert old.code == 1
    assert old.err == f"ll2-mirror: {synced} is older than it may be\n"
    assert "2 days ago" in old.out
    assert run("status", synced, "--max-age", "soon").code == 2


def test_a_mirror_that_was_never_synced_is_too_old(db, run, upstream):
    many(upstream, 250)
    run("sync", db, "--base-url", upstream.base_url, "--max-requests", "1")
    assert run("status", db, "--max-age", "52w").code == 1


def test_the_metrics_are_what_status_says(synced, run, upstream):
    parser = pytest.importorskip("prometheus_client.parser")
    upstream.records["spacecraft", "normal"][0]["name"] = 5
    assert run("sync", synced).code == 65
    printed = run("status", synced, "--prometheus").out
    found = run("status", synced, "--json").json
    samples = {
        (sample.name, sample.labels.get("resource") or sample.labels.get("table")): sample.value
        for family in parser.text_string_to_metric_families(printed)
        for sample in family.samples
    }
    assert samples["ll2_mirror_records", "spacecraft"] == 21
    assert samples["ll2_mirror_quarantined_records", "spacecraft"] == 1
    assert samples["ll2_mirror_last_exit_code", None] == 65
    synced_at = samples["ll2_mirror_last_sync_timestamp_seconds", "spacecraft"]
    assert math.isclose(synced_at, from_iso(found["resources"][0]["synced"]).timestamp())
    assert (
        found["tables"].items()
        >= {
            name: value
            for (metric, name), value in samples.items()
            if metric.endswith("table_rows")
        }.items()
    )
    assert run("status", synced, "--prometheus", "--json").code == 2


def test_each_event_is_a_line_of_json(db, run, upstream):
    many(upstream, 150)
    done = run("sync", db, "--base-url", upstream.base_url, "--log-format", "json", "--json")
    assert done.json["complete"]
    events = [json.loads(line) for line in done.err.splitlines()]
    assert [event["event"] for event in events] == [
        "request",
        *["request", "page"] * 2,
        "published",
    ]
    assert all(from_iso(event["time"]) for event in events)
    assert events[2]["total"] == 150
    failed = run("sync", db, "--base-url", "http://127.0.0.1:1", "--log-format", "json")
    assert failed.code == 69
    last = json.loads(failed.err.splitlines()[-1])
    assert (last["event"], last["exit_code"]) == ("failed", 69)
    assert failed.out == ""


def test_a_plan_asks_only_what_is_free(db, run, upstream):
    many(upstream, 250)
    run("sync", db, "--base-url", upstream.base_url, "--max-requests", "1")
    before = execute(db, "SELECT count(*) FROM _requests WHERE counted")
    upstream.log.clear()
    found = run("plan", db, "--json").json
    assert [path for path, _ in upstream.log] == ["/2.3.0/api-throttle/"]
    assert execute(db, "SELECT count(*) FROM _requests WHERE counted") == before
    assert (found["requests"], found["staged"], found["minutes"]) == (2, 1, 0)
    assert (found["limit"], found["left"]) == (None, None)
    assert run("sync", db, "--json").json["requests"] == 2


def test_a_plan_for_a_file_that_is_not_there_makes_none(db, run, upstream):
    found = run("plan", db, *BOTH, "--base-url", upstream.base_url, "--json").json
    assert [one["resource"] for one in found["resources"]] == list(BOTH)
    assert (found["requests"], found["minutes"]) == (None, None)
    assert not db.exists()


def test_a_plan_knows_when_the_limit_allows_all(synced, run, upstream, clock, monkeypatch):
    """15 in an hour, 12 of them spent ten minutes ago: 6 more need those 12 to be forgotten."""
    said = {"your_request_limit": 15, "limit_frequency_secs": 3600, "current_use": 12}
    many(upstream, 600)
    run("sync", synced, "--json")
    execute(synced, "DELETE FROM _requests")
    then = clock.now() - timedelta(minutes=10)
    for second in range(12):
        sent = (then + timedelta(seconds=second)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        execute(
            synced,
            "INSERT INTO _requests (base_url, path, sent, counted) VALUES (?, '/', ?, 1)",
            upstream.base_url,
            sent,
        )
    monkeypatch.setattr(upstream, "answer", lambda *_: (200, {**said, "next_use_secs": 0}))
    found = run("plan", synced, "--json").json
    assert (found["limit"], found["left"], found["requests"]) == (15, 3, 6)
    assert found["minutes"] == 51


@pytest.mark.parametrize(
    ("said", "left"),
    [
        (
            '{"your_request_limit":15,"limit_frequency_secs":3600,"current_use":4,'
            '"next_use_secs":0,"ident":"x"}',
            11,
        ),
        (
            '[{"your_request_limit":9,"limit_frequency_secs":60,"current_use":9,"next_use_secs":1},'
            '{"your_request_limit":15,"limit_frequency_secs":3600,"current_use":4,"next_use_secs":0}]',
            0,
        ),
        ("[]", None),
        ("{}", None),
        ("<html>", None),
        (
            '{"your_request_limit":"15","limit_frequency_secs":3600,"current_use":4,'
            '"next_use_secs":0}',
            None,
        ),
        (
            '{"your_request_limit":15,"limit_frequency_secs":0,"current_use":4,"next_use_secs":0}',
            None,
        ),
        (
            '{"your_request_limit":15,"limit_frequency_secs":60,"current_use":4,'
            '"next_use_secs":"soon"}',
            None,
        ),
        ("[" * 100_000, None),
    ],
)
def test_a_throttle_is_an_object_or_a_list_or_nothing(said, left):
    throttle = throttle_from(said.encode())
    assert (throttle and throttle.left) == left


def upstream_body(db):
    """The one page of a file, as it came."""
    return zlib.decompress(execute(db, "SELECT body FROM _bodies")[0][0])


def test_the_log_of_requests_keeps_a_week(synced, run, upstream, clock):
    (path,) = {path for (path,) in execute(synced, "SELECT path FROM _requests WHERE counted")}
    assert path == "/2.3.0/spacecraft/?limit=100&mode=normal&offset=0&ordering=id"
    status, size, ms = execute(synced, "SELECT status, bytes, ms FROM _requests WHERE counted")[0]
    assert (status, size) == (200, len(upstream_body(synced)))
    assert ms >= 0
    clock.ahead += timedelta(days=8)
    assert run("sync", synced, "--json").json["requests"] == 1
    times = [from_iso(sent) for (sent,) in execute(synced, "SELECT sent FROM _requests")]
    assert len(times) == 2
    assert all(time > datetime.now(UTC) for time in times)
