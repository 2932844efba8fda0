"""Recorded pairs: the tape and the environment on it against oracles, look-ahead, determinism and exact money."""

from __future__ import annotations

import hashlib
import json
from copy import copy
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from counts import full_or
from envs.pair import books
from envs.pair.cases import mids, random_actions, wealth
from envs.pair.stepped import stepped_alike
from quantrl.data.events import EventFile, merge
from quantrl.envs import PairConfig, make_vec_env
from quantrl.envs.pair import PairBatch
from quantrl.envs.pair.recorded import tape_of
from quantrl.errors import ConfigError, DataError
from reference.pair_tape import ReplayEnv, Tape

BASE: dict[str, Any] = {"dt": 0.5, "window": 16, "episode_len": 50, "notional": 20_000.0, "slip_ticks": 6}
CASES: dict[str, dict[str, Any]] = {
    "core": {},
    "full": {"features": "full"},
    "fixed": {"features": "full", "hedge": "fixed", "actions": "A5", "theta_in_obs": True},
    "dear": {
        "fee_bps": (0.3, 2.5),
        "theta_low": (0.5, 0.5, 0, 1, 1),
        "theta_high": (2, 2, 400, 1, 1),
        "slip_ticks": 1,
    },
    "slow": {"latency_sigma": 1.0, "theta_low": (1, 1, 400, 1, 1), "theta_high": (1, 1, 900, 1, 1)},
    "large": {"notional": 400_000.0, "slip_ticks": 30, "latency_sigma": 0.0, "actions": "A5"},
    "kalman": {"features": "full", "hedge": "kalman"},
    "sessions": {"objective": "cvar", "stock": (-2.0, 3.0), "stock_unit": 2.0, "latency_sigma": 1.0},
    "sharpe": {"reward": "differential_sharpe", "loss_limit": 0.5, "ruin": 1.5},
}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return books.made(tmp_path_factory.mktemp("pair"), seconds=240)


@cache
def read(files: tuple[Path, Path], pair: PairConfig) -> Tape:
    """The oracle of settings that say the same of the market."""
    return Tape(pair, [EventFile(path) for path in files])


def oracle_tape(files: tuple[Path, Path], pair: PairConfig) -> Tape:
    found = copy(read(files, config(files, features=pair.features, hedge=pair.hedge)))
    found.config = pair
    return found


def config(files: Any, **settings: Any) -> PairConfig:
    return PairConfig.replay(files, books.FACTS, **{**BASE, **settings})


@pytest.mark.parametrize("name", ["full", "fixed", "core"])
def test_a_tape_is_what_the_reference_reads(files: tuple[Path, Path], name: str) -> None:
    pair = config(files, **CASES[name])
    tape, oracle = tape_of(pair), oracle_tape(files, pair)
    rows, columns = tape.rows(), tape.columns()
    assert rows["ts_ns"].tolist() == oracle.ts
    assert rows["quotes"].tolist() == [[[bid, ask] for bid, ask, _ in legs] for legs in oracle.quotes]
    assert (tape.warm_up, tape.broken) == (oracle.warm_up, 0)
    assert tape.money == (pytest.approx(0.005), [2, 1])
    served = range(oracle.warm_up, len(tape))
    assert tape.runs((0.0, 1.0)) == [(served.start, served.stop)]
    for k, values in enumerate(("x", "z", "beta")):
        expected = [row[k] for row in oracle.rows]
        np.testing.assert_allclose(rows[values][served], np.array(expected)[served], rtol=1e-7, atol=1e-9)
    shown = np.clip(np.array([oracle.rows[row][3] for row in served]), -5, 5)
    np.testing.assert_allclose(columns[served], shown, atol=1e-5, rtol=0)
    for leg, oracle_leg in enumerate(oracle.legs):
        touches = tape.touches(leg)
        assert touches["ts_ns"].tolist() == oracle_leg.ts
        assert touches["seen_ns"].tolist() == oracle_leg.seen
        levels = touches["lots"][:, :, 0], touches["ticks"][:, :, 0]
        best = [[[side[0][k] for side in sides] for sides in oracle_leg.sides] for k in (1, 0)]
        assert [level.tolist() for level in levels] == best


@pytest.mark.parametrize("mode", ["train", "evaluate"])
@pytest.mark.parametrize("name", CASES)
def test_equal_to_the_reference(files: tuple[Path, Path], name: str, mode: str) -> None:
    pair = config(files, **CASES[name], segment="all" if mode == "train" else "test")
    tape, n = oracle_tape(files, pair), 3
    runs = tape_of(pair).runs(pair.shares)
    batch = PairBatch(pair, n_envs=n, seed=11, env_id0=5, mode=mode)
    oracles = [ReplayEnv(tape, runs, 11, 5 + i, evaluation=mode == "evaluate") for i in range(n)]
    obs = batch.reset()
    for i, oracle in enumerate(oracles):
        np.testing.assert_allclose(obs[i], oracle.reset(), atol=1e-5, rtol=0)
    actions = random_actions((full_or(2_500, 120), n), pair.n_actions)
    actions[1::3] = actions[0::3][: len(actions[1::3])]
    ended = [totals for row in actions for totals in stepped_alike(batch, oracles, row)]
    legged = sum(totals[5] for totals in ended)
    assert len(ended) > 0
    assert legged > 0 or name == "large"


