"""Made-up run folders and their pages, written once."""

from __future__ import annotations

from pathlib import Path

import pytest

from quantrl.report import write_report
from report.fake_run import write_fake_run
from report.reading import Page

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture(scope="session")
def contest_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A contest of 28 agents over 8,313 bars, with its page written."""
    folder = write_fake_run(tmp_path_factory.mktemp("contest") / "run")
    write_report(folder)
    return folder


@pytest.fixture(scope="session")
def backtest_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backtest of three agents, with its page written."""
    folder = write_fake_run(tmp_path_factory.mktemp("backtest") / "run", kind="backtest", n_bars=900)
    write_report(folder)
    return folder


@pytest.fixture(scope="session")
def hostile_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small contest whose agents and instruments have names that are markup."""
    rename = {
        "AAPL": HOSTILE,
        "AMD": '<img src=x onerror="document.title=1">',
        "momentum_21": HOSTILE,
        "momentum_63": "</script><script>document.title='owned'</script>",
        "momentum_126": '"><a href="http://evil.example">[bold red]x[/]',
        "rsi_14": "\x1b[31mred\u2028\x00",
    }
    folder = write_fake_run(tmp_path_factory.mktemp("hostile") / "run", n_bars=700, rename=rename)
    write_report(folder)
    return folder


@pytest.fixture(scope="session")
def contest_page(contest_run: Path) -> Page:
    """The page of `contest_run`, parsed."""
    return Page.read(contest_run / "report.html")


@pytest.fixture(scope="session")
def backtest_page(backtest_run: Path) -> Page:
    """The page of `backtest_run`, parsed."""
    return Page.read(backtest_run / "report.html")


@pytest.fixture(scope="session")
def hostile_page(hostile_run: Path) -> Page:
    """The page of `hostile_run`, parsed."""
    return Page.read(hostile_run / "report.html")
