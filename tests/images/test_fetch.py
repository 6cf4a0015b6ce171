"""`images`: the pictures that the tables name come into a folder, each once, and nothing else."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest

from helpers import execute
from image_server import COUNT, copies, first, folder_of, hosting, lead_to, made, name, png
from ll2_mirror.errors import UpstreamError
from ll2_mirror.images import fetch
from ll2_mirror.store.lock import only_sync
from static_server import breaks, cut_after, drip, instead, status

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
ANY = "from ll2_mirror.images import fetch; fetch.is_public = lambda _: True"
PROGRAM = [sys.executable, "-c", f"{ANY}; from ll2_mirror.cli.main import main; main()"]


@pytest.fixture(scope="module")
def mirror(tmp_path_factory):
    return made(tmp_path_factory.mktemp("images") / "spacecraft.db")


@pytest.fixture
def host(tmp_path):
    """The server that has them; a test may have it fail."""
    with hosting(tmp_path / "host") as server:
        yield server


@pytest.fixture
def db(mirror, host, tmp_path, monkeypatch):
    """The file, whose pictures are at that server, which may be asked though it is on loopback."""
    monkeypatch.setattr(fetch, "is_public", lambda _: True)
    db = tmp_path / "spacecraft.db"
    shutil.copy(mirror, db)
    lead_to(db, host)
    return db


def one_line(ran, code, words):
    assert ran.code == code, ran.out + ran.err
    assert re.fullmatch(f"(.* to fetch: .*\n)?ll2-mirror: .*({words}).*\n", ran.err), ran.err


# What comes


def test_the_small_ones_come_each_once(db, host, run, clock):
    ran = run("images", db)
    assert ran.code == 0, ran.err
    assert re.fullmatch(
        rf"{folder_of(db)}: 4 fetched, 0 dropped · 4 held, 0\.0 MB · \d\.\d s\n", ran.out
    )
    assert ran.err == "4 pictures to fetch: about 0.2 MB, 1 min\n"
    assert host.asked == [f"/small{number}.png" for number in range(COUNT)]
    assert host.log[0][1]["User-Agent"].startswith("ll2-mirror/")
    assert clock.slept == [0.5] * (COUNT - 1)
    assert len(copies(db)) == COUNT
    again = run("images", db, "--json").json
    assert (again["fetched"], again["held"], again["missing"]) == (0, COUNT, 0)
    assert len(host.asked) == COUNT


def test_no_request_is_one_of_the_apis(db, run):
    before = execute(db, "SELECT count(*) FROM _requests")
    stamp = db.stat().st_mtime_ns
    run("images", db)
    assert execute(db, "SELECT count(*) FROM _requests") == before
    assert db.stat().st_mtime_ns == stamp


def test_those_in_full_size_come_with_the_small_ones(db, host, run):
    run("images", db)
    found = run("images", db, "--full", "--json").json
    assert (found["fetched"], found["held"]) == (COUNT, 2 * COUNT)
    run("images", db)
    assert len(copies(db)) == 2 * COUNT  # to ask for less drops nothing


def test_the_same_picture_at_two_urls_is_kept_once(db, host, run):
    (host.folder / "small1.png").write_bytes(png(0))
    found = run("images", db, "--json").json
    assert (found["held"], len(copies(db))) == (COUNT, COUNT - 1)
    assert found["bytes"] == sum((folder_of(db) / one).stat().st_size for one in copies(db))


def test_a_picture_that_two_rows_name_is_asked_for_once(db, host, run):
    [(id_,)] = execute(db, "SELECT id FROM images WHERE thumbnail_url IS NULL LIMIT 1")
    name(db, id_, f"{host.url}/small0.png")
    found = run("images", db, "--json").json
    assert (found["fetched"], found["held"]) == (COUNT, COUNT)
    assert host.asked == [f"/small{number}.png" for number in range(COUNT)]


def test_what_moves_to_another_host_is_the_same_picture(db, host, run):
    run("images", db)
    execute(db, "UPDATE images SET thumbnail_url = replace(thumbnail_url, 'http:', 'https:')")
    assert run("images", db, "--json").json["held"] == COUNT
    assert len(host.asked) == COUNT


def test_what_the_tables_no_longer_name_is_dropped(db, run):
    run("images", db)
    mine = folder_of(db) / "mine.txt"
    mine.write_text("x")
    name(db, first(db), None)
    assert run("images", db, "--json").json["dropped"] == 1
    assert len(copies(db)) == COUNT - 1
    assert mine.exists()


def test_licenses_are_wanted_or_left_out_by_name(db, run):
    nasa = "NASA Image and Media Guidelines"
    assert run("images", db, "--license", nasa, "--json").json["held"] == 2
    assert run("images", db, "--license", nasa, "--license", "Unknown", "--json").json["held"] == 4
    found = run("images", db, "--without-license", "Unknown", "--json").json
    assert (found["held"], found["dropped"], len(copies(db))) == (2, 2, 2)
    one_line(run("images", db, "--license", "Nasa"), 2, 'no picture has the license "Nasa"')


def test_the_folder_holds_no_more_than_it_may(db, host, run):
    size = len(png(0))
    ran = run("images", db, "--max-bytes", 3 * size)
    assert (ran.code, len(copies(db))) == (0, 3)
    assert "1 picture left, as --max-bytes is reached" in ran.out
    assert run("images", db, "--json").json["held"] == COUNT
    one_line(run("images", db, "--max-bytes", "much"), 2, "is not a number of bytes")


def test_status_counts_them(db, run):
    assert run("status", db, "--json").json["images"] is None
    run("images", db)
    found = run("status", db, "--json").json["images"]
    assert found["thumbnails"] == {"held": COUNT, "missing": 0}
    assert found["full"] == {"held": 0, "missing": COUNT}
    assert found["bytes"] == COUNT * len(png(0))
    assert "pictures: 4 of 4 small, 0 of 4 in full size, 0.0 MB" in run("status", db).out


def test_quiet_says_nothing(db, run):
    ran = run("images", db, "--quiet")
    assert (ran.code, ran.out, ran.err) == (0, "", "")


# What doesn't come


def huge(handler, _):
    """More than any picture has, for as long as somebody reads."""
    handler.send_response(200)
    handler.end_headers()
    for _ in range(100):
        handler.wfile.write(png(0).ljust(2**20, b"x"))
        handler.server.sent += 2**20
    return True


def part(handler, body):
    """A picture, but said to be a part of one."""
    handler.reply(206, body)
    return True


def leads(where):
    return status(302, ("Location", where))


REFUSED = {
    "html": (instead(lambda _: b"<!doctype html><title>Sign in</title>"), "not a PNG, JPEG"),
    "svg": (instead(lambda _: SVG), "not a PNG, JPEG"),
    "nothing": (instead(lambda _: b""), "not a PNG, JPEG"),
    "100 MB": (huge, "has more than 33,554,432 bytes"),
    "404": (status(404), "status 404"),
    "204": (status(204), "status 204"),
    "206": (part, "status 206"),
    "a link-local address": (leads("http://169.254.169.254/latest/"), "no table names this host"),
    "another host": (leads("http://elsewhere.example/a.png"), "no table names this host"),
    "a file": (leads("file:///etc/passwd"), "leads to .*: that isn't followed"),
    "round in a circle": (leads("/small0.png"), "more than 5 redirects"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_picture_is_refused_and_the_others_come(db, host, run, clock, case):
    fault, words = REFUSED[case]
    host.fault = breaks("small0.png", fault)
    one_line(run("images", db), 65, words)
    assert len(copies(db)) == COUNT - 1
    assert host.sent < 50 * 2**20
    host.fault = None
    host.log.clear()
    assert run("images", db).code == 0
    assert host.asked == []  # it was refused just now
    clock.sleep(8 * 86400)
    assert run("images", db, "--json").json["held"] == COUNT


def test_what_was_refused_when_a_clock_ran_ahead_is_asked_for_again(db, host, run, clock):
    clock.move(365 * 86400)
    host.fault = breaks("small0.png", status(404))
    run("images", db)
    host.fault = None
    clock.move(-365 * 86400)
    assert run("images", db, "--json").json["held"] == COUNT


FAILED = {
    "500": (status(500), "status 500"),
    "truncated": (cut_after(20), "can't be reached"),
    "slow": (drip(2), "less than 8 KiB a second came for 0.2 s"),
}


@pytest.mark.parametrize("case", FAILED)
def test_what_another_run_may_fetch_is_asked_for_again(db, host, run, case):
    fault, words = FAILED[case]
    host.fault = breaks("small0.png", fault)
    one_line(run("images", db, "--timeout", "0.2"), 69, words)
    assert host.asked.count("/small0.png") == 3
    assert len(copies(db)) == COUNT - 1
    host.fault = None
    assert run("images", db, "--json").json["held"] == COUNT


def test_a_server_without_tls_where_it_is_expected(db, host, run):
    execute(db, "UPDATE images SET thumbnail_url = replace(thumbnail_url, 'http:', 'https:')")
    one_line(run("images", db), 69, "can't be reached")
    assert copies(db) == set()


def test_a_picture_of_another_type_than_its_server_says(db, host, run):
    def says(handler, body):
        handler.reply(200, body, ("Content-Type", "text/html"))
        return True

    host.fault = says
    assert run("images", db).code == 0
    assert len(copies(db)) == COUNT


def test_a_picture_that_comes_in_small_pieces(db, host, run):
    """Two of its bytes alone don't tell what it is."""

    def pieces(handler, body):
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        for place in range(0, len(body), 2):
            piece = body[place : place + 2]
            handler.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        handler.wfile.write(b"0\r\n\r\n")
        return True

    host.fault = pieces
    assert run("images", db).code == 0
    assert len(copies(db)) == COUNT