def test_a_merged_file_is_the_two_it_was_made_of(files: tuple[Path, Path], tmp_path: Path) -> None:
    merge(files, tmp_path / "both.qev")
    one, two = (tape_of(config(source, features="full")) for source in (files, tmp_path / "both.qev"))
    assert one.columns().tobytes() == two.columns().tobytes()
    for a, b in zip(one.rows().values(), two.rows().values(), strict=True):
        assert a.tobytes() == b.tobytes()


def test_what_is_received_later_changes_nothing_before(tmp_path: Path) -> None:
    """Events received after t become noise: rows, observations, masks and fills known up to t stay bit for bit."""
    legs = books.made_columns(seconds=150)
    paths = [
        books.write(leg, tmp_path / f"{i}.qev", f"L{i}", tick="0.01", lot="1") for i, leg in enumerate(legs)
    ]
    # An answer takes longer than the feed, so that no fill tells of events before they are received.
    how: dict[str, Any] = {"features": "full", "episode_len": 10**6, "segment": "all", "latency_sigma": 0.0}
    true = config(paths, **how)
    before, draws = tape_of(true), np.random.default_rng(8)
    seen, served = before.rows()["ts_ns"], before.runs((0.0, 1.0))[0]
    actions = random_actions((served[1] - served[0], 2))
    for _ in range(full_or(200, 4)):
        cut = int(draws.integers(served[0] + 2, served[1] - 2))
        noisy = []
        for i, leg in enumerate(legs):
            noise, later = dict(leg), leg["received"] > seen[cut]
            jumps = leg["tick"] + draws.integers(-900, 900) + draws.integers(-2, 3, len(later))
            noise["tick"] = np.where(later, jumps, leg["tick"])
            noise["qty"] = np.where(later, draws.integers(1, 99, len(later)), leg["qty"]).astype(np.uint64)
            noisy.append(books.write(noise, tmp_path / f"n{i}.qev", f"L{i}", tick="0.01", lot="1"))
        other = config(noisy, **how)
        after, n = tape_of(other), cut + 1
        assert before.columns()[:n].tobytes() == after.columns()[:n].tobytes()
        for a, b in zip(before.rows().values(), after.rows().values(), strict=True):
            assert a[:n].tobytes() == b[:n].tobytes()
        assert before.columns()[n:].tobytes() != after.columns()[n:].tobytes()
        runs = [PairBatch(pair, n_envs=2, seed=3, mode="evaluate") for pair in (true, other)]
        for batch in runs:
            batch.reset()
        for row in actions[: cut - served[0]]:
            steps = [batch.step(row) for batch in runs]
            masks = [batch.core.action_masks().tobytes() for batch in runs]
            assert masks[0] == masks[1]
            assert steps[0].obs.tobytes() == steps[1].obs.tobytes()


def digest(*batches: PairBatch) -> str:
    found = hashlib.sha256(np.concatenate([each.reset() for each in batches]).tobytes())
    for k in range(40):
        actions = np.array_split(random_actions((256,), seed=k), len(batches))
        steps = [each.step(a) for each, a in zip(batches, actions, strict=True)]
        for part in ("obs", "rewards", "terminated", "truncated", "last_obs", "totals"):
            found.update(np.concatenate([getattr(step, part) for step in steps]).tobytes())
    return found.hexdigest()


def test_threads_and_batches_do_not_matter(files: tuple[Path, Path]) -> None:
    pair = config(files, features="full", theta_low=(0.5, 0.5, 0, 1, 1), theta_high=(2, 2, 300, 1, 1))
    found = {digest(PairBatch(pair, n_envs=256, seed=4, threads=threads)) for threads in (1, 2, 8)}
    found.add(digest(*(PairBatch(pair, n_envs=32, seed=4, env_id0=32 * i) for i in range(8))))
    assert len(found) == 1


def test_a_saved_state_goes_on_as_if_nothing_had_happened(files: tuple[Path, Path]) -> None:
    pair = config(files, **CASES["slow"])
    first, second = PairBatch(pair, n_envs=8, seed=4), PairBatch(pair, n_envs=8, seed=9)
    first.reset(), second.reset()
    for k in range(30):
        first.step(random_actions((8,), seed=k))
    second.core.load_state_bytes(first.core.state_bytes())
    for k in range(60):
        a, b = (each.step(random_actions((8,), seed=100 + k)) for each in (first, second))
        assert (a.obs.tobytes(), a.rewards.tobytes()) == (b.obs.tobytes(), b.rewards.tobytes())
    state = first.core.state_bytes()
    with pytest.raises(DataError, match="out of range"):
        second.core.load_state_bytes(state[:44] + b"\xff" * (len(state) - 44))


