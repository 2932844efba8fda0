from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("stable_baselines3")

SMALL = """
name = "tiny"
data = { sample = "us20", end = "1991-06-30" }

[env]
window = 20
fill = "next_close"
episode_len = 6
decision_every = 2

[train]
steps = 128
seeds = 1
folds = 1
eval_points = 2
n_envs = 4
min_train = 200
validation = 40
test = 40
step = 40
min_test = 20
executor = "serial"
overrides = { n_steps = 16, batch_size = 32, n_epochs = 1 }
"""


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    file = tmp_path / "tiny.toml"
    file.write_text(SMALL)
    return file


def test_a_config_is_trained_and_the_outcome_is_one_object(cli: Any, tiny: Path) -> None:
    said = cli("train", "sharpe_portfolio", "--config", tiny, "--set", "env.cost_bps=7", "--json")
    assert said.code == 0, said.err
    found = said.json
    assert (found["ok"], found["status"], found["seeds"]) == (True, "done", [0])
    assert [run["status"] for run in found["runs"]] == ["done"]
    manifest = json.loads((Path(found["run"]) / "manifest.json").read_text())
    assert manifest["env"]["cost_bps"] == 7.0
    assert manifest["env"]["window"] == 20
    assert manifest["data"]["section"]["sample"] == "us20"
    assert manifest["command"].endswith("--set env.cost_bps=7")
    assert manifest["id"].startswith("tiny-")


def test_flags_win_over_the_file_and_people_read_a_table(cli: Any, tiny: Path) -> None:
    words = ("--steps", "64", "--reward", "log_return", "--out", "here", "--jobs", "1")
    said = cli("train", "sharpe_portfolio", "--config", tiny, *words)
    assert said.code == 0, said.err
    assert "trained policies" in said.out
    assert "says nothing about new data" in said.out
    assert "a name weighs" in said.err
    manifest = json.loads(Path("here/manifest.json").read_text())
    assert (manifest["train"]["steps"], manifest["env"]["reward"]) == (64, "log_return")
    again = cli("train", "sharpe_portfolio", "--resume", "here", "--json")
    assert again.code == 0
    assert again.json["runs"] == manifest["runs"]


def test_the_written_config_gives_the_same_run(cli: Any, tiny: Path) -> None:
    first = cli("train", "sharpe_portfolio", "--config", tiny, "--json").json
    text = Path(first["run"], "config.toml").read_text()
    Path("copy.toml").write_text(text)
    second = cli("train", "sharpe_portfolio", "--config", "copy.toml", "--runs", "other", "--json").json
    assert Path(second["run"]).name == Path(first["run"]).name
    assert second["runs"] == first["runs"]


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("momentum",), 2, "agent: expected one of sharpe_portfolio, dqn_statarb, got 'momentum'"),
        (("sharpe_portfolio", "--preset", "huge"), 2, "preset: expected one of smoke, default, released"),
        (("sharpe_portfolio", "--algo", "dqn"), 2, "train.algo: Input should be 'ppo'"),
        (("sharpe_portfolio", "--reward", "luck"), 2, "env.reward: Input should be"),
        (("sharpe_portfolio", "--set", "train.stepz=3"), 2, "train.stepz: unknown key; known here: algo"),
        (("sharpe_portfolio", "--set", "env.windows=3"), 2, "env.windows"),
        (("sharpe_portfolio", "--algo", "sac", "--set", "train.head=score"), 2, "which sac needs"),
        (("sharpe_portfolio", "--data", "us20"), 3, "name fill='next_close'"),
        (("sharpe_portfolio", "--data", "absent.csv"), 3, "absent.csv"),
        (("sharpe_portfolio", "--resume", "nothing"), 8, "nothing: no run folder"),
        (("sharpe_portfolio", "--resume", "x", "--steps", "3"), 2, "leave out --steps"),
        (("sharpe_portfolio", "--resume", "x", "--preset", "smoke"), 2, "leave out --preset"),
    ],
)
def test_bad_input_is_one_line(cli: Any, words: tuple[str, ...], code: int, message: str) -> None:
    said = cli("train", *words)
    assert said.code == code
    assert message in said.error
    assert not Path("runs").exists()


def test_a_config_without_agents_is_no_contest(cli: Any, tiny: Path) -> None:
    said = cli("contest", "run", tiny)
    assert said.code == 2
    assert "agents: expected at least one entrant" in said.error


def test_ctrl_c_ends_with_130(cli: Any, tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from quantrl.agents._training import run as runs

    def interrupted(*args: Any, **options: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(runs, "_train", interrupted)
        said = cli("train", "sharpe_portfolio", "--config", tiny, "--out", "here")
    assert said.code == 130
    assert "--resume with the run folder" in said.out
    assert json.loads(Path("here/manifest.json").read_text())["status"] == "interrupted"
    assert cli("train", "sharpe_portfolio", "--resume", "here").code == 0


def test_presets_are_settings_that_exist() -> None:
    from quantrl.agents.sharpe_portfolio import TrainConfig
    from quantrl.agents.sharpe_portfolio.training.presets import PRESETS
    from quantrl.envs import RELEASED, PortfolioConfig

    for preset in PRESETS.values():
        TrainConfig(**preset.train)
        PortfolioConfig.of(**preset.env)
    assert PortfolioConfig.of(**PRESETS["released"].env) == RELEASED
    assert TrainConfig(**PRESETS["smoke"].train).steps == 20_000
