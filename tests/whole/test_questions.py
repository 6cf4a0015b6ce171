"""The questions of docs/questions.md have the answers that stand beside them, asked in any way."""

import asyncio
import html
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
from datasette.app import Datasette

from helpers import cells, rows, sync
from ll2_mirror.ll2.descriptions import before_you_count, questions
from ll2_mirror.ll2.schema import tables, views
from ll2_mirror.testing import fake_ll2

PAGE = (Path(__file__).parents[2] / "docs/questions.md").read_text(encoding="utf-8")
ASKED = PAGE.partition("## How to ask")[0]
ANSWER = re.compile(r"```sql\n(?P<sql>.+?;)\n```\n(?:\n```text\n(?P<answer>.+?)```\n)?", re.S)
ANSWERS = {match["sql"].rstrip(";"): match["answer"] for match in ANSWER.finditer(ASKED)}
ALL = [(one.title, one.sql, ANSWERS[one.sql]) for one in questions().values()]
SQL = {title: sql for title, sql, _ in ALL}
VALUES = {one.title: one.values for one in questions().values()}
NEEDS = {one.title: one.needs for one in questions().values()}
# On which mirror: what any file can answer is asked of two.
CASES = [
    (mode, *one)
    for one in ALL
    for mode in {"": ["normal", "detailed"], "--mode detailed": ["detailed"]}.get(
        NEEDS[one[0]], ["all"]
    )
    if one[2]
]


@pytest.fixture(scope="module")
def mirrors(tmp_path_factory):
    """The bundled sample, by mode, each in a file that is called as on the page."""
    found = {}
    for mode, resources in (
        ("normal", ["spacecraft"]),
        ("detailed", ["spacecraft", "agencies", "spacecraft_configurations"]),
        ("all", dict.fromkeys(name for name, _ in fake_ll2.bundled())),
    ):
        found[mode] = tmp_path_factory.mktemp(mode) / "spacecraft.db"
        asked = ["--mode", "detailed" if mode == "all" else mode]
        with fake_ll2.running(fake_ll2.bundled()) as upstream:
            sync(found[mode], *asked, "--base-url", upstream.base_url, *resources)
    return found


@pytest.fixture
def altered(mirrors, tmp_path):
    """A copy of a mirror, to which a test does what LL2 may do."""

    def alter(mode, sql):
        db = tmp_path / "spacecraft.db"
        shutil.copy(mirrors[mode], db)
        with closing(sqlite3.connect(db)) as conn, conn:
            assert conn.execute(sql).rowcount > 0
        return db

    return alter


def ask(db, *paths):
    """What Datasette answers to each path."""

    async def asked():
        app = Datasette([str(db)])
        return [await app.client.get(path) for path in paths]

    return asyncio.run(asked())


def test_there_are_twenty_questions_and_more():
    titles = [title for title, _, _ in ALL]
    assert len(set(titles)) == len(titles) >= 20
    assert ASKED.count("\n### ") == len(titles)
    assert [title for title in titles if not title.endswith("?")] == []
    assert PAGE.count("```sql") == len(ALL)


def test_only_what_depends_on_the_day_or_isnt_in_the_sample_has_no_answer_beside_it():
    assert [title for title, _, answer in ALL if not answer] == [
        "What changed last week?",
        "How soon did boosters fly again?",
        "How many people were in space in each month?",
        "How long were craft docked at each station?",
        "Which events are upcoming?",
    ]


@pytest.mark.parametrize(
    ("mode", "title", "sql", "answer"), CASES, ids=[f"{case[0]}-{case[1]}" for case in CASES]
)
def test_each_question_has_the_answer_that_is_shown(mode, title, sql, answer, mirrors):
    columns, found = rows(mirrors[mode], sql, VALUES[title])
    assert found
    if answer:
        told = [["" if cell is None else str(cell) for cell in row] for row in found]
        assert cells(answer) == [columns, *told]


@pytest.mark.parametrize("title", [title for title in VALUES if VALUES[title]])
def test_a_question_that_is_pasted_without_values_shows_all(title, mirrors):
    _, found = rows(mirrors["all"], SQL[title], dict.fromkeys(VALUES[title]))
    assert {*rows(mirrors["all"], SQL[title], VALUES[title])[1]} <= {*found}
    assert found or not ANSWERS[SQL[title]]


