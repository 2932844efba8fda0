"""Presets field by field, and what a config refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from contest.small_contest import AGENTS, config
from quantrl.contest import ContestConfig
from quantrl.contest.folder import write_config
from quantrl.errors import ConfigError

SPAN = {"start": "2030-01-03", "end": "2030-01-11"}
TABLE = {
    "default": {
        "data_score": "paper_sum",
        "data_predictor.name": "ew",
        "data_predictor.half_life": 21.0,
        "context.name": "knapsack",
        "context.capacity": 16_000,
        "context.every": 3,
        "research_reward": "net",
        "research_predictor.name": "ew",
        "research_predictor.half_life": 63.0,
        "judges.count": 5,
        "judges.mode": "pointwise",
        "judges.use": "gated",
        "market": "us",
        "max_name": 0.25,
        "data_engine": "paper",
        "research_engine": "paper",
    },
    "paper-v3": {
        "data_score": "paper_sum",
        "data_predictor.name": "lightgbm",
        "data_predictor.n": 3,
        "data_predictor.fit": "calibration",
        "context.name": "knapsack",
        "research_reward": "gross",
        "research_predictor.target": "sharpe",
        "research_predictor.n": 5,
        "judges.mode": "listwise",
        "judges.past_returns": False,
        "market": "flat_10bp",
        "max_name": 1.0,
    },
    "repo-2025": {
        "data_score": "repo_positive_clipped",
        "data_predictor.floor": 0.01,
        "context.name": "top_k",
        "context.params.k": 3,
        "context.every": 1,
        "locked": "zero",
        "research_reward": "first_signal",
        "research_predictor.n": 3,
        "judges.mode": "listwise",
        "judges.past_returns": True,
        "market": "flat_10bp",
        "max_name": 1.0,
    },
}


@pytest.mark.parametrize("preset", TABLE)
def test_presets_say_every_field(preset: str) -> None:
    made = config(preset=preset, calibration=SPAN, contest={})
    table = made.resolved()
    assert {name: table[name] for name in TABLE[preset]} == TABLE[preset]
    unsaid = {name for name, value in table.items() if value is None}
    assert unsaid <= {"data_predictor.floor", "research_predictor.floor"}


def test_a_field_is_set_alone_and_marked() -> None:
    made = config(
        preset="repo-2025", calibration=SPAN, contest={"context": {"capacity": 900}, "max_name": 0.5}
    )
    table = made.resolved()
    assert table["context.capacity *"] == 900
    assert table["context.name"] == "top_k"
    assert table["max_name *"] == 0.5
    assert made.mechanism.judges is not None
    assert made.mechanism.judges.past_returns


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"preset": "paper"}, "preset"),
        ({"agentz": []}, "unknown key 'agentz'"),
        ({"agents": []}, "agents"),
        ({"agents": ["rules/momentum", "rules/momentum"]}, "entered twice"),
        ({"agents": ["rules/momentum:fast"]}, "contest/researcher:<belief>"),
        ({"end": "2030-01-20"}, "expected 2030-01-21 or later"),
        ({"start": "yesterday"}, "expected a date"),
        ({"preset": "paper-v3"}, "calibration"),
        ({"calibration": {"start": "2030-01-03", "end": "2030-01-21"}}, "before 2030-01-21"),
        ({"contest": {"engine": "paper"}}, "unknown key 'contest.engine'"),
        ({"llm": "gpt"}, "openai:MODEL"),
        ({"budget": {"run": {"usd": -1.0}}}, "budget.run.usd"),
        ({"data_agents": [{"id": "a", "sources": []}]}, "data_agents.0.sources"),
        ({"llm": {"provider": "openai", "model": "m", "mode": "replay"}}, "llm: replay: expected the run"),
        ({"llm": {"provider": "openai", "model": "m", "replay": "runs/x"}}, "llm: replay: expected the run"),
    ],
)
def test_what_is_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        config(**changes)


def test_toml_has_the_same_fields(tmp_path: Path) -> None:
    file = tmp_path / "contest.toml"
    file.write_text(
        """
name = "offline"
start = "2030-01-21"
end = "2030-01-24"
documents = [{ source = "frame", path = "news.csv" }]
agents = [
  { id = "contest/researcher", name = "catalyst", params = { belief = "catalyst" } },
  { id = "contest/researcher", name = "contrarian", params = { belief = "contrarian" } },
  { id = "rules/momentum" },
  { id = "rules/equal_weight" },
]
[contest.context]
capacity = 1600
[llm]
provider = "rules"
[budget.run]
calls = 10
""",
        encoding="utf-8",
    )
    made = ContestConfig.read(file)
    assert [agent.label for agent in made.agents] == ["catalyst", "contrarian", *AGENTS[2:]]
    assert made.budget.run.budget().calls == 10
    assert made.documents[0].path == str(tmp_path / "news.csv")
    assert made.agents == config().agents
    file.write_text("start = 1", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"contest\.toml"):
        ContestConfig.read(file)
    with pytest.raises(ConfigError, match="No such file"):
        ContestConfig.read(tmp_path / "none.toml")


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"backtest": {"costs": {}}},
        {"llm": {"agents": {"catalyst": {}}}, "calibration": None, "symbols": []},
        {
            "agents": [{"id": "rules/momentum", "params": {}}],
            "documents": [{"source": "planted", "columns": {}}],
        },
    ],
)
def test_what_is_kept_of_a_config_says_the_same(changes: dict[str, Any], tmp_path: Path) -> None:
    made = config(**changes)
    write_config(tmp_path, made)
    assert ContestConfig.read(tmp_path / "config.toml").sha256 == made.sha256


def test_the_digest_is_of_what_can_change_a_result() -> None:
    plain = config().sha256
    same = [{"concurrency": 2}, {"api_key_env": "KEY"}, {"timeout_s": 5.0}, {"mode": "record"}]
    assert {config(llm=llm).sha256 for llm in same} == {plain}
    assert config(contest={"context": {"capacity": 1_600}, "cold": "equal"}).sha256 == plain
    others = [
        config(seed=1),
        config(days=3),
        config(contest={}),
        config(llm={"model": "other"}),
        config(llm={"agents": {"catalyst": {"provider": "local", "model": "local"}}}),
        config(budget={"day": {"calls": 5}}),
        config().with_engine("selection"),
    ]
    assert len({plain, *(one.sha256 for one in others)}) == 1 + len(others)
