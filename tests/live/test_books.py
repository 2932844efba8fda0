"""Books: random operations, every identity exact, the edge of 64 bits, and faults that must be seen."""

from __future__ import annotations

from collections import defaultdict
from random import Random

import pytest

from counts import FULL
from live.accounts import open_account
from live.gates.kept import keep
from quantrl.errors import InvariantError
from quantrl.live.books import Books
from quantrl.live.postings import (
    Lines,
    Share,
    charge,
    cross,
    deposit,
    fill,
    transfer,
)
from quantrl.live.vocabulary import EXTERNAL, I64_MAX, SUSPENSE, TREASURY, VENUE, owner_of

OPERATIONS = 10_000_000 if FULL else 200_000
TV = (1, 100_000, 2_500_000)
AGENTS = 4


def buy(books: Books, inst: int, side: int, px: int, shares: list[Share]) -> None:
    """What a fill does: the trade is noted, its lines are posted."""
    lines = fill(inst, side, sum(s.lots for s in shares), px, books.tv[inst], shares)
    books.admit(lines)
    books.traded(inst, px, [Share(s.owner, side * s.lots, s.fee) for s in shares])
    books.post(lines, "fill")


def funded() -> Books:
    books = Books(TV, AGENTS)
    books.post(deposit(10**15), "deposit")
    for agent in range(AGENTS):
        books.post(open_account(agent, 10**14), "transfer")
    return books


class Oracle:
    """Balances from lines alone, one dictionary; equity by looking everything up again."""

    def __init__(self) -> None:
        self.held: dict[tuple[int, int], int] = defaultdict(int)

    def post(self, lines: Lines) -> None:
        for owner, asset, amount in lines:
            self.held[owner, asset] += amount

    def equity(self, owner: int, marks: tuple[int, ...]) -> int:
        return self.held[owner, 0] + sum(self.held[owner, 1 + i] * marks[i] * TV[i] for i in range(len(TV)))


def step(books: Books, rng: Random, prices: list[int]) -> Lines:
    """One random operation; its lines."""
    kind, inst = rng.random(), rng.randrange(len(TV))
    if kind < 0.6:
        side, px = rng.choice((1, -1)), max(1, prices[inst] + rng.randint(-3, 3))
        owners = [owner_of(rng.randrange(AGENTS))]
        if kind < 0.1:
            owners = [*dict.fromkeys([*owners, owner_of(rng.randrange(AGENTS)), SUSPENSE])]
        shares = [Share(owner, rng.randint(1, 50), rng.randint(-5, 500)) for owner in owners]
        lines = fill(inst, side, sum(s.lots for s in shares), px, TV[inst], shares)
        books.traded(inst, px, [Share(s.owner, side * s.lots, s.fee) for s in shares])
        books.post(lines, "fill")
    elif kind < 0.75:
        lots, px = rng.randint(1, 40), prices[inst]
        buyer = rng.randrange(AGENTS)
        shares_of = [(buyer, lots), ((buyer + 1) % AGENTS, -lots)]
        lines = cross(inst, px, TV[inst], shares_of)
        books.traded(inst, px, [Share(owner_of(agent), lots) for agent, lots in shares_of])
        books.post(lines, "cross")
    elif kind < 0.85:
        prices[inst] = max(1, prices[inst] + rng.randint(-20, 20))
        books.mark(prices)
        lines = ()
    elif kind < 0.93:
        amount = rng.randint(-(10**9), 10**9)
        lines = transfer([(TREASURY, -amount), (owner_of(rng.randrange(AGENTS)), amount)])
        books.post(lines, "transfer")
    elif kind < 0.98:
        lines = charge(owner_of(rng.randrange(AGENTS)), rng.randint(-1000, 1000))
        books.post(lines, "financing")
    else:
        lines = deposit(rng.randint(1, 10**6))
        books.post(lines, "deposit")
    return lines


def test_random_operations_keep_every_identity() -> None:
    rng, books, prices = Random(4), funded(), [1000, 2000, 300]
    books.mark(prices)
    for n in range(OPERATIONS):
        step(books, rng, prices)
        if n % 64 == 0:
            books.check()
    books.check([0] * AGENTS, pooled=True)
    owners = sum(books.equity(owner) for owner in books.owners)
    assert books.account_equity() == owners - books.profit(EXTERNAL)[0]
    keep("books", "Books, identities I1 to I7", {"random operations": OPERATIONS, "broken": 0}, seeds="4")


def test_balances_and_equity_are_those_of_an_obvious_ledger() -> None:
    rng, books, prices, oracle = Random(5), Books(TV, AGENTS), [1000, 2000, 300], Oracle()
    books.mark(prices)
    for _ in range(5_000):
        oracle.post(step(books, rng, prices))
        for owner in books.owners:
            assert books.equity(owner) == oracle.equity(owner, books.marks)
    assert books.account_position(1) == -oracle.held[VENUE, 2]


def test_a_fill_by_hand() -> None:
    books = funded()
    books.mark([0, 2000, 0])
    buy(books, 1, 1, 2010, [Share(owner_of(0), 3, 7), Share(owner_of(2), 1, 2)])
    books.mark([0, 2020, 0])
    assert books.cash(owner_of(0)) == 10**14 - 3 * 2010 * 100_000 - 7
    assert books.position(owner_of(2), 1) == 1
    assert books.account_position(1) == 4
    assert books.profit(owner_of(0)) == (10**14, 0, 7, -3 * 10 * 100_000, 3 * 20 * 100_000)
    assert books.account_equity() == 10**15 + 4 * 10 * 100_000 - 9
    books.check([0] * AGENTS)


