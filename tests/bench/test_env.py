"""``quantrl bench env`` at tiny sizes: what is compared agrees, and every row is there."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from quantrl.cli.bench import env, rate
from quantrl.cli.bench.env_rows import finrl, learner, market, reference, speed
from quantrl.cli.main import run
from quantrl.envs import PortfolioConfig, make_vec_env

SMALL = market.SIZES["small"]


def test_every_row_is_reported(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["bench", "env", "--size", "small", "--rounds", "1", "--peer", "none", "--json"]) == 0
    found = json.loads(capfd.readouterr().out)
    cases = {case["id"]: case for case in found["cases"]}
    assert list(cases) == ["E1", "E2", "E3", "E4", "E5", "E6"]
    assert found["machine"]["threads"] == 2
    for case in cases.values():
        assert case["agree"] is not False
        assert case["absent"] or case["ours"]["rate"] > 0
        assert all(peer["rate"] > 0 for peer in case["peers"])
        assert len(case["sha256"]) == 64
    assert cases["E3"]["agree"] is None
    assert cases["E3"]["goals"][0]["value"] is None
    assert cases["E4"]["agree"] is True
    assert cases["E4"]["checks"][0]["worst"] <= 1e-12
    assert "study_minutes" not in found


def test_pairs_are_measured_when_asked_for(capfd: pytest.CaptureFixture[str]) -> None:
    command = ["bench", "env", "--kind", "pair", "--size", "small", "--rounds", "1", "--json"]
    assert run(command) == 0
    cases = {case["id"]: case for case in json.loads(capfd.readouterr().out)["cases"]}
    assert list(cases) == ["P1", "P2", "P3", "P4", "P5", "P6", "P7"]
    assert [peer["name"] for peer in cases["P1"]["peers"]][:3] == [
        "books, full, 1 thread",
        "replay, full, 2 threads",
        "replay, full, 1 thread",
    ]
    assert cases["P4"]["agree"] is True
    assert cases["P4"]["checks"][0]["worst"] <= 1e-5
    assert all(peer["rate"] > 0 for id in ("P5", "P6") for peer in cases[id]["peers"])
    assert cases["P2"]["goals"][0]["value"] > 0
    assert cases["P3"]["agree"] is True


def test_a_reference_that_is_off_gets_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    made = reference.reference_class()

    class Off(made):  # type: ignore[misc, valid-type]
        def step(self, action: Any) -> Any:
            self.wealth *= 1 + 1e-9
            return super().step(action)

    monkeypatch.setattr(reference, "reference_class", lambda: Off)
    result = rate.run_rate_case(reference.case(SMALL), rounds=1)
    assert result.agree is False
    assert result.timings == {}


def test_without_the_source_tree_there_is_no_ratio_to_the_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent() -> Any:
        raise ImportError("no source tree")

    monkeypatch.setattr(reference, "reference_class", absent)
    case = reference.case(SMALL)
    assert [contender.name for contender in case.contenders] == ["quantrl, N=8", "quantrl, N=1"]
    assert case.absent == {"NumPy": "tests/reference is not here (no source tree)"}
    assert rate.run_rate_case(case, rounds=1).met is None


class FakeTrading:
    """The purchase and the holding of whole shares, as FinRL's environment books them."""

    off = 0.0

    def __init__(self, df: Any, initial_amount: float, buy_cost_pct: list[float], **_: Any) -> None:
        self.close, self.cash, self.rate = df, float(initial_amount), buy_cost_pct[0] + self.off
        self.shares = np.zeros(finrl.N)

    def reset(self) -> None:
        self.day, self.asset_memory = 0, [self.cash]

    def step(self, action: Any) -> tuple[None, float, bool, bool, dict[str, Any]]:
        bought = np.maximum((action * finrl.MOST_SHARES).astype(int), 0)
        self.cash -= float(bought @ self.close[self.day]) * (1 + self.rate)
        self.shares, self.day = self.shares + bought, self.day + 1
        self.asset_memory.append(self.cash + float(self.shares @ self.close[self.day]))
        return None, 0.0, False, False, {}


@pytest.mark.parametrize(("off", "agree"), [(0.0, True), (1e-4, False)])
def test_finrl_is_timed_only_where_a_held_portfolio_is_worth_the_same(
    monkeypatch: pytest.MonkeyPatch, off: float, agree: bool
) -> None:
    monkeypatch.setattr(FakeTrading, "off", off)
    monkeypatch.setattr(finrl, "environment_class", lambda: FakeTrading)
    monkeypatch.setattr(finrl, "_frame", lambda start, stop: market.panel(finrl.N)["close"][start:stop])
    result = rate.run_rate_case(finrl.case(SMALL, wanted=True), rounds=1)
    assert result.agree is agree
    assert ("finrl" in result.timings) is agree


def test_finrl_that_is_not_installed_is_said_to_be_absent() -> None:
    case = finrl.case(SMALL, wanted=True)
    if "finrl" in {contender.name for contender in case.contenders}:
        pytest.skip("FinRL is installed here")
    assert case.absent["finrl"].startswith("not installed here")
    assert case.checks == ()


def test_an_unknown_peer_is_refused(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["bench", "env", "--peers", "nobody"]) == 2
    assert "unknown peer 'nobody'; choose from: vectorbt, raptorbt, finrl" in capfd.readouterr().err


def test_without_the_extra_it_says_so(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(env, "NEEDED", ("torch", "not_installed_anywhere"))
    assert run(["bench", "env"]) == 2
    assert "extra rl is not installed here (no not_installed_anywhere)" in capfd.readouterr().err


def test_the_free_environment_has_our_spaces_and_never_ends() -> None:
    ours = make_vec_env(market.market(speed.N), PortfolioConfig.of(), n_envs=2)
    free = learner.NullVecEnv(ours)
    assert free.observation_space == ours.observation_space
    assert free.action_space == ours.action_space
    shown = [free.reset()]
    for _ in range(3 * PortfolioConfig.of().episode_len):
        obs, rewards, dones, infos = free.step(np.zeros((2, speed.N + 1), dtype=np.float32))
        shown.append(obs)
        assert not rewards.any()
        assert not dones.any()
        assert infos == [{}, {}]
    # Windows all over the market, and the same ones again: as many bytes as training reads, and no cost.
    assert len({float(obs[0, 0]) for obs in shown}) > 40
    assert shown[2 * PortfolioConfig.of().episode_len + 1] is shown[0]


def test_the_market_is_seeded_and_its_bars_are_bars() -> None:
    one, two = market.panel(3, rows=50), market.panel(3, rows=50)
    assert np.array_equal(one["close"], two["close"])
    assert (one["high"] >= np.maximum(one["open"], one["close"])).all()
    assert (one["low"] <= np.minimum(one["open"], one["close"])).all()
