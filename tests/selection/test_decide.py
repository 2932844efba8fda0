"""Today's targets are the contest's last decision, told apart by agent."""

from __future__ import annotations

import json

import numpy as np
import pytest

from quantrl.config import parse_config
from quantrl.data import load_sample
from quantrl.errors import ConfigError
from quantrl.selection import decide
from quantrl.units import iso_date
from selection.toy import contest, finished, quick


@pytest.mark.parametrize("fill", ["next_close", "close"])
def test_targets_of_a_date(fill: str) -> None:
    result = finished(fill)
    found = decide(contest(fill=fill, pipeline=quick(), baselines=False), int(result.time[300]))
    assert list(found.weights.values()) == result.targets[300, 0].tolist()
    total = np.sum([list(part.values()) for part in found.by_agent.values()], axis=0)
    np.testing.assert_allclose(total, result.targets[300, 0], atol=1e-12)
    funded = np.flatnonzero(result.shares[300])
    assert found.capital == {result.labels[i]: result.shares[300, i] for i in funded}
    assert found.cash == pytest.approx(1 - result.targets[300, 0].sum())
    units = result.book().units[300 if fill == "next_close" else 299] * result.panel.marks()[300]
    before = units / (units.sum() + result.book().cash[300 if fill == "next_close" else 299])
    np.testing.assert_allclose(list(found.held.values()), before, atol=1e-12)
    assert json.loads(json.dumps(found.json()))["status"] == "pending"
    assert found.frame().columns[:3] == ["instrument", "weight", "held"]


def test_a_config_and_a_date() -> None:
    config = parse_config(
        {
            "name": "t",
            "data": {"sample": "us20", "end": "1991-01-01"},
            "backtest": {"fill": "next_close"},
            "agents": [
                {"id": f"rules/{name}"}
                for name in ("momentum", "equal_weight", "low_volatility", "sma_cross")
            ],
        }
    )
    seen: list[int] = []
    found = decide(config, "1990-08-04", progress=lambda done, bars: seen.append(done))
    panel = load_sample("us20")
    assert iso_date(found.decided) == "1990-08-03"
    assert seen[-1] == np.searchsorted(panel.time, found.decided) + 1
    assert found.fill == "next_close"


def test_refuses_the_past_and_the_time_before() -> None:
    made = contest(pipeline=quick(), baselines=False)
    with pytest.raises(ConfigError, match="the data begin on"):
        decide(made, 5)
    times = finished().time
    decide(made, int(times[20]))
    assert decide(made, int(times[20])).decided == times[20]
    with pytest.raises(ConfigError, match="already decided"):
        decide(made, int(times[10]))
    assert decide(made, int(times[25])).decided == times[25]
