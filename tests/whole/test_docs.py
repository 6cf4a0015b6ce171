"""The docs name every command, option, key and message; their links lead on, their examples run."""

from __future__ import annotations

import ast
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

import ll2_mirror
import ll2_mirror.errors
from helpers import PROGRAM, ROOT, cells, execute, rows, sync
from ll2_mirror.api import request
from ll2_mirror.cli.main import EXIT_CODES, main
from ll2_mirror.cli.options import TIMEOUT
from ll2_mirror.extract import (
    client,
    deletions,
    network,
    rate_limit,
    upstream,
)
from ll2_mirror.images import fetch
from ll2_mirror.images.folder import AGAIN
from ll2_mirror.ll2 import page as ll2_page
from ll2_mirror.progress import EVENTS
from ll2_mirror.serve import asgi, responses, server
from ll2_mirror.share.download import MAX_REDIRECTS, SLOWEST
from ll2_mirror.store import reader as store_reader
from ll2_mirror.store import search
from ll2_mirror.testing import fake_ll2

PAGES = {
    str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
    for path in (
        *(ROOT / f"{name}.md" for name in ("README", "CHANGELOG", "CONTRIBUTING", "SECURITY")),
        *ROOT.glob("docs/*.md"),
        ROOT / "data" / "README.md",
    )
}
README, COMMANDS, TABLES, TERMS, LIMITS, SERVER, TROUBLE = (
    PAGES[name]
    for name in (
        "README.md",
        *(f"docs/{name}.md" for name in ("commands", "tables", "terms", "limits")),
        *("docs/server.md", "docs/troubleshooting.md"),
    )
)
ANSWERS = re.findall(r"```sql\n(.*?)```\s+```text\n(.*?)```", README, re.S)
LINK = re.compile(r"(?<!`)\[[^\]]+\]\(([^)\s]+)\)")


def sections(page):
    """The parts of a page below its headings of the second level, by their first word."""
    return dict(re.findall(r"^## (\S+)[^\n]*\n(.*?)(?=^## |\Z)", page, re.M | re.S))


def prose(page):
    """A page without its blocks of code."""
    return re.sub(r"^```.*?^```", "", page, flags=re.M | re.S)


def anchors(page):
    """What links can lead to within a page, as GitHub names its headings."""
    heads = re.findall(r"^#+ (.+)$", prose(page), re.M)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.fixture(scope="session")
def demo(tmp_path_factory):
    """The file that `ll2-mirror demo` makes."""
    db = tmp_path_factory.mktemp("docs") / "demo.db"
    with fake_ll2.running(fake_ll2.bundled()) as upstream:
        sync(db, "--base-url", upstream.base_url)
    return db


@pytest.fixture(scope="session")
def lived(tmp_path_factory):
    """A detailed file with a past (something changed, moved, went, was unknown); its last sync."""
    db = tmp_path_factory.mktemp("docs") / "lived.db"
    with fake_ll2.running(fake_ll2.bundled()) as upstream:
        sync(db, "--mode", "detailed", "--base-url", upstream.base_url, "spacecraft", "agencies")
        listed = upstream.records["spacecraft", "detailed"]
        listed[0]["status"], listed[1]["time_in_space"] = listed[6]["status"], "P9D"
        listed[2]["nickname"] = "x"
        listed.pop()
        return db, sync(db)


# Commands, options, keys


@pytest.mark.parametrize("name", main.commands)
def test_each_command_is_documented_with_just_its_options(name):
    known = main.commands[name].get_params(click.Context(main.commands[name]))
    options = {
        option for p in known for option in (*p.opts, *p.secondary_opts) if option.startswith("-")
    }
    section = sections(COMMANDS)[name]
    cells = " ".join(re.findall(r"^- ((?:`-[^`]+`(?:, )?)+)", section, re.M))
    # Said of all at the top of the page.
    assert set(re.findall(r"(?<=`)--?[a-z-]+", cells)) == options - {"--help", "-h"}
    assert "`--help` or `-h`" in COMMANDS.partition("\n## ")[0]
    assert f"`ll2-mirror {name} " in README


def _commands(line):
    """The arguments of each call of the program in a line for the shell."""
    call = None
    for word in [*_words(line), ";"]:
        if call is not None and not set(word) <= set("();<>|&$"):
            call.append(word)
        elif call is not None:
            yield call
            call = None
        elif re.search(r"(^|/)ll2-mirror$", word):
            call = []
        elif " " in word:
            yield from _commands(word)


