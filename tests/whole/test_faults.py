"""What LL2 may answer instead of a page: each fault, at each page of a walk, once and always.

Whatever happens, the exit code tells, in one line; the tables are as they were or complete; and the
next sync with LL2 well again ends where one without faults would have.
"""

from __future__ import annotations

import gzip
import itertools
import json
import math
import re
import shutil
import zlib
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from click.testing import CliRunner

from faults import (
    LIST,
    OK,
    body,
    drip,
    page,
    raw,
    status,
    three_pages,
    unpacked,
)
from helpers import SOAK, TestClock, execute, public_rows, sampled
from ll2_mirror.cli.main import main
from ll2_mirror.ll2.page import API_PATH
from ll2_mirror.testing.fake_ll2 import FakeLL2, Fault, running

TOKEN = "5ecre7-and-t0-be-kept-t0-0urselves"
SOON, FAR = "Retry-After: {soon}", "Retry-After: {far}"
HTML = b"<html><body>Checking your browser</body></html>"
POSITIONS = {"first": 0, "middle": 100, "last": 200}
MENDS = (0, 69)  # another try mends it; where none does, LL2 can't be reached
GARBLED = (0, 65)  # likewise; but what came isn't understood
LIMITED = (0, 75)
REFUSED = (69, 69)
STOPPED = (75, 75)
FINE = (0, 0)
Codes = tuple[int, int] | dict[str, tuple[int, int]]


class Case(NamedTuple):
    """A fault, with the exit codes where it happens once and where it always does."""

    fault: Fault
    codes: Codes = (65, 65)
    aside: bool = False  # the third record stays as it was, the rest is published


def put(**values: Any) -> Fault:
    """A page with other keys beside its records."""
    return page(lambda document: document.update(values))


def without(key: str) -> Fault:
    return page(lambda document: document.pop(key))


def record(**values: Any) -> Case:
    """A page with other values in its third record, which then isn't understood."""
    return Case(page(lambda document: document["results"][2].update(values)), aside=True)


def again(document: dict[str, Any]) -> None:
    """The second record is the first."""
    document["results"][1] = document["results"][0]


def from_elsewhere(document: dict[str, Any]) -> None:
    """The first record is one that another page lists, too."""
    first = document["results"][0]
    first["id"] = 1000 + (first["id"] - 1000 + 103) % 206


