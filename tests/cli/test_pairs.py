"""`quantrl train dqn_statarb` and `quantrl evaluate` on its runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("sb3_contrib")

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
    assert page.count("| ou, ddqn | 0.2 |") == 3
    assert json.loads(Path("both/cost0/results.json").read_text())["ratio"]["n"] == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--venue", "moon"], "pair.venue"),
        (["--algo", "ppo"], "train.algo"),
        (["--cost", "cheap"], "--cost: expected k / s"),
        (["--set", "steps=3"], "expected pair.FIELD or train.FIELD"),
        (["--set", "train.gamma=0.5"], "train.gamma: expected at least"),
        (["--preset", "released"], "preset: expected one of smoke, truth, default"),
        (["--data", "us20"], "--data: not an option of dqn_statarb"),
        (["--net", "vgg"], "--net: not an option of dqn_statarb"),
    ],
)
def test_what_does_not_fit_is_refused_before_anything_is_written(
    cli: Any, words: list[str], said: str
) -> None:
    found = cli("train", "dqn_statarb", *words, "--out", "run")
    assert found.code == 2
    assert said in found.error
    assert not Path("run").exists()


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
