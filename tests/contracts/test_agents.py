"""What every agent of the registry must do: a new one is tested here before it has a test of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import quantrl
from contracts.agent_panels import BARS, PANELS, closes, panel_of
from quantrl.agent import Decision
from quantrl.backtest import Costs, run_agent
from quantrl.data import Panel, View, load_sample
from quantrl.errors import ConfigError
from quantrl.registry import agent_ids, agent_module, agent_spec, build_agent

HOME = Path(quantrl.__file__).parent
# Tests of the daemon enter agents of their own into the registry of their process.
AGENTS = [agent for agent in agent_ids() if Path(agent_module(agent).__file__).is_relative_to(HOME)]
RULES = [agent for agent in AGENTS if agent_spec(agent).kind == "rule"]
RANDOM = {"rules/random_entry", "rules/random_weights"}
# On, before and after the default schedules (1, 5 and 21 bars), from the first row to a full history.
ASKED = (1, 2, 5, 21, 104, 105, 106, 252, 315, 525, 756, 757, 777, 798, 819, 840)
MOST_LINES = 90
# Of an agent that is nothing without a file; its one row is dated by bar 819, where the first name has a price everywhere.
GIVEN = {"recorded": {"file": str(Path(__file__).with_name("recorded.csv"))}}


def _view(panel: Panel, n: int, held: np.ndarray | None = None) -> View:
    return panel.as_of(int(panel.time[n - 1]), held=held)


def _decisions(agent: str, panel: Panel, asked: tuple[int, ...] = ASKED, seed: int = 5) -> list[Decision]:
    built = build_agent(agent, GIVEN.get(agent), seed=seed, stream=2)
    return [built.decide(_view(panel, n)) for n in asked]


def _bytes(decisions: list[Decision]) -> list[bytes]:
    return [decided.weights.tobytes() for decided in decisions]


@pytest.fixture(scope="module")
def panel() -> Panel:
    return panel_of(closes())


@pytest.mark.parametrize("agent", AGENTS)
def test_spec_is_complete(agent):
    spec = agent_spec(agent)
    assert spec.id == agent
    assert spec.kind in {"rule", "optimiser", "rl", "researcher", "llm", "recorded"}
    assert spec.summary.endswith(".")
    assert 20 < len(spec.summary) < 140
    assert all(isinstance(value, int | float | str | bool) for value in spec.params.values())
    assert agent_module(agent).__doc__


@pytest.mark.parametrize("agent", RULES)
def test_a_rule_is_one_small_file_with_a_reference(agent):
    assert agent_spec(agent).reference
    assert len(Path(agent_module(agent).__file__).read_text(encoding="utf-8").splitlines()) <= MOST_LINES


def test_there_are_enough_rules_and_two_controls():
    assert len(RULES) >= 22
    assert set(RULES) >= RANDOM


@pytest.mark.parametrize("agent", AGENTS)
def test_seeded_twice_decides_the_same(agent, panel):
    first, second = (_decisions(agent, panel) for _ in range(2))
    assert _bytes(first) == _bytes(second)
    assert [decided.evidence for decided in first] == [decided.evidence for decided in second]


@pytest.mark.parametrize("agent", AGENTS)
def test_only_the_controls_depend_on_the_seed(agent, panel):
    decided = [b"".join(_bytes(_decisions(agent, panel, seed=seed))) for seed in (5, 6)]
    assert (decided[0] != decided[1]) == (agent in RANDOM)


@pytest.mark.parametrize("agent", RULES)
def test_a_rule_remembers_nothing(agent, panel):
    """Asked in order, backwards, or built afresh at each bar: the decision follows from the view alone."""
    running = _bytes(_decisions(agent, panel))
    assert _bytes(_decisions(agent, panel, ASKED[::-1]))[::-1] == running
    assert [_bytes(_decisions(agent, panel, (n,)))[0] for n in ASKED] == running


@pytest.mark.parametrize("agent", AGENTS)
@pytest.mark.parametrize("case", PANELS)
def test_weights_fit_a_cash_account(agent, case):
    close = PANELS[case]
    for n, decided in zip(ASKED, _decisions(agent, panel_of(close)), strict=True):
        weights = decided.checked_weights(close.shape[1])
        if np.isnan(weights).all():
            continue
        assert not np.isnan(weights).any(), f"bar {n}: some names held, others set"
        assert weights.min() >= 0
        assert weights.sum() <= 1 + 1e-9
        assert weights[np.isnan(close[n - 1])].sum() == 0, f"bar {n}: a name without a price"


@pytest.mark.parametrize("agent", AGENTS)
def test_before_the_first_bar_there_is_only_cash(agent, panel):
    empty = panel.as_of(int(panel.time[0]) - 1)
    decided = build_agent(agent, GIVEN.get(agent)).decide(empty)
    assert decided.weights.tolist() == [0.0] * panel.n_instruments


@pytest.mark.parametrize("agent", AGENTS)
def test_evidence_is_finite_and_names_instruments(agent, panel):
    for decided in _decisions(agent, panel):
        for item in decided.evidence:
            assert item.kind
            assert item.name
            assert isinstance(item.value, str) or np.isfinite(item.value)


@pytest.mark.parametrize("agent", RULES)
def test_a_rule_invests_and_says_why(agent, panel):
    """With a full history some decision on the schedule is funded and carries evidence."""
    every = agent_spec(agent).params.get("every", 1)
    scheduled = tuple(n for n in range(757, BARS + 1) if n % every == 0)
    funded = [one for one in _decisions(agent, panel, scheduled) if np.nansum(one.weights) > 0]
    assert funded
    assert all(one.evidence for one in funded)


@pytest.mark.parametrize("agent", AGENTS)
@pytest.mark.parametrize("n", [105, 525, 777])
def test_the_future_does_not_reach_a_decision(agent, n, panel):
    """Cut the panel off after bar n, or fill what follows with wild or missing prices: the same bytes."""
    expected = _bytes(_decisions(agent, panel, (n,)))
    assert _bytes(_decisions(agent, panel.head(n), (n,))) == expected
    for poison in (np.nan, 1e3 * panel["close"][n:][::-1]):
        close = np.array(panel["close"])
        close[n:] = poison
        assert _bytes(_decisions(agent, panel_of(close), (n,))) == expected


_WIDE = """
import hashlib
import numpy as np
from quantrl.data import Panel
from quantrl.registry import agent_ids, agent_spec, build_agent

