"""The index that finds texts: damaged, it is noticed, and made anew by the next sync.

And what is looked for: the words of a search, split in one pass.
"""

from __future__ import annotations

import json
import re
import sys
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers import execute
from ll2_mirror.store.search import _tokens, terms
from reference_api import words

INDEX = "_search_spacecraft_fts"
FOUND = "/2.3.0/spacecraft/?search=soyuz"
DAMAGES = {
    "emptied": f"INSERT INTO {INDEX} ({INDEX}) VALUES ('delete-all')",
    "its data gone": f"DELETE FROM {INDEX}_data",
    "its data overwritten": f"UPDATE {INDEX}_data SET block = x'ff00ff00ff00' WHERE id > 10",
    "its texts gone": "DELETE FROM _search_spacecraft",
    "of another version": f"UPDATE {INDEX}_config SET v = 0",
    "a part of it gone": f"DROP TABLE {INDEX}_idx",
    "all of it gone": f"DROP TABLE {INDEX}",
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


def test_records_of_no_list_beside_a_search_are_listed_anew(synced, run):
    """SQLite takes no function anew while a statement that met damage isn't done."""
    execute(synced, "UPDATE _records SET resource = CAST(x'ff' AS TEXT)")
    assert run("sync", synced).code == 0
    assert run("get", synced, FOUND).code == 0


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
    assert f"{INDEX} doesn't have the terms of {INDEX.removesuffix('_fts')}" in verdict.out


# The words of a search

PHRASE = r"""(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')"""
TOKEN = re.compile(rf"""[^\s'"]*(?:{PHRASE}[^\s'"]*)+|\S+""")
PIECES = ["a", "b", ",", '"', "'", "\\", " ", "\t", "\n", "\u00a0", '\\"', "\\'", "\\\n"]


@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
def test_a_search_is_split_as_a_pattern_that_takes_quadratic_time_splits_it(sent):
    assert list(_tokens(sent)) == [match[0] for match in TOKEN.finditer(sent)]
    assert terms(sent) == words(sent)


def steps(text: str) -> int:
    """What it takes to split a text: lines of Python, and characters that patterns match."""
    taken = 0

    def count(frame, event, _):
        nonlocal taken
        taken += event == "line"
        if event == "return" and frame.f_code.co_name == "end":
            place, end = frame.f_locals["place"], frame.f_locals.get("match")
            taken += end.end() - place if end else 0
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        terms(text)
    finally:
        sys.settrace(before)
    return taken


@pytest.mark.parametrize(
    "piece", ['\\" ', "\\' ", '" ', "'\"", '"\\\n', "\"a'\\", "\\\"' ", "a ", '",']
)
def test_twice_the_text_takes_twice_the_work(piece):
    few, many = steps(piece * 1000), steps(piece * 2000)
    assert many < 2.2 * few


def test_a_long_word_is_found_as_a_short_one_is(run, synced, upstream):
    """The index is asked for its begin, the rest is compared."""
    name = "Soyuz" + "".join(f" {number:04}" for number in range(60))
    for record in upstream.records["spacecraft", "normal"]:
        record["name"] = {201: name, 289: f"{name[:-1]}x"}.get(record["id"], record["name"])
    assert run("sync", synced).code == 0
    for path, found in (
        (f"search=%22{quote(name)}%22", [201]),
        (f"search={quote(name[100:])}", [201]),
        (f"search=%22{quote(name[:-1])}%22", [201, 289]),
        (f"search=%22{quote(name[:-1])}y%22", []),
        (f"name={quote(name)}", [201]),
        (f"name={quote(name[:-1])}", []),
    ):
        page = json.loads(run("get", synced, f"/2.3.0/spacecraft/?{path}").out)
        assert [record["id"] for record in page["results"]] == found, path


def test_more_words_than_the_index_is_asked_for_are_all_looked_for(run, synced):
    page = json.loads(run("get", synced, "/2.3.0/spacecraft/?limit=100").out)
    name = max((record["name"] for record in page["results"]), key=len)
    parts = {name[a:b] for a in range(len(name)) for b in range(a + 1, len(name) + 1)}
    plain = sorted(part for part in parts if re.fullmatch(r"\w+", part))
    assert len(plain) > 16
    for more, count in ((["zzq"], 0), ([], 1)):
        sent = quote(" ".join([*plain, *more]))
        found = json.loads(run("get", synced, f"/2.3.0/spacecraft/?search={sent}").out)
        assert (found["count"] >= count, found["count"] > 0) == (True, bool(count))


@pytest.mark.parametrize("name", ["Soyuz\0 and more", "S"])
def test_names_that_the_index_cant_be_asked_for_end_no_sync_and_no_search(
    synced, run, upstream, name
):
    for record in upstream.records["spacecraft", "normal"]:
        record["name"] = name
    for _ in range(2):
        assert run("sync", synced).code == 0
    assert run("verify", synced).code == 0
    found = run("get", synced, "/2.3.0/spacecraft/?search=soyuz")
    assert found.code == 0
    assert json.loads(found.out)["count"] > 0
