"""Walk-forward is one account: what was trained before each test decides in it, and nothing is sold between them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from backtest import forward_fits
from quantrl.backtest import Costs, Executor, Expanding, Rolling, run_weights, walk_forward
from quantrl.data import View, load_sample
from quantrl.errors import ConfigError, DataError

FITS = "backtest.forward_fits"
PLAN = Rolling(train=120, test=40, gap=5)


def test_all_decisions_are_one_schedule_of_one_account() -> None:
    panel = load_sample("us20").head(400)
    found = walk_forward(
        forward_fits.best_past, panel, PLAN, horizon=5, fill="next_close", costs=Costs(bps=10)
    )
    first, stop = found.folds[0].test[0], found.folds[-1].test[1]
    assert [fold.train for fold in found.folds[:2]] == [(0, 120), (40, 160)]
    assert found.starts.tolist() == [40 * k for k in range(len(found.folds))]
    close, weights = panel["close"], np.full((stop - first, panel.n_instruments), np.nan)
    for fold in found.folds:
        grown = close[fold.train[1] - 1] / close[fold.train[0]]
        row = weights[fold.test[0] - first]
        row[:] = 0.0
        row[np.argsort(-grown, kind="stable")[:2]] = 0.8, 0.15
    tested = panel.between(int(panel.time[first]), int(panel.time[stop - 1]))
    by_hand = run_weights(tested, weights, fill="next_close", costs=Costs(bps=10))
    assert found.result.digest() == by_hand.digest()
    assert found.result.audit().breaches == 0


def test_the_turnover_at_a_joint_is_one_rebalance() -> None:
    panel = load_sample("us20").head(400)
    found = walk_forward(forward_fits.equal, panel, PLAN, horizon=0, fill="next_close", costs=Costs.zero())
    result, target = found.result, 0.9 / panel.n_instruments
    joints = found.starts[1:] + 1
    assert set(np.flatnonzero(result.traded)) == {1, *joints}
    for t in joints:
        drifted = result.units[t - 1] * result.bars.close[t]
        drift = np.abs(target * result.fill_equity[t] - drifted).sum()
        assert result.traded[t] == pytest.approx(drift, rel=1e-12)
        assert result.traded[t] < 0.2 * result.equity[t]  # to restart would trade 1.8 times the equity
    assert (result.gross[1:] > 0.8).all()


@pytest.mark.parametrize("plan", [PLAN, Expanding(min_train=120, test=40, gap=5)])
def test_training_ends_before_the_purged_rows_and_rolling_forgets(plan: Rolling | Expanding) -> None:
    panel = load_sample("us20").head(400)
    seen: list[tuple[int, int, int]] = []

    def fit(view: View) -> forward_fits.Holds:
        seen.append((int(view.time[0]), int(view.time[-1]), view.n))
        return forward_fits.Holds(np.full(view.n_instruments, 0.01))

    found = walk_forward(fit, panel, plan, horizon=5, fill="next_close")
    assert len(seen) == len(found.folds)
    for (start, end, n), fold in zip(seen, found.folds, strict=True):
        assert (start, end) == (int(panel.time[fold.train[0]]), int(panel.time[fold.train[1] - 1]))
        assert n == fold.train[1] - fold.train[0]
        assert fold.train[1] - 1 + plan.gap < fold.test[0]


def test_folds_side_by_side_give_the_same_account(tmp_path: Path) -> None:
    panel = load_sample("us20").head(300)
    one = walk_forward(f"{FITS}:best_past", panel, PLAN, horizon=0, fill="next_close")
    executor = Executor(backend="processes", jobs=2, shards=tmp_path)
    two = walk_forward(f"{FITS}:best_past", panel, PLAN, horizon=0, fill="next_close", executor=executor)
    assert one.result.digest() == two.result.digest()
    assert len(list(tmp_path.iterdir())) == len(two.folds)


def test_an_agent_that_reads_its_positions_decides_in_order() -> None:
    panel = load_sample("us20").head(300)
    found = walk_forward(forward_fits.nudging, panel, PLAN, horizon=0, fill="next_close")
    # It goes on from what the agent before it held: no joint brings the account back to nothing.
    assert found.result.gross[41] > found.result.gross[39] > 0.3
    with pytest.raises(ConfigError, match=r"reads view\.held"):
        walk_forward(f"{FITS}:nudging", panel, PLAN, horizon=0, fill="next_close", executor=Executor())


def test_tests_that_do_not_touch_keep_what_is_held() -> None:
    panel = load_sample("us20").head(400)
    plan = Rolling(train=100, test=20, step=60)
    found = walk_forward(forward_fits.equal, panel, plan, horizon=0, fill="next_close")
    assert found.starts.tolist()[:3] == [0, 60, 120]
    assert set(np.flatnonzero(found.result.traded)) == set(found.starts + 1)
    assert (found.result.gross[1:] > 0.8).all()


def test_what_is_refused() -> None:
    panel = load_sample("us20").head(300)
    with pytest.raises(ConfigError, match="gap: 5 bars before a test are fewer than the label horizon of 6"):
        walk_forward(forward_fits.equal, panel, PLAN, horizon=6)
    with pytest.raises(ConfigError, match="horizon: expected"):
        walk_forward(forward_fits.equal, panel, PLAN, horizon=-1)
    with pytest.raises(ConfigError, match="an executor needs 'module:function'"):
        walk_forward(forward_fits.equal, panel, PLAN, horizon=0, fill="close", executor=Executor())
    with pytest.raises(ConfigError, match="fit: expected an agent, got int"):
        walk_forward(forward_fits.no_agent, panel, PLAN, horizon=0, fill="close")
    with pytest.raises(DataError, match="need 165 bars, got 100"):
        walk_forward(forward_fits.equal, panel.head(100), PLAN, horizon=0)
