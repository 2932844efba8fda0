"""Two simulated books around a spread: deterministic, sound, and what their facts say."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from quantrl.data.events import FlowPair, SimulatedPair, Zi, simulate_pair
from quantrl.envs import PairConfig
from quantrl.envs.pair.recorded import tape_of
from quantrl.errors import ConfigError

SECONDS = 12_000.0


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> SimulatedPair:
    return simulate_pair(tmp_path_factory.mktemp("flow"), seconds=SECONDS, seed=3)


def test_books_are_sound_and_revert_as_said(made: SimulatedPair) -> None:
    for leg in made.legs:
        assert leg.quality["crossed_spans"] == leg.quality["locked_spans"] == 0
        assert leg.open().check().breaches == ()
    pair = PairConfig.replay(made.events, made.facts, dt=5.0, hedge="fixed", window=60)
    assert (pair.venue, pair.alpha, pair.beta, pair.s) == ("flow", 0.0, 1.0, 20e-4)
    assert pair.kappa_dt == pytest.approx(0.02)
    tape = tape_of(pair)
    x = tape.rows()["x"]
    # 2,400 decisions at kappa dt 0.02 are 24 independent ones: a standard error of 14 % of the deviation.
    assert x.std() == pytest.approx(20e-4, rel=0.4)
    assert abs(x.mean()) < 4 * 20e-4 / np.sqrt(24)
    phi = np.corrcoef(x[:-1], x[1:])[0, 1]
    assert 0.005 < -np.log(phi) < 0.06
    assert tape.broken < 0.01 * len(tape)


def test_equal_seeds_give_equal_files(made: SimulatedPair, tmp_path: Path) -> None:
    again = simulate_pair(tmp_path / "again", seconds=SECONDS, seed=3)
    other = simulate_pair(tmp_path / "other", seconds=200.0, seed=4)
    shas = [[leg.info.sha256 for leg in pair.legs] for pair in (made, again, other)]
    assert shas[0] == shas[1]
    assert not set(shas[0]) & set(shas[2])
    assert len(set(shas[0])) == 2
    assert json.loads(made.facts.read_text())["pair"]["sha256"] == shas[0]


def test_what_pulls_is_the_reference_and_nothing_else(tmp_path: Path) -> None:
    """Equal seeds have equal references: spreads move together where they pull, and not where nothing does."""
    moves = {}
    for pull in (0.3, 0.2, 0.0):
        files = simulate_pair(tmp_path / str(pull), FlowPair(pull=pull), seconds=SECONDS, seed=3)
        pair = PairConfig.replay(files.events, files.facts, dt=5.0, hedge="fixed", window=60)
        x = tape_of(pair).rows()["x"]
        moves[pull] = x[20:] - x[:-20]
    assert np.corrcoef(moves[0.3], moves[0.2])[0, 1] > 0.8
    assert abs(np.corrcoef(moves[0.3], moves[0.0])[0, 1]) < 0.3


@pytest.mark.parametrize(
    ("law", "seconds", "said"),
    [
        (FlowPair(), 0.5, "seconds"),
        (FlowPair(), float("nan"), "seconds"),
        (FlowPair(pull=3.0), 10.0, "pull"),
        (FlowPair(kappa=0.0), 10.0, "kappa"),
        (FlowPair(s=-1.0), 10.0, "s: "),
        (FlowPair(tick_size="0"), 10.0, "tick_size"),
        (FlowPair(tick_size="x"), 10.0, "tick_size"),
        (FlowPair(flow=Zi(limit=-1.0)), 10.0, "limit"),
        (FlowPair(flow=Zi(size=-1)), 10.0, "64 bits"),
    ],
)
def test_what_cannot_be_is_refused(law: FlowPair, seconds: float, said: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=said):
        simulate_pair(tmp_path, law, seconds=seconds, seed=0)
    assert not list(tmp_path.glob("*.qev"))
