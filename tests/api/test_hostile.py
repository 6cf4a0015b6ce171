"""Requests that nobody means well with: a status that LL2 has, a body that can be read, no 500.

Random ones against one file, raw bytes against a server, damaged files under one.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import re
import shutil
import socket
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlsplit

import httpx
import pytest
from click.testing import CliRunner
from datasette.app import Datasette
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import examples, execute
from ll2_mirror.api.handlers import Api
from ll2_mirror.api.request import Params, Request, request_for
from ll2_mirror.api.response import ApiResponse
from ll2_mirror.cli.main import main
from ll2_mirror.ll2.lists import RESOURCES
from ll2_mirror.ll2.schema import own_tables, tables
from ll2_mirror.serve.browse import browse
from ll2_mirror.serve.responses import Responder
from ll2_mirror.store.reader import File
from ll2_mirror.testing import fake_ll2
from serving import LIST, served

B = "http://h"
MARK = "zq7"  # stands in every value sent: no SQL may have it
STATUSES = {200, 301, 400, 404, 405, 406, 414, 501}
NULLS = "Null characters are not allowed."
EVIL = "\"'></pre></title><script>alert(1)</script><img src=x onerror=alert(2)>{{7*7}}&lt;"

FRAGMENTS = [
    *"\"'`;%_\\,+-*/()[]{}<>&=?#:@!$^|~ 0149", "--", "/*", "||", "' OR 1=1 --", '") UNION SELECT 1',
    "; DROP TABLE spacecraft", "_settings", "sqlite_master", "NEAR(", "name:", "a*", "^soyuz", "OR",
    "soyuz", "Soyuz 6", "crew dragon", "true", "FALSE", "null", "detailed", "json", "xml", "-id",
    "id", "flights_count", "1_0", "1e1", "1.0", "NaN", "sNaN", "1e50", "1e999999", "-1e999999",
    "٣", "ß", "İ", "ﬁ", "🚀", "\u00a0", "\u2028", "\ufeff", "\ufffd", "\t", "\n", "\x1c", "\x7f",
    "9" * 19, "9" * 400, "9" * 4301, "2147483648", "9223372036854775808", "../", "%00", "%2e%2e",
]  # fmt: skip
GENERAL = ["search", "ordering", "limit", "offset", "mode", "foo", "", "search[]", "Limit", "a b"]
NAMES = sorted(
    {*GENERAL} | {one.name for resource in RESOURCES.values() for one in resource.filters}
)
ESCAPES = ["%00", "%FF", "%", "%2", "%zz", "+", "%0d%0a", "%ED%A0%80", "%C2%85", ""]
texts = st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=3), max_size=3).map("".join)
values = texts.map(lambda text: quote(text.encode("utf-8", "surrogatepass"), safe="'!*()~:@,;"))
broken = st.tuples(values, st.sampled_from(ESCAPES), values).map("".join)


def queries(of: st.SearchStrategy[str], *formats: str) -> st.SearchStrategy[str]:
    """Query strings with up to five parameters that mean something, most of the time."""
    pair = st.tuples(st.sampled_from(NAMES).map(quote), of).map(lambda p: f"{p[0]}={p[1]}{MARK}")
    plain = st.tuples(st.sampled_from(NAMES), of).map("=".join)
    asked = st.sampled_from(formats).map("format={}".format)
    return st.lists(pair | plain | of | asked, max_size=5).map("&".join)


paths = st.one_of(
    st.sampled_from([f"/2.3.0/{name}/" for name in RESOURCES]),
    st.tuples(st.sampled_from([f"/2.3.0/{name}/" for name in RESOURCES]), broken).map("".join),
    st.tuples(st.sampled_from([f"/2.3.0/{name}/" for name in RESOURCES]), broken).map(
        lambda parts: f"{''.join(parts)}/"
    ),
    st.tuples(st.just("/2.3.0/"), broken).map("".join),
    st.sampled_from(["/2.3.0/launches/1/", "/2.3.0/api-throttle/", "/2.3.0", "/", "", "*", "//"]),
    broken,
)
JSON = ["application/json", "*/*", "application/*", "application/json; indent=4", "text/html;q=0"]
MEDIA = [*JSON, "text/html", "text/*", "image/png", "*", "/", "", ";", ";;=,", "application/json;q"]
ODD = [*MEDIA, "application/json; indent=-1", "application/json; indent=٣", f"a/b; {'9' * 5000}"]
accepts = st.none() | st.lists(st.sampled_from(ODD), max_size=3).map(",".join) | st.text(max_size=9)
methods = st.sampled_from(["GET"] * 8 + ["POST", "OPTIONS", "<b>", 'X"', "get", ""])


class Watched:
    """A connection that only reads; notes the SQL it runs, and the tables which that reads."""

    def __init__(self, path: Path) -> None:
        self.conn = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
        self.create_function = self.conn.create_function
        self.ran: set[str] = set()
        self.read: set[str] = set()
        self.conn.set_authorizer(self._noted)

    def _noted(self, action: int, table: str | None, *_: object) -> int:
        if action == sqlite3.SQLITE_READ:
            self.read.add(table or "")
        return sqlite3.SQLITE_DENY if action == sqlite3.SQLITE_ATTACH else sqlite3.SQLITE_OK

    def execute(self, sql: str, *parameters: object) -> sqlite3.Cursor:
        self.ran.add(sql)
        return self.conn.execute(sql, *parameters)


@cache
def known() -> re.Pattern[str]:
    """What the tables are called that an answer may be read from; an index opens its own."""
    private = {"_runs", "_history", "_staged", "_pages"}
    names = {*own_tables(), *tables()} - private
    return re.compile(rf"({'|'.join(names)})(_fts_\w+)?|json_each|sqlite_master|")


def made(db: Path, records: fake_ll2.Records, mode: str, *resources: str) -> Path:
    with fake_ll2.running(records) as upstream:
        arguments = ["sync", str(db), *resources, "--mode", mode, "--base-url", upstream.base_url]
        assert CliRunner().invoke(main, arguments).exit_code == 0
    return db


@pytest.fixture(scope="module")
def detailed(tmp_path_factory):
    """A file with all three resources in detailed mode."""
    folder = tmp_path_factory.mktemp("hostile")
    return made(folder / "all.db", fake_ll2.bundled(), "detailed", *RESOURCES)


@pytest.fixture(scope="module")
def mirrors(detailed, tmp_path_factory):
    """Mirrors of that file, and of one that has spacecraft in normal mode only."""
    few = tmp_path_factory.mktemp("hostile") / "few.db"
    watched = [Watched(detailed), Watched(made(few, fake_ll2.bundled(), "normal", "spacecraft"))]
    yield [Api(one, "some.db", browse) for one in watched]
    for one in watched:
        one.conn.close()


@pytest.fixture
def ask(mirrors):
    def ask(url: str, **about: str) -> ApiResponse:
        path, _, query = url.partition("?")
        return mirrors[0].respond(Request(path, query, B, **about))

    return ask


def checked(mirror: Api, request: Request) -> ApiResponse:
    """The answer, which is in order whatever was asked."""
    answer = mirror.respond(request)
    assert answer.status in STATUSES
    assert all(name.isascii() and "\n" not in value for name, value in answer.headers.items())
    if answer.status == 301:
        assert answer.headers["Location"].startswith("/2.3.0")
        assert answer.body == b""
    elif answer.media_type == "application/json":
        assert not answer.body.endswith(b"\n")
        assert isinstance(json.loads(answer.body), dict | list)
        kept = answer.headers.get("Cache-Control") != "no-store"
        assert kept == (answer.status == 200 and "api-throttle" not in request.path)
        assert answer.headers.items() >= {"Allow": "GET", "Vary": "Accept"}.items()
    else:
        assert answer.media_type == "text/html; charset=utf-8"
    assert not [sql for sql in mirror.snapshot.conn.ran if MARK in sql]
    assert [table for table in mirror.snapshot.conn.read if not known().fullmatch(table)] == []
    return answer


# Any request at all


@pytest.mark.sampled
@settings(max_examples=examples(15, 2000))
@given(
    path=paths,
    query=queries(broken, "json", "xml", ""),
    accept=st.none() | st.lists(st.sampled_from(JSON), max_size=2).map(",".join),
    method=methods,
    few=st.booleans(),
)
def test_any_request_for_json_has_an_answer(mirrors, path, query, accept, method, few):
    checked(mirrors[few], Request(path, query, B, accept, method))


@pytest.mark.sampled
@settings(max_examples=examples(8, 1000))
@given(path=paths, query=queries(values, "api", "json"), accept=accepts, few=st.booleans())
def test_any_request_for_a_page_has_an_answer_without_anything_of_the_askers(
    mirrors, path, query, accept, few
):
    answer = checked(mirrors[few], Request(path, query, B, accept))
    if answer.media_type.startswith("text/html"):
        assert found(answer) == []


@given(st.text() | st.binary().map(lambda b: b.decode("latin-1")), st.text(), accepts, methods)
def test_text_that_is_no_path_no_query_and_no_header_has_an_answer(mirrors, one, two, acc, method):
    for place in (one, f"/2.3.0/{one}", f"{LIST}{one}/"):
        bare = "".join(c for c in f"{place}" if not "\ud800" <= c <= "\udfff")
        checked(mirrors[0], Request(bare, two.replace("format", ""), B, acc and "*/*", method))


@pytest.mark.sampled
@settings(max_examples=examples(5, 500))
@given(
    path=st.sampled_from([f"/2.3.0/{name}/" for name in RESOURCES]),
    query=queries(values, "json"),
    limit=st.integers(1, 9),
)
def test_next_leads_through_all_records_once_and_carries_what_was_sent(mirrors, path, query, limit):
    query = f"{query}&limit={limit}&offset=0"
    page = checked(mirrors[0], Request(path, query, B))
    if page.status != 200:
        return
    sent = sorted(p for p in Params(query).pairs if p[0] not in ("limit", "offset"))
    first, ids = json.loads(page.body), []
    document = first
    while True:
        ids += [record["id"] for record in document["results"]]
        if document["next"] is None:
            break
        link = urlsplit(document["next"])
        carried = sorted(p for p in parse_qsl(link.query, True) if p[0] not in ("limit", "offset"))
        assert carried == sent
        document = json.loads(checked(mirrors[0], Request(link.path, link.query, B)).body)
    assert len(ids) == len(set(ids)) == first["count"] == document["count"]


# One kind of malice each

SQL = ["'", '"', "1 OR 1=1", "1;DROP TABLE spacecraft", '" OR "a"="a', "x') OR ('a'='a", "1--"]


@pytest.mark.parametrize("resource", list(RESOURCES))
def test_sql_in_any_parameter_is_a_value(ask, resource):
    """It finds nothing, is refused, or is ignored, as the parameter has it; nothing is lost."""
    everything = json.loads(ask(f"/2.3.0/{resource}/").body)["count"]
    filters = {one.name: one.kind for one in RESOURCES[resource].filters}
    for name in [*filters, *GENERAL]:
        for sql in SQL:
            answer = ask(f"/2.3.0/{resource}/?{quote(name)}={quote(sql)}")
            body = json.loads(answer.body)
            if name not in filters or filters[name] in ("bool", "has", "lacks", "include"):
                assert answer.status == 200
                searched = name == "search" and RESOURCES[resource].search and len(sql) > 1
                assert body["count"] == (0 if searched else everything)
            else:
                assert answer.status in (200, 400, 501)
                assert body.get("count", 0) == 0
    assert json.loads(ask(f"/2.3.0/{resource}/").body)["count"] == everything


def test_sql_in_a_path_is_no_id(ask):
    for sql in SQL:
        assert ask(f"{LIST}{quote(sql, safe='')}/").status == 404
    for table in ("_settings", "sqlite_master", "images", "spacecraft.db", "%2e%2e", "_history"):
        assert ask(f"/2.3.0/{table}/").status == 404


@pytest.mark.parametrize("name", ["name", "status", "spacecraft_config"])
def test_a_nul_is_refused_under_its_name_and_before_a_search_with_one(ask, name):
    for place in ("", "201/", "abc/", "999/"):
        answer = ask(f"{LIST}{place}?search=%00&{name}=1%00")
        assert (answer.status, json.loads(answer.body)) == (400, {name: [NULLS]})


@pytest.mark.parametrize("name", ["in_space", "is_placeholder", "ordering", "limit", "mode", "foo"])
def test_a_nul_elsewhere_is_a_value_like_any(ask, name):
    answer = ask(f"{LIST}?{name}=true%00")
    assert (answer.status, json.loads(answer.body)["count"]) == (200, 21)


@pytest.mark.parametrize("digits", [18, 19, 20, 100, 4299, 4300])
def test_a_deep_offset_is_an_empty_page(ask, digits):
    offset = int("9" * digits)
    page = json.loads(ask(f"{LIST}?offset={'9' * digits}").body)
    assert (page["count"], page["next"], page["results"]) == (21, None, [])
    assert page["previous"].endswith(f"&offset={'9' * (digits - 2)}89")
    assert offset > 0


@pytest.mark.parametrize("path", [LIST, f"{LIST}201/"])
@pytest.mark.parametrize("name", ["search", "name", "foo", "ordering", "limit", "in_space"])
def test_a_long_url_is_like_a_short_one(ask, path, name):
    assert ask(f"{path}?{name}={'x' * 8000}").status in (200, 404)
    assert ask(f"{path}{'x' * 8000}/?{name}=1").status == 404
    assert ask(f"{path}?status={'x' * 8000}").status == 400


def test_many_short_words_and_many_quotes_are_one_question(ask):
    short = "+".join(f"%{a:02X}" for a in range(0x21, 0x7F)) * 9
    assert json.loads(ask(f"{LIST}?search={short}").body)["count"] == 0
    assert ask(f"{LIST}?search={'%22+%5C' * 300}").status == 200
    assert ask(f"{LIST}?search={'%22' * 1000}").status == 200
    assert ask(f"{LIST}?ordering={'-id,' * 2000}").status == 200


@pytest.mark.parametrize("host", ["h:1", "[::1]", "h/p"])
def test_a_redirect_stays_where_it_was_asked(mirrors, host):
    prefix = "/p" if host.endswith("p") else ""
    for path in ("spacecraft", "spacecraft/%0d%0aSet-Cookie:a=b", "spacecraft/%5Cevil", "agencies"):
        answer = mirrors[0].respond(Request(f"/2.3.0/{path}", "", f"http://{host}"))
        assert answer.headers["Location"].startswith(f"{prefix}/2.3.0/")
        assert answer.headers["Location"].isprintable()
    assert mirrors[0].respond(Request("//evil/2.3.0/spacecraft")).status == 404


# Pages


class Suspect(HTMLParser):
    """Finds in a page what nobody of ours put there."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if tag in ("script", "iframe", "base", "object") or named.get("src") == "x":
            self.found.append(tag)
        for name, value in attrs:
            scheme = re.match(r"\s*(javascript|data|vbscript)\s*:", value or "", re.IGNORECASE)
            if name.startswith("on") or (name in ("href", "src", "action") and scheme):
                self.found.append(f"{tag} {name}")


