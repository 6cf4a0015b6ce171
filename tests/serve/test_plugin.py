"""LL2's API over HTTP: headers, methods, one snapshot an answer, a sync that shows at once."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
import shutil
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from html import unescape
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode, urljoin, urlsplit

import pytest
import requests
from datasette import hookimpl
from datasette.app import Datasette
from datasette.plugins import pm

from helpers import execute, public_rows
from ll2_mirror.api.request import Request
from ll2_mirror.api.snapshot import LRU
from ll2_mirror.ll2.descriptions import sections
from ll2_mirror.ll2.schema import views
from ll2_mirror.serve.asgi import request_of, send_whole
from ll2_mirror.serve.responses import Responder
from ll2_mirror.store.reader import File
from ll2_mirror.testing import fake_ll2
from serving import LIST, served


@pytest.fixture(scope="module")
def db(tmp_path_factory):
    """A file with all three resources in detailed mode."""
    from click.testing import CliRunner

    from ll2_mirror.cli.main import main

    db = tmp_path_factory.mktemp("serve") / "spacecraft.db"
    names = ("spacecraft", "agencies", "spacecraft_configurations")
    with fake_ll2.running(fake_ll2.bundled()) as upstream:
        arguments = ["sync", str(db), *names, "--mode", "detailed", "--base-url", upstream.base_url]
        assert CliRunner().invoke(main, arguments).exit_code == 0
    return db


@pytest.fixture(scope="module")
def url(db):
    """Where the file is served."""
    with served(db) as url:
        yield url


def raw(url, method, path, **headers):
    """One request as it is, without what a client library adds."""
    parts = urlsplit(url)
    conn = HTTPConnection(parts.hostname, parts.port, timeout=20)
    conn.putrequest(method, path, skip_host="Host" in headers, skip_accept_encoding=True)
    for name, value in headers.items():
        conn.putheader(name.replace("_", "-"), value)
    conn.endheaders()
    response = conn.getresponse()
    body = response.read()
    conn.close()
    return response, body


def test_a_page_has_upstreams_headers(url):
    response, body = raw(url, "GET", f"{LIST}?limit=1")
    assert response.status == 200
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["Allow"] == "GET"
    assert response.headers["Vary"] == "Accept, Accept-Encoding"
    assert response.headers["Content-Length"] == str(len(body))
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert "Set-Cookie" not in response.headers
    assert json.loads(body)["next"] == f"{url}{LIST}?limit=1&offset=1"


def test_an_answer_is_packed_for_who_takes_it(url):
    plain = raw(url, "GET", LIST)[1]
    response, body = raw(url, "GET", LIST, Accept_Encoding="br, gzip;q=0.5")
    assert response.headers["Content-Encoding"] == "gzip"
    assert response.headers["Vary"] == "Accept, Accept-Encoding"
    assert gzip.decompress(body) == plain
    for refusing in ("identity", "gzip;q=0", "br"):
        assert raw(url, "GET", LIST, Accept_Encoding=refusing)[1] == plain


def test_a_client_that_has_the_answer_gets_304(url):
    first, body = raw(url, "GET", LIST)
    etag = first.headers["ETag"]
    assert first.headers["Cache-Control"] == "public, max-age=0, must-revalidate"
    assert first.headers["Last-Modified"].endswith("GMT")
    for known in (etag, f'"other", {etag}', "*", etag.removeprefix("W/")):
        again, nothing = raw(url, "GET", LIST, If_None_Match=known)
        assert (again.status, nothing, again.headers["ETag"]) == (304, b"", etag)
    for other in ('"other"', "", "W/", "nonsense,,"):
        again, all_of_it = raw(url, "GET", LIST, If_None_Match=other)
        assert (again.status, all_of_it) == (200, body)
    assert raw(url, "GET", f"{LIST}?limit=1")[0].headers["ETag"] != etag


def test_head_is_get_without_a_body(url):
    head, nothing = raw(url, "HEAD", f"{LIST}201/")
    got, body = raw(url, "GET", f"{LIST}201/")
    assert (head.status, nothing) == (200, b"")
    unlike = {"date"}
    assert {k: v for k, v in head.headers.items() if k not in unlike} == {
        k: v for k, v in got.headers.items() if k not in unlike
    }
    assert int(head.headers["Content-Length"]) == len(body)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW"])
def test_writes_are_not_allowed(url, method):
    response, body = raw(url, method, LIST, Content_Length="0")
    assert (response.status, response.headers["Allow"]) == (405, "GET")
    assert json.loads(body) == {"detail": f'Method "{method}" not allowed.'}


def test_a_browser_may_ask_from_any_page(url):
    asking = {
        "Origin": "https://example.org",
        "Access_Control_Request_Method": "GET",
        "Access_Control_Request_Headers": "authorization,x-own",
    }
    response, body = raw(url, "OPTIONS", LIST, **asking)
    assert (response.status, body) == (204, b"")
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.headers["Access-Control-Allow-Methods"] == "GET, HEAD"
    assert response.headers["Access-Control-Allow-Headers"] == "authorization,x-own"


def test_a_public_page_may_ask_a_server_on_a_private_network(url):
    asking = {"Origin": "https://example.org", "Access_Control_Request_Method": "GET"}
    without, _ = raw(url, "OPTIONS", LIST, **asking)
    assert "Access-Control-Allow-Private-Network" not in without.headers
    response, _ = raw(url, "OPTIONS", LIST, **asking, Access_Control_Request_Private_Network="true")
    assert response.status == 204
    assert response.headers["Access-Control-Allow-Private-Network"] == "true"


def test_a_redirect_adds_the_slash(url):
    response, body = raw(url, "GET", "/2.3.0/spacecraft?limit=1")
    assert (response.status, body) == (301, b"")
    assert response.headers["Location"] == f"{LIST}?limit=1"
    assert requests.get(f"{url}/2.3.0/spacecraft?limit=1", timeout=20).json()["count"] == 21


@pytest.mark.parametrize("scheme", ["http", "HTTP", "https"])
def test_a_request_for_a_whole_url_is_answered_as_one_for_its_path(url, scheme):
    """As a client asks a proxy; where it asked is then what the URL says."""
    response, body = raw(url, "GET", f"{scheme}://my.host:99{LIST}?limit=1", Host="other")
    assert response.status == 200
    assert json.loads(body)["next"] == f"http://my.host:99{LIST}?limit=1&offset=1"
    assert raw(url, "GET", f"{scheme}://my.host/-/versions.json")[0].status == 200
    assert raw(url, "GET", f"{scheme}://my.host")[0].status == 200
    assert raw(url, "GET", f"{scheme}://u@my.host{LIST}")[0].status == 400


@pytest.mark.parametrize("host", ['evil"><script>', "a b", "a/b", "", "x:y", "ä", "["])
def test_a_host_that_is_none_is_refused(url, host):
    response, body = raw(url, "GET", LIST, Host=host.encode())
    assert response.status in (200, 400)
    assert response.status == 400 or json.loads(body)["next"].startswith("http://")
    assert b"<script>" not in body
    assert raw(url, "GET", "/-/index", Host=host.encode())[0].status == response.status


def test_links_lead_where_the_client_asked(url):
    _, body = raw(url, "GET", f"{LIST}?limit=1", Host="my.host:99")
    assert json.loads(body)["results"][0]["url"] == f"http://my.host:99{LIST}148/"


def test_links_lead_where_serve_was_told(db):
    with served(db, "--base-url", "https://ll2.example.org/") as url:
        page = requests.get(f"{url}{LIST}?limit=1", timeout=20).json()
    assert page["next"] == f"https://ll2.example.org{LIST}?limit=1&offset=1"


def test_datasettes_pages_are_beside(url):
    assert "spacecraft_configurations" in requests.get(f"{url}/spacecraft", timeout=20).text
    rows = requests.get(f"{url}/spacecraft/spacecraft.json?_shape=array&id=201", timeout=20).json()
    assert rows[0]["name"] == "Soyuz 6"


def test_nobody_guesses_what_a_body_is_and_a_page_loads_its_style_only(url):
    for path in (LIST, f"{LIST}?format=api", "/2.3.0/nothing/", "/2.3.0/spacecraft", f"{LIST}9/"):
        response, _ = raw(url, "GET", path)
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        policy = response.headers.get("Content-Security-Policy", "")
        assert bool(policy) == response.headers["Content-Type"].startswith("text/html")
        assert "unsafe" not in policy
        assert not policy or policy.startswith("default-src 'none'; style-src 'self';")


def test_a_url_has_8192_characters_at_most(url):
    room = 8192 - len(f"{LIST}a=")
    assert raw(url, "GET", f"{LIST}?a={'x' * room}")[0].status == 200
    for path in (f"{LIST}?a={'x' * (room + 1)}", f"/2.3.0/{'x' * 60_000}", f"{LIST}{'%20' * 3000}"):
        response, body = raw(url, "GET", path)
        assert (response.status, b"8192 characters at most" in body) == (414, True)


def test_all_who_ask_the_same_get_the_same_but_their_own_address(url):
    """So one answer in memory is for all of them."""

    for client in ("10.0.0.1", "10.0.0.2"):
        scope = {"method": "GET", "headers": [], "path": LIST, "client": (client, 1)}
        request = request_of({**scope, "query_string": b"limit=1"}, "http://h", "")
        assert request == Request(LIST, "limit=1", "http://h")
    for client in ("127.0.0.1", "127.0.0.2"):
        conn = HTTPConnection(urlsplit(url).netloc, timeout=20, source_address=(client, 0))
        conn.request("GET", "/2.3.0/api-throttle/")
        assert json.load(conn.getresponse())["ident"] == client
        conn.close()


def test_who_sends_a_token_is_told_it_and_no_cache_keeps_that(url):
    for sent, ident in (("Token abc", "abc"), ("token abc", "127.0.0.1"), ("", "127.0.0.1")):
        response, body = raw(url, "GET", "/2.3.0/api-throttle/", Authorization=sent)
        assert json.loads(body)["ident"] == ident
        assert response.headers["Cache-Control"] == "no-store"


def test_a_path_of_another_version_is_answered_to_pages_of_other_sites_too(url):
    for path in ("/2.2.0/launch/upcoming/", "/2.4.0/launches", "/api/2.3.0/launches/", "/2.2.0/"):
        response, body = raw(url, "GET", path)
        assert (response.status, response.headers["Content-Type"]) == (404, "application/json")
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        assert "2.3.0" in json.loads(body)["detail"]


# Beside a sync


@contextmanager
def syncing(run, tmp_path):
    """A served file, its upstream, and what syncs it."""
    db = tmp_path / "live.db"
    with fake_ll2.running(fake_ll2.bundled()) as upstream:
        assert run("sync", db, "--base-url", upstream.base_url).code == 0
        with served(db) as url:
            yield url, upstream.records["spacecraft", "normal"], lambda: run("sync", db, "--quiet")


def test_a_sync_of_the_same_file_shows_at_once(run, tmp_path):
    with syncing(run, tmp_path) as (url, listed, sync):
        asked = f"{url}{LIST}?search=renamed"
        before = requests.get(asked, timeout=20)
        assert before.json()["count"] == 0
        listed[0]["name"] = "Renamed by its builder"
        assert sync().code == 0
        after = requests.get(asked, timeout=20)
        assert [r["name"] for r in after.json()["results"]] == ["Renamed by its builder"]
        assert after.headers["ETag"] != before.headers["ETag"]
        assert after.headers["Last-Modified"] >= before.headers["Last-Modified"]


def test_each_answer_is_from_one_state_of_the_file(run, tmp_path):
    """While syncs rename all craft at once, and list more and fewer, no answer mixes two states."""
    seen, wrong = set(), []
    with syncing(run, tmp_path) as (url, listed, sync):
        spare = listed.pop()
        done = threading.Event()

        def ask() -> None:
            with requests.Session() as session:
                while not done.is_set():
                    page = session.get(f"{url}{LIST}?limit=100&ordering=-id", timeout=20).json()
                    states = {r["name"].partition(" of ")[0] for r in page["results"]}
                    if len(states) != 1 or page["count"] != len(page["results"]):
                        wrong.append((page["count"], len(page["results"]), states))
                    seen.update(states)

        def rename(state: int) -> None:
            for record in listed:
                record["name"] = f"State {state} of {record['id']}"

        rename(0)
        assert sync().code == 0
        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for state in range(1, 6):
            listed.append(spare) if state % 2 else listed.remove(spare)
            rename(state)
            assert sync().code == 0
        done.set()
        for thread in threads:
            thread.join()
    assert wrong == []
    assert len(seen) > 1


# A mirror of a mirror


@pytest.mark.parametrize("mode", ["normal", "detailed"])
def test_a_mirror_of_a_mirror_holds_the_same(run, tmp_path, mode):
    one, other = tmp_path / "a.db", tmp_path / "b.db"
    names = ("spacecraft", "agencies", "spacecraft_configurations")
    with fake_ll2.running(fake_ll2.bundled()) as upstream:
        options = ("--mode", mode, "--base-url", upstream.base_url)
        assert run("sync", one, *names, *options).code == 0
    with served(one) as url:
        ran = run("sync", other, *names, "--mode", mode, "--base-url", url, "--json")
        assert ran.code == 0, ran.err
        assert [report["requests"] for report in ran.json] == [1, 1, 1]
        assert run("sync", other, "--json").json[0]["unchanged"] == 21
    assert public_rows(one) == public_rows(other)
    assert run("verify", other).code == 0


def test_a_normal_mirror_of_a_detailed_mirror_is_what_upstream_has(url, run, tmp_path):
    one, other = tmp_path / "a.db", tmp_path / "b.db"
    assert run("sync", one, "--base-url", url).code == 0
    with fake_ll2.running(fake_ll2.bundled()) as upstream:
        assert run("sync", other, "--base-url", upstream.base_url).code == 0
    assert {t for t in public_rows(one) if public_rows(one)[t] != public_rows(other)[t]} <= {
        "images"  # of which the detailed sample has one with another value
    }


# A client that others wrote


CALLS = [  # as LL2's documentation shows them, on the help of the endpoint
    "/spacecraft/?mode=detailed",
    "/spacecraft/?is_placeholder=True",
    "/spacecraft/?search=Endeavour",
    "/spacecraft/?ordering=-flights_count",
    "/spacecraft/?limit=2",
    "/spacecraft/?format=json",
    "/spacecraft/?search=Crew%20Dragon&in_space=true",
    "/spacecraft/?mode=detailed&limit=100",
    "/spacecraft/?in_space=true&limit=20",
    "/spacecraft/?limit=610&offset=0&mode=detailed",
    "/spacecraft/201/",
    "/spacecraft/999999/",
]


def documented_client(base: str) -> list[tuple[int, object]]:
    """What a program does with LL2: the calls of its documentation, and every page by `next`."""
    answers: list[tuple[int, object]] = []
    with requests.Session() as session:
        session.headers["Authorization"] = "Token abc"
        for call in CALLS:
            response = session.get(f"{base}/2.3.0{call}", timeout=20)
            answers.append((response.status_code, response.json()))
        following = f"{base}{LIST}?limit=5&ordering=id"
        while following:
            page = session.get(following, timeout=20).json()
            answers.append((200, page))
            following = page["next"]
    return answers


def test_a_client_gets_from_the_file_what_it_gets_from_upstream(run, tmp_path):
    """Only the base URL is another, and only it differs in the answers."""
    records = fake_ll2.bundled()
    for mode in ("normal", "detailed"):
        # Without what came from two API hosts, with two values of one image and configuration.
        one_host = json.dumps(records["spacecraft", mode]).replace("devs-dev.", "devs-prod.")
        listed = json.loads(one_host)
        records["spacecraft", mode] = [r for r in listed if r["id"] not in (540, 541)]
    db = tmp_path / "a.db"
    with fake_ll2.running(records) as upstream:
        options = ("--mode", "detailed", "--base-url", upstream.base_url)
        assert run("sync", db, *options).code == 0
        theirs = documented_client(upstream.base_url)
    with served(db) as url:
        ours = documented_client(url)
    said = json.dumps(ours).replace(url, upstream.base_url)
    missing = CALLS.index("/spacecraft/999999/")
    assert ours[missing] == (404, {"detail": "No Spacecraft matches the given query."})
    told = json.loads(said)
    del told[missing], theirs[missing]
    assert told == [list(answer) for answer in theirs]


# The plugin


def ask(*files, path, metadata=None, settings=None, **headers):
    """What a plain Datasette on these files answers."""

    async def asked():
        app = Datasette([str(f) for f in files], metadata=metadata, settings=settings or {})
        return await app.client.get(path, headers=headers)

    return asyncio.run(asked())


def test_a_plain_datasette_has_the_same_routes(db, url):
    plain = ask(db, path=f"{LIST}?search=soyuz&limit=3")
    ours = requests.get(f"{url}{LIST}?search=soyuz&limit=3", timeout=20)
    assert plain.text.replace("http://localhost", url) == ours.text


def test_the_tools_own_tables_are_hidden(db):
    page = ask(db, path="/spacecraft.json").json()
    shown = {table["name"] for table in page["tables"] if not table["hidden"]}
    assert "spacecraft" in shown
    assert not {name for name in shown if name.startswith("_")}
    hidden = {table["name"] for table in page["tables"] if table["hidden"]}
    assert {"_runs", "_history", "_search_spacecraft", "_search_spacecraft_fts"} <= hidden


def test_datasette_says_of_each_table_and_column_what_it_means(db):
    told = ask(db, path="/-/metadata.json").json()["databases"]["spacecraft"]["tables"]
    public = [table for section in sections() for table in section.tables]
    lists = {table.name for table in public if table.is_list}
    assert {name for name, about in told.items() if not about.get("hidden")} == {
        *(table.name for table in public if table.name not in lists),
        *views(),
    }
    for table in public:
        comments = {one.column.name: one.comment for one in table.columns}
        about = told[table.name]
        assert (about["description"], about["columns"]) == (table.text, comments)
    for view in views().values():
        assert told[view.name] == {"description": view.text, "columns": view.columns}
    shown = ask(db, path="/spacecraft/spacecraft.json").json()
    assert shown["columns"] == list(told["spacecraft"]["columns"])
    page = ask(db, path="/spacecraft/images__variants").text
    assert "Other versions of the same picture." in page
    assert "<dt>position</dt><dd>place in the list, from 0</dd>" in page


def test_what_a_datasette_is_configured_to_say_stands_beside_it(db):
    mine = {"columns": {"name": "mine"}, "sort": "name"}
    metadata = {"databases": {"spacecraft": {"tables": {"spacecraft": mine}}}}
    page = ask(db, path="/spacecraft/spacecraft", metadata=metadata).text
    assert "<dd>mine</dd>" in page
    assert "<dd>the builder&#39;s serial number of the spacecraft, if there is one</dd>" in page
    plain = ask(db, path="/spacecraft/spacecraft").text
    assert "<dd>LL2&#39;s name for the spacecraft; not unique</dd>" in plain


def test_other_databases_do_not_matter(db, tmp_path):
    other = tmp_path / "other.db"
    execute(other, "CREATE TABLE moons (id INTEGER PRIMARY KEY)")
    assert ask(other, db, path=LIST).json()["count"] == 21
    assert ask(other, path=LIST).status_code in (302, 404)  # as Datasette has it
    assert "_runs" not in ask(other, path="/other.json").text


@pytest.mark.parametrize(
    "allow", [{"allow": {"id": "me"}}, {"databases": {"spacecraft": {"allow": False}}}]
)
def test_who_may_not_see_the_database_gets_no_answer(db, allow):
    response = ask(db, path=LIST, metadata=allow)
    assert response.status_code == 403
    assert response.json() == {"detail": "You do not have permission to perform this action."}


@pytest.mark.parametrize("registered", ["before ours", "after ours"])
@pytest.mark.parametrize("options", [{}, {"tryfirst": True}, {"trylast": True}])
def test_a_plugin_that_guards_a_site_guards_the_api(db, options, registered):
    class Gate:
        __name__ = "gate"

        @hookimpl(**options)
        def asgi_wrapper(self):
            def wrap(app):
                async def asgi(scope, receive, send):
                    await send_whole(send, 401, [])

                return asgi

            return wrap

    gate = Gate()
    pm.register(gate)
    if registered == "before ours":
        pm.register(pm.unregister(name="ll2_mirror"), "ll2_mirror")
    try:
        paths = ("/", "/spacecraft/spacecraft.json", "/2.3.0/", LIST, f"{LIST}?format=api")
        assert {ask(db, path=path).status_code for path in paths} == {401}
    finally:
        pm.unregister(gate)


def test_a_datasette_under_a_prefix_has_the_paths_there(db):
    settings = {"base_url": "/space/"}
    page = ask(db, path=f"{LIST}?limit=1", settings=settings).json()
    assert page["next"] == f"http://localhost/space{LIST}?limit=1&offset=1"
    redirect = ask(db, path="/2.3.0/spacecraft", settings=settings)
    assert redirect.headers["location"] == f"/space{LIST}"


def test_every_link_of_a_page_stays_within_the_prefix(db):
    for path in (LIST, f"{LIST}201/", "/2.3.0/", f"{LIST}?limit=1&search=soyuz", f"{LIST}9/"):
        page = ask(db, path=path, settings={"base_url": "/space/"}, accept="text/html").text
        shown = re.sub(r"<pre>.*</pre>", "", page, flags=re.DOTALL)
        links = [unescape(link) for link in re.findall(r'(?:href|action)="([^"]+)"', shown)]
        here = f"http://localhost/space{path}"
        ours = [urljoin(here, x) for x in links if not re.match("https?://(?!localhost)", x)]
        assert len(ours) > 1
        assert [link for link in ours if not link.startswith("http://localhost/space/")] == []


@pytest.mark.parametrize("table", ["spacecraft", "agencies", "agencies__country", "images"])
def test_who_may_not_see_one_of_the_tables_gets_no_answer(db, table):
    """A response nests rows of many tables, and SQL reads any: they are closed as a whole."""
    tables = {table: {"allow": {"id": "me"}}}
    metadata = {"databases": {"spacecraft": {"tables": tables}}}

    async def statuses():
        app = Datasette([str(db)], metadata=metadata)
        me, other = ({"ds_actor": app.sign({"a": {"id": id_}}, "actor")} for id_ in ("me", "you"))
        paths = ["/2.3.0/", LIST, f"{LIST}201/", "/2.3.0/agencies/44/", "/2.3.0/nothing"]
        paths += [f"/spacecraft/{name}.json" for name in ("_history", "_search_spacecraft_fts")]
        paths += [
            "/-/search?q=a",
            "/spacecraft/flights.json",
            "/spacecraft/which-craft-are-in-space-now.json",
        ]
        paths += ["/spacecraft.json?sql=select+name+from+agencies"]
        return [
            [(await app.client.get(path, cookies=cookies)).status_code for path in paths]
            for cookies in ({}, other, me, {})
        ]

    anybody, other, me, again = asyncio.run(statuses())
    assert anybody == other == again == [403] * 11
    assert me[:3] == [200] * 3


def test_a_table_that_is_not_of_ll2_does_not_matter(db, tmp_path):
    db = shutil.copy(db, tmp_path)
    execute(db, "CREATE TABLE my_secrets (id INTEGER PRIMARY KEY)")
    metadata = {"databases": {"spacecraft": {"tables": {"my_secrets": {"allow": False}}}}}
    assert ask(db, path=LIST, metadata=metadata).status_code == 200
    pages = [ask(db, path="/spacecraft", metadata=m, accept="text/html") for m in ({}, metadata)]
    assert ["my_secrets" in page.text for page in pages] == [True, False]


def test_a_fault_of_ours_is_told_as_ours(db, monkeypatch, caplog):
    """And not as damage of the user's."""
    monkeypatch.setattr("ll2_mirror.api.handlers.terms", lambda text: {}[text])
    response = ask(db, path=f"{LIST}?search=a")
    assert response.status_code == 500
    assert "fault of ll2-mirror's" in response.json()["detail"]
    assert "KeyError" in caplog.text


