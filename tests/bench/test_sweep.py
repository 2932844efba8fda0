"""``quantrl bench sweep``: agreement first, a goal for each peer, the pairs of the title."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from quantrl.cli.bench import sweep, sweep_peers
from quantrl.cli.bench.harness import Contender
from quantrl.cli.main import run
from quantrl.typing import FloatArray
from reference import signals as slow

SMALL = ["bench", "sweep", "--size", "small", "--rounds", "1", "--json"]


def _peer(factor: float) -> sweep_peers.Adapter:
    def adapter(close: FloatArray, windows: range, bps: float, initial_cash: float) -> list[Contender]:
        ours = sweep.ours(sweep.Inputs(close, windows, ""))

        def call() -> FloatArray:
            growth = ours.call().copy()
            growth[7] *= factor
            return growth

        return [Contender("raptorbt", call)]

    return adapter


def _told(capfd: pytest.CaptureFixture[str], code: int) -> dict[str, Any]:
    assert run([*SMALL, "--peers", "raptorbt"]) == code
    (case,) = json.loads(capfd.readouterr().out)["cases"]
    return dict(case)


def test_a_peer_that_is_off_gets_no_time(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sweep_peers.SWEEP, "raptorbt", _peer(1 + 1e-6))
    case = _told(capfd, 1)
    assert (case["agree"], case["ours_ms"], case["peers"]) == (False, None, [])
    assert case["disagreements"][0]["bar"] == 7


def test_each_peer_has_its_goal(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sweep_peers.SWEEP, "raptorbt", _peer(1.0))
    case = _told(capfd, 0)
    assert (case["id"], case["agree"]) == ("P2", True)
    assert case["met"] is False  # the stub is as fast as we are
    assert sweep.case("small", []).goal("vectorbt-rust") == 50.0
    assert sweep.case("small", []).goal("raptorbt") == 14.0


def test_the_answer_is_that_of_slow_accounts() -> None:
    data = sweep.inputs("small")
    growth = sweep.ours(data).call()
    pairs = [(f, s) for f in data.windows for s in data.windows if f < s]
    assert len(growth) == len(pairs) == 231
    for k in range(0, 231, 46):
        fast, slow_window = pairs[k]
        members = {"fast": fast, "slow": slow_window}
        signals = slow.signals("sma_cross", members, {"close": data.close}, 0.0)
        account = slow.SignalAccount(0, 1e-3, 1e-3, 0.0, 0.0, 0.0, 1e6)
        assert growth[k] == pytest.approx(account.run(data.close, data.close, *signals)[-1] / 1e6, rel=1e-12)
    entries, exits = sweep_peers._crosses(*(sweep_peers._average(data.close, w) for w in pairs[-1]))
    expected = slow.signals(
        "sma_cross", dict(zip(("fast", "slow"), pairs[-1], strict=True)), {"close": data.close}, 0.0
    )
    np.testing.assert_array_equal(entries, expected[0])
    np.testing.assert_array_equal(exits, expected[1])


def test_the_full_size_is_that_of_the_title() -> None:
    assert sweep.case("full", []).title.startswith("10,011 pairs of moving averages x 2,520 bars")
