"""Costs of the market a config names, as the settings of every account."""

from __future__ import annotations

from quantrl.backtest.costs import Costs
from quantrl.backtest.settings import Settings
from quantrl.contest.config import ContestConfig
from quantrl.contest.presets import Mechanism
from quantrl.errors import ConfigError

MARKETS = {"us": Costs(bps=0.0, slippage_bps=5.0), "flat_10bp": Costs(bps=10.0)}


def account(config: ContestConfig, mechanism: Mechanism) -> Settings:
    """Settings of every account: the costs of ``backtest.costs`` where they are given, else the market's.

    Raises
    ------
    ConfigError
        Unknown market.
    """
    given = config.backtest
    if "costs" in given.model_fields_set:
        costs = Costs.from_config(given.costs)
    elif mechanism.market in MARKETS:
        costs = MARKETS[mechanism.market]
    else:
        raise ConfigError(f"market: unknown {mechanism.market!r}; choose one of: {', '.join(MARKETS)}")
    return Settings(given.fill, given.sizing, costs, config.initial_cash)
