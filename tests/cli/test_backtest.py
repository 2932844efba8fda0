"""``quantrl backtest``: a folder that holds what the account did, or no folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from quantrl import data
from quantrl.backtest import Costs, run_weights
from quantrl.cli.backtest import accounts
from quantrl.cli.exits import CHECK_FAILED, DATA, INTERRUPTED, USAGE
from quantrl.data import load_sample
from quantrl.registry import build_agent
from quantrl.runs import TrialLedger

PRICES = "date,A,B\n2020-01-02,10,20\n2020-01-03,11,19\n2020-01-06,12.1,20.9\n2020-01-07,11,22\n"
WEIGHTS = "date,A,B\n2020-01-02,0.5,0.5\n2020-01-06,0.2,0.8\n2020-01-07,,0.5\n"
BY_HAND = ["--fill", "close", "--set", "initial_cash=1000.0", "--set", "data.periods_per_year=252.0"]


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    (tmp_path / "prices.csv").write_text(PRICES)
    (tmp_path / "weights.csv").write_text(WEIGHTS)
    return ["--prices", "prices.csv", "--weights", "weights.csv"]


def _nothing_left(root: Path = Path("runs")) -> bool:
    return not root.exists() or [file.name for file in root.iterdir()] in ([], ["trials.jsonl"])


def test_weights_give_the_numbers_found_by_hand(cli: Any, files: list[str]) -> None:
    said = cli("backtest", *files, *BY_HAND, "--bps", "10", "--sizing", "pre_cost", "--no-report", "--json")
    assert said.code == 0, said.err
    equity = pl.read_parquet(Path(said.json["run"]) / "equity.parquet")["book:weights"]
    expected = [999.0009990010, 1023.9760239760, 1125.6158392876, 1152.1728330844]
    assert equity.to_list() == pytest.approx(expected, abs=1e-9)


def test_config_runs_every_agent_on_its_own_account(cli: Any, config: Path) -> None:
    said = cli("backtest", config, "--json")
    assert said.code == 0, said.err
    found, folder = said.json, Path(said.json["run"])
    assert list(found["accounts"]) == [
        "rules/equal_weight",
        "rules/momentum",
        "rules/inverse_volatility",
        "rules/random_entry",
    ]
    assert all(account["audit_breaches"] == 0 for account in found["accounts"].values())
    assert all(account["lookahead_clean"] for account in found["accounts"].values())
    assert Path(found["report"]).is_file()
    names = {file.name for file in folder.iterdir()}
    assert names == {
        "account.parquet", "audit.jsonl", "config.toml", "decisions.parquet", "equity.parquet", "fills.parquet", "log.txt",
        "manifest.json", "metrics.json", "report.html", "report.json",
    }  # fmt: skip
    manifest = json.loads((folder / "manifest.json").read_text())
    assert set(manifest["files"]) == names - {"manifest.json"}
    assert manifest["id"] == folder.name


def test_equity_is_that_of_the_engine(cli: Any, config: Path) -> None:
    folder = Path(cli("backtest", config, "--no-report", "--no-lookahead", "--json").json["run"])
    weights = pl.read_parquet(folder / "decisions.parquet").filter(pl.col("agent") == "rules/momentum")
    panel = data.load_sample("us20").between(
        *(int(pl.read_parquet(folder / "equity.parquet")["time"][i]) for i in (0, -1))
    )
    dense = np.full(panel.shape, np.nan)
    rows = np.searchsorted(panel.time, weights["decided"].to_numpy())
    dense[rows] = weights.select(pl.col("^w:.*$")).fill_null(np.nan).to_numpy()
    again = run_weights(panel, dense, fill="next_close", costs=Costs(bps=10.0))
    equity = pl.read_parquet(folder / "equity.parquet")["book:rules/momentum"].to_numpy()
    assert (again.equity == equity).all()


def test_the_run_folder_rebuilds_its_report(cli: Any, config: Path) -> None:
    folder = Path(cli("backtest", config, "--no-lookahead", "--json").json["run"])
    page = (folder / "report.html").read_bytes()
    (folder / "report.html").unlink()
    assert cli("report", folder.name).code == 0
    assert (folder / "report.html").read_bytes() == page
    assert "small" in cli("report", folder, "--text").out
    assert cli("report", folder, "--json").json["contents"]["kind"] == "backtest"


def test_same_config_same_folder_and_no_new_trials(cli: Any, config: Path) -> None:
    words = ("backtest", config, "--no-report", "--no-lookahead", "--json")
    one = cli(*words).json
    trials = TrialLedger("runs")
    panel_id = load_sample("us20").id  # a window of it is another trial on the same data
    assert json.loads((Path(one["run"]) / "manifest.json").read_text())["data_id"] != panel_id
    assert trials.count(data_id=panel_id) == 4
    assert cli(*words).json["run"] == one["run"]
    assert trials.count(data_id=panel_id) == 4
    assert {trial.status for trial in trials.read()} == {"started", "done"}


def test_an_agent_that_is_no_function_of_its_view_fails_and_leaves_no_folder(
    cli: Any, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Counts:
        """Decides by how often it was asked in this process: not a function of what it may know."""

        asked = 0

        def decide(self, view: Any) -> Any:
            from quantrl.agent import Decision

            Counts.asked += 1
            weights = np.zeros(view.n_instruments)
            weights[Counts.asked % view.n_instruments] = 1.0
            return Decision(weights)

    def build(agent_id: str, params: Any = None, **key: Any) -> Any:
        return Counts() if agent_id == "rules/equal_weight" else build_agent(agent_id, params, **key)

    monkeypatch.setattr(accounts, "build_agent", build)
    said = cli("backtest", config)
    assert said.code == CHECK_FAILED
    assert "rules/equal_weight" in said.error
    assert _nothing_left()


def test_ctrl_c_keeps_what_is_finished(cli: Any, config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def build(agent_id: str, params: Any = None, **key: Any) -> Any:
        agent = build_agent(agent_id, params, **key)
        return Interrupts() if agent_id == "rules/inverse_volatility" else agent

    class Interrupts:
        def decide(self, view: Any) -> Any:
            raise KeyboardInterrupt

    monkeypatch.setattr(accounts, "build_agent", build)
    said = cli("backtest", config, "--no-lookahead", "--no-report", "--json")
    assert said.code == INTERRUPTED
    assert said.json["status"] == "interrupted"
    assert list(said.json["accounts"]) == ["rules/equal_weight", "rules/momentum"]
    manifest = json.loads((Path(said.json["run"]) / "manifest.json").read_text())
    assert manifest["status"] == "interrupted"


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        ("date,A,Z\n2020-01-02,1,0\n", ["weights.csv", "'Z'"]),
        ("date,A\n2020-01-04,1\n", ["weights.csv", "row 0", "2020-01-04"]),
        ("date,A\n2020-01-02,many\n", ["weights.csv", "'A'"]),
        ("A,B\n1,0\n", ["weights.csv", "time column"]),
        ("date,A,B\n2020-01-02,0.7,0.7\n", ["1.4"]),
        ("date,A,B\n2020-01-02,-0.5,0\n", ["negative"]),
        ("date,A\n2020-01-03,1\n2020-01-02,1\n", ["increasing"]),
    ],
)
def test_weights_that_cannot_be_used(cli: Any, files: list[str], weights: str, words: list[str]) -> None:
    Path("weights.csv").write_text(weights)
    said = cli("backtest", *files, *BY_HAND)
    assert said.code == DATA
    assert all(word in said.error for word in words)
    assert _nothing_left()


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--prices", "prices.csv"],
        ["--prices", "prices.csv", "--weights", "weights.csv", "--fill", "sometime"],
        ["--prices", "prices.csv", "--weights", "weights.csv", "--set", "nonsense=1"],
        ["--prices", "prices.csv", "--weights", "weights.csv", "--bps", "-1"],
        ["--prices", "prices.csv", "--weights", "weights.csv"],
    ],
    ids=["nothing", "no weights", "fill", "key", "cost", "no open"],
)
def test_settings_that_cannot_be_used(cli: Any, files: list[str], words: list[str]) -> None:
    said = cli("backtest", *words)
    assert said.code == USAGE
    assert said.error
    assert _nothing_left()


def test_terms_of_a_config_are_those_of_the_accounts(cli: Any, tmp_path: Path) -> None:
    weights = tmp_path / "spread.csv"
    weights.write_text("date,KO,PEP\n2015-02-02,0.8,-0.8\n2016-02-01,0.5,0.5\n")
    words = [
        "backtest",
        "--prices",
        "us20",
        "--weights",
        weights,
        "--fill",
        "next_close",
        "--from",
        "2015-01-01",
    ]
    words += ["--to", "2016-12-31", "--out", tmp_path / "run", "--json"]
    refused = cli(*words)
    assert (refused.code, "is negative in a cash account" in refused.err) == (3, True)
    terms = [
        "--set",
        "terms.margin.max_gross=2.0",
        "--set",
        "terms.short_fee=0.05",
        "--set",
        "terms.borrow=0.04",
    ]
    said = cli(*words, *terms)
    assert said.code == 0, said.err
    report = json.loads((tmp_path / "run" / "report.json").read_text())
    assert "margin" in json.dumps(report)
    fills = pl.read_parquet(tmp_path / "run" / "fills.parquet")
    assert fills.filter(pl.col("instrument") == "PEP")["units"][0] < 0
    assert "short_fee = 0.05" in (tmp_path / "run" / "config.toml").read_text()
    bad = cli(*words, "--set", "terms.margin.maintenance=1.5")
    assert (bad.code, "terms.margin.maintenance" in bad.err) == (2, True)


def test_a_contest_knows_cash_accounts_only(cli: Any, config: Path) -> None:
    config.write_text(config.read_text() + "\n[terms]\nmargin = { max_gross = 1.5 }\n")
    said = cli("contest", "run", config)
    assert (said.code, "unknown key 'terms'" in said.err) == (2, True)
