"""`quantrl train dqn_statarb` and `quantrl evaluate` on its runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

pytest.importorskip("torch")
pytest.importorskip("sb3_contrib")

from agents.dqn_statarb.test_backtest import some_days
from envs.pair import books
from quantrl.agents.dqn_statarb.policy import load_policy
from quantrl.selection.recorded import read_recorded

CONFIG = """
name = "tiny"
agent = "dqn_statarb"

[pair]
venue = "ou"
episode_len = 40

[train]
steps = 256
seeds = 1
n_envs = 16
batch = 32
learning_starts = 64
buffer = 2000
eval_points = 1
net = [8]
jobs = 1
"""


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("quantrl.agents.dqn_statarb.lesson.VALIDATION", 8)
    monkeypatch.setattr("quantrl.agents.dqn_statarb.linear.DECISIONS", 64)
    path = tmp_path / "tiny.toml"
    path.write_text(CONFIG)
    return path


def test_a_training_a_cost_each_its_evaluation_and_the_page(
    cli: Any, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from quantrl.agents.dqn_statarb import evaluate as judged

    said = cli("train", "dqn_statarb", "--config", config, "--cost", "0,0.2", "--out", "both", "--json")
    assert said.code == 0, said.error
    assert [run["status"] for run in json.loads(said.out)["runs"]] == ["done", "done"]
    known = json.loads(Path("both/cost0.2/manifest.json").read_text())
    assert known["pair"]["cost"] == 0.2
    assert known["command"] == f"quantrl train dqn_statarb --config {config} --cost 0.2"
    plain = judged.evaluate
    monkeypatch.setattr(judged, "evaluate", lambda run, **how: plain(run, n_envs=8, decisions=16, **how))
    said = cli("evaluate", "both/cost0", "both/cost0.2", "--page", "page.md")
    assert said.code == 0, said.error
    assert "random_matched" in said.out
    page = Path("page.md").read_text()
    assert page.count("| ou, ddqn | 0.2 |") == 4
    assert json.loads(Path("both/cost0/results.json").read_text())["ratio"]["n"] == 1
    monkeypatch.setattr("quantrl.agents.dqn_statarb.backtest.run.DECISIONS", 2_000)
    said = cli("evaluate", "both/cost0.2", "--reuse", "--sweep", "--page", "page.md")
    assert said.code == 0, said.error
    assert "fees, times" in said.out
    assert "## Elsewhere" in Path("page.md").read_text()
    found = json.loads(Path("both/cost0.2/results.json").read_text())
    assert found["command"] == "quantrl evaluate cost0.2 --sweep"
    assert [row["at"] for row in found["sweep"]["rows"]] == [0.0, 0.5, 1.0, 2.0]
    assert cli("evaluate", "both/cost0.2", "--reuse", "--sweep").code == 0
    assert json.loads(Path("both/cost0.2/results.json").read_text()) == found


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--venue", "moon"], "pair.venue"),
        (["--algo", "ppo"], "train.algo"),
        (["--cost", "cheap"], "--cost: expected k / s"),
        (["--preset", "robust", "--cost", "0,0.2"], "--cost: preset robust takes one cost"),
        (["--preset", "explore", "--cost", "0,0.2"], "--cost: preset explore takes one cost"),
        (["--preset", "explore", "--set", "pair.objective=cvar"], "expected a simulated spread that reverts"),
        (["--preset", "rolling"], "pair.venue: expected replay, whose sessions go by, got 'books'"),
        (["--algo", "qr_cvar"], "qr_cvar needs sessions that close"),
        (["--preset", "cvar", "--set", "train.gamma=0.99"], "train.gamma: expected 1 for algo 'qr_cvar'"),
        (["--set", "steps=3"], "expected pair.FIELD or train.FIELD"),
        (["--set", "train.gamma=0.5"], "train.gamma: expected at least"),
        (["--preset", "released"], "preset: expected one of smoke, truth, default"),
        (["--data", "us20"], "--data: not an option of dqn_statarb"),
        (["--net", "vgg"], "--net: not an option of dqn_statarb"),
        (["--venue", "replay"], "--venue: replay needs --events and --pair"),
        (["--events", "a.qev"], "--events, --pair: recorded books need both"),
        (["--pair", "p.json"], "--events, --pair: recorded books need both"),
        (["--venue", "ou", "--events", "a.qev", "--pair", "p.json"], "--venue: --events are recorded books"),
        (["--resume", "run", "--pair", "p.json"], "--resume: the run keeps its settings; leave out --pair"),
    ],
)
def test_what_does_not_fit_is_refused_before_anything_is_written(
    cli: Any, words: list[str], said: str
) -> None:
    found = cli("train", "dqn_statarb", *words, "--out", "run")
    assert found.code == 2
    assert said in found.error
    assert not Path("run").exists()


def test_a_tail_is_trained_judged_and_put_on_the_page(
    cli: Any, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quantrl.agents.dqn_statarb.lesson.SESSIONS", 4)
    monkeypatch.setattr("quantrl.agents.dqn_statarb.risk.judge.SESSIONS", 16)
    said = cli(
        "train", "dqn_statarb", "--preset", "cvar", "--config", config, "--cost", "0.2", "--out", "tail"
    )
    assert said.code == 0, said.error
    known = json.loads(Path("tail/manifest.json").read_text())
    assert known["command"] == f"quantrl train dqn_statarb --preset cvar --config {config} --cost 0.2"
    assert known["pair"]["stock"][0] < known["pair"]["stock"][1]
    said = cli("evaluate", "tail", "--page", "page.md")
    assert said.code == 0, said.error
    assert "first stock" in said.out
    assert "### ou, qr_cvar, k = 0.2 s" in Path("page.md").read_text()


def test_recorded_books_are_trained_on_judged_and_kept_as_daily_returns(
    cli: Any, config: Path, tmp_path: Path
) -> None:
    files = some_days(tmp_path, days=4, seconds=160)
    facts = tmp_path / "pair.json"
    facts.write_text(json.dumps(books.FACTS))
    events = ["--events", files[0], "--events", files[1], "--pair", facts]
    fields = ("dt=0.5", "window=16", "fee_bps=[0.5,2]", "split=[0.3,0.49]")
    sets = [word for text in fields for word in ("--set", f"pair.{text}")]
    words = ["train", "dqn_statarb", "--config", config, *events, *sets]
    said = cli(*words, "--venue", "replay", "--algo", "dqn", "--out", "run")
    assert said.code == 0, said.err
    known = json.loads(Path("run/manifest.json").read_text())
    assert (known["venue"], known["train"]["algo"]) == ("replay", "dqn")
    # What only a simulated pair has is left out of the config, the rest of it stays.
    assert (known["pair"]["venue"], known["pair"]["episode_len"]) == ("replay", 40)
    assert known["pair"]["fee_bps"] == [0.5, 2.0]
    assert f"--events {files[0]} --events {files[1]} --pair {facts}" in known["command"]
    assert cli(*words, "--cost", "0.1").error.startswith("error: --cost: recorded books have their spreads")
    robust = cli(*words, "--preset", "robust")
    assert "--preset: robust trains on simulated pairs" in robust.error
    missing = cli("train", "dqn_statarb", "--events", "none.qev", "--pair", facts)
    assert (missing.code, "none.qev" in missing.error) == (3, True)
    assert cli("evaluate", "run").code == 0
    daily = pl.read_parquet("run/daily.parquet")
    found = load_policy(Path("run/policy")).backtest()
    assert found.pair.segment == "test"
    assert read_recorded("run").venue == "replay"
    np.testing.assert_array_equal(daily["time"], found.daily["time"])


def test_options_of_a_pair_are_not_those_of_a_portfolio(cli: Any) -> None:
    found = cli("train", "sharpe_portfolio", "--venue", "ou")
    assert found.code == 2
    assert "--venue: not an option of sharpe_portfolio" in found.error


def test_a_config_of_another_agent_or_with_unknown_keys_is_refused(cli: Any, config: Path) -> None:
    for old, new, said in (
        ('"dqn_statarb"', '"sharpe_portfolio"', "agent: expected dqn_statarb"),
        ("[pair]", "[env]", "env: unknown key"),
        ("steps", "stepz", "train.stepz: unknown key"),
    ):
        config.write_text(CONFIG.replace(old, new, 1))
        found = cli("train", "dqn_statarb", "--config", config)
        assert (found.code, said in found.error) == (2, True), found.error


def test_ctrl_c_ends_with_130_and_resume_goes_on(
    cli: Any, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from quantrl.agents._training import run as runs

    def interrupted(*args: Any, **options: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(runs, "_train", interrupted)
        said = cli("train", "dqn_statarb", "--config", config, "--out", "here")
    assert said.code == 130
    assert "--resume with the run folder" in said.out
    wrong = cli("train", "sharpe_portfolio", "--resume", "here")
    assert "is a run of dqn_statarb" in wrong.error
    assert cli("train", "dqn_statarb", "--resume", "here").code == 0
    assert json.loads(Path("here/manifest.json").read_text())["status"] == "done"
