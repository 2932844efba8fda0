"""The page of a paper book: capital in layers, turnover and cost, states and refusals, books that add up."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from quantrl.errors import DataError
from quantrl.report import text, write_report
from quantrl.report.activity import activity_of
from quantrl.report.folder import ReportFolder
from quantrl.report.stakes import UNASSIGNED, stakes_of
from report.fake_run import write_fake_run
from report.reading import Page

DAY = 86_400 * 10**9
PAPER: dict[str, Any] = {
    "currency": "USD",
    "state": "NO_ENTRY",
    "states": [
        {"time": "1990-01-02T21:00:00Z", "state": "ACTIVE", "reason": "start"},
        {"time": "1990-07-02T21:00:00Z", "state": "NO_ENTRY", "reason": "<b>daily loss</b>"},
    ],
    "gates": [{"gate": 9, "name": "position", "scope": "account", "refused": 1234}],
    "money": {
        "deposited": 1_000_000.0,
        "marks": 50_000.0,
        "fills": -120.5,
        "fees": -879.5,
        "financing": 0.0,
        "equity": 1_049_000.0,
        "slippage": 120.5,
        "residual_1e8": 0,
    },
    "counts": {"fills": 40, "crosses": 3, "transfers": 7},
    "orders": {"FILLED": 39, "EXPIRED": 2},
    "journal": {"events": 9_000, "content": 8_990, "head": "ab" * 32, "digest": "cd" * 32, "starts": 2}
    | {"rederived": 1.0},
}


def as_paper(folder: Path, change: Callable[[dict[str, Any]], Any] = lambda paper: None) -> Path:
    """Turn a made-up contest into a made-up paper book."""
    report = json.loads((folder / "report.json").read_text())
    paper = json.loads(json.dumps(PAPER))
    change(paper)
    report |= {"kind": "paper", "name": "small_book", "paper": paper}
    report["books"] = [report["books"][0] | {"label": "Paper book", "role": "paper"}, report["books"][5]]
    report["leaderboard"] = [
        {k: v for k, v in row.items() if k not in ("p_top_k", "pos_low", "pos_high", "scale")}
        for row in report["leaderboard"]
    ]
    (folder / "report.json").write_text(json.dumps(report))
    return folder


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return as_paper(write_fake_run(tmp_path_factory.mktemp("paper") / "run", n_bars=300, n_agents=12))


@pytest.fixture(scope="module")
def page(run: Path) -> Page:
    return Page.read(write_report(run))


def test_every_part_is_there_and_nothing_of_a_contest_alone(page: Page) -> None:
    anchors = [element.attributes.get("id", "") for element in page.all("section")]
    parts = ["run", "headline", "growth", "stakes", "leaderboard", "targets", "costs", "money", "control"]
    assert anchors == [*parts, "months", "drawdowns", "honesty", "notes"]
    figures = json.loads(page.by_id("figures").text)["figures"]
    assert set(figures) == {"equity", "stakes", "activity"}
    assert all(figure["data"] for figure in figures.values())
    heads = [element.text for element in page.all("th") if element.attributes["scope"] == "col"]
    assert not any("top" in head for head in heads)
    assert any(head.startswith("Book leads") for head in heads)


def test_the_page_is_the_same_every_time_and_asks_for_nothing(run: Path, page: Page) -> None:
    assert write_report(run).read_text(encoding="utf-8") == page.source
    for element in page.elements:
        for name in ("src", "href"):
            assert element.attributes.get(name, "#").startswith("#")


def test_states_refusals_and_orders_are_told_and_escaped(page: Page) -> None:
    control = page.by_id("control").text
    for words in ("1990-07-02 21:00:00", "NO_ENTRY", "<b>daily loss</b>", "9 position", "1,234", "Filled39"):
        assert words in control
    assert "<b>" not in page.visible
    told = page.all("header")[0].text
    assert (
        "The book is NO_ENTRY since 1990-07-02 (<b>daily loss</b>); every unit of its equity is explained."
        in told
    )


def test_books_that_do_not_add_up_are_an_alarm(tmp_path: Path) -> None:
    folder = write_fake_run(tmp_path / "run", n_bars=300, n_agents=3)
    as_paper(folder, lambda paper: paper["money"].update(residual_1e8=-3))
    page = Page.read(write_report(folder))
    (alarm,) = [e for e in page.all("p") if e.attributes.get("class") == "alarm"]
    assert "−3 units" in alarm.text
    assert "its accounts do not add up" in text(folder)


def test_what_was_not_computed_again_is_said(tmp_path: Path, page: Page) -> None:
    folder = write_fake_run(tmp_path / "run", n_bars=300, n_agents=3)
    as_paper(folder, lambda paper: paper["journal"].update(rederived=None, starts=1))
    honesty = Page.read(write_report(folder)).by_id("honesty").text
    assert "9,000 events in 1 start of the daemon" in honesty
    assert "not computed again" in honesty
    assert "100.0% of its outputs were computed again" in page.by_id("honesty").text
    assert "asked after each of 300 bars" in page.by_id("honesty").text


def test_layers_of_capital_add_up_to_the_equity(run: Path) -> None:
    folder = ReportFolder.open(run)
    stakes = stakes_of(folder)
    assert stakes is not None
    assert (stakes.period, stakes.names[-1]) == ("bar", UNASSIGNED)
    assert (stakes.money >= 0).all()
    np.testing.assert_allclose(stakes.money.sum(axis=1), folder.book("contest"), rtol=1e-9)
    held = [stakes.money[:, i].mean() + stakes.money[-1, i] for i in range(min(7, len(stakes.names) - 1))]
    assert held == sorted(held, reverse=True)


def test_many_agents_share_one_layer(tmp_path: Path) -> None:
    folder = write_fake_run(tmp_path / "run", n_bars=1_200, n_agents=28)
    stakes = stakes_of(ReportFolder.open(as_paper(folder)))
    assert stakes is not None
    assert len(stakes.names) == 9
    assert re.fullmatch(r"Other agents \(\d+\)", stakes.names[-2])
    pl.read_parquet(folder / "decisions.parquet").head(7).write_parquet(folder / "decisions.parquet")
    assert stakes_of(ReportFolder.open(folder)) is None


def test_fills_are_summed_in_their_period() -> None:
    time = np.arange(4, dtype=np.int64) * DAY
    fills = pl.DataFrame(
        {
            "time": [-5, DAY, DAY, 2 * DAY],
            "units": [1.0, 10.0, -5.0, 2.0],
            "price": [1.0, 5.0, 4.0, 8.0],
            "fee": [1.0, 0.2, 0.1, 0.0],
            "slippage": [1.0, 0.0, 0.0, 0.5],
        }
    )
    made = activity_of(time, np.array([100.0, 100.0, 200.0, 0.0]), fills)
    assert made.period == "bar"
    assert made.turnover.tolist() == [0.0, 0.7, 0.08, 0.0]
    assert made.fees_bps == pytest.approx([0.0, 30.0, 0.0, 0.0])
    assert made.slippage_bps.tolist() == [0.0, 0.0, 25.0, 0.0]


def test_a_book_that_never_traded_has_a_page(tmp_path: Path) -> None:
    folder = as_paper(
        write_fake_run(tmp_path / "run", n_bars=300, n_agents=3), lambda p: p.update(gates=[], orders={})
    )
    fills = pl.read_parquet(folder / "fills.parquet").clear()
    fills.write_parquet(folder / "fills.parquet")
    page = Page.read(write_report(folder))
    assert "No gate refused anything." in page.by_id("control").text
    assert "costs" not in {element.attributes.get("id") for element in page.all("section")}


def test_the_part_and_the_kind_belong_together(run: Path, contest_run: Path, tmp_path: Path) -> None:
    for source, change in ((run, {"paper": None}), (contest_run, {"paper": PAPER})):
        report = json.loads((source / "report.json").read_text()) | change
        (tmp_path / "report.json").write_text(json.dumps(report))
        with pytest.raises(DataError, match="a report of kind paper, and no other, has the part paper"):
            text(tmp_path)
