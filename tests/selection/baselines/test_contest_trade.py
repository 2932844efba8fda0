"""The learned form: what it learns, when it speaks, and that it can stop and go on."""

from __future__ import annotations

import json
from typing import Literal

import numpy as np
import pytest

from quantrl.errors import ConfigError
from quantrl.selection import Ledger
from quantrl.selection.baselines._forecast import Forecast, features
from quantrl.selection.baselines.contest_trade import ContestTrade

Model = Literal["ridge", "lightgbm"]
MODELS: tuple[Model, ...] = ("ridge", "lightgbm")
AGENTS = 8


def ledger(net: np.ndarray) -> Ledger:
    made = Ledger([f"a{i}" for i in range(net.shape[1])], overlap=1)
    for day, row in enumerate(net):
        when = {"decided": day, "effective": day, "matured": day + 1}
        made.append({"agent": np.arange(len(row)), **when, "gross": row})
    return made


def swinging(days: int = 160) -> np.ndarray:
    """Four days up, four days down, agents out of step: what follows is known from the last five days."""
    day = np.arange(days)[:, None] + 2 * np.arange(AGENTS)
    noise = np.random.default_rng(3).standard_normal((days, AGENTS)) * 0.001
    return np.where(day % 8 < 4, 0.01, -0.01) + noise


@pytest.mark.parametrize("model", MODELS)
def test_a_forecast_of_what_repeats_is_found_and_earns(model: Model) -> None:
    net = swinging()
    made, rule, plain = ledger(net), ContestTrade("learned", model=model), ContestTrade()
    earned = np.zeros((2, len(net)))
    for day in range(len(net)):
        shares = rule.step(made.as_of(day), AGENTS)
        assert (shares >= 0).all()
        assert shares.sum() == pytest.approx(1.0) or not shares.any()
        earned[:, day] = shares @ net[day], plain.step(made.as_of(day), AGENTS) @ net[day]
    assert earned[0, 80:].mean() > 0.005 > 2 * earned[1, 80:].mean()


def test_cash_until_sixty_samples() -> None:
    made, rule = ledger(swinging()), ContestTrade("learned")
    # The eighth row of eight agents makes eight samples; sixty are there with the fifteenth.
    spoke = [day for day in range(30) if rule.step(made.as_of(day), AGENTS).any()]
    assert spoke[0] == 15


@pytest.mark.parametrize("model", MODELS)
def test_one_view_or_many_and_restarts_say_the_same(model: Model) -> None:
    made = ledger(swinging())
    daily, resumed = ContestTrade("learned", model=model), ContestTrade("learned", model=model)
    for day in range(121):
        expected = daily.step(made.as_of(day), AGENTS)
        if day % 30 == 0:
            assert resumed.step(made.as_of(day), AGENTS).tobytes() == expected.tobytes()
            state = json.loads(json.dumps(resumed.state_dict(), allow_nan=False))
            resumed = ContestTrade("learned", model=model)
            resumed.load_state_dict(state)
    once = ContestTrade("learned", model=model).step(made.as_of(120), AGENTS)
    assert once.tobytes() == expected.tobytes()


def test_features_and_targets_by_hand() -> None:
    found = features(np.array([[5.0, 1.0, 2.0, 3.0, 4.0]]))
    np.testing.assert_allclose(found, [[4.0, 3.0, np.sqrt(2 / 3), 3.0, np.sqrt(2.0)]])
    forecast = Forecast()
    for _ in range(80):
        forecast.teach([0.01, 0.01, 0.01, 0.01, 0.01, 0.02, 0.02, 0.02])
    said = forecast.predict(np.full((1, 5), 0.01))
    assert said is not None
    assert said[0][0] == pytest.approx(0.02, rel=0.01)
    assert said[1][0] == pytest.approx(0.0, abs=1e-9)


def test_refuses() -> None:
    with pytest.raises(ConfigError, match="mode: expected weights, top3 or learned"):
        ContestTrade("best")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="model: expected ridge or lightgbm"):
        ContestTrade("learned", model="forest")  # type: ignore[arg-type]
