"""Who earned what of the book: the parts of a day sum to what the book returned."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from contest.small_contest import PLENTY, config, run, unsynced
from quantrl.contest.analysts_of import offline_desk
from quantrl.contest.evaluate.earned import PARTS, earned
from quantrl.contest.evaluate.tables import Tables
from quantrl.contest.evaluate.turnover import target_weights
from quantrl.contest.frames import Frames
from quantrl.contest.report._explain import explain
from quantrl.contest.world import World
from quantrl.report.numbers import show_number
from report.reading import Page

TRADERS = {"agents": ["contest/researcher:catalyst", PLENTY["agents"][2], "rules/equal_weight"]}


@pytest.mark.parametrize("engine", ["paper", "selection"])
def test_parts_sum_to_the_book(tmp_path: Path, engine: str) -> None:
    contest: dict[str, Any] = {
        "context": {"capacity": 1_600},
        "judges": {"count": 0},
        "research_engine": engine,
    }
    with unsynced():
        made = run(tmp_path / "run", config(7, **TRADERS, contest=contest))
    tables = made.tables
    book = tables.returns.filter(pl.col("engine") == "book").sort("day")
    sums = tables.attribution.group_by("day").agg(pl.col("earned").sum()).sort("day")
    assert np.abs(sums["earned"].to_numpy() - book["net"].to_numpy()).max() <= 1e-15
    drift = tables.attribution.filter(pl.col("part") == "drift")["earned"]
    assert np.abs(drift.to_numpy()).max() <= 1e-3
    rows = earned(tables)
    assert [row["part"] for row in rows] == ["agent"] * 3 + ["netting", "drift"]
    assert sum(row["earned"] for row in rows) == pytest.approx(book["net"].sum(), abs=1e-12)
    made.report(html=False)
    assert json.loads((made.folder / "report.json").read_text())["earned"] == rows
    assert "## Who earned what of the book" in (made.folder / "report.md").read_text()
    made.report(html=True)
    text = Page.read(made.folder / "report.html").by_id("earned").text
    for row in rows:
        assert show_number(row["earned"], "points2") in text
        assert PARTS.get(row["part"], row["agent"]) in text
    audit = json.loads((made.folder / "report.json").read_text())["audit"]
    assert (audit["decisions"], audit["breaches"], audit["last_sha"]) == (7, 0, made.digest())
    assert "Not checked" not in (made.folder / "report.html").read_text()
    assert "Audit of the book: 0 breaches in 7 decisions" in (made.folder / "report.md").read_text()
    made.report(html=False)
    assert not (made.folder / "report.html").exists(), "an older page does not stay beside newer numbers"
    if engine == "paper":
        assert book["net"].to_numpy().any()


def test_what_an_engine_holds_counts_its_factor_to_one_volatility(tmp_path: Path) -> None:
    traders = [
        {"id": "rules/momentum", "params": {"lookback": 10, "skip": 1, "every": 1}},
        {"id": "rules/equal_weight", "params": {"every": 1}},
    ]
    with unsynced():
        made = run(tmp_path / "run", config(5, agents=[TRADERS["agents"][0], *traders]))
    world = World.of(made.config, made.panel, made.docs, offline_desk(made.config))
    days = Frames.read(world, made.folder, made.lines).days
    for day in days:
        day["ALLOCATED"] |= {"selection": [0.0, 0.5, 0.5], "scales": [1.0, 0.4, 2.0]}
    frames = Frames(world, days)
    frames.capital().write_parquet(made.folder / "capital.parquet")
    summary = json.loads((made.folder / "summary.json").read_text())
    summary["research_contest"]["engine"] = "selection"
    (made.folder / "summary.json").write_text(json.dumps(summary))
    tables = Tables.read(made.folder)
    expected = 0.2 * frames.wanted[:, 1] + 1.0 * frames.wanted[:, 2]
    expected /= np.maximum(expected.sum(axis=1, keepdims=True), 1.0)
    assert expected.any()
    symbols = tables.weights["symbol"].unique().sort().to_list()
    held = [world.column[symbol] for symbol in symbols]
    assert target_weights(tables, "selection") == pytest.approx(expected[:, held], abs=1e-15)
    told = explain(tables, None, summary["days"]["end"]).json["targets"]
    assert [told.get(symbol, 0.0) for symbol in symbols] == pytest.approx(expected[-1, held].tolist())