def _words(line):
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    return lexer


def _used(page):
    """The arguments of each call of the program in the blocks of a page."""
    lines = re.findall(r"^(?:    |\$ )(.*\bll2-mirror\b.*)$", page, re.M)
    lines += re.findall(r"`(ll2-mirror [a-z]+ [^`\[]+)`", prose(page))
    lines = [re.sub(r" \d(?=>)", " ", line).replace("$?", "0") for line in lines]  # 2 of 2>&1
    calls = [call for line in lines for call in _commands(line)]
    return [call for call in calls if call and call[0] in main.commands]


USED = [(name, call) for name, page in PAGES.items() for call in _used(page)]


@pytest.mark.parametrize(
    ("page", "call"), USED, ids=[f"{name}: {' '.join(call)}" for name, call in USED]
)
def test_each_command_line_is_one_of_the_program(page, call):
    name, *arguments = call
    if "[OPTIONS]" not in arguments:
        with main.commands[name].make_context(name, arguments):
            pass


def test_the_command_lines_were_found():
    assert {call[0] for _, call in USED} == set(main.commands)
    assert len([call for _, call in USED if "[OPTIONS]" not in call]) > 40


@pytest.mark.parametrize("name", ["sync", "plan", "status", "verify", "changes", "publish", "pull"])
def test_each_key_of_the_json_is_documented(name, lived, tmp_path):
    (db, document), out = lived, tmp_path / "out"
    if name in ("publish", "pull"):
        ends = {"publish": (db, out), "pull": (db, out.with_name("other.db"))}[name]
        document = json.loads(CliRunner().invoke(main, [name, *map(str, ends), "--json"]).stdout)
        document.pop("resources", None)  # whose keys are data
    elif name != "sync":
        with fake_ll2.running(fake_ll2.bundled()) as upstream:
            there = ["--base-url", upstream.base_url] if name == "plan" else []
            done = CliRunner().invoke(main, [name, str(db), "--json", *there])
        document = json.loads(done.stdout)
    assert [key for key in keys(document) if f"`{key}`" not in sections(COMMANDS)[name]] == []


def test_each_key_of_images_is_documented():
    told = sections(COMMANDS)["images"]
    assert [one for one in fetch.ImagesReport._fields if f"`{one}`" not in told] == []


def keys(document):
    """The keys of all objects in a document, but those that are data."""
    if isinstance(document, dict):
        inner = [v for key, v in document.items() if key not in ("tables", "late", "from", "to")]
        return set(document) | keys(inner)
    return set().union(*map(keys, document)) if isinstance(document, list) else set()


def test_each_event_is_documented():
    section = COMMANDS.partition("### Events")[2].partition("\n## ")[0]
    events = re.findall(r"^- `(\w+)`:", section, re.M)
    of_others = {
        "fetched",
        "applied",
        "exported",
        "picture",
    }  # of pull, export, images, which have no log
    assert set(events) == set(EVENTS) - of_others


# Pages and links


@pytest.mark.parametrize("name", PAGES)
def test_each_link_leads_somewhere(name):
    for link in LINK.findall(prose(PAGES[name])):
        path, _, anchor = link.partition("#")
        if ":" in path:
            continue
        target = (ROOT / name).parent / path if path else ROOT / name
        assert target.exists(), link
        if anchor and target.suffix == ".md":
            page = PAGES[str(target.resolve().relative_to(ROOT))]
            assert anchor in anchors(page), link


def test_each_page_is_reached_from_the_readme():
    links = {link.partition("#")[0] for link in LINK.findall(README)}
    assert set(PAGES) - links == {"README.md", "data/README.md"}
    assert "(../data/README.md)" in PAGES["docs/questions.md"]


def test_pictures_are_there_and_small():
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", README)
    assert pictures
    for picture in pictures:
        assert (ROOT / picture).read_bytes().startswith(b"\x89PNG")
        assert (ROOT / picture).stat().st_size < 200_000


def test_no_link_of_the_readme_is_dead_on_the_package_index():
    with (ROOT / "pyproject.toml").open("rb") as file:
        hook = tomllib.load(file)["tool"]["hatch"]["metadata"]["hooks"]["fancy-pypi-readme"]
    text = README
    for one in hook["substitutions"]:
        text = re.sub(one["pattern"], one["replacement"], text)
    assert [link for link in LINK.findall(text) if not link.startswith(("https://", "#"))] == []
    assert "Run it on a schedule (docs/schedule.md)" in text
    assert "docs/questions.md has more" in text


