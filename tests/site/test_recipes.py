"""The recipes of docs/site.md run as they stand there."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from helpers import ROOT, rows, sync
from ll2_mirror.ll2.schema import views
from ll2_mirror.testing import fake_ll2

PAGE = (ROOT / "docs" / "site.md").read_text(encoding="utf-8")
PYTHON = re.findall(r"```python\n(.+?)```", PAGE, re.S)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("recipes")
    with fake_ll2.running(fake_ll2.bundled()) as upstream:
        sync(folder / "spacecraft.db", "--base-url", upstream.base_url)
    return folder


def test_pandas_reads_a_view(folder):
    code, _ = PYTHON
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert re.search(r"^SpaceX\s+1431.9$", done.stdout, re.M), done.stdout


def test_sqlite_utils_reads_a_view(folder):
    [line] = re.findall(r"^    (sqlite-utils .+)$", PAGE, re.M)
    name, *arguments = shlex.split(line)
    program = str(Path(sys.executable).with_name(name))
    done = subprocess.run([program, *arguments], cwd=folder, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Crew Dragon Endeavour" in done.stdout


def test_duckdb_reads_the_file_and_writes_parquet(folder, monkeypatch):
    duckdb = pytest.importorskip("duckdb")
    monkeypatch.chdir(folder)
    with duckdb.connect() as conn:
        try:
            conn.execute("LOAD sqlite")
        except duckdb.Error:
            pytest.skip("DuckDB's SQLite extension is not installed here")
        [code] = re.findall(r"```sql\n(ATTACH.+?)```", PAGE, re.S)
        for statement in filter(str.strip, code.split(";")):
            conn.execute(statement)
        [[count]] = conn.execute("SELECT count(*) FROM 'spacecraft.parquet'").fetchall()
    assert count == 21


def test_duckdb_writes_parquet_without_its_extension(folder, monkeypatch):
    duckdb = pytest.importorskip("duckdb")
    monkeypatch.chdir(folder)
    _, code = PYTHON
    exec(compile(code, "docs/site.md", "exec"), {})
    found = duckdb.sql("SELECT count(*), max(days_in_space) FROM 'overview.parquet'").fetchall()
    assert found == [(21, 868.6)]


def test_each_view_is_on_the_page_and_each_name_that_traps_is_there(folder):
    told = re.findall(r"^\| `(\w+)` \| [a-z]+ ", PAGE, re.M)
    assert {name for name in views() if not name.startswith("_")} <= set(told)
    for table, column in re.findall(r"^\| `(\w+)\.(\w+)[ `]", PAGE, re.M):
        assert rows(folder / "spacecraft.db", f"SELECT {column} FROM {table}")[0] == [column]
