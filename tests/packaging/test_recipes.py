"""CONTRIBUTING.md keeps its word: a member of a family is one file more, and the contract test of its family finds it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import quantrl
from counts import FULL

pytestmark = pytest.mark.skipif(not FULL, reason="copies the package: make gates ONLY=packaging")

SELECTOR = '''"""The best agent alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from quantrl.selection.gate import GateReport
from quantrl.selection.rank import Ranking
from quantrl.selection.select import Selection
from quantrl.selection.select.top_k import TopK
from quantrl.typing import JsonObject


@final
@dataclass(frozen=True)
class OnlyBest:
    """`TopK` of one slot."""

    def slots(self, n_ready: int) -> int:
        """One."""
        return 1

    def select(self, ranking: Ranking, report: GateReport, n_ready: int) -> Selection:
        """The allowed agent that ranks first."""
        return TopK(1).select(ranking, report, n_ready)

    def settings(self) -> JsonObject:
        """Parameters."""
        return {}
'''

SOURCE = '''"""JSON lines: one object a bar and instrument, with ISO times."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from quantrl.data.grid import Grid, read_grid
from quantrl.data.layout import detect
from quantrl.data.origin import Origin
from quantrl.data.sources import Request
from quantrl.data.sources._edge import check_file, check_not_packed, edge

SUFFIXES = (".jsonl",)
SUMMARY = "JSON lines, long or wide"


def read(file: Path, how: Request) -> Grid:
    """Read a file of JSON lines.

    Raises
    ------
    DataError
        One line naming file and line.
    """
    name, head = check_file(file)
    check_not_packed(name, head)
    with edge(name):
        frame = pl.read_ndjson(file).cast(pl.String)
        origin = Origin(name, "line", np.arange(1, frame.height + 1))
        return read_grid(frame, origin, detect(frame.columns, name, layout=how.layout, columns=how.columns), how.options)
'''

COMMAND = '''"""``quantrl root``: where runs are kept."""

from __future__ import annotations

from pathlib import Path

from quantrl.cli import options
from quantrl.cli.console import Output


def command(root: options.RunsRoot = Path("runs"), as_json: options.Json = False) -> None:
    """Say where runs are kept."""
    output = Output(as_json)
    output.say(f"runs: {root}")
    output.finish({"root": str(root)})
'''


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The package, to be changed."""
    made = tmp_path / "quantrl"
    shutil.copytree(Path(quantrl.__file__).parent, made, ignore=shutil.ignore_patterns("__pycache__"))
    return made


def run(copy: Path, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, *words],
        cwd=copy.parent,
        env=os.environ | {"PYTHONPATH": str(copy.parent)},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def contract(copy: Path, tests: Path, name: str) -> None:
    """At least one test of the family is about the member, and all those pass."""
    said = run(copy, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tests), "-k", name)
    assert " passed" in said


def a_rule(copy: Path) -> tuple[str, str]:
    rules = copy / "agents" / "rules"
    text = (rules / "sma_cross.py").read_text(encoding="utf-8")
    text = text.replace("rules/sma_cross", "rules/my_cross").replace("SmaCross", "MyCross")
    (rules / "my_cross.py").write_text(text, encoding="utf-8")
    return "agents", "my_cross"


def a_selector(copy: Path) -> tuple[str, str]:
    (copy / "selection" / "select" / "only_best.py").write_text(SELECTOR, encoding="utf-8")
    return "selection", "only_best"


def a_source(copy: Path) -> tuple[str, str]:
    (copy / "data" / "sources" / "jsonl.py").write_text(SOURCE, encoding="utf-8")
    return "sources", "jsonl"


def a_command(copy: Path) -> tuple[str, str]:
    (copy / "cli" / "root.py").write_text(COMMAND, encoding="utf-8")
    with (main := copy / "cli" / "main.py").open(encoding="utf-8") as file:
        text = file.read()
    text = text.replace("    replay,\n    report,\n", "    replay,\n    report,\n    root,\n")
    text = text.replace("\n\ndef _version", 'app.command("root")(root.command)\n\n\ndef _version', 1)
    main.write_text(text, encoding="utf-8")
    return "commands", "root"


@pytest.mark.parametrize("recipe", [a_rule, a_selector, a_source, a_command])
def test_one_file_more_passes_the_contract(
    recipe: Callable[[Path], tuple[str, str]], copy: Path, project_root: Path
) -> None:
    family, name = recipe(copy)
    contract(copy, project_root / "tests" / "contracts" / f"test_{family}.py", name)


def test_what_was_added_works(copy: Path) -> None:
    for recipe in (a_rule, a_selector, a_source, a_command):
        recipe(copy)
    lines = [
        f'{{"date": "2024-01-{day:02}", "symbol": "{name}", "close": {100 + day * k}}}'
        for day in range(1, 29)
        for k, name in enumerate(("AA", "BB", "CC"), 1)
    ]
    (copy.parent / "prices.jsonl").write_text("\n".join(lines), encoding="utf-8")
    (copy.parent / "config.toml").write_text(
        'name = "mine"\ndata = { path = "prices.jsonl", close_time = "16:00 UTC", periods_per_year = 252.0 }\n'
        'backtest = { fill = "next_close" }\nselection = { select = "only_best" }\n'
        'agents = [{ id = "rules/my_cross", params = { fast = 2, slow = 5 } }, { id = "rules/equal_weight" }, '
        '{ id = "rules/momentum", params = { lookback = 10, skip = 1 } }]\n',
        encoding="utf-8",
    )
    said = run(copy, "-m", "quantrl", "contest", "run", "config.toml")
    assert "my_cross" in said
    assert '"root": "runs"' in run(copy, "-m", "quantrl", "root", "--json")
