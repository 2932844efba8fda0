"""Caps on a whole contest: never passed, the same stop at any speed, and said in what is left behind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from contest.small_contest import config, run, talking, unsynced
from quantrl.contest.runner import Event
from quantrl.errors import BudgetExceeded, ConfigError

DOUBLE = {"provider": "scripted", "model": "double"}
PRICES = """
as_of = 2030-01-01
[[price]]
provider = "scripted"
model = "double"
input = 1.0
output = 2.0
"""


@pytest.fixture(scope="module", autouse=True)
def _no_wait() -> Iterator[None]:
    with unsynced():
        yield


def capped(out: Path, budget: dict[str, Any], llm: dict[str, Any] | None = None, **options: Any) -> Any:
    made = config(2, llm={**DOUBLE, **(llm or {})}, budget=budget)
    return run(out, made, llms={"scripted": talking()}, **options)


@pytest.mark.parametrize(
    "budget",
    [
        {"run": {"calls": 60}},
        {"day": {"calls": 45}},
        {"agent": {"calls": 5}},
        {"run": {"output_tokens": 12_000}},
    ],
)
def test_a_cap_stops_the_same_calls_at_any_speed(tmp_path: Path, budget: dict[str, Any]) -> None:
    made = capped(tmp_path / "run", budget)
    assert made.status == "partial"
    assert made.summary["cuts"]
    assert made.summary["abstentions"].get("budget", 0) or made.summary["partial"]
    for name, spend in made.summary["spend"].items():
        assert spend["cap"] is None or spend["used"] <= spend["cap"], name
    slow = capped(tmp_path / "slow", budget, {"concurrency": 1})
    assert slow.digest() == made.digest()
    assert slow.summary["cuts"] == made.summary["cuts"]


def test_after_a_kill_the_budget_is_what_was_left(tmp_path: Path) -> None:
    budget = {"run": {"calls": 60}}
    made = capped(tmp_path / "run", budget)

    class Killed(BaseException):
        pass

    for at in (4, 7, 14):

        def hook(seq: int, step: str, moment: str, at: int = at) -> None:
            if (seq, moment) == (at, "logged"):
                raise Killed

        with pytest.raises(Killed):
            capped(tmp_path / "other", budget, hook=hook)
    ended = capped(tmp_path / "other", budget)
    assert ended.digest() == made.digest()
    assert ended.status == "partial"
    assert ended.summary["cuts"] == made.summary["cuts"]
    assert ended.summary["spend"]["calls"] == made.summary["spend"]["calls"]


def test_money_needs_a_price_and_is_never_passed(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="needs a price"):
        capped(tmp_path / "none", {"run": {"usd": 0.01}})
    prices = tmp_path / "prices.toml"
    prices.write_text(PRICES)
    made = capped(tmp_path / "run", {"run": {"usd": 0.05}}, {"prices": str(prices)})
    spend = made.summary["spend"]["usd"]
    assert 0 < spend["used"] <= spend["cap"] == 0.05
    assert made.status == "partial"


def test_strict_stops_at_the_first(tmp_path: Path) -> None:
    seen: list[Event] = []
    with pytest.raises(BudgetExceeded):
        capped(tmp_path / "run", {"run": {"calls": 20}, "strict": True}, progress=seen.append)
    assert seen[-1].step in ("FACTORS", "DOCS", "RATED")


def test_seconds_cut_and_are_kept_for_the_replay(tmp_path: Path) -> None:
    made = capped(tmp_path / "run", {"run": {"seconds": 0.0}})
    assert made.status == "partial"
    assert {cut[5] for cut in made.summary["cuts"]} == {"seconds"}
    assert made.summary["spend"]["calls"]["used"] == 0
    assert made.replay().digest() == made.digest()