def found(answer: ApiResponse) -> list[str]:
    page = Suspect()
    page.feed(answer.body.decode())
    page.close()
    return page.found


ONE_OF_EACH_KIND = {
    one.kind: (resource, one.name) for resource in RESOURCES for one in RESOURCES[resource].filters
}


@pytest.mark.parametrize(("resource", "name"), ONE_OF_EACH_KIND.values(), ids=ONE_OF_EACH_KIND)
def test_a_filter_writes_no_html(ask, resource, name):
    for path in (f"/2.3.0/{resource}/", f"/2.3.0/{resource}/201/"):
        answer = ask(f"{path}?{quote(name)}={quote(EVIL)}", accept="text/html")
        assert "html" not in answer.media_type or found(answer) == []


@pytest.mark.parametrize("name", [*GENERAL, "name", "id__in", "in_space", "format"])
def test_a_parameter_writes_no_html(ask, name):
    for path in (LIST, f"{LIST}201/", "/2.3.0/"):
        for query in (f"{quote(name)}={quote(EVIL)}", f"{quote(EVIL)}={name}"):
            answer = ask(f"{path}?{query}", accept="text/html")
            assert "html" not in answer.media_type or found(answer) == []


@pytest.mark.parametrize("path", [LIST, f"{LIST}201/", "/2.3.0/", "/2.3.0/nothing/"])
def test_a_query_and_a_method_write_no_html(ask, path):
    for method in ("GET", EVIL):
        answer = ask(f"{path}?{EVIL}", accept="text/html", method=method)
        assert "html" not in answer.media_type or found(answer) == []


