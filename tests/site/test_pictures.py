"""The copies of pictures on the pages of `serve`, and alone; without any network in a browser."""

from __future__ import annotations

import asyncio
import json
import re
from urllib.parse import urljoin

import pytest
import requests
from click.testing import CliRunner
from datasette.app import Datasette

from helpers import execute
from image_server import copies, first, folder_of, hosting, lead_to, made
from ll2_mirror.cli.main import main
from ll2_mirror.images import fetch
from serving import LIST, served

HTML = {"Accept": "text/html"}
TABLE = "/spacecraft/images?thumbnail_url__notnull=1"


@pytest.fixture(scope="module")
def db(tmp_path_factory):
    """A mirror that holds its small pictures but the last; their server is gone."""
    folder = tmp_path_factory.mktemp("pictures")
    db = made(folder / "spacecraft.db")
    with hosting(folder / "host") as host, pytest.MonkeyPatch.context() as patch:
        patch.setattr(fetch, "is_public", lambda _: True)
        lead_to(db, host)
        (host.folder / "small3.png").unlink()
        assert CliRunner().invoke(main, ["images", str(db), "--quiet"]).exit_code == 65
    return db


@pytest.fixture(scope="module")
def url(db):
    with served(db) as url:
        yield url


def named(db):
    """The small pictures that the tables name, in order, and the craft that has the first."""
    urls = [row[0] for row in execute(db, "SELECT thumbnail_url FROM images ORDER BY id") if row[0]]
    return urls, f"spacecraft/images/{first(db)}"


def sources(url):
    """The sources of the pictures of a page, as they are written."""
    page = requests.get(url, headers=HTML, timeout=30)
    page.raise_for_status()
    return re.findall(r'<img src="([^"]+)"', page.text)


def shown(url):
    """The same, whole."""
    return {urljoin(url, src) for src in sources(url)}


def test_pages_show_the_copies_and_else_what_ll2_names(db, url):
    urls, page = named(db)
    kept = {f"{url}/-/picture/{name}" for name in copies(db)}
    assert shown(f"{url}/{page}") < kept
    found = shown(f"{url}{TABLE}")
    assert found & kept
    assert not found & set(urls[:3])
    assert urls[3] in shown(f"{url}{TABLE}")


def test_credit_and_license_stand_beside_a_copy(db, url):
    text = requests.get(f"{url}/{named(db)[1]}", timeout=30).text
    assert "license unknown" in text
    assert "Picture: " in text


def test_json_keeps_ll2s_own_urls(db, url):
    found = requests.get(f"{url}{LIST}?limit=100", timeout=30).json()["results"]
    urls = {one["image"]["thumbnail_url"] for one in found if one["image"]}
    assert urls & set(named(db)[0])
    assert "/-/picture/" not in json.dumps(found)


def test_a_copy_is_served_as_what_it_is_for_ever(db, url):
    name = min(copies(db))
    answer = requests.get(f"{url}/-/picture/{name}", timeout=30)
    assert answer.content == (folder_of(db) / name).read_bytes()
    told = answer.headers
    assert told["Content-Type"] == "image/png"
    assert told["X-Content-Type-Options"] == "nosniff"
    assert told["Cache-Control"] == "public, max-age=31536000, immutable"
    assert told["Content-Security-Policy"] == "default-src 'none'; sandbox"
    asked = {"If-None-Match": told["ETag"]}
    again = requests.get(f"{url}/-/picture/{name}", headers=asked, timeout=30)
    assert (again.status_code, again.content) == (304, b"")


def test_nothing_else_is_served(db, url):
    link = folder_of(db) / f"{'0' * 64}.png"
    link.symlink_to(db)
    for path in (link.name, "index.jsonl", "..%2Fspacecraft.db", f"{'1' * 64}.png"):
        assert requests.get(f"{url}/-/picture/{path}", timeout=30).status_code == 404
    link.unlink()


@pytest.mark.parametrize(("allow", "status"), [(True, 200), (False, 404)])
def test_who_may_not_see_the_table_of_pictures_may_see_none(db, allow, status):
    tables = {"images": {"allow": allow}}

    async def asked():
        app = Datasette([str(db)], metadata={"databases": {"spacecraft": {"tables": tables}}})
        return await app.client.get(f"/-/picture/{min(copies(db))}")

    assert asyncio.run(asked()).status_code == status


def test_a_page_shows_what_came_since_and_takes_no_index_at_its_word(db, url):
    kept, index = shown(f"{url}{TABLE}"), folder_of(db) / "index.jsonl"
    before = index.read_bytes()
    lines = ["null", "[]", '{"picture": 1, "file": 2}', "\udcff", '{"picture": "/small0.png"']
    lines += [f'{{"picture": "/small{n}.png", "file": "../host/small{n}.png"}}' for n in range(3)]
    index.write_bytes("\n".join(lines).encode(errors="surrogateescape"))
    assert not [one for one in sources(f"{url}{TABLE}") if "/-/picture/" in one]
    index.write_bytes(before)
    assert shown(f"{url}{TABLE}") == kept


def test_an_address_that_is_none_stands_as_it_is(db, url):
    urls, page = named(db)
    where = "UPDATE images SET thumbnail_url = ? WHERE thumbnail_url = ?"
    execute(db, where, "http://[x/y.png", urls[0])
    try:
        for path in (f"/{page}", TABLE):
            answer = requests.get(f"{url}{path}", headers=HTML, timeout=30)
            assert (answer.status_code, "http://[x/y.png" in answer.text) == (200, True)
    finally:
        execute(db, where, urls[0], "http://[x/y.png")


def test_a_browser_without_network_shows_the_pictures(db, url, chromium):
    page = chromium.new_page()
    page.route(re.compile(r"^(?!" + re.escape(url) + ")"), lambda route: route.abort())
    for path in (f"/{named(db)[1]}", TABLE):
        page.goto(url + path)
        found = page.evaluate(
            "Promise.all([...document.images].filter(i => i.src.includes('/-/picture/'))"
            ".map(async i => { i.loading = 'eager'; await i.decode(); return i.naturalWidth; }))"
        )
        assert found
        assert set(found) == {1}
    page.close()
