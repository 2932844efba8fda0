"""Locks and the protections that set them."""

from __future__ import annotations

import pytest

from quantrl.errors import ConfigError, LiveError
from quantrl.live.locks import FOREVER, Lock, Locks
from quantrl.live.protections import ProtectionRules, Protections
from quantrl.live.vocabulary import DAY, SECOND, Scope


@pytest.mark.parametrize(
    ("lock", "agent", "inst", "side", "blocked"),
    [
        (Lock(0, "", 0, "", 10), -1, 3, 1, True),
        (Lock(0, "", 1, "", 10), 2, 3, 1, True),
        (Lock(0, "", 1, "", 10), 2, 3, -1, False),
        (Lock(1, "2", 0, "", 10), 2, 3, 1, True),
        (Lock(1, "2", 0, "", 10), -1, 3, 1, False),
        (Lock(1, "2", 0, "", 10), 3, 2, 1, False),
        (Lock(2, "3", 0, "", 10), -1, 3, 1, True),
        (Lock(2, "3", -1, "", 10), 1, 3, -1, True),
        (Lock(2, "3", 0, "", 10), 1, 4, -1, False),
        (Lock(3, "2:3", 0, "", 10), 2, 3, 1, True),
        (Lock(3, "2:3", 0, "", 10), 2, 4, 1, False),
        (Lock(3, "2:3", 0, "", 10), -1, 3, 1, False),
    ],
)
def test_a_lock_blocks_its_scope_and_side(
    lock: Lock, agent: int, inst: int, side: int, blocked: bool
) -> None:
    locks = Locks([lock])
    assert (locks.blocking(side, 9, agent=agent, inst=inst) == lock) == blocked
    assert locks.blocking(side, 10, agent=agent, inst=inst) is None


def test_the_one_that_ends_last_is_named_and_a_release_takes_it_away() -> None:
    short, long = Lock(0, "", 0, "a", 5), Lock(2, "1", 1, "b", FOREVER)
    locks = Locks([short, long])
    assert locks.blocking(1, 0, inst=1) == long
    locks.put(long._replace(until=0))
    assert locks.blocking(1, 0, inst=1) == short
    assert locks.in_force(4) == (short,)
    assert locks.in_force(5) == ()


def test_only_a_longer_lock_is_wanted() -> None:
    lock = Lock(1, "0", 0, "x", 10)
    locks = Locks([lock])
    assert not locks.wanted(lock._replace(reason="y"))
    assert not locks.wanted(lock._replace(until=9))
    assert locks.wanted(lock._replace(until=11))
    assert locks.wanted(lock._replace(side=1))


@pytest.mark.parametrize(
    "lock",
    [
        Lock(4, "", 0, "", 1),
        Lock(0, "1", 0, "", 1),
        Lock(1, "", 0, "", 1),
        Lock(1, "x", 0, "", 1),
        Lock(1, "01", 0, "", 1),
        Lock(2, "-1", 0, "", 1),
        Lock(3, "1", 0, "", 1),
        Lock(3, "1:2:3", 0, "", 1),
        Lock(0, "", 2, "", 1),
        Lock(0, "", 0, "", -1),
    ],
)
def test_a_lock_that_is_none_is_refused_and_changes_nothing(lock: Lock) -> None:
    locks = Locks([Lock(0, "", 0, "kept", 5)])
    with pytest.raises(LiveError, match="lock"):
        locks.put(lock)
    assert locks.to_plain() == ((0, "", 0, "kept", 5),)


def test_locks_survive_plain_values() -> None:
    locks = Locks([Lock(3, "1:2", 1, "r", 9), Lock(0, "", 0, "s", 8)])
    assert Locks.from_plain(locks.to_plain()).to_plain() == locks.to_plain()


def test_a_cool_down_follows_an_exit() -> None:
    made = Protections(ProtectionRules(cool_down_ns=DAY))
    assert made.traded(1, 2, 10, 100, 5, 3, 0) == ()
    assert made.traded(1, 2, -4, 101, 5, 3, 1) == ()
    assert made.traded(1, 2, -6, 102, 5, 3, 2) == (
        Lock(Scope.AGENT_INSTRUMENT, "1:2", 0, "cool_down", DAY + 2),
    )


def test_losing_closes_within_the_window_lock_the_pair() -> None:
    made = Protections(ProtectionRules(losing_closes=2, losing_window_ns=10, losing_lock_ns=SECOND))

    def round_trip(gain: int, ts: int) -> tuple[Lock, ...]:
        made.traded(0, 0, 1, 100, 5, 0, ts)
        return made.traded(0, 0, -1, 100 + gain, 5, 0, ts)

    assert [bool(round_trip(gain, ts)) for gain, ts in [(-1, 0), (-1, 10), (3, 11), (-1, 19)]] == [
        False,
        False,
        False,
        True,
    ]
    assert round_trip(-1, 40) == ()
    assert round_trip(-1, 41) == (Lock(Scope.AGENT_INSTRUMENT, "0:0", 0, "losing_closes", SECOND + 41),)


def test_fees_make_a_flat_trade_a_loss_and_a_flip_closes_first() -> None:
    made = Protections(ProtectionRules(losing_closes=1, losing_window_ns=1, losing_lock_ns=1))
    made.traded(0, 0, 5, 100, 2, 1, 0)
    assert len(made.traded(0, 0, -8, 100, 2, 0, 0)) == 1
    assert made.to_plain()[0] == ((0, 0, -3, 600),)  # type: ignore[index]
    assert made.traded(0, 0, 3, 99, 2, 0, 5) == ()
    assert made.to_plain()[0] == ()  # type: ignore[index]


def test_a_drawdown_from_the_peak_locks_the_agent() -> None:
    made = Protections(ProtectionRules(drawdown_bp=1_000, drawdown_lock_ns=7))
    assert [bool(made.valued(4, equity, 1)) for equity in (1_000, 2_000, 1_800, 1_799)] == [False] * 3 + [
        True
    ]
    assert made.valued(4, 1_799, 1) == (Lock(Scope.AGENT, "4", 0, "drawdown", 8),)
    assert made.valued(4, 900, 2, moved=-1_000) == ()
    again = Protections.from_plain(made.rules, made.to_plain())
    assert again.to_plain() == made.to_plain()


@pytest.mark.parametrize("rules", [{"cool_down_ns": -1}, {"losing_closes": 2}, {"drawdown_bp": 5}])
def test_rules_that_say_half_are_refused(rules: dict[str, int]) -> None:
    with pytest.raises(ConfigError, match="protections"):
        ProtectionRules(**rules)