def test_datasettes_json_has_the_same_answers(mirrors):
    db = mirrors["detailed"]
    asked = [{"sql": sql, "_shape": "array", **VALUES[title]} for title, sql, _ in ALL]
    answers = ask(db, *(f"/spacecraft.json?{urlencode(each)}" for each in asked))
    for (title, sql, _), response in zip(ALL, answers, strict=True):
        assert response.status_code == 200, (title, response.text)
        columns, found = rows(db, sql, VALUES[title])
        assert response.json() == [dict(zip(columns, row, strict=True)) for row in found], title


def test_a_file_that_has_older_views_answers_all_questions(mirrors, tmp_path):
    """As one that is pulled, or can't be written, when a newer version has more views."""
    db = tmp_path / "spacecraft.db"
    shutil.copy(mirrors["all"], db)
    names = [name for name in views() if not name.startswith("_")]
    with closing(sqlite3.connect(db)) as conn, conn:
        for name in views():
            conn.execute(f"DROP VIEW {name}")
        conn.execute("CREATE VIEW flights AS SELECT 1 AS mine")
        conn.execute("CREATE VIEW family_tree AS\n    -- older\nSELECT 1 AS old")
    before = db.read_bytes()
    paths = [
        f"/spacecraft.json?{urlencode({'sql': sql, **VALUES[title]})}" for title, sql, _ in ALL
    ]
    uses_own = [bool(re.search(r"(FROM|JOIN) flights\b", sql)) for _, sql, _ in ALL]
    answers = ask(db, *paths)
    assert [response.status_code == 400 for response in answers] == uses_own
    listing, *pages = ask(db, "/spacecraft", *(f"/spacecraft/{name}.json" for name in names))
    assert all(f'href="/spacecraft/{name}"' in listing.text for name in names)
    rows_of = {name: page.json()["rows"] for name, page in zip(names, pages, strict=True)}
    assert rows_of["flights"] == [[1]]
    assert len(rows_of["launches_overview"]) > 10
    assert len(rows_of["family_tree"]) == 3
    assert db.read_bytes() == before


def test_the_links_of_the_page_lead_somewhere(mirrors):
    links = [urlsplit(link) for link in re.findall(r"http://127\.0\.0\.1:8001[^\s>]*", PAGE)]
    paths = [link._replace(scheme="", netloc="").geturl() for link in links]
    answers = ask(mirrors["detailed"], *paths)
    assert [response.status_code for response in answers] == [200] * 5
    told = [response.json() for response in answers if ".json" in response.url.path]
    assert told == [
        [{"name": "Crew Dragon Freedom", "serial_number": "C212"}],
        [{"name": "Crew Dragon Endeavour"}, {"name": "Crew Dragon Freedom"}],
    ]
    page, facets, row = (response.text for response in answers if ".json" not in response.url.path)
    assert "<textarea" in page
    assert all(name in facets for name in ("Single Use", "Crew Dragon 2", "facets"))
    assert "Crew Dragon Freedom" in row


