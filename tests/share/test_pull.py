"""`pull`: a published snapshot comes into a mirror in place, whole and checked, or not at all."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import zlib
from contextlib import closing, suppress
from hashlib import sha256

import pytest

from helpers import execute, grow_old, public_rows
from ll2_mirror.errors import UpstreamError
from ll2_mirror.share import download
from ll2_mirror.share.publisher import block_digests
from ll2_mirror.store import file as store_file
from ll2_mirror.store.lock import only_sync
from static_server import breaks, cut_after, drip, instead, site, status


def first_name(db):
    return execute(db, "SELECT name FROM spacecraft ORDER BY id LIMIT 1")[0][0]


def beside(db):
    """What lies in the folder of a file."""
    return sorted(path.name for path in db.parent.iterdir())


def refused(ran, code, words):
    assert ran.code == code, ran.err
    assert re.fullmatch(f"ll2-mirror: .*({words}).*\n", ran.err), ran.err


# What comes in


@pytest.mark.parametrize("far", [True, False])
def test_a_pull_makes_the_mirror(synced, mine, out, served, run, far):
    source = served.url if far else out
    ran = run("pull", source, mine)
    assert ran.code == 0, ran.err
    assert re.fullmatch(rf"{mine}: run 1, synced \S+Z, from {source} · 0\.\d s\n", ran.out)
    assert run("verify", mine).code == 0
    assert public_rows(mine) == public_rows(synced)
    assert beside(mine) == ["mine.db"]
    assert execute(mine, "PRAGMA journal_mode") == [("wal",)]


def test_what_0_6_published_comes_in_too(mine, out, served, run):
    """Its manifest names a second file, packed by gzip."""
    digest = json.loads((out / "manifest.json").read_text())["file"]["sha256"]
    name = f"snapshot-{digest}.db"
    edited(out, gzip={"name": f"{name}.gz", "bytes": 5, "sha256": "0" * 64}, format=1)
    (out / f"{name}.gz").write_bytes(b"magic")
    assert run("pull", served.url, mine).code == 0
    assert served.asked == ["/manifest.json", f"/{name}"]


def test_nothing_is_fetched_or_written_where_nothing_is_new(mine, served, run):
    run("pull", served.url, mine)
    before = mine.stat().st_mtime_ns
    served.log.clear()
    ran = run("pull", served.url, mine, "--json")
    assert (ran.code, ran.json["changed"]) == (0, False)
    assert served.asked == ["/manifest.json"]
    assert "If-None-Match" in served.log[0][1]
    assert mine.stat().st_mtime_ns == before
    assert run("pull", served.url, mine).out.startswith(f"{mine}: nothing new since run 1")


@pytest.mark.parametrize("ranges", [True, False])
def test_only_what_differs_is_fetched(mine, served, run, news, ranges):
    """If the server sends a part of a file."""
    run("pull", served.url, mine)
    size = news()["file"]["bytes"]
    served.sent = 0
    if not ranges:
        served.fault = breaks(".db", instead(lambda body: body))
    assert run("pull", served.url, mine, "--json").json["changed"]
    assert (served.sent < size / 5) == ranges
    assert first_name(mine) == "Renamed"
    assert run("verify", mine).code == 0
    assert beside(mine) == [mine.name]


def test_a_sync_that_changed_nothing_leaves_little_to_fetch(mine, served, synced, out, run):
    """What differs is when LL2 was last asked."""
    run("pull", served.url, mine)
    run("sync", synced)
    size = run("publish", synced, out, "--json").json["file"]["bytes"]
    served.sent = 0
    assert run("pull", served.url, mine, "--json").json["changed"]
    assert served.sent < size / 5
    ages = [run("status", db, "--json").json["resources"][0]["synced"] for db in (mine, synced)]
    assert ages[0] == ages[1]


def test_what_was_put_together_wrongly_is_fetched_as_a_whole(mine, served, run, news):
    run("pull", served.url, mine)
    news()
    for blocks in served.folder.glob("*.blocks"):  # as if nothing differed but the first block
        blocks.write_bytes(b"x" * 8 + b"".join(list(block_digests(mine))[1:]))
    assert run("pull", served.url, mine).code == 0
    assert first_name(mine) == "Renamed"


def test_a_store_that_keeps_files_packed_is_pulled_from(mine, served, run, monkeypatch):
    """As S3 does with what was uploaded so; a part of what is packed resumes nothing."""
    reply = served.RequestHandlerClass.reply

    def packed(handler, status, body=b"", *headers, cut=0):
        packing = zlib.compressobj(wbits=31)
        whole = packing.compress(body) + packing.flush() if status == 200 else body
        headers += (("Content-Encoding", "gzip"),)
        reply(handler, status, whole, *headers, cut=cut)

    monkeypatch.setattr(served.RequestHandlerClass, "reply", packed)
    [snapshot] = served.folder.glob("snapshot-*.db")
    staged = mine.with_name(f"{mine.name}.pull-{snapshot.name[9:25]}")
    staged.write_bytes(snapshot.read_bytes()[:300_000])
    assert run("pull", served.url, mine).code == 0
    assert run("verify", mine).code == 0
    assert len(served.asked) == 3


def test_a_server_that_knows_no_etags(mine, served, run):
    served.fault = breaks("manifest.json", instead(lambda body: body))
    for changed in (True, False):
        assert run("pull", served.url, mine, "--json").json["changed"] == changed
    assert served.asked.count("/manifest.json") == len(served.asked) - 1


def test_who_reads_the_file_sees_the_news_with_the_next_answer(mine, served, run, news):
    """Without opening it anew; and who reads one state goes on with that."""
    run("pull", served.url, mine)
    old = first_name(mine)
    ask = "SELECT name FROM spacecraft ORDER BY id LIMIT 1"
    with closing(sqlite3.connect(mine, timeout=0, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        assert reader.execute(ask).fetchone() == (old,)
        news()
        assert run("pull", served.url, mine).code == 0
        assert reader.execute(ask).fetchone() == (old,)
        reader.execute("COMMIT")
        assert reader.execute(ask).fetchone() == ("Renamed",)
    assert run("verify", mine).code == 0


def test_status_says_whence_and_how_old(mine, served, run):
    run("pull", served.url, mine)
    found = run("status", mine, "--json").json
    assert found["pulled"]["from"] == served.url
    assert found["resources"][0]["age_seconds"] < 60
    assert f"pulled from {served.url} at 20" in run("status", mine).out


def test_a_reader_whose_writer_stopped_is_late(mine, served, run, clock):
    assert run("pull", served.url, mine, "--late", "2").code == 0
    clock.move(49 * 3600)
    late = run("pull", served.url, mine, "--late", "2")
    refused(late, 1, "spacecraft is late: see")


def test_a_pulled_file_can_be_synced_and_published_by_who_takes_the_writers_place(
    mine, served, run, upstream, tmp_path
):
    run("pull", served.url, mine)
    upstream.log.clear()
    assert run("sync", mine, "--base-url", upstream.base_url, "--json").json["unchanged"] == 21
    assert upstream.log
    assert run("status", mine, "--json").json["pulled"] is None
    assert run("publish", mine, tmp_path / "mine").code == 0
    refused(run("pull", served.url, mine), 65, "was synced at .*, before what is here")


def test_a_file_of_the_writers_own_is_pulled_without_a_manifest(synced, mine, run):
    """Such as what Litestream restored; it may be in use."""
    with closing(sqlite3.connect(synced)) as conn:
        conn.execute("SELECT * FROM spacecraft").fetchone()
        assert run("pull", synced, mine).code == 0
    assert public_rows(mine) == public_rows(synced)
    assert run("verify", mine).code == 0
    found = run("status", mine, "--json").json
    assert (found["pulled"]["from"], found["budget"]) == (str(synced), None)
    assert not run("pull", synced, mine, "--json").json["changed"]
    run("sync", synced)
    assert run("pull", synced, mine, "--json").json["changed"]


def test_a_snapshot_of_an_older_version_comes_in_as_one_of_this(synced, mine, run):
    grow_old(synced)
    assert run("pull", synced, mine).code == 0
    assert run("verify", mine).code == 0
    assert not run("pull", synced, mine, "--json").json["changed"]


def test_a_mirror_of_an_older_version_is_brought_up_to_date(mine, served, run, news):
    run("pull", served.url, mine)
    grow_old(mine)
    execute(mine, "DROP VIEW names")
    execute(mine, "DROP TABLE mine")
    assert run("pull", served.url, mine).code == 0
    assert run("verify", mine).code == 0


@pytest.mark.parametrize("size", [1024, 16384])
def test_pages_of_another_size_are_no_hindrance(mine, served, run, news, size):
    run("pull", served.url, mine)
    with closing(sqlite3.connect(mine, isolation_level=None)) as conn:
        conn.executescript(
            f"PRAGMA journal_mode = DELETE; PRAGMA page_size = {size}; VACUUM;"
            " PRAGMA journal_mode = WAL;"
        )
    news()
    assert run("pull", served.url, mine).code == 0
    assert execute(mine, "PRAGMA page_size") == [(size,)]
    assert run("verify", mine).code == 0
    assert first_name(mine) == "Renamed"
    assert beside(mine) == ["mine.db"]


def test_a_file_by_another_name_is_the_same(mine, served, run, news, tmp_path):
    run("pull", served.url, mine)
    link = tmp_path / "link.db"
    link.symlink_to(mine)
    news()
    assert run("pull", served.url, link).code == 0
    assert link.is_symlink()
    assert first_name(mine) == "Renamed"


def test_the_url_of_the_manifest_does_too(mine, served, run, out, tmp_path):
    assert run("pull", f"{served.url}/manifest.json", mine).code == 0
    assert run("pull", out / "manifest.json", tmp_path / "other.db").code == 0


def test_an_old_mirror_is_told_by_its_exit_code(mine, served, run):
    assert run("pull", served.url, mine, "--max-age", "2d").code == 0
    execute(mine, "UPDATE _runs SET finished = '2020-01-01T00:00:00.000000Z'")
    refused(run("pull", served.url, mine, "--max-age", "2d"), 1, "is older than it may be")


def test_quiet_says_nothing(mine, served, run):
    ran = run("pull", served.url, mine, "--quiet")
    assert (ran.out, ran.err) == ("", "")


def test_no_token_or_password_is_sent(mine, served, run, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    run("pull", served.url, mine, env={"LL2_API_TOKEN": "secret"})
    assert served.log
    assert [headers for _, headers in served.log if "Authorization" in headers] == []
    assert "secret" not in str(served.log)


# What breaks off


def test_a_download_goes_on_where_it_broke_off(mine, served, run, out):
    size = json.loads((out / "manifest.json").read_text())["file"]["bytes"]
    served.fault = breaks(".db", cut_after(size // 3), times=3)
    assert run("pull", served.url, mine).code == 0
    asked = [headers.get("Range") for path, headers in served.log if path.endswith(".db")]
    third = size // 3
    ranges = [f"bytes={n * third}-{size}" for n in (1, 2, 3)]
    assert asked == [None, *ranges][: len(asked)]
    assert run("verify", mine).code == 0


def test_the_next_pull_goes_on_with_what_one_has_left(mine, served, run, out, news):
    size = json.loads((out / "manifest.json").read_text())["file"]["bytes"]
    served.fault = breaks(".db", cut_after(1000))
    refused(
        run("pull", served.url, mine), 69, f"broke off after 5000 of {size} bytes|IncompleteRead"
    )
    assert not mine.exists()
    served.fault, served.sent = None, 0
    assert run("pull", served.url, mine).code == 0
    assert served.sent < size
    assert beside(mine) == ["mine.db"]


def test_nothing_is_written_through_a_link(mine, served, run, out, tmp_path):
    """That somebody laid where a pull stages the snapshot."""
    precious = tmp_path / "precious"
    precious.write_text("precious")
    digest = json.loads((out / "manifest.json").read_text())["file"]["sha256"]
    staged = mine.with_name(f"{mine.name}.pull-{digest[:16]}")
    for name in ("", "-journal", "-wal"):
        staged.with_name(f"{staged.name}{name}").symlink_to(precious)
    assert run("pull", served.url, mine).code == 0
    assert precious.read_text() == "precious"


def test_what_was_fetched_of_a_snapshot_that_is_no_longer_published_is_dropped(
    mine, served, run, news
):
    served.fault = breaks(".db", cut_after(1000))
    run("pull", served.url, mine)
    served.fault = None
    news()
    assert run("pull", served.url, mine).code == 0
    assert beside(mine) == ["mine.db"]


def test_a_server_that_can_not_begin_in_the_middle(mine, served, run):
    """It sends all of it again."""
    served.fault = breaks(".db", cut_after(1000), times=1)

    def whole(handler, body):
        handler.reply(200, body)
        return True

    broken = served.fault
    served.fault = lambda handler, body: (
        broken(handler, body) or (handler.path.endswith(".db") and whole(handler, body))
    )
    assert run("pull", served.url, mine).code == 0
    packed = next(path.name for path in served.folder.glob("*.db"))
    assert served.asked == ["/manifest.json", f"/{packed}", f"/{packed}"]
    assert run("verify", mine).code == 0


@pytest.mark.parametrize("code", [408, 429, 500, 503])
def test_a_fault_that_may_pass_is_tried_again(mine, served, run, clock, code):
    served.fault = breaks("manifest.json", status(code), times=2)
    assert run("pull", served.url, mine).code == 0
    assert len(clock.slept) == 2
    served.fault = breaks("manifest.json", status(code))
    refused(run("pull", served.url, mine), 69, f"manifest.json: status {code}")


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("where", ["manifest.json", ".db"])
def test_a_server_that_drips_is_given_up(mine, served, run, where, chunked):
    """The time of a socket begins anew with each byte."""
    served.fault = breaks(where, drip(5, chunked=chunked))
    refused(
        run("pull", served.url, mine, "--timeout", "0.2"),
        69,
        "less than 8 KiB a second came for 0.2 s",
    )


# What is refused: the state before stays


@pytest.fixture
def kept(once, mine, served, out, run):
    """A reader that has a state, of a writer that has published a newer one."""
    shutil.copy(once / "reader.db", mine)
    shutil.rmtree(out)
    shutil.copytree(once / "then", out)
    before = public_rows(mine)
    yield mine
    assert public_rows(mine) == before
    assert run("verify", mine).code == 0
    assert not mine.with_name("mine.db.lock").exists()


def edited(out, **values):
    """Changes the manifest; a dict changes the object that is there."""
    found = json.loads((out / "manifest.json").read_text())
    for key, value in values.items():
        found[key] = {**(found[key] or {}), **value} if isinstance(value, dict) else value
    (out / "manifest.json").write_text(json.dumps(found))


def republished(out, change):
    """Changes the snapshot, and gives it a manifest to match: who publishes is the fault."""
    found = json.loads((out / "manifest.json").read_text())
    path = out / found["file"]["name"]
    change(path)
    with closing(sqlite3.connect(path)) as conn, suppress(sqlite3.Error, UnicodeDecodeError):
        conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    digest = sha256(path.read_bytes()).hexdigest()
    name = f"snapshot-{digest}.db"
    path.rename(out / name)
    edited(
        out, file={"name": name, "sha256": digest, "bytes": (out / name).stat().st_size}, gzip=None
    )


def stood_in(path):
    """A view in the place of a table."""
    execute(path, "ALTER TABLE _tombstones RENAME TO _graves")
    execute(path, "CREATE VIEW _tombstones AS SELECT * FROM _graves")


def garbled(path):
    """A schema that is no text, of which SQLite says so in what is no text either."""
    with closing(sqlite3.connect(path)) as conn:
        conn.execute("PRAGMA writable_schema = ON")
        sql = "CAST(CAST(sql AS BLOB) || x'2080' AS TEXT)"
        conn.execute(f"UPDATE sqlite_master SET sql = {sql} WHERE name = 'countries'")
        conn.commit()


def encoded(path):
    """The same in UTF-16, as who makes the tables from a dump may have it."""
    with closing(sqlite3.connect(path)) as conn:
        dump = "".join(line for line in conn.iterdump() if "_search_" not in line)
        numbers = [
            f"PRAGMA {name} = {conn.execute(f'PRAGMA {name}').fetchone()[0]};"
            for name in ("application_id", "user_version")
        ]
    path.unlink()
    with closing(sqlite3.connect(path)) as conn:
        conn.executescript(f"PRAGMA encoding = 'UTF-16'; {''.join(numbers)} {dump}")


def hurt(path):
    """Overwrites a page in the middle of a table."""
    page = execute(path, "SELECT rootpage FROM sqlite_master WHERE name = 'spacecraft'")[0][0]
    body = bytearray(path.read_bytes())
    body[(page - 1) * 4096 + 8 : page * 4096] = b"\x55" * 4088
    path.write_bytes(body)


NO_MANIFEST = [
    b"",
    b"{",
    b"[]",
    b"null",
    b"<!doctype html>",
    b"\xff\xfe",
    b"[" * 100_000,
    b'{"format": 1}',
    b" " * 2**21,
]


def test_a_manifest_that_is_none(kept, served, out, run):
    told = f"ll2-mirror: {served.url}/manifest.json is not a manifest of ll2-mirror\n"
    for text in NO_MANIFEST:
        (out / "manifest.json").write_bytes(text)
        ran = run("pull", served.url, kept)
        assert (ran.code, ran.err) == (65, told), text[:9]


DIGEST = "0" * 64
WRONG = [
    {"file": {"name": "../../etc/passwd"}},
    {"file": {"name": "/etc/passwd"}},
    {"file": {"name": "snapshot-x.db"}},
    {"file": {"name": f"snapshot-{DIGEST}.db"}},
    {"file": {"name": f"snapshot-{DIGEST}.db/../x", "sha256": DIGEST}},
    {"file": {"bytes": -1}},
    {"file": {"bytes": "1"}},
    {"file": {"bytes": True}},
    {"file": {"bytes": 2**63}},
    {"file": {"sha256": 5}},
    {"file": None},
    {"run": "1"},
    {"run": None},
    {"synced": "yesterday"},
    {"synced": 5},
    {"resources": []},
    {"resources": {"spacecraft": "many"}},
    {"older": 5},
    {"format": "1"},
    {"schema_version": None},
]


def test_a_manifest_that_says_what_none_does(kept, served, out, run):
    right = (out / "manifest.json").read_text()
    for wrong in WRONG:
        (out / "manifest.json").write_text(right)
        edited(out, **wrong)
        ran = run("pull", served.url, kept)
        assert ran.code == 65, wrong
        assert "is not a manifest of ll2-mirror" in ran.err
    assert set(served.asked) == {"/manifest.json"}


@pytest.mark.parametrize("newer", [{"format": 2}, {"schema_version": 99}])
def test_a_manifest_of_a_newer_version(kept, served, out, run, newer):
    edited(out, **newer)
    refused(run("pull", served.url, kept), 65, "was made by a newer version .*: upgrade ll2-mirror")


def test_a_snapshot_that_is_not_what_the_manifest_says(kept, served, out, run):
    """Truncated, longer, edited, or something else; once the server is right, so is the pull."""
    for change in (
        lambda body: body[:-1],
        lambda body: body + b"x",
        lambda body: body[:5000] + b"edited" + body[5006:],
        lambda body: b"<!doctype html>",
        lambda body: b"",
    ):
        served.fault = breaks(".db", instead(change))
        ran = run("pull", served.url, kept)
        assert ran.code in (65, 69)
        assert re.search("isn't what its manifest says|broke off after", ran.err), ran.err
        assert first_name(kept) != "Renamed"
        served.fault = breaks(".db", instead(change), times=1)
        assert run("pull", served.url, kept).code == 0
        assert first_name(kept) == "Renamed"
        older = json.loads((out / "manifest.json").read_text())["older"][0]
        assert run("pull", out / older, kept, "--allow-older").code == 0


def test_a_snapshot_that_is_gone(kept, served, out, run):
    for path in out.glob("snapshot-*"):
        path.unlink()
    refused(run("pull", served.url, kept), 69, "status 404: nothing is published there")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda path: path.write_bytes(b"no database" * 100), "is damaged, or not a mirror"),
        (lambda path: path.write_bytes(path.read_bytes()[:-8192]), "is damaged"),
        (lambda path: execute(path, "PRAGMA application_id = 7"), "but not an ll2-mirror one"),
        (lambda path: execute(path, "PRAGMA user_version = 99"), "made by a newer ll2-mirror"),
        (
            lambda path: execute(path, "ALTER TABLE countries DROP COLUMN nationality_name"),
            "lacks a column",
        ),
        (lambda path: execute(path, "DELETE FROM _runs"), "holds nothing"),
        (lambda path: execute(path, "DROP TABLE _settings"), "damaged, or not a mirror"),
        (lambda path: execute(path, "UPDATE _runs SET id = id + 7"), "holds another state"),
        (hurt, "is damaged"),
        (stood_in, "has a view in the place of a table: _tombstones"),
        (garbled, "is damaged, or not a mirror"),
        (encoded, "is in UTF-16le"),
    ],
    ids=["bytes", "short", "other", "newer", "column", "empty", "table", "state", "page", "view"]
    + ["schema", "encoding"],
)
def test_a_snapshot_that_is_no_mirror_for_us(kept, served, out, run, change, words):
    republished(out, change)
    ran = run("pull", served.url, kept)
    refused(ran, 65, words)
    assert served.url in ran.err
    assert beside(kept) == ["mine.db"] or ".pull-" in str(beside(kept))


def test_an_older_state_is_no_news(mine, served, run, news, out, tmp_path):
    """A stale cache, or a server that was put back: nobody goes back in time."""
    old = tmp_path / "old"
    shutil.copytree(out, old)
    run("pull", served.url, mine)
    news()
    run("pull", served.url, mine)
    refused(run("pull", old, mine), 65, f"{old}/manifest.json was synced at .*give --allow-older")
    assert first_name(mine) == "Renamed"
    served.log.clear()
    with site(old) as stale:
        assert run("pull", stale.url, mine).code == 65
        assert stale.asked == ["/manifest.json"]
    assert run("pull", old, mine, "--allow-older").code == 0
    assert first_name(mine) != "Renamed"
    assert run("verify", mine).code == 0


def test_an_old_snapshot_under_a_new_manifest_is_no_news(kept, served, run, out, news):
    """Swapped, with a digest that fits."""
    found = json.loads((out / "manifest.json").read_text())
    older = found["older"][0]
    digest = older.removeprefix("snapshot-").removesuffix(".db")
    size = (out / older).stat().st_size
    edited(out, file={"name": older, "sha256": digest, "bytes": size}, run=9)
    refused(run("pull", served.url, kept), 65, "holds another state than its manifest says")


def test_a_writer_whose_clock_was_set_back_is_followed(mine, served, run, news, clock):
    from datetime import timedelta

    clock.time += timedelta(days=2)
    news("Tomorrow")
    run("pull", served.url, mine)
    clock.time -= timedelta(days=2)
    news("Today")
    assert run("pull", served.url, mine).code == 0
    assert first_name(mine) == "Today"


def test_another_writers_state_counts_by_its_time(mine, served, run, upstream, tmp_path):
    """Its runs are others."""
    run("pull", served.url, mine)
    other = tmp_path / "other.db"
    for _ in range(3):
        run("sync", other, "--base-url", upstream.base_url)
    assert run("pull", other, mine).code == 0
    execute(other, "UPDATE _runs SET finished = '2020-01-01T00:00:00.000000Z', id = id + 9")
    refused(run("pull", other, mine), 65, "before what is here")


@pytest.mark.parametrize("to", ["file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://127.0.0.1/"])
def test_a_redirect_away_from_the_web_is_not_followed(kept, served, run, to):
    served.fault = breaks("manifest.json", status(302, ("Location", to)))
    refused(run("pull", served.url, kept), 69, f'leads to "{to}": that isn\'t followed')


def test_a_redirect_from_https_to_http_is_not_followed():
    """Nor one to where it leads by a path alone, which stays on https."""
    with pytest.raises(UpstreamError, match="that isn't followed"):
        download.redirect_target(
            "https://example.org/manifest.json", "http://example.org/manifest.json"
        )
    assert (
        download.redirect_target("https://example.org/a/m", "../b/m") == "https://example.org/b/m"
    )


def test_a_redirect_on_the_web_is_followed(mine, served, run, out):
    with site(out) as other:
        served.fault = lambda handler, body: status(
            301, ("Location", f"{other.url}{handler.path}")
        )(handler, body)
        assert run("pull", served.url, mine).code == 0
        assert other.asked
    round_and_round = status(302, ("Location", "/manifest.json"))
    served.fault = breaks("manifest.json", round_and_round)
    refused(run("pull", served.url, mine), 69, "redirects")


@pytest.mark.parametrize(
    "url",
    [
        "ftp://127.0.0.1",
        "file:///tmp",
        "http://",
        "https://user:secret@example.org",
        "https://example.org/?key=secret",
        "http://x:99999",
        "http://\x1b[31m",
    ],
)
def test_a_url_that_is_none(mine, run, url):
    ran = run("pull", url, mine)
    refused(ran, 2, "a URL to pull from has http or https")
    assert "secret" not in ran.err
    assert not mine.exists()


def test_no_server_and_no_folder(mine, served, run, tmp_path, out):
    with site(out) as gone:
        url = gone.url
    refused(run("pull", url, mine), 69, "can't be reached: .*refused")
    refused(run("pull", tmp_path / "nowhere", mine), 2, "is neither a URL nor a folder nor a file")
    refused(run("pull", tmp_path, mine), 69, "publish a mirror to this folder first")
    assert not mine.exists()


def test_a_table_of_your_own_is_not_dropped(kept, served, run):
    execute(kept, "CREATE TABLE notes (text)")
    refused(run("pull", served.url, kept), 2, "notes is a table of your own")
    execute(kept, "DROP TABLE notes")


def test_a_file_that_is_no_mirror_is_not_overwritten(mine, served, run):
    with closing(sqlite3.connect(mine)) as conn:
        conn.execute("CREATE TABLE precious (text)")
    before = mine.read_bytes()
    refused(run("pull", served.url, mine), 65, "is an SQLite database, but not an ll2-mirror one")
    assert mine.read_bytes() == before


def test_a_sync_and_a_pull_do_not_run_at_once(kept, served, run):
    with only_sync(kept):
        assert run("pull", served.url, kept).code == 75


def test_a_file_that_somebody_writes_is_left_for_the_next_pull(kept, served, run, monkeypatch):
    monkeypatch.setattr(store_file, "BUSY_SECONDS", 0.05)
    with closing(sqlite3.connect(kept, isolation_level=None)) as conn:
        conn.execute("BEGIN IMMEDIATE")
        refused(run("pull", served.url, kept), 75, "is in use by another process")
        conn.execute("ROLLBACK")


def test_a_file_that_is_kept_out_of_wal_mode_is_left(kept, served, run, monkeypatch):
    """Its readers would have to wait."""
    monkeypatch.setattr(store_file, "BUSY_SECONDS", 0.05)
    execute(kept, "PRAGMA journal_mode = DELETE")
    with closing(sqlite3.connect(kept, isolation_level=None)) as conn:
        conn.execute("BEGIN")
        conn.execute("SELECT * FROM spacecraft").fetchone()
        refused(run("pull", served.url, kept), 75, "keeps it out of WAL mode")
        conn.execute("ROLLBACK")


def test_more_than_any_disk_has_is_not_begun(kept, served, out, run):
    edited(out, file={"bytes": 10**15})
    refused(run("pull", served.url, kept), 75, "1{0,1}.*bytes are needed and .* free: make room")
    assert served.asked == ["/manifest.json"]


def test_a_full_disk_leaves_the_state_before(synced, served, run, little_room, news):
    size = synced.stat().st_size
    folder = little_room(6 * size)
    mine = folder / "mine.db"
    assert run("pull", served.url, mine).code == 0
    before = public_rows(mine)
    news()
    (folder / "filler").write_bytes(b"x" * (6 * size - mine.stat().st_size - int(2.02 * size)))
    refused(run("pull", served.url, mine), 75, f"{mine}: the disk is full: make room")
    assert public_rows(mine) == before
    assert run("verify", mine).code == 0
    (folder / "filler").unlink()
    assert run("pull", served.url, mine).code == 0
    assert first_name(mine) == "Renamed"
