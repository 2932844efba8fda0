"""Every answer of a bar is in: the round is settled, and what the agents want becomes one order an instrument."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from quantrl.live import events
from quantrl.live.client_ids import client_id
from quantrl.live.events import HOLD, Event, event
from quantrl.live.netting import Leg, Want, delta, net, saved_fee
from quantrl.live.postings import transfer
from quantrl.live.reallocation import Account, reallocate, to_ppm
from quantrl.live.resting import limit_px, place, recall
from quantrl.live.review import Exposure, review
from quantrl.live.risk import ACCOUNT, AGENT, Facts, Proposal, Verdict
from quantrl.live.rounds import RoundState
from quantrl.live.sessions import OPEN
from quantrl.live.state import State
from quantrl.live.vocabulary import I64_MAX, PPB, TREASURY, OrderState, Tif, TradingState, owner_of
from quantrl.selection.lifecycle import CUT
from quantrl.selection.netting import net as net_weights
from quantrl.typing import FloatArray
from quantrl.units import iso_time

_NANO = 10**9
_TRADES = (TradingState.ACTIVE, TradingState.NO_ENTRY, TradingState.REDUCE_ONLY)


def close_decisions(state: State, ts: int, cause: int) -> Iterator[Event]:
    """The contest's round, the transfers it asks for, and the orders of everyone it funds."""
    yield from _round(state, ts, cause)
    if state.trading.state in _TRADES and state.setup.is_open(ts):
        if state.desk is not None:
            for order in list(state.orders.open_orders()):
                yield from recall(state, ts, cause, order.client_id)
        yield from _orders(state, ts, cause, range(len(state.setup.instruments)))


def decide_again(state: State, ts: int, cause: int) -> Iterator[Event]:
    """Orders of the newest decision in instruments whose recalled orders have ended since."""
    trades = state.trading.state in _TRADES and state.setup.is_open(ts)
    if state.freed and state.row is not None and trades:
        yield from _orders(state, ts, cause, state.freed)


def flatten(state: State, ts: int, cause: int) -> Iterator[Event]:
    """The daemon's own orders that close every position."""
    agents = range(state.setup.n_agents)
    legs = []
    for inst in range(len(state.setup.instruments)):
        if state.desk is not None and any(state.orders.open_orders(inst)):
            continue
        held = {agent: -state.books.position(owner_of(agent), inst) for agent in agents}
        leg = net(inst, {agent: lots for agent, lots in held.items() if lots})
        if leg is not None:
            legs.append(leg)
    yield from _send(state, ts, cause, legs, own=True)


def allocated(state: State) -> list[int]:
    """(A,) capital shares in ppm of the newest round: shares at the target volatility, within the limit on exposure."""
    outcome = state.outcome
    assert outcome is not None
    count = state.setup.n_agents
    shares, scales = np.zeros(count), np.ones(count)
    seen = len(outcome.step.weights)
    shares[:seen], scales[:seen] = outcome.step.weights, outcome.step.scales
    return capital_ppm(shares, scales, outcome.wanted, state.setup.config.selection.max_gross)


def capital_ppm(shares: FloatArray, scales: FloatArray, wanted: FloatArray, max_gross: float) -> list[int]:
    """Capital of each agent in ppm: share times scale, shrunk where exposure or the whole would be too large.

    Parameters
    ----------
    shares, scales : (A,) float64
    wanted : (A, N) float64
    max_gross : float
    """
    _, factor = net_weights(shares, scales, wanted, max_gross)
    capital = shares * scales * float(factor)
    return to_ppm((capital / max(1.0, float(capital.sum()))).tolist())


