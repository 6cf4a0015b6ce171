"""The metrics: what status says as gauges, and never none."""

from __future__ import annotations

import math
from datetime import timedelta

import pytest

from helpers import execute, many
from ll2_mirror.clock import from_iso

parser = pytest.importorskip("prometheus_client.parser")
ALWAYS = ("ll2_mirror_up", "ll2_mirror_last_exit_code", "ll2_mirror_age_seconds")


def samples(printed):
    """The value of each sample, by the metric and its label."""
    return {
        (sample.name, sample.labels.get("resource") or sample.labels.get("table")): sample.value
        for family in parser.text_string_to_metric_families(printed)
        for sample in family.samples
    }


def main_ones(printed):
    """Whether the file can be read, the last exit code, the age."""
    found = samples(printed)
    return tuple(
        found[f"ll2_mirror_{name}", None] for name in ("up", "last_exit_code", "age_seconds")
    )


def test_the_metrics_are_what_status_says(synced, run, upstream):
    upstream.records["spacecraft", "normal"][0]["name"] = 5
    assert run("sync", synced).code == 65
    found = run("status", synced, "--json").json
    measured = samples(run("status", synced, "--prometheus").out)
    assert measured["ll2_mirror_records", "spacecraft"] == 21
    assert measured["ll2_mirror_quarantined_records", "spacecraft"] == 1
    assert measured["ll2_mirror_last_exit_code", None] == 65
    assert measured["ll2_mirror_up", None] == 1
    assert 0 <= measured["ll2_mirror_age_seconds", None] < 60
    synced_at = measured["ll2_mirror_last_sync_timestamp_seconds", "spacecraft"]
    assert math.isclose(synced_at, from_iso(found["resources"][0]["synced"]).timestamp())
    rows = {name: value for (metric, name), value in measured.items() if "table_rows" in metric}
    assert rows == found["tables"]
    assert run("status", synced, "--prometheus", "--json").code == 2


def test_before_the_first_sync_the_age_has_no_end(db, run, upstream):
    many(upstream, 250)
    assert run("sync", db, "--base-url", upstream.base_url, "--max-requests", "1").code == 75
    measured = run("status", db, "--prometheus")
    assert (measured.code, main_ones(measured.out)) == (0, (1, 75, math.inf))
    assert samples(measured.out)["ll2_mirror_staged_pages", "spacecraft"] == 1


DAMAGES = {
    "no file": (lambda db: db.unlink(), 2),
    "another file": (lambda db: db.write_bytes(b"no database" * 500), 65),
    "a folder": (lambda db: (db.unlink(), db.mkdir()), 2),
    "no ledger": (lambda db: execute(db, "DROP TABLE _runs"), 65),
    "a damaged ledger": (lambda db: execute(db, "UPDATE _runs SET finished = 'zzz'"), 65),
    "a torn page": (lambda db: db.write_bytes(db.read_bytes()[:4096] + b"\xff" * 40_000), 65),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_file_that_cannot_be_read_has_metrics_too(synced, run, damage):
    execute(synced, "PRAGMA wal_checkpoint(TRUNCATE)")
    execute(synced, "PRAGMA journal_mode = DELETE")
    spoil, code = DAMAGES[damage]
    spoil(synced)
    measured = run("status", synced, "--prometheus")
    assert measured.code == code
    assert measured.err.count("\n") == 1
    assert {name for name, _ in samples(measured.out)} == set(ALWAYS)
    assert main_ones(measured.out) == (0, code, math.inf)


def test_a_file_is_opened_whatever_its_permissions_promise(synced, run, monkeypatch):
    """Else a file that may not be read would have no metrics."""
    monkeypatch.setattr("os.access", lambda *_: False)
    assert main_ones(run("status", synced, "--prometheus").out)[0] == 1


def test_a_sync_that_could_not_be_carried_out_is_seen(synced, run):
    assert run("sync", synced, "--mode", "detailed").code == 0
    assert run("sync", synced, "--mode", "normal").code == 2
    assert main_ones(run("status", synced, "--prometheus").out)[:2] == (1, 2)
    assert run("status", synced, "--json").json["last_error"]["exit_code"] == 2
    assert run("sync", synced).code == 0
    assert main_ones(run("status", synced, "--prometheus").out)[:2] == (1, 0)


@pytest.mark.parametrize(
    ("given", "seen"), [("2", 2), ("0", 75), ("KILL", 137), ("TERM", 143), ("137", 137)]
)
def test_an_exit_code_that_the_file_does_not_know_is_handed_over(db, run, upstream, given, seen):
    many(upstream, 250)
    run("sync", db, "--base-url", upstream.base_url, "--max-requests", "1")
    measured = run("status", db, "--prometheus", "--exit-code", given)
    assert main_ones(measured.out) == (1, seen, math.inf)
    db.unlink()
    missing = run("status", db, "--prometheus", "--exit-code", given)
    assert main_ones(missing.out) == (0, int(given == "0") * 2 or seen, math.inf)


@pytest.mark.parametrize("given", ["soon", "-1", "1.5", "²", ""])
def test_what_is_no_exit_code_is_refused(synced, run, given):
    assert run("status", synced, "--prometheus", "--exit-code", given).code == 2


def test_a_sync_that_is_yet_to_come_has_no_age(synced, run, clock):
    clock.time += timedelta(days=2000)
    run("sync", synced)
    clock.time -= timedelta(days=2000)
    assert main_ones(run("status", synced, "--prometheus").out) == (1, 0, math.inf)