def cut(right: bytes) -> bytes:
    return right[: len(right) // 2]


def nested(levels: int, key: bytes = b'"next"') -> Fault:
    """A page with a deep value beside its records."""
    deep = b'"zz": ' + b"[" * levels + b"]" * levels + b", " + key
    return body(lambda right: right.replace(key, deep, 1))


def spelled(old: bytes, new: bytes) -> Fault:
    return body(lambda right: right.replace(old, new, 1))


def whole(right: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(right), right)


def chunked(right: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(right), right)


GZIP, CHUNKED = "Content-Encoding: gzip", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
LEFT_OPEN = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n"
# The walk sees from the later pages that a count on the first was wrong, or a record doubled.
COUNTS = {"first": FINE, "middle": GARBLED, "last": GARBLED}
TWICE = {"first": LIMITED, "middle": FINE, "last": FINE}

FAULTS: dict[str, Case] = {
    # The connection.
    "reset": Case(raw(reset=True), MENDS),
    "hung-up": Case(raw(), MENDS),
    "reset-in-status-line": Case(raw(b"HTTP/1.1 20", reset=True), MENDS),
    "reset-in-body": Case(raw(LEFT_OPEN % 9**9, cut, reset=True), MENDS),
    "silence": Case(drip(every=0.5), MENDS),
    "dripping-body": Case(drip(LEFT_OPEN % 9**9, b"{", every=0.05), MENDS),
    # The frame.
    "cut-short": Case(raw(LEFT_OPEN % 9**9, cut), MENDS),
    "cut-without-length": Case(raw(b"HTTP/1.0 200 OK\r\n\r\n", cut), GARBLED),
    "whole-without-length": Case(raw(b"HTTP/1.0 200 OK\r\n\r\n", lambda right: right), FINE),
    "length-too-small": Case(body(lambda right: right, length=1000), GARBLED),
    "length-no-number": Case(body(lambda right: right, length="many"), FINE),
    "lengths-disagree": Case(body(lambda right: right, length="5, 6"), MENDS),
    "chunked": Case(raw(CHUNKED, chunked, b"0\r\n\r\n"), FINE),
    "chunks-cut-off": Case(raw(CHUNKED, chunked), MENDS),
    "chunk-size-garbled": Case(raw(CHUNKED, b"zz\r\n", cut), MENDS),
    "no-http": Case(raw(b"SSH-2.0-OpenSSH_9.6\r\n"), MENDS),
    "http-0.9": Case(raw(lambda right: right), MENDS),
    "status-no-number": Case(raw(b"HTTP/1.1 fine OK\r\n\r\n"), MENDS),
    "status-of-4-digits": Case(raw(b"HTTP/1.1 2000 OK\r\n\r\n"), MENDS),
    "long-header": Case(body(b"{}", f"X: {'x' * 70_000}"), MENDS),
    "many-headers": Case(body(b"{}", *[f"X-{n}: x" for n in range(200)]), MENDS),
    "continue": Case(raw(b"HTTP/1.1 100 Continue\r\n\r\n", whole), FINE),
    # The coding.
    "gzip": Case(body(gzip.compress, GZIP), FINE),
    "gzip-claimed": Case(body(lambda right: right, GZIP), MENDS),
    "gzip-flipped": Case(body(lambda b: gzip.compress(b)[:-8] + b"\0" * 8, GZIP), MENDS),
    "gzip-cut": Case(body(lambda right: cut(gzip.compress(right)), GZIP), MENDS),
    "gzip-undeclared": Case(body(gzip.compress), FINE),
    "gzip-twice": Case(body(lambda right: gzip.compress(gzip.compress(right)), GZIP), GARBLED),
    "gzip-and-more": Case(body(lambda right: gzip.compress(right) + b"more", GZIP), MENDS),
    "deflate": Case(body(zlib.compress, "Content-Encoding: deflate"), FINE),
    "gzip-bomb": Case(body(unpacked, GZIP), MENDS),
    "deflate-claimed": Case(body(lambda right: right, "Content-Encoding: deflate"), MENDS),
    "coding-unknown": Case(body(zlib.compress, "Content-Encoding: zz"), GARBLED),
    "coding-brotli": Case(body(lambda right: right, "Content-Encoding: br"), GARBLED),
    "coding-zstd": Case(body(lambda right: right, "Content-Encoding: gzip, zstd"), GARBLED),
    "coding-none": Case(body(lambda right: right, "Content-Encoding: identity"), FINE),
    # The status.
    "201": Case(status("201 Created"), REFUSED),
    "204": Case(status("204 No Content", body=b""), REFUSED),
    "206": Case(status("206 Partial Content"), REFUSED),
    "301": Case(status("301 Moved", "Location: {elsewhere}"), REFUSED),
    "302-token": Case(status("302 Found", "Location: {elsewhere}" + TOKEN), REFUSED),
    "308": Case(status("308 Permanent Redirect", "Location: {elsewhere}"), REFUSED),
    "302-nowhere": Case(status("302 Found"), REFUSED),
    "400": Case(status("400 Bad Request"), REFUSED),
    "401": Case(status("401 Unauthorized", "WWW-Authenticate: Basic"), REFUSED),
    "403": Case(status("403 Forbidden"), REFUSED),
    "404": Case(status("404 Not Found"), REFUSED),
    "408": Case(status("408 Request Timeout"), MENDS),
    "418": Case(status("418 I'm a teapot", body=TOKEN.encode()), REFUSED),
    "429-seconds": Case(status("429 Slow", "Retry-After: 7"), LIMITED),
    "429-date": Case(status("429 Slow", SOON), LIMITED),
    "429-body": Case(status("429 Slow", body=b'{"detail":"available in 9 seconds"}'), LIMITED),
    "429-far-seconds": Case(status("429 Slow", "Retry-After: 121"), STOPPED),
    "429-far-date": Case(status("429 Slow", FAR), STOPPED),
    "429-unsaid": Case(status("429 Slow"), STOPPED),
    "429-garbled": Case(status("429 Slow", "Retry-After: ,;:"), STOPPED),
    "429-negative": Case(status("429 Slow", "Retry-After: -5"), STOPPED),
    "500": Case(status("500 Oh", body=b'{"detail":"\x1b[2J%s"}' % TOKEN.encode()), MENDS),
    "502": Case(status("502 Bad Gateway", body=HTML), MENDS),
    "503": Case(status("503 Service Unavailable"), MENDS),
    "503-seconds": Case(status("503 Service Unavailable", "Retry-After: 7"), MENDS),
    "503-far": Case(status("503 Service Unavailable", "Retry-After: 500"), STOPPED),
    "504": Case(status("504 Gateway Timeout", body=b""), MENDS),
    "token-in-reason": Case(raw(b"HTTP/1.1 zz %s\r\n\r\n" % TOKEN.encode()), MENDS),
    "token-at-a-cut": Case(
        status("500 Oh", body=b'{"detail":"%s%s"}' % (b"z " * 85, TOKEN.encode())), MENDS
    ),
    # The text.
    "empty": Case(body(b""), GARBLED),
    "html": Case(body(HTML), GARBLED),
    "null": Case(body(b"null"), GARBLED),
    "number": Case(body(b"5"), GARBLED),
    "token": Case(put(zz=TOKEN), GARBLED),
    "trailing-garbage": Case(body(lambda right: right + b"}"), GARBLED),
    "two-documents": Case(body(lambda right: right + right), GARBLED),
    "bom": Case(body(lambda right: b"\xef\xbb\xbf" + right), GARBLED),
    "utf-16": Case(body(lambda right: right.decode().encode("utf-16")), GARBLED),
    "no-utf-8": Case(spelled(b'"name":"Craft', b'"name":"\xff'), GARBLED),
    "surrogate-bytes": Case(spelled(b'"name":"Craft', b'"name":"\xed\xa0\x80'), GARBLED),
    "surrogate-escape": Case(spelled(b'"name":"Craft', b'"name":"\\ud800'), GARBLED),
    "nan": Case(spelled(b'"name":"Craft', b'"zz":NaN,"name":"Craft'), GARBLED),
    "infinity": Case(spelled(b'"count":', b'"zz":-Infinity,"count":'), GARBLED),
    "key-twice": Case(spelled(b'"name":"Craft', b'"name":"","name":"Craft'), GARBLED),
    "count-twice": Case(spelled(b'"count":', b'"count":1,"count":'), GARBLED),
    "nested-100": Case(nested(100), GARBLED),
    "nested-1000": Case(nested(1000), GARBLED),
    "nested-100000": Case(nested(100_000), GARBLED),
    # The page.
    "count-text": Case(put(count="205"), GARBLED),
    "count-fraction": Case(put(count=205.0), GARBLED),
    "count-negative": Case(put(count=-1), GARBLED),
    "count-null": Case(put(count=None), GARBLED),
    "count-true": Case(put(count=True), GARBLED),
    "count-beyond-any-list": Case(put(count=10**30), GARBLED),
    "count-of-9999-digits": Case(spelled(b'"count":', b'"count":' + b"9" * 9999), GARBLED),
    "count-missing": Case(without("count"), GARBLED),
    "count-too-large": Case(put(count=10**9), COUNTS),
    "count-less-by-one": Case(put(count=204), COUNTS),
    "results-null": Case(put(results=None), GARBLED),
    "results-object": Case(put(results={}), GARBLED),
    "results-missing": Case(without("results"), GARBLED),
    "results-of-null": Case(page(lambda d: d.update(results=[None] * len(d["results"])))),
    "empty-page": Case(put(results=[]), GARBLED),
    "one-too-few": Case(page(lambda document: document["results"].pop()), GARBLED),
    "one-too-many": Case(page(lambda d: d["results"].append(d["results"][0])), GARBLED),
    "one-twice": Case(page(again), TWICE),
    "one-of-another-page": Case(page(from_elsewhere), TWICE),
    "next-elsewhere": Case(put(next="{elsewhere}"), FINE),
    "next-the-same": Case(put(next=LIST), FINE),
    "next-null": Case(put(next=None), FINE),
    "next-number": Case(put(next=5), GARBLED),
    "next-missing": Case(without("next"), GARBLED),
    "key-unknown": Case(put(zz={"new": [1]}), FINE),
    # One record.
    "name-a-number": record(name=5),
    "id-null": record(id=None),
    "id-a-text": record(id="1002"),
    "id-beyond-64-bits": record(id=2**70),
    "record-null": Case(
        page(lambda document: document["results"].__setitem__(2, None)), aside=True
    ),
    "record-nested-deep": record(zz=json.loads("[" * 90 + "]" * 90)),
}


SLOW = {"silence": "first", "dripping-body": "middle"}  # always, but there only: it takes long
CASES = [
    pytest.param(name, position, times, id=f"{name}-{position}-{often}")
    for name, position in itertools.product(FAULTS, POSITIONS)
    for often, times in (("once", 1), ("always", math.inf))
    if times == 1 or SLOW.get(name, position) == position
]


class Stage(NamedTuple):
    """What all cases share: the servers, and the files before and after the news."""

    server: FakeLL2
    elsewhere: FakeLL2
    before: Path
    after: Path
    old: dict[str, Any]  # their rows
    new: dict[str, Any]


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stage")
    with running(three_pages(news=False)) as server, running({}) as elsewhere:
        for name in ("before", "after"):
            server.records = three_pages(news=name == "after")
            asked = ["sync", str(folder / name), "--base-url", server.base_url]
            assert CliRunner().invoke(main, asked, obj=TestClock()).exit_code == 0
        server.elsewhere = f"{elsewhere.base_url}{LIST}"
        files = folder / "before", folder / "after"
        yield Stage(server, elsewhere, *files, *map(public_rows, files))


@pytest.fixture
def stale(stage, db):
    """A file that lacks the news; the server is well again after the test."""
    shutil.copy(stage.before, db)
    yield db
    stage.server.heals()


def listed(db):
    return execute(db, "SELECT resource, id FROM _records ORDER BY resource, id")


def aside(rows, id_):
    """All rows but that of one spacecraft."""
    return {**rows, "spacecraft": [row for row in rows["spacecraft"] if id_ not in row[:1]]}


def break_pages(server, fault, first=0, times=math.inf, path=LIST):
    """Sets a fault of one page of a walk, and forgets what was asked before."""
    server.breaks(fault, path=path, offsets=range(first, first + 100), times=times)
    server.log.clear()


def spent(server):
    """How often each page was asked for."""
    return Counter(path for path, _ in server.log if path.startswith(f"{LIST}?"))


@pytest.mark.sampled
@pytest.mark.parametrize(("name", "position", "times"), sampled(CASES, len(FAULTS) // 2))
def test_a_fault_leaves_the_tables_as_they_were_or_complete(
    stage, stale, run, clock, name, position, times
):
    before, after = stage.old, stage.new
    codes = FAULTS[name].codes
    codes = codes[position] if isinstance(codes, dict) else codes
    break_pages(stage.server, FAULTS[name].fault, POSITIONS[position], times)

    done = run("sync", stale, "--token", TOKEN, "--timeout", "0.3")

    assert stage.server.hits
    assert_said(done, codes[times > 1])
    now = public_rows(stale)
    if FAULTS[name].aside:
        kept = three_pages(news=True)["spacecraft", "normal"][POSITIONS[position] + 2]["id"]
        assert aside(now, kept) == aside(after, kept)
        assert [r for r in now["spacecraft"] if r[0] == kept] == [
            r for r in before["spacecraft"] if r[0] == kept
        ]
    else:
        assert now == (after if done.code == 0 else before)
    if SOAK or FAULTS[name].aside:  # else the tables are known to be right
        assert run("verify", stale).code == 0

    stage.server.heals()
    clock.sleep(3600)
    healed = run("sync", stale, "--token", TOKEN)
    assert_said(healed, 0)
    assert public_rows(stale) == after
    assert listed(stale) == listed(stage.after)
    told = done.out + done.err + healed.out + healed.err
    assert_secret(told.encode(), *(path.read_bytes() for path in stale.parent.iterdir()))
    assert not stage.elsewhere.log


def assert_said(done, code):
    """The exit code, and one line of ours exactly where it isn't 0."""
    ours = [line for line in done.err.splitlines() if line.startswith("ll2-mirror:")]
    assert done.code == code, done.err
    assert len(ours) == (code != 0), done.err
    assert "Traceback" not in done.out + done.err
    assert re.sub(r"\n", "", done.err).isprintable()


def assert_secret(*kept: bytes):
    """Not even the token's beginning is anywhere."""
    assert not any(TOKEN[:12].encode() in part for part in kept)


@pytest.mark.parametrize("name", ["reset", "500", "503", "html", "gzip-claimed", "429-seconds"])
def test_a_url_is_tried_five_times_at_most_and_each_try_counts(stage, stale, run, name):
    break_pages(stage.server, FAULTS[name].fault, POSITIONS["middle"])
    done = run("sync", stale, "--json")
    tried = spent(stage.server)
    assert max(tried.values()) == 5
    assert done.json["complete"] is False
    assert done.json["requests"] == sum(tried.values())
    assert (done.json["staged"], done.json["records"]) == (1, 0)
    assert done.json["error"] in done.err


@pytest.mark.parametrize("name", ["reset", "500", "html"])
def test_tries_that_failed_count_in_a_sync_that_is_done(stage, stale, run, name):
    break_pages(stage.server, FAULTS[name].fault, POSITIONS["middle"], times=2)
    done = run("sync", stale, "--json").json
    assert (done["complete"], done["requests"]) == (True, len(stage.server.log) - 1)  # - throttle


def test_pages_that_fail_when_large_are_asked_for_smaller(stage, stale, run):
    """What only 25 records at a time come through."""

    def heavy(handler, right):
        handler.reply(OK if right.count(b'"in_space"') <= 25 else "502 Bad Gateway", right)

    break_pages(stage.server, heavy, POSITIONS["middle"])
    done = run("sync", stale)
    limits = [re.search(r"limit=(\d+)", path)[1] for path in spent(stage.server)]
    assert done.code == 0, done.err
    assert [limit for limit, _ in itertools.groupby(limits)] == ["100", "50", "25"]
    assert sorted(spent(stage.server).values()) == [1] * 7 + [5]  # the budget is small
    assert public_rows(stale) == stage.new
    assert run("verify", stale).code == 0


@pytest.mark.parametrize(
    ("name", "least", "most"), [("429-seconds", 7, 8), ("503-seconds", 7, 8), ("429-date", 27, 31)]
)
def test_a_pause_is_as_long_as_the_server_asks(stage, stale, run, clock, name, least, most):
    break_pages(stage.server, FAULTS[name].fault, times=1)
    assert run("sync", stale).code == 0
    assert least <= sum(clock.slept) <= most


def test_pauses_that_nobody_asks_for_grow_within_bounds(stage, stale, run, clock):
    break_pages(stage.server, FAULTS["503"].fault)
    assert run("sync", stale).code == 69
    assert len(clock.slept) == 4
    assert all(0.1 < pause <= 30 for pause in clock.slept)
    assert len(set(clock.slept)) == 4  # by chance, too: not all clients come at once


@pytest.mark.parametrize("after", ["9" * 12, "9" * 400, "Sat, 31 Dec 9999 23:59:59 GMT"])
def test_a_server_that_asks_to_wait_for_ages_is_told_in_one_line(stage, stale, run, after):
    break_pages(stage.server, status("429 Slow", f"Retry-After: {after}"))
    assert_said(run("sync", stale), 75)
    assert_said(run("sync", stale), 75)
    assert public_rows(stale) == stage.old
    assert run("status", stale).code == 0


def throttle(**said: Any) -> bytes:
    usual = {"your_request_limit": 15, "limit_frequency_secs": 3600, "current_use": 15}
    return json.dumps(usual | {"next_use_secs": 60, "ident": TOKEN[:12]} | said).encode()


ODD = {
    "your_request_limit": (10**30, -1, "15", None, True),
    "limit_frequency_secs": (0, -1, math.nan, 1e-300, 10**400, "x"),
    "current_use": (-(10**30), 10**7, 1.5),
    "next_use_secs": (10**400, 1e300, math.nan, -1, "soon"),
}
THROTTLES = {
    **{f"{key}-{str(one)[:4]}": throttle(**{key: one}) for key, odd in ODD.items() for one in odd},
    **{text.decode()[:4] or "empty": text for text in (b"", HTML, b"[]", b"[[]]", b"5", b"{}")},
    "deep": b"[" * 10**5,
}


@pytest.mark.sampled
@pytest.mark.parametrize("name", sampled(THROTTLES, 6))
def test_a_throttle_that_says_odd_things_ends_no_sync_but_with_one_line(stage, stale, run, name):
    break_pages(stage.server, body(THROTTLES[name]), path=f"{API_PATH}api-throttle/")
    done = run("sync", stale)
    assert_said(done, 75 if done.code else 0)
    assert run("plan", stale).code == 0
    assert public_rows(stale) == (stage.old if done.code else stage.new)
    assert_secret(*(path.read_bytes() for path in stale.parent.iterdir()))


UNSURE = {
    "reset": raw(reset=True),
    "500": status("500 Oh"),
    "429": status("429 Slow"),
    "html": body(HTML),
    "empty": body(b""),
    "another": body(b'{"id":1}'),
}


@pytest.mark.sampled
@pytest.mark.parametrize(("name", "times"), sampled(itertools.product(UNSURE, [1, math.inf]), 3))
def test_a_record_that_is_not_listed_is_gone_only_if_a_404_says_so(
    stage, stale, run, clock, name, times
):
    break_pages(stage.server, UNSURE[name], times=times, path=f"{LIST}1007/")
    done = run("sync", stale, "--json")
    assert_said(done, 0)
    sure = times == 1 and name != "429"  # which says when to come again: much later
    assert (done.json["gone"], done.json["missing"]) == ((1, 0) if sure else (0, 1))
    assert run("verify", stale).code == 0
    stage.server.heals()
    clock.sleep(3600)
    assert run("sync", stale).code == 0
    assert public_rows(stale) == stage.new
    assert listed(stale) == listed(stage.after)
    assert not stage.elsewhere.log
