"""The file as a whole: one, offline, small, the same every time, and refused with one line when it cannot be made."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from quantrl.errors import ConfigError, DataError, RunError
from quantrl.report import text, write_report
from report.fake_run import write_fake_run
from report.reading import Page

SECTIONS = ["run", "headline", "growth", "leaderboard", "capital", "targets", "costs", "rolling", "months"]


def test_a_page_is_one_file_under_6_mb(contest_run: Path) -> None:
    assert (contest_run / "report.html").stat().st_size < 6_000_000
    assert not list(contest_run.glob("*.partial"))


def test_the_same_folder_gives_the_same_bytes(contest_run: Path, tmp_path: Path) -> None:
    again = write_report(shutil.copytree(contest_run, tmp_path / "copy"))
    assert again.read_bytes() == (contest_run / "report.html").read_bytes()


@pytest.mark.parametrize("page", ["contest_page", "backtest_page", "hostile_page"])
def test_nothing_is_loaded_from_outside(page: str, request: pytest.FixtureRequest) -> None:
    made: Page = request.getfixturevalue(page)
    for element in made.elements:
        for name in ("src", "href", "action", "data", "poster", "srcset", "ping", "background"):
            value = element.attributes.get(name, "#")
            assert value.startswith("#"), f"<{element.name} {name}={value!r}>"
    styles = "".join(element.text for element in made.all("style"))
    assert not re.search(r"url\(|@import|https?:", styles)
    policy = next(e.attributes["content"] for e in made.all("meta") if "http-equiv" in e.attributes)
    assert "default-src 'none'" in policy


def test_every_part_of_a_contest_is_there(contest_page: Page) -> None:
    anchors = [element.attributes.get("id", "") for element in contest_page.all("section")]
    assert anchors == [*SECTIONS, "drawdowns", "delay", "honesty", "notes"]
    links = [element.attributes["href"] for element in contest_page.all("a")]
    assert links == ["#main", *(f"#{anchor}" for anchor in anchors)]


def test_a_backtest_has_no_part_of_a_contest(backtest_page: Page) -> None:
    anchors = {element.attributes.get("id") for element in backtest_page.all("section")}
    assert {"run", "headline", "growth", "months", "drawdowns", "honesty", "notes"} <= anchors
    assert not anchors & {"leaderboard", "capital", "delay", "targets"}


def test_every_chart_has_a_place_and_data(contest_page: Page) -> None:
    figures = json.loads(contest_page.by_id("figures").text)["figures"]
    places = {e.attributes["id"] for e in contest_page.elements if e.attributes.get("class") == "chart"}
    assert (
        places
        == {f"chart-{name}" for name in figures}
        == {f"chart-{name}" for name in ("equity", "capital", "costs", "rolling")}
    )
    assert all(figure["data"] for figure in figures.values())


def test_tables_carry_captions_and_heads(contest_page: Page) -> None:
    assert len(contest_page.all("table")) == len(contest_page.all("caption")) >= 8
    rows = [e for e in contest_page.all("th") if e.attributes.get("scope") == "row"]
    assert len(rows) == len([e for e in contest_page.all("tr") if "tbody" in e.parents])


@pytest.mark.parametrize("n_bars", [1, 2, 40, 300])
def test_a_short_run_makes_a_page(n_bars: int, tmp_path: Path) -> None:
    folder = write_fake_run(tmp_path / "run", n_bars=300, n_agents=3)
    short = pl.read_parquet(folder / "equity.parquet").head(n_bars)
    short.write_parquet(folder / "equity.parquet")
    (folder / "decisions.parquet").unlink()
    (folder / "fills.parquet").unlink()
    page = Page.read(write_report(folder))
    assert page.by_id("growth").text
    assert "costs" not in json.loads(page.by_id("figures").text)["figures"]


def test_a_ruined_book_makes_a_page(tmp_path: Path) -> None:
    folder = write_fake_run(tmp_path / "run", n_bars=300, n_agents=3)
    frame = pl.read_parquet(folder / "equity.parquet")
    curve = frame["book:contest"].to_numpy().copy()
    curve[150:] = 0.0
    frame = frame.with_columns(pl.Series("book:contest", curve), pl.Series("book:random_k", curve * np.nan))
    frame.write_parquet(folder / "equity.parquet")
    assert "−100.0%" in Page.read(write_report(folder)).by_id("drawdowns").text


def test_without_plotly_the_page_says_what_to_install_and_text_works(
    contest_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (contest_run / "report.html").read_bytes()
    monkeypatch.setitem(sys.modules, "plotly.graph_objects", None)
    with pytest.raises(ConfigError, match=re.escape("pip install 'quantrl[report]'")):
        write_report(contest_run)
    assert (contest_run / "report.html").read_bytes() == before
    assert "Leaderboard" in text(contest_run)


def test_plotly_is_imported_for_a_page_only() -> None:
    code = (
        "import sys, quantrl.report as r; r.text, r.leaderboard_table, r.books_table, r.write_report;"
        "print('plotly' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_folder_without_a_report_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"report\.json: cannot be read"):
        write_report(tmp_path)


def test_a_missing_curve_of_the_contest_is_refused(tmp_path: Path) -> None:
    folder = write_fake_run(tmp_path / "run", n_bars=300, n_agents=3)
    frame = pl.read_parquet(folder / "equity.parquet")
    frame.drop("book:contest").write_parquet(folder / "equity.parquet")
    with pytest.raises(DataError, match=r"equity\.parquet: expected a column 'book:contest'"):
        write_report(folder)
    (folder / "equity.parquet").write_text("not parquet")
    with pytest.raises(DataError, match="not readable as Parquet"):
        write_report(folder)
    assert not (folder / "report.html").exists()


def test_a_missing_curve_of_a_baseline_is_named(tmp_path: Path) -> None:
    folder = write_fake_run(tmp_path / "run", n_bars=300, n_agents=3)
    frame = pl.read_parquet(folder / "equity.parquet")
    frame.drop("book:random_k").write_parquet(folder / "equity.parquet")
    assert "No curve is stored for: Random K agents." in Page.read(write_report(folder)).by_id("growth").text


@pytest.mark.parametrize("name", ["template.html", "style.css", "page.js"])
def test_assets_are_package_files(name: str) -> None:
    assert files("quantrl.report").joinpath(name).is_file()
