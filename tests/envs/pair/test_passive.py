"""Orders at rest on recorded pairs: every quote, queue place, hedge and cancel as the slow reference has them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from counts import full_or
from envs.pair import books
from envs.pair.cases import random_actions
from envs.pair.stepped import stepped_alike
from quantrl.data.events import EventFile
from quantrl.envs import PairConfig
from quantrl.envs.pair import PairBatch
from quantrl.envs.pair.recorded import tape_of
from reference.own_queue import Events
from reference.pair_passive import PassiveEnv
from reference.pair_tape import Tape

BASE: dict[str, Any] = {
    "dt": 0.5,
    "window": 16,
    "episode_len": 50,
    "notional": 5_000.0,
    "slip_ticks": 1,
    "segment": "all",
    "ruin": 1e9,
    "styles": 2,
    "features": "full",
}
CASES: dict[str, dict[str, Any]] = {
    "passive": {"passive_ms": 2_000.0},
    "log": {"passive_ms": 3_000.0, "queue": "log", "actions": "A5", "requote_ms": 150.0, "leg_ms": 200.0},
    "thin": {
        "time_out": "give_up",
        "passive_ms": 1_200.0,
        "theta_low": (1, 1, 5, 0.5, 1),
        "theta_high": (1, 1, 100, 1, 1),
        "queue": "power2",
        "maker_fee_bps": (0.0, 0.1),
    },
}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return books.made(tmp_path_factory.mktemp("pair"), seconds=240)


@pytest.fixture(scope="module")
def oracle_events(files: tuple[Path, Path]) -> tuple[Events, Events]:
    one, two = (Events(EventFile(path), 0) for path in files)
    return one, two


@pytest.mark.parametrize(("name", "mode"), [("passive", "train"), ("log", "evaluate"), ("thin", "train")])
def test_orders_at_rest_are_those_of_the_reference(
    files: tuple[Path, Path],
    oracle_events: tuple[Events, Events],
    name: str,
    mode: str,
) -> None:
    """Both styles at random: quotes, queue places, hedges, cancels, time-outs and thinned executions."""
    pair, n = PairConfig.replay(files, books.FACTS, **{**BASE, **CASES[name]}), full_or(6, 3)
    runs, tape = tape_of(pair).runs(pair.shares), Tape(pair, [EventFile(path) for path in files])
    batch = PairBatch(pair, n_envs=n, seed=11, env_id0=5, mode=mode)
    oracles = [
        PassiveEnv(tape, runs, 11, 5 + i, evaluation=mode == "evaluate", events=oracle_events)
        for i in range(n)
    ]
    obs = batch.reset()
    for i, oracle in enumerate(oracles):
        np.testing.assert_allclose(obs[i], oracle.reset(), atol=1e-5, rtol=0)
    for row in random_actions((full_or(2_500, 200), n), pair.n_actions):
        stepped_alike(batch, oracles, row)
    assert {"working", "hedging"} <= set().union(*(oracle.visited for oracle in oracles))
    met = set().union(*(oracle.met_at_rest for oracle in oracles))
    assert {"filled", "cancelled", *({"partial"} if name != "thin" else ())} <= met