def _round(state: State, ts: int, cause: int) -> Iterator[Event]:
    row = state.row
    assert row is not None
    name = iso_time(row.time)

    def step(to: RoundState, rows: Sequence[tuple[int, int, int, int]] = ()) -> Event:
        return event(events.Round(name, int(to), tuple(rows)), ts=ts, cause=cause)

    yield step(RoundState.OPEN)
    outcome = state.outcome
    assert outcome is not None
    scores, ranking = outcome.step.scores, outcome.step.ranking
    ready = [agent for agent in range(len(scores)) if scores.ready[agent]]
    points = {agent: round(float(ranking.key[agent]) * _NANO) for agent in ready}
    yield step(
        RoundState.SCORED, [(agent, 0, round(float(scores.mean[agent]) * _NANO), 0) for agent in ready]
    )
    ranked = [(agent, 0, points[agent], int(ranking.pos[agent])) for agent in ready]
    yield step(RoundState.RANKED, ranked)
    ppm = allocated(state)
    rows = [
        (agent, part, points.get(agent, 0), int(ranking.pos[agent])) for agent, part in enumerate(ppm) if part
    ]
    yield step(RoundState.ALLOCATED, rows)
    states = outcome.step.states
    accounts = [
        Account(
            agent,
            0 if state.is_off(agent) else ppm[agent],
            state.equity_of(agent),
            state.books.cash(owner_of(agent)),
            state.rounds.since_funded(agent),
            state.is_off(agent) or (agent < len(states) and states[agent] == CUT),
        )
        for agent in range(state.setup.n_agents)
    ]
    settlement = reallocate(
        accounts, state.books.account_equity(), state.books.cash(TREASURY), state.setup.terms
    )
    if settlement.moves or settlement.due != state.rounds.due:
        lines = transfer(settlement.moves)
        yield event(events.Transfer(name, lines, settlement.due), ts=ts, cause=cause)
    yield step(RoundState.SETTLED)


def _orders(state: State, ts: int, cause: int, instruments: Sequence[int]) -> Iterator[Event]:
    """Orders in some instruments; one in which an order is open waits for its end."""
    free = [inst for inst in instruments if state.desk is None or not any(state.orders.open_orders(inst))]
    deltas, base = _deltas(state, free), _facts(state, ts)
    refused: list[Event] = []
    for agent, wants in deltas.items():
        for inst, verdict in _judged_agent(state, ts, agent, wants, base).items():
            refused.append(_verdict(ts, cause, AGENT, agent, inst, wants[inst], verdict))
            del wants[inst]
    yield from refused
    legs = []
    closing_only = state.trading.state != TradingState.ACTIVE
    for inst in free:
        wanted = {agent: wants[inst] for agent, wants in deltas.items() if inst in wants}
        limit = state.books.account_position(inst) if closing_only else None
        leg = net(inst, wanted, limit=limit) if wanted else None
        if leg is not None:
            legs.append(leg)
    yield from _send(state, ts, cause, legs)


def _deltas(state: State, instruments: Sequence[int]) -> dict[int, dict[int, int]]:
    """Signed lots by agent and instrument that bring each agent to its targets; one that is off keeps its lots.

    To hold means to keep every lot, but where capital came or went it means the weights of the agent's shadow account: who
    buys once and then holds would else never invest what a later round gives it, nor free what one takes.
    """
    due, marks = dict(state.rounds.due), state.books.marks
    row = state.row
    assert row is not None
    found: dict[int, dict[int, int]] = {}
    for agent, targets in enumerate(state.targets):
        owner = owner_of(agent)
        if state.books.is_empty(owner) or state.is_off(agent):
            continue
        equity = state.equity_of(agent) - due.get(agent, 0)
        if agent in due or agent in state.moved:
            kept = np.floor(state.held[agent] * PPB).astype(np.int64).tolist()
            targets = tuple(
                new if weight == HOLD else weight for weight, new in zip(targets, kept, strict=True)
            )
        wants = {}
        for inst in instruments:
            weight = targets[inst]
            held = state.books.position(owner, inst)
            # Without capital nothing is held, whatever the agent would keep.
            ppb = 0 if weight == HOLD and equity <= 0 else weight
            if ppb == HOLD or row.close[inst] == 0 or (held == 0 and ppb == 0):
                continue
            want = Want(agent, ppb, equity, held, state.orders.owed(agent, inst))
            lots = delta(want, marks[inst], state.setup.tv[inst])
            if lots:
                wants[inst] = lots
        if wants:
            found[agent] = wants
    return found


def _judged_agent(
    state: State, ts: int, agent: int, wants: dict[int, int], base: Facts
) -> dict[int, Verdict]:
    owner, books, n = owner_of(agent), state.books, len(state.setup.instruments)
    exposure = Exposure([books.position(owner, inst) for inst in range(n)], books.marks, state.setup.tv)
    proposals = [_proposal(agent, inst, lots) for inst, lots in wants.items()]
    capital = state.equity_of(agent)
    base = base._replace(capital=capital, refused=state.meters.refusals(agent, ts))

    def facts(p: Proposal) -> Facts:
        lock = state.locks.blocking(p.side, ts, agent=agent, inst=p.inst)
        return _priced(state, base, p)._replace(locked=0 if lock is None else lock.until)

    verdicts = review(state.setup.limits, proposals, exposure, facts)
    return {p.inst: v for p, v in zip(proposals, verdicts, strict=True) if v is not None}


