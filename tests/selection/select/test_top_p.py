"""As many as it takes."""

from __future__ import annotations

import numpy as np
import pytest

from quantrl.errors import ConfigError
from quantrl.selection.gate import report
from quantrl.selection.rank.identity import Identity
from quantrl.selection.select import Selection
from quantrl.selection.select.top_p import TopP
from selection.frames import frame


def choose(rule: TopP, mean: list[float], sd: float, closed: tuple[int, ...] = ()) -> Selection:
    n = len(mean)
    ranking = Identity().rank([frame(mean, sd=[sd] * n)], np.zeros(n, dtype=bool))
    masks = [np.isin(np.arange(n), closed), *[np.zeros(n, dtype=bool)] * 5]
    return rule.select(ranking, report(masks), n)


def test_a_sure_ranking_needs_few_and_an_unsure_one_many() -> None:
    mean = np.linspace(1.0, 0.0, 12).tolist()
    # Of five sure places four hold 80 %.
    sure = choose(TopP(k=5), mean, 1e-9)
    assert (sure.agents, sure.k, sure.runner_up, sure.gap) == ((0, 1, 2, 3), 4, 4, None)
    assert choose(TopP(p=0.2, k=5), mean, 1e-9).agents == (0,)
    sizes = [len(choose(TopP(k=5), mean, sd).agents) for sd in (1e-9, 0.1, 0.5, 30.0)]
    assert sizes == sorted(sizes)
    # Nothing is known: each of 12 has 5/12, and 10 are the limit of 2 K.
    assert sizes[-1] == 10


def test_the_sum_of_chances_reaches_p_k_and_would_not_without_the_last() -> None:
    rng = np.random.default_rng(2)
    for _ in range(30):
        mean, k = rng.standard_normal(14).tolist(), int(rng.integers(1, 6))
        rule = TopP(p=float(rng.uniform(0.2, 1.0)), k=k)
        found = choose(rule, mean, 0.3)
        ranking = Identity().rank([frame(mean, sd=[0.3] * 14)], np.zeros(14, dtype=bool))
        chance = ranking.p_top_k(k)
        held = sorted(chance[list(found.agents)])
        assert 1 <= len(held) <= 2 * k
        assert sum(held) >= rule.p * k - 1e-12 or len(held) == 2 * k
        assert sum(held[1:]) < rule.p * k
        assert min(held) >= max(chance[i] for i in range(14) if i not in found.agents)


def test_slots_stay_cash_where_nobody_else_is_allowed() -> None:
    found = choose(TopP(k=5), [3.0, 2.0, 1.0, 0.0], 1e-9, closed=(0, 2))
    assert (found.agents, found.k, found.runner_up) == ((1, 3), 5, None)
    assert choose(TopP(k=2), [3.0, 2.0], 1e-9, closed=(0, 1)).agents == ()
    assert TopP().slots(40) == 10


@pytest.mark.parametrize("params", [{"p": 0.0}, {"p": 1.1}, {"k": 0}, {"k": 2.0}, {"p": True}])
def test_refuses(params: dict) -> None:
    with pytest.raises(ConfigError, match="select top_p"):
        TopP(**params)
