"""What an answer that is no page is told as: what came, and what to do."""

from __future__ import annotations

import pytest

from ll2_mirror.testing.fake_ll2 import FakeLL2

NO_TOKEN = "it asks for a token, and none was sent: see --token"
FIREWALL = "LL2, or a firewall on the way, refuses"
BAD_TOKEN = "the token isn't accepted: see --token"


@pytest.mark.parametrize(
    ("status", "token", "why"),
    [
        (401, None, NO_TOKEN),
        (403, None, FIREWALL),
        (401, "t0ken", BAD_TOKEN),
        (403, "t0ken", BAD_TOKEN),
    ],
)
@pytest.mark.parametrize(
    ("document", "detail"),
    [
        ({"detail": "Not\n for \x1b[31myou."}, "Not for ?[31myou"),
        ({"detail": ["no"]}, "['no']"),
        (b"<html>Blocked by policy</html>", ""),
        (b"", ""),
    ],
)
@pytest.mark.parametrize("command", ["sync", "plan"])
def test_who_refuses_is_told_as_far_as_it_is_known(
    db, run, upstream, monkeypatch, status, token, why, document, detail, command
):
    monkeypatch.setattr(FakeLL2, "answer", lambda *_: (status, document))
    done = run(command, db, "--base-url", upstream.base_url, *(["--token", token] if token else []))
    said = f"status {status} {detail}".strip()
    assert done.code == 69
    assert done.err == f"ll2-mirror: {upstream.base_url}/2.3.0/api-throttle/: {said}: {why}\n"


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (404, "status 404: LL2 isn't there: check --base-url"),
        (302, "status 302: it leads elsewhere: check --base-url"),
        (418, "status 418"),
        (407, "status 407"),
    ],
)
def test_any_other_refusal_names_its_status(db, run, upstream, monkeypatch, status, words):
    monkeypatch.setattr(FakeLL2, "answer", lambda *_: (status, b"<html>"))
    done = run("sync", db, "--base-url", upstream.base_url)
    assert done.code == 69
    assert done.err.endswith(f": {words}\n")
    assert len(upstream.log) == 2  # the limit and one page: none is tried again
