"""``quantrl queue calibrate``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from quantrl.backtest import TickConfig
from quantrl.cli.bench.tick_rows.flow import wl2
from quantrl.cli.main import run
from quantrl.data.events import Opening, Zi, simulate


@pytest.fixture(scope="module")
def flow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("zi") / "zi.qev"
    rates, opening = Zi(limit=2.0, market=12.0, cancel=0.1, size=3, window=20), Opening(orders=20, lots=3)
    simulate(path, rates, messages=60_000, seed=5, opening=opening)
    return path


def test_ranks_models_and_writes_a_config(
    flow: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "tick.toml"
    assert run(["queue", "calibrate", str(flow), "--out", str(config), "--json"]) == 0
    said = json.loads(capfd.readouterr().out)
    briers = [row["brier"] for row in said["scores"]]
    assert briers == sorted(briers)
    assert {"fitted", "risk_averse", "log2", "power(3)"} < {row["model"] for row in said["scores"]}
    assert said["orders"][0] > said["orders"][2] > 20
    sums = wl2(2_000).write(tmp_path / "sums.qev")
    words = ["replay", str(sums), "--policy", "quote", "--config", str(config), "--no-report", "--json"]
    assert run([*words, "--runs", str(tmp_path / "runs")]) == 0
    results = json.loads(capfd.readouterr().out)["results"]
    assert results[0]["queue"].startswith("fitted(")
    assert results[1]["queue"] == "risk_averse"
    assert TickConfig.from_dict({"queue": said["fitted"]}).queue is not None
    assert run(["queue", "calibrate", str(flow)]) == 0
    shown = capfd.readouterr().out
    assert "power2(3)" in shown
    assert "orders judged: " in shown


def test_what_is_refused(flow: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    sums = wl2(2_000).write(tmp_path / "sums.qev")
    for words, code, message in (
        ([str(sums)], 2, "file: expected orders"),
        ([str(flow), "--every", "soon"], 2, "every: expected a duration"),
        ([str(flow), "--instr", "3"], 2, "instr: expected below 1"),
        ([str(flow), "--out", str(tmp_path / "no" / "tick.toml")], 2, "--out: expected a folder"),
        ([str(tmp_path / "none.qev")], 3, "no such file"),
    ):
        assert run(["queue", "calibrate", *words]) == code
        assert message in capfd.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["sums.qev"]


def test_a_short_file_says_so(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    simulate(tmp_path / "zi.qev", Zi(), messages=500, seed=1)
    assert run(["queue", "calibrate", str(tmp_path / "zi.qev"), "--json"]) == 0
    said = json.loads(capfd.readouterr().out)
    assert said["orders"][2] == 0
    assert said["filled"][2] is None
    assert run(["queue", "calibrate", str(tmp_path / "zi.qev")]) == 0
    assert "too short" in capfd.readouterr().out