MANY = "with recursive n(i) as (select 1 union all select i + 1 from n limit 900)"


@pytest.mark.parametrize(
    "sql",
    [
        "select hex(zeroblob(300000000))",
        f"{MANY} select zeroblob(100000) from n",
        f"{MANY} select group_concat(hex(zeroblob(100000))) from n",
    ],
)
def test_sql_that_makes_too_much_is_refused(db, sql):
    for page in ("/spacecraft", "/spacecraft.json"):
        response = ask(db, path=f"{page}?{urlencode({'sql': sql})}")
        assert response.status_code == 400
        assert re.search("string or blob too big|rows have more than 33,554,432", response.text)


def test_a_file_of_another_version_says_so(db, tmp_path):
    older = shutil.copy(db, tmp_path / "older.db")
    execute(older, "PRAGMA user_version = 2")
    response = ask(older, path=LIST)
    assert response.status_code == 501
    assert "ll2-mirror sync older.db" in response.json()["detail"]
    execute(older, "PRAGMA user_version = 99")
    assert "upgrade" in ask(older, path=LIST).json()["detail"]


def test_a_damaged_file_is_no_500(db, tmp_path):
    damaged = shutil.copy(db, tmp_path / "damaged.db")
    execute(damaged, "DROP TABLE image_licenses")
    response = ask(damaged, path=LIST)
    assert response.status_code == 503
    assert "damaged.db" in response.json()["detail"]


