"""The page of a contest: its numbers are those of ``report.json``, and it stands whatever is missing."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import polars as pl
import pytest

from contest.evaluate.fake_tables import AGENTS, FakeRun
from quantrl.contest.report import write, write_page
from quantrl.report import books_table, leaderboard_table
from quantrl.report.numbers import show_number
from quantrl.report.schema import check_report
from quantrl.report.values import Values
from report.reading import Page

SECTIONS = [
    "run", "headline", "growth", "costs", "contests", "leaderboard", "engines", "capital", "targets", "calibration",
    "judges", "answers", "rejections", "months", "drawdowns", "settings", "honesty", "notes",
]  # fmt: skip
HOSTILE = "<script>alert(1)</script>"


def report_of(folder: Path) -> dict[str, object]:
    made: dict[str, object] = json.loads((folder / "report.json").read_text())
    return made


def test_numbers_are_those_of_the_report(rules_run: Path) -> None:
    values = Values(report_of(rules_run))
    page = Page.read(rules_run / "report.html")
    shown = [e for e in page.elements if "data-key" in e.attributes]
    assert len(shown) > 250
    for element in shown:
        assert element.text == show_number(
            values.at(element.attributes["data-key"]), element.attributes["data-unit"]
        )


def test_every_part_is_there(rules_run: Path) -> None:
    page = Page.read(rules_run / "report.html")
    assert [e.attributes.get("id") for e in page.all("section")] == SECTIONS
    figures = json.loads(page.by_id("figures").text)["figures"]
    assert set(figures) == {"equity", "waterfall", "rank-ic", "capital", "reliability"}
    assert len(page.all("table")) == len(page.all("caption"))


def test_other_readers_of_reports_read_it(rules_run: Path) -> None:
    report = report_of(rules_run)
    checked = check_report(report)
    assert checked.books[0].role == "contest"
    assert [row.pos for row in checked.leaderboard] == [1, 2, 3, 4, 5]
    assert books_table(report).row_count == len(checked.books)
    assert leaderboard_table(report).row_count == 5


def test_the_same_tables_give_the_same_bytes(rules_run: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(rules_run, tmp_path / "copy"))
    for name in ("report.json", "report.md", "report.html", "equity.parquet", "decisions.parquet"):
        (copy / name).unlink()
    for path in write(copy):
        assert path.read_bytes() == (rules_run / path.name).read_bytes(), path.name
    assert not list(copy.glob(".*partial"))
    assert write_page(copy).read_bytes() == (rules_run / "report.html").read_bytes()


def test_curves_end_where_returns_do(rules_run: Path) -> None:
    frame = pl.read_parquet(rules_run / "equity.parquet")
    report = report_of(rules_run)
    total = report["books"][0]["measures"]["total"]["value"]  # type: ignore[index]
    assert frame["book:book"][-1] / 1e6 - 1 == pytest.approx(total)
    assert {f"agent:{agent}" for agent in AGENTS} < set(frame.columns)


@pytest.mark.parametrize("n_days", [0, 1, 2, 5])
def test_a_short_run_makes_a_report(n_days: int, tmp_path: Path) -> None:
    folder = FakeRun(n_days=5, seeds=2).write(tmp_path / "run")
    for name in ("returns", "signals", "judgements", "predictions", "factors", "ledger"):
        frame = pl.read_parquet(folder / f"{name}.parquet")
        if name == "ledger":
            frame = frame.head(5 * n_days)
        else:
            frame = frame.filter(pl.col("day") < n_days)
        frame.write_parquet(folder / f"{name}.parquet")
    write(folder)
    words = Page.read(folder / "report.html").all("header")[0].text
    assert ("too little to measure" in words) == (n_days < 3)


def test_without_any_analyst(tmp_path: Path) -> None:
    folder = FakeRun(n_days=20, seeds=2, summary={"kinds": {}, "abstentions": {}}).write(tmp_path / "run")
    for name in ("signals", "judgements", "predictions", "factors", "factor_ledger", "weights"):
        (folder / f"{name}.parquet").unlink()
    (folder / "calls.jsonl").unlink()
    write(folder)
    page = Page.read(folder / "report.html")
    empty = [e.text for e in page.elements if e.attributes.get("class") == "empty"]
    assert len(empty) == 5
    assert (folder / "report.md").read_text().count("\n## ") >= 5


def test_names_are_never_markup(tmp_path: Path) -> None:
    folder = FakeRun(
        n_days=6,
        seeds=2,
        summary={"name": HOSTILE, "flags": [HOSTILE], "preset": [{"field": HOSTILE, "value": "a|b"}]},
    ).write(tmp_path / "run")
    for name in ("ledger", "capital", "predictions", "signals"):
        frame = pl.read_parquet(folder / f"{name}.parquet")
        frame.with_columns(agent=pl.col("agent").replace({AGENTS[0]: HOSTILE})).write_parquet(
            folder / f"{name}.parquet"
        )
    write(folder)
    page = Page.read(folder / "report.html")
    assert len(page.all("script")) == 3
    assert HOSTILE in page.all("h1")[0].text
    markdown = (folder / "report.md").read_text()
    assert HOSTILE not in markdown
    assert "a\\|b" in markdown


def test_partial_is_said_everywhere(tmp_path: Path) -> None:
    folder = FakeRun(
        n_days=6, seeds=2, summary={"status": "partial", "partial": ["2030-01-03"], "fallback": 3}
    ).write(tmp_path / "run")
    write(folder)
    flags = report_of(folder)["flags"]
    assert flags[0] == "partial: 2030-01-03"  # type: ignore[index]
    assert "fallback: 3 answers" in flags[1]  # type: ignore[index]
    assert "partial: 2030-01-03" in Page.read(folder / "report.html").all("header")[0].text
    assert "**partial: 2030-01-03**" in (folder / "report.md").read_text()
