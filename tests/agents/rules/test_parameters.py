"""What a rule refuses, and how it says so."""

from __future__ import annotations

import pytest

from quantrl.agents.rules._parameters import below, real, whole
from quantrl.errors import ConfigError
from quantrl.registry import build_agent


@pytest.mark.parametrize("value", [0, -1, 2.0, True, "5", None, 10**9])
def test_whole_refuses(value):
    with pytest.raises(ConfigError, match=r"agent rules/x: k expects an integer from 1 to 100000, got"):
        whole("rules/x", "k", value, least=1)


@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan"), float("inf"), True, "0.5", None])
def test_real_refuses(value):
    with pytest.raises(ConfigError, match=r"agent rules/x: chance expects a number from 0 to 1, got"):
        real("rules/x", "chance", value, least=0.0, most=1.0)


def test_limits_themselves_are_accepted():
    whole("rules/x", "k", 1, least=1)
    real("rules/x", "chance", 1, least=0.0, most=1.0)
    below("rules/x", "skip", 4, "lookback", 5)


@pytest.mark.parametrize(
    ("agent", "params", "message"),
    [
        ("rules/momentum", {"lookback": 0}, "rules/momentum: lookback expects .* got 0"),
        ("rules/momentum", {"lookback": 20, "skip": 20}, "skip expects less than lookback = 20, got 20"),
        ("rules/sma_cross", {"fast": 200}, "fast expects less than slow = 200, got 200"),
        ("rules/vol_target", {"target_vol": float("nan")}, "target_vol expects a number .* got nan"),
        ("rules/random_entry", {"chance": 1.5}, "chance expects a number from 0 to 1, got 1.5"),
        ("rules/breakout", {"exit": 1}, "exit expects an integer from 2 to"),
    ],
)
def test_a_rule_names_agent_parameter_and_value(agent, params, message):
    with pytest.raises(ConfigError, match=message):
        build_agent(agent, params)
