"""Makes the pictures of the docs: the site on the bundled sample, on a desk and on a phone.

Pictures of the sample are on LL2's servers, which are not asked: a drawn one stands for each.
"""

from __future__ import annotations

import os
import shutil
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlencode

from click.testing import CliRunner
from playwright.sync_api import Browser, Route, sync_playwright
from tool import SCRIPT, serving

from ll2_mirror.cli.main import main as ll2_mirror
from ll2_mirror.testing import fake_ll2

FOLDER = Path(__file__).parents[1] / "docs" / "pictures"
SQL = """\
SELECT name, serial_number, configuration, agency, flights, days_in_space
FROM spacecraft_overview
WHERE days_in_space > 0
ORDER BY days_in_space DESC"""
PAGES = {
    "front": "/",
    "launch": "/spacecraft/launches/88b4b179-c4ed-4bd1-868d-ced568a2342a",
    "table": "/spacecraft/spacecraft?_sort_desc=time_in_space_seconds",
    "question": "/spacecraft/who-built-what",
    "sql": f"/spacecraft?{urlencode({'sql': SQL})}",
}
WIDTHS = {"": 1280, "-phone": 390}
SKY = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="640" height="480"><defs><radialGradient id="g">'
    '<stop offset="0" stop-color="hsl({hue},30%,60%)"/><stop offset="1" stop-color="hsl({hue},40%,'
    '15%)"/></radialGradient></defs><rect width="640" height="480" fill="#0b1020"/>'
    '<circle cx="320" cy="400" r="300" fill="url(#g)"/></svg>'
)


def drawn(route: Route) -> None:
    """A picture instead of one that isn't here."""
    hue = sha256(route.request.url.encode()).digest()[0]
    route.fulfill(body=SKY.format(hue=hue), content_type="image/svg+xml")


def take(browser: Browser, url: str) -> None:
    """Takes a picture of each page at each width."""
    for end, width in WIDTHS.items():
        page = browser.new_page(viewport={"width": width, "height": 860})
        page.route(lambda asked: not asked.startswith(url), drawn)
        for name, path in PAGES.items():
            page.goto(f"{url}{path}", wait_until="networkidle")
            page.screenshot(path=FOLDER / f"{name}{end}.png")
        page.close()


def main() -> None:
    """Makes them all."""
    FOLDER.mkdir(exist_ok=True)
    flags = ["--disable-gpu", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    records = fake_ll2.bundled()
    with TemporaryDirectory() as folder, fake_ll2.running(records) as upstream:
        db = f"{folder}/spacecraft.db"
        names = dict.fromkeys(name for name, _ in records)
        arguments = ["sync", db, *names, "--mode", "detailed", "--base-url", upstream.base_url]
        done = CliRunner().invoke(ll2_mirror, arguments)
        assert done.exit_code == 0, done.output
        with serving(SCRIPT, "serve", db, "--port", "0") as port, sync_playwright() as playwright:
            chromium = shutil.which("chromium")
            browser = playwright.chromium.launch(executable_path=chromium, args=flags)
            take(browser, f"http://127.0.0.1:{port}")
            browser.close()


if __name__ == "__main__":
    main()