@pytest.fixture
def seven(db, host):
    """The file, which names 3 pictures more."""
    for number, path in enumerate(("a", "b", "c")):
        (host.folder / f"{path}.png").write_bytes(png(number))
    ids = execute(db, "SELECT id FROM images WHERE thumbnail_url IS NULL LIMIT 3")
    for (id_,), path in zip(ids, "abc", strict=True):
        name(db, id_, f"{host.url}/{path}.png")
    return db


def test_pictures_that_keep_failing_hold_no_other_up(seven, host, run):
    """The next run begins with those that weren't asked for yet."""
    [*ill, (sixth,), _] = execute(
        seven, "SELECT thumbnail_url FROM images WHERE thumbnail_url NOT NULL ORDER BY id"
    )
    paths = tuple(urlsplit(url).path for (url,) in ill)
    host.fault = breaks(paths, status(500))
    one_line(run("images", seven), 69, "status 500")
    assert (len(copies(seven)), urlsplit(sixth).path in host.asked) == (0, False)
    one_line(run("images", seven), 69, "status 500")
    assert len(copies(seven)) == 2


@pytest.mark.parametrize("damage", [lambda path: path.write_bytes(b""), lambda path: path.unlink()])
def test_a_copy_that_is_gone_or_emptied_is_fetched_again(db, run, damage):
    """As a torn copy of the folder leaves it."""
    run("images", db)
    damage(next(folder_of(db).glob("*.png")))
    assert run("status", db, "--json").json["images"]["thumbnails"]["missing"] == 1
    assert run("images", db, "--json").json["fetched"] == 1
    assert len(copies(db)) == COUNT


