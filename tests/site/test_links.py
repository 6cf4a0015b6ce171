"""The API's pages and the site lead to each other, in each mode."""

from __future__ import annotations

import asyncio
import re
from html import unescape

import pytest
from datasette.app import Datasette

from helpers import execute
from ll2_mirror.ll2.lists import LIST_OF, RESOURCES

LINK = re.compile(r'href="([^"]*)"[^>]*>View on the site<')


@pytest.fixture
def get(request):
    """What is served of a mirror, in the mode that a test names."""
    app = Datasette([str(request.getfixturevalue(request.param))])
    return lambda path: asyncio.run(app.client.get(path, follow_redirects=True))


@pytest.mark.parametrize("get", ["synced", "detailed"], indirect=True)
def test_each_row_leads_to_its_record_or_says_what_brings_it(get, db):
    told = 0
    for table in LIST_OF:
        for link in re.findall(r'href="(/2\.3\.0/\w[^"]+)">API<', get(f"/spacecraft/{table}").text):
            assert get(link).status_code == 200, link
        for (id_,) in execute(db, f'SELECT id FROM "{table}" LIMIT 3'):
            page = get(f"/spacecraft/{table}/{id_}").text
            links = re.findall(r'href="(/2\.3\.0/[^"?]+/[^"?]+/\?format=\w+)"', page)
            for link in links:
                answer = get(link)
                assert answer.status_code == 200, link
                if "format=api" in link:
                    assert LINK.search(answer.text)[1].endswith(f"-/thing/{table}/{id_}")
            needed = re.search(r"sync spacecraft.db (\S+) --mode (\w+)</code> adds", page)
            assert not (needed and links)
            assert needed is None or needed[2] in RESOURCES[needed[1]].modes
            told += bool(needed or links)
    assert told > 20


@pytest.mark.parametrize("get", ["synced"], indirect=True)
@pytest.mark.parametrize(
    ("asked", "rows"),
    [
        ("spacecraft/", "21 rows"),
        ("spacecraft/?search=dragon&limit=2", "2 rows"),
        ("spacecraft/?in_space=true", "1 row<"),
        ("spacecraft/?search=nosuchcraft", "21 rows"),
        ("spacecraft/?ordering=-id&limit=3&mode=list", "21 rows"),
        ("spacecraft/999999/", "21 rows"),
        ("launches/upcoming/", "No rows|rows?<"),
    ],
)
def test_an_api_page_leads_to_the_same_rows(get, asked, rows):
    answer = get(f"/2.3.0/{asked}{'&' if '?' in asked else '?'}format=api")
    link = unescape(LINK.search(answer.text)[1]).lstrip("./")
    page = get(f"/{link}")
    assert page.status_code == 200
    assert re.search(rows, page.text), page.text
