"""The site as a browser sees it: from the front page to a picture and back, on desk and phone."""

from __future__ import annotations

import csv
import html
import io
import re
import sqlite3
from collections import Counter
from contextlib import closing
from urllib.parse import urljoin, urlsplit

import pytest
import requests
from click.testing import CliRunner
from playwright.sync_api import expect

from helpers import SOAK, execute, sampled, sync
from ll2_mirror.cli.main import main
from ll2_mirror.ll2.descriptions import questions
from ll2_mirror.ll2.schema import tables, views
from ll2_mirror.testing import fake_ll2
from serving import served

NAMES = ("spacecraft", "agencies", "spacecraft_configurations")
EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&amp;"
HTML = {"Accept": "text/html"}


def get(url, **more):
    return requests.get(url, timeout=30, headers=HTML, **more)


@pytest.fixture(scope="module")
def db(tmp_path_factory):
    """A file with a past: a status changed, a craft went; one is called by a script."""
    db = tmp_path_factory.mktemp("site") / "spacecraft.db"
    with fake_ll2.running(fake_ll2.bundled()) as upstream:
        listed = upstream.records["spacecraft", "detailed"]
        listed[3]["name"] = listed[3]["description"] = EVIL
        listed[3]["image"]["credit"] = listed[3]["image"]["name"] = EVIL
        sync(db, *NAMES, "--mode", "detailed", "--base-url", upstream.base_url)
        other = next(one["status"] for one in listed if one["status"]["name"] == "Active")
        listed[0]["status"] = other
        listed.pop()
        sync(db)
    return db


@pytest.fixture(scope="module")
def url(db):
    with served(db) as url:
        yield url


@pytest.fixture(params=[390, 1280] if SOAK else [390], ids="width {}".format)
def page(request, chromium, url):
    """A page that asks only the served file, without JavaScript; pictures do not load."""
    context = chromium.new_context(
        viewport={"width": request.param, "height": 900}, java_script_enabled=False
    )
    page = context.new_page()
    page.route(lambda asked: not asked.startswith(url), lambda route: route.abort())
    yield page
    context.close()


def fits(page):
    page.wait_for_load_state("networkidle")
    return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_from_the_front_page_to_a_picture_and_back(page, url):
    page.goto(url)
    expect(page.locator("h1")).to_contain_text("Launch Library 2")
    expect(page.locator(".counts")).to_contain_text("1 in space now")
    expect(page.locator(".fresh")).to_contain_text("Synced")
    assert fits(page)
    page.get_by_label("Search spacecraft").fill("DRAGON endea")
    page.locator(".large button").click()
    page.get_by_role("link", name="Crew Dragon Endeavour", exact=True).click()
    expect(page.locator("h1")).to_have_text("Crew Dragon Endeavour")
    assert "Crew Dragon Endeavour" in page.title()
    expect(page.locator(".facts").first).to_contain_text("868 d 14 h")
    expect(page.locator("figcaption")).to_contain_text("NASA")
    assert fits(page)
    page.get_by_role("link", name="Crew Dragon 2", exact=True).first.click()
    page.get_by_role("link", name="Dragon", exact=True).click()
    expect(page.locator("h1")).to_have_text("Dragon")
    page.get_by_role("link", name="SpaceX", exact=True).first.click()
    expect(page.locator(".kind")).to_have_text("Agency")
    assert fits(page)
    page.locator("h3").get_by_role("link", name="Logo", exact=True).click()
    expect(page.locator(".kind")).to_have_text("Image")
    assert fits(page)
    page.get_by_role("link", name="Home").click()
    expect(page.locator(".counts")).to_be_visible()


def test_a_question_takes_another_parameter(page, url):
    page.goto(f"{url}/spacecraft/what-has-an-agency-built?agency=SpaceX")
    expect(page.locator("tbody tr")).to_have_count(2)
    page.get_by_label("Agency").fill("boeing")
    page.get_by_role("button", name="Run").click()
    expect(page.locator("tbody")).to_contain_text("Starliner 2")
    page.get_by_label("Agency").fill("nobody")
    page.get_by_role("button", name="Run").click()
    expect(page.locator(".notice")).to_contain_text("No results for agency = nobody.")
    assert fits(page)


def test_an_answer_is_drawn_as_bars(page, url):
    page.goto(f"{url}/spacecraft/who-built-what")
    assert page.locator("svg rect").count() == page.locator("tbody tr").count()
    expect(page.locator("svg")).to_contain_text("Gaganyaan")
    assert fits(page)


