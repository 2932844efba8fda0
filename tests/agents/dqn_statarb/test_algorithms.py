"""Targets, heads, losses and explorers against values worked out by hand."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from scipy import stats

torch = pytest.importorskip("torch")
pytest.importorskip("sb3_contrib")

from gymnasium import spaces  # noqa: E402

from quantrl.agents.dqn_statarb.ddqn import double_targets  # noqa: E402
from quantrl.agents.dqn_statarb.explore import TABLE, Boltzmann, Epsilon  # noqa: E402
from quantrl.agents.dqn_statarb.nets import NoisyLinear, ValueNet, masked  # noqa: E402
from quantrl.agents.dqn_statarb.qr import quantile_loss  # noqa: E402

BOX, THREE = spaces.Box(-5.0, 5.0, (5,), np.float32), spaces.Discrete(3)


def net(**kind: object) -> ValueNet:
    settings = {"net_arch": [8], "dueling": False, "noisy": False, **kind}
    return ValueNet(BOX, THREE, **settings)


def test_a_double_target_is_chosen_by_one_net_and_rated_by_the_other() -> None:
    following = torch.tensor(
        [[0.0, 0.0, 1.0, 1.0, 1.0], [0.0, 0.0, 1.0, 0.0, 1.0], [0.0, 0.0, 1.0, 1.0, 1.0]]
    )
    batch = SimpleNamespace(
        rewards=torch.tensor([[1.0], [2.0], [3.0]]),
        dones=torch.tensor([[0.0], [0.0], [1.0]]),
        next_observations=following,
    )
    chooser = torch.tensor([[1.0, 9.0, 2.0], [1.0, 9.0, 2.0], [1.0, 9.0, 2.0]])
    rated = torch.tensor([[10.0, 20.0, 30.0], [10.0, 20.0, 30.0], [10.0, 20.0, 30.0]])
    # The second action is not legal in the second row, and nothing follows the third.
    expected = [[1.0 + 0.5 * 20.0], [2.0 + 0.5 * 30.0], [3.0]]
    assert double_targets(batch, chooser, rated, 0.5).tolist() == expected
    # A single net both chooses and rates: the plain target.
    assert double_targets(batch, rated, rated, 0.5).tolist() == [[16.0], [17.0], [3.0]]


def test_a_dueling_head_is_value_plus_advantage_less_its_mean() -> None:
    found = net(dueling=True)
    obs = torch.randn(4, 5)
    hidden = found.trunk(obs)
    advantage, value = found.advantage(hidden), found.value(hidden)
    by_hand = value + advantage - advantage.mean(dim=1, keepdim=True)
    assert torch.allclose(found(obs), by_hand)
    assert torch.allclose(found(obs).mean(dim=1, keepdim=True), value, atol=1e-6)


def test_quantiles_have_a_row_of_actions_each() -> None:
    found = net(n_quantiles=7)
    obs = torch.randn(4, 5)
    assert found(obs).shape == (4, 7, 3)
    assert torch.allclose(found.values(obs), found(obs).mean(dim=1))


def test_masks_leave_raw_values_and_forbid_actions() -> None:
    obs = torch.tensor([[0.0, 0.0, 1.0, 0.0, 1.0]])
    values = torch.tensor([[1.0, 5.0, 2.0]])
    assert masked(values, obs).tolist() == [[1.0, -1e9, 2.0]]  # f32 has no digit left for the 5
    assert masked(values, torch.ones(1, 5)).tolist() == values.tolist()


@pytest.mark.parametrize(("kink", "low", "high"), [(0.01, 0.0, 0.01), (1.0, 0.2, 9.0)])
def test_a_small_kink_finds_quantiles_and_a_large_one_expectiles(
    kink: float, low: float, high: float
) -> None:
    """The exact minimiser for N(0, 1) at level 0.1: the goals are its quantiles, 20,000 of them."""
    goals = torch.tensor(stats.norm.ppf((np.arange(20_000) + 0.5) / 20_000)).unsqueeze(0)

    def slope(point: float) -> float:
        # Five quantiles: only the first, at level 0.1, is moved.
        current = torch.full((1, 5), point, dtype=torch.float64, requires_grad=True)
        quantile_loss(current, goals, kink).backward()
        return float(current.grad[0, 0])

    left, right = -3.0, 0.0
    for _ in range(40):
        middle = 0.5 * (left + right)
        left, right = (middle, right) if slope(middle) < 0 else (left, middle)
    off = abs(left - stats.norm.ppf(0.1))
    assert low <= off <= high


def test_each_environment_throws_its_own_coin() -> None:
    """Shares of exploring environments are binomial: one coin for the batch would give 0 and 1 alone."""
    counts = [int(Epsilon.coins(64, 0.3, np.random.default_rng(k)).sum()) for k in range(2_000)]
    cells = np.array([np.sum((np.array(counts) >= a) & (np.array(counts) < b)) for a, b in BINS])
    expected = np.array([stats.binom.cdf(b - 1, 64, 0.3) - stats.binom.cdf(a - 1, 64, 0.3) for a, b in BINS])
    assert stats.chisquare(cells, expected * len(counts)).pvalue > 0.01


BINS = [(0, 15), (15, 17), (17, 19), (19, 21), (21, 23), (23, 25), (25, 65)]


def test_explorers_keep_to_what_is_legal() -> None:
    values = np.array([[0.0, 9.0, 1.0]] * 4_000, dtype=np.float32)
    legal = np.array([[True, False, True]] * 4_000)
    for explorer in TABLE.values():
        actions = explorer.choose(values, legal, 0.5, np.random.default_rng(1))
        assert set(actions.tolist()) <= {0, 2}
    tried = Epsilon().choose(values, legal, 0.5, np.random.default_rng(1))
    # Half of those that try anything try the worse of two.
    assert abs((tried == 0).mean() - 0.25) < 0.03


def test_boltzmann_draws_by_the_exponential_of_values() -> None:
    values = np.array([[0.0, 1.0, 2.0]] * 40_000, dtype=np.float32)
    legal = np.ones((40_000, 3), dtype=bool)
    actions = Boltzmann().choose(values, legal, 0.5, np.random.default_rng(3))
    weights = np.exp(np.array([0.0, 1.0, 2.0]) / (0.5 * 2.0))
    shares = np.bincount(actions, minlength=3) / 40_000
    assert np.abs(shares - weights / weights.sum()).max() < 0.01


def test_noise_differs_by_row_and_is_off_unless_asked_for() -> None:
    torch.manual_seed(0)
    layer = NoisyLinear(4, 3)
    x = torch.ones(20_000, 4)
    assert torch.allclose(layer(x)[0], layer(x)[1])
    layer.noisy = True
    found = layer(x)
    assert not torch.allclose(found[0], found[1])
    layer.noisy = False
    assert torch.allclose(found.mean(dim=0), layer(x)[0], atol=0.02)