# The command


def test_serve_says_in_one_line_why_it_cannot(run, tmp_path, db, url):
    ran = run("serve", tmp_path / "none.db")
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    ran = run("serve", db, "--port", urlsplit(url).port)
    assert ran.code == 2
    assert ran.err.startswith("ll2-mirror: can't listen at 127.0.0.1, port")
    ran = run("serve", db, "--host", "999.999.1.1")
    assert (ran.code, ran.err.count("\n")) == (2, 1)


# What is kept in memory


def test_a_response_is_kept_until_the_file_changes(db, tmp_path):
    db = Path(shutil.copy(db, tmp_path))
    responder, request = Responder(File(db)), Request(LIST)

    async def responses():
        first, second = await responder(request), await responder(request)
        execute(db, "UPDATE spacecraft SET name = 'other'")
        return first, second, await responder(request)

    first, second, third = asyncio.run(responses())
    assert first is second
    assert (b'"name":"other"' in first.body, b'"name":"other"' in third.body) == (False, True)


def test_a_response_that_was_read_before_a_change_is_not_given_after_it(db, tmp_path, monkeypatch):
    db = Path(shutil.copy(db, tmp_path))
    responder, request = Responder(File(db)), Request(LIST)

    def read_slowly(*sent):
        response = Responder.read(responder, *sent)
        execute(db, "UPDATE spacecraft SET name = 'other'")
        return response

    async def responses():
        with monkeypatch.context() as patch:
            patch.setattr(responder, "read", read_slowly)
            first = await responder(request)
        return first, await responder(request)

    first, second = asyncio.run(responses())
    assert [b'"name":"other"' in response.body for response in (first, second)] == [False, True]


