"""The gates over all orders of one decision: each is judged with those before it counted, so no set goes over a cap."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from quantrl.live.limits import RiskLimits
from quantrl.live.risk import Facts, Proposal, Verdict, check, notional, reduces


class Exposure:
    """What is held and open per instrument, and its worth once open orders are filled.

    Parameters
    ----------
    positions : (N,) int
        Signed lots.
    marks, tv : (N,) int
        Ticks; cash units per lot and tick.
    working : (N,) pairs of int, optional
        Lots of open buys and open sells.
    """

    def __init__(
        self,
        positions: Sequence[int],
        marks: Sequence[int],
        tv: Sequence[int],
        working: Sequence[tuple[int, int]] = (),
    ) -> None:
        self.positions = tuple(positions)
        self._unit = [mark * value for mark, value in zip(marks, tv, strict=True)]
        self.buys = [buys for buys, _ in working] or [0] * len(self._unit)
        self.sells = [sells for _, sells in working] or [0] * len(self._unit)
        worths = [self._expected(inst) * unit for inst, unit in enumerate(self._unit)]
        self._gross, self._net = sum(map(abs, worths)), sum(worths)

    def after(self, inst: int, lots: int) -> tuple[int, int]:
        """Gross and net worth, cash units, once open orders and these signed lots are filled."""
        before, unit = self._expected(inst), self._unit[inst]
        return self._gross + (abs(before + lots) - abs(before)) * unit, self._net + lots * unit

    def add(self, inst: int, side: int, qty: int) -> None:
        """Count an order as open."""
        self._gross, self._net = self.after(inst, side * qty)
        if side > 0:
            self.buys[inst] += qty
        else:
            self.sells[inst] += qty

    def _expected(self, inst: int) -> int:
        return self.positions[inst] + self.buys[inst] - self.sells[inst]


def review(
    limits: RiskLimits,
    proposals: Sequence[Proposal],
    exposure: Exposure,
    facts: Callable[[Proposal], Facts],
) -> list[Verdict | None]:
    """Judge the orders of one decision together.

    Parameters
    ----------
    proposals : sequence of Proposal
        All of the account, or all of one agent.
    exposure : Exposure
        Of the account or the agent; accepted orders are added to it.
    facts : callable (proposal) -> Facts
        What is known before the decision; what this decision adds is filled in here: positions and open orders, exposure,
        tokens, orders and turnover.

    Returns
    -------
    list of Verdict or None
        One per proposal; None = accepted.

    Notes
    -----
    Reducing orders are judged first, then by instrument, so the order of `proposals` does not matter and what is sold
    makes room for what is bought.
    """
    verdicts: list[Verdict | None] = [None] * len(proposals)
    known = [
        facts(p)._replace(
            position=exposure.positions[p.inst],
            open_buys=exposure.buys[p.inst],
            open_sells=exposure.sells[p.inst],
        )
        for p in proposals
    ]
    turn = sorted(
        range(len(proposals)),
        key=lambda k: (not reduces(proposals[k], known[k]), proposals[k].inst, proposals[k], k),
    )
    count = spent = 0
    for k in turn:
        p, f = proposals[k], known[k]
        gross, net = exposure.after(p.inst, p.side * p.qty)
        f = f._replace(
            open_buys=exposure.buys[p.inst],
            open_sells=exposure.sells[p.inst],
            gross_after=gross,
            net_after=net,
            used_after=gross,
            in_decision=f.in_decision + count,
            tokens=f.tokens - count,
            sent=f.sent + count,
            turnover=f.turnover + spent,
        )
        verdicts[k] = check(limits, p, f)
        if verdicts[k] is None and p.qty:
            exposure.add(p.inst, p.side, p.qty)
            count += 1
            spent += notional(p, f)
    return verdicts
