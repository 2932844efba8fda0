"""Recorded returns in a paper book: a sleeve only they hold, whoever answers for the others."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from live import tick_books
from live.paper_books import EASY, config, logs, make, panel
from quantrl.config import AgentConfig
from quantrl.errors import ConfigError
from quantrl.live.config import PaperConfig
from quantrl.live.setup import Setup
from quantrl.live.vocabulary import owner_of
from selection.test_recorded import run_folder

BARS = 90
FEED = panel(4, BARS, 4)
RULES = ("rules/equal_weight", "rules/random_weights", "rules/buy_and_hold")


def settings(run: Path, workers: int = 0) -> PaperConfig:
    return config(
        *({"id": rule} for rule in RULES),
        {"id": f"recorded:{run}", "name": "pair"},
        selection=EASY,
        hosts={"workers": workers},
    )


@pytest.fixture
def run(tmp_path: Path) -> Path:
    net = 0.002 + 0.003 * np.random.default_rng(1).standard_normal(BARS)
    return run_folder(tmp_path / "pair-1", FEED.time, net, venue="books")


@pytest.mark.parametrize("workers", [0, 2])
def test_it_is_funded_and_held_by_itself_alone(run: Path, tmp_path: Path, workers: int) -> None:
    with make(tmp_path / "book", settings(run, workers), FEED) as daemon:
        daemon.run()
        daemon.book.check()
        sleeve, books = len(FEED.instruments), daemon.book.books
        assert daemon.setup.panel.instruments[sleeve] == "sleeve:pair"
        assert daemon.setup.market is FEED
        held = [books.position(owner_of(agent), sleeve) for agent in range(4)]
        assert any(fill.inst == sleeve for log in logs(daemon) for fill in log.fills)
        assert held[:3] == [0, 0, 0]
        assert all(books.position(owner_of(3), inst) == 0 for inst in range(sleeve))
        found = daemon.content_digest()
    with make(tmp_path / "other", settings(run, 0), FEED) as daemon:
        daemon.run()
        assert daemon.content_digest() == found


def test_a_book_of_other_returns_is_another_book(run: Path, tmp_path: Path) -> None:
    """The file is part of the feed: who changes it changes the identity of the book."""
    first = Setup.of(settings(run), panel=FEED)
    other = run_folder(tmp_path / "other" / "pair-1", FEED.time, np.full(BARS, 0.001), venue="books")
    assert first.book_id != Setup.of(settings(other), panel=FEED).book_id


def test_a_book_on_order_books_refuses_it(run: Path) -> None:
    agents = [AgentConfig(id=f"recorded:{run}"), AgentConfig(id="rules/equal_weight")]
    with pytest.raises(ConfigError, match="a contest of bars without documents only"):
        Setup.of(tick_books.synthetic().model_copy(update={"agents": agents}))
