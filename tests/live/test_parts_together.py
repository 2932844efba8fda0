"""Targets to deltas to crosses, gates, orders, fills, postings and rounds: the parts as the daemon joins them."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import pytest

from live.accounts import open_account
from quantrl.live import netting
from quantrl.live.books import Books
from quantrl.live.client_ids import client_id
from quantrl.live.limits import RiskLimits
from quantrl.live.netting import Leg, Want, delta, net
from quantrl.live.order_records import Filled, Moved, Order, VenueReport
from quantrl.live.order_table import ReportKind
from quantrl.live.orders import Orders
from quantrl.live.postings import Share, cross, deposit, fill, transfer
from quantrl.live.reallocation import Account, reallocate
from quantrl.live.review import Exposure, review
from quantrl.live.risk import Facts, Proposal
from quantrl.live.vocabulary import HOLD, PPB, PPM, TREASURY, owner_of

AGENTS, TV = 4, (100, 2_500, 40)
N = len(TV)
LIMITS = RiskLimits(order_bp=10_000, position_bp=10_000, turnover_bp=50_000, orders_per_s=0)


class Desk:
    """Four agents on a venue that fills some of what it gets."""

    def __init__(self, seed: int) -> None:
        self.rng, self.books, self.orders = Random(seed), Books(TV, AGENTS), Orders()
        self.prices = [1_000, 400, 9_000]
        self.books.post(deposit(10**12), "deposit")
        for agent in range(AGENTS):
            self.books.post(open_account(agent, 2 * 10**11), "transfer")
        self.ord = 0

    def cycle(self) -> None:
        rng = self.rng
        self.ord += 1
        self.prices = [max(100, price + rng.randint(-5, 5)) for price in self.prices]
        self.books.mark(self.prices)
        for order in list(self.orders.open_orders()):
            self.end(order)
        legs = [leg for inst in range(N) if (leg := self.leg(inst)) is not None]
        for leg in self.judged(legs):
            self.trade(leg)
        self.books.check(self.orders.reserved(AGENTS, TV), pooled=True)
        self.orders.check()

    def leg(self, inst: int) -> Leg | None:
        wants = []
        for agent in range(AGENTS):
            weight = HOLD if self.rng.random() < 0.3 else self.rng.randint(0, PPB // 4)
            owner = owner_of(agent)
            held, owed = self.books.position(owner, inst), self.orders.owed(agent, inst)
            wants.append(Want(agent, weight, self.books.equity(owner), held, owed))
        return net(inst, {want.agent: delta(want, self.prices[inst], TV[inst]) for want in wants})

    def judged(self, legs: list[Leg]) -> list[Leg]:
        equity = self.books.account_equity()
        exposure = Exposure([self.books.account_position(i) for i in range(N)], self.prices, TV)
        proposals = [Proposal(-1, leg.inst, leg.side, leg.qty) for leg in legs]
        verdicts = review(
            LIMITS, proposals, exposure, lambda p: Facts(self.prices[p.inst], TV[p.inst], equity)
        )
        return [leg for leg, verdict in zip(legs, verdicts, strict=True) if verdict is None]

    def trade(self, leg: Leg) -> None:
        px = self.prices[leg.inst]
        if leg.crossed:
            self.books.traded(leg.inst, px, [Share(owner_of(a), lots) for a, lots in leg.crossed])
            self.books.post(cross(leg.inst, px, TV[leg.inst], leg.crossed), "cross")
        if leg.qty:
            name = client_id(b"book", self.ord, leg.inst, 0)
            bound = leg.qty * px * TV[leg.inst] // 1_000 + 1
            self.orders.add(
                Order(name, leg.inst, leg.side, leg.qty, 0, 1, 0, leg.inst, 0, leg.shares, px, bound)
            )

    def end(self, order: Order) -> None:
        px, left = self.prices[order.inst], order.qty
        for part in range(self.rng.randint(0, 3)):
            if left == 0 or (order.side > 0 and left * px * TV[order.inst] * 2 > self.books.account_cash()):
                break
            qty = self.rng.randint(1, left)
            left -= qty
            fee = -(-qty * px * TV[order.inst] // 1_000)
            self.hear(
                VenueReport(0, order.client_id, ReportKind.FILL, f"{order.client_id}{part}", qty, px, fee)
            )
        self.hear(VenueReport(0, order.client_id, ReportKind.EXPIRED))

    def hear(self, report: VenueReport) -> None:
        for effect in self.orders.consider(report):
            if isinstance(effect, Filled):
                lines = fill(effect.inst, effect.side, effect.qty, effect.px, TV[effect.inst], effect.shares)
                self.books.admit(lines)
                self.orders.filled(effect)
                signed = [Share(owner, effect.side * lots, fee) for owner, lots, fee in effect.shares]
                self.books.traded(effect.inst, effect.px, signed)
                self.books.post(lines, "fill")
            elif isinstance(effect, Moved):
                self.orders.moved(effect)

    def round(self) -> None:
        reserved = self.orders.reserved(AGENTS, TV)
        accounts = [
            Account(
                agent,
                self.rng.randint(0, PPM // AGENTS),
                self.books.equity(owner_of(agent)),
                self.books.cash(owner_of(agent)) - reserved[agent],
                self.rng.choice((None, 3, 9)),
            )
            for agent in range(AGENTS)
        ]
        moves = reallocate(accounts, self.books.account_equity(), self.books.cash(TREASURY)).moves
        before = self.books.account_equity()
        self.books.post(transfer(moves), "transfer")
        assert self.books.account_equity() == before
        assert self.books.cash(TREASURY) >= 0


def lived(seed: int, cycles: int) -> Desk:
    account = Desk(seed)
    for number in range(cycles):
        account.cycle()
        if number % 5 == 4:
            account.round()
    return account


@pytest.mark.parametrize("seed", range(4))
def test_every_cycle_adds_up(seed: int) -> None:
    account = lived(seed, 150)
    assert len(account.orders) > 150
    assert sum(account.books.profit(owner)[2] for owner in account.books.owners) > 0
    account.orders.forget(before=1)
    assert len(account.orders) == len(list(account.orders.open_orders()))


def greedy(total: int, weights: Sequence[int]) -> list[int]:
    """Exact sums too, but the first takes all it can."""
    shares = []
    for weight in weights:
        shares.append(min(total, weight))
        total -= shares[-1]
    return shares


def test_the_same_life_twice_has_one_digest_and_unfair_shares_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    digests = [(a.books.digest(), a.orders.digest()) for a in (lived(9, 30), lived(9, 30))]
    assert digests[0] == digests[1]
    monkeypatch.setattr(netting, "apportion", greedy)
    assert lived(9, 30).books.digest() != digests[0][0]
