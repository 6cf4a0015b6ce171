"""A page: what its links begin and end with, and what is no page."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers import growth
from ll2_mirror.errors import NotAPage
from ll2_mirror.ll2 import page as page_module
from ll2_mirror.ll2.page import API_PATH, API_VERSION, Links, links_of, read_page

# What links_of does, as a sentence: the shortest begin that a path and perhaps a query follow.
LINK = re.compile(r"(.+?)(/2\.3\.0/[^?#]*)(\?.*)?", re.DOTALL)
PIECES = st.sampled_from([API_PATH, "?", "#", "http://h", "x", "/", "\n", "?format=api"])


@given(pieces=st.lists(PIECES, max_size=9))
def test_a_link_is_parted_where_its_path_begins_and_ends(pieces):
    url = "".join(pieces)
    match = LINK.fullmatch(url)
    wanted = Links(match[1], match[3] or "") if match else Links("", "")
    assert links_of([{"url": url}]) == wanted


def test_a_long_link_is_read_in_one_pass():
    def make(size):
        return [{"url": "http://h" + API_PATH * size + "#"}]

    assert growth(links_of, make, 10_000) < 3


def page(**values):
    return json.dumps({"count": 1, "next": None, "previous": None, "results": [{}], **values})


@pytest.mark.parametrize("number", ["1e400", "7" * 400])
def test_a_page_with_a_number_beyond_all_bounds_is_read(number):
    body = page(results=[{"id": 3, "x": 0}]).replace('"x": 0', f'"x": {number}').encode()
    read = read_page(body, 0, 100)
    assert (read.total, read.ids) == (1, [3])


@pytest.mark.parametrize(
    ("body", "cut"), [(page()[:-9], True), ("<html>", False), (page() + "}", False)]
)
def test_what_is_no_json_says_whether_a_part_is_missing(body, cut):
    with pytest.raises(NotAPage, match="not JSON") as refused:
        read_page(body.encode(), 0, 100)
    assert refused.value.heavy is cut


def test_the_version_of_ll2_is_in_one_place():
    """So that the next one is a change of declarations."""
    package = Path(page_module.__file__).parents[1]
    files = (path for path in package.rglob("*.*") if path.suffix in (".py", ".toml", ".sql"))
    assert [path.name for path in files if API_VERSION in path.read_text("utf-8")] == ["page.py"]
