"""Seven ways to see the future are caught, their seven honest twins are not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from backtest.markets import columns, panel_of
from quantrl.agent import Decision
from quantrl.backtest import lookahead_check
from quantrl.data import Panel, View
from quantrl.errors import ConfigError, DataError, LookAheadError
from quantrl.typing import FloatArray

Weights = Callable[[Panel], FloatArray]
WEEK = 5


def share(score: FloatArray) -> FloatArray:
    """Long-only weights in proportion to the positive scores; cash where there are none."""
    positive = np.where(score > 0, score, 0.0)
    total = positive.sum(axis=1, keepdims=True)
    return np.where(total > 0, positive / np.where(total > 0, total, 1.0), 0.0)


def expanding(values: FloatArray, of: Callable[..., FloatArray]) -> FloatArray:
    return np.array([of(values[: t + 1], axis=0) for t in range(len(values))])


def lagged(values: FloatArray, bars: int) -> FloatArray:
    """Values `bars` bars ago, NaN before; negative: the values of later bars."""
    moved = np.full(values.shape, np.nan)
    if bars > 0:
        moved[bars:] = values[:-bars]
    else:
        moved[:bars] = values[-bars:]
    return moved


def filled(values: FloatArray) -> FloatArray:
    """Last known value."""
    rows = np.maximum.accumulate(np.where(np.isnan(values), 0, np.arange(len(values))[:, None]), axis=0)
    return np.take_along_axis(values, rows, axis=0)


def zscore_of_all(panel: Panel) -> FloatArray:
    close = panel["close"]
    return share((close - close.mean(axis=0)) / close.std(axis=0))


def zscore_so_far(panel: Panel) -> FloatArray:
    close = panel["close"]
    deviation = expanding(close, np.std)
    score = (close - expanding(close, np.mean)) / np.where(deviation > 0, deviation, 1.0)
    return share(score)


def mean_around(panel: Panel) -> FloatArray:
    close = panel["close"]
    return share(close - (lagged(close, 1) + close + lagged(close, -1)) / 3)


def mean_before(panel: Panel) -> FloatArray:
    close = panel["close"]
    return share(close - (lagged(close, 2) + lagged(close, 1) + close) / 3)


def return_of_tomorrow(panel: Panel) -> FloatArray:
    return share(lagged(panel["close"], -1) / panel["close"] - 1)


def return_of_today(panel: Panel) -> FloatArray:
    return share(panel["close"] / lagged(panel["close"], 1) - 1)


def gaps_filled_from_behind(panel: Panel) -> FloatArray:
    return share(filled(panel["close"][::-1])[::-1])


def gaps_filled_from_before(panel: Panel) -> FloatArray:
    return share(filled(panel["close"]))


def range_of_all(panel: Panel) -> FloatArray:
    close = panel["close"]
    low, high = close.min(axis=0), close.max(axis=0)
    return share((close - low) / (high - low))


def range_so_far(panel: Panel) -> FloatArray:
    close = panel["close"]
    low, high = expanding(close, np.min), expanding(close, np.max)
    return share((close - low) / np.where(high > low, high - low, 1.0))


def alive_at_the_end(panel: Panel) -> FloatArray:
    alive = ~np.isnan(panel["close"][-1])
    return share(np.broadcast_to(alive.astype(np.float64), panel.shape))


def alive_today(panel: Panel) -> FloatArray:
    return share((~np.isnan(panel["close"])).astype(np.float64))


def weekly(panel: Panel, shift: int) -> FloatArray:
    """Weekly means, labelled with the week they are of (0) or the one after (1)."""
    close, week = panel["close"], np.arange(panel.n_bars) // WEEK
    means = np.array([close[week == k].mean(axis=0) for k in range(week[-1] + 1)])
    return share(close - lagged(means, shift)[week] if shift else close - means[week])


def mean_of_this_week(panel: Panel) -> FloatArray:
    return weekly(panel, 0)


def mean_of_last_week(panel: Panel) -> FloatArray:
    return weekly(panel, 1)


def plain() -> Panel:
    return panel_of(columns(1, 80, 4))


def with_gaps() -> Panel:
    """Stretches of three bars without prices, in every name at another time."""
    bars = columns(2, 80, 4)
    for name in range(4):
        for start in range(5 + 2 * name, 77, 8):
            for column in bars.values():
                column[start : start + 3, name] = np.nan
    return panel_of(bars)


def with_deaths() -> Panel:
    """One name after another is delisted."""
    bars = columns(3, 80, 4)
    for name, last in enumerate((20, 45, 70)):
        for column in bars.values():
            column[last:, name] = np.nan
    return panel_of(bars)


PAIRS: list[tuple[Weights, Weights, Callable[[], Panel]]] = [
    (zscore_of_all, zscore_so_far, plain),
    (mean_around, mean_before, plain),
    (return_of_tomorrow, return_of_today, plain),
    (gaps_filled_from_behind, gaps_filled_from_before, with_gaps),
    (range_of_all, range_so_far, plain),
    (alive_at_the_end, alive_today, with_deaths),
    (mean_of_this_week, mean_of_last_week, plain),
]


@pytest.mark.parametrize(("leaking", "clean", "market"), PAIRS, ids=[pair[0].__name__ for pair in PAIRS])
@pytest.mark.parametrize("modes", [("truncate",), ("poison",), ("truncate", "poison")])
def test_a_leak_is_caught_and_its_clean_twin_is_not(
    leaking: Weights, clean: Weights, market: Callable[[], Panel], modes: tuple[str, ...]
) -> None:
    panel = market()
    found = lookahead_check(leaking, panel, modes=modes)
    assert found.leak is not None
    assert found.leak.mode == modes[0]
    with pytest.raises(LookAheadError, match="a decision depends on the future: row "):
        found.raise_if_leaking()
    honest = lookahead_check(clean, panel, modes=modes)
    assert honest.ok
    honest.raise_if_leaking()
    assert len(honest.prefixes) == 32
    assert honest.runs == 2 + 32 * sum({"truncate": 1, "poison": 2}[mode] for mode in modes)


def test_a_leak_says_where_and_what() -> None:
    panel = plain()
    report = lookahead_check(return_of_tomorrow, panel)
    leak = report.leak
    assert leak is not None
    cut = report.prefixes[0]
    assert (leak.row, leak.prefix, leak.mode) == (cut - 1, cut, "truncate")
    assert leak.time == panel.time[leak.row]
    assert leak.value == return_of_tomorrow(panel)[leak.row, panel.instruments.index(leak.instrument)]
    assert leak.without == return_of_tomorrow(panel.head(cut))[-1, panel.instruments.index(leak.instrument)]


def test_prefixes_start_after_the_first_decision_and_end_before_the_last_row() -> None:
    def late(panel: Panel) -> FloatArray:
        weights = np.full(panel.shape, np.nan)
        weights[30:] = 0.25
        return weights

    report = lookahead_check(late, plain(), prefixes=10)
    assert (report.prefixes[0], report.prefixes[-1], len(report.prefixes)) == (31, 79, 10)
    assert list(report.prefixes) == sorted(set(report.prefixes))
    assert report.prefixes == lookahead_check(late, plain(), prefixes=10).prefixes
    assert report.prefixes != lookahead_check(late, plain(), prefixes=10, seed=1).prefixes
    assert lookahead_check(late, plain(), prefixes=1_000).prefixes == tuple(range(31, 80))


def test_masks_are_the_future_too() -> None:
    panel = plain()
    member = np.ones(panel.shape, dtype=bool)
    member[40:, 0] = False
    panel = Panel.from_arrays(panel.columns, panel.time, panel.instruments, masks={"member": member})

    def stays(panel: Panel) -> FloatArray:
        return share(np.broadcast_to(panel.member[-1].astype(np.float64), panel.shape))

    def is_in(panel: Panel) -> FloatArray:
        return share(panel.member.astype(np.float64))

    for mode in ("truncate", "poison"):
        assert lookahead_check(stays, panel, modes=(mode,)).leak is not None
        assert lookahead_check(is_in, panel, modes=(mode,)).ok


def test_a_build_that_is_not_deterministic_is_named() -> None:
    rng = np.random.default_rng(0)
    report = lookahead_check(lambda panel: rng.dirichlet(np.ones(4), panel.n_bars), plain())
    assert not report.ok
    with pytest.raises(LookAheadError, match="not deterministic"):
        report.raise_if_leaking()


class Momentum:
    """Buys what rose since yesterday, and keeps some of what it holds."""

    def decide(self, view: View) -> Decision:
        if view.n < 2:
            return Decision.cash(view.n_instruments)
        wanted = np.maximum(view.returns(1)[0], 0.0)
        total = wanted.sum()
        return Decision(0.5 * view.held + (0.5 * wanted / total if total > 0 else 0.0))


class Cheat:
    """Was given the whole panel, and looks one bar past its view."""

    def __init__(self, panel: Panel) -> None:
        self.close = panel["close"]

    def decide(self, view: View) -> Decision:
        tomorrow = self.close[min(view.n, len(self.close) - 1)]
        return Decision(share((tomorrow / view.last() - 1)[None])[0])


class Remembers:
    """Keeps what it saw for its next life."""

    seen: list[Any] = []  # noqa: RUF012

    def decide(self, view: View) -> Decision:
        later = [close for n, close in self.seen if n == view.n + 1]
        self.seen.append((view.n, view.last().copy()))
        return Decision(share((later[0] / view.last() - 1)[None])[0]) if later else Decision.cash(4)


@pytest.mark.parametrize("mode", ["truncate", "poison"])
def test_an_agent_that_holds_the_panel_is_caught(mode: str) -> None:
    report = lookahead_check(Cheat, plain(), prefixes=6, modes=(mode,))
    assert report.leak is not None
    assert report.leak.row == report.leak.prefix - 1


@pytest.mark.parametrize("market", [plain, lambda: panel_of({"close": columns(1, 80, 4)["close"]})])
def test_an_honest_agent_passes(market: Callable[[], Panel]) -> None:
    report = lookahead_check(Momentum, market(), prefixes=6)
    assert (report.ok, report.runs) == (True, 2 + 6 * 3)


def test_an_agent_that_remembers_its_last_life_is_not_deterministic() -> None:
    Remembers.seen.clear()
    assert not lookahead_check(Remembers, plain(), prefixes=2).deterministic


def test_settings_out_of_range_are_refused() -> None:
    with pytest.raises(ConfigError, match="modes: expected some of truncate, poison"):
        lookahead_check(alive_today, plain(), modes=("shuffle",))
    with pytest.raises(ConfigError, match="prefixes: expected a number of at least 1"):
        lookahead_check(alive_today, plain(), prefixes=0)
    with pytest.raises(ConfigError, match="build: expected a function"):
        lookahead_check(3, plain())
    with pytest.raises(DataError, match="at least 2 bars"):
        lookahead_check(alive_today, plain().head(1))
    with pytest.raises(DataError, match=r"expected weights of shape \(80, 4\)"):
        lookahead_check(lambda panel: np.zeros((3, 4)), plain())
