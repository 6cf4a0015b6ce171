"""HTTP: what is asked, how a refusal reads, and that the token stays where it belongs."""

from __future__ import annotations

import json
import socket
import threading

import pytest
import vcr

from helpers import FIXTURES, ROOT, execute, pages_asked
from ll2_mirror.errors import NotAPage, Stopped, UpstreamError, UsageError
from ll2_mirror.extract.client import Client, checked_base
from ll2_mirror.ll2.page import links_of, records
from ll2_mirror.testing.fake_ll2 import FakeLL2

LLDEV = "https://lldev.thespacedevs.com"
TOKEN = "0123456789abcdef-a-secret"
CASSETTES = vcr.VCR(
    cassette_library_dir=str(ROOT / "tests" / "cassettes"),
    record_mode="none",
    match_on=["method", "uri"],
    filter_headers=[("authorization", "Token FILTERED")],
)


@CASSETTES.use_cassette("captured_page.yaml")
def test_the_captured_page_comes_from_its_real_url():
    body = Client(LLDEV, TOKEN, 30).get("/2.3.0/spacecraft/?format=api&offset=30").body
    assert body == (FIXTURES / "spacecraft_offset30.json").read_bytes()
    assert links_of(records(json.loads(body))) == (LLDEV, "?format=api")


def test_a_sync_from_the_real_url_keeps_the_token_to_itself(db, run):
    with CASSETTES.use_cassette("walk.yaml") as cassette:
        first = run("sync", db, "--base-url", LLDEV, env={"LL2_API_TOKEN": TOKEN})
        cassette.rewind()
        second = run("sync", db, env={"LL2_API_TOKEN": TOKEN})  # which goes to LL2's own servers
        assert cassette.play_count == 2  # since the rewind: what may be asked, and a page
    assert first.out.startswith("spacecraft: 10 records in 1 request · 10 added, 0 changed")
    assert second.out.startswith("spacecraft: 10 records in 1 request · 0 added, 0 changed, 10")
    assert "no token is sent" not in second.out
    assert run("verify", db).code == 0
    files = [path.read_bytes() for path in db.parent.iterdir()]
    assert not any(TOKEN.encode() in body for body in files)
    assert TOKEN not in first.out + first.err + second.out + second.err
    assert execute(db, "SELECT url FROM spacecraft WHERE id = 201") == [("/2.3.0/spacecraft/201/",)]


def test_the_token_goes_as_upstream_wants_it(upstream, asking):
    asking(upstream.base_url, TOKEN).page("spacecraft", mode="normal", ordering="id", offset=0)
    assert upstream.log[0][1]["Authorization"] == f"Token {TOKEN}"


def test_a_walk_asks_for_the_fewest_pages(upstream, db, run):
    record = upstream.records["spacecraft", "normal"][0]
    upstream.records["spacecraft", "normal"] = [{**record, "id": n} for n in range(596)]
    done = run("sync", db, "--base-url", upstream.base_url, "--json")
    assert done.json["requests"] == 6
    assert len(pages_asked(upstream)) == 6


def page_of(upstream):
    return upstream.page("spacecraft", mode="normal", ordering="id", offset=0)


def answering(monkeypatch, status, document):
    monkeypatch.setattr(FakeLL2, "answer", lambda *_: (status, document))


@pytest.mark.parametrize(
    ("status", "error", "told"),
    [
        (401, UpstreamError, "the token isn't accepted"),
        (403, UpstreamError, "the token isn't accepted"),
        (404, UpstreamError, "check --base-url"),
        (301, UpstreamError, "it redirects elsewhere"),
        (429, Stopped, "limit is reached"),
        (500, UpstreamError, "500 It broke."),
    ],
)
def test_a_refusal_is_one_line_that_says_what_to_do(
    upstream, asking, monkeypatch, status, error, told
):
    answering(monkeypatch, status, {"detail": "It broke."})
    with pytest.raises(error, match=told) as refused:
        page_of(asking(upstream.base_url, TOKEN))
    assert "\n" not in str(refused.value)
    assert TOKEN not in str(refused.value)


NO_TOKEN = "the server requires a token: see --token"
FIREWALL = "LL2, or a firewall in between, refuses"
BAD_TOKEN = "the token isn't accepted: see --token"
WORDS = {"detail": "Not\n for \x1b[31myou."}, "Not for ?[31myou"


@pytest.mark.parametrize(
    ("command", "status", "token", "why", "document", "detail"),
    [
        ("sync", 401, None, NO_TOKEN, *WORDS),
        ("sync", 403, None, FIREWALL, *WORDS),
        ("sync", 401, "t0ken", BAD_TOKEN, *WORDS),
        ("plan", 403, "t0ken", BAD_TOKEN, *WORDS),
        ("plan", 403, None, FIREWALL, {"detail": ["no"]}, "['no']"),
        ("plan", 403, None, FIREWALL, b"<html>Blocked by policy</html>", ""),
        ("plan", 403, None, FIREWALL, b"", ""),
    ],
)
def test_who_refuses_is_told_as_far_as_it_is_known(
    db, run, upstream, monkeypatch, command, status, token, why, document, detail
):
    answering(monkeypatch, status, document)
    done = run(command, db, "--base-url", upstream.base_url, *(["--token", token] if token else []))
    message = f"status {status} {detail}".strip()
    assert done.code == 69
    assert done.err == f"ll2-mirror: {upstream.base_url}/2.3.0/api-throttle/: {message}: {why}\n"


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (404, "status 404: LL2 isn't at this URL: check --base-url"),
        (302, "status 302: it redirects elsewhere: check --base-url"),
        (418, "status 418"),
        (407, "status 407"),
    ],
)
def test_any_other_refusal_names_its_status(db, run, upstream, monkeypatch, status, words):
    answering(monkeypatch, status, b"<html>")
    done = run("sync", db, "--base-url", upstream.base_url)
    assert done.code == 69
    assert done.err.endswith(f": {words}\n")
    assert len(upstream.log) == 2  # the limit and one page: none is tried again


