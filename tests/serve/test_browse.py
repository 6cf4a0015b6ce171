"""The browsable pages, looked at in a real Chromium."""

from __future__ import annotations

import copy
import json
import re
import struct
import zlib

import pytest
import requests
from click.testing import CliRunner
from playwright.sync_api import expect

from ll2_mirror.cli.main import main
from ll2_mirror.ll2.lists import MODES, RESOURCES
from ll2_mirror.testing import fake as sample
from serving import LIST, served

EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&amp;"


def png() -> bytes:
    """A picture: one red pixel."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    head = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    pixel = zlib.compress(b"\0\xff\0\0")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixel) + chunk(b"IEND", b"")


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    """A served file in which one craft is called by a script, and one has no picture."""
    db = tmp_path_factory.mktemp("pages") / "spacecraft.db"
    records = copy.deepcopy(sample.bundled())
    for mode in ("normal", "detailed"):
        first, second, *_ = records["spacecraft", mode]
        first |= {
            "name": EVIL,
            "serial_number": "javascript:alert(3)",
            "description": "a\u2028b</pre>",
        }
        second["image"] = None
    with sample.running(records) as upstream:
        names = ("spacecraft", "agencies", "spacecraft_configurations")
        options = ("--mode", "detailed", "--base-url", upstream.base_url)
        assert CliRunner().invoke(main, ["sync", str(db), *names, *options]).exit_code == 0
    with served(db) as url:
        yield url


@pytest.fixture(params=[1280, 390], ids=["desktop", "phone"])
def page(request, chromium, url):
    """A page that asks only the served file; pictures from elsewhere are a red pixel."""
    page = chromium.new_page(viewport={"width": request.param, "height": 900})
    wrong = []
    page.on("dialog", lambda dialog: (wrong.append(dialog.message), dialog.dismiss()))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on(
        "console",
        lambda message: "Content Security" in message.text and wrong.append(message.text),
    )
    page.route(
        lambda asked: not asked.startswith(url),
        lambda route: route.fulfill(body=png(), content_type="image/png"),
    )
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
    shown = page.locator("pre").text_content()
    assert json.loads(shown.replace("format=api", "format=json")) == body.json()
    assert shown == json.dumps(json.loads(shown), indent=4, ensure_ascii=False).replace(
        "\u2028", "\\u2028"
    )
    expect(page.locator(".status")).to_contain_text(f"HTTP {status}")
    expect(page.locator(".request")).to_contain_text(f"GET {path}{query}")
    assert fits(page)


@pytest.mark.parametrize("name", ["spacecraft", "agencies", "spacecraft_configurations"])
def test_the_help_says_what_can_be_asked(page, url, name):
    resource = RESOURCES[name]
    page.goto(f"{url}/2.3.0/{name}/?format=api")
    page.locator("summary", has_text="Help").click()
    told = page.locator("details", has_text="Help").inner_text()
    asked = [*(one.name for one in resource.filters), *resource.search, *resource.orderings]
    assert [word for word in (*asked, *resource.modes, "limit", "offset") if word not in told] == []
    assert fits(page)
    links = (
        page.locator("details", has_text="Help")
        .locator("a")
        .evaluate_all("all => all.map(a => a.href)")
    )
    assert len(links) >= 5
    assert {requests.get(link, timeout=20).status_code for link in links} == {200}


@pytest.mark.parametrize(
    ("name", "modes"), [("agencies", list(MODES)), ("spacecraft", list(MODES[1:]))]
)
def test_the_form_has_the_modes_of_the_list_and_chooses_normal(page, url, name, modes):
    page.goto(f"{url}/2.3.0/{name}/?format=api")
    page.locator("summary", has_text="Search and filter").click()
    field = page.get_by_label("Mode", exact=True)
    assert field.locator("option").all_inner_texts() == modes
    expect(field).to_have_value("normal")
    field.select_option(modes[0])
    page.get_by_role("button", name="Show").click()
    expect(page.locator("pre")).to_contain_text(f'"response_mode": "{modes[0]}"')


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


def test_the_form_filters_searches_and_orders(page, url):
    page.goto(f"{url}{LIST}?format=api")
    page.locator("summary", has_text="Search and filter").click()
    page.get_by_label("Search", exact=True).fill("dragon")
    page.get_by_label("In space", exact=True).select_option("no")
    page.get_by_label("Status", exact=True).select_option("Active")
    page.get_by_label("Order", exact=True).select_option("flights count ↓")
    assert fits(page)
    page.get_by_role("button", name="Show").click()
    expect(page.locator(".bar p")).to_have_text("1–2 of 2")
    found = json.loads(page.locator("pre").text_content())["results"]
    assert [record["id"] for record in found] == [289, 452]
    expect(page.get_by_label("Search", exact=True)).to_have_value("dragon")
    expect(page.get_by_label("Order", exact=True)).to_have_value("-flights_count")
    page.get_by_role("link", name="Start over").click()
    expect(page.locator(".bar")).to_contain_text("of 21")


def test_each_craft_that_has_a_picture_shows_it(page, url):
    page.goto(f"{url}{LIST}?format=api&limit=5")
    expect(page.locator(".pictures li")).to_have_count(4)  # one has none
    page.locator(".pictures img").last.scroll_into_view_if_needed()
    page.wait_for_function("[...document.images].every(image => image.naturalWidth > 0)")
    page.locator(".pictures a").last.click()
    expect(page.locator(".pictures.one img")).to_have_count(1)
    page.goto(f"{url}{LIST}289/?format=api")
    expect(page.locator(".pictures small")).to_have_text("NASA · NASA Image and Media Guidelines")


def test_what_is_stored_and_what_is_sent_is_never_markup(page, url):
    page.goto(f"{url}{LIST}?format=api&limit=1")
    assert json.loads(page.locator("pre").text_content())["results"][0]["name"] == EVIL
    assert page.locator("a[href^='javascript']").count() == 0
    page.goto(f"{url}{LIST}?format=api&search=%22%3E%3Cscript%3Ealert(4)%3C/script%3E&x=%3Cb%3E")
    expect(page.get_by_label("Search", exact=True)).to_have_value('"><script>alert(4)</script>')


def test_a_browser_gets_the_page_and_a_program_json(page, url):
    page.goto(f"{url}{LIST}")
    expect(page.locator("h1")).to_have_text("Spacecraft List")
    page.get_by_role("link", name="The same as plain JSON").click()
    assert "format=json" in page.url
    assert requests.get(f"{url}{LIST}", timeout=20).headers["Content-Type"] == "application/json"
