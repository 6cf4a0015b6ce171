"""The rules of the house, read from its own source."""

from __future__ import annotations

import ast
import re
from collections import Counter
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import ll2_mirror
from helpers import ROOT
from ll2_mirror.ll2.lists import RESOURCES

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
DOCUMENTED = (ast.Module, ast.ClassDef, *FUNCTIONS)
PACKAGE = Path(ll2_mirror.__file__).parent
# The way of a record. A room imports from its own and from those before it.
ROOMS = ["errors", "files", "clock", "progress", "ll2", "store", "extract", "transform", "load"]
ROOMS += [
    "due",
    "plan",
    "sync",
    "verify",
    "share",
    "images",
    "api",
    "serve",
    "testing",
    "site",
    "cli",
    "__main__",
]
FILES = sorted(PACKAGE.rglob("*.py"))


def _room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def _imports(path: Path) -> set[str]:
    """The rooms that a file imports from."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        found |= {name.split(".")[1] for name in names if name.startswith("ll2_mirror.")}
    return found & set(ROOMS)


def test_each_room_has_its_place_on_the_way():
    assert {_room(path) for path in FILES} - {"__init__"} == set(ROOMS)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_against_the_way_of_a_record(path):
    room = _room(path)
    before = ROOMS[: ROOMS.index(room) + 1] if room in ROOMS else []
    assert _imports(path) <= set(before)


def test_imports_go_in_no_circle():
    """Of modules, those within functions and for types included."""
    modules = {".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts) for path in FILES}
    imports = {}
    for path in FILES:
        name = ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
        imports[name] = modules & {
            node.module
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.ImportFrom) and node.module
        }
    TopologicalSorter(imports).prepare()  # raises CycleError


def test_rooms_that_know_nothing_of_each_other():
    for room, stranger in (
        ("extract", "transform"),
        ("extract", "load"),
        ("transform", "extract"),
        ("load", "extract"),
        ("api", "load"),
    ):
        for path in (path for path in FILES if _room(path) == room):
            assert stranger not in _imports(path), path


def test_each_package_says_in_ten_lines_what_goes_in_and_out():
    for path in PACKAGE.glob("*/__init__.py"):
        told = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        assert 3 <= len(told.splitlines()) <= 10, path
        assert re.search(r"\bIn: |\bin, ", told), path


def test_only_shapes_names_a_resource():
    """A resource is tables and one declaration: no other module may know one by name."""
    words = re.compile(rf"\b({'|'.join(RESOURCES)})\b")
    for path in FILES:
        if path.stem in ("shapes", "lists"):
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        prose = {
            ast.get_docstring(n, clean=False) for n in ast.walk(tree) if isinstance(n, DOCUMENTED)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                value = node.value.replace("spacecraft.db", "")
                assert node.value in prose or not words.search(value), f"{path.name}:{node.lineno}"
            elif isinstance(node, ast.Name | ast.Attribute | ast.arg):
                name = getattr(node, "id", getattr(node, "attr", getattr(node, "arg", "")))
                assert not words.fullmatch(name), f"{path.name}:{node.lineno}"


def test_only_the_commands_and_the_console_print():
    for path in FILES:
        if _room(path) != "cli":
            assert not re.search(r"\bprint\(|click\.echo|sys\.std", path.read_text("utf-8")), path


def test_functions_show_whole():
    """A function fits a screen, a file is read in one sitting."""
    for path in FILES:
        source = path.read_text(encoding="utf-8")
        assert source.count("\n") <= 500, path.name
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, FUNCTIONS):
                assert (node.end_lineno or 0) - node.lineno < 40, f"{path.name}: {node.name}"


def test_class_names_are_unique():
    """A class that is met twice, with an underscore or without, is one thing."""
    names: dict[str, set[str]] = {}
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                names.setdefault(node.name.lstrip("_"), set()).add(str(path.relative_to(PACKAGE)))
    assert {name: places for name, places in names.items() if len(places) > 1} == {}


def test_file_names_are_unique():
    """An import says by its last word which file it means."""
    names = Counter(path.name for path in FILES if path.name != "__init__.py")
    assert [name for name, count in names.items() if count > 1] == []


def test_contributing_names_files_that_are_there():
    """In its table of what to open, and where it tells of the tests."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = re.findall(r"`([\w/]+\.(?:py|toml))`", text)
    assert len(named) > 25
    places = (PACKAGE, ROOT, ROOT / "tests")
    assert [name for name in named if not any((at / name).exists() for at in places)] == []
