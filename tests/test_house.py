"""The rules of the house, read from its own source."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import etl
from etl.shapes import RESOURCES

DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef)
PACKAGE = Path(etl.__file__).parent
MODULES = re.findall(r"^    (\w+)  +\S", etl.__doc__ or "", re.MULTILINE)


def _imports(module: str) -> set[str]:
    tree = ast.parse((PACKAGE / f"{module}.py").read_text(encoding="utf-8"))
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[2] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("etl"):
            name = (node.module or "").partition(".")[2]
            found |= {name} if name else {alias.name for alias in node.names}
    return found & set(MODULES)


def test_the_drawing_names_every_module():
    """The package's docstring draws the house: a room that it doesn't name is a mistake."""
    assert sorted(MODULES) == sorted(path.stem for path in PACKAGE.glob("[a-z]*.py"))


def test_imports_go_down_the_drawing():
    for place, module in enumerate(MODULES):
        assert _imports(module) <= set(MODULES[:place]), module


def test_normalize_render_and_store_stand_alone():
    rooms = {"normalize", "render", "store"}
    for room in rooms:
        assert not _imports(room) & (rooms - {room})


def test_only_shapes_names_a_resource():
    """A resource is tables and one declaration: no other module may know one by name."""
    words = re.compile(rf"\b({'|'.join(RESOURCES)})\b")
    for path in PACKAGE.glob("*.py"):
        if path.stem == "shapes":
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
    for path in PACKAGE.glob("*.py"):
        if path.stem not in ("cli", "asking", "console"):
            assert not re.search(r"\bprint\(|click\.echo|sys\.std", path.read_text("utf-8")), path


def test_functions_show_whole():
    """A function fits a screen, a file is read in one sitting."""
    for path in PACKAGE.glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                assert (node.end_lineno or 0) - node.lineno < 50, f"{path.name}: {node.name}"
