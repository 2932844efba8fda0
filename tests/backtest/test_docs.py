"""What docs/backtesting.md shows runs as shown, in order, from a CSV as it asks for."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from quantrl.cli.main import run
from quantrl.report import text


@pytest.fixture(scope="module")
def page(project_root: Path) -> str:
    return (project_root / "docs" / "backtesting.md").read_text(encoding="utf-8")


@pytest.fixture
def csv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three years of five made-up names in long form."""
    monkeypatch.chdir(tmp_path)
    random, days = np.random.default_rng(7), np.busday_offset("2019-01-01", np.arange(750), roll="forward")
    rows = ["date,symbol,open,high,low,close,volume"]
    for name in ("GE", "KO", "PEP", "WMT", "XOM"):
        close = 50 * np.exp(np.cumsum(0.012 * random.standard_normal(len(days))))
        start = np.append(50.0, close[:-1]) * np.exp(0.003 * random.standard_normal(len(days)))
        volume = random.integers(10_000, 90_000, len(days))
        for day, o, c, v in zip(days, start, close, volume, strict=True):
            rows.append(f"{day},{name},{o:.4f},{max(o, c) * 1.004:.4f},{min(o, c) * 0.996:.4f},{c:.4f},{v}")
    file = tmp_path / "prices.csv"
    file.write_text("\n".join(rows) + "\n")
    return file


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page, re.MULTILINE | re.DOTALL)


def test_python_blocks_run_in_order(page: str, csv: Path) -> None:
    names: dict[str, Any] = {}
    for block in blocks(page, "python"):
        exec(compile(block, "backtesting.md", "exec"), names)
    assert "random schedules that hold and trade as much" in text("runs/mine")
    assert names["walked"].result.audit().breaches == 0


def test_commands_and_configs_run(page: str, csv: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mine, averages = blocks(page, "toml")
    for name, config in (("mine", mine), ("averages", averages)):
        Path(f"{name}.toml").write_text(config)
    commands = [
        shlex.split(line, comments=True)[1:]
        for line in blocks(page, "bash")[0].replace("\\\n", "").splitlines()
        if line.startswith("quantrl")
    ]
    made = ""
    for words in commands:
        said = [{"CONFIG.toml": "mine.toml", "RUN": made}.get(word, word) for word in words]
        assert run(said) == 0, capsys.readouterr().err
        folders = sorted(Path("runs").glob("*-*"), key=lambda folder: folder.stat().st_mtime)
        made = str(folders[-1]) if folders else ""
    assert run(["sweep", "averages.toml", "--no-report"]) == 0