# Queries and examples


@pytest.mark.parametrize("sql", re.findall(r"```sql\n(.*?)```", TABLES + TERMS, re.S))
def test_each_query_has_an_answer(sql, lived):
    assert rows(lived[0], sql)[1]


@pytest.mark.parametrize(("sql", "answer"), ANSWERS)
def test_the_answers_of_the_readme_are_those_of_the_sample(sql, answer, demo):
    columns, found = rows(demo, sql)
    assert cells(answer) == [
        columns,
        *(["" if cell is None else str(cell) for cell in row] for row in found),
    ]
    assert found


def test_each_query_of_the_readme_has_its_answer_beside_it():
    assert len(ANSWERS) == README.count("```sql") > 0


def test_what_readme_promises_of_a_file_in_each_mode_is_so(demo, lived):
    def status(db, path):
        done = CliRunner().invoke(main, ["get", str(db), path])
        return 200 if done.exit_code == 0 else int(re.findall(r" is (\d+)", done.stderr)[0])

    paths = ("", "148/", "?mode=detailed")
    assert [status(demo, f"/2.3.0/spacecraft/{path}") for path in paths] == [200, 501, 501]
    assert [status(lived[0], f"/2.3.0/spacecraft/{path}") for path in paths] == [200] * 3
    assert status(lived[0], "/2.3.0/spacecraft_configurations/1/") == 200
    assert status(lived[0], "/2.3.0/spacecraft_configurations/") == 501
    assert status(lived[0], "/2.3.0/agencies/44/") == 200


