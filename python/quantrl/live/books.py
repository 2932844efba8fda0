"""Integer double entry: who owns what, and proof that nothing appeared or vanished."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from quantrl.errors import InvariantError
from quantrl.live.digests import Plain, digest
from quantrl.live.postings import CHARGE, CROSS, FILL, REASONS, Line, Share
from quantrl.live.vocabulary import (
    AGENT0,
    CASH,
    EXTERNAL,
    FEES,
    FINANCING,
    I64_MAX,
    I64_MIN,
    SUSPENSE,
    TREASURY,
    VENUE,
    asset_of,
    owner_of,
)


class Breach(NamedTuple):
    """An identity that does not hold: its name, where, and by how much."""

    invariant: str
    where: str
    residual: int


class Books:
    """Balances of cash (units of 1e-8) and lots per owner, changed by balanced postings only.

    `post` applies lines (made in `postings`), and `traded` notes what was bought and sold at which price. The two paths
    meet in `breaches`.

    Parameters
    ----------
    tv : sequence of int
        Cash units that one lot gains when its price rises by one tick, per instrument.
    n_agents : int

    Notes
    -----
    Lines are (owner, asset, amount); asset 0 is cash, 1 + i is instrument i. `external` is where deposits come from and
    where fills of orders we do not know go.
    """

    def __init__(self, tv: Sequence[int], n_agents: int) -> None:
        self.tv = tuple(tv)
        self.n_agents = n_agents
        n_owners = AGENT0 + n_agents
        self._owners = (TREASURY, EXTERNAL, SUSPENSE, *range(AGENT0, n_owners))
        self._known = frozenset((*self._owners, VENUE, FEES, FINANCING))
        self._held = [[0] * n_owners for _ in range(1 + len(self.tv))]
        self._marks = [0] * len(self.tv)
        self._filled = [0] * len(self.tv)
        self._moved = [0] * n_owners
        self._charged = [0] * n_owners
        self._fees = [0] * n_owners
        self._fill_pnl = [0] * n_owners
        self._mark_pnl = [0] * n_owners

    def admit(self, lines: Iterable[Line]) -> dict[tuple[int, int], int]:
        """The balances (asset, owner) that posting `lines` would leave; nothing changes.

        Raises
        ------
        InvariantError
            I1: an asset does not sum to 0. Or an owner or asset that does not exist, or an amount, balance or value at
            the last mark beyond 64 bits.
        """
        after: dict[tuple[int, int], int] = {}
        sums: dict[int, int] = {}
        held, known = self._held, self._known
        for owner, asset, amount in lines:
            if owner not in known or not 0 <= asset < len(held):
                raise InvariantError(f"posting: no owner {owner} or no asset {asset}")
            if not I64_MIN <= amount <= I64_MAX:
                raise InvariantError(f"posting: owner {owner} asset {asset}: {amount} is beyond 64 bits")
            key = (asset, owner)
            before = after.get(key)
            after[key] = amount + (held[asset][owner] if before is None else before)
            sums[asset] = sums.get(asset, 0) + amount
        for asset, residual in sums.items():
            if residual:
                raise InvariantError(f"I1 asset {asset}: expected a sum of 0, got {residual}")
        for (asset, owner), balance in after.items():
            worth = balance * self._marks[asset - 1] * self.tv[asset - 1] if asset else 0
            if not (I64_MIN <= balance <= I64_MAX and I64_MIN <= worth <= I64_MAX):
                raise InvariantError(
                    f"owner {owner} asset {asset}: {balance}, worth {worth}, is beyond 64 bits"
                )
        return after

    def post(self, lines: Iterable[Line], reason: str) -> None:
        """Apply balanced lines.

        Parameters
        ----------
        lines : iterable of (owner, asset, amount)
        reason : str
            One of `REASONS`.

        Raises
        ------
        InvariantError
            As `admit`, or an unknown reason; the books are unchanged.
        """
        lines = tuple(lines)
        if reason not in REASONS:
            raise InvariantError(f"posting: expected a reason of {', '.join(REASONS)}, got {reason!r}")
        for (asset, owner), balance in self.admit(lines).items():
            self._held[asset][owner] = balance
        if reason in (FILL, CROSS):
            return
        flows = self._charged if reason == CHARGE else self._moved
        for owner, asset, amount in lines:
            if asset == CASH:
                flows[owner] += amount

    def traded(self, inst: int, px: int, moves: Iterable[Share]) -> None:
        """Note signed lots that changed hands at `px` ticks, and the fees; balances change by `post` alone.

        The first price of an instrument without a mark becomes its mark.
        """
        if self._marks[inst] == 0:
            self._marks[inst] = px
        edge = (self._marks[inst] - px) * self.tv[inst]
        for owner, lots, fee in moves:
            self._filled[inst] += lots
            self._fill_pnl[owner] += lots * edge
            self._fees[owner] += fee

    def mark(self, prices: Sequence[int]) -> None:
        """Value what is held at new prices.

        Parameters
        ----------
        prices : (N,) int
            Ticks; 0 keeps the last mark.

        Raises
        ------
        InvariantError
            Another number of prices, a negative one, or a position worth more than 64 bits; the marks are unchanged.
        """
        if len(prices) != len(self._marks):
            raise InvariantError(f"marks: expected {len(self._marks)} prices, got {len(prices)}")
        gains = list(self._mark_pnl)
        for inst, price in enumerate(prices):
            if price == 0 or price == self._marks[inst]:
                continue
            if price < 0:
                raise InvariantError(f"marks: instrument {inst}: expected a price >= 0, got {price}")
            worth, change = price * self.tv[inst], (price - self._marks[inst]) * self.tv[inst]
            for owner, lots in enumerate(self._held[asset_of(inst)]):
                if lots:
                    if not I64_MIN <= lots * worth <= I64_MAX:
                        raise InvariantError(
                            f"owner {owner} instrument {inst}: {lots * worth} is beyond 64 bits"
                        )
                    gains[owner] += lots * change
        self._mark_pnl = gains
        self._marks = [price or old for price, old in zip(prices, self._marks, strict=True)]

    @property
    def marks(self) -> tuple[int, ...]:
        """Last price per instrument, ticks; 0 = none yet."""
        return tuple(self._marks)

    @property
    def owners(self) -> tuple[int, ...]:
        """Owners that hold what is ours: treasury, external, suspense and the agents."""
        return self._owners

    def balance(self, owner: int, asset: int) -> int:
        """Cash units or lots."""
        return self._held[asset][owner]

    def cash(self, owner: int) -> int:
        """Cash units."""
        return self._held[CASH][owner]

    def position(self, owner: int, inst: int) -> int:
        """Signed lots of one owner."""
        return self._held[1 + inst][owner]

    def is_empty(self, owner: int) -> bool:
        """Whether an owner has neither cash nor lots."""
        return not any(row[owner] for row in self._held)

    def account_position(self, inst: int) -> int:
        """Signed lots of the whole account at the venue."""
        return -self._held[1 + inst][VENUE]

    def equity(self, owner: int) -> int:
        """Cash plus positions at the last marks."""
        worth = self._held[CASH][owner]
        for inst, (mark, tv) in enumerate(zip(self._marks, self.tv, strict=True)):
            lots = self._held[1 + inst][owner]
            if lots:
                worth += lots * mark * tv
        return worth

    def account_cash(self) -> int:
        """Cash of the whole account: deposits less what went to venue, fees and financing."""
        cash = self._held[CASH]
        return -self._moved[EXTERNAL] - (cash[VENUE] + cash[FEES] + cash[FINANCING])

    def account_equity(self) -> int:
        """The whole account: its cash plus its positions at the last marks."""
        positions = (self.account_position(inst) for inst in range(len(self.tv)))
        return self.account_cash() + sum(
            lots * mark * tv for lots, mark, tv in zip(positions, self._marks, self.tv, strict=True)
        )

    def profit(self, owner: int) -> tuple[int, int, int, int, int]:
        """What changed an owner's equity since genesis: moved, financing, fees, fill and mark P&L."""
        return (
            self._moved[owner],
            self._charged[owner],
            self._fees[owner],
            self._fill_pnl[owner],
            self._mark_pnl[owner],
        )

    def breaches(self, reserved: Sequence[int] = (), *, pooled: bool = False) -> tuple[Breach, ...]:
        """Every identity that does not hold.

        Parameters
        ----------
        reserved : (A,) int, optional
            Cash units that open orders of each agent may still take; without it I3 is not asked.
        pooled : bool
            Ask I3 of the account as a whole, not of every agent: fills at a price unknown when they were decided may
            overdraw one agent while the account has the cash.
        """
        return (*self._balance(), *self._positions(), *self._funded(reserved, pooled), *self._explained())

    def check(self, reserved: Sequence[int] = (), *, pooled: bool = False) -> None:
        """Raise for the first of `breaches`.

        Raises
        ------
        InvariantError
            It names the invariant, where, and the residual.
        """
        for invariant, where, residual in self.breaches(reserved, pooled=pooled):
            raise InvariantError(f"{invariant} {where}: residual {residual}")

    def _balance(self) -> Iterable[Breach]:
        for asset, row in enumerate(self._held):
            if residual := sum(row):
                yield Breach("I1", f"asset {asset}", residual)
        if residual := sum(self._moved):
            yield Breach("I6", "transfers", residual)

    def _positions(self) -> Iterable[Breach]:
        for inst, filled in enumerate(self._filled):
            row = self._held[1 + inst]
            if residual := sum(row[owner] for owner in self._owners) + row[VENUE]:
                yield Breach("I2", f"instrument {inst}: owners less account", residual)
            if residual := -row[VENUE] - filled:
                yield Breach("I2", f"instrument {inst}: account less fills", residual)

    def _funded(self, reserved: Sequence[int], pooled: bool) -> Iterable[Breach]:
        if not reserved:
            return
        treasury, free = self.cash(TREASURY), self.account_cash() - sum(reserved)
        if treasury < 0:
            yield Breach("I3", "treasury", treasury)
        if pooled and free < 0:
            yield Breach("I3", "account: cash less reserved", free)
        for agent, amount in enumerate(() if pooled else reserved):
            if (free := self.cash(owner_of(agent)) - amount) < 0:
                yield Breach("I3", f"agent {agent}: cash less reserved", free)

    def _explained(self) -> Iterable[Breach]:
        for owner in self._owners:
            moved, charged, fees, fill, mark = self.profit(owner)
            equity = self.equity(owner)
            if residual := equity - (moved + charged - fees + fill + mark):
                yield Breach("I5", f"owner {owner}: equity less its sources", residual)
            if not I64_MIN <= equity <= I64_MAX:
                yield Breach("I5", f"owner {owner}: equity beyond 64 bits", equity)

    def to_plain(self) -> Plain:
        """Everything, as nested tuples of ints."""
        return (
            self.tv,
            self.n_agents,
            tuple(tuple(row) for row in self._held),
            *(tuple(getattr(self, name)) for name in _COLUMNS),
        )

    @classmethod
    def from_plain(cls, plain: Any) -> Books:
        """Books from `to_plain`."""
        tv, n_agents, held, *columns = plain
        books = cls(tv, n_agents)
        books._held = [list(row) for row in held]
        for name, column in zip(_COLUMNS, columns, strict=True):
            setattr(books, name, list(column))
        return books

    def copy(self) -> Books:
        """Independent books in the same state."""
        return self.from_plain(self.to_plain())

    def digest(self) -> bytes:
        """SHA-256 over everything in the books."""
        return digest(self.to_plain())


_COLUMNS = ("_marks", "_filled", "_moved", "_charged", "_fees", "_fill_pnl", "_mark_pnl")
