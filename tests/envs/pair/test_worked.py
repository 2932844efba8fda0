"""Worked orders on recorded pairs: one answer by levels and by events, exact money, states, styles and what is refused."""

from __future__ import annotations

import hashlib
from copy import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from counts import full_or
from envs.pair import books
from envs.pair.cases import mids, random_actions, wealth
from envs.pair.stepped import stepped_alike
from quantrl.data.events import EventFile
from quantrl.envs import PairConfig, make_vec_env
from quantrl.envs.pair import PairBatch, PairLayout
from quantrl.envs.pair.recorded import tape_of
from quantrl.errors import ConfigError, DataError
from reference.pair_tape import Tape
from reference.pair_work import WorkedEnv

BASE: dict[str, Any] = {
    "dt": 0.5,
    "window": 16,
    "episode_len": 50,
    "notional": 20_000.0,
    "slip_ticks": 6,
    "segment": "all",
    "ruin": 1e9,
}
CASES: dict[str, dict[str, Any]] = {
    "aggressive": {"leg_ms": 100.0, "latency_sigma": 1.0},
    "tight": {"leg_ms": 50.0, "slip_ticks": 0, "notional": 60_000.0, "actions": "A5"},
    "slow": {"leg_ms": 300.0, "theta_low": (0.5, 1, 300, 1, 1), "theta_high": (2, 2, 900, 1, 1)},
    "passive": {"styles": 2, "features": "full", "passive_ms": 2_000.0},
    "thin": {
        "styles": 2,
        "notional": 60_000.0,
        "time_out": "give_up",
        "passive_ms": 1_200.0,
        "theta_low": (1, 1, 5, 0.5, 1),
        "theta_high": (1, 1, 100, 1, 1),
        "queue": "power2",
        "maker_fee_bps": (0.0, 0.1),
        "rehedge": "band",
    },
}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return books.made(tmp_path_factory.mktemp("pair"), seconds=240)


def config(files: Any, **settings: Any) -> PairConfig:
    return PairConfig.replay(files, books.FACTS, **{**BASE, **settings})


@pytest.mark.parametrize("name", ["aggressive", "tight", "slow"])
def test_levels_and_events_answer_alike(files: tuple[Path, Path], name: str) -> None:
    """Bit for bit, over random decisions whose orders mostly stay within five levels."""
    pair, n = config(files, **CASES[name]), 20
    batches = [PairBatch(pair.replace(path=path), n_envs=n, seed=4) for path in ("auto", "events")]
    first, second = (batch.reset() for batch in batches)
    assert first.tobytes() == second.tobytes()
    for row in random_actions((full_or(500, 40), n), pair.n_actions):
        one, two = (batch.step(row) for batch in batches)
        assert one.obs.tobytes() == two.obs.tobytes()
        assert one.rewards.tobytes() == two.rewards.tobytes()
        assert batches[0].core.ledger().tobytes() == batches[1].core.ledger().tobytes()
    assert (batches[0].core.ledger()[:, 9] > 0).mean() > 0.5


@pytest.fixture(scope="module")
def oracle_tape(files: tuple[Path, Path]) -> Tape:
    return Tape(config(files), [EventFile(path) for path in files])


@pytest.mark.parametrize(
    ("name", "mode"),
    [("aggressive", "evaluate"), ("tight", "train"), ("slow", "train"), ("slow", "evaluate")],
)
def test_equal_to_the_reference(files: tuple[Path, Path], oracle_tape: Tape, name: str, mode: str) -> None:
    """Small orders, whose answers five levels hold."""
    small = {"notional": 5_000.0, "slip_ticks": min(CASES[name].get("slip_ticks", 1), 1)}
    late = {"theta_low": (1, 1, 150, 1, 1), "theta_high": (1, 1, 150, 1, 1)}
    pair, n = config(files, **{**late, **CASES[name], **small}), 3
    tape, runs = copy(oracle_tape), tape_of(pair).runs(pair.shares)
    tape.config = pair
    batch = PairBatch(pair, n_envs=n, seed=11, env_id0=5, mode=mode)
    oracles = [WorkedEnv(tape, runs, 11, 5 + i, evaluation=mode == "evaluate") for i in range(n)]
    obs = batch.reset()
    for i, oracle in enumerate(oracles):
        np.testing.assert_allclose(obs[i], oracle.reset(), atol=1e-5, rtol=0)
    for row in random_actions((full_or(2_500, 150), n), pair.n_actions):
        stepped_alike(batch, oracles, row)
    assert {"working", "chasing"} <= set().union(*(oracle.visited for oracle in oracles))