def test_the_first_price_of_an_instrument_is_its_mark() -> None:
    books = funded()
    buy(books, 2, 1, 50, [Share(owner_of(1), 2)])
    assert books.marks == (0, 0, 50)
    assert books.equity(owner_of(1)) == 10**14
    books.check()


@pytest.mark.parametrize(
    "lines",
    [
        ((TREASURY, 0, 1),),
        ((TREASURY, 0, 1), (VENUE, 1, -1)),
        ((TREASURY, 0, 1), (7, 0, -1)),
        ((TREASURY, 9, 1), (VENUE, 9, -1)),
        ((owner_of(AGENTS), 0, 1), (VENUE, 0, -1)),
    ],
)
def test_lines_that_do_not_balance_or_name_nothing_change_nothing(lines: Lines) -> None:
    books = funded()
    before = books.digest()
    with pytest.raises(InvariantError):
        books.post(lines, "transfer")
    assert books.digest() == before


@pytest.mark.parametrize("over", [-1, 0, 1])
def test_the_edge_of_64_bits(over: int) -> None:
    books = Books((1,), 1)
    amount = I64_MAX + over
    before = books.digest()
    if over > 0:
        with pytest.raises(InvariantError, match="64 bits"):
            books.post(((VENUE, 1, -amount), (owner_of(0), 1, amount)), "fill")
        assert books.digest() == before
    else:
        books.post(((VENUE, 1, -amount), (owner_of(0), 1, amount)), "fill")
        assert books.position(owner_of(0), 0) == amount


def test_a_balance_crosses_the_edge_in_two_steps() -> None:
    books = Books((1,), 1)
    books.post(deposit(I64_MAX), "deposit")
    before = books.digest()
    with pytest.raises(InvariantError, match="64 bits"):
        books.post(deposit(1), "deposit")
    assert books.digest() == before


def test_a_position_may_not_be_worth_more_than_64_bits() -> None:
    books = Books((1_000_000,), 1)
    buy(books, 0, 1, 1, [Share(owner_of(0), 10**12)])
    before = books.digest()
    with pytest.raises(InvariantError, match="64 bits"):
        books.mark([10**6])
    assert books.digest() == before


@pytest.mark.parametrize("prices", [[1, 2], [1, 2, -3]])
def test_marks_that_no_market_has_are_refused(prices: list[int]) -> None:
    books = funded()
    before = books.digest()
    with pytest.raises(InvariantError, match="marks"):
        books.mark(prices)
    assert books.digest() == before


@pytest.mark.parametrize(
    ("side", "qty", "px", "shares"),
    [
        (1, 3, 5, [Share(16, 2)]),
        (1, 0, 5, []),
        (0, 2, 5, [Share(16, 2)]),
        (1, 2, 0, [Share(16, 2)]),
        (1, 2, 5, [Share(16, 3), Share(17, -1)]),
    ],
)
def test_a_fill_that_is_not_one_is_refused(side: int, qty: int, px: int, shares: list[Share]) -> None:
    with pytest.raises(InvariantError, match="fill of instrument 0"):
        fill(0, side, qty, px, 1, shares)


def test_crosses_and_transfers_that_create_something_are_refused() -> None:
    with pytest.raises(InvariantError, match="cross of instrument 1"):
        cross(1, 10, 1, [(0, 3), (1, -2)])
    with pytest.raises(InvariantError, match="I6"):
        transfer([(TREASURY, -3), (owner_of(0), 4)])
    with pytest.raises(InvariantError, match="I6"):
        transfer([(EXTERNAL, -3), (owner_of(0), 3)])
    with pytest.raises(InvariantError, match="reason"):
        funded().post((), "gift")


def test_an_overdrawn_agent_is_named_and_the_account_may_still_be_covered() -> None:
    books = funded()
    books.post(transfer([(TREASURY, 10**14 - 5), (owner_of(1), 5 - 10**14)]), "transfer")
    reserved = [0, 6, 0, 0]
    assert [b for b in books.breaches(reserved) if b.invariant == "I3"] == [
        ("I3", "agent 1: cash less reserved", -1)
    ]
    assert books.breaches(reserved, pooled=True) == ()
    assert books.breaches([10**15 + 1, 0, 0, 0], pooled=True)[0].residual == -1


FAULTS = {
    "I1": lambda books: books._held[0].__setitem__(TREASURY, books._held[0][TREASURY] + 1),
    "I2": lambda books: books._filled.__setitem__(1, books._filled[1] + 1),
    "I5": lambda books: books._mark_pnl.__setitem__(16, books._mark_pnl[16] - 1),
    "I6": lambda books: books._moved.__setitem__(17, books._moved[17] + 1),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_seen_and_named(name: str) -> None:
    rng, books, prices = Random(6), funded(), [1000, 2000, 300]
    books.mark(prices)
    for _ in range(500):
        step(books, rng, prices)
    assert books.breaches() == ()
    FAULTS[name](books)
    assert name in {breach.invariant for breach in books.breaches()}
    with pytest.raises(InvariantError, match="residual -?1$"):
        books.check()


def test_a_posting_without_its_trade_is_seen() -> None:
    books = funded()
    books.mark([10, 10, 10])
    books.post(fill(0, 1, 2, 11, 1, [Share(owner_of(0), 2, 1)]), "fill")
    assert {breach.invariant for breach in books.breaches()} == {"I2", "I5"}


def test_plain_values_hold_everything() -> None:
    rng, books, prices = Random(7), funded(), [1000, 2000, 300]
    for _ in range(300):
        step(books, rng, prices)
    again = books.copy()
    assert again.digest() == books.digest()
    for twin in (books, again):
        step(twin, Random(8), list(prices))
    assert again.to_plain() == books.to_plain()
