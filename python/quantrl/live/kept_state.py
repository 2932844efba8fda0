"""A book's state as plain values, which snapshots keep, and back."""

from __future__ import annotations

from typing import Any

import numpy as np

from quantrl.errors import InvariantError
from quantrl.live import events
from quantrl.live.books import Books
from quantrl.live.locks import Lock, Locks
from quantrl.live.meters import Meters
from quantrl.live.orders import Orders
from quantrl.live.protections import Protections
from quantrl.live.rounds import Rounds
from quantrl.live.setup import Setup
from quantrl.live.state import PendingCross, State
from quantrl.live.states import Trading
from quantrl.live.venue.desk import Desk
from quantrl.selection._poll import Poll

VERSION = 2


def plain_of(state: State) -> Any:
    """Everything that decides what comes next, as plain values."""
    return {
        "version": VERSION,
        "ord": state.ord,
        "ts": state.ts,
        "bar": -1 if state.row is None else state.row.row,
        "books": state.books.to_plain(),
        "orders": state.orders.to_plain(),
        "trading": state.trading.to_plain(),
        "locks": state.locks.to_plain(),
        "meters": state.meters.to_plain(),
        "rounds": state.rounds.to_plain(),
        "requests": dict(state.requests),
        "poll": state.poll.state(),
        "held": state.held.tobytes(),
        "targets": [tuple(row) for row in state.targets],
        "natives": {agent: native.snapshot() for agent, native in state.natives.items()},
        "native_answers": {agent: tuple(one) for agent, one in state.native_answers.items()},
        "crosses": [(one.inst, one.shares) for one in state.crosses],
        "quarantined": dict(state.quarantined),
        "nonces": tuple(state.nonces.items()),
        "day_start": state.day_start,
        "peak": state.peak,
        "flatten_from": state.flatten_from,
        "moved": state.moved,
        "refused": state.refused,
        "recent": list(state.recent),
        "desk": None if state.desk is None else state.desk.to_plain(),
        "day": state.day,
        "fresh_ts": state.fresh_ts,
        "waiting": state.waiting,
        "protections": state.protections.to_plain(),
        "due_locks": tuple(map(tuple, state.due_locks)),
        "turn": state.turn,
        "schedule": None if state.schedule is None else state.schedule.to_plain(),
        "capital_moved": tuple(state.capital_moved.items()),
        "field": None if state.row is None else state.field.state(state.row.row),
    }


def state_of(setup: Setup, plain: Any) -> State:
    """A state from `plain_of`, on the same setup.

    Raises
    ------
    InvariantError
        Another version of the state.
    """
    if plain["version"] != VERSION:
        raise InvariantError(f"state: expected version {VERSION}, got {plain['version']}")
    state = State(setup)
    shape = state.held.shape
    state.ord, state.ts, bar = plain["ord"], plain["ts"], plain["bar"]
    state.row = setup.feed.row(bar) if bar >= 0 else None
    state.books, state.orders = Books.from_plain(plain["books"]), Orders.from_plain(plain["orders"])
    state.trading, state.locks = Trading.from_plain(plain["trading"]), Locks.from_plain(plain["locks"])
    state.meters = Meters.from_plain(setup.limits, plain["meters"])
    state.rounds = Rounds.from_plain(plain["rounds"])
    state.requests = dict(plain["requests"])
    state.poll = Poll.of_state(plain["poll"], shape)
    state.held = np.frombuffer(plain["held"]).reshape(shape).copy()
    state.targets = [tuple(row) for row in plain["targets"]]
    if state.row is not None:
        for agent, memory in plain["natives"].items():
            state.natives[agent].restore(memory, state.row.time, shape[1])
        state.field.restore(plain["field"])
    state.native_answers = {agent: events.Answer(*one) for agent, one in plain["native_answers"].items()}
    state.crosses = [PendingCross(inst, tuple(map(tuple, shares))) for inst, shares in plain["crosses"]]
    state.quarantined, state.nonces = dict(plain["quarantined"]), dict(plain["nonces"])
    state.day_start, state.peak = plain["day_start"], plain["peak"]
    state.flatten_from = plain["flatten_from"]
    state.moved, state.refused = tuple(plain["moved"]), tuple(plain["refused"])
    state.recent = list(plain["recent"])
    if setup.ticks is not None:
        state.desk = Desk.of_plain(setup.ticks, plain["desk"])
    state.day, state.fresh_ts = plain["day"], plain["fresh_ts"]
    state.waiting = tuple(plain["waiting"])
    if "protections" in plain:
        state.protections = Protections.from_plain(state.protections.rules, plain["protections"])
        state.due_locks = tuple(Lock(*lock) for lock in plain["due_locks"])
        state.capital_moved = dict(plain["capital_moved"])
    if state.schedule is not None:
        state.turn = plain["turn"]
        state.schedule.restore(plain["schedule"])
    return state