def test_less_history_leaves_a_whole_mirror(lived, tmp_path):
    db = tmp_path / "spacecraft.db"
    execute(lived[0], "VACUUM INTO ?", str(db))
    execute(db, "UPDATE _runs SET finished = '2020-01-01T00:00:00.000000Z'")
    moving, old = re.findall(r"```sql\n(DELETE FROM _history.*?)```", LIMITS, re.S)
    count = "SELECT count(*) FROM _history"
    before = execute(db, count)[0][0]
    execute(db, moving)
    assert 0 < execute(db, count)[0][0] < before
    execute(db, old)
    execute(db, "VACUUM")
    assert execute(db, count) == [(0,)]
    with fake_ll2.running(fake_ll2.bundled()) as upstream:
        for arguments in (["verify"], ["status"], ["sync", "--base-url", upstream.base_url]):
            done = CliRunner().invoke(main, [arguments[0], str(db), *arguments[1:]])
            assert done.exit_code == 0, done.output
        assert CliRunner().invoke(main, ["verify", str(db)]).exit_code == 0


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shell_completes_options(shell):
    told = PAGES["docs/install.md"]
    assert f"_LL2_MIRROR_COMPLETE={shell}_source ll2-mirror" in told
    asked = {"COMP_WORDS": "ll2-mirror sync --wa", "COMP_CWORD": "2" if shell != "fish" else "--wa"}
    program = [*PROGRAM[:2], PROGRAM[2].replace("main()", "main(prog_name='ll2-mirror')")]
    for kind, wanted in (("source", "ll2-mirror"), ("complete", "--wait")):
        done = subprocess.run(
            program,
            env={**os.environ, **asked, "_LL2_MIRROR_COMPLETE": f"{shell}_{kind}"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert wanted in done.stdout


def test_the_servers_unit_is_one(tmp_path):
    if not (analyze := shutil.which("systemd-analyze")):
        pytest.skip("there is no systemd-analyze")
    [text] = re.findall(r"```ini\n(.*?)```", SERVER, re.S)
    unit = tmp_path / "ll2-mirror-serve.service"
    unit.write_text(text.replace("/opt/ll2-mirror/bin/ll2-mirror", sys.executable))
    done = subprocess.run([analyze, "verify", unit], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


# Messages


def _text(node):
    """What stands in the source of a text; … for what varies."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
        return node.value if isinstance(node.value, str) else node.value.decode("latin-1")
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(value) for value in node.values)
    return "…"


def _source():
    for path in Path(ll2_mirror.__file__).parent.rglob("*.py"):
        yield from ast.walk(ast.parse(path.read_text(encoding="utf-8")))


def _fragments(page):
    """The parts of messages that a page's list items begin with."""
    heads = re.findall(r"^- (?:\d+ )?((?:`[^`]+`(?:, )?)+):", page, re.M)
    return re.findall("`([^`]+)`", " ".join(heads))


def test_each_message_of_the_page_is_the_programs():
    texts = {_text(node) for node in _source() if isinstance(node, ast.Constant | ast.JoinedStr)}
    told = _fragments(TROUBLE.partition("## Before it starts")[0])
    assert len(told) > 60
    assert [one for one in told if not any(one in text for text in texts)] == []


def _whole(node):
    """The text of a message, also of one that is put together."""
    if isinstance(node, ast.BinOp):
        return _whole(node.left) + _whole(node.right)
    return _text(node)


def _messages():
    """The messages of all errors that are raised, as far as they stand in the source."""
    kinds = {name for name, kind in vars(ll2_mirror.errors).items() if _is_error(kind)}
    for node in _source():
        if isinstance(node, ast.Call) and node.args:
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            told = _whole(node.args[0])
            # Those without words of their own pass on what was told before.
            words = told.replace("run the same command again", "")
            if name in kinds - {"NotUnderstood"} and re.search("[a-z]{4}", words):
                yield told


def test_each_message_of_the_program_is_on_the_page():
    told = _fragments(TROUBLE)
    messages = list(_messages())
    assert len(messages) > 60
    assert [one for one in messages if not any(fragment in one for fragment in told)] == []


def test_each_exit_code_has_its_messages():
    codes = {kind.exit_code for kind in vars(ll2_mirror.errors).values() if _is_error(kind)}
    heads = re.findall(r"^## (\d+):", TROUBLE, re.M)
    assert {int(code) for code in heads} >= codes


def _is_error(kind):
    return isinstance(kind, type) and hasattr(kind, "exit_code")


# LL2 and this mirror


def test_each_row_about_upstream_has_its_tests():
    page = PAGES["docs/api.md"].partition("## What is the same")[2].partition("\n### ")[0]
    rows = re.findall(r"^(?:- |\| (?!request)).+", page, re.M)
    assert len(rows) > 50
    source = "".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    there = set(re.findall(r"^def (test_\w+)", source, re.M))
    for row in rows:
        named = re.findall(r"`(test_\w+)`", row)
        assert named, row
        assert [name for name in named if name not in there] == []


def test_the_limits_are_those_of_the_program():
    said = re.sub(r"\s+", " ", LIMITS)
    for row in (
        f"| a page, compressed and decompressed | {ll2_page.MAX_BODY // 2**20} MiB |",
        f"| JSON values in a page | {ll2_page.MAX_VALUES:,} |",
        f"| a response that isn't a page | {client.MAX_ERROR_BODY // 2**10} KiB",
        f"| `--timeout`, {TIMEOUT} seconds by default |",
        f"| attempts for one page | {network.TRIES},",
        f"within one sync | {client.PATIENCE / 60:.0f} minutes;",
        f"before the next sync may ask | {rate_limit.LONGEST / 3600:.0f} hours |",
        f"one request every {rate_limit.LONGEST / 3600:.0f} hours",
        f"missing from a walk | {upstream.MAX_PROBES} in one sync",
        f"| records in a page | {', '.join(map(str, upstream.PAGE_SIZES[:1]))};",
        f"in one sync | {deletions.SHRINK_SHARE:.0%}, or {deletions.SHRINK_COUNT} if".replace(
            "%", " %"
        ),
        f"| a picture | {fetch.MAX_IMAGE // 2**20} MiB:",
        f"| attempts for one picture | {fetch.TRIES}; after {fetch.MOST_IN_A_ROW} pictures",
        f"| a server that sends less than {SLOWEST // 2**10} KiB a second | `--timeout`,",
        f"| redirects | {MAX_REDIRECTS}, and only",
        f"| a refused picture | is requested again after {AGAIN.days} days |",
        f"| a URL's path and query | {request.MOST_URL // 2**10} KiB, else 414 |",
        f"| query parameters | {request.MOST_FIELDS:,}, else 400 |",
        f"| a `Host` header | {asgi._LONGEST_HOST} characters, else 400",
        f"| records in a response | {request.MOST_LIMIT} |",
        f"is asked for {search._MOST_PHRASES} of them and",
        f"and {search._LONGEST} characters of each",
        f"| reading the file for one response | {store_reader.READ_SECONDS:.0f} seconds, else 503",
        f"| responses cached in memory | {responses.MOST_BYTES // 2**20} MiB,",
        f"when `serve` stops | {server._LAST_SECONDS} seconds |",
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
