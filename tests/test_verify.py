"""verify names whatever is not as upstream sent it."""

from __future__ import annotations

import re
import sqlite3

import pytest

from helpers import execute
from ll2_mirror.ll2.page import packed


def damage(db, sql, *parameters):
    conn = sqlite3.connect(db)  # without foreign keys, as any tool might
    conn.execute(sql, parameters)
    conn.commit()
    conn.close()


@pytest.mark.parametrize(
    ("sql", "named"),
    [
        (
            "UPDATE spacecraft SET name = 'X' WHERE id = 201",
            'spacecraft 201: name is "X", but LL2 sent "Soyuz 6"',
        ),
        (
            "UPDATE spacecraft SET in_space = NULL WHERE id = 201",
            "spacecraft 201: in_space is null, but LL2 sent false",
        ),
        (
            "UPDATE agencies SET abbrev = 'KGB' WHERE id = 63",
            'agencies 63: abbrev is "KGB", but LL2 sent "RFSA"',
        ),
        (
            "UPDATE spacecraft SET status_id = 1 WHERE id = 201",
            "spacecraft 201: status is 1, but LL2 sent 4",
        ),
        (
            "UPDATE spacecraft SET time_in_space_seconds = 1 WHERE id = 201",
            "spacecraft 201: time_in_space_seconds is 1",
        ),
        (
            "UPDATE spacecraft_configurations__family SET position = 9"
            " WHERE spacecraft_configuration_family_id = 6",
            "spacecraft_configurations 6: family is [7,6], but LL2 sent [6,7]",
        ),
        (
            "UPDATE images SET variants_items = 3 WHERE id = 1927",
            "images 1927: variants_items is 3, but LL2 sent 0",
        ),
        ("UPDATE launches SET net = NULL", "launches 07e945c1"),
        ("DELETE FROM spacecraft WHERE id = 201", "spacecraft 201 is not in the file"),
        ("DELETE FROM image_licenses WHERE id = 1", "image_licenses 1 is not in the file"),
        ("DELETE FROM _records WHERE id = 201", "_search_spacecraft 201 doesn't"),
        ("INSERT INTO spacecraft (id) VALUES (9999)", "spacecraft 9999 is in no text of LL2"),
        (
            "INSERT INTO _records VALUES (999, 'spacecraft', 9, 1, 0, x'', x'')",
            "has no text of spacecraft 9",
        ),
        ("UPDATE spacecraft SET image_id = 424242 WHERE id = 201", "a row that images doesn't"),
        ("UPDATE _pages SET body = zeroblob(9)", "is damaged"),
        ("UPDATE spacecraft SET _extra = '{' WHERE id = 201", "spacecraft 201: _extra is not"),
        ("UPDATE spacecraft SET _extra = '[]' WHERE id = 201", "spacecraft 201: _extra is not"),
        (
            "UPDATE spacecraft SET _extra = '' WHERE id = 201",
            '201: _extra is "", but LL2 sent null',
        ),
        ("UPDATE agencies SET url = 'http://evil' || url WHERE id = 63", "agencies 63: url is"),
        ("UPDATE agencies SET url = url || '?x=1' WHERE id = 63", "agencies 63: url is"),
        ("UPDATE spacecraft SET in_space = 2 WHERE id = 201", "201: in_space is 2, neither 0 nor"),
        ("UPDATE spacecraft SET in_space = 'zzz' WHERE id = 201", "201: in_space is 'zzz', which"),
        ("UPDATE spacecraft SET name = x'00ff' WHERE id = 201", "spacecraft 201: name is b'"),
        ("UPDATE spacecraft SET time_in_space = x'00' WHERE id = 201", "201: time_in_space is b"),
        ("UPDATE spacecraft SET _shapes = x'00' WHERE id = 201", "spacecraft 201: _shapes is b"),
        (
            "UPDATE spacecraft SET _shapes = 'Moon' WHERE id = 201",
            '_shapes is "Moon", but LL2 sent',
        ),
        ("INSERT INTO images (id) VALUES (999999)", "images 999999 is in no text of LL2"),
        (
            "INSERT INTO spacecraft_configuration_families (id, parent_id, _shapes)"
            " VALUES (999, 999, 'SpacecraftConfigFamilyMini')",
            "spacecraft_configuration_families 999 is in no text of LL2",
        ),
        ("UPDATE launcher_configurations SET length = 9", "length is 9.0, but LL2 sent null"),
        ("UPDATE agencies__country SET position = position + 5", "agencies__country"),
        (
            "UPDATE agencies__country SET position = 'x'",
            "agencies__country 16 x is in no text of LL2",
        ),
        ("DELETE FROM _pages", "spacecraft 201: the page with its text is gone"),
        ("UPDATE _walks SET mode = 'x'", ": LL2 has no ['spacecraft', '', 'x'"),
        ("UPDATE _walks SET part = 2", ": LL2 has no ['spacecraft', '2', "),
        ("UPDATE _settings SET value = '[1]' WHERE key = 'base_url'", "base_url is damaged"),
        (
            "UPDATE _settings SET value = 'http://x' WHERE key = 'base_url'",
            "the setting base_url isn't http://127.0.0.1:",
        ),
        ("UPDATE _records SET place = 3 WHERE id = 201", "has no text of spacecraft 201"),
        ("UPDATE _pages SET mode = 'x'", "is not as LL2 sent it"),
    ],
)
def test_a_damaged_row_is_named(detailed, run, sql, named):
    execute(detailed, "SELECT 1")
    damage(detailed, sql)
    verdict = run("verify", detailed)
    assert verdict.code == 1
    assert named in verdict.out


