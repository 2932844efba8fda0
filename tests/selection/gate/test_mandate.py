"""Who holds more than the mandate allows may not be funded; for the rest it is the default gate."""

from __future__ import annotations

import numpy as np
import pytest

from quantrl.errors import ConfigError
from quantrl.selection.gate import GateReport
from quantrl.selection.gate.mandate import Mandate
from quantrl.selection.gate.standard import Standard
from quantrl.selection.learning import News
from quantrl.selection.lifecycle import Lifecycle
from quantrl.selection.rank.identity import Identity
from selection.frames import frame


def check(gate: Mandate | Standard) -> GateReport:
    scores, life = frame([0.4, 0.3, 0.2, 0.1]), Lifecycle()
    life.grow(4)
    return gate.check(scores, Identity().rank([scores], life.funded), life, np.array([0, 0, 2, 3]), [3])


def news(exposure: list[float]) -> News:
    return News((), ("",) * 4, np.array(exposure), np.arange(4), np.zeros(4, dtype=bool), 0.006)


def test_too_much_exposure_closes_the_gate_and_frees_the_copy() -> None:
    gate = Mandate(max_exposure=1.5)
    assert check(gate).bits.tolist() == check(Standard()).bits.tolist()
    gate.learn(news([1.6, 1.5, np.nan, 2.0]))
    found = check(gate)
    assert [found.reasons(i) for i in range(4)] == [("mandate",), (), (), ("faulty", "mandate")]
    again = Mandate(max_exposure=1.5)
    again.load_state_dict(gate.state_dict())
    assert check(again).bits.tolist() == found.bits.tolist()


def test_the_rest_is_the_default_gate() -> None:
    assert Mandate(psr_enter=0.9).settings() == {"max_exposure": 1.0, **Standard(psr_enter=0.9).settings()}


@pytest.mark.parametrize("params", [{"max_exposure": 0.0}, {"max_exposure": "much"}, {"cusum_cut": -1.0}])
def test_refuses(params: dict) -> None:
    with pytest.raises(ConfigError, match=next(iter(params))):
        Mandate(**params)
