"""`quantrl sweep`: what it prints, its run folder and page, the trials it counts, what it refuses."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from quantrl.backtest import Costs, _sharded, sweep
from quantrl.cli.sweep.values import values_of
from quantrl.data import load_sample
from quantrl.errors import ConfigError, DataError
from quantrl.runs import TrialLedger

WORDS = (
    "sweep",
    "--prices",
    "us20",
    "--instrument",
    "KO",
    "--family",
    "sma_cross",
    "--fast",
    "5:30:5",
    "--slow",
)
CONFIG = """
name = "channels"
data = { sample = "us20", start = "2010-01-01", end = "2016-12-31" }
backtest = { fill = "next_close", costs = { bps = 5.0 } }

[sweep]
family = "zscore"
instrument = "PEP"
measure = "total"
min_trades = 5
params = { window = "10:40:10", enter = [1.0, 1.5], exit = "0,0.5" }
"""


def test_a_run_folder_with_everything_in_it(cli: Any, tmp_path: Path) -> None:
    root = tmp_path / "runs"
    said = cli(*WORDS, "10,40,90", "--fill", "next_close", "--runs", root, "--json")
    assert said.code == 0, said.err
    panel = load_sample("us20").only("KO")
    grid = {"fast": range(5, 30, 5), "slow": [10, 40, 90]}
    found = sweep("sma_cross", grid, panel, fill="next_close", costs=Costs(bps=10))
    best = found.best()
    told = said.json
    assert (told["members"], told["left_out"], told["trials"]) == (11, 4, {"this_run": 11, "on_data": 11})
    assert told["best"]["params"] == best.params
    assert told["best"]["deflated_sharpe"] == best.deflated_sharpe.value
    assert told["pbo"]["probability"] == found.pbo().probability
    assert [row["sharpe"] for row in told["top"]] == found.top()["sharpe"].to_list()
    folder = Path(told["run"])
    assert pl.read_parquet(folder / "sweep.parquet").equals(found.frame())
    assert pl.read_parquet(folder / "equity.parquet")["book:best"].to_list() == best.result.equity.tolist()
    manifest = json.loads((folder / "manifest.json").read_text())
    for name, sha in manifest["files"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == sha
    assert set(manifest["files"]) == {
        "config.toml",
        "equity.parquet",
        "report.html",
        "report.json",
        "sweep.parquet",
    }


def test_every_member_is_a_trial_and_a_repeat_is_none(cli: Any, tmp_path: Path) -> None:
    root = tmp_path / "runs"
    words = [*WORDS, "40,90", "--fill", "next_close", "--runs", root, "--no-report", "--json"]
    first, again = cli(*words).json, cli(*words).json
    assert first["trials"] == again["trials"] == {"this_run": 10, "on_data": 10}
    other = cli(*words, "--min-trades", "3").json
    assert other["trials"] == {"this_run": 10, "on_data": 20}
    assert other["best"]["trials"] == 20
    assert other["best"]["deflated_sharpe"] < first["best"]["deflated_sharpe"]
    statuses = [(trial.status, trial.count) for trial in TrialLedger(root).read()]
    assert statuses == [("started", 10), ("done", 10)] * 3


def test_page_and_text_say_the_same_and_are_rebuilt_the_same(cli: Any, tmp_path: Path) -> None:
    said = cli(*WORDS, "40,90", "--fill", "next_close", "--out", tmp_path / "run")
    assert said.code == 0, said.err
    assert "Best Sharpe ratio of 10 members of sma_cross on KO" in said.out
    page = tmp_path / "run" / "report.html"
    drawn = page.read_bytes()
    text = cli("report", tmp_path / "run", "--text")
    assert "Probability of overfitting" in text.out
    for line in text.out.splitlines()[1:2]:
        assert line.encode() in drawn
    assert cli("report", tmp_path / "run").code == 0
    assert page.read_bytes() == drawn
    assert cli("report", tmp_path / "run", "--json").json["contents"]["members"] == 10


def test_a_config_file_runs_and_is_written_back(cli: Any, tmp_path: Path) -> None:
    (tmp_path / "channels.toml").write_text(CONFIG)
    said = cli("sweep", tmp_path / "channels.toml", "--out", tmp_path / "run", "--no-report", "--json")
    assert said.code == 0, said.err
    assert (said.json["members"], said.json["family"]) == (12, "zscore")
    again = cli(
        "sweep", tmp_path / "run" / "config.toml", "--out", tmp_path / "other", "--no-report", "--json"
    )
    assert again.json["top"] == said.json["top"]
    changed = cli(
        "sweep",
        tmp_path / "channels.toml",
        "--param",
        "window=20",
        "--out",
        tmp_path / "third",
        "--no-report",
        "--json",
    )
    assert changed.json["members"] == 4
    agents = cli("backtest", tmp_path / "channels.toml")
    assert (agents.code, "this config is for 'quantrl sweep'" in agents.error) == (2, True)


def test_a_portfolio_family_takes_the_whole_panel(cli: Any, tmp_path: Path) -> None:
    words = [
        "sweep",
        "--prices",
        "us20",
        "--family",
        "momentum_topk",
        "--from",
        "2012-01-01",
        "--to",
        "2015-12-31",
    ]
    words += ["--param", "lookback=63,126", "--param", "skip=0,21", "--param", "k=3,5", "--param", "every=21"]
    said = cli(*words, "--fill", "next_close", "--out", tmp_path / "run", "--json")
    assert said.code == 0, said.err
    assert said.json["members"] == 8
    report = json.loads((tmp_path / "run" / "report.json").read_text())
    assert len(report["instruments"]) == 20
    assert (report["heatmap"]["x"], report["heatmap"]["y"]) == ("lookback", "skip")


def test_no_member_with_enough_trades_is_said(cli: Any, tmp_path: Path) -> None:
    words = [*WORDS, "40,90", "--fill", "next_close", "--min-trades", "5000"]
    said = cli(*words, "--out", tmp_path / "run")
    assert said.code == 0, said.err
    assert "none has a Sharpe ratio and at least 5000 trades" in said.out
    assert "The probability of overfitting is undefined" in said.out
    assert not (tmp_path / "run" / "equity.parquet").exists()


def test_a_name_is_only_text_on_the_page(cli: Any, tmp_path: Path) -> None:
    prices = tmp_path / "prices.csv"
    close = [100.0 + 10.0 * ((7 * day) % 13) for day in range(1, 29)]
    rows = [f"2020-01-{day:02d},{price}" for day, price in enumerate(close, 1)]
    prices.write_text("\n".join(["date,<script>alert(1)</script>", *rows]))
    words = [
        "sweep",
        "--prices",
        prices,
        "--family",
        "sma_cross",
        "--fast",
        "1,2",
        "--slow",
        "3,4",
        "--min-trades",
        "1",
    ]
    words += ["--fill", "next_close", "--set", "data.periods_per_year=252.0", "--set", "sweep.blocks=4"]
    said = cli(*words, "--out", tmp_path / "run")
    assert said.code == 0, said.err
    drawn = (tmp_path / "run" / "report.html").read_text()
    assert "<script>alert" not in drawn
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in drawn


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ([], 2, "expected a CONFIG file, --prices with --family, or --resume RUN"),
        (
            ["--prices", "us20", "--family", "rsi", "--param", "n=2:5"],
            2,
            "sweep.family: expected one of sma_cross",
        ),
        (
            ["--prices", "us20", "--family", "sma_cross", "--fast", "2:5"],
            2,
            "sma_cross expects fast, slow, got fast",
        ),
        (
            ["--prices", "us20", "--family", "sma_cross", "--fast", "2:5", "--slow", "x"],
            2,
            "slow: expected numbers",
        ),
        (["--prices", "us20", "--family", "sma_cross", "--fast", "5:2", "--slow", "9"], 2, "'5:2' gives 0"),
        (
            ["--prices", "us20", "--family", "sma_cross", "--fast", "2", "--slow", "9"],
            2,
            "next_open needs the column",
        ),
        (["--prices", "absent.csv", "--family", "sma_cross", "--fast", "2", "--slow", "9"], 3, "absent.csv"),
        (
            [
                "--prices",
                "us20",
                "--family",
                "sma_cross",
                "--fast",
                "2",
                "--slow",
                "9",
                "--fill",
                "next_close",
            ],
            2,
            "sma_cross trades one instrument, got 20",
        ),
        (
            ["--prices", "us20", "--family", "sma_cross", "--fast", "2", "--param", "fast=3"],
            2,
            "fast is given twice",
        ),
    ],
)
def test_bad_input_is_one_line(cli: Any, tmp_path: Path, words: list[str], code: int, said: str) -> None:
    found = cli("sweep", *words, "--runs", tmp_path / "runs")
    assert (found.code, said in found.error) == (code, True), found.err
    assert not list(tmp_path.glob("runs/*/"))


def test_values_are_those_of_a_range() -> None:
    assert values_of("fast", "2:143") == list(range(2, 143))
    assert values_of("fast", "9:2:-3") == [9, 6, 3]
    assert values_of("enter", "1,1.5") == [1, 1.5]
    for bad in ("2:3:0", "1:2:3:4", "0.5:2", "", "1,,2"):
        with pytest.raises(ConfigError, match="fast: expected"):
            values_of("fast", bad)


def stopped(signal_name: str, words: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    script = Path(__file__).with_name("killed_sweep.py")
    paths = os.pathsep.join(filter(None, sys.path))
    return subprocess.run(
        [sys.executable, str(script), "3", signal_name, *map(str, words)],
        env={**os.environ, "PYTHONPATH": paths},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("signal_name", "code", "status"), [("SIGKILL", -9, "running"), ("SIGINT", 130, "interrupted")]
)
def test_a_sweep_that_was_stopped_goes_on(
    cli: Any, tmp_path: Path, signal_name: str, code: int, status: str
) -> None:
    words = [*WORDS, "10,40,90", "--fill", "next_close", "--no-report"]
    whole = Path(cli(*words, "--runs", "whole", "--json").json["run"])
    done = stopped(signal_name, [*words, "--shard", "2", "--json"], tmp_path)
    assert done.returncode == code, done.stderr
    (folder,) = Path("runs").glob("sma_cross-*")
    assert json.loads((folder / "manifest.json").read_text())["status"] == status
    assert len(list((folder / "shards").iterdir())) == 3
    if code == 130:
        told = json.loads(done.stdout)
        assert (told["ok"], told["status"], told["shards"]) == (False, "interrupted", 3)
        assert f"go on with: quantrl sweep --resume runs/{folder.name}" in done.stderr
        assert TrialLedger("runs").read()[-1].status == "interrupted"
    assert "quantrl sweep --resume" in cli("report", folder).error

    said = cli("sweep", "--resume", folder.name, "--shard", "2", "--no-report", "--json")
    assert said.code == 0, said.err
    assert Path(said.json["run"]) == folder
    assert (folder / "sweep.parquet").read_bytes() == (whole / "sweep.parquet").read_bytes()
    manifest = json.loads((folder / "manifest.json").read_text())
    assert (manifest["status"], manifest["id"]) == ("done", folder.name)
    assert manifest["command"] == json.loads((whole / "manifest.json").read_text())["command"]
    assert not (folder / "shards").exists()
    assert said.json["trials"] == {"this_run": 11, "on_data": 11}


@pytest.mark.parametrize("executor", ["threads", "processes"])
def test_another_executor_finds_the_same(cli: Any, executor: str) -> None:
    words = [*WORDS, "10,40,90", "--fill", "next_close", "--no-report", "--json"]
    here = Path(cli(*words, "--out", "here").json["run"])
    there = cli(*words, "--out", "there", "--executor", executor, "--jobs", "2", "--shard", "4")
    assert there.code == 0, there.err
    assert Path("there/sweep.parquet").read_bytes() == (here / "sweep.parquet").read_bytes()


def test_what_cannot_be_resumed(cli: Any, config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = cli("backtest", config, "--no-report", "--no-lookahead", "--json").json["run"]
    assert "not a sweep" in cli("sweep", "--resume", run).error
    assert "nowhere: no run folder" in cli("sweep", "--resume", "nowhere").error
    own = cli("sweep", "--resume", run, "--prices", "us20")
    assert (own.code, "takes its settings" in own.error) == (2, True)
    words = [*WORDS, "10,40,90", "--fill", "next_close", "--no-report"]
    swept = cli(*words, "--json").json["run"]
    manifest = Path(swept) / "manifest.json"
    manifest.write_text(manifest.read_text().replace(Path(swept).name, "sma_cross-00000000"))
    other = cli("sweep", "--resume", swept)
    assert (other.code, "was begun with other data or code" in other.error) == (2, True)
    unknown = cli(*words, "--executor", "dask")
    assert (unknown.code, "serial, threads, processes, ray" in unknown.error) == (2, True)


def test_an_error_leaves_no_folder_behind(cli: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise DataError("row 3 is bad")

    monkeypatch.setattr(_sharded, "run_shard", fail)
    said = cli(*WORDS, "10,40,90", "--fill", "next_close", "--shard", "2")
    assert (said.code, said.error) == (3, "error: row 3 is bad")
    assert [file.name for file in Path("runs").iterdir()] == ["trials.jsonl"]
