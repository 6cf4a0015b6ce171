"""The index that finds texts: damaged, it is noticed, and made anew by the next sync."""

from __future__ import annotations

import pytest

from parts import execute

INDEX = "_search_spacecraft_fts"
FOUND = "/2.3.0/spacecraft/?search=soyuz"
DAMAGES = {
    "emptied": f"INSERT INTO {INDEX} ({INDEX}) VALUES ('delete-all')",
    "its data gone": f"DELETE FROM {INDEX}_data",
    "its data overwritten": f"UPDATE {INDEX}_data SET block = x'ff00ff00ff00' WHERE id > 10",
    "its texts gone": "DELETE FROM _search_spacecraft",
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_verify_says_that_the_index_is_damaged_and_a_sync_mends_it(synced, run, damage):
    before = run("get", synced, FOUND).out
    assert '"count":10' in before
    execute(synced, damage)
    verdict = run("verify", synced)
    assert verdict.code == 1
    assert "search" in verdict.out
    assert run("sync", synced).code == 0
    assert run("verify", synced).code == 0
    assert run("get", synced, FOUND).out == before


def test_one_term_that_is_missing_is_noticed(synced, run):
    """The first and the last record are found: only all terms together tell."""
    [(id_, name, configuration)] = execute(
        synced, "SELECT * FROM _search_spacecraft ORDER BY id LIMIT 1 OFFSET 7"
    )
    execute(
        synced,
        f"INSERT INTO {INDEX} ({INDEX}, rowid, name, spacecraft_config__name)"
        " VALUES ('delete', ?, ?, ?)",
        id_,
        name,
        configuration,
    )
    verdict = run("verify", synced)
    assert verdict.code == 1
    assert f"{INDEX} doesn't find what spacecraft is searched by" in verdict.out
