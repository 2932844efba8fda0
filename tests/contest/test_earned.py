"""Who earned what of the book: the parts of a day sum to what the book returned."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from contest.small_contest import PLENTY, config, run, unsynced
from quantrl.contest.evaluate.earned import PARTS, earned
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
