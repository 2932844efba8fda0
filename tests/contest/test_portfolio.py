"""Weights of signals, by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from quantrl.contest.evaluate.platt import Platt
from quantrl.contest.mandate import Mandate
from quantrl.contest.portfolio import belief_of, decision_of, raw_weights
from quantrl.contest.types import Evidence, Signal
from quantrl.errors import ConfigError, OrderError

SYMBOLS = ("AA", "BB", "CC", "DD")
FREE = Mandate(max_name=1.0)


def signal(symbol: str, action: str = "buy", probability: int = 60) -> Signal:
    return Signal(symbol, action, probability, (Evidence("d1", "claim"),), ("limit",))


def test_buys_share_equally_and_nothing_else_is_held() -> None:
    signals = [signal("CC"), signal("AA", "sell"), signal("BB", "hold"), signal("DD")]
    weights, clips = FREE.apply(raw_weights(signals, SYMBOLS))
    assert weights.tolist() == [0.0, 0.0, 0.5, 0.5]
    assert clips == ()


def test_the_cap_leaves_the_rest_in_cash() -> None:
    weights, clips = Mandate(max_name=0.25).apply(raw_weights([signal("AA")], SYMBOLS))
    assert weights.tolist() == [0.25, 0.0, 0.0, 0.0]
    assert [clip.limit for clip in clips] == ["max_name"]


def test_no_signal_is_cash() -> None:
    assert raw_weights([], SYMBOLS).tolist() == [0.0] * 4
    assert raw_weights([signal("AA", "sell")], SYMBOLS).tolist() == [0.0] * 4
    assert belief_of([]) is None


def test_sized_by_probability() -> None:
    signals = [signal("AA", probability=60), signal("BB", probability=80), signal("CC", probability=50)]
    weights = raw_weights(signals, SYMBOLS, "probability")
    assert weights == pytest.approx([0.25, 0.75, 0.0, 0.0])
    assert raw_weights([signal("AA", probability=40)], SYMBOLS, "probability").tolist() == [0.0] * 4


def test_sized_by_recalibrated_probability() -> None:
    curve = Platt(-0.2, 0.5)
    signals = [signal("AA", probability=80), signal("DD", probability=90)]
    p = [1 / (1 + math.exp(0.2 - 0.5 * math.log(q / (1 - q)))) for q in (0.8, 0.9)]
    size = [2 * q - 1 for q in p]
    expected = [size[0] / sum(size), 0.0, 0.0, size[1] / sum(size)]
    assert raw_weights(signals, SYMBOLS, "probability", curve) == pytest.approx(expected, abs=1e-12)
    worthless = Platt(-0.1, 0.0)
    assert raw_weights(signals, SYMBOLS, "probability", worthless).tolist() == [0.0] * 4
    identity = raw_weights(signals, SYMBOLS, "probability", Platt(0.0, 1.0))
    assert identity == pytest.approx(raw_weights(signals, SYMBOLS, "probability"), abs=1e-15)


def test_the_first_signal_on_a_name_counts() -> None:
    signals = [signal("AA", "hold"), signal("AA", "buy"), signal("BB")]
    assert raw_weights(signals, SYMBOLS).tolist() == [0.0, 1.0, 0.0, 0.0]


def test_a_decision_in_the_words_of_every_agent() -> None:
    found = decision_of(
        [signal("AA", probability=70), signal("BB", probability=60)], SYMBOLS, tokens=12, usd=0.5
    )
    assert found.weights.tolist() == [0.5, 0.5, 0.0, 0.0]
    assert found.probability == pytest.approx(0.65)
    assert (found.tokens, found.usd) == (12, 0.5)
    assert found.evidence[0].name == "buy AA"
    assert found.evidence[0].source == "d1"
    assert np.array_equal(found.checked_weights(4), found.weights)


def test_refusals() -> None:
    with pytest.raises(OrderError, match="'ZZ'"):
        raw_weights([signal("ZZ")], SYMBOLS)
    with pytest.raises(ConfigError, match="sizing"):
        raw_weights([], SYMBOLS, "kelly")
