"""The file: whole transactions, real foreign keys, durations that sort."""

from __future__ import annotations

import gc
import sqlite3
import sys

import pytest
import sqlite_utils
from hypothesis import given
from hypothesis import strategies as st
from isodate import duration_isoformat

from helpers import execute
from ll2_mirror.errors import DataError
from ll2_mirror.ll2.page import seconds
from ll2_mirror.ll2.schema import APPLICATION_ID, SCHEMA_VERSION
from ll2_mirror.store.file import open_store


def test_the_file_says_what_it_is(synced):
    assert execute(synced, "PRAGMA application_id") == [(APPLICATION_ID,)]
    assert execute(synced, "PRAGMA user_version") == [(SCHEMA_VERSION,)]
    assert execute(synced, "PRAGMA journal_mode") == [("wal",)]


def test_an_error_undoes_the_whole_transaction(db):
    with open_store(db, create=True) as store:

        def half():
            store.settings.remember(mode="normal")
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt), store.transaction():
            half()
        assert store.settings.get("mode") is None


@pytest.mark.parametrize("kind", ["transaction", "snapshot"])
def test_a_signal_on_the_way_into_a_block_leaves_no_traceback(db, monkeypatch, kind):
    told = []
    monkeypatch.setattr(sys, "unraisablehook", told.append)
    with open_store(db, create=True) as store:
        block = getattr(store, kind)()
        block.__enter__()
    del block
    gc.collect()
    assert told == []


def test_a_row_that_refers_to_nothing_is_refused_at_the_commit(db):
    with (
        open_store(db, create=True) as store,
        pytest.raises(DataError, match="spacecraft 1 refers to a row that images doesn't have"),
        store.transaction(),
    ):
        store.conn.execute("INSERT INTO spacecraft (id, image_id) VALUES (1, 2)")


def test_references_are_enforced_and_indexed(synced):
    with sqlite_utils.Database(synced) as db:
        for table in db.tables:
            indexed = {index.columns[0] for index in table.indexes} | set(table.pks[:1])
            # _runs and _walks have a handful of rows; all else is looked up by these
            assert {key.column for key in table.foreign_keys} <= indexed | {"run", "walk"}
    assert execute(synced, "PRAGMA foreign_key_check") == []


def test_a_damaged_page_is_named(synced):
    execute(synced, "UPDATE _pages SET body = x'00'")
    with open_store(synced) as store, pytest.raises(DataError, match=r"page 1 is damaged"):
        store.walks.body(1)


def test_a_lock_that_stays_is_said_in_one_line(synced, run, monkeypatch):
    monkeypatch.setattr("ll2_mirror.store.file.BUSY_SECONDS", 0.1)
    other = sqlite3.connect(synced)
    other.execute("BEGIN IMMEDIATE")
    refused = run("sync", synced)
    other.close()
    assert refused.code == 75
    assert refused.err.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, None),
        ("P0D", 0),
        ("P4DT22H42M47S", 427367),
        ("P2139DT2H45M34S", 184819534),
        ("P330DT21H55M25.711338S", 28590925.711338),
        ("-P1DT19H", -154800),
        ("P1Y", None),
        ("1 00:00:00", None),
        ("", None),
        ("P" + "9" * 400 + "D", None),
    ],
)
def test_durations_in_seconds(text, expected):
    assert seconds(text) == expected


@given(st.timedeltas())
def test_durations_sort_by_length(delta):
    """As isodate prints them, which is what LL2 prints them with."""
    assert seconds(duration_isoformat(delta)) == pytest.approx(delta.total_seconds(), abs=1e-5)


@given(st.text())
def test_no_text_breaks_the_seconds(text):
    assert seconds(text) is None or isinstance(seconds(text), float)