def test_a_path_writes_no_html(ask):
    for path in (quote(EVIL, safe=""), EVIL.replace("/", ""), f"launches/{quote(EVIL, safe='')}"):
        for end in ("/", ""):
            assert found(ask(f"/2.3.0/{path}{end}?format=api")) == []


def texts_made(value: object, text: str) -> object:
    """The value with this text as each of those that are only shown."""
    shown = ("name", "serial_number", "description", "credit", "details", "history", "abbrev")
    if isinstance(value, list):
        return [texts_made(item, text) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: f"{text} {value.get('id')}"
        if key in shown and isinstance(item, str)
        else texts_made(item, text)
        for key, item in value.items()
    }


def test_a_stored_value_writes_no_html(tmp_path):
    records = {key: texts_made(listed, EVIL) for key, listed in fake_ll2.bundled().items()}
    with closing(
        sqlite3.connect(made(tmp_path / "evil.db", records, "detailed", *RESOURCES))
    ) as conn:
        mirror, shown = Api(conn, EVIL, browse), 0
        for name in (*RESOURCES, "spacecraft/201"):
            plain = mirror.respond(Request(f"/2.3.0/{name}/", "", B)).body
            answer = mirror.respond(Request(f"/2.3.0/{name}/", "format=api", B))
            assert found(answer) == []
            evil = b"<script>alert(1)" in plain
            assert not evil or b"&lt;script&gt;alert(1)" in answer.body
            shown += evil
    assert shown > 3


