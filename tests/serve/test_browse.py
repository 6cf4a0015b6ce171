"""The browsable pages, looked at in a real Chromium."""

from __future__ import annotations

import json
import re

import pytest
import requests
from click.testing import CliRunner
from playwright.sync_api import expect

from helpers import SOAK
from ll2_mirror.cli.main import main
from ll2_mirror.ll2.lists import RESOURCES
from ll2_mirror.testing import fake_ll2
from serving import LIST, served

EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&amp;"


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    """A served file in which one craft is called by a script, and one has no picture."""
    db = tmp_path_factory.mktemp("pages") / "spacecraft.db"
    records = fake_ll2.bundled()
    for mode in ("normal", "detailed"):
        first, second, *_ = records["spacecraft", mode]
        first |= {
            "name": EVIL,
            "serial_number": "javascript:alert(3)",
            "description": "a\u2028b</pre>",
        }
        second["image"] = None
    with fake_ll2.running(records) as upstream:
        names = ("spacecraft", "agencies", "spacecraft_configurations")
        options = ("--mode", "detailed", "--base-url", upstream.base_url)
        assert CliRunner().invoke(main, ["sync", str(db), *names, *options]).exit_code == 0
    with served(db) as url:
        yield url


@pytest.fixture(params=[390, 1280] if SOAK else [390], ids="width {}".format)
def page(request, chromium, url):
    """A page that requests only what is served."""
    page = chromium.new_page(viewport={"width": request.param, "height": 900})
    wrong = []
    page.on("dialog", lambda dialog: (wrong.append(dialog.message), dialog.dismiss()))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on(
        "console",
        lambda message: "Content Security" in message.text and wrong.append(message.text),
    )
    page.route(lambda asked: not asked.startswith(url), lambda route: route.abort())
    yield page
    assert wrong == []
    assert page.locator("script").count() == 0
    page.close()


def fits(page) -> bool:
    """Whether nothing sticks out at the side."""
    return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.parametrize(
    ("path", "status", "title"),
    [
        ("/2.3.0/", 200, "Api Root"),
        (LIST, 200, "Spacecraft List"),
        (f"{LIST}201/", 200, "Spacecraft Instance"),
        ("/2.3.0/agencies/44/", 200, "Agencies Instance"),
        ("/2.3.0/spacecraft_configurations/?search=dragon", 200, "Spacecraft Configurations List"),
        ("/2.3.0/api-throttle/", 200, "Api Throttle"),
        (f"{LIST}?search=nosuchcraft", 200, "Spacecraft List"),
        (f"{LIST}?status=abc", 400, "Spacecraft"),
        (f"{LIST}999999/", 404, "Spacecraft"),
        ("/2.3.0/launches/", 501, "Launches"),
    ],
)
def test_a_page_shows_the_answer_and_fits(page, url, path, status, title):
    query = "&format=api" if "?" in path else "?format=api"
    response = page.goto(f"{url}{path}{query}")
    assert response.status == status
    expect(page.locator("h1")).to_contain_text(title)
    body = requests.get(f"{url}{path}{query}".replace("format=api", "format=json"), timeout=20)
    shown, age = page.locator("pre").text_content(), r'"age_seconds": ?\d+'
    as_json = re.sub(age, "", shown.replace("format=api", "format=json"))
    assert "".join(as_json.split()) == "".join(re.sub(age, "", body.text).split())
    assert shown == json.dumps(json.loads(shown), indent=4, ensure_ascii=False).replace(
        "\u2028", "\\u2028"
    )
    expect(page.locator(".status")).to_contain_text(f"HTTP {status}")
    expect(page.locator(".request")).to_contain_text(f"GET {path}{query}")
    assert fits(page)


@pytest.mark.parametrize("name", ["spacecraft", "agencies", "spacecraft_configurations"])
def test_the_page_names_the_parameters(page, url, name):
    resource = RESOURCES[name]
    page.goto(f"{url}/2.3.0/{name}/?format=api")
    page.locator("summary", has_text="Parameters").click()
    text = page.locator("details").inner_text()
    words = [*(one.name for one in resource.filters), *resource.search, *resource.orderings]
    assert [word for word in (*words, *resource.modes, "limit", "offset") if word not in text] == []
    assert fits(page)


def test_links_lead_from_page_to_page(page, url):
    page.goto(f"{url}{LIST}?format=api")
    expect(page.locator(".bar")).to_contain_text("1–10 of 21")
    page.get_by_role("link", name="Next").click()
    expect(page.locator(".bar")).to_contain_text("11–20 of 21")
    page.locator("pre a", has_text=re.compile("/spacecraft/496/")).first.click()
    expect(page.locator("pre")).to_contain_text('"Soyuz 7K-T No.33A"')
    page.get_by_role("link", name="Spacecraft List").click()
    expect(page.locator(".bar")).to_contain_text("1–10 of 21")
    page.get_by_role("link", name="Api Root").click()
    page.locator("pre a", has_text="/agencies/").click()
    expect(page.locator("h1")).to_have_text("Agencies List")
    assert "format=api" in page.url


def test_what_is_stored_and_what_is_sent_is_never_markup(page, url):
    page.goto(f"{url}{LIST}?format=api&limit=1")
    assert json.loads(page.locator("pre").text_content())["results"][0]["name"] == EVIL
    assert page.locator("a[href^='javascript']").count() == 0
    page.goto(f"{url}{LIST}?format=api&search=%22%3E%3Cscript%3Ealert(4)%3C/script%3E&x=%3Cb%3E")
    expect(page.locator(".request")).to_contain_text("search=%22%3E%3Cscript%3Ealert(4)")


def test_the_page_leads_to_the_site_and_has_its_style(page, url):
    of_the_api = f"{url}{LIST}?format=api&limit=1"
    page.goto(of_the_api)
    assert (
        page.evaluate("getComputedStyle(document.querySelector('.json pre')).borderWidth") == "0px"
    )
    page.get_by_role("link", name="View on the site").click()
    expect(page.locator("h1")).to_have_text("Spacecraft")
    page.goto(of_the_api)
    page.get_by_label("Search everything by name").fill("dragon")
    page.get_by_role("button", name="Search").click()
    assert page.url == f"{url}/-/find?q=dragon"
    page.goto(of_the_api)
    page.get_by_role("link", name="Questions").click()
    assert page.url == f"{url}/spacecraft#questions"


def test_a_browser_gets_the_page_and_a_program_json(page, url):
    page.goto(f"{url}{LIST}")
    expect(page.locator("h1")).to_have_text("Spacecraft List")
    page.get_by_role("link", name="JSON").click()
    assert "format=json" in page.url
    assert requests.get(f"{url}{LIST}", timeout=20).headers["Content-Type"] == "application/json"