@pytest.mark.parametrize("name", ["core", "slow", "large", "dear"])
def test_wealth_is_cash_and_marks_exactly(files: tuple[Path, Path], name: str) -> None:
    """Between decisions wealth changes by marks of what is held and by what trading moved, and by nothing else."""
    pair = config(files, **CASES[name], segment="all", ruin=1e9)
    batch, n = PairBatch(pair, n_envs=32, seed=3, mode="evaluate"), 32
    batch.reset()
    assert (wealth(batch) == 0).all()
    for row in random_actions((full_or(3_200, 100), n), pair.n_actions):
        before, ledger, money = mids(batch), batch.core.ledger(), wealth(batch)
        step = batch.step(row)
        if len(step.indices):
            continue
        now = batch.core.ledger()
        held, traded = ledger[:, [1, 3]], now[:, [1, 3]] - ledger[:, [1, 3]]
        paid = now[:, [0, 2]] - ledger[:, [0, 2]]
        marks = (held * (mids(batch) - before)).sum(axis=1)
        bought = (paid + traded * mids(batch)).sum(axis=1)
        assert (wealth(batch) - money == marks + bought).all()
        assert (now[:, 8] >= ledger[:, 8]).all() or name == "dear"
        np.testing.assert_allclose(step.rewards, (wealth(batch) - money) / batch.core.reward_unit, atol=1e-6)


def test_dearer_fees_and_spreads_earn_less(files: tuple[Path, Path]) -> None:
    pair, earned = config(files, segment="all", ruin=1e9), []
    for fee, spread in ((0.0, 1.0), (1.0, 1.0), (2.0, 1.0), (2.0, 1.5)):
        batch = PairBatch(pair, n_envs=4, seed=3, mode="evaluate")
        batch.core.set_theta(np.tile([fee, spread, 20.0, 1.0, 1.0], (4, 1)))
        batch.reset()
        for row in random_actions((49, 4)):
            batch.step(row)
        earned.append(wealth(batch))
    assert (np.diff(np.array(earned), axis=0) < 0).all()


def test_counterfactual_rewards_are_those_of_forks(files: tuple[Path, Path]) -> None:
    pair = config(files, **CASES["slow"], counterfactual=True)
    batch = PairBatch(pair, n_envs=3, seed=2)
    batch.reset()
    for row in random_actions((60, 3)):
        forks = [batch.core.fork(i, 3) for i in range(3)]
        step = batch.step(row)
        alike = PairBatch(pair, n_envs=3)
        for i, fork in enumerate(forks):
            alike.core = fork
            assert alike.step(np.arange(3)).rewards.tobytes() == step.all_rewards[i].tobytes()


def test_sessions_end_where_a_leg_falls_silent(tmp_path: Path) -> None:
    """A night between two halves: no window and no episode reaches over it."""
    legs, night = books.made_columns(seconds=300), 8 * 3600 * 10**9
    paths = []
    for i, leg in enumerate(legs):
        late = leg["ts"] > books.START + 150 * 10**9
        moved = {**leg, "ts": leg["ts"] + night * late, "received": leg["received"] + night * late}
        paths.append(books.write(moved, tmp_path / f"{i}.qev", f"L{i}", tick="0.01", lot="1"))
    pair = config(paths, segment="all", episode_len=40)
    tape = tape_of(pair)
    ts, runs = tape.rows()["ts_ns"], tape.runs((0.0, 1.0))
    assert len(runs) == 2
    assert (np.diff(ts) > night / 2).sum() == 1
    starts = [0, int(np.argmax(np.diff(ts))) + 1]
    assert [start for start, _ in runs] == [start + tape.warm_up for start in starts]
    batch = PairBatch(pair, n_envs=64, seed=1)
    batch.reset()
    for row in random_actions((200, 64)):
        batch.step(row)
        found = batch.core.totals()[:, 1]
        assert (found <= 40).all()
    # From the first half alone: the windows of the second know nothing of it.
    half = [
        books.write(
            {name: values[leg["ts"] > books.START + 150 * 10**9] for name, values in leg.items()},
            tmp_path / f"h{i}.qev", f"L{i}", tick="0.01", lot="1",
        )
        for i, leg in enumerate(legs)
    ]  # fmt: skip
    alone = tape_of(config(half, segment="all", episode_len=40)).columns()
    np.testing.assert_allclose(alone[-50:], tape.columns()[-50:], atol=1e-5)