# The command


@pytest.mark.sampled
@settings(max_examples=examples(3, 200))
@given(url=st.tuples(paths, queries(broken, "json", "xml")).map("?".join))
def test_get_prints_the_body_whatever_it_is(run, detailed, mirrors, url):
    """And exits 0 where the status is 2xx, else 1."""
    url = f"/2.3.0{'/' * (not url.startswith('/'))}{url.removeprefix('/2.3.0')}".replace("//", "/")
    ran = run("get", detailed, "--base-url", B, "--", url)
    answer = mirrors[0].respond(request_for(url, B))
    assert ran.code == (0 if answer.is_good else 1), ran.err
    assert ran.out == answer.body.decode()
    assert bool(ran.err) != answer.is_good
    assert "Traceback" not in ran.err


@pytest.mark.parametrize(
    "path", ["", "?", "#", "/", "/etc/passwd", "file:///etc/passwd", "../../etc/passwd", "x:y", "é"]
)
def test_get_knows_no_path_but_llss(run, detailed, path):
    ran = run("get", detailed, "--", path)
    assert (ran.code, "There is no such page here." in ran.out) == (1, True)


# A server


@pytest.fixture(scope="module")
def url(detailed) -> Iterator[str]:
    """Where the file is served; ends with a look for tracebacks."""
    with served(detailed) as url:
        yield url


def sent(url: str, data: bytes, *, ends: bool = False) -> tuple[int, bytes]:
    """The status and the whole answer to these bytes, and to their end; 0 where there is none."""
    place = urlsplit(url)
    with socket.create_connection((place.hostname, place.port), timeout=20) as conn:
        conn.sendall(data)
        if ends:
            conn.shutdown(socket.SHUT_WR)
        whole = b"".join(iter(lambda: conn.recv(65536), b""))
    status = re.match(rb"HTTP/1\.1 (\d{3}) ", whole)
    return (int(status[1]) if status else 0), whole


def asked(target: bytes, *headers: bytes, method: bytes = b"GET", host: bytes = b"h") -> bytes:
    lines = [method + b" " + target + b" HTTP/1.1", b"Host: " + host, b"Connection: close"]
    return b"\r\n".join([*lines, *headers, b"", b""])


LINES = {
    "nothing": b"\r\n\r\n",
    "zeros": b"\0" * 64 + b"\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00",
    "half a line": b"GET",
    "no version": b"GET /2.3.0/\r\n\r\n",
    "another version": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "no host": b"GET /2.3.0/ HTTP/1.1\r\n\r\n",
    "two hosts": asked(LIST.encode(), b"Host: other"),
    "a space in the target": asked(b"/2.3.0/spacecraft/ x"),
    "bytes in the target": asked(b"/2.3.0/spacecraft/\xff\xfe/"),
    "bytes in the query": asked(b"/2.3.0/spacecraft/?search=\xc3\xa9"),
    "a control in the query": asked(b"/2.3.0/spacecraft/?a=\x01"),
    "a folded header": asked(LIST.encode(), b"X: a\r\n b"),
    "a bare newline": asked(LIST.encode(), b"X: a\nY: b"),
    "a length that is none": asked(LIST.encode(), b"Content-Length: x"),
    "two lengths": asked(LIST.encode(), b"Content-Length: 1", b"Content-Length: 2"),
    "no chunk, of a HEAD": asked(LIST.encode(), b"Transfer-Encoding: chunked", method=b"HEAD")
    + b"zz\r\n",
    "a coding that is none": asked(LIST.encode(), b"Transfer-Encoding: x"),
}


