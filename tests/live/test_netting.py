"""Netting and sharing: exact sums, nothing negative, the order of agents irrelevant."""

from __future__ import annotations

from fractions import Fraction
from math import trunc
from random import Random

import pytest

from counts import FULL
from live.gates.kept import keep
from quantrl.live import netting
from quantrl.live.netting import (
    Leg,
    Want,
    delta,
    mid,
    net,
    reduced,
    saved_fee,
    share_fill,
    target_lots,
)
from quantrl.live.postings import Share
from quantrl.live.vocabulary import HOLD, PPB

CASES = 1_000_000 if FULL else 30_000


def wrong_nets(seed: int, cases: int) -> int:
    """Random deltas whose leg loses, invents or misplaces a lot, or depends on the order of agents."""
    rng, wrong = Random(seed), 0
    for _ in range(cases):
        agents = rng.sample(range(12), rng.randint(1, 6))
        deltas = {agent: rng.randint(-30, 30) for agent in agents}
        leg = net(1, deltas)
        shuffled = dict(rng.sample(list(deltas.items()), len(deltas)))
        if leg != net(1, shuffled):
            wrong += 1
            continue
        crossed, shares = (dict(leg.crossed), dict(leg.shares)) if leg else ({}, {})
        side, qty = (leg.side, leg.qty) if leg else (0, 0)
        got = {a: crossed.get(a, 0) + side * shares.get(a, 0) for a in deltas}
        buys = sum(lots for lots in deltas.values() if lots > 0)
        sells = sum(-lots for lots in deltas.values() if lots < 0)
        wrong += not (
            got == deltas
            and sum(crossed.values()) == 0
            and sum(lots for lots in crossed.values() if lots > 0) == min(buys, sells)
            and sum(shares.values()) == qty == abs(buys - sells)
            and all(lots > 0 for lots in shares.values())
            and all(lots * deltas[agent] > 0 for agent, lots in crossed.items())
        )
    return wrong


def wrong_shares(seed: int, cases: int) -> int:
    """Random fills of a random order whose shares do not end exactly at what was owed."""
    rng, wrong = Random(seed), 0
    for _ in range(cases // 4):
        owed = [(16 + agent, rng.randint(1, 50)) for agent in range(rng.randint(1, 6))]
        while owed:
            qty, fee = rng.randint(1, sum(lots for _, lots in owed)), rng.randint(-100, 10_000)
            try:
                shares = share_fill(qty, fee, owed)
            except ValueError:
                shares = ()
            got = {owner: lots for owner, lots, _ in shares}
            owed = [(owner, lots - got.get(owner, 0)) for owner, lots in owed]
            if not (
                sum(got.values()) == qty
                and sum(share.fee for share in shares) == fee
                and all(lots >= 0 for _, lots in owed)
                and all(lots > 0 and charge * fee >= 0 for _, lots, charge in shares)
            ):
                wrong += 1
                break
            owed = [(owner, lots) for owner, lots in owed if lots]
    return wrong


def test_deltas_become_crosses_and_one_order_exactly() -> None:
    wrong = wrong_nets(1, CASES)
    keep("netting", "Netting: crosses and one order", {"random sets": CASES, "wrong": wrong}, seeds="1")
    assert wrong == 0


def test_fills_become_shares_exactly() -> None:
    wrong = wrong_shares(2, CASES)
    keep("shares", "Fills shared among agents", {"random orders": CASES // 4, "wrong": wrong}, seeds="2")
    assert wrong == 0


def test_shares_rounded_down_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        netting, "apportion", lambda total, weights: [total * w // (sum(weights) or 1) for w in weights]
    )
    assert wrong_nets(1, 200) > 0
    assert wrong_shares(2, 200) > 0


def test_by_hand() -> None:
    assert net(3, {2: 10, 0: -4, 1: 5}) == Leg(
        3, crossed=((0, -4), (1, 1), (2, 3)), side=1, qty=11, shares=((1, 4), (2, 7))
    )
    assert net(3, {0: 4, 1: -4}) == Leg(3, ((0, 4), (1, -4)), 0, 0, ())
    assert net(3, {0: 0}) is None
    assert net(3, {}) is None


def test_gates_of_agents_take_one_out_and_gates_of_the_account_drop_the_leg() -> None:
    deltas = {0: 5, 1: -2, 2: 4}
    seen: list[int] = []

    def account(lots: int) -> bool:
        seen.append(lots)
        return lots < 5

    assert net(0, deltas, allow_account=account) is None
    leg = net(0, deltas, allow_agent=lambda agent, lots: agent != 0, allow_account=account)
    assert leg == Leg(0, ((1, -2), (2, 2)), 1, 2, ((2, 2),))
    assert seen == [7, 2]


@pytest.mark.parametrize(
    ("position", "lots", "expected"),
    [(5, -3, -3), (5, -9, -5), (5, 2, 0), (-5, 9, 5), (-5, -1, 0), (0, 4, 0), (0, -4, 0)],
)
def test_only_what_reduces_is_left(position: int, lots: int, expected: int) -> None:
    assert reduced(position, lots) == expected


def test_a_flip_of_the_account_is_clipped_and_crosses_stay() -> None:
    leg = net(0, {0: -9, 1: 2, 2: -6}, limit=5)
    assert leg == Leg(0, ((0, -1), (1, 2), (2, -1)), -1, 5, ((0, 3), (2, 2)))
    assert net(0, {0: 4}, limit=5) is None


def test_targets_go_toward_zero_as_exact_fractions_do() -> None:
    rng = Random(3)
    for _ in range(20_000):
        weight, equity = rng.randint(-10 * PPB, 10 * PPB), rng.randint(1, 10**18)
        px, tv = rng.randint(1, 10**7), rng.choice((1, 7, 10**5, 10**10))
        assert target_lots(weight, equity, px, tv) == trunc(Fraction(weight * equity, PPB * px * tv))
    assert target_lots(PPB, -5, 1, 1) == 0
    assert target_lots(PPB, 5, 0, 1) == 0


def test_deltas_count_what_is_held_and_owed() -> None:
    want = Want(agent=0, weight_ppb=PPB // 2, equity=1000, position=2, owed=1)
    assert delta(want, px=10, tv=1) == 50 - 3
    assert delta(want._replace(weight_ppb=HOLD), 10, 1) == 0
    assert delta(want._replace(weight_ppb=0), 10, 1) == -3
    assert delta(want, px=0, tv=1) == 0


@pytest.mark.parametrize(
    ("bid", "ask", "price"), [(10, 12, 11), (10, 11, 10), (11, 12, 12), (3, 4, 4), (2, 3, 2)]
)
def test_half_a_tick_goes_to_even(bid: int, ask: int, price: int) -> None:
    assert mid(bid, ask) == price == round(Fraction(bid + ask, 2))


def test_what_crossing_saves_and_how_a_fee_is_split() -> None:
    assert saved_fee([(0, 3), (1, -3)], 10, lambda lots, px: -(-lots * px // 4)) == 16
    assert share_fill(5, -4, [(16, 7), (18, 3)]) == (Share(16, 4, -3), Share(18, 1, -1))
    assert share_fill(1, 9, [(16, 1), (17, 1)]) == (Share(16, 1, 9),)