def test_an_answer_links_to_what_it_names_in_words_and_dates(page, url):
    page.goto(f"{url}/spacecraft/which-flights-are-planned?state=flown")
    heads = page.locator("thead th").all_inner_texts()
    assert [head.capitalize() for head in heads] == [
        *("Spacecraft", "Launched", "Ended", "Destination", "Landing at"),
    ]
    row = page.locator("tbody tr", has_text="Endeavour")
    expect(row).to_contain_text("15 Jan 2026")
    row.get_by_role("link", name="Crew Dragon Endeavour").click()
    expect(page.locator("h1")).to_have_text("Crew Dragon Endeavour")


def test_the_history_of_a_craft_is_told_in_names(page, url):
    page.goto(f"{url}/spacecraft/spacecraft/148")
    expect(page.locator(".history")).to_contain_text("Status: Single Use → Active")
    expect(page.locator(".history")).to_contain_text("First seen")


def test_a_craft_that_is_gone_says_since_when_and_what_it_was(page, url):
    answer = page.goto(f"{url}/spacecraft/spacecraft/610")
    assert answer.status == 410
    expect(page.locator("h1")).to_have_text("Shenzhou 21")
    expect(page.locator(".notice")).to_contain_text("Removed from Launch Library 2, as of")
    expect(page.locator(".facts")).to_contain_text("Single Use")
    expect(page.locator(".facts")).to_contain_text("the builder's serial number")
    assert fits(page)


def test_a_table_is_searched_narrowed_and_sorted(page, url):
    page.goto(f"{url}/spacecraft/spacecraft")
    expect(page.locator(".bar")).to_contain_text("20 rows")
    assert fits(page)
    page.get_by_label("Search Spacecraft by name").fill("soyuz 3")
    page.locator("main .large button").click()
    expect(page.locator(".bar")).to_contain_text('the name has words starting with "soyuz 3"')
    page.locator(".facets summary", has_text="Status").click()
    page.locator(".facets a", has_text="Active").click()
    expect(page.locator(".bar")).to_contain_text("1 row")
    expect(page.locator("tbody")).to_contain_text("Soyuz 36")
    expect(page.locator("tbody")).to_contain_text("license unknown")
    page.goto(f"{url}/spacecraft/spacecraft?_sort_desc=time_in_space_seconds")
    expect(page.locator("tbody tr").first).to_contain_text("Crew Dragon Endeavour")


def test_the_api_leads_to_the_row_and_the_row_to_its_json(page, url):
    page.goto(f"{url}/2.3.0/spacecraft/289/?format=api")
    page.get_by_role("link", name="View on the site").click()
    expect(page.locator("h1")).to_have_text("Crew Dragon Endeavour")
    page.get_by_role("link", name="API page").click()
    expect(page.locator("pre")).to_contain_text("Crew Dragon Endeavour")
    page.goto(f"{url}/2.3.0/pads/?format=api")
    page.get_by_role("link", name="View on the site").click()
    expect(page.locator("h1")).to_have_text("Pads")


def test_a_first_sync_under_way_is_said(tmp_path):
    db = tmp_path / "spacecraft.db"
    records = fake_ll2.bundled()
    craft = records["spacecraft", "normal"][0]
    records["spacecraft", "normal"] = [{**craft, "id": id_} for id_ in range(1, 251)]
    with fake_ll2.running(records) as upstream:
        stopped = ["sync", str(db), "--base-url", upstream.base_url, "--max-requests", "1"]
        assert CliRunner().invoke(main, stopped).exit_code == 75
    with served(db) as url:
        told = get(url).text
        assert "No sync of this file has finished yet" in told
        assert "Sync in progress. Spacecraft: 100 of 250 fetched." in told
        assert get(f"{url}/spacecraft/spacecraft").status_code == 200


def links(answer):
    found = re.findall(r'(?:href|action)="([^"#]+)', answer.text)
    return {urljoin(answer.url, link.replace("&amp;", "&").replace("&#34;", '"')) for link in found}


