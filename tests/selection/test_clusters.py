"""Copies: found, joined, forgotten."""

from __future__ import annotations

import json

import numpy as np
import pytest

from quantrl.errors import ConfigError
from quantrl.selection import Pipeline
from quantrl.selection.clusters import Clusters, components, correlations
from quantrl.selection.score import Round


def walk(x: np.ndarray, clusters: Clusters | None = None) -> Clusters:
    """Fold a (rounds, agents) history; NaN = no row."""
    found = clusters or Clusters()
    found.grow(x.shape[1])
    for t, row in enumerate(x):
        agent = np.flatnonzero(~np.isnan(row))
        found.fold(Round(t, agent, row[agent], row[agent]))
    return found


def history(rounds: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((rounds, 5)) * 0.006
    x[:, 3] = x[:, 1]
    x[:, 4] = 0.97 * x[:, 1] + np.sqrt(1 - 0.97**2) * 0.006 * rng.standard_normal(rounds)
    return x


def test_copies_join_after_63_rounds_at_a_refresh() -> None:
    assert walk(history(64)).labels.tolist() == [0, 1, 2, 3, 4]
    assert walk(history(65)).labels.tolist() == [0, 1, 2, 1, 1]


def test_only_the_last_126_rounds_count() -> None:
    x = history(300)
    x[150:, 3] = np.random.default_rng(9).standard_normal(150) * 0.006
    assert walk(x[:200]).labels.tolist() == [0, 1, 2, 3, 1]
    assert walk(x[:150]).labels.tolist() == [0, 1, 2, 1, 1]


def test_correlation_of_what_both_have() -> None:
    x = history(126)
    x[:40, 4] = np.nan
    x[90, 1] = np.nan
    both = ~np.isnan(x[:, 1]) & ~np.isnan(x[:, 4])
    got = correlations(x)
    assert got[1, 4] == pytest.approx(np.corrcoef(x[both, 1], x[both, 4])[0, 1], abs=1e-12)
    assert got[0, 2] == pytest.approx(np.corrcoef(x[:, 0], x[:, 2])[0, 1], abs=1e-12)


def test_a_constant_column_is_nobodys_copy() -> None:
    x = history(126)
    x[:, 0] = 0.001
    x[:, 2] = 0.0
    got = correlations(x)
    assert not got[0].any()
    assert not got[:, 2].any()
    assert np.isfinite(got).all()


def test_components_are_transitive() -> None:
    alike = np.eye(6, dtype=bool)
    for a, b in ((5, 4), (4, 1), (2, 3)):
        alike[a, b] = alike[b, a] = True
    assert components(alike).tolist() == [0, 1, 2, 2, 1, 1]


def test_restart_and_newcomers() -> None:
    x = history(200)
    first = walk(x[:120])
    second = Clusters()
    second.load_state_dict(json.loads(json.dumps(first.state_dict())))
    for clusters in (first, second):
        walk(x[120:], clusters)
    assert first.state_dict() == second.state_dict()
    first.grow(7)
    assert first.labels.tolist() == [0, 1, 2, 1, 1, 5, 6]


def test_a_changed_agent_is_as_one_that_came_then() -> None:
    x = history(200)
    clusters = walk(x[:120])
    clusters.restart((3, 4))
    assert walk(x[120:182], clusters).labels.tolist() == [0, 1, 2, 3, 4]
    assert walk(x[182:185], clusters).labels.tolist() == [0, 1, 2, 1, 1]


def test_few_common_rounds_make_no_copies() -> None:
    """Any two returns lie on a line: who left when another came is not its copy."""
    x = history(170, seed=4)[:, :3]
    x[:104, 2] = np.nan
    x[106:, 0] = np.nan
    x[104:106, [0, 2]] = [[0.01, 0.02], [-0.01, -0.01]]
    assert walk(x).labels.tolist() == [0, 1, 2]


@pytest.mark.parametrize("wrong", [0.0, -1.0, 1.5, float("nan")])
def test_a_correlation_that_is_none_is_refused(wrong: float) -> None:
    with pytest.raises(ConfigError, match="copy_correlation: expected a number above 0 and at most 1, got"):
        Pipeline.from_settings({**Pipeline.default().settings(), "copy_correlation": wrong})