@pytest.mark.parametrize("name", CASES)
def test_wealth_is_cash_and_marks_exactly(files: tuple[Path, Path], name: str) -> None:
    """Between decisions wealth changes by marks of what is held and by what trading moved, and by nothing else; fees and
    distances to mid are all that trading costs."""
    pair, n = config(files, **CASES[name]), 32
    batch = PairBatch(pair, n_envs=n, seed=3, mode="evaluate")
    batch.reset()
    assert (wealth(batch) == 0).all()
    # A whole position at the lowest price there is.
    most = pair.notional / (0.005 * tape_of(pair).rows()["quotes"][:, 0].min()) + 1
    together = 0
    for row in random_actions((full_or(3_200, 60), n), pair.n_actions):
        before, ledger, money = mids(batch), batch.core.ledger(), wealth(batch)
        step = batch.step(row)
        if len(step.indices):
            continue
        now = batch.core.ledger()
        held, traded = ledger[:, [1, 3]], now[:, [1, 3]] - ledger[:, [1, 3]]
        marks = (held * (mids(batch) - before)).sum(axis=1)
        bought = (now[:, [0, 2]] - ledger[:, [0, 2]] + traded * mids(batch)).sum(axis=1)
        assert (wealth(batch) - money == marks + bought).all()
        np.testing.assert_allclose(step.rewards, (wealth(batch) - money) / batch.core.reward_unit, atol=1e-6)
        assert (np.abs(now[:, 1]) <= most).all()
        apart = np.abs(step.obs[:, PairLayout.of(pair).at("imbalance")])
        together += int(((apart < 0.05) & (now[:, 1] != 0)).sum())
    assert together > 0


def test_dearer_fees_earn_less(files: tuple[Path, Path]) -> None:
    pair, earned = config(files, **CASES["passive"]), []
    for fee in (0.0, 1.0, 2.0):
        batch = PairBatch(pair, n_envs=4, seed=3, mode="evaluate")
        batch.core.set_theta(np.tile([fee, 1.0, 20.0, 1.0, 1.0], (4, 1)))
        batch.reset()
        for row in random_actions((49, 4), pair.n_actions):
            batch.step(row)
        earned.append(wealth(batch))
    assert (np.diff(np.array(earned), axis=0) < 0).all()