@pytest.mark.sampled
def test_each_link_leads_to_a_page_and_no_text_is_markup(url):
    """Each page, some rows of each table, and each way to sort or to narrow once a page.

    The tables of the search indexes are all made alike: one of each kind.
    """
    asked, waiting, wrong, beside = set(), [url + "/"], [], Counter()
    while waiting:
        link = waiting.pop()
        parts = urlsplit(link)
        names = tuple(sorted(re.findall(r"(?:^|&)([^=&]+)=", parts.query)))
        path = re.sub(r"/_search_\w+?(?=_fts|/|$)", "/_search_", parts.path)
        if (path, names) in asked or not link.startswith(url) or len(names) > 2:
            continue
        if len(names) == 2 and not {"_all", "_labels"}.isdisjoint(names):  # as they are alone
            continue
        asked.add((path, names))
        folder = path.rpartition("/")[0]
        beside[folder] += folder.count("/") > 1 and "/-/" not in folder
        alike = (path.count("/"), *names)  # the page of a row, of a table sorted, ...
        beside[alike] += 1
        if (not SOAK and (beside[folder] > 2 or beside[alike] > 40)) or beside[folder] > 6:
            continue
        answer = get(link)
        is_gone = answer.status_code == 410 and "Removed from" in answer.text
        if answer.status_code != 200 and not is_gone and "/2.3.0/" not in parts.path:
            wrong.append((link, answer.status_code))
        if "text/html" in answer.headers.get("Content-Type", ""):
            if "<script>alert" in answer.text or "<img src=x" in answer.text:
                wrong.append((link, "markup"))
            if "/2.3.0/" not in parts.path and "/-/" not in parts.path:
                waiting += sorted(links(answer))
    assert wrong == []
    assert len(asked) > 200


def test_the_csv_of_a_table_and_of_a_query_has_all_rows(tmp_path):
    db = tmp_path / "spacecraft.db"
    records = fake_ll2.bundled()
    craft = records["spacecraft", "normal"][0]
    records["spacecraft", "normal"] = [{**craft, "id": id_} for id_ in range(1, 2251)]
    with fake_ll2.running(records) as upstream:
        sync(db, "--base-url", upstream.base_url)
    with served(db) as url, closing(sqlite3.connect(db)) as conn:
        for table in ("spacecraft", "spacecraft_overview", "images", "agencies"):
            count = conn.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for path in (f"/{table}.csv", f".csv?sql=SELECT+*+FROM+{table}"):
                text = get(f"{url}/spacecraft{path}").text
                assert len(list(csv.reader(io.StringIO(text)))) == count + 1, path
        question = get(f"{url}/spacecraft/what-has-an-agency-built.csv?agency=").text
        assert len(question.splitlines()) == 2250 + 1
        told = get(f"{url}/spacecraft?sql=select+*+from+spacecraft").text
        assert "The first 1,000 rows." in told
        assert "The CSV has all." in told
        endless = "WITH RECURSIVE t(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM t) SELECT x FROM t"
        for sql, said in (("SELECT nowhere", "no such column"), (endless, "more than 1000 ms")):
            answer = requests.get(f"{url}/spacecraft.csv", {"sql": sql}, timeout=30)
            assert answer.status_code == 400
            assert said in answer.text
        assert requests.get(f"{url}/spacecraft.csv", timeout=30).status_code == 404


@pytest.mark.parametrize("text", ["...", "'", '"', "*", "((", "\u2028", "%00", "AND", "a" * 5000])
def test_a_search_for_anything_is_answered(url, text):
    for path in ("/-/search?q=", "/spacecraft/spacecraft?_search="):
        assert get(f"{url}{path}{text}").status_code == 200


def test_a_list_whose_items_have_no_page_is_not_searched(url):
    for path in ("launches__info_urls", "events__vid_urls", "launches__info_urls?_search=x"):
        response = get(f"{url}/spacecraft/{path}")
        assert response.status_code == 200, path
        assert 'type="search" name="_search"' not in response.text, path


def test_a_search_knows_no_case_and_no_accents(tmp_path):
    db = tmp_path / "spacecraft.db"
    records = fake_ll2.bundled()
    records["spacecraft", "normal"][0]["name"] = "Élan Ångström"
    with fake_ll2.running(records) as upstream:
        sync(db, "--base-url", upstream.base_url)
        with served(db) as url:
            for asked in ("elan", "ÉLAN", "angstr", "E\u0301lan a"):
                assert "Élan Ångström" in get(f"{url}/-/search?q={asked}").text, asked
            records["spacecraft", "normal"][0]["name"] = "Renamed"
            sync(db)
            assert "Renamed" in get(f"{url}/-/search?q=rename").text
            assert "No name matches" in get(f"{url}/-/search?q=elan").text


