"""The best record so far, and when there is one."""

from __future__ import annotations

import json

import numpy as np
import pytest

from quantrl.errors import ConfigError, LookAheadError
from quantrl.selection import Ledger
from quantrl.selection.baselines.follow_the_leader import FollowTheLeader


def ledger(days: int = 80) -> tuple[Ledger, np.ndarray]:
    made, rng = Ledger([f"a{i}" for i in range(6)]), np.random.default_rng(4)
    net = rng.standard_normal((days, 6)) * 0.01 + np.linspace(-0.002, 0.002, 6)
    net[:, 5] = 0.01
    for day in range(days):
        made.append(
            {
                "agent": np.arange(6),
                "decided": day,
                "effective": day + 1,
                "matured": day + 2,
                "gross": net[day] + 0.001,
                "cost": 0.001,
            }
        )
    return made, net


def test_highest_mean_over_rms_of_what_varies() -> None:
    made, net = ledger()
    ratio = net.mean(axis=0) / np.sqrt((net**2).mean(axis=0))
    ratio[5] = -np.inf
    shares = FollowTheLeader(1).step(made.as_of(81), 6)
    assert np.flatnonzero(shares).tolist() == [int(np.argmax(ratio))]
    five = FollowTheLeader(5).step(made.as_of(81), 6)
    assert five.tolist() == [0.2] * 5 + [0.0]


def test_cash_until_63_rows() -> None:
    made, _ = ledger()
    leader = FollowTheLeader(1)
    assert not leader.step(made.as_of(63), 6).any()
    assert leader.step(made.as_of(64), 6).sum() == 1


def test_two_that_share_a_record_and_one_restarted() -> None:
    made, _ = ledger()
    alone, one = FollowTheLeader(2), FollowTheLeader(1)
    two = FollowTheLeader(2, like=one)
    for t in (30, 70, 81):
        state = json.loads(json.dumps(alone.state_dict()))
        alone = FollowTheLeader(2)
        alone.load_state_dict(state)
        one.step(made.as_of(t), 6)
        assert two.step(made.as_of(t), 6).tobytes() == alone.step(made.as_of(t), 6).tobytes()


def test_refuses() -> None:
    made, _ = ledger()
    leader = FollowTheLeader()
    leader.step(made.as_of(50), 6)
    with pytest.raises(LookAheadError):
        leader.step(made.as_of(49), 6)
    with pytest.raises(LookAheadError):
        leader.step(made, 6)  # type: ignore[arg-type]
    with pytest.raises(ConfigError):
        FollowTheLeader(0)
