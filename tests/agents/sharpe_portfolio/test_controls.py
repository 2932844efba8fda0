"""Controls: what each is shown or holds."""

from __future__ import annotations

import numpy as np
import pytest

from agents.sharpe_portfolio.worlds import CONFIG, Constant, Jitter, folds, independent, market
from quantrl.agents.sharpe_portfolio.evaluation import controls
from quantrl.agents.sharpe_portfolio.evaluation.walking import walk_fold
from quantrl.envs import ObsLayout, PortfolioConfig, rollouts

IDENTITY = PortfolioConfig(window=5, fill="next_close", action_map="identity")


def test_a_shuffle_moves_whole_blocks_of_21_bars():
    shown = controls.block_permutation(200, 305, seed=0, fold=0, draw=3)
    assert sorted(shown.tolist()) == list(range(200, 305))
    starts = shown.reshape(5, 21)[:, 0]
    assert (shown.reshape(5, 21) == starts[:, None] + np.arange(21)).all()
    assert set(starts.tolist()) == {200, 221, 242, 263, 284}


def test_a_short_last_block_is_shown_too():
    shown = controls.block_permutation(10, 40, seed=0, fold=0, draw=0)
    assert sorted(shown.tolist()) == list(range(10, 40))


def test_shuffles_are_addressed_by_fold_and_draw():
    def shuffle(**address: int) -> list[int]:
        return controls.block_permutation(0, 252, **{"seed": 0, "fold": 0, "draw": 0, **address}).tolist()

    assert shuffle() == shuffle()
    assert len({tuple(s) for s in (shuffle(), shuffle(seed=1), shuffle(fold=1), shuffle(draw=1))}) == 4


def test_only_the_market_row_of_a_shuffled_twin_is_false():
    world = market(independent(0))
    shown = np.stack([controls.block_permutation(100, 205, seed=0, fold=0, draw=d) for d in range(4)])
    edit = controls.Shown(world, CONFIG, 100, shown)
    agent, frozen, *twins = rollouts(world, CONFIG, Jitter(1).act, edit.n, 100, 205, edit)
    layout = ObsLayout.of(CONFIG, 1, 3)
    true_rows = agent.obs[:, 0].astype(int)
    assert true_rows.tolist() == list(range(100, 204, 5))
    assert (frozen.obs == frozen.obs[0]).all()
    for d, twin in enumerate(twins):
        assert twin.obs[:, 0].astype(int).tolist() == shown[d, true_rows - 100].tolist()
    (alone,) = rollouts(world, CONFIG, lambda obs: twins[0].actions[_at(obs)], 1, 100, 205)
    # The same actions in a world that is shown truly lead to the same weights and statistics.
    assert (alone.obs[:, layout.weights] == twins[0].obs[:, layout.weights]).all()
    assert (alone.obs[:, layout.stats] == twins[0].obs[:, layout.stats]).all()


def _at(obs: np.ndarray) -> np.ndarray:
    return (obs[:, 0].astype(int) - 100) // 5


@pytest.mark.parametrize("obs", ["image", "released"])
@pytest.mark.parametrize("norm", ["log100", "ratio"])
def test_an_image_is_shown_as_the_environment_would_have_at_that_row(obs, norm):
    world = market(independent(0))
    config = CONFIG.replace(obs=obs, norm=norm, decision_every=1)
    (true,) = rollouts(world, config, Constant(0, 0, 0, 0).act, 1, 100, 160)
    shown = controls.block_permutation(100, 160, seed=0, fold=0, draw=0)
    edit = controls.Shown(world, config, 100, shown[None])
    twin = rollouts(world, config, Constant(0, 0, 0, 0).act, edit.n, 100, 160, edit)[2]
    layout = ObsLayout.of(config, 1, 3)
    image = [o[:, layout.image].reshape(-1, *layout.image_shape)[:, :, -5:] for o in (true.obs, twin.obs)]
    for k in range(len(image[0])):
        if shown[k] - 100 < len(image[0]):
            assert image[1][k] == pytest.approx(image[0][shown[k] - 100], abs=1e-4)


