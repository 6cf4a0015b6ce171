"""Plugins of others beside the site: charts, a map, and a search at the address of ours."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from playwright.sync_api import expect

from helpers import sync
from ll2_mirror.testing import fake_ll2
from serving import served

PLUGINS = ["datasette-vega", "datasette-cluster-map", "datasette-leaflet", "datasette-search-all"]


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    """A served file, with the plugins; they aren't installed for all tests, as they add scripts."""
    folder = tmp_path_factory.mktemp("plugins")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target"]
    if subprocess.run([*command, folder / "site", *PLUGINS], capture_output=True).returncode:
        pytest.skip("no plugins to be had")
    db = folder / "ll2.db"
    with fake_ll2.running(fake_ll2.bundled()) as upstream:
        sync(db, "spacecraft", "pads", "--base-url", upstream.base_url)
    with served(db, within=["env", f"PYTHONPATH={folder / 'site'}"]) as url:
        yield url


@pytest.fixture
def page(chromium, url):
    page = chromium.new_page()
    page.route(lambda asked: not asked.startswith(url), lambda route: route.abort())
    yield page
    page.close()


@pytest.mark.parametrize(
    "path", ["/ll2/spacecraft", "/ll2/spacecraft_overview", "/ll2/who-built-what"]
)
def test_vega_draws_charts(page, url, path):
    page.goto(f"{url}{path}")
    page.get_by_role("button", name=re.compile("charting options")).click()
    expect(page.locator("#vis-tool, form").filter(has_text="X column")).to_be_visible()


def test_cluster_map_draws_a_map(page, url):
    page.goto(f"{url}/ll2/pads")
    expect(page.locator(".leaflet-container")).to_be_visible()
    expect(page.locator(".leaflet-marker-icon").first).to_be_attached()


def test_search_all_is_beside_our_search(page, url):
    page.goto(f"{url}/-/search?q=soyuz")
    expect(page.locator("h1")).to_have_text("Search all tables")
    page.goto(f"{url}/ll2/pads")
    page.get_by_label("Search everything by name").fill("soyuz 3")
    page.get_by_role("search").get_by_role("button").click()
    expect(page.locator("h1")).to_have_text("Results for “soyuz 3”")
