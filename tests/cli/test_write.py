"""Whom a sync asks: the token goes where the caller means it to, and another server is named."""

from __future__ import annotations

import pytest

from ll2_mirror.extract.client import is_own

TOKEN = "0123456789abcdef-a-secret"
ENVIRONMENT = {"LL2_API_TOKEN": TOKEN}


def sent(upstream):
    """The tokens that a server got since it was asked for them last."""
    found = {headers.get("Authorization") for _, headers in upstream.log}
    upstream.log.clear()
    return found


@pytest.mark.parametrize("command", ["sync", "plan"])
def test_the_environments_token_does_not_go_where_only_a_file_says(synced, run, upstream, command):
    upstream.log.clear()
    done = run(command, synced, env=ENVIRONMENT)
    assert done.code == 0
    assert sent(upstream) == {None}
    told = f"{upstream.base_url} gets no token, as only the file names it: to send it, give --base"
    assert told in done.out
    assert TOKEN not in done.out + done.err


@pytest.mark.parametrize("command", ["sync", "plan"])
def test_with_json_what_is_told_of_the_token_is_no_part_of_it(synced, run, upstream, command):
    done = run(command, synced, "--json", env=ENVIRONMENT)
    assert done.json
    assert "gets no token" in done.err


@pytest.mark.parametrize("command", ["sync", "plan"])
def test_the_token_goes_to_the_server_that_the_command_line_names(synced, run, upstream, command):
    upstream.log.clear()
    for options, env in (
        (["--base-url", upstream.base_url], ENVIRONMENT),
        (["--token", TOKEN], {}),
        (["--token", TOKEN], {"LL2_API_TOKEN": "another"}),
    ):
        done = run(command, synced, *options, env=env)
        assert sent(upstream) == {f"Token {TOKEN}"}
        assert "gets no token" not in done.out + done.err
    run(command, synced, env=ENVIRONMENT)  # which remembers no such word
    assert sent(upstream) == {None}


def test_a_walk_that_a_file_goes_on_with_gets_no_token_either(db, run, upstream):
    record = upstream.records["spacecraft", "normal"][0]
    upstream.records["spacecraft", "normal"] = [{**record, "id": n} for n in range(150)]
    run("sync", db, "--base-url", upstream.base_url, "--max-requests", 1, env=ENVIRONMENT)
    assert sent(upstream) == {f"Token {TOKEN}"}
    assert run("sync", db, env=ENVIRONMENT).code == 0
    assert sent(upstream) == {None}


def test_a_quiet_sync_says_nothing_of_it_until_the_server_refuses(
    synced, run, upstream, monkeypatch
):
    done = run("sync", synced, "--quiet", env=ENVIRONMENT)
    assert (done.code, done.out, done.err) == (0, "", "")
    monkeypatch.setattr(upstream, "answer", lambda *_: (401, {}))
    done = run("sync", synced, "--quiet", env=ENVIRONMENT)
    assert (done.code, done.out) == (69, "")
    assert "it asks for a token, and none was sent: see --token" in done.err


@pytest.mark.parametrize(
    ("base_url", "own"),
    [
        ("https://ll.thespacedevs.com", True),
        ("https://lldev.thespacedevs.com", True),
        ("https://thespacedevs.com:8443/ll2", True),
        ("https://LL.TheSpaceDevs.com", True),
        ("http://ll.thespacedevs.com", False),  # anybody on the way could read the token
        ("https://ll.thespacedevs.com.example.org", False),
        ("https://notthespacedevs.com", False),
        ("https://example.org/ll.thespacedevs.com", False),
        ("http://127.0.0.1:8000", False),
    ],
)
def test_whose_servers_are_ll2s_own(base_url, own):
    assert is_own(base_url) is own


def test_a_sync_names_a_server_that_is_not_ll2s(db, run, upstream):
    first = run("sync", db, "spacecraft", "agencies", "--base-url", upstream.base_url)
    assert [line.endswith(f" s · from {upstream.base_url}") for line in closing(first)] == [
        True
    ] * 2
    assert closing(run("sync", db))[0].endswith(f" · from {upstream.base_url}")


def closing(done):
    """The lines that say what a sync did."""
    return [line for line in done.out.splitlines() if " unchanged, " in line]