@pytest.mark.parametrize("data", LINES.values(), ids=LINES)
def test_what_is_no_request_is_refused_or_answered(url, data):
    assert sent(url, data, ends=True)[0] in (0, *STATUSES)
    assert sent(url, asked(LIST.encode()))[0] == 200


HEADERS = [
    b"Accept: \xff", b"Accept: ;;,", b"Accept: application/json; indent=" + b"9" * 5000,
    b"Accept-Encoding: \xff;q=,gzip;q=x", b"Accept-Encoding: ;", b"If-None-Match: \xff",
    b'If-None-Match: "', b"If-None-Match: " + b'W/"' * 3000, b"If-Modified-Since: never",
    b"Range: bytes=5-1", b"Cookie: \xff=\xfe; ;=;", b"Cookie: ds_actor=x.y.z",
    b"Authorization: Bearer dstok_\xff", b"Authorization: \xff", b"X-Forwarded-For: <script>, [",
    b"X-Forwarded-Proto: javascript", b"X-Forwarded-Host: evil", b"Origin: null",
    b"Upgrade: websocket", b"Expect: 100-continue", b"Content-Length: 3\r\n\r\nabc",
    b"Transfer-Encoding: chunked\r\n\r\n0",
]  # fmt: skip


@pytest.mark.parametrize("header", HEADERS)
def test_a_header_of_garbage_is_as_good_as_none(url, header):
    status, whole = sent(url, asked(b"/2.3.0/spacecraft/?limit=1", header))
    assert status == (406 if header in HEADERS[:2] else 200)
    assert b"javascript" not in whole
    assert b"evil" not in whole


@pytest.mark.parametrize(
    ("host", "status"),
    [(b"a b", 400), (b"", 400), (b"a:", 400), (b"a/b", 400), (b"\xff", 400), (b"a\0b", 400),
     (b"<script>", 400), (b"u@h", 400), (b"h?x", 400), (b"[", 400), (b"h:123456", 400),
     (b"h:99999", 200), (b"[::1]:80", 200), (b"h" * 255, 200), (b"h" * 256, 400),
     (b"h" * 60_000, 400)],
)  # fmt: skip
def test_a_host_is_a_hosts_name_or_refused(url, host, status):
    found, whole = sent(url, asked(b"/2.3.0/spacecraft/?limit=1", host=host))
    assert found == status
    assert status == 200 or b"http" not in whole.partition(b"\r\n\r\n")[2]


@pytest.mark.parametrize("method", [b"POST", b"CONNECT", b"TRACE", b"PROPFIND", b"A'B|&"])
def test_no_other_method_is_allowed_however_it_is_called(url, method):
    for target in (b"/2.3.0/", b"/2.3.0/spacecraft/201/?format=api", b"/2.3.0/launches/"):
        status, whole = sent(url, asked(target, b"Content-Length: 0", method=method))
        assert status == 405
        assert b"\r\nallow: GET\r\n" in whole.lower().replace(b": get", b": GET")


def test_head_of_anything_has_no_body(url):
    for target in (b"/2.3.0/", b"/2.3.0/spacecraft", b"/2.3.0/nope/", b"/2.3.0/launches/"):
        for gzip in (b"identity", b"gzip"):
            data = asked(target, b"Accept-Encoding: " + gzip, method=b"HEAD")
            assert sent(url, data)[1].endswith(b"\r\n\r\n")


def test_many_who_ask_at_once_get_what_each_asked(url, mirrors):
    wrong: list[str] = []
    # Asked of the file before, since its connection is for one thread.
    wanted: dict[int, list[tuple[str, bytes]]] = {}
    for number, turn in itertools.product(range(8), range(6)):
        query = f"limit={number + 1}&offset={turn}&n={number}"
        body = mirrors[0].respond(Request(LIST, query, B)).body
        wanted.setdefault(number, []).append((query, body))

    def ask(number: int) -> None:
        for query, body in wanted[number]:
            if sent(url, asked(f"{LIST}?{query}".encode()))[1].partition(b"\r\n\r\n")[2] != body:
                wrong.append(query)

    threads = [threading.Thread(target=ask, args=(number,)) for number in wanted]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


# A file that changes under a server


def statuses(db: Path, change, *, before: bool) -> set[int]:
    """What a Datasette answers once its file was changed; ``before`` anybody asked, or after."""

    async def asked() -> set[int]:
        app = Datasette([str(db)])
        if not before:
            assert (await app.client.get(LIST)).status_code == 200
        change(db)
        found = set()
        for path in (LIST, f"{LIST}?limit=3&search=soyuz", f"{LIST}201/", "/2.3.0/spacecraft"):
            for _ in range(3):  # more than there are threads
                found.add((await app.client.get(path)).status_code)
        return found

    return asyncio.run(asked())