@pytest.mark.parametrize("line", re.findall(r"^    (sqlite(?:3|-utils) .+)$", PAGE, re.M))
def test_the_commands_of_the_page_run(line, mirrors):
    name, *arguments = shlex.split(line)
    here = Path(sys.executable).with_name(name)
    program = str(here) if here.exists() else shutil.which(name)
    if program is None:
        pytest.skip(f"there is no {name}")
    done = subprocess.run(
        [program, *arguments],
        cwd=mirrors["normal"].parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "Crew Dragon Freedom" in done.stdout
    assert "C212" in done.stdout


def test_a_family_has_what_only_the_families_in_it_list(mirrors, altered):
    sql = SQL["How much has each family flown, with the families in it?"]
    db = altered(
        "normal",
        "DELETE FROM spacecraft_configurations__family WHERE spacecraft_configuration_id = 6"
        " AND spacecraft_configuration_family_id = 6",
    )
    assert rows(db, sql) == rows(mirrors["normal"], sql)


def test_a_type_out_of_use_is_found_by_its_craft_in_space(altered):
    sql = SQL["Which types are in use but never flew, or out of use but in space?"]
    db = altered("normal", "UPDATE spacecraft_configurations SET in_use = 0 WHERE id = 6")
    assert ("Crew Dragon 2", 0, 3, 11, 1) in rows(db, sql)[1]


def test_a_craft_without_a_type_belongs_to_no_family(altered):
    sql = SQL["What is missing from the data?"]
    db = altered("normal", "UPDATE spacecraft SET spacecraft_config_id = NULL WHERE id = 148")
    assert rows(db, sql)[1][0][-1] == 9


def test_time_docked_is_by_station_and_grows_while_it_lasts(altered):
    sql = SQL["How long were craft docked at each station?"]
    dockings = [
        (1, "'2025-01-01T00:00:00Z'", "'2025-01-11T12:00:00Z'", 4),
        (2, "'2025-02-01T00:00:00Z'", "'2025-02-02T00:00:00Z'", 4),
        (3, "strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '-2 days')", "NULL", 18),
        (4, "'2999-01-01T00:00:00Z'", "NULL", 18),
    ]
    values = ", ".join(f"({id_}, '', {at}, {left}, {to})" for id_, at, left, to in dockings)
    columns = "id, url, docking, departure, space_station_target_id"
    db = altered("all", f"INSERT INTO docking_events ({columns}) VALUES {values}")
    assert rows(db, sql)[1] == [
        ("International Space Station", 2, 0, 11.5),
        ("Tiangong space station", 1, 1, 2.0),
    ]


def test_last_week_has_what_was_added_changed_and_went(tmp_path):
    db = tmp_path / "spacecraft.db"
    sql = SQL["What changed last week?"]
    with fake_ll2.running(fake_ll2.bundled()) as upstream:
        sync(db, "--base-url", upstream.base_url)
        listed = upstream.records["spacecraft", "normal"]
        listed[0]["description"] = "not JSON"
        listed.append({**listed[-1], "id": 9999, "name": "Newcomer"})
        sync(db)
        listed[0]["description"] = "nor this"
        sync(db)
        name = listed.pop(0)["name"]
        sync(db)
    assert [row[1:4] for row in rows(db, sql)[1]] == [
        ("added", "Newcomer", ""),
        ("changed", name, "description"),
        ("changed", name, "description"),
        ("gone", name, ""),
    ]
    with closing(sqlite3.connect(db)) as conn, conn:
        conn.execute("UPDATE _runs SET finished = '2020-01-01T00:00:00Z'")
    assert rows(db, sql)[1] == []


def test_what_to_know_before_counting_names_what_is_there_and_is_on_the_site(mirrors):
    section = PAGE.partition("## Before you count\n")[2].partition("\n## ")[0]
    columns = {
        name: {
            column
            for (column,) in rows(mirrors["all"], f"SELECT name FROM pragma_table_info('{name}')")[
                1
            ]
        }
        for name in (*tables(), *views())
    }
    everywhere = {column for names in columns.values() for column in names}
    for table, column in re.findall(r"`(\w+)\.(\w+)`", section):
        assert column in columns[table]
    for name in re.findall(r"`([a-z_]+)`", section):
        lists = [table for table in columns if table.endswith(name)]
        assert name in columns or name in everywhere or lists, name
    page = html.unescape(ask(mirrors["all"], "/spacecraft")[0].text)
    assert all(f"<strong>{what}</strong>{why}" in page for what, why in before_you_count())
    assert len(before_you_count()) == section.count("\n- **")


def test_each_slip_of_a_launch_is_counted(tmp_path):
    db = tmp_path / "spacecraft.db"
    sql = SQL["How often did a launch slip?"]
    with fake_ll2.running(fake_ll2.bundled()) as upstream:
        sync(db, "launches", "--base-url", upstream.base_url)
        launch = upstream.records["launches", "normal"][0]
        for day in (20, 25, 28):
            launch["net"] = f"{launch['net'][:8]}{day:02}T22:35:12Z"
            sync(db)
    [(name, *moves, date)] = rows(db, sql, {"launch": launch["name"]})[1]
    assert (name, moves) == (launch["name"], [2, 1, -2.7])
    assert date == "28 Oct 2025, 22:35 UTC"
