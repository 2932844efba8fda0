"""Several runs on one page: what it must say first, and where its numbers come from."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from contest.evaluate.fake_tables import FakeRun
from quantrl.contest.evaluate.reading import reading
from quantrl.contest.evaluate.tables import Tables
from quantrl.contest.study import page, read
from quantrl.contest.study.findings import findings
from quantrl.errors import DataError

COMPARISON = {
    "days": 60,
    "whole": {"total": 0.1, "sharpe": 1.0, "max_drawdown": -0.05},
    "variants": [
        {
            "name": name,
            "seeds": 1,
            "total": 0.0,
            "sharpe": 0.5,
            "max_drawdown": -0.1,
            "seed_range": [0.5, 0.5],
            "lead": {"value": 0.5, "low": low, "high": 1.0, "p": 0.01, "se": 0.2, "visible": 0.56, "reason": "ok"},
            "words": "",
        }
        for name, low in (("no-judge", 0.1), ("no-deep-research", -0.1))
    ],
}  # fmt: skip
PROBES = {
    "probes": [
        {
            "kind": "turn",
            "days": 60,
            "actions": 200,
            "unchanged": {"value": 0.8, "low": 0.75, "high": 0.85, "reason": "ok"},
            "hit_rate_change": {"value": 0.0, "low": -0.1, "high": 0.1, "p": 1.0},
            "sharpe_change": {"value": 0.0, "low": -0.1, "high": 0.1, "p": 1.0},
            "words": "input is hardly used",
        }
    ]
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of a model with everything beside it that a page shows."""
    made = FakeRun(n_days=60, seeds=4, kind="local").write(tmp_path_factory.mktemp("study") / "run")
    for name, content in (("ablate/comparison", COMPARISON), ("probe/probes", PROBES)):
        file = made / f"{name}.json"
        file.parent.mkdir()
        file.write_text(json.dumps(content))
    (made / "replay").mkdir()
    (made / "replay" / "summary.json").write_text(json.dumps({"digest": Tables.read(made).summary.digest}))
    return made


@pytest.fixture(scope="module")
def text(folder: Path) -> str:
    return page([read(folder)], command="quantrl contest page run", machine="2 cores")


def test_negative_findings_come_before_any_result(text: str) -> None:
    order = [text.index(part) for part in ("quantrl contest page run", "## Negative findings", "### Results")]
    assert order == sorted(order)
    assert text.startswith("# ContestTrade: results\n")


def test_headings_are_of_one_page(text: str) -> None:
    heads = [line for line in text.splitlines() if line.startswith("#")]
    assert [head for head in heads if head.startswith("# ")] == heads[:1]
    assert [head for head in heads if head.startswith("## ")] == ["## Negative findings", heads[2]]


@pytest.mark.parametrize(
    "title",
    [
        "Results after costs",
        "From gross to net",
        "Who earned what under each engine, % of equity",
        "Stated probabilities",
        "Who was in the market",
        "What was read",
        "Without its parts",
        "Probes",
        "Record and replay",
    ],
)
def test_every_part_is_there(text: str, title: str) -> None:
    assert f"### {title}\n" in text


def test_parts_that_are_not_missed_are_named_and_the_others_not(folder: Path) -> None:
    (said,) = [line for line in findings(read(folder)) if "are not missed" in line]
    assert "no-deep-research 0.50 (−0.10 to 1.00)" in said
    assert "no-judge" not in said


def test_news_that_are_hardly_used_are_a_finding(folder: Path) -> None:
    assert any(
        "80.0% (75.0% to 85.0%) of actions stay: input is hardly used" in one
        for one in findings(read(folder))
    )


def test_replies_are_counted_and_the_replay_compared(folder: Path, text: str) -> None:
    found = read(folder).answers
    assert found is not None
    assert f"{found['fitting']} of {found['replies']} replies fitted their schema" in text
    assert "every step equal" in text
    (folder / "replay" / "summary.json").write_text(json.dumps({"digest": "0" * 64}))
    assert "every step DIFFERENT" in page([read(folder)], command="", machine="")


def test_a_run_alone_has_no_parts_nor_probes(tmp_path: Path) -> None:
    made = read(FakeRun(n_days=40, seeds=4).write(tmp_path / "run"))
    assert (made.ablations, made.probes, made.answers) == (None, [], None)
    text = page([made], command="", machine="")
    assert "Without its parts" not in text
    assert "What answers cost" not in text
    assert "answers of rules, 0 tokens, 0 USD" in text


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    run = FakeRun(n_days=40, seeds=4).write(tmp_path / "run")
    (run / "ablate").mkdir()
    (run / "ablate" / "comparison.json").write_text("[1")
    with pytest.raises(DataError, match=r"comparison\.json: expected JSON"):
        read(run)


def test_what_was_read_against_a_draw(tmp_path: Path) -> None:
    """Two of three sources read, the third worth 0: the lead is the difference of means, day by day."""
    run = FakeRun(n_days=40, seeds=4).write(tmp_path / "run")
    factors = pl.read_parquet(run / "factors.parquet")
    good = pl.col("agent").is_in(["planted:a", "planted:b"])
    factors = factors.with_columns(implied=pl.when(good).then(0.003).otherwise(0.0), chosen=good)
    factors.write_parquet(run / "factors.parquet")
    n = factors["agent"].n_unique()
    found = reading(Tables.read(run))
    assert found["lead_bps"]["value"] == pytest.approx(30.0 * (1 - 2 / n))
    assert found["lead_bps"]["low"] > 0
    read_days = {one["source"]: one["read"] for one in found["sources"]}
    assert np.isclose(read_days["planted:a"], 1.0)
    assert np.isclose(read_days["planted:c"], 0.0)
