"""The SQL that reading and writing share."""

from __future__ import annotations

from helpers import execute


def test_an_id_that_is_none_is_damage(synced, run):
    execute(synced, "INSERT INTO _records VALUES (99, 'spacecraft', x'00ff', 1, 0, x'', x'')")
    told = run("sync", synced)
    assert told.code == 65
    assert (
        told.err == "ll2-mirror: the file has a row whose id is b'\\x00\\xff': restore a backup\n"
    )
