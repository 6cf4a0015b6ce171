"""The recipes of docs/site.md run as they stand there."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from helpers import ROOT, sync
from ll2_mirror.ll2.schema import views
from ll2_mirror.testing import fake_ll2

PAGE = (ROOT / "docs" / "site.md").read_text(encoding="utf-8")
PYTHON = re.findall(r"```python\n(.+?)```", PAGE, re.S)
FROM_FILE, FROM_PARQUET, POLARS = PYTHON
OF_PARQUET, ATTACHED = re.findall(r"```sql\n(.+?)```", PAGE, re.S)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("recipes")
    with fake_ll2.running(fake_ll2.bundled()) as upstream:
        sync(folder / "spacecraft.db", "--base-url", upstream.base_url)
    return folder


@pytest.fixture
def exported(folder, run, monkeypatch):
    """The current folder, with what the page exports into it."""
    pytest.importorskip("pyarrow")
    monkeypatch.chdir(folder)
    [line] = re.findall(r"^    ll2-mirror (export .+)$", PAGE, re.M)
    if not (folder / "out").exists():
        assert run(*shlex.split(line)).code == 0
    return folder


def test_pandas_reads_a_view(folder, monkeypatch, capsys):
    pytest.importorskip("pandas")
    monkeypatch.chdir(folder)
    exec(compile(FROM_FILE, "docs/site.md", "exec"), {})
    assert re.search(r"^SpaceX +1431.9$", capsys.readouterr().out, re.M)


def test_pandas_reads_parquet_with_its_types(exported, capsys):
    pytest.importorskip("pandas")
    exec(compile(FROM_PARQUET, "docs/site.md", "exec"), names := {})
    assert "Crew Dragon Freedom" in capsys.readouterr().out
    types = names["craft"].dtypes.astype(str)
    assert [types[name] for name in ("in_space", "flights", "days_docked", "credit")] == [
        *("boolean", "Int64", "Float64", "string"),
    ]


def test_the_notebook_runs_on_the_demo(tmp_path, monkeypatch, run):
    pytest.importorskip("pandas")
    monkeypatch.chdir(tmp_path)
    assert run("demo").code == 0
    notebook = json.loads((ROOT / "examples/analysis/launches.ipynb").read_text("utf-8"))
    names = {}
    for cell in (each for each in notebook["cells"] if each["cell_type"] == "code"):
        exec(compile("".join(cell["source"]), "launches.ipynb", "exec"), names)
    assert names["by_year"].loc[1957, "Kazakhstan"] == 2
    assert names["rockets"].loc["Sputnik 8K74PS", "count"] == 2
    assert "first half of 2027" in list(names["planned"].date)
    assert len(names["plan"]) == 12


def test_polars_reads_parquet(exported, capsys):
    pytest.importorskip("polars")
    exec(compile(POLARS, "docs/site.md", "exec"), {})
    assert "1431.9" in capsys.readouterr().out


def test_duckdb_reads_parquet(exported):
    duckdb = pytest.importorskip("duckdb")
    assert ("SpaceX", 3) in duckdb.sql(OF_PARQUET).fetchall()


def test_sqlite_utils_reads_a_view(folder):
    [line] = re.findall(r"^    (sqlite-utils .+)$", PAGE, re.M)
    name, *arguments = shlex.split(line)
    program = str(Path(sys.executable).with_name(name))
    done = subprocess.run([program, *arguments], cwd=folder, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Crew Dragon Endeavour" in done.stdout


def test_r_reads_a_view(folder):
    if not shutil.which("Rscript"):
        pytest.skip("R is not installed here")
    [recipe] = re.findall(r"```r\n(.+?)```", PAGE, re.S)
    done = subprocess.run(["Rscript", "-e", recipe], cwd=folder, capture_output=True, text=True)
    if "there is no package called" in done.stderr:
        pytest.skip("RSQLite is not installed here")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(r"SpaceX +1431\.9$", done.stdout, re.M)


def test_duckdb_reads_the_file(folder, monkeypatch):
    duckdb = pytest.importorskip("duckdb")
    monkeypatch.chdir(folder)
    with duckdb.connect(config={"autoinstall_known_extensions": False}) as conn:
        try:
            conn.execute("LOAD sqlite")
        except duckdb.Error:
            pytest.skip("DuckDB's SQLite extension is not installed here")
        attach, select = filter(str.strip, ATTACHED.split(";"))
        conn.execute(attach)
        assert len(conn.execute(select).fetchall()) == 21


def test_each_view_is_on_the_page():
    told = re.findall(r"^\| `(\w+)` \| [a-z]+ ", PAGE, re.M)
    assert {name for name in views() if not name.startswith("_")} <= set(told)