def test_passive_executions_pay_their_own_fee_and_are_thinned_by_their_share(
    files: tuple[Path, Path],
) -> None:
    """One target after another by resting orders alone: nothing is traded where none of their executions happen."""
    pair = config(files, styles=2, fee_bps=(0.0, 0.0), passive_ms=10_000.0, time_out="give_up")
    left, traded = [], []
    for maker, fill in ((0.0, 1.0), (2.0, 1.0), (2.0, 0.5), (2.0, 0.0)):
        batch = PairBatch(pair.replace(maker_fee_bps=(maker, maker)), n_envs=16, seed=3, mode="evaluate")
        batch.core.set_theta(np.tile([1.0, 1.0, 5.0, fill, 1.0], (16, 1)))
        batch.reset()
        for k in range(48):
            batch.step(np.full(16, 3 + (0 if k // 8 % 2 else 2)))
        left.append(wealth(batch))
        traded.append(batch.core.ledger()[:, 9])
    assert (left[0] > left[1]).all()
    assert (traded[0] == traded[1]).all()
    assert 0 < traded[2].sum() < traded[1].sum()
    assert (traded[3] == 0).all()
    assert (left[3] == 0).all()


def digest(*batches: PairBatch) -> str:
    found = hashlib.sha256(np.concatenate([each.reset() for each in batches]).tobytes())
    for k in range(30):
        actions = np.array_split(random_actions((256,), batches[0].config.n_actions, seed=k), len(batches))
        steps = [each.step(a) for each, a in zip(batches, actions, strict=True)]
        for part in ("obs", "rewards", "terminated", "truncated", "last_obs", "totals"):
            found.update(np.concatenate([getattr(step, part) for step in steps]).tobytes())
    return found.hexdigest()


@pytest.mark.parametrize("name", ["slow", "thin"])
def test_threads_and_batches_do_not_matter(files: tuple[Path, Path], name: str) -> None:
    pair = config(files, **CASES[name])
    found = {digest(PairBatch(pair, n_envs=256, seed=4, threads=threads)) for threads in (1, 2)}
    found.add(digest(*(PairBatch(pair, n_envs=32, seed=4, env_id0=32 * i) for i in range(8))))
    assert len(found) == 1


@pytest.mark.parametrize("name", ["slow", "passive", "thin"])
def test_a_saved_state_goes_on_as_if_nothing_had_happened(files: tuple[Path, Path], name: str) -> None:
    pair = config(files, **CASES[name])
    first, second = PairBatch(pair, n_envs=8, seed=4), PairBatch(pair, n_envs=8, seed=9)
    first.reset(), second.reset()
    for k in range(30):
        first.step(random_actions((8,), pair.n_actions, seed=k))
    second.core.load_state_bytes(first.core.state_bytes())
    forks = PairBatch(pair, n_envs=8)
    forks.core = first.core.fork(3, 8)
    for k in range(60):
        row = random_actions((8,), pair.n_actions, seed=100 + k)
        a, b = (each.step(row) for each in (first, second))
        assert (a.obs.tobytes(), a.rewards.tobytes()) == (b.obs.tobytes(), b.rewards.tobytes())
        assert forks.step(np.full(8, row[3])).rewards[0] == a.rewards[3]
    state = first.core.state_bytes()
    with pytest.raises(DataError, match="out of range"):
        second.core.load_state_bytes(state[:44] + b"\xff" * (len(state) - 44))


def test_what_comes_later_changes_nothing(files: tuple[Path, Path], tmp_path: Path) -> None:
    """Events received after a decision are noise: observations up to it, queue places among them, stay as they are."""
    legs, how = books.made_columns(seconds=240), CASES["passive"]
    pair, draws = config(files, **how), np.random.default_rng(8)
    seen, served = tape_of(pair).rows()["ts_ns"], tape_of(pair).runs((0.0, 1.0))[0]
    for _ in range(full_or(100, 3)):
        cut = int(draws.integers(served[0] + 20, served[1] - 2))
        noisy = []
        for i, (leg, lot) in enumerate(zip(legs, ("1", "0.5"), strict=True)):
            later = leg["received"] > seen[cut]
            jumps = leg["tick"] + draws.integers(-2, 3, len(later))
            noise = {**leg, "tick": np.where(later, jumps, leg["tick"])}
            noise["qty"] = np.where(later, draws.integers(1, 99, len(later)), leg["qty"]).astype(np.uint64)
            noisy.append(books.write(noise, tmp_path / f"n{i}.qev", f"L{i}", tick="0.01", lot=lot))
        runs = [PairBatch(p, n_envs=2, seed=3, mode="evaluate") for p in (pair, config(noisy, **how))]
        for batch in runs:
            batch.reset()
        for row in random_actions((cut - served[0], 2), pair.n_actions):
            # Executions already made at the exchange but not yet heard of are all that may differ, and are not shown.
            steps = [batch.step(row) for batch in runs]
            assert steps[0].obs.tobytes() == steps[1].obs.tobytes()


def test_styles_double_the_actions(files: tuple[Path, Path]) -> None:
    pair = config(files, styles=2, actions="A5", hedge="fixed")
    assert (pair.n_actions, PairLayout.of(pair).legal.stop - PairLayout.of(pair).legal.start) == (10, 10)
    batch = PairBatch(pair, n_envs=2, seed=3, mode="evaluate")
    batch.reset()
    assert batch.core.action_masks().all()
    batch.core.stand_down(np.ones(2, dtype=np.uint8))
    assert batch.core.action_masks()[0].nonzero()[0].tolist() == [2, 7]
    env = make_vec_env(config(files, styles=2), n_envs=4, seed=2)
    assert env.action_space.n == 6
    env.reset()
    for row in random_actions((60, 4), 6):
        obs, *_ = env.step(row)
        assert np.isfinite(obs).all()


def test_a_moved_ratio_is_followed(files: tuple[Path, Path]) -> None:
    """A position held while a ratio of few decisions moves: where it leaves its band the second leg is traded, alone."""
    lots: dict[str, list[Any]] = {}
    for rehedge in ("none", "band"):
        pair = config(
            files,
            rehedge=rehedge,
            notional=5_000.0,
            slip_ticks=60,
            theta_low=(1, 1, 0, 1, 1),
            theta_high=(1, 1, 0, 1, 1),
        )
        batch = PairBatch(pair, n_envs=1, seed=3, mode="evaluate")
        batch.reset()
        lots[rehedge] = []
        for _ in range(45):
            batch.step(np.array([2]))
            lots[rehedge].append(batch.core.ledger()[0, [1, 3]])
    # From where the ratio is usable and the position held.
    none, band = (np.array([row for row in lots[name] if row.all()]) for name in ("none", "band"))
    assert len(none) == len(band) > 20
    assert (np.ptp(none, axis=0) == 0).all()
    assert np.ptp(band[:, 0]) == 0
    assert np.ptp(band[:, 1]) > 0


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"styles": 3}, "pair.styles"),
        ({"styles": 2, "counterfactual": True}, "counterfactual needs aggressive"),
        ({"leg_ms": 0.0}, "pair.leg_ms"),
        ({"leg_ms": 10.0, "time_out": "wait"}, "pair.time_out"),
        ({"leg_ms": 10.0, "maker_fee_bps": (-1.0, 0.0)}, "pair.maker_fee_bps"),
    ],
)
def test_what_cannot_be_is_refused(files: tuple[Path, Path], settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        PairBatch(config(files, **settings))


def test_simulated_pairs_are_not_worked() -> None:
    for how in ({"styles": 2}, {"leg_ms": 500.0}):
        with pytest.raises(ConfigError, match="venue='replay'"):
            PairConfig.books(**how)
