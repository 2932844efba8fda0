"""The planted world and a contest on it, byte for byte: a change to a digest needs a sentence in the commit."""

from __future__ import annotations

import hashlib
from pathlib import Path

from contest.small_contest import PLENTY, run, unsynced, world
from quantrl.contest import ContestConfig
from quantrl.contest.presets import PRESETS
from quantrl.runs import sha256_json

RUN = "748c3b004022b470439e5a07299b4b3b14660655451816167ccfbd5732d7ae1d"
HEADLINES = "0efdccb2ae118967ec32901a81f579c2e971de5bccda5add7af865b888566522"
TABLES = "b54273aed5111c2dfeaac50fccc11a34836242ce62e2ce6cd82d20d864d1c67d"


def test_ten_days_of_the_planted_world(tmp_path: Path) -> None:
    config = ContestConfig(
        start="2030-01-21",
        end="2030-02-01",
        seed=0,
        contest={"context": {"capacity": 1_600}},
        **PLENTY,
    )
    with unsynced():
        made = run(tmp_path / "run", config)
    assert len(made.lines) == 10 * 12
    assert made.digest() == RUN
    assert made.summary["audit"]["breaches"] == 0


def test_two_hundred_headlines() -> None:
    _, docs = world()
    assert docs.span is not None
    titles = [document.title for document in docs.as_of(docs.span[1])][:200]
    assert hashlib.sha256("\n".join(titles).encode()).hexdigest() == HEADLINES


def test_the_tables_of_the_presets() -> None:
    assert sha256_json({name: preset.model_dump(mode="json") for name, preset in PRESETS.items()}) == TABLES