@pytest.mark.parametrize(
    ("path", "status", "told"),
    [
        (
            "/spacecraft?sql=select+nothing",
            400,
            "SQL error: near &#34;nothing&#34;: syntax error",
        ),
        ("/spacecraft/spacecraft?_size=100000", 400, "_size must be"),
        ("/spacecraft/spacecraft/999999", 404, "No spacecraft has the id 999999"),
        ("/spacecraft/spacecraft/x", 404, "No spacecraft has the id x"),
        ("/spacecraft/nothing", 404, "Table not found"),
        ("/-/thing/nothing", 404, "No such table"),
        ("/nothing", 404, "There is no such page"),
        ("/-/nothing", 404, "There is no such page"),
        ("/spacecraft/spacecraft?_sort=nothing", 400, "Cannot sort table by nothing"),
        ("/spacecraft/spacecraft?_facet={x}", 400, "A parameter of this address can"),
        ("/spacecraft/spacecraft?_through={", 400, "A parameter of this address can"),
        ("/spacecraft/spacecraft?_timelimit=x", 400, "A parameter of this address can"),
        ("/spacecraft/spacecraft?id__in=[1", 400, "A parameter of this address can"),
        ("/spacecraft?sql=delete+from+spacecraft", 400, "Statement must be a SELECT"),
        ("/-/search?q=...", 200, "has no letter or digit to search for"),
        ("/spacecraft/which-flights-are-planned?state=none", 200, "No results for state = none."),
    ],
)
def test_a_page_says_what_is_the_matter(url, path, status, told):
    answer = get(f"{url}{path}")
    assert answer.status_code == status
    assert told in answer.text
    assert "Search by name" in answer.text


def test_data_that_cannot_be_had_is_the_requests_fault(url):
    for path in ("spacecraft.json?_sort=nothing", "spacecraft.csv?_sort=nothing"):
        assert get(f"{url}/spacecraft/{path}").status_code == 400
    assert "Cannot sort" in get(f"{url}/spacecraft/spacecraft.json?_sort=nothing").json()["error"]


@pytest.mark.parametrize("path", ["/", "/-/search", "/spacecraft", "/spacecraft/spacecraft"])
def test_a_page_is_only_read(url, path):
    answer = requests.post(f"{url}{path}", timeout=30, headers=HTML)
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")
    assert "This page can only be read" in answer.text


def test_the_map_has_each_place_as_a_link(page, url):
    page.goto(f"{url}/-/map")
    assert page.locator("svg a circle").count() == page.locator(".names a").count() > 5
    land = page.locator(".world use").bounding_box()
    assert land["width"] > 300
    page.locator(".locations circle").first.click(force=True)
    expect(page.locator(".kind")).to_have_text(re.compile("Location|Pad|Landing location"))
    assert fits(page)


def test_a_page_that_is_sent_on_unfolds(url):
    craft = get(f"{url}/spacecraft/spacecraft/289").text
    meta = dict(re.findall(r'<meta (?:name|property)="([^"]+)" content="([^"]*)">', craft))
    assert meta["og:title"].startswith("Crew Dragon Endeavour")
    assert meta["og:description"] == meta["description"] != ""
    assert meta["og:url"] == f"{url}/spacecraft/spacecraft/289"
    assert meta["og:image"].startswith("https://")
    assert "og:image" not in get(f"{url}/spacecraft/agencies/63").text  # no license is known
    assert get(f"{url}/-/static-plugins/ll2-mirror/icon.svg").ok


def test_sql_that_runs_long_is_ended(url):
    long = "with recursive n(i) as (select 1 union all select i+1 from n) select sum(i) from n"
    answer = get(f"{url}/spacecraft", params={"sql": long})
    assert answer.status_code == 400
    assert "was stopped after 1,000 ms" in answer.text
    assert long in html.unescape(answer.text)


def test_a_file_that_is_half_a_mirror_says_so(tmp_path):
    db = tmp_path / "spacecraft.db"
    with fake_ll2.running(fake_ll2.bundled()) as upstream:
        sync(db, "--base-url", upstream.base_url)
    with served(db) as url:
        execute(db, "DROP TABLE _walks")
        answer = get(url)
        assert answer.status_code == 503
        assert "lacks a table of a mirror: no such table: _walks" in answer.text
        execute(db, "PRAGMA user_version = 99")
        assert "Another version of ll2-mirror made this file" in get(url).text


@pytest.mark.sampled
def test_each_table_and_view_has_a_page(url):
    for name in sampled((*tables(), *views()), 20):
        answer = get(f"{url}/spacecraft/{name}")
        assert answer.status_code == 200, name
        assert "The Space Devs" in answer.text


@pytest.mark.sampled
def test_each_question_has_a_page(url):
    for one in sampled(questions().values(), 12):
        answer = get(f"{url}/spacecraft/{one.name}", params=one.values)
        assert answer.status_code == 200, one.title
        is_answered = "<tbody>" in answer.text
        assert is_answered or f"{one.needs}</code> fetches" in answer.text, one.title
        assert bool(one.bars and is_answered) == ("<rect" in answer.text), one.title