def version(number: int):
    return lambda db: execute(db, f"PRAGMA user_version = {number}")


def replaced(db: Path) -> None:
    other = shutil.copy(db, db.with_name("other.db"))
    execute(other, "DELETE FROM _walks")
    other.replace(db)


CHANGES = {
    "deleted": (lambda db: db.unlink(), {200, 301, 302, 404, 503}),
    "replaced": (replaced, {200, 301, 501}),
    "garbage": (lambda db: db.write_bytes(b"garbage" * 9999), {503}),
    "cut": (lambda db: db.write_bytes(db.read_bytes()[:9000]), {200, 301, 503}),
    "empty": (lambda db: db.write_bytes(b""), {501, 503}),
    "newer": (version(99), {501}),
    "older": (version(2), {501}),
    "no version": (version(0), {501}),
    "without its walks": (lambda db: execute(db, "DROP TABLE _walks"), {503}),
    "without its runs": (lambda db: execute(db, "DROP TABLE _runs"), {200, 301}),
    "without an index": (
        lambda db: execute(db, "DROP TABLE _search_spacecraft_fts"),
        {200, 301, 503},
    ),
    "without a row": (lambda db: execute(db, "UPDATE spacecraft SET image_id = 99"), {200, 301}),
    "not UTF-8": (
        lambda db: execute(db, "UPDATE spacecraft SET name = CAST(x'ff' AS TEXT)"),
        {503, 301},
    ),
}


@pytest.mark.parametrize(("change", "expected"), CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("before", [True, False], ids=["unasked", "asked"])
def test_a_file_that_changes_under_a_server_is_never_a_500(
    detailed, tmp_path, change, expected, before
):
    assert (
        statuses(Path(shutil.copy(detailed, tmp_path / "a.db")), change, before=before) <= expected
    )


def test_a_file_that_is_locked_is_unavailable_for_as_long(detailed, tmp_path):
    db = tmp_path / "locked.db"
    with closing(sqlite3.connect(detailed)) as conn:
        conn.execute("VACUUM INTO ?", (str(db),))  # which keeps no write-ahead log

    async def asked() -> list[int]:
        app = Datasette([str(db)], settings={"num_sql_threads": 1})
        found = [(await app.client.get(LIST)).status_code]
        await app.databases["locked"].execute_fn(lambda c: c.execute("PRAGMA busy_timeout = 0"))
        with closing(sqlite3.connect(db, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            found.append((await app.client.get(f"{LIST}?limit=3")).status_code)
            other.execute("ROLLBACK")
        return [*found, (await app.client.get(f"{LIST}?limit=2")).status_code]

    assert asyncio.run(asked()) == [200, 503, 200]


def test_who_may_see_the_database_is_answered_and_no_cache_keeps_it(detailed):
    metadata = {"databases": {"all": {"allow": {"id": "root"}}}}

    async def asked():
        app = Datasette([str(detailed)], metadata=metadata)
        cookie = {"ds_actor": app.sign({"a": {"id": "root"}}, "actor")}
        other = {"ds_actor": app.sign({"a": {"id": "other"}}, "actor")}
        first = await app.client.get(LIST, cookies=cookie)
        etag = {"If-None-Match": first.headers["ETag"]}
        refused = [
            await app.client.get(LIST),
            await app.client.get(LIST, cookies=other),
            await app.client.get(LIST, headers=etag),
            await app.client.get(LIST, headers={"Authorization": "Bearer dstok_x"}),
            await app.client.get("/2.3.0/"),
            await app.client.get(f"{LIST}201/"),
        ]
        return first, refused

    first, refused = asyncio.run(asked())
    assert first.status_code == 200
    assert first.headers["Cache-Control"] == "private, no-store"
    assert {answer.status_code for answer in refused} == {403}


# What was wrong once


@pytest.mark.parametrize("query", ["search=%00", "search=%00&status=x", "status=%00"])
def test_a_refusal_has_a_page(ask, query):
    answer = ask(f"{LIST}?format=api&{query}")
    assert (answer.status, answer.media_type) == (400, "text/html; charset=utf-8")


def test_a_stored_link_that_is_no_web_address_is_no_link(tmp_path):
    records = fake_ll2.bundled()
    for record in records["spacecraft", "normal"]:
        record["url"] = "javascript:alert(1)"
    mirror = made(tmp_path / "a.db", records, "normal", "spacecraft")
    with closing(sqlite3.connect(mirror)) as conn:
        page = Api(conn, "a.db", browse).respond(Request(LIST, "format=api", "http://h"))
    assert b'href="javascript' not in page.body
    assert b"javascript:alert(1)" in page.body


@pytest.mark.parametrize("url", ["http://[", "//[", "http://[x]/2.3.0/", "http://", "#", "?", ""])
def test_get_of_what_is_no_url_has_a_body(run, detailed, url):
    ran = run("get", detailed, url)
    assert ran.code in (0, 1)
    assert "Traceback" not in ran.out + ran.err


@pytest.mark.parametrize("path", [LIST, "/", "/all", "/all/spacecraft", "/all/agencies/44"])
@pytest.mark.parametrize("cookie", [b"a/b=1", b"\xff\x80=1", b"ds_actor=\xff", b"ds_actor=x"])
def test_a_cookie_that_cannot_be_read_is_nobodys(url, path, cookie):
    status, _ = sent(url, asked(path.encode(), b"Cookie: " + cookie))
    assert status == 200


@pytest.mark.parametrize("path", [LIST, "/", "/all", "/all/spacecraft", "/all/agencies.csv", "/x"])
@pytest.mark.parametrize("method", [b"TRACE", b"FOO", b"render", b"__init__", b"DISPATCH_REQUEST"])
def test_a_method_that_no_page_has_is_refused(url, path, method):
    status, answer = sent(url, asked(path.encode(), method=method))
    # 400: it is no method for uvicorn
    assert status == 400 or (status == 405 and b"allow: GET" in answer), answer


def test_what_only_reads_takes_no_post(url):
    paths = [b"/all/spacecraft", b"/all/which-flights-are-planned", b"/other/spacecraft"]
    assert [sent(url, asked(path, method=b"POST"))[0] for path in paths] == [405, 405, 404]


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE _runs SET finished = 'garbage'",
        "UPDATE _runs SET finished = 5",
        "UPDATE spacecraft SET _extra = '{'",
        "UPDATE spacecraft SET _extra = '[1]'",
        "UPDATE spacecraft SET _extra = '{\"SpacecraftNormal\":{}}'",
        "UPDATE agencies SET _shapes = x'ff'",
        "UPDATE spacecraft SET name = x'ff'",
        "UPDATE spacecraft SET url = x'ff'",
        "UPDATE spacecraft SET flights_count = 9e999",
        "UPDATE spacecraft SET in_space = 7",
        "UPDATE spacecraft_configurations SET height = 9e999",
        "UPDATE agencies__country SET country_id = x'00'",
        "UPDATE images SET image_url = 5.5 || x'00'",
    ],
)
def test_a_damaged_value_is_named_and_never_a_500(run, detailed, tmp_path, damage):
    db = Path(shutil.copy(detailed, tmp_path / "a.db"))
    assert statuses(db, lambda db: execute(db, damage), before=True) <= {200, 301, 503}
    ran = run("get", db, LIST)
    assert (ran.code, ran.err.count("\n")) in ((65, 1), (0, 0))  # runs aren't what get needs
    assert run("verify", db).code == 1


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        ("spacecraft SET name = x'ff' WHERE id = 201", r"spacecraft 201: name is b'\xff'"),
        ("agencies SET _shapes = x'ff' WHERE id = 44", r"agencies 44: _shapes is b'\xff'"),
        ("spacecraft SET flights_count = 9e999", "flights_count is inf, which is no integer"),
        ("spacecraft_configurations SET height = -9e999", "height is -inf, which is no number"),
        ("spacecraft SET in_space = 2 WHERE id = 289", "289: in_space is 2, neither 0 nor 1"),
        ("agencies__country SET country_id = x'00'", r"country_id is b'\x00', which is no"),
        ("OR REPLACE _records SET id = x'00'", "an id of spacecraft is of another type"),
    ],
)
def test_damage_is_told_by_table_row_and_column(run, detailed, tmp_path, damage, told):
    db = Path(shutil.copy(detailed, tmp_path / "a.db"))
    execute(db, f"UPDATE {damage}")
    ran = run("get", db, f"{LIST}?limit=100&mode=detailed")
    assert (ran.code, told in ran.err, ran.out) == (65, True, ""), ran.err
    response = plain(db, f"{LIST}?limit=100&mode=detailed")
    assert (response.status_code, told in response.json()["detail"]) == (503, True)


