"""Error pages where a user changes what is shown, and where we are to blame."""

from __future__ import annotations

import asyncio

from datasette.app import Datasette


def test_a_fault_of_ours_is_a_page_and_a_line_in_the_log(synced, monkeypatch, capsys):
    monkeypatch.setattr("ll2_mirror.site.pages.recent_changes", lambda rows: 1 / 0)
    answer = asyncio.run(Datasette([str(synced)]).client.get("/-/changes"))
    assert answer.status_code == 500
    assert "its log has the details" in answer.text
    assert "ZeroDivisionError" not in answer.text
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_a_users_own_template_for_errors_comes_first(synced, tmp_path):
    (tmp_path / "404.html").write_text("own: {{ error }}")
    app = Datasette([str(synced)], template_dir=str(tmp_path))
    assert asyncio.run(app.client.get("/-/nothing")).text == "own: Database not found"
