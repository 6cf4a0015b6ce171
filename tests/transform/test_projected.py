"""A record read from its own text in a poorer mode is what LL2 sends in that mode."""

from __future__ import annotations

import pytest

from ll2_mirror.errors import NotInMirror
from ll2_mirror.ll2.json import text
from ll2_mirror.ll2.lists import RESOURCES
from ll2_mirror.ll2.page import links_of
from ll2_mirror.testing.fake_ll2 import bundled
from ll2_mirror.transform.render import projected

HERE = ("http://h", "?format=api")  # what stands around the path of each link
BUNDLED = bundled()


def in_mode(name, mode, record, other, ends=HERE):
    modes = RESOURCES[name].modes
    return text(projected(modes[mode], record, modes[other], ends))


@pytest.mark.parametrize("name", ["launches", "agencies", "spacecraft_configurations"])
def test_a_poorer_mode_is_what_ll2_sends(name):
    poor = {record["id"]: record for record in BUNDLED[name, "normal"]}
    rich = [record for record in BUNDLED[name, "detailed"] if record["id"] in poor]
    assert rich
    for record in rich:
        sent = in_mode(name, "normal", poor[record["id"]], "normal")
        assert in_mode(name, "detailed", record, "normal") == sent


@pytest.mark.parametrize("name", ["launches", "spacecraft"])
def test_links_lead_where_the_client_asked_and_nothing_else_changes(name):
    for record in BUNDLED[name, "detailed"]:
        sent = {**record, "unknown": [1, {"name": "?"}]}
        links = links_of([sent])
        assert in_mode(name, "detailed", sent, "detailed", links) == text(sent)
        here = in_mode(name, "detailed", sent, "detailed")
        assert here.count(f"{HERE[0]}/2.3.0/") == text(sent).count(f"{links.base}/2.3.0/") > 0
        assert links.base not in here


def test_a_richer_mode_than_the_text_has_is_refused():
    with pytest.raises(NotInMirror, match="was only received as LaunchNormal"):
        in_mode("launches", "normal", BUNDLED["launches", "normal"][0], "detailed")