ENDLESS = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"


@pytest.mark.parametrize(
    ("table", "view"),
    [
        ("_records", f"{ENDLESS} SELECT 'spacecraft' AS resource, i AS id FROM n"),
        ("spacecraft_statuses", f"{ENDLESS} SELECT -i AS id, '' AS name, '' AS _extra FROM n"),
        ("_search_spacecraft", f"{ENDLESS} SELECT i AS id, 'x' AS name FROM n"),
    ],
)
def test_a_view_that_never_ends_in_a_tables_place_is_given_up(
    run, detailed, tmp_path, monkeypatch, table, view
):
    monkeypatch.setattr("ll2_mirror.store.reader.READ_SECONDS", 0.1)
    monkeypatch.setattr("ll2_mirror.serve.responses.READ_SECONDS", 0.1)
    db = Path(shutil.copy(detailed, tmp_path / "a.db"))
    execute(db, f"DROP TABLE {table}")
    execute(db, f"CREATE VIEW {table} AS {view}")
    paths = [f"{LIST}?search=soyuz&limit=1", f"{LIST}?search=so&limit=2"]
    ran = run("get", db, paths[0])
    assert (ran.code, ran.err.count("\n")) == (65, 1), ran.err
    for path in paths:
        response = plain(db, path)
        assert response.status_code == 503
        assert "more than 0.1 seconds" in response.json()["detail"]


def test_a_request_that_takes_long_leaves_the_others_theirs(detailed, tmp_path, monkeypatch):
    """It is read apart as soon as it is known to be slow."""
    monkeypatch.setattr("ll2_mirror.serve.responses.READ_SECONDS", 1.0)
    monkeypatch.setattr("ll2_mirror.serve.responses._QUICK_SECONDS", 0.05)
    db = Path(shutil.copy(detailed, tmp_path / "a.db"))
    execute(db, "DROP TABLE _search_agencies")
    execute(db, f"CREATE VIEW _search_agencies AS {ENDLESS} SELECT i AS id, 'x' AS name FROM n")

    async def answered_meanwhile() -> int:
        app, count = Datasette([str(db)]), 0
        assert (await app.client.get(LIST)).status_code == 200
        slow = asyncio.create_task(app.client.get("/2.3.0/agencies/?search=x"))
        while not slow.done():  # what is in memory is answered all the while
            assert (await app.client.get(LIST)).status_code == 200
            count += 1
            await asyncio.sleep(0.05)
        assert (await slow).status_code == 503
        return count

    assert asyncio.run(answered_meanwhile()) > 2  # one before and one after it, were it not apart


