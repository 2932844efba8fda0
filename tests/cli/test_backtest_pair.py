"""`quantrl backtest --policy`: the run folder of a pair, its page, what is refused; its returns in a contest."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

pytest.importorskip("torch")

from agents.dqn_statarb.test_backtest import SETTINGS, some_days
from agents.dqn_statarb.test_export import net, write
from envs.pair import books
from quantrl.agents.dqn_statarb.policy import load_policy
from quantrl.envs import PairConfig
from quantrl.runs import TrialLedger

CONFIG = """
name = "turns"
agent = "dqn_statarb"

[pair]
venue = "books"
cost = 0.1

[train]
steps = 1000
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "turns.toml"
    path.write_text(CONFIG)
    return path


def policy(pair: PairConfig, folder: Path) -> Path:
    return write(folder, pair, net(pair, 2, net_arch=[16], dueling=True))


def test_a_run_folder_on_simulated_books(cli: Any, config: Path, tmp_path: Path) -> None:
    where = policy(PairConfig.books(cost=0.2), tmp_path / "policy")
    words = ["backtest", config, "--policy", where, "--decisions", "3000", "--seed", "4", "--latency", "50ms"]
    said = cli(*words, "--json")
    assert said.code == 0, said.err
    folder = Path(said.json["run"])
    manifest = json.loads((folder / "manifest.json").read_text())
    assert (manifest["kind"], manifest["venue"], manifest["name"]) == ("pair", "books", "turns")
    for name, sha in manifest["files"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == sha
    found = load_policy(where).backtest(decisions=3_000, seed=4, latency="50ms", cost=0.1)
    assert manifest["digest"] == found.digest()
    assert pl.read_parquet(folder / "fills.parquet").equals(found.fills)
    assert pl.read_parquet(folder / "daily.parquet").equals(found.daily)
    assert said.json["equity"] == pytest.approx(found.equity[-1])
    page = (folder / "report.html").read_text()
    assert "Nothing here was earned on a market" in page
    text = cli("report", folder, "--text").out
    assert text.startswith(f"{manifest['name']} (pair ")
    assert "Net, U an hour" in text
    assert f"Run it again: {manifest['command']}" in text
    assert TrialLedger("runs").count(data_id=manifest["data_id"], family="dqn_statarb") == 1
    again = cli(*words, "--json")
    assert again.json["run"] == str(folder)
    assert TrialLedger("runs").count(data_id=manifest["data_id"]) == 1


def test_recorded_books_and_a_contest_with_their_returns(cli: Any, config: Path, tmp_path: Path) -> None:
    files = some_days(tmp_path, days=5)
    facts = tmp_path / "pair.json"
    facts.write_text(json.dumps(books.FACTS))
    where = policy(PairConfig.replay(files, books.FACTS, **SETTINGS), tmp_path / "policy")
    events = ["--events", files[0], "--events", files[1]]
    # Events the policy was trained on: their test part is the end.
    said = cli(
        "backtest", config, "--policy", where, *events, "--pair", facts, "--fees", "2,0.5", "--no-report"
    )
    assert said.code == 0, said.err
    (folder,) = Path("runs").glob("turns-*")
    report = json.loads((folder / "report.json").read_text())
    assert (report["venue"], report["pair"]["segment"]) == ("replay", "test")
    assert report["pair"]["fee_bps"] == [2.0, 0.5]
    assert [leg["symbol"] for leg in report["instruments"]] == ["L0", "L1"]
    whole = cli("backtest", "--policy", where, "--set", "pair.segment=all", "--out", "whole", "--json")
    assert whole.code == 0, whole.err
    daily = pl.read_parquet(Path("whole") / "daily.parquet")
    assert daily.height == 5
    contest(daily, "whole", "replay", cli)


def contest(daily: pl.DataFrame, run: str, venue: str, cli: Any) -> None:
    """A contest of bars around the days of a run, with the run as an entrant."""
    days, last = 60, daily["time"][-1]
    time = np.datetime64(int(last) // (86_400 * 10**9) - days + 10, "D") + np.arange(days)
    draws = np.random.default_rng(3)
    prices = {name: 100 * np.exp(np.cumsum(draws.normal(0, 0.01, days))) for name in ("A", "B", "C")}
    rows = pl.DataFrame({"date": time.astype(str), **prices})
    rows.write_csv("bars.csv")
    Path("contest.toml").write_text(f"""
name = "mixed"
data = {{ path = "bars.csv", periods_per_year = 252.0 }}
backtest = {{ fill = "next_close", costs = {{ bps = 0.0 }} }}

[[agents]]
id = "rules/equal_weight"

[[agents]]
id = "recorded:{run}"
name = "pair"
""")
    said = cli("contest", "run", "contest.toml", "--out", "mixed", "--no-report", "--json")
    assert said.code == 0, said.err
    report = json.loads(Path("mixed/report.json").read_text())
    (row,) = [row for row in report["leaderboard"] if row["agent"] == "pair"]
    assert (row["kind"], row["params"]["venue"]) == ("recorded", venue)
    equity = pl.read_parquet("mixed/equity.parquet")["agent:pair"].to_numpy()
    grown = np.prod(1.0 + daily["net"].to_numpy()[2:])  # bought a bar after the first day was over
    assert equity[-1] / equity[0] == pytest.approx(grown, rel=1e-6)  # a sleeve's price has steps of 0.00001


def test_what_does_not_fit_is_refused_before_anything_is_written(
    cli: Any, config: Path, tmp_path: Path
) -> None:
    where = policy(PairConfig.books(cost=0.2), tmp_path / "policy")
    for words, said, code in (
        (["--latency", "10ms"], "--latency: goes only with --policy", 2),
        (["--policy", where, "--fill", "close"], "--fill: goes only without --policy", 2),
        (["--policy", tmp_path / "none"], "holds no policy.json", 2),
        (["--policy", where, "--fees", "cheap"], "--fees: expected basis points", 2),
        (["--policy", where, "--queue", "power2"], "--queue: orders of this pair rest in no queue", 2),
        (["--policy", where, "--fees", "1"], "fees: those of a simulated pair", 2),
        (["--policy", where, "--latency", "soon"], "latency: expected a duration", 2),
        (["--policy", where, "--set", "train.steps=3"], "expected pair.FIELD", 2),
        (["--policy", where, "--set", "pair.features=full"], "expected the 12 observations", 2),
        (["--policy", where, "--pair", config], "facts go with events", 2),
        (["--policy", where, "--events", config], "pair: needed with events", 2),
        (["--policy", where, "--events", "none.qev", "--pair", "none.json"], "none.json", 3),
    ):
        found = cli("backtest", config, *words, "--out", "run")
        assert (found.code, said in found.error) == (code, True), found.error
        assert not Path("run").exists()
    assert not Path("runs").exists()