@pytest.mark.parametrize("name", [".part", "index.jsonl"])
def test_nothing_is_written_through_a_link(db, run, tmp_path, name):
    mine = tmp_path / "mine"
    mine.write_text("mine")
    folder_of(db).mkdir()
    (folder_of(db) / name).symlink_to(mine)
    run("images", db)
    assert mine.read_text() == "mine"


def test_pictures_that_are_gone_end_no_run(seven, host, run):
    """Only what may be the network's fault does."""
    urls = execute(seven, "SELECT thumbnail_url FROM images WHERE thumbnail_url NOT NULL")
    *gone, _ = (urlsplit(url).path for (url,) in urls)
    host.fault = breaks(tuple(gone), status(403))
    assert run("images", seven).code == 65
    assert (len(copies(seven)), len(set(host.asked))) == (1, len(urls))


def test_a_server_that_fails_for_all_is_left_alone(seven, host, run):
    db = seven
    host.fault = instead(lambda _: b"<!doctype html><title>Sign in</title>")
    one_line(run("images", db), 69, "5 pictures in a row failed")
    assert len(host.asked) == 5


# Addresses


@pytest.mark.parametrize("at", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"])
def test_no_address_within_a_network_is_asked(db, host, run, monkeypatch, at):
    monkeypatch.undo()
    sql = "UPDATE images SET thumbnail_url = replace(thumbnail_url, '127.0.0.1', ?)"
    execute(db, sql, at)
    one_line(run("images", db), 65, "is a private address: it isn't requested")
    assert host.asked == []


@pytest.mark.parametrize(
    "host", ["127.1", "0x7f.1", "2130706433", "localhost.", "[::127.0.0.1]", "a.localhost"]
)
def test_no_proxy_is_asked_for_an_address_within_a_network(host):
    with pytest.raises(UpstreamError, match="is a private address"):
        fetch.check_url({host}, f"http://{host}/a.png")
    fetch.check_url({"example.org"}, "http://example.org/a.png")


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True), ("2606:4700::1", True), ("64:ff9b::808:808", True),
        ("127.0.0.1", False), ("10.1.2.3", False), ("192.168.0.1", False), ("172.16.0.1", False),
        ("169.254.169.254", False), ("100.64.0.1", False), ("0.0.0.0", False), ("224.0.0.1", False),
        ("::1", False), ("::", False), ("fe80::1%eth0", False), ("fd00::1", False),
        ("::ffff:127.0.0.1", False), ("64:ff9b::7f00:1", False), ("2002:7f00:1::", False),
        ("2002:0a00:0001::1", False), ("ff02::1", False),
        ("::ffff:8.8.8.8", True), ("::ffff:10.0.0.1", False), ("::ffff:224.0.0.1", False),
    ],
)  # fmt: skip
def test_which_addresses_are_anybodys(address, public):
    assert fetch.is_public(address) == public


