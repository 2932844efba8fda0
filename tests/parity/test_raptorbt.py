"""raptorbt's target weights, in money, at the rates of its cheapest schedule."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from parity.panels import CASH, random_case
from quantrl.backtest import Costs, run_weights
from quantrl.cli.bench.peers import RAPTORBT_BUY_BPS, RAPTORBT_SELL_BPS

pytestmark = pytest.mark.filterwarnings("ignore")

LIMIT = 1e-9


def test_its_rates_are_those_we_say(raptorbt: Any) -> None:
    rates = raptorbt.indian_cost_schedule("equity_delivery")
    exchange = rates["exchange_txn_rate"] + rates["sebi_turnover_rate"]
    sell = 1e4 * (rates["stt_rate"] + exchange * (1.0 + rates["gst_rate"]))
    assert pytest.approx(sell, abs=1e-9) == RAPTORBT_SELL_BPS
    assert pytest.approx(sell + 1e4 * rates["stamp_duty_rate"], abs=1e-9) == RAPTORBT_BUY_BPS


def test_the_curve_is_that_of_raptorbt(raptorbt: Any) -> None:
    worst = 0.0
    for seed in range(50):
        case = random_case("long", seed)
        costs = Costs(buy_bps=RAPTORBT_BUY_BPS, sell_bps=RAPTORBT_SELL_BPS)
        ours = run_weights(case.close, case.weights, fill="close", sizing="pre_cost", costs=costs, initial_cash=CASH,
                           periods_per_year=252.0)  # fmt: skip
        found = raptorbt.simulate_rebalance_policy(
            case.close, case.weights, CASH, "calendar", 1.0, "equity_delivery", 0.0, 0.0, 252.0
        )
        worst = max(worst, float(np.max(np.abs(found.equity_curve() / ours.equity - 1.0))))
    assert worst <= LIMIT
