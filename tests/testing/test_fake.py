"""The fake LL2, asked over HTTP."""

from __future__ import annotations

import pytest
import requests


@pytest.mark.parametrize(
    ("place", "mode"),
    [
        ("agencies/?mode=list", "list"),
        ("agencies/?mode=normal", "normal"),
        ("agencies/?mode=detailed", "detailed"),
        ("agencies/", "normal"),
        ("agencies/?mode=LIST", "normal"),
        ("spacecraft/?mode=list", "normal"),
        ("spacecraft_configurations/?mode=list", "normal"),
    ],
)
def test_a_list_has_the_modes_of_ll2(upstream, place, mode):
    found = requests.get(f"{upstream.base_url}/2.3.0/{place}", timeout=20).json()["results"]
    assert {record["response_mode"] for record in found} == {mode}


@pytest.mark.parametrize("place", ["agencies/44/", "agencies/44/?mode=list"])
def test_a_record_alone_is_detailed(upstream, place):
    found = requests.get(f"{upstream.base_url}/2.3.0/{place}", timeout=20).json()
    assert found["response_mode"] == "detailed"


@pytest.mark.parametrize("place", ["launches/", "agencies/9/", "agencies", "x/"])
def test_what_it_has_not_is_not_found(upstream, place):
    answer = requests.get(f"{upstream.base_url}/2.3.0/{place}", timeout=20)
    assert (answer.status_code, answer.json()) == (404, {"detail": "Not found."})
