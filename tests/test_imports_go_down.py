"""Imports go down, advisor -> tools -> knowledge -> metapeft_core, and MLX comes after its BLAS."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LAYERS = ("metapeft_core", "knowledge", "tools", "advisor")
"""From the ground up."""
NEEDS_MLX = {"mlx", "mlx_lm"}
NOT_IN_THE_CORE = {"torch", "peft", "datasets", "sentence_transformers", "chromadb", "typer", "rich", "textual"}
MODULES = [path.relative_to(ROOT) for layer in LAYERS for path in sorted((ROOT / layer).rglob("*.py"))]


def imported(path: Path) -> Iterator[tuple[int, str, bool]]:
    """Line, absolute module name, and whether the import runs when the module is imported."""
    tree = ast.parse((ROOT / path).read_text())
    late = {id(n) for f in ast.walk(tree) if isinstance(f, ast.FunctionDef) for n in ast.walk(f)}
    late |= {id(n) for f in ast.walk(tree) if isinstance(f, ast.If) and _is_for_types(f) for n in ast.walk(f)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name, id(node) not in late) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = path.parts[: len(path.parts) - node.level] if node.level else ()
            yield node.lineno, ".".join((*base, *filter(None, [node.module]))), id(node) not in late


def _is_for_types(node: ast.If) -> bool:
    return isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def root_of(module: str) -> str:
    return module.split(".")[0]


def test_every_package_of_the_house_has_modules():
    assert {path.parts[0] for path in MODULES} == set(LAYERS)


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_imports_go_only_down(path):
    own = LAYERS.index(path.parts[0])
    above = set(LAYERS[own + 1 :]) | {"tests", "benchmarks"}
    assert [(line, name) for line, name, _ in imported(path) if root_of(name) in above] == []


@pytest.mark.parametrize("path", [p for p in MODULES if p.parts[0] == "metapeft_core"], ids=str)
def test_the_core_imports_no_other_framework_and_no_screen(path):
    assert [(line, name) for line, name, _ in imported(path) if root_of(name) in NOT_IN_THE_CORE] == []


@pytest.mark.parametrize("path", [p for p in MODULES if p.parts[0] != "metapeft_core"], ids=str)
def test_above_the_core_mlx_comes_after_the_core(path):
    at_import = [(line, root_of(name)) for line, name, now in imported(path) if now]
    core = min((line for line, root in at_import if root == "metapeft_core"), default=None)
    early = [line for line, root in at_import if root in NEEDS_MLX and (core is None or line < core)]
    assert early == []


def test_the_core_chooses_its_blas_before_anything_else():
    first = [name for _, name, now in imported(Path("metapeft_core/__init__.py")) if now and name != "__future__"]
    assert first == ["metapeft_core"]
    assert "import runtime as runtime" in (ROOT / "metapeft_core/__init__.py").read_text()
    own = [name for _, name, _ in imported(Path("metapeft_core/runtime.py"))]
    assert [name for name in own if root_of(name) in ("metapeft_core", *NEEDS_MLX)] == ["mlx.core"]


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_every_module_says_what_it_is(path):
    words = ast.get_docstring(ast.parse((ROOT / path).read_text()))
    assert words
    assert len(words.splitlines()[0]) > 10