def _send(state: State, ts: int, cause: int, legs: Sequence[Leg], *, own: bool = False) -> Iterator[Event]:
    """Account-level gates, then crosses and orders; a refusal drops the whole leg."""
    books, n, limits = state.books, len(state.setup.instruments), state.setup.limits
    positions = [books.account_position(inst) for inst in range(n)]
    working = [] if state.desk is None else [state.orders.working(inst) for inst in range(n)]
    exposure = Exposure(positions, books.marks, state.setup.tv, working)
    proposals = [
        Proposal(-1, leg.inst, leg.side, leg.qty, limit_px(state, leg.inst, leg.side, own=own))
        for leg in legs
    ]
    base = _facts(state, ts)._replace(own=int(own))

    def facts(p: Proposal) -> Facts:
        lock = state.locks.blocking(p.side, ts, inst=p.inst)
        return _priced(state, base, p)._replace(
            locked=0 if lock is None else lock.until,
            quarantined=int(p.inst in state.quarantined),
            rejects=state.meters.rejects(p.inst),
        )

    verdicts = review(limits, proposals, exposure, facts)
    passed: list[tuple[int, Leg, int]] = []
    for number, (leg, proposal, verdict) in enumerate(zip(legs, proposals, verdicts, strict=True)):
        if verdict is not None:
            agent = -1 if state.desk is None else _asker(leg)
            yield _verdict(ts, cause, ACCOUNT, agent, leg.inst, proposal.side * proposal.qty, verdict)
        elif state.desk is None:
            yield from _leave(state, ts, cause, number, leg)
        else:
            passed.append((number, leg, proposal.px))
    yield from place(state, ts, cause, passed, own=own)


def _asker(leg: Leg) -> int:
    """Who wanted most of a leg: a refusal of the account's counts against it, or one agent could flood the book unseen."""
    wanted = leg.shares or leg.crossed
    return max(wanted, key=lambda share: (abs(share[1]), -share[0]))[0]


def _leave(state: State, ts: int, cause: int, number: int, leg: Leg) -> Iterator[Event]:
    mark = state.books.marks[leg.inst]
    if leg.crossed:
        saved = saved_fee(
            leg.crossed, mark, lambda lots, px: state.setup.venue.quote(leg.inst, 1, lots, px)[1]
        )
        yield event(events.Cross(leg.inst, 0, leg.crossed, saved), ts=ts, cause=cause)
    if leg.qty:
        name = client_id(state.setup.book_id, cause, number, 0)
        values = events.Intent(name, leg.inst, leg.side, leg.qty, 0, Tif.NEXT_BAR, 0, number, leg.shares)
        yield event(values, ts=ts, cause=cause)
        yield event(events.OrderState(name, OrderState.ACKED, 0, ""), ts=ts, cause=cause)


def _proposal(agent: int, inst: int, lots: int) -> Proposal:
    return Proposal(agent, inst, 1 if lots > 0 else -1, abs(lots))


def _facts(state: State, ts: int) -> Facts:
    sent, turnover = state.meters.sent(ts)
    sessions = state.setup.sessions
    cancels, orders = state.meters.cancels()
    return Facts(
        mark=0,
        tv=0,
        equity=state.books.account_equity(),
        session=OPEN if sessions is None else sessions.state(ts),
        state=state.trading.state,
        tokens=state.meters.tokens(ts),
        sent=sent,
        turnover=turnover,
        cancels=cancels,
        orders=orders,
        day_start=state.day_start,
        peak=state.peak,
    )


def _priced(state: State, facts: Facts, p: Proposal) -> Facts:
    row = state.row
    assert row is not None
    stale = state.setup.limits.data_age + 1
    if state.desk is not None:
        age = state.ts - state.fresh_ts if all(state.desk.best(p.inst)) else stale
    else:
        age = stale if row.close[p.inst] == 0 else 0
    return facts._replace(mark=state.books.marks[p.inst], tv=state.setup.tv[p.inst], age=age)


def _verdict(ts: int, cause: int, scope: int, agent: int, inst: int, lots: int, verdict: Verdict) -> Event:
    side = 1 if lots > 0 else -1
    limit, actual = (min(value, I64_MAX) for value in verdict[1:])
    values = events.Verdict(scope, inst, side, abs(lots), verdict.code, limit, actual)
    return event(values, ts=ts, agent=agent, cause=cause)
