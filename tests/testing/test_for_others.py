"""The fake LL2 for the tests of other programs: the pytest plugin, the command, faults by name."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import entry_points

import pytest
import requests

from helpers import PROGRAM, ROOT, START, TestClock
from ll2_mirror.testing.fake_ll2 import answering
from ll2_mirror.testing.mirror_ll2 import MirrorLL2


def test_the_example_of_the_docs_runs_in_a_project_of_its_own(tmp_path):
    client, tests = re.findall(
        r"```python\n(.*?)```", (ROOT / "docs/testing.md").read_text(encoding="utf-8"), re.S
    )
    (tmp_path / "launches.py").write_text(client)
    (tmp_path / "test_launches.py").write_text(tests)
    command = [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert "5 passed" in done.stdout, done.stdout


def test_the_plugin_is_found_by_pytest_and_loads_nothing_of_the_program():
    [plugin] = [one for one in entry_points(group="pytest11") if one.name == "ll2_mirror"]
    script = (
        "import pytest, sys; before = set(sys.modules);"
        f" import {plugin.value}; print(sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    package = ["ll2_mirror", "ll2_mirror.testing", plugin.value]
    assert done.stdout == f"{package}\n"


@pytest.mark.parametrize(
    ("fault", "raises"),
    [
        ("cut", requests.exceptions.ChunkedEncodingError),
        ("hang", requests.exceptions.ReadTimeout),
        ("close", requests.exceptions.ConnectionError),
    ],
)
def test_a_fault_is_set_and_ended_over_http(upstream, fault, raises):
    url, post = f"{upstream.base_url}/2.3.0/spacecraft/", requests.post
    assert post(f"{upstream.base_url}/-/breaks?fault={fault}", timeout=20).ok
    with pytest.raises(raises):
        requests.get(url, timeout=0.3)
    assert post(f"{upstream.base_url}/-/heals", timeout=20).ok
    assert requests.get(url, timeout=20).ok


@pytest.mark.parametrize(
    "wrong", ["/", "/-/", "/-/breaks", "/-/breaks?fault=9", "/-/breaks?fault=x", "/-/others"]
)
def test_a_plan_that_is_none_is_refused_with_those_that_are(upstream, wrong):
    response = requests.post(upstream.base_url + wrong, data="body", timeout=20)
    assert (response.status_code, "/-/breaks?fault=" in response.text) == (400, True)


def test_a_mirror_is_served_with_ll2s_limit(detailed):
    clock = TestClock(START)
    with answering(MirrorLL2(detailed, clock, 2)) as ll2:
        url = f"{ll2.base_url}/2.3.0/spacecraft/"
        found = requests.get(f"{url}?search=dragon&limit=1", timeout=20).json()
        assert found["next"].startswith(url)
        assert requests.get(f"{ll2.base_url}/2.3.0/pads/", timeout=20).status_code == 501
        refused = requests.get(url, timeout=20)
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "3600")
        requests.post(f"{ll2.base_url}/-/clock?seconds=3600", timeout=20)
        assert requests.get(f"{url}148/", timeout=20).json()["id"] == 148


def test_the_command_serves_the_sample_until_it_is_ended(run):
    command = [*PROGRAM, "fake", "--port", "0", "--limit", "1"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        try:
            [base] = re.findall(r"http://[\d.:]+", server.stderr.readline())
            url = f"{base}/2.3.0/launches/"
            statuses = [requests.get(url, timeout=20).status_code for _ in range(2)]
            taken = run("fake", "--port", base.rpartition(":")[2])
        finally:
            server.terminate()
        assert server.wait(timeout=20) == 0
    assert statuses == [200, 429]
    assert (taken.code, "can't listen at 127.0.0.1, port" in taken.err) == (2, True)


@pytest.mark.parametrize("wrong", [["nothing.db"], ["--now", "x"], ["--limit", "0"]])
def test_what_the_command_cannot_serve_is_said_in_one_line(run, wrong):
    refused = run("fake", *wrong)
    assert (refused.code, refused.err.count("\n")) == (2, 1)