@pytest.mark.parametrize(
    ("sql", "named"),
    [
        (
            "UPDATE _pages SET body = zeroblob(9) WHERE resource = 'agencies'",
            "agencies: ",
        ),
        (
            "DELETE FROM _pages WHERE resource = 'agencies'",
            "agencies ",
        ),
    ],
)
def test_a_damaged_list_is_named_beside_one_with_overtaken_values(db, run, upstream, sql, named):
    """Where a value was overtaken, the pages of all lists are read once more."""
    run("sync", db, "spacecraft", "agencies", "--base-url", upstream.base_url)
    assert run("verify", db, "--json").json["overtaken"] > 0
    execute(db, sql)
    verdict = run("verify", db, "--json")
    assert verdict.code == 1
    assert any(problem.startswith(named) for problem in verdict.json["problems"])


@pytest.mark.parametrize("records", [b"[5]", b'[{"id":1,"spacecraft_config":7}]'])
def test_a_page_that_never_came_explains_no_difference(db, run, upstream, records):
    run("sync", db, "spacecraft", "agencies", "--base-url", upstream.base_url)
    page = b'{"count":1,"next":null,"previous":null,"results":%s}' % records
    execute(db, "UPDATE _pages SET body = ? WHERE resource = ?", packed(page), "agencies")
    verdict = run("verify", db)
    assert verdict.code == 1
    assert re.search(r"agencies: the stored page \d+ is not as LL2 sent it", verdict.out)


@pytest.mark.parametrize("page", [b" " * 2**24 + b"{}", b"[%s[]]" % (b"[]," * 2**18)])
def test_a_stored_page_beyond_what_ll2_may_send_is_damage(detailed, run, page):
    """However small it is packed; so it takes no memory."""
    execute(detailed, "UPDATE _pages SET body = ?", packed(page))
    verdict = run("verify", detailed)
    assert (verdict.code, "is damaged" in verdict.out) == (1, True)


def test_a_flipped_byte_is_found(detailed, run):
    """In any page of the file that holds rows."""
    execute(detailed, "PRAGMA wal_checkpoint(TRUNCATE)")
    body = bytearray(detailed.read_bytes())
    place = body.index(b"Soyuz 6 was a Soyuz")
    body[place] ^= 1
    detailed.write_bytes(body)
    assert run("verify", detailed).code == 1


def test_a_torn_file_is_found(detailed, run):
    execute(detailed, "PRAGMA wal_checkpoint(TRUNCATE)")
    body = bytearray(detailed.read_bytes())
    for place in range(4096 * 8, len(body), 4096 * 3):
        body[place : place + 64] = bytes(64)
    detailed.write_bytes(body)
    verdict = run("verify", detailed)
    assert verdict.code in (1, 65)  # 65 where it can't even be opened
    assert "damaged" in verdict.out or "malformed" in verdict.err
    assert (verdict.out + verdict.err).count("Traceback") == 0


def test_an_empty_mirror_is_sound(db, run, upstream, monkeypatch):
    monkeypatch.setattr(upstream, "answer", lambda *_: (404, {"detail": "Not found."}))
    assert run("sync", db, "--base-url", upstream.base_url).code == 69
    verdict = run("verify", db)
    assert verdict.code == 0
    assert "no sync was completed yet" in verdict.out


def test_a_page_spelled_another_way_agrees_in_value(db, run, upstream, monkeypatch):
    """Escapes and spaces are the writer's; what they stand for is what counts."""
    import json

    records = upstream.records["spacecraft", "normal"]
    records[:] = [record for record in records if record["id"] != 551]  # of another host
    answer = upstream.answer
    monkeypatch.setattr(
        upstream, "answer", lambda *a: (200, json.dumps(answer(*a)[1], indent=1).encode())
    )
    run("sync", db, "--base-url", upstream.base_url)
    verdict = run("verify", db, "--json")
    assert verdict.code == 0
    assert verdict.json["respelled"] == 1


@pytest.mark.parametrize("damage", ["body = x'00'", "body = zeroblob(99)", "body = 7"])
def test_a_stored_page_that_is_damaged_is_whole_again_when_it_comes_again(detailed, run, damage):
    execute(detailed, f"UPDATE _pages SET {damage}")
    assert run("verify", detailed).code == 1
    assert run("sync", detailed).code == 0
    assert run("verify", detailed).code == 0


def test_a_staged_page_that_is_not_understood_is_no_fault_of_the_file(db, run, upstream):
    def twice(handler, body):
        handler.reply("200 OK", body.replace(b'"in_space":', b'"name":"","in_space":', 1))

    base = ("--base-url", upstream.base_url)
    assert run("sync", db, *base).code == 0
    upstream.breaks(twice, path="/2.3.0/spacecraft/", times=1)
    upstream.at(2, lambda: upstream.breaks("402"))
    assert run("sync", db, *base).code == 69
    assert run("verify", db).code == 0
