"""``quantrl bench``: no time for engines that disagree, no ratio without a peer, seeded data, its sha256."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from quantrl.backtest import Costs
from quantrl.cli.bench import imports, peers, rebalance
from quantrl.cli.bench.harness import Contender
from quantrl.cli.main import run
from quantrl.typing import FloatArray

SMALL = ["bench", "rebalance", "--size", "small", "--rounds", "2"]


def _peer(factor: float) -> peers.Adapter:
    def adapter(close: FloatArray, weights: FloatArray, bps: float, initial_cash: float) -> list[Contender]:
        ours = rebalance.ours(rebalance.Inputs(close, weights, ""))

        def call() -> FloatArray:
            equity = ours.call().copy()
            equity[100] *= factor
            return equity

        return [Contender("stub", call)]

    return adapter


def _absent(*_: Any) -> list[Contender]:
    raise ImportError("No module named 'stub'")


def test_a_peer_that_is_off_gets_no_time_and_exit_1(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(peers.REBALANCE, "stub", _peer(1 + 1e-6))
    assert run([*SMALL, "--peers", "stub"]) == 1
    said = capfd.readouterr()
    assert said.out.splitlines() == ["DISAGREE stub: max 1.0e-06 at bar 100 (limit 1e-9)"]
    assert " ms" not in said.out + said.err


def test_a_peer_that_is_off_as_json(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(peers.REBALANCE, "stub", _peer(1 + 1e-6))
    assert run([*SMALL, "--peers", "stub", "--json"]) == 1
    found = json.loads(capfd.readouterr().out)
    (case,) = found["cases"]
    assert found["ok"] is False
    assert case["agree"] is False
    assert case["ours_ms"] is None
    assert case["peers"] == []
    assert case["disagreements"][0]["bar"] == 100


def test_a_peer_that_agrees_is_timed(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(peers.REBALANCE, "stub", _peer(1.0))
    assert run([*SMALL, "--peers", "stub", "--json"]) == 0
    (case,) = json.loads(capfd.readouterr().out)["cases"]
    assert set(case) >= {"id", "agree", "met", "ours_ms", "peers", "sha256"}
    assert case["id"] == "P1"
    assert case["agree"] is True
    assert case["met"] is False
    (peer,) = case["peers"]
    assert peer["ratio"] == min(peer["wall_ratio"], peer["cpu_ratio"])
    assert peer["rounds"] == 2


@pytest.mark.parametrize("wanted", ["stub", "none"])
def test_without_a_peer_there_is_no_ratio(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, wanted: str
) -> None:
    monkeypatch.setitem(peers.REBALANCE, "stub", _absent)
    assert run([*SMALL, "--peers", wanted]) == 0
    said = capfd.readouterr().out
    assert "no ratio" in said
    assert "ratio to" not in said
    assert "sha256" in said
    assert "effective of" in said


def test_an_unknown_peer_is_refused(capfd: pytest.CaptureFixture[str]) -> None:
    assert run([*SMALL, "--peers", "nobody"]) == 2
    assert capfd.readouterr().err.startswith("error: --peers: unknown peer 'nobody'; choose from: vectorbt")


def test_inputs_are_seeded_and_unrounded() -> None:
    one, two = rebalance.inputs("small"), rebalance.inputs("small")
    assert one.sha256 == two.sha256
    assert one.sha256 != rebalance.inputs("small", seed=1).sha256
    assert np.allclose(one.weights.sum(axis=1), rebalance.GROSS)
    assert (one.weights > 0).all()
    assert (np.round(one.close, 6) != one.close).all()


def test_imports_case_times_fresh_processes() -> None:
    timings = imports.measure(processes=2)
    assert set(timings) == {"import quantrl", "pass"}
    assert all(len(timing.wall) == 2 for timing in timings.values())
    assert timings["import quantrl"].cpu_ms > 0


def test_a_peer_with_rates_of_its_own_has_a_case_of_its_own(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    costs = Costs(buy_bps=peers.RAPTORBT_BUY_BPS, sell_bps=peers.RAPTORBT_SELL_BPS)

    def adapter(factor: float) -> Callable[[FloatArray, FloatArray, float], list[Contender]]:
        def made(close: FloatArray, weights: FloatArray, _: float) -> list[Contender]:
            ours = rebalance.ours(rebalance.Inputs(close, weights, ""), costs)
            return [Contender("raptorbt", lambda: ours.call() * factor)]

        return made

    for factor, agree in ((1.0, True), (1.0 + 1e-6, False)):
        monkeypatch.setitem(peers.RATED, "raptorbt", adapter(factor))
        assert run([*SMALL, "--peers", "raptorbt", "--json"]) == (0 if agree else 1)
        plain, rated = json.loads(capfd.readouterr().out)["cases"]
        assert (plain["id"], plain["agree"]) == ("P1", None)
        assert (rated["id"], rated["agree"]) == ("P1-rates", agree)
        assert (rated["ours_ms"] is None) is not agree