@pytest.mark.parametrize(
    "body",
    [b"<html>", b"", b"[]", b'{"results":[]}', b'{"count":1,"next":null}', b'{"count":1,"re'],
)
def test_a_body_that_is_no_page_is_refused_with_its_url(upstream, asking, monkeypatch, body):
    answering(monkeypatch, 200, body)
    with pytest.raises(NotAPage, match=r"^http://127.0.0.1:\d+/2.3.0/spacecraft/\?limit=100"):
        page_of(asking(upstream.base_url))


def test_a_closed_port_cannot_be_reached():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(UpstreamError, match="can't be reached: Connection refused"):
            Client(url, None, 30).get("/")


@pytest.mark.parametrize(
    "url",
    ["", "ll.thespacedevs.com", "ftp://x", "http://", "http://x:99999", "http://x:0", "http://u@x"]
    + ["https://x/?a=b", "https://x/#y", "http://[x", "http://x y", "http://x/\n", "http://a..b"]
    + ["http://" + "x" * 70, "http://\udcff/", "http://u:secret@x:99999"],
)
def test_a_bad_base_url_is_a_usage_error(url):
    with pytest.raises(UsageError) as refused:
        checked_base(url)
    assert "secret" not in str(refused.value)
    assert str(refused.value).isprintable()


def test_a_base_url_may_have_a_path_and_a_slash():
    assert checked_base("http://proxy:8080/ll2/") == "http://proxy:8080/ll2"


def test_a_token_that_no_header_can_carry_is_a_usage_error():
    with pytest.raises(UsageError) as refused:
        Client(LLDEV, "a\nb", 30)
    assert "a\nb" not in str(refused.value)


def percent_encoded(text):
    return "".join(f"%{ord(letter):02X}" for letter in text)


@pytest.mark.parametrize("spelled", [str, percent_encoded])
@pytest.mark.parametrize("status", [200, 400, 401, 500])
@pytest.mark.parametrize("body", ['{{"detail":"Token {}"}}', '"{}"', '{{"count":1,"{}":[]}}'])
def test_a_server_that_repeats_the_token_gives_nothing_away(
    db, run, upstream, monkeypatch, status, body, spelled
):
    answering(monkeypatch, status, body.format(spelled(TOKEN)).encode())
    done = run("sync", db, "--base-url", upstream.base_url, "--token", TOKEN)
    assert done.code in (65, 69)
    assert TOKEN not in done.out + done.err
    assert percent_encoded(TOKEN) not in done.out + done.err
    assert execute(db, "SELECT count(*) FROM _pages") == [(0,)]


def test_a_body_that_drips_is_bounded_as_a_whole():
    """Each byte comes in time; the answer does not."""
    stop = threading.Event()

    def drip(server):
        connection, _ = server.accept()
        with connection:
            connection.recv(1000)
            while not stop.is_set():
                connection.sendall(b"H" if stop.wait(0.05) else b"X")

    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        thread = threading.Thread(target=drip, args=(server,))
        thread.start()
        try:
            with pytest.raises(UpstreamError, match=r"no complete response within 0\.3 s"):
                Client(url, None, 0.3).get("/")
        finally:
            stop.set()
            thread.join()


def test_a_body_without_end_is_cut_off(upstream, monkeypatch):
    monkeypatch.setattr("ll2_mirror.extract.client.MAX_BODY", 1000)
    answering(monkeypatch, 200, b"x" * 10_000)
    with pytest.raises(UpstreamError, match="a body of more than"):
        Client(upstream.base_url, None, 30).get("/")


@pytest.mark.parametrize(
    ("token", "hidden"),
    [
        (TOKEN, "".join(f"\\u{ord(letter):04x}" for letter in TOKEN)),
        ("a/b/c", "a\\/b\\u002Fc"),
        ('a"b', 'a\\"b'),
        ("a/b", "a\\u005C\\\\\\u005c/\\u0062"),
        ("a+b/c=", "a%2bb%2Fc%3D"),
    ],
)
def test_a_token_in_another_spelling_is_found(db, run, upstream, monkeypatch, token, hidden):
    answering(monkeypatch, 200, f'{{"count":1,"next":null,"results":[],"zz":"{hidden}"}}'.encode())
    done = run("sync", db, "--base-url", upstream.base_url, "--token", token)
    assert done.code == 65
    assert "the body repeats the token" in done.err
    assert execute(db, "SELECT count(*) FROM _pages") == [(0,)]
