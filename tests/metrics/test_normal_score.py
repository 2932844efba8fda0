from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantrl import _core
from quantrl.errors import ConfigError, DataError
from reference.normal_score import Round, replay

SIGMA = 0.10 / np.sqrt(252)


def scorer(half_life: float = 126.0) -> _core.NormalScore:
    return _core.NormalScore(half_life, SIGMA)


def fold(core: _core.NormalScore, rows: Round) -> np.ndarray:
    return core.fold(
        np.array(rows.agent, dtype=np.uint32),
        np.array(rows.net, dtype=float),
        np.array(rows.acted, dtype=np.uint8),
        rows.elapsed,
        rows.overlap,
    )


def history(seed: int, days: int, agents: int, *, crash: float = 0.0, ties: bool = False) -> list[Round]:
    """Births, absences, abstentions, missed days, equal returns and, if asked for, crashes."""
    rng = np.random.default_rng(seed)
    born = np.sort(rng.integers(0, days // 2, agents)) * (np.arange(agents) > 2)
    vol = np.exp(rng.uniform(np.log(0.01), np.log(0.8), agents)) / np.sqrt(252)
    activity = rng.choice([0.2, 0.8, 1.0], agents)
    rounds = []
    for day in range(days):
        ids = np.flatnonzero((born <= day) & (rng.random(agents) < 0.95))
        acted = rng.random(len(ids)) < activity[ids]
        net = rng.standard_t(4, len(ids)) * vol[ids] - 0.3 * (rng.random(len(ids)) < crash)
        if ties:
            net = np.round(net, 2)
        net = np.where(acted, net, 0.0)
        elapsed = float(rng.choice([1.0, 1.0, 1.0, 2.5]))
        rounds.append(Round(ids.tolist(), net.tolist(), acted.astype(int).tolist(), elapsed, 2.0))
    return rounds


def assert_same(core: _core.NormalScore, rounds: list[Round], half_life: float) -> dict[str, np.ndarray]:
    made = [fold(core, rows) for rows in rounds]
    scaled, expected = replay(rounds, half_life=half_life, target=SIGMA)
    for x, other in zip(made, scaled, strict=True):
        np.testing.assert_allclose(x, other, rtol=1e-12, atol=1e-15)
    found = core.scores()
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, rtol=1e-12, atol=1e-12, err_msg=name)
    return found


@settings(max_examples=25)
@given(
    st.integers(0, 10**6),
    st.sampled_from([3, 5, 9, 14]),
    st.sampled_from([0.0, 0.02]),
    st.booleans(),
    st.sampled_from([20.0, 126.0, np.inf]),
)
def test_equals_the_definition(seed: int, agents: int, crash: float, ties: bool, half_life: float) -> None:
    rounds = history(seed, 110, agents, crash=crash, ties=ties)
    assert_same(scorer(half_life), rounds, half_life)


def test_the_histories_reach_every_branch() -> None:
    rounds = [rows for seed in range(8) for rows in history(seed, 110, 9, crash=0.02, ties=True)]
    sizes = [sum(rows.acted) for rows in rounds]
    assert min(sizes) < 3 < 8 <= max(sizes)
    found = assert_same(scorer(), history(3, 160, 14, crash=0.02), 126.0)
    assert 1 < found["ready"].sum() < 14
    crashed = [min(x) for x in replay(history(3, 160, 14, crash=0.02), half_life=126.0, target=SIGMA)[0]]
    assert min(crashed) < -6 * SIGMA


def test_a_crash_costs_more_than_a_last_place() -> None:
    calm = np.random.default_rng(3).normal(0, SIGMA, (120, 20))
    calm[:, 0] = 0.02 / 252
    last, crash = calm.copy(), calm.copy()
    last[100, 0], crash[100, 0] = -0.015, -0.3
    scores = [run(returns)["s"][0] for returns in (calm, last, crash)]
    assert scores[0] > scores[1] > scores[2] + 0.01


def test_restored_goes_on_as_if_never_stopped() -> None:
    rounds = history(5, 140, 12, crash=0.01)
    whole = scorer()
    for day, rows in enumerate(rounds):
        if day % 17 == 3:
            copy = _core.NormalScore.from_state(json.loads(json.dumps(whole.state())))
            assert copy.state() == whole.state()
            assert fold(copy, rows).tobytes() == fold(whole, rows).tobytes()
            whole = copy
        else:
            fold(whole, rows)
    unbroken = scorer()
    for rows in rounds:
        fold(unbroken, rows)
    for name, values in unbroken.scores().items():
        assert values.tobytes() == whole.scores()[name].tobytes(), name


def run(returns: np.ndarray, ids: list[int] | None = None) -> dict[str, np.ndarray]:
    core = scorer()
    order = ids or list(range(returns.shape[1]))
    for net in returns:
        fold(core, Round(order, net, [1] * len(order)))
    return core.scores()


@pytest.fixture
def skilled(rng: np.random.Generator) -> np.ndarray:
    """Twelve agents of clearly different skill, bounded so that the guard never fires."""
    drift = np.linspace(-0.25, 0.25, 12)
    vol = np.exp(rng.uniform(np.log(0.2), np.log(0.4), 12)) / np.sqrt(252)
    return np.clip(rng.normal(size=(500, 12)) + drift, -4, 4) * vol


def test_sign(skilled: np.ndarray) -> None:
    np.testing.assert_allclose(run(-skilled)["mean"], -run(skilled)["mean"], atol=1e-12)


@pytest.mark.parametrize("factor", [10.0, 0.1])
def test_scale(skilled: np.ndarray, factor: float) -> None:
    louder = skilled.copy()
    louder[:, 4] *= factor
    assert (np.argsort(run(louder)["mean"]) == np.argsort(run(skilled)["mean"])).all()
    assert run(louder)["scale"][4] * factor == pytest.approx(run(skilled)["scale"][4], rel=1e-12)


def test_label(skilled: np.ndarray, rng: np.random.Generator) -> None:
    order = rng.permutation(12)
    plain, permuted = run(skilled), run(skilled[:, order])
    for name in ("mean", "sd", "psr_abs", "scale"):
        np.testing.assert_allclose(permuted[name], plain[name][order], rtol=1e-12, err_msg=name)


def test_tiny_volatility_is_never_first(skilled: np.ndarray) -> None:
    gamed = skilled.copy()
    gamed[:, 0] = np.random.default_rng(1).normal(20 * 1e-6 / 252, 1e-6 / np.sqrt(252), 500)
    found = run(gamed)
    assert found["scale"][0] == pytest.approx(5.0)
    assert np.argmax(found["mean"]) != 0


def test_a_constant_series_has_no_probability() -> None:
    returns = np.random.default_rng(0).normal(0, SIGMA, (80, 9))
    returns[:, 2], returns[:, 3] = 0.0, 1e-4
    found = run(returns)
    assert np.isnan(found["psr_abs"][[2]]).all()
    assert np.isfinite(found["mean"]).all()


def test_bad_rounds_are_named_and_change_nothing() -> None:
    core = scorer()
    fold(core, Round(range(9), np.linspace(-0.01, 0.01, 9), [1] * 9))
    before = core.state()
    for rows, text in [
        (Round([1, 0], [0.0, 0.0], [1, 1]), "row 1 does not increase"),
        (Round([1, 2], [0.0, np.nan], [1, 1]), "net: row 1 is NaN"),
        (Round([1, 2], [0.0, 0.0], [1, 3]), "acted: row 1 is 3"),
        (Round([1, 2], [0.0], [1, 1]), "equal lengths"),
        (Round([20], [0.0], [1], elapsed=-1.0), "elapsed"),
        (Round([20], [0.0], [1], overlap=0.0), "overlap"),
    ]:
        with pytest.raises(DataError, match=text):
            fold(core, rows)
    with pytest.raises(ConfigError, match="below 4096, got 5000 in row 0"):
        fold(core, Round([5000], [0.0], [1]))
    assert core.state() == before
    assert len(core) == 9


def test_bad_settings_and_damaged_states() -> None:
    for half_life, sigma in [(0.0, SIGMA), (np.nan, SIGMA), (126.0, 0.0), (126.0, np.inf)]:
        with pytest.raises(ConfigError, match="half_life|target_vol_daily"):
            _core.NormalScore(half_life, sigma)
    core = scorer()
    fold(core, Round(range(9), np.linspace(-0.01, 0.01, 9), [1] * 9))
    for name, value in [
        ("decay", [2.0]),
        ("age", [1]),
        ("window", [["x"]]),
        ("calendar", None),
        ("overlap", []),
    ]:
        state = core.state() | {name: value}
        with pytest.raises(ConfigError, match="damaged state"):
            _core.NormalScore.from_state(state)
    state = core.state()
    del state["scores"]
    with pytest.raises(ConfigError, match="scores"):
        _core.NormalScore.from_state(state)


def test_no_rounds() -> None:
    assert all(len(values) == 0 for values in scorer().scores().values())
    core = scorer()
    assert len(fold(core, Round([], [], []))) == 0