def test_parts_follow_each_other_with_a_warm_up_between(files: tuple[Path, Path]) -> None:
    pair = config(files, split=(0.5, 0.7))
    tape, n = tape_of(pair), len(tape_of(pair))
    parts = [tape.runs(pair.replace(segment=name).shares)[0] for name in ("train", "validate", "test")]
    w = tape.warm_up
    assert parts == [(w, int(0.5 * n)), (int(0.5 * n) + w, int(0.7 * n)), (int(0.7 * n) + w, n)]


def test_stable_baselines_takes_it(files: tuple[Path, Path]) -> None:
    env = make_vec_env(config(files), n_envs=4, seed=2)
    obs = env.reset()
    assert obs.shape == (4, 12)
    ends = 0
    for row in random_actions((150, 4)):
        obs, _, dones, infos = env.step(row)
        ends += int(dones.sum())
        assert np.isfinite(obs).all()
        assert all(bool(info) == bool(done) for info, done in zip(infos, dones, strict=True))
    assert ends > 4


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"episode_len": 5_000}, DataError, r"expected a session with 5000 decisions after a warm-up of 80, found \d+"),
        ({"window": 100_000}, DataError, "expected more than 500000 decisions of warm-up"),
        ({"notional": 60.0}, ConfigError, "lots of leg 1 round to 0"),
        ({"execution": "mid"}, ConfigError, "execution='mid'"),
        ({"z": "known"}, ConfigError, "z='known'"),
        ({"theta_low": (1, 1, 0, 1, 0.5)}, ConfigError, "vol_mult"),
        ({"theta_low": (1, 1, -1, 1, 1)}, ConfigError, "theta_low"),
        ({"beta": 7.0}, ConfigError, "pair.beta"),
        ({"segment": "later"}, ConfigError, "pair.segment"),
        ({"split": (0.7, 0.5)}, ConfigError, "split must rise"),
        ({"split": (0.5, 0.999), "segment": "test"}, DataError, "segment: expected at least 2 decisions"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(
    files: tuple[Path, Path], settings: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        PairBatch(config(files, **settings))


def test_times_books_and_files_are_checked(files: tuple[Path, Path], tmp_path: Path) -> None:
    one, two = books.made_columns(seconds=100)
    blind = {name: values for name, values in one.items() if name != "received"}
    other = books.write(two, tmp_path / "two.qev", "TWO", tick="0.01", lot="1")
    unseen = books.write(blind, tmp_path / "blind.qev", "ONE", tick="0.01", lot="1")
    short = {"window": 8, "episode_len": 20}
    with pytest.raises(DataError, match=r"blind.qev, event 0: receive time: expected one, or feed_ms"):
        PairBatch(config((unseen, other), **short))
    PairBatch(config((unseen, other), **short, feed_ms=5.0))
    half = {**one, "qty": np.where(one["flags"] & books.SELL, 0, one["qty"]).astype(np.uint64)}
    half["qty"][: len(half["qty"]) // 2] = one["qty"][: len(half["qty"]) // 2]
    broken = books.write(half, tmp_path / "half.qev", "ONE", tick="0.01", lot="1")
    with pytest.raises(DataError, match=r"whole books at 99 % of the decisions, got \d+ of \d+"):
        PairBatch(config((broken, other), **short))
    with pytest.raises(ConfigError, match="two files of one instrument or one of two"):
        PairBatch(config(files[0]))
    good = config((unseen, other), **short, feed_ms=4.0)
    books.write(one, tmp_path / "blind.qev", "ONE", tick="0.01", lot="1")
    with pytest.raises(DataError, match="blind.qev: sha256: expected"):
        PairBatch(good)
    for facts, message in (
        ({**books.FACTS, "beta": -1.0}, "pair.beta"),
        ({**books.FACTS, "kappa": float("nan")}, "pair.kappa"),
        ({"alpha": 0.0}, "pair.beta"),
        ({**books.FACTS, "symbols": ["A", "B"]}, "pair.symbols"),
    ):
        with pytest.raises(ConfigError, match=message):
            PairConfig.replay(files, facts)
    selected = {"pair": {**books.FACTS, "symbols": ["ONE", "TWO"], "half_p": 0.01}, "tests": 1}
    (tmp_path / "pair.json").write_text(json.dumps(selected))
    assert PairConfig.replay(files, tmp_path / "pair.json") == PairConfig.replay(files, books.FACTS)
    with pytest.raises(ConfigError, match="a pair that survived"):
        PairConfig.replay(files, {"pair": None})
    with pytest.raises(DataError, match="no.json"):
        PairConfig.replay(files, tmp_path / "no.json")
    with pytest.raises(DataError, match="no such file"):
        PairConfig.replay((files[0], tmp_path / "no.qev"), books.FACTS)