random = np.random.default_rng(4)
close = 50.0 * np.exp(np.cumsum(random.normal(0, 0.01, (840, 120)) + random.normal(0, 0.01, (840, 1)), axis=0))
panel = Panel.from_arrays({"close": close}, 86_400 * 10**9 * np.arange(1, 841), [f"N{i}" for i in range(120)])
digest = hashlib.sha256()
for agent in agent_ids():
    if agent_spec(agent).kind == "rule":
        view = panel.as_of(int(panel.time[-1]))
        digest.update(build_agent(agent, seed=5, stream=2).decide(view).weights.tobytes())
print(digest.hexdigest())
"""


def test_rules_decide_the_same_in_any_process_and_for_any_number_of_threads():
    """120 names are enough for the linear algebra library to split its sums; no rule may depend on that."""

    def digest(threads: str) -> str:
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": threads, "PYTHONHASHSEED": threads}
        done = subprocess.run(
            [sys.executable, "-c", _WIDE], env=environment, capture_output=True, text=True, check=True
        )
        return done.stdout

    assert digest("1") == digest("2") == digest("8")


@pytest.mark.parametrize("agent", AGENTS)
def test_unknown_parameter_is_refused(agent):
    with pytest.raises(ConfigError, match="unknown parameter 'no_such_thing'"):
        build_agent(agent, {"no_such_thing": 1})


PARAMETERS = [(agent, name) for agent in AGENTS for name in agent_spec(agent).params]


@pytest.mark.parametrize(("agent", "name"), PARAMETERS)
def test_wrong_type_is_refused(agent, name):
    default = agent_spec(agent).params[name]
    wrong: Any = 5 if isinstance(default, str) else "five"
    with pytest.raises(ConfigError, match=f"agent {agent}: {name} expects"):
        build_agent(agent, {name: wrong})


@pytest.mark.parametrize(("agent", "name"), [(a, p) for a, p in PARAMETERS if a in RULES])
def test_value_out_of_range_is_refused(agent, name):
    default = agent_spec(agent).params[name]
    bad_values: list[Any] = [-1, 10**9] if isinstance(default, int) else [-1.0, float("nan"), float("inf")]
    for bad in bad_values:
        with pytest.raises(ConfigError, match=f"agent {agent}: {name} expects"):
            build_agent(agent, {name: bad})


@pytest.mark.parametrize("agent", AGENTS)
def test_a_cash_account_takes_the_agent_through_time(agent, panel):
    """Led bar by bar, feeding back what it holds: never overdrawn, books that balance, and no future in the past."""

    def led(until: int) -> Any:
        return run_agent(
            build_agent(agent, GIVEN.get(agent), seed=5, stream=2),
            panel.head(until),
            fill="next_close",
            costs=Costs(bps=10),
            periods_per_year=252,
        )

    whole, part = led(BARS), led(777)
    assert whole.cash.min() >= -1e-6
    assert whole.gross.max() <= 1 + 1e-9
    whole.audit()
    assert whole.equity[:777].tobytes() == part.equity.tobytes()


@pytest.mark.parametrize("agent", RULES)
def test_decides_on_the_stock_sample(agent):
    sample = load_sample("us20")
    every = agent_spec(agent).params.get("every", 1)
    last = sample.n_bars - sample.n_bars % every
    (decided,) = _decisions(agent, sample, (last,))
    weights = decided.checked_weights(sample.n_instruments)
    assert np.isnan(weights).all() or 0 <= weights.sum() <= 1 + 1e-9