@pytest.mark.parametrize("query", ["search=soyuz", "search=so", "name=Soyuz 6"])
def test_an_index_that_is_empty_is_no_answer_to_a_search(run, detailed, tmp_path, query):
    for damage in (
        "INSERT INTO _search_spacecraft_fts (_search_spacecraft_fts) VALUES ('delete-all')",
        "DELETE FROM _search_spacecraft",
        "DELETE FROM _search_spacecraft_fts_data",
    ):
        db = Path(shutil.copy(detailed, tmp_path / "a.db"))
        execute(db, damage)
        assert (run("get", db, f"{LIST}?{query}").code, run("get", db, LIST).code) == (65, 0)
        assert [plain(db, path).status_code for path in (f"{LIST}?{query}", LIST)] == [503, 200]


def plain(db: Path, path: str) -> httpx.Response:
    """What a Datasette on a file answers."""

    async def asked() -> httpx.Response:
        return await Datasette([str(db)]).client.get(path)

    return asyncio.run(asked())


@pytest.mark.parametrize("allow", [False, {"id": "root"}])
def test_where_a_table_may_not_be_seen_nothing_is_listed(detailed, allow):
    metadata = {"databases": {"all": {"tables": {"spacecraft": {"allow": allow}}}}}

    async def statuses() -> list[int]:
        app = Datasette([str(detailed)], metadata=metadata)
        return [
            (await app.client.get(f"/2.3.0/{p}/")).status_code for p in ("spacecraft", "agencies")
        ]

    assert asyncio.run(statuses()) == [403, 403]


def test_hosts_and_long_questions_take_no_memory(mirrors):
    mirror = mirrors[0]
    snapshot = mirror.snapshot
    for number in range(300):
        for query in ("name=nobody", "limit=1", f"search={'x' * 3000}{number}"):
            mirror.respond(Request(LIST, query, f"http://host{number}"))
    assert len(snapshot._objects) + len(snapshot._texts) < 30
    assert snapshot.known.size <= 32 * 2**20


def test_responses_to_any_hosts_take_no_memory(detailed):
    responder = Responder(File(detailed), most=100_000)

    async def ask_often():
        for number in range(20):
            refused = Request(LIST, "", f"http://host{number}", "x/y," * 4000)
            assert (await responder(refused)).status == 406

    asyncio.run(ask_often())
    assert 50_000 < responder.responses.size <= 100_000


def test_a_304_has_the_headers_of_its_200(url):
    def headers(*more: bytes) -> tuple[int, dict[str, str]]:
        status, whole = sent(url, asked(LIST.encode(), b"Accept-Encoding: gzip", *more))
        lines = whole.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")[1:]
        return status, dict(line.split(": ", 1) for line in lines)

    _, first = headers()
    status, again = headers(b"If-None-Match: " + first["etag"].encode())
    assert status == 304
    for name in ("vary", "etag", "cache-control"):
        assert again[name] == first[name]


def test_a_file_that_becomes_a_mirror_is_one(detailed, tmp_path):
    db = tmp_path / "later.db"
    db.touch()

    async def asked() -> list[int]:
        app = Datasette([str(db)])
        found = [(await app.client.get(LIST)).status_code]
        with closing(sqlite3.connect(detailed)) as conn, closing(sqlite3.connect(db)) as other:
            conn.backup(other)
        return [*found, (await app.client.get(LIST)).status_code]

    assert asyncio.run(asked())[1] == 200


def test_a_sync_of_a_file_without_a_write_ahead_log_disturbs_nobody(run, detailed, tmp_path):
    db = tmp_path / "x.db"
    with closing(sqlite3.connect(detailed)) as conn:
        conn.execute("VACUUM INTO ?", (str(db),))
    with served(db) as base, fake_ll2.running(fake_ll2.bundled()) as upstream:
        done = threading.Event()
        found = set()

        def asking() -> None:
            number = 0
            while not done.is_set():
                number += 1
                status, _ = sent(base, asked(f"{LIST}?limit=2&n={number}".encode()))
                found.add(status)

        threads = [threading.Thread(target=asking) for _ in range(3)]
        for thread in threads:
            thread.start()
        try:
            assert run("sync", db, "spacecraft", "--base-url", upstream.base_url).code == 0
        finally:
            done.set()
            for thread in threads:
                thread.join()
    assert found == {200}


@pytest.mark.parametrize(
    ("path", "location"),
    [("/%32.3.0/spacecraft", LIST), ("/2.3.0%2Fspacecraft", LIST)],
)
def test_an_escaped_path_is_what_it_says(url, path, location):
    status, whole = sent(url, asked(path.encode()))
    assert (status, f"\r\nlocation: {location}\r\n".encode() in whole) == (301, True)
    status, _ = sent(url, asked(path.encode() + b"/"))
    assert status == 200
