"""Real recorded pairs, where the reference data are present: known numbers, a thousand random decisions, every rule."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from envs.pair import books
from envs.pair.cases import mids, random_actions, wealth
from quantrl.agents.dqn_statarb.replay.judge import Judge
from quantrl.agents.dqn_statarb.replay.rules import fitted, recorded_rules, rule_choose
from quantrl.agents.dqn_statarb.replay.trace import trace
from quantrl.envs import PairConfig
from quantrl.envs.pair import PairBatch
from quantrl.envs.pair.recorded import tape_of

MIDNIGHT_2012_06_21 = 1_340_251_200
#: Constants that make a clock and a unit; found on these very data, so good for mechanics alone.
PAIRS: dict[str, tuple[Any, dict[str, Any], dict[str, Any]]] = {
    "amzn-goog": (
        books.amzn_goog,
        {"alpha": 3.5, "beta": 0.297482, "kappa": 9e-4, "s": 24.4e-4},
        {"dt": 1.0, "window": 120, "feed_ms": 0.0},
    ),
    "btc-eth spot": (
        lambda shared, folder: books.btc_eth(shared, folder, "spot"),
        {"alpha": 4.0, "beta": 0.9, "kappa": 0.02, "s": 3e-4},
        {"dt": 0.1, "window": 60},
    ),
    "btc-eth usdm": (
        lambda shared, folder: books.btc_eth(shared, folder, "usdm"),
        {"alpha": 4.0, "beta": 0.9, "kappa": 0.02, "s": 3e-4},
        {"dt": 0.1, "window": 60},
    ),
    "aig-bac": (
        books.aig_bac,
        {"alpha": 2.5, "beta": 0.5, "kappa": 1e-3, "s": 20e-4},
        {"dt": 1.0, "window": 120, "feed_ms": 1.0, "notional": 50_000.0},
    ),
}


@pytest.fixture(scope="module", params=PAIRS)
def pair(
    request: pytest.FixtureRequest, shared_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> PairConfig:
    make, facts, settings = PAIRS[request.param]
    files = make(shared_data, tmp_path_factory.mktemp("real"))
    with pytest.warns(UserWarning, match="kappa_dt") if facts["kappa"] * settings["dt"] < 0.002 else _quiet():
        return PairConfig.replay(files, facts, **settings, features="full", episode_len=250)


class _quiet:  # noqa: N801 - stands for pytest.warns
    def __enter__(self) -> None: ...
    def __exit__(self, *_: object) -> None: ...


@pytest.mark.filterwarnings("ignore:pair.kappa_dt")
def test_a_thousand_random_decisions_are_exact(pair: PairConfig) -> None:
    config = pair.replace(segment="all", ruin=1e9)
    for mode in ("train", "evaluate"):
        batch = PairBatch(config, n_envs=2, seed=3, mode=mode)
        batch.reset()
        traded = 0
        for row in random_actions((1_000, 2)):
            before, ledger, money = mids(batch), batch.core.ledger(), wealth(batch)
            step = batch.step(row)
            assert np.isfinite(step.obs).all()
            if len(step.indices):
                continue
            now = batch.core.ledger()
            lots = now[:, [1, 3]] - ledger[:, [1, 3]]
            traded += int((lots != 0).sum())
            held = (ledger[:, [1, 3]] * (mids(batch) - before)).sum(axis=1)
            bought = (now[:, [0, 2]] - ledger[:, [0, 2]] + lots * mids(batch)).sum(axis=1)
            assert (wealth(batch) - money == held + bought).all()
            assert (now[:, 8] >= ledger[:, 8]).all()
        assert traded > 500


@pytest.mark.filterwarnings("ignore:pair.kappa_dt")
def test_every_rule_runs_and_loses_its_costs(pair: PairConfig) -> None:
    rules = recorded_rules(fitted(pair))
    found = {name: trace(rule_choose(rule), pair, segment="test", n_envs=2) for name, rule in rules.items()}
    assert set(found) == {"ou_optimal", "gatev", "z_rule", "hold_spread", "flat"}
    judge = Judge.of(found, pair.dt, seed=0)
    rows = {name: judge.row(each) for name, each in found.items()}
    assert not found["flat"].net.any()
    assert rows["hold_spread"]["cost"] > 0
    for name, row in rows.items():
        assert row["low"] <= row["net"] <= row["high"], name
        assert row["gross"] == pytest.approx(row["net"] + row["cost"])


@pytest.mark.filterwarnings("ignore:pair.kappa_dt")
def test_amzn_goog_has_the_known_numbers(shared_data: Path, tmp_path: Path) -> None:
    """Mids at each whole second, 34201 to 44999: regression, residual, autocorrelation, correlations."""
    files = books.amzn_goog(shared_data, tmp_path)
    _, facts, settings = PAIRS["amzn-goog"]
    rows = tape_of(PairConfig.replay(files, facts, **settings)).rows()
    assert rows["ts_ns"].tolist() == [
        (MIDNIGHT_2012_06_21 + second) * 10**9 for second in range(34_201, 45_000)
    ]
    y, u = np.log(rows["quotes"].sum(axis=2)).T
    slope = float(np.cov(u, y)[0, 1] / np.var(u, ddof=1))
    rest = (y - y.mean()) - slope * (u - u.mean())
    assert slope == pytest.approx(0.297482, abs=1e-6)
    assert 1e4 * rest.std() == pytest.approx(24.3949, abs=1e-4)
    assert np.corrcoef(rest[:-1], rest[1:])[0, 1] == pytest.approx(0.999098, abs=1e-6)
    for seconds, known in ((1, 0.096534), (10, 0.254566), (60, 0.259970)):
        found = np.corrcoef(np.diff(y[::seconds]), np.diff(u[::seconds]))[0, 1]
        assert found == pytest.approx(known, abs=1e-6)
