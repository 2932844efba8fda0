from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm
from statsmodels.stats.multitest import multipletests

from quantrl import metrics
from quantrl.errors import ConfigError, DataError


def test_by_hand() -> None:
    np.testing.assert_allclose(metrics.holm([0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02])
    np.testing.assert_allclose(metrics.holm([0.5, 0.9]), [1.0, 1.0])
    assert metrics.holm([]).shape == (0,)


def test_rejects_what_the_step_down_rule_rejects(rng: np.random.Generator) -> None:
    for _ in range(200):
        p = rng.uniform(size=rng.integers(1, 9)) ** 3
        ordered = np.sort(p)
        alpha, rejected = 0.05, 0
        while rejected < len(p) and ordered[rejected] <= alpha / (len(p) - rejected):
            rejected += 1
        assert (metrics.holm(p) <= alpha).sum() == rejected
        assert (metrics.holm(p) >= p).all()


@pytest.mark.parametrize(("any_dependence", "method"), [(False, "fdr_bh"), (True, "fdr_by")])
def test_discoveries_are_those_of_statsmodels(
    any_dependence: bool, method: str, rng: np.random.Generator
) -> None:
    for _ in range(50):
        p = np.round(rng.uniform(size=rng.integers(1, 30)) ** 2, 2)
        theirs = multipletests(p, method=method)[1]
        mine = metrics.false_discovery(p, any_dependence=any_dependence)
        np.testing.assert_allclose(mine, theirs, rtol=0, atol=1e-12)


def test_the_share_of_true_nulls_is_found(rng: np.random.Generator) -> None:
    p = np.concatenate([rng.uniform(size=6000), norm.sf(rng.standard_normal(4000) + 4)])
    assert metrics.null_share(p) == pytest.approx(0.6, abs=0.03)
    assert metrics.null_share([0.9, 0.8, 0.7]) == 1.0
    assert metrics.null_share([0.6, 0.1, 0.1, 0.1], above=0.5) == 0.5


def test_probability_of_no_skill_is_that_of_bayes() -> None:
    for sharpe in (-1.0, 0.3, 0.75, 1.4):
        null, skilled = (norm.pdf(sharpe, mean, 0.5) for mean in (0.0, 1.5))
        found = metrics.null_probability(sharpe, alternative=1.5, standard_error=0.5, share=0.8)
        assert found == pytest.approx(0.8 * null / (0.8 * null + 0.2 * skilled), abs=1e-14)
    assert metrics.null_probability(0.75, alternative=1.5, standard_error=0.5, share=0.5) == pytest.approx(
        0.5
    )


def test_bad_input() -> None:
    with pytest.raises(DataError, match="row 1 is -0.1"):
        metrics.false_discovery([0.2, -0.1])
    with pytest.raises(DataError, match="got none"):
        metrics.null_share([])
    with pytest.raises(ConfigError, match="above"):
        metrics.null_share([0.5], above=1.0)
    for bad in ({"share": 1.0}, {"standard_error": 0.0}, {"alternative": 0.0}):
        given = {"alternative": 1.5, "standard_error": 0.5, "share": 0.5, **bad}
        with pytest.raises(ConfigError):
            metrics.null_probability(1.0, **given)
    with pytest.raises(DataError, match="p_values: expected numbers from 0 to 1, row 1 is 1.5"):
        metrics.holm([0.2, 1.5])
    with pytest.raises(DataError, match="p_values: expected finite numbers, row 0"):
        metrics.holm([np.nan])
