"""Who may import whom: the layers of the package, lowest first. A module imports its own layer and those below."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import quantrl

PACKAGE = Path(quantrl.__file__).parent
LAYERS = [
    {"errors", "typing", "units", "rng", "_core", "_exact", "__init__"},
    {"config", "registry", "agent", "runs", "toml"},
    {"data", "metrics"},
    {"report"},
    {"backtest"},
    {"selection", "envs"},
    {"agents"},
    {"contest"},
    {"live"},
    {"cli", "__main__"},
]
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
BASE = {"numpy", "polars", "pydantic", "typer", "rich"}
RL = {"gymnasium", "safetensors", "sb3_contrib", "stable_baselines3", "torch"}
EXTRAS = {
    "report": {"plotly"},
    "backtest/_ray": {"ray"},
    "envs": RL,
    "selection/select": {"arch"},
    "selection/allocate": {"skfolio"},
    "agents": RL | {"skfolio", "cvxpy", "statsmodels"},
    "contest": {"openai", "pydantic_ai", "xllamacpp"},
    "data/_calendar_child": {"exchange_calendars"},
    "live": {"apsw"},
    "live/api": {"apsw", "fastapi", "prometheus_client", "starlette", "uvicorn"},
    "cli": RL | {"apsw"},
}
FILES = sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))


def imported(tree: ast.AST) -> Iterator[str]:
    """Dotted names a module imports when it runs; what only a type checker sees does not count."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            assert node.module is not None
            if node.module == "quantrl":
                yield from (f"quantrl.{alias.name}" for alias in node.names)
            else:
                yield node.module
        else:
            yield from imported(node)


def extras(file: str) -> set[str]:
    """What a file may import beside the base: of the innermost folder that says so."""
    folders = [file.removesuffix(".py"), *map(str, Path(file).parents)]
    return next((EXTRAS[folder] for folder in folders if folder in EXTRAS), set())


def room(file: str) -> str:
    """Top folder or module of a file."""
    return file.partition("/")[0].removesuffix(".py")


@pytest.mark.parametrize("file", FILES)
def test_a_module_imports_only_its_layer_and_below(file: str) -> None:
    here = room(file)
    assert here in LEVEL, f"{file} is in no layer"
    for name in imported(ast.parse((PACKAGE / file).read_text(encoding="utf-8"))):
        parts = name.split(".")
        if parts[0] != "quantrl" or len(parts) < 2:
            continue
        there = parts[1] if parts[1] in LEVEL else "__init__"
        assert LEVEL[there] <= LEVEL[here], f"{file} imports {name} from a layer above"


@pytest.mark.parametrize("file", FILES)
def test_only_declared_dependencies(file: str) -> None:
    import sys

    allowed = BASE | extras(file) | {"quantrl"} | sys.stdlib_module_names
    for name in imported(ast.parse((PACKAGE / file).read_text(encoding="utf-8"))):
        assert name.split(".")[0] in allowed, f"{file} imports {name}"
