"""Every notebook runs, draws, uses the public API alone, and is kept without what it said."""

from __future__ import annotations

import ast
import importlib
import json
from pathlib import Path
from typing import Any

import notebook_page
import pytest
import tree

import quantrl

NOTEBOOKS = notebook_page.sources()
DOCUMENTED = {"quantrl.selection.lab"}  # packages of their own in docs/api
EXTRAS = {
    "report": {"plotly"},
    "rl": {"torch", "stable_baselines3", "sb3_contrib", "gymnasium", "safetensors", "tensorboard"},
    "live": {"apsw", "exchange_calendars", "fastapi", "uvicorn", "prometheus_client"},
    "llm": {"pydantic_ai", "openai"},
    "baselines": {"arch", "skfolio", "lightgbm", "statsmodels"},
}
LOADED = "import sys; print('loaded:', *sys.modules)"


def cells(path: Path, kind: str) -> list[str]:
    """Sources of the cells of one kind."""
    return ["".join(c["source"]) for c in json.loads(path.read_text())["cells"] if c["cell_type"] == kind]


def extras(path: Path) -> list[str]:
    """What its first cell says to install."""
    install = next(line for line in cells(path, "markdown")[0].splitlines() if line.startswith("pip install"))
    return install.partition("[")[2].partition("]")[0].split(",")


def test_the_six_are_there() -> None:
    assert [path.name[:1] for path in NOTEBOOKS] == list("123456")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_is_kept_without_outputs_and_ends_with_what_to_change(path: Path) -> None:
    kept = json.loads(path.read_text())
    assert not [c for c in kept["cells"] if c.get("outputs") or c.get("execution_count")]
    assert kept["metadata"]["kernelspec"]["name"] == "python3"
    assert set(extras(path)) <= EXTRAS.keys()
    assert "95 % interval" in tree.read(path.relative_to(tree.ROOT).as_posix())
    assert cells(path, "markdown")[-1].splitlines()[0] == "## Yours to change" or (
        "\n## Yours to change\n" in cells(path, "markdown")[-1]
    )


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_uses_the_public_api_alone(path: Path) -> None:
    for node in ast.walk(ast.parse("\n".join(cells(path, "code")))):
        if isinstance(node, ast.ImportFrom) and (module := node.module or "").startswith("quantrl"):
            public = set(importlib.import_module(module).__all__)
            private = {alias.name for alias in node.names} - public
            assert all(f"{module}.{name}" in DOCUMENTED for name in private), private
        if isinstance(node, ast.Attribute):
            assert not node.attr.startswith("_") or node.attr.startswith("__")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_runs_and_draws(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nbformat = pytest.importorskip("nbformat")
    pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    named = set().union(*(EXTRAS[extra] for extra in extras(path)))
    for module in named:
        pytest.importorskip(module)
    monkeypatch.setenv("PYTHONPATH", str(Path(quantrl.__file__).parents[1]))  # the quantrl that is tested
    book = nbformat.read(path, as_version=4)
    book.cells.append(nbformat.v4.new_code_cell(LOADED))
    outputs = [o for cell in notebook_page.run(book).cells for o in cell.get("outputs", [])]
    loaded = set(outputs.pop()["text"].split())
    assert not loaded & (set().union(*EXTRAS.values()) - named), "it needs more extras than it says"
    figures = [o["data"][notebook_page.FIGURE] for o in outputs if notebook_page.FIGURE in o.get("data", {})]
    assert len(figures) >= 2
    assert all(sum(map(points, figure["data"])) > 4 for figure in figures)
    said = "".join(
        "".join(o["text"]) for o in outputs if o["output_type"] == "stream" and o["name"] == "stdout"
    )
    assert " nan" not in said


def points(trace: dict[str, Any]) -> int:
    """How many values a trace draws, at least."""
    values = trace.get("y", trace.get("z", []))
    return len(values["bdata"]) // 8 if isinstance(values, dict) else len(values)
