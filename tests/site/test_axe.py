"""What axe finds on the pages: nothing on ours, on Datasette's no more than on its own."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tarfile
from contextlib import contextmanager

import pytest

from helpers import sampled, sync
from ll2_mirror.testing import fake_ll2
from serving import served

PAGES = {
    "front": "/",
    "thing": "/spacecraft/spacecraft/289",
    "launch": "/spacecraft/launches/88b4b179-c4ed-4bd1-868d-ced568a2342a",
    "agency": "/spacecraft/agencies/121",
    "launches": "/spacecraft/launches",
    "images": "/spacecraft/images",
    "table": "/spacecraft/spacecraft",
    "view": "/spacecraft/flights",
    "question": "/spacecraft/who-built-what",
    "SQL": "/spacecraft?sql=select+name+from+spacecraft+limit+:most&most=5",
    "tables": "/spacecraft",
    "search": "/-/search?q=dragon",
    "changes": "/-/changes",
    "map": "/-/map",
    "no page": "/-/nothing",
    "no column": "/spacecraft/spacecraft?_sort=nothing",
    "no SELECT": "/spacecraft?sql=delete+from+spacecraft",
    "API": "/2.3.0/spacecraft/?format=api&limit=3",
    "nothing": "/2.3.0/pads/1/?format=api",
}
DATASETTES = ["/-/index", "/spacecraft/_runs/1", "/-/versions"]
RUN = "axe.run().then(found => found.violations.map(one => [one.id, one.nodes[0].html]))"


@pytest.fixture(scope="module")
def axe(tmp_path_factory):
    """The source of axe, from the package of that name."""
    folder = tmp_path_factory.mktemp("axe")
    if not (npm := shutil.which("npm")):
        pytest.skip("no npm on this machine")
    try:
        subprocess.run([npm, "pack", "axe-core@4"], cwd=folder, check=True, timeout=60)
    except subprocess.SubprocessError:
        pytest.skip("no axe-core to be had")
    with tarfile.open(next(folder.glob("*.tgz"))) as package:
        member = package.extractfile("package/axe.min.js")
        assert member is not None
        return member.read().decode()


@pytest.fixture(scope="module")
def db(tmp_path_factory):
    db = tmp_path_factory.mktemp("axe") / "spacecraft.db"
    with fake_ll2.running(fake_ll2.bundled()) as upstream:
        sync(db, "--mode", "detailed", "--base-url", upstream.base_url)
    return db


@pytest.fixture(scope="module")
def look(chromium, axe):
    """What axe finds on a page, on a desk and on a phone, by day and by night."""
    page = chromium.new_context(bypass_csp=True).new_page()
    page.route(re.compile("^https:"), lambda route: route.abort())

    def found(url):
        page.goto(url)
        page.evaluate(axe)
        wrong = []
        for width, scheme in ((1280, "light"), (390, "dark")):
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)
            wrong += page.evaluate(RUN)
        return wrong

    yield found
    page.context.close()


@pytest.fixture(scope="module")
def url(db):
    with served(db) as url:
        yield url


@contextmanager
def plain(db):
    """Datasette without plugins."""
    code = "import sys; sys._called_from_test = True; from datasette.cli import cli; cli()"
    command = [sys.executable, "-c", code, "serve", str(db), "--port", "0"]
    pipes = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, **pipes, text=True) as server:
        told = filter(None, (re.search(r"http://\S+", line) for line in server.stderr))
        yield next(told)[0]
        server.kill()


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)
def test_nothing_is_wrong_with_a_page_of_ours(look, url, path):
    assert look(f"{url}{path}") == []


@pytest.mark.sampled
def test_datasettes_pages_are_as_they_are_without_us(look, url, db):
    with plain(db) as theirs:
        for path in sampled(DATASETTES, 1):
            known = {rule for rule, _ in look(f"{theirs}{path.replace('/-/index', '/')}")}
            assert {rule for rule, _ in look(f"{url}{path}")} <= known, path