def test_blocked_names_are_left_out_of_mean_weights():
    targets = np.array([[[0.2, np.nan], [0.4, np.nan]], [[0.6, 0.5], [0.0, np.nan]]])
    assert controls.mean_weights(targets) == pytest.approx([0.3, 0.5])
    assert controls.mean_weights(np.full((2, 2), np.nan)).tolist() == [0.0, 0.0]


def test_noise_has_the_mean_and_spread_of_the_policy_and_no_order():
    actions = np.column_stack([np.linspace(-1, 1, 50), np.full(50, 0.3)]).astype(np.float32)
    noisy = controls.noise_actions(CONFIG, actions, 400, seed=0, stream=2, fold=1)
    assert noisy.shape == (50, 400, 2)
    assert noisy.mean(axis=(0, 1)) == pytest.approx(actions.mean(axis=0), abs=0.02)
    assert noisy.std(axis=(0, 1)) == pytest.approx(actions.std(axis=0), abs=0.02)
    centred = noisy[:, :, 0] - noisy[:, :, 0].mean()
    assert abs((centred[1:] * centred[:-1]).mean()) < 0.02
    assert (noisy == controls.noise_actions(CONFIG, actions, 400, seed=0, stream=2, fold=1)).all()


def test_noise_on_weights_stays_on_the_simplex():
    actions = np.random.default_rng(0).dirichlet([1, 1, 1], 30).astype(np.float32)
    noisy = controls.noise_actions(IDENTITY, actions, 10, seed=0, stream=0, fold=0)
    assert noisy.min() > 0
    assert noisy.sum(axis=2) == pytest.approx(1, abs=1e-6)


def test_corners_are_all_ends_of_the_action_box_up_to_twelve_names():
    found = controls.corner_actions(CONFIG, 3)
    assert found is not None
    assert len({tuple(row) for row in found.tolist()}) == 2**4
    assert np.unique(found).tolist() == [-1.0, 1.0]
    softmax = controls.corner_actions(CONFIG.replace(action_map="softmax01"), 12)
    assert softmax is not None
    assert (len(softmax), np.unique(softmax).tolist()) == (2**13, [0.0, 1.0])
    assert controls.corner_actions(CONFIG, 13) is None
    assert controls.corner_actions(IDENTITY, 3) is None


def test_uniform_static_weights_fill_the_simplex():
    weights = controls.dirichlet_weights(4, seed=0)
    assert weights.shape == (2048, 4)
    assert weights.min() >= 0
    assert weights.sum(axis=1).max() <= 1
    # Dirichlet(1, ..., 1) on four names and cash: every share has mean 1/5.
    assert weights.mean(axis=0) == pytest.approx(0.2, abs=0.02)


def test_a_walk_holds_every_seed_and_its_twins():
    world, fold = market(independent(0)), folds()[0]
    walk = walk_fold(world, CONFIG, fold, {4: Constant(0, 1, 0, 0), 9: Constant(0, 0, 1, 0)}, draws=3, seed=0)
    assert walk.seeds == (4, 9)
    assert walk.rows.tolist() == list(range(fold.test[0], fold.test[1] - 1, 5))
    # tau = 2: the favoured name weighs e^2 / (e^2 + 3).
    high, low = np.exp(2) / (np.exp(2) + 3), 1 / (np.exp(2) + 3)
    assert walk.agent[0] == pytest.approx(np.tile([high, low, low], (21, 1)))
    assert walk.ensemble == pytest.approx(np.tile([(high + low) / 2] * 2 + [low], (21, 1)))
    assert walk.validation == pytest.approx(np.array([[high, low, low], [low, high, low]]))
    assert walk.shuffled == pytest.approx(np.tile(walk.ensemble, (3, 1, 1)))
    assert walk.noise == pytest.approx(walk.shuffled)
    assert walk.frozen == pytest.approx(walk.agent)
