"""The docs name every command, option and module, and their examples run."""

import copy
import json
import re

import click
import pytest
from click.testing import CliRunner

from ll2_mirror.cli.main import main
from ll2_mirror.cli.program import EXIT_CODES
from ll2_mirror.extract import (
    connection,
    missing,
    page_size,
    refusal,
    response,
    retry,
    throttle,
    upstream,
)
from ll2_mirror.query import params, routes
from ll2_mirror.serve import cache, scope, server
from ll2_mirror.store import reading, search
from ll2_mirror.testing import fake as sample
from parts import ROOT, rows, sync

README, COMMANDS, TABLES, HOUSE, API = (
    (ROOT / page).read_text(encoding="utf-8")
    for page in (
        "README.md",
        "docs/commands.md",
        "docs/tables.md",
        "docs/architecture.md",
        "docs/api.md",
    )
)
SECTIONS = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", COMMANDS, re.M | re.S))
ANSWERS = re.findall(r"```sql\n(.*?)```\s+```text\n(.*?)```", README, re.S)


@pytest.fixture(scope="session")
def demo(tmp_path_factory):
    """The file that `ll2-mirror demo` makes."""
    db = tmp_path_factory.mktemp("docs") / "demo.db"
    with sample.running(sample.bundled()) as upstream:
        sync(db, "--base-url", upstream.base_url)
    return db


@pytest.fixture(scope="session")
def lived(tmp_path_factory):
    """A detailed file with a past (something changed, moved, went, was unknown); its last sync."""
    db = tmp_path_factory.mktemp("docs") / "lived.db"
    with sample.running(copy.deepcopy(sample.bundled())) as upstream:
        sync(db, "--mode", "detailed", "--base-url", upstream.base_url, "spacecraft", "agencies")
        listed = upstream.records["spacecraft", "detailed"]
        listed[0]["status"], listed[1]["time_in_space"] = listed[6]["status"], "P9D"
        listed[2]["nickname"] = "x"
        listed.pop()
        return db, sync(db)


def keys(document):
    """The keys of all objects in a document, but those that are data."""
    if isinstance(document, dict):
        inner = [v for key, v in document.items() if key not in ("tables", "from", "to")]
        return set(document) | keys(inner)
    return set().union(*map(keys, document)) if isinstance(document, list) else set()


@pytest.mark.parametrize("name", main.commands)
def test_each_command_is_documented_with_just_its_options(name):
    params = main.commands[name].get_params(click.Context(main.commands[name]))
    options = {option for p in params for option in p.opts if option.startswith("-")}
    cells = " ".join(re.findall(r"^\| (`-.*?) \|", SECTIONS[name], re.M))
    assert set(re.findall(r"(?<=`)--?[a-z-]+", cells)) == options
    assert f"`ll2-mirror {name} " in README
    assert [option for option in options if f"`{option}" not in README] == []


@pytest.mark.parametrize("name", ["sync", "status", "verify", "changes", "publish", "pull"])
def test_each_key_of_the_json_is_documented(name, lived, tmp_path):
    (db, document), out = lived, tmp_path / "out"
    if name in ("publish", "pull"):
        ends = {"publish": (db, out), "pull": (db, out.with_name("other.db"))}[name]
        document = json.loads(CliRunner().invoke(main, [name, *map(str, ends), "--json"]).stdout)
        document.pop("resources", None)  # whose keys are data
    elif name != "sync":
        document = json.loads(CliRunner().invoke(main, [name, str(db), "--json"]).stdout)
    assert [key for key in keys(document) if f"`{key}`" not in SECTIONS[name]] == []


@pytest.mark.parametrize("sql", re.findall(r"```sql\n(.*?)```", TABLES, re.S))
def test_each_query_has_an_answer(sql, lived):
    assert rows(lived[0], sql)[1]


@pytest.mark.parametrize(("sql", "answer"), ANSWERS)
def test_the_answers_of_the_readme_are_those_of_the_sample(sql, answer, demo):
    head, rule, *lines = answer.splitlines()
    spans = [match.span() for match in re.finditer("-+", rule)]  # where the cells are
    told = [[line[start:end].strip() for start, end in spans] for line in (head, *lines)]
    columns, found = rows(demo, sql)
    assert told == [
        columns,
        *(["" if cell is None else str(cell) for cell in row] for row in found),
    ]
    assert found


def test_each_query_of_the_readme_has_its_answer_beside_it():
    assert len(ANSWERS) == README.count("```sql") > 0


def test_each_row_about_upstream_has_its_tests():
    rows = re.findall(r"^\| [^|]+ \| [^|]+ \| [^|]+ \| ([^|]+) \|$", API, re.M)[2:]
    assert len(rows) > 40
    source = "".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    there = set(re.findall(r"^def (test_\w+)", source, re.M))
    for row in rows:
        named = re.findall(r"`(test_\w+)`", row)
        assert named, row
        assert [name for name in named if name not in there] == []


def test_the_limits_are_those_of_the_program():
    said = re.sub(r"\s+", " ", (ROOT / "docs/limits.md").read_text("utf-8"))
    for row in (
        f"| a page, as sent and unpacked | {response.MAX_BODY // 2**20} MiB |",
        f"| JSON values in a page | {response.MAX_VALUES:,} |",
        f"| an answer that is no page | {response.MAX_WORDS // 2**10} KiB",
        f"before an answer | {connection._EARLY} |",
        f"| `--timeout`, {upstream.TIMEOUT:.0f} seconds by default |",
        f"| tries of one page | {retry.TRIES},",
        f"within one sync | {refusal.PATIENCE / 60:.0f} minutes;",
        f"until another sync may ask again | {throttle.LONGEST / 3600:.0f} hours |",
        f"one request every {throttle.LONGEST / 3600:.0f} hours",
        f"that a walk didn't meet | {upstream.MAX_PROBES} in one sync",
        f"| records in a page | {', '.join(map(str, page_size.LIMITS[:1]))};",
        f"in one sync | {missing.SHRINK_SHARE:.0%}, or {missing.SHRINK_COUNT} if".replace(
            "%", " %"
        ),
        f"| a URL, its path with its query | {routes.MOST_URL // 2**10} KiB, else 414 |",
        f"| parameters in it | {params._MOST_FIELDS:,}, else 400 |",
        f"| a Host header | {scope._LONGEST_HOST} characters, else 400",
        f"| records in a response | {params.MOST_LIMIT} |",
        f"is asked for {search._MOST_PHRASES} of them,",
        f"and for {search._LONGEST} characters of each",
        f"| reading for one response | {reading.READ_SECONDS:.0f} seconds, else 503",
        f"| responses that are kept in memory | {cache.MOST_BYTES // 2**20} MiB,",
        f"when `serve` is ended | {server._LAST_SECONDS} seconds |",
    ):
        assert row in said, row


def test_the_man_page_is_made_from_the_help():
    page = (ROOT / "docs" / "ll2-mirror.1").read_text(encoding="utf-8")
    words = " ".join(page.replace("\\-", "-").replace("\\e", "\\").split())
    for name, command in main.commands.items():
        assert f".SS {name} " in words
        assert " .PP ".join(" ".join(part.split()) for part in command.help.split("\n\n")) in words
        for option in (one for one in command.params if isinstance(one, click.Option)):
            assert re.search(rf"\.B {'.*, '.join(option.opts)}\b", words), option.opts
            assert " ".join(option.help.split()) in words
    for code, told in EXIT_CODES.items():
        assert f".B {code} {told}" in words