def test_a_url_with_a_password_is_not_asked(db, host, run):
    at = urlsplit(host.url).netloc
    execute(
        db, "UPDATE images SET thumbnail_url = ? WHERE thumbnail_url NOT NULL", f"http://a:b@{at}/x"
    )
    one_line(run("images", db), 65, "no table names this host")
    assert host.asked == []


# However it ends


def test_a_folder_that_cant_be_written(db, run):
    folder_of(db).write_text("in the way")
    one_line(run("images", db), 2, f"{folder_of(db)} can.t be written: File exists")


def test_a_full_disk_leaves_what_came(db, host, run, little_room):
    run("images", db)
    folder = little_room(120_000)
    for path in copies(db):
        shutil.copy(folder_of(db) / path, folder)
    shutil.copy(folder_of(db) / "index.jsonl", folder)
    shutil.rmtree(folder_of(db))
    folder_of(db).symlink_to(folder)
    (host.folder / "full0.png").write_bytes(png(0).ljust(200_000, b"x"))
    one_line(run("images", db, "--full"), 75, "the disk is full")
    assert run("images", db, "--json").json["held"] == COUNT
    assert sorted(path.suffix for path in folder.iterdir()) == [".jsonl"] + [".png"] * COUNT


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_ended_anywhere_it_is_gone_on_with(db, host, run, end):
    """While a picture comes; and where a line of the index is torn."""
    with ExitStack() as stack:

        def stall(handler, body):
            process.send_signal(end)
            return cut_after(30)(handler, body) if end == signal.SIGKILL else drip(1)(handler, body)

        host.fault = breaks("small2.png", stall)
        process = stack.enter_context(
            subprocess.Popen([*PROGRAM, "images", str(db)], stderr=subprocess.PIPE, text=True)
        )
        told = process.communicate()[1].splitlines()
    assert process.returncode == (-9 if end == signal.SIGKILL else 75)
    if end != signal.SIGKILL:
        assert [line for line in told if line.startswith("ll2-mirror: interrupted")] == told[1:]
        assert not (folder_of(db) / ".part").exists()
    with (folder_of(db) / "index.jsonl").open("ab") as index:
        index.write(b'\n{"picture": "/small2.png", "fi')
    host.fault = None
    found = run("images", db, "--json").json
    assert (found["fetched"], found["held"]) == (2, COUNT)
    again = run("images", db, "--json").json
    assert (again["fetched"], again["held"]) == (0, COUNT)
    assert sorted(path.suffix for path in folder_of(db).iterdir()) == [".jsonl"] + [".png"] * COUNT


def test_two_at_once_are_one_too_many(db, host, run):
    with only_sync(folder_of(db)):
        one_line(run("images", db), 75, "is being synced by another process")
    assert host.asked == []
