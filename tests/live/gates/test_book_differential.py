"""The demo beside the contest and the backtest it follows: every round and every fill."""

from __future__ import annotations

from pathlib import Path

from counts import FULL
from live.gates.kept import keep
from live.paper_books import logs, make
from live.test_differential import compare_fills, compare_rounds
from quantrl import data
from quantrl.live.config import PaperConfig

FEW = (
    "rules/momentum",
    "rules/mean_reversion",
    "rules/buy_and_hold",
    "rules/equal_weight",
    "sharpe_portfolio",
    "researcher/contrarian",
    "dqn_statarb_simulated",
)
SHORT = {"start": "2015-01-01", "end": "2016-09-30"}


def test_the_demo_decides_as_a_contest_and_fills_as_a_backtest(tmp_path: Path) -> None:
    """All agents and bars, or a few of them."""
    settings = PaperConfig.demo()
    if not FULL:
        agents = [agent for agent in settings.agents if agent.label in FEW]
        settings = settings.model_copy(
            update={"agents": agents, "data": settings.data.model_copy(update=SHORT)}
        )
    with make(tmp_path / "book", settings, data.load(settings.data)) as daemon:
        daemon.run()
        daemon.book.check()
        bars = len(logs(daemon))
        assert bars > 400
        farthest = compare_rounds(daemon)
        legs, bound, worst = compare_fills(daemon)
        assert farthest <= 2
        assert legs > 200
        assert worst <= 1
        counts = {
            "bars": bars,
            "rounds unlike the contest's": 0,
            "ppm from weights never in ppb": farthest,
            "fills": legs,
            "cash-bound bars": bound,
            "most lots apart": worst,
        }
        keep("book_differential", "Demo, beside its contest and its backtest", counts, "7")
