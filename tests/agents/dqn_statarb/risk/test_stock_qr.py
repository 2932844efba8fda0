"""The tail of the two-step game, learned; and a training of sessions from settings to a policy that is deployed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("sb3_contrib")

from agents.dqn_statarb.risk.game import TAU, Game, outcomes  # noqa: E402
from counts import FULL  # noqa: E402
from quantrl.agents._training.loop import one_thread  # noqa: E402
from quantrl.agents.dqn_statarb import DqnStatArb, StatArbTrain  # noqa: E402
from quantrl.agents.dqn_statarb.algos import make_learner  # noqa: E402
from quantrl.agents.dqn_statarb.baselines import Rule  # noqa: E402
from quantrl.agents.dqn_statarb.nets import StockRating, ValueNet, masked  # noqa: E402
from quantrl.agents.dqn_statarb.page import results_page  # noqa: E402
from quantrl.agents.dqn_statarb.risk import cvar, deployed  # noqa: E402
from quantrl.agents.dqn_statarb.risk import judge as judging  # noqa: E402
from quantrl.agents.dqn_statarb.risk.sessions import by_rule, sessions  # noqa: E402
from quantrl.agents.dqn_statarb.risk.stock import points_of  # noqa: E402
from quantrl.agents.dqn_statarb.train import ready  # noqa: E402
from quantrl.envs import PairConfig  # noqa: E402
from quantrl.errors import ConfigError  # noqa: E402

SESSIONS = PairConfig.ou(objective="cvar", cost=0.2, episode_len=24)
TINY = {
    "algo": "qr_cvar", "steps": 640, "n_envs": 16, "batch": 32, "learning_starts": 64, "buffer": 2_000, "eval_points": 2,
    "net": (8,), "quantiles": 8, "seeds": 2, "jobs": 1,
}  # fmt: skip


def learned(algo: str) -> Any:
    train = StatArbTrain(
        algo=algo, steps=12_800, n_envs=64, buffer=20_000, learning_starts=640, net=(32, 32), batch=256,
        quantiles=20, lr=3e-3, lr_end=1e-4, weight_decay=0.0, gradient_steps=2, eps_end=0.3,
    )  # fmt: skip
    env = Game(64, seed=1)
    with one_thread():
        model = make_learner(train, env, seed=1)  # type: ignore[arg-type]
        model.learn(train.steps, log_interval=None)
    return model


def greedy(model: Any, first: float) -> np.ndarray:
    """Totals of the game, played by the best actions from a first stock."""

    def choose(earned: int) -> int:
        obs = np.array([[1.0, first + earned, 1.0, 1.0]], dtype=np.float32)
        return int(model.predict(obs, deterministic=True)[0][0])

    return outcomes(choose)


def test_the_game_is_learned_for_its_tail_and_for_its_mean() -> None:
    model = learned("qr_cvar")
    first = np.linspace(-2.0, 2.0, 16)
    pnl = np.array([greedy(model, c) for c in first])
    best = pnl[deployed(first, pnl, TAU)[0]]
    assert cvar(best, TAU) == pytest.approx(-1.0)
    assert best.mean() == pytest.approx(0.1)
    mean = greedy(learned("qr"), 0.0)
    assert cvar(mean, TAU) == pytest.approx(-4.0 / 3.0)
    assert mean.mean() == pytest.approx(0.2)


def test_values_are_what_falls_short_of_the_stock() -> None:
    from gymnasium import spaces

    rating = StockRating(place=1, unit=2.0, epsilon=0.01)
    net = ValueNet(
        spaces.Box(-5.0, 5.0, (5,), np.float32), spaces.Discrete(3), net_arch=[8], dueling=False, noisy=False,
        n_quantiles=4, stock=rating,
    )  # fmt: skip
    obs = torch.randn(6, 5).clamp(-5, 5)
    theta = net(obs).detach().numpy()
    c = 2.0 * obs[:, 1].numpy()
    by_hand = np.minimum(c[:, None, None] + theta, 0.0).mean(axis=1) + 0.01 * theta.mean(axis=1)
    assert np.allclose(net.values(obs).detach().numpy(), by_hand, atol=1e-6)
    chosen = masked(torch.tensor(by_hand), obs).argmax(dim=1)
    assert (net._predict(obs) == chosen).all()


@pytest.fixture
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quantrl.agents.dqn_statarb.lesson.SESSIONS", 4)
    monkeypatch.setattr("quantrl.agents.dqn_statarb.risk.pilot.SESSIONS", 32)
    monkeypatch.setattr("quantrl.agents.dqn_statarb.risk.judge.SESSIONS", 32)


@pytest.mark.usefixtures("_short")
def test_sessions_are_trained_deployed_and_judged(tmp_path: Path) -> None:
    run = DqnStatArb.train(SESSIONS, StatArbTrain(**TINY), out=tmp_path / "run", root=tmp_path, quiet=True)
    pair = run.manifest["pair"]
    first = points_of(PairConfig.of(**{**pair, "stock": tuple(pair["stock"])}))
    starts = []
    for seed in (0, 1):
        policy = run.policy(seed)
        starts.append(policy.spec["stock"]["start"])
        assert np.abs(first - starts[-1]).min() < 1e-12
        assert policy.spec["stock"]["unit"] == pair["stock_unit"]
        assert policy.spec["members"][0]["ops"][-2]["op"] == "quantile_stock"
    assert run.policy().spec["stock"]["start"] == pytest.approx(np.mean(starts))
    found = run.evaluate(command="quantrl evaluate run").results
    assert [row["start"] for row in found["seeds"]] == starts
    names = [row["name"] for row in found["baselines"]]
    assert {"ou_optimal", "flat"} <= set(names)
    flat = found["baselines"][names.index("flat")]
    assert (flat["mean"], flat["tail"]) == (0.0, 0.0)
    assert flat["against"]["mean"] == pytest.approx(found["deployed"]["mean"])
    assert json.loads((tmp_path / "run" / "results.json").read_text()) == found
    text = results_page([found])
    assert "## The tail of sessions" in text
    assert "| ou_optimal |" in text
    assert run.evaluate().table().row_count == 3 + len(names)


@pytest.mark.usefixtures("_short")
def test_native_values_of_a_stock_are_those_of_torch(tmp_path: Path) -> None:
    pair = ready(SESSIONS, StatArbTrain(**TINY))
    train = StatArbTrain(**{**TINY, "seeds": 1, "steps": 320, "eval_points": 1})
    run = DqnStatArb.train(pair, train, out=tmp_path / "run", root=tmp_path, quiet=True)
    from quantrl.agents._training import checkpoint, learner
    from quantrl.agents._training.slot import Slot
    from quantrl.agents.dqn_statarb.lesson import Lesson

    lesson = Lesson(pair, train, Slot.below(tmp_path / "run", 0, 0))
    model = lesson.learner()
    learner.load_weights(model, checkpoint.learner_arrays(checkpoint.latest(lesson.checkpoints)))
    net = model.nets[0]  # type: ignore[attr-defined]
    random = np.random.default_rng(0)
    obs = random.uniform(-5, 5, (2_000, net.observation_space.shape[0])).astype(np.float32)
    obs[:, -3:] = 1.0
    with torch.no_grad():
        wanted = net.values(torch.from_numpy(obs)).numpy()
    assert np.abs(run.policy(0).values(obs) - wanted).max() <= 1e-5 * max(1.0, np.abs(wanted).max())


def test_only_sessions_that_close_have_a_tail_to_learn() -> None:
    train = StatArbTrain(**TINY)
    assert train.discount(SESSIONS) == 1.0
    with pytest.raises(ConfigError, match=r"expected pair.objective 'cvar', got 'mean'"):
        ready(PairConfig.ou(cost=0.2), train)
    with pytest.raises(ConfigError, match=r"train.gamma: expected 1 for algo 'qr_cvar', got 0.99"):
        train.replace(gamma=0.99).discount(SESSIONS)
    with pytest.raises(ConfigError, match=r"train.gamma: expected less than 1 for algo 'ddqn'"):
        StatArbTrain(gamma=1.0).discount(SESSIONS)


def test_differences_are_of_the_same_sessions() -> None:
    random = np.random.default_rng(3)
    common = random.normal(size=4_000)
    own, other = common + 0.5, common + 0.1 * random.normal(size=4_000)
    found = judging.difference(own, other)
    assert found["mean"] == pytest.approx(0.5, abs=0.01)
    assert found["se"] < 0.01
    assert abs(found["tail"] - 0.5) < 4 * found["tail_se"] + 0.02
    assert judging.row(own)["tail"] < judging.row(own)["quantile"] < judging.row(own)["mean"]


def test_sessions_keep_their_place_where_some_are_ruined() -> None:
    pair = SESSIONS.replace(stock=(0.0, 0.0), ruin=0.3)
    how: dict[str, Any] = {"seed": 3}
    whole = sessions(by_rule(Rule("constant", (1.0,))), pair, [0.0], n=64, **how)
    assert (whole < -0.3).any()
    assert np.array_equal(
        whole[:, :16], sessions(by_rule(Rule("constant", (1.0,))), pair, [0.0], n=16, **how)
    )


def test_latencies_are_no_further_sessions() -> None:
    pnl = np.repeat([1.0, 2.0, 4.0], 4)
    assert judging.row(pnl, 4)["se"] == pytest.approx(np.std([1, 2, 4], ddof=1) / np.sqrt(3))
    assert judging.row(pnl[:4], 4)["se"] is None


@pytest.mark.skipif(not FULL, reason="forty trainings: QUANTRL_GATES=1")
def test_the_tail_of_most_seeds_is_better_than_that_of_the_mean(tmp_path: Path) -> None:
    pair = PairConfig.ou(objective="cvar", cost=0.2)
    tails = []
    for algo in ("qr_cvar", "qr"):
        train = StatArbTrain(algo=algo, seeds=20)
        run = DqnStatArb.train(pair, train, out=tmp_path / algo, root=tmp_path, quiet=True)
        tails.append([row["tail"] for row in run.evaluate().results["seeds"]])
    assert np.sum(np.array(tails[0]) >= np.array(tails[1])) >= 15
