"""Learning from behaviour: what can be learnt is, nothing unripe is used, and both models restart."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from quantrl.errors import ConfigError
from quantrl.selection import Ledger
from quantrl.selection.score import _models
from quantrl.selection.score._samples import Samples
from quantrl.selection.score.learned import Learned

N, DAYS = 12, 200
SHORT: dict[str, Any] = {"horizon": 5, "embargo": 5}


def ledger(days: int = DAYS, later: float = 0.0) -> Ledger:
    """Who trades at a high cost earns less: agents 0 to 5. `later` is added to all gains from day 150 on."""
    rng, made = np.random.default_rng(3), Ledger([f"a{i}" for i in range(N)], overlap=1)
    for day in range(days):
        cost = np.where(np.arange(N) < 6, 0.002, 0.0001)
        gross = rng.standard_normal(N) * 0.008 + 0.001 + later * (day >= 150)
        own = {"agent": np.arange(N), "decided": day, "effective": day, "matured": day + 1}
        made.append({**own, "gross": gross, "cost": cost})
    return made


MODELS = [{"model": "ridge"}, {"model": "lightgbm"}]


@pytest.mark.parametrize("options", MODELS, ids=lambda o: o["model"])
def test_it_learns_that_costs_come_back(options: dict[str, Any]) -> None:
    scorer = Learned(**options, **SHORT)
    scorer.update(ledger().as_of(DAYS))
    frame = scorer.scores()
    assert frame.ready.all()
    assert frame.mean[:6].mean() < frame.mean[6:].mean()
    assert (frame.sd > 0).all()


@pytest.mark.parametrize("options", MODELS, ids=lambda o: o["model"])
def test_nobody_is_ready_before_labels_have_matured(options: dict[str, Any]) -> None:
    made, scorer = ledger(), Learned(**options, **SHORT)
    # Samples of 12 agents on days 65, 70, ...; the eighth makes 96 rows on day 100, and matures 10 rounds later.
    for day in range(100, 113):
        scorer.update(made.as_of(day))
        assert scorer.scores().ready.all() == (day >= 110)


@pytest.mark.parametrize("options", MODELS, ids=lambda o: o["model"])
def test_it_goes_on_where_it_stopped(options: dict[str, Any]) -> None:
    made, one = ledger(), Learned(**options, **SHORT)
    for day in (112, 133, 151, 180, DAYS):
        one.update(made.as_of(day))
        two = Learned(**options, **SHORT)
        two.load_state_dict(json.loads(json.dumps(one.state_dict())))
        assert two.scores().mean.tobytes() == one.scores().mean.tobytes()
        one = two
    whole = Learned(**options, **SHORT)
    whole.update(made.as_of(DAYS))
    assert whole.scores().mean.tobytes() == one.scores().mean.tobytes()


def test_an_embargo_keeps_the_newest_rounds_out_of_the_model() -> None:
    """What all earn from day 150 on reaches features at once, and labels only after horizon and embargo."""
    models = []
    for later in (0.0, 0.05):
        scorer = Learned(horizon=5, embargo=30)
        scorer.update(ledger(later=later).as_of(180))
        models.append(scorer.state_dict()["model"])
    assert models[0] == models[1]
    scorer.update(ledger(later=0.05).as_of(DAYS))
    assert scorer.state_dict()["model"] != models[1]


def test_labels_are_what_came_after() -> None:
    samples, agents = Samples(2, 1), np.arange(3)
    samples.add(agents, np.eye(3))
    assert samples.fold(agents, np.array([1.0, 2.0, 3.0]), 3) == []
    assert samples.fold(agents[:2], np.array([3.0, 2.0]), 3) == []
    ((x, y),) = samples.fold(agents, np.full(3, 99.0), 3)
    np.testing.assert_array_equal(x, np.eye(3))
    np.testing.assert_allclose(y, np.array([2.0, 2.0, 3.0]) - 7 / 3)


def test_a_changed_agent_leaves_its_samples() -> None:
    samples, agents = Samples(1, 0), np.arange(3)
    samples.add(agents, np.eye(3))
    samples.restart(np.array([1]))
    ((x, y),) = samples.fold(agents, np.array([1.0, 5.0, 3.0]), 3)
    np.testing.assert_array_equal(x, np.eye(3)[[0, 2]])
    np.testing.assert_allclose(y, [-1.0, 1.0])


def test_the_ridge_is_the_textbook_one() -> None:
    rng, ridge = np.random.default_rng(1), _models.Ridge(4, 3.0)
    batches = [(rng.standard_normal((6, 4)), rng.standard_normal(6)) for _ in range(5)]
    for x, y in batches:
        ridge.add(x, y)
    x, y = np.vstack([x for x, _ in batches]), np.concatenate([y for _, y in batches])
    slope = np.linalg.lstsq(np.vstack([x, np.sqrt(3.0) * np.eye(4)]), np.append(y, np.zeros(4)), rcond=None)[
        0
    ]
    found, error = ridge.predict(np.eye(4))
    np.testing.assert_allclose(found, slope, rtol=1e-9)
    assert error == pytest.approx(((y - x @ slope) ** 2).mean(), rel=1e-9)


def test_without_lightgbm_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(_models.importlib, "import_module", missing)
    with pytest.raises(ConfigError, match=r"quantrl\[baselines\]"):
        Learned("lightgbm")


@pytest.mark.parametrize("bad", [{"model": "net"}, {"horizon": 0}, {"embargo": -1}, {"penalty": 0.0}])
def test_settings_out_of_range(bad: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=next(iter(bad))):
        Learned(**bad)