def test_what_is_kept_is_within_its_bounds_and_was_asked_last():
    kept = LRU(30_000)
    for number in range(10):
        kept.keep(number, "x", 5000)
        kept.get(0)
    assert [number for number in range(10) if kept.get(number)] == [0, 5, 6, 7, 8, 9]
    assert kept.keep("big", "y", 40_000) == "y"
    assert (kept.get("big"), kept.size) == (None, 30_000)


@pytest.mark.parametrize("path", ["launches/upcoming/", "launches/%75pcoming/", "events/previous/"])
def test_an_answer_that_grows_old_by_the_clock_is_not_kept(db, path):
    responder = Responder(File(db))
    asyncio.run(responder(Request(f"/2.3.0/{path}")))
    assert responder.responses.size == 0


# As clients of LL2 use it


def test_home_assistants_client_runs(run, tmp_path, upstream, monkeypatch):
    """What its integration asks at each refresh; the client calls lists as version 2.2.0 does."""
    api = pytest.importorskip("pylaunches.api")
    db, launches = tmp_path / "all.db", upstream.records["launches", "detailed"]
    launches[-1]["net"] = "2100-01-01T00:00:00Z"
    both = {"launches": launches[:1], "events": []}
    upstream.records["dashboard/starship", "detailed"] = [{"upcoming": both, "previous": both}]
    names = ("launches", "dashboard/starship")
    done = run("sync", db, *names, "--mode", "detailed", "--base-url", upstream.base_url)
    assert done.code == 0, done.err

    async def refreshed(url):
        monkeypatch.setattr(api, "BASE_URL", url)
        async with api.PyLaunches(token="t", api_version="2.3.0") as client:
            wanted = {"limit": 1, "hide_recent_previous": "True"}
            return await client.launch_upcoming(filters=wanted), await client.dashboard_starship()

    with served(db) as url:
        [coming], dashboard = asyncio.run(refreshed(url))
    assert coming["net"] > f"{datetime.now(UTC):%Y-%m-%d}"
    assert dashboard["previous"]["launches"][0]["url"].startswith(f"{url}/2.3.0/launches/")
