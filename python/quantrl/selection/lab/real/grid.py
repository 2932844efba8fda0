"""The classic rules times grids of their parameters: agents nobody chose by their results."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

from quantrl.config import AgentConfig

Values = tuple[float, ...]

SHARES: Values = (0.15, 0.25, 0.40)
"""Of all names: how many a rule holds that holds the best `k`."""
_MONTHS = (63, 126, 189, 252)
_YEAR = (63, 126, 252)
_WEEK_OR_MONTH = (5, 21)

GRID: dict[str, dict[str, Values]] = {
    "momentum": {"lookback": _MONTHS, "skip": (0, 21), "k": SHARES},
    "cross_sectional_momentum": {"lookback": _MONTHS, "every": _WEEK_OR_MONTH},
    "time_series_momentum": {"lookback": _MONTHS, "every": _WEEK_OR_MONTH},
    "dual_momentum": {"lookback": _MONTHS, "k": SHARES},
    "risk_adjusted_momentum": {"lookback": (126, 252), "skip": (0, 21), "k": SHARES},
    "residual_momentum": {"estimation": (504, 756), "lookback": (126, 252), "k": SHARES[:2]},
    "acceleration": {"span": _YEAR, "k": SHARES[:2]},
    "high_proximity": {"lookback": (126, 252), "k": SHARES},
    "sma_cross": {"fast": (10, 20, 50), "slow": (100, 200), "every": _WEEK_OR_MONTH},
    "ema_cross": {"fast": (8, 12), "slow": (26, 52, 104), "every": _WEEK_OR_MONTH},
    "price_above_sma": {"window": (50, 100, 150, 200), "every": _WEEK_OR_MONTH},
    "breakout": {"entry": (20, 55, 100), "exit": (10, 20, 40)},
    "trend_inverse_vol": {"trend": (100, 200), "lookback": (21, 63)},
    "mean_reversion": {"lookback": (5, 10, 21), "k": SHARES},
    "rsi_reversion": {"window": (7, 14, 21), "oversold": (20.0, 30.0, 40.0)},
    "bollinger_reversion": {"window": (10, 20, 50), "width": (1.5, 2.0)},
    "zscore_reversion": {"window": (10, 20, 60), "full": (1.0, 2.0)},
    "low_volatility": {"lookback": _YEAR, "k": SHARES},
    "low_beta": {"lookback": _YEAR, "k": SHARES},
    "inverse_volatility": {"lookback": (21, *_YEAR), "every": _WEEK_OR_MONTH},
    "equal_risk": {"lookback": (126, 252, 504)},
    "min_variance": {"lookback": (126, 252, 504)},
    "max_diversification": {"lookback": (126, 252, 504)},
    "vol_target": {"target_vol": (0.05, 0.10, 0.15), "lookback": (21, 63, 126)},
    "equal_weight": {"every": (1, 5, 21, 63)},
    "buy_and_hold": {},
    "random_entry": {"k": SHARES, "chance": (0.1, 0.25), "every": _WEEK_OR_MONTH},
    "random_weights": {"every": (5, 21, 63)},
}
"""Values round those of the sources, set down before any result on a real panel was seen."""
CONTROLS = ("random_entry", "random_weights")
"""Rules without skill by construction."""


def pool(n_instruments: int, kinds: tuple[str, ...] = tuple(GRID)) -> list[AgentConfig]:
    """Every rule of `kinds` with every combination of its grid; what a grid leaves out has its default.

    Parameters
    ----------
    n_instruments : int
        The best 15, 25 and 40 % of them are held where a rule holds the best.
    kinds : tuple of str
        Keys of `GRID`.
    """
    return [agent for kind in kinds for agent in _agents(kind, n_instruments)]


def kind_of(label: str) -> str:
    """The rule behind an agent's name."""
    return label.partition(" ")[0]


def _agents(kind: str, n_instruments: int) -> Iterator[AgentConfig]:
    grid = {
        name: _held(values, n_instruments) if name == "k" else values for name, values in GRID[kind].items()
    }
    for chosen in product(*grid.values()):
        params: dict[str, Any] = dict(zip(grid, chosen, strict=True))
        name = " ".join([kind, *(f"{key}={value:g}" for key, value in params.items())])
        yield AgentConfig(id=f"rules/{kind}", name=name, params=params)


def _held(shares: Values, n_instruments: int) -> Values:
    """Distinct counts of at least one name."""
    return tuple(dict.fromkeys(max(1, round(share * n_instruments)) for share in shares))
