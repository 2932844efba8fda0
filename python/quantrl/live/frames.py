"""What happened in a book as tables: names instead of numbers, money exact and beside it in currency."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import polars as pl

from quantrl.live import answers, events
from quantrl.live.history import history
from quantrl.live.postings import TRANSFER
from quantrl.live.reading import ClosedBook
from quantrl.live.risk import ACCOUNT, GATES
from quantrl.live.rounds import RoundState
from quantrl.live.vocabulary import AGENT0, CASH, OrderState, Tif
from quantrl.typing import FloatArray

UNITS = 10**8
"""Cash units in one of the currency."""
_TIME = pl.Datetime("ns", "UTC")
_INT, _FLOAT, _TEXT = pl.Int64(), pl.Float64(), pl.String()
_EXACT = "_1e8"
_SCORE = 10**9
Row = tuple[Any, ...]


def _frame(columns: Mapping[str, pl.DataType], rows: Iterable[Row]) -> pl.DataFrame:
    """A frame of rows; every column of cash units gets one in currency after it."""
    frame = pl.DataFrame(list(rows), schema=dict(columns), orient="row")
    shown: list[pl.Expr] = []
    for name in columns:
        shown.append(pl.col(name))
        if name.endswith(_EXACT):
            shown.append((pl.col(name) / UNITS).alias(name.removesuffix(_EXACT)))
    return frame.select(shown)


def fills(book: ClosedBook) -> pl.DataFrame:
    """One row a fill; `priced` is the time of its price, `slippage` against the bar's reference price."""
    tables, feed = book.setup.instruments, book.setup.feed
    rows: list[Row] = []
    row = None
    for event, fill in book.content(events.Market, events.Timer, events.Fill):
        if not isinstance(fill, events.Fill):
            row = feed.row_of(event, fill) or row
            continue
        value = fill.qty * book.setup.tv[fill.inst]
        mark = 0 if row is None else row.price[fill.inst]
        slip = value * fill.side * (fill.px - mark) if mark else None
        rows.append(
            (
                event.ord,
                event.ts,
                fill.priced,
                fill.client_id,
                fill.venue_fill_id,
                book.symbols[fill.inst],
                _side(fill.side),
                fill.qty,
                fill.px,
                tables.price(fill.inst, fill.px),
                value * fill.px,
                fill.fee,
                slip,
            )
        )
    columns = {
        "ord": _INT,
        "time": _TIME,
        "priced": _TIME,
        "client_id": _TEXT,
        "venue_fill_id": _TEXT,
        "instrument": _TEXT,
        "side": _TEXT,
        "qty_lots": _INT,
        "px_ticks": _INT,
        "price": _FLOAT,
        "value_1e8": _INT,
        "fee_1e8": _INT,
        "slippage_1e8": _INT,
    }
    return _frame(columns, rows)


def orders(book: ClosedBook) -> pl.DataFrame:
    """One row an order as it stands at the end; `changed` is when its state last did."""
    found: dict[str, list[Any]] = {}
    for event, values in book.content(events.Intent, events.OrderState):
        if isinstance(values, events.Intent):
            px = values.px or None
            found[values.client_id] = [
                event.ord,
                event.ts,
                values.client_id,
                book.symbols[values.inst],
                _side(values.side),
                values.qty,
                px,
                Tif(values.tif).name,
                OrderState.INTENT.name,
                0,
                "",
                event.ts,
            ]
        elif values.client_id in found:
            state = OrderState(values.state).name
            found[values.client_id][-4:] = [state, values.cum, values.reason, event.ts]
    columns = {
        "ord": _INT,
        "decided": _TIME,
        "client_id": _TEXT,
        "instrument": _TEXT,
        "side": _TEXT,
        "qty_lots": _INT,
        "px_ticks": _INT,
        "tif": _TEXT,
        "state": _TEXT,
        "cum_lots": _INT,
        "reason": _TEXT,
        "changed": _TIME,
    }
    return _frame(columns, map(tuple, found.values()))


def postings(book: ClosedBook) -> pl.DataFrame:
    """One row a line of double entry; every (ord, asset) sums to 0."""
    rows = [
        (
            event.ord,
            event.ts,
            line,
            posting.reason if isinstance(posting, events.Posting) else TRANSFER,
            book.owner(owner),
            "cash" if asset == CASH else book.symbols[asset - 1],
            None if asset == CASH else amount,
            amount if asset == CASH else None,
        )
        for event, posting in book.content(events.Posting, events.Transfer)
        for line, (owner, asset, amount) in enumerate(posting.lines)
    ]
    columns = {"ord": _INT, "time": _TIME, "line": _INT, "reason": _TEXT, "owner": _TEXT, "asset": _TEXT}
    return _frame({**columns, "lots": _INT, "cash_1e8": _INT}, rows)


def equity(book: ClosedBook) -> pl.DataFrame:
    """One row a bar: the whole account, what it traded, and the equity of every agent that ever had capital."""
    bars = list(history(book))
    peak, rows = 0, []
    funded = [agent for agent in range(book.setup.n_agents) if any(bar.funded[agent] for bar in bars)]
    for bar in bars:
        peak = max(peak, bar.equity)
        agents = [bar.funded[agent] for agent in funded]
        money = (bar.equity, bar.cash, bar.treasury, bar.traded, bar.fees, bar.slippage, *agents)
        rows.append(
            (bar.row.row, bar.row.time, bar.state, bar.equity / peak - 1 if peak > 0 else None, *money)
        )
    columns: dict[str, pl.DataType] = {"bar": _INT, "time": _TIME, "state": _TEXT, "drawdown": _FLOAT}
    for name in ("equity", "cash", "treasury", "traded", "fees", "slippage"):
        columns[name + _EXACT] = _INT
    for agent in funded:
        columns[f"agent/{book.setup.labels[agent]}{_EXACT}"] = _INT
    return _frame(columns, rows)


def rounds(book: ClosedBook) -> pl.DataFrame:
    """One row for each round and agent in it; a round in which no agent was ready has one row without an agent."""
    rows: list[Row] = []
    number = 0
    agents: dict[int, list[Any]] = {}
    for event, values in book.content(events.Round):
        if values.state == RoundState.OPEN:
            number, agents = number + 1, {}
        for agent, ppm, score, rank in values.rows:
            line = agents.setdefault(agent, [None, None, None, 0])
            if values.state == RoundState.SCORED:
                line[0] = score / _SCORE
            elif values.state == RoundState.RANKED:
                line[1:3] = [score / _SCORE, rank]
            else:
                line[3] = ppm
        if values.state == RoundState.SETTLED:
            kept = agents or {-1: [None, None, None, None]}
            rows += [(values.id, number, event.ts, book.agent(agent), *kept[agent]) for agent in sorted(kept)]
    columns = {
        "round": _TEXT,
        "number": _INT,
        "time": _TIME,
        "agent": _TEXT,
        "score": _FLOAT,
        "key": _FLOAT,
        "rank": _INT,
        "capital_ppm": _INT,
    }
    return _frame(columns, rows)


def decisions(book: ClosedBook) -> pl.DataFrame:
    """One row a decision; ``w:<instrument>`` is the target weight in whole parts per billion, null = keep."""
    rows: list[Row] = []
    targets: list[FloatArray] = []
    for event, values in book.content(events.Decision):
        rows.append((event.ord, event.ts, book.agent(event.agent), values.status, values.request > 0))
        targets.append(answers.from_ppb(values.targets))
    columns = {"ord": _INT, "time": _TIME, "agent": _TEXT, "status": _TEXT, "hosted": pl.Boolean()}
    frame = _frame(columns, rows)
    weights = np.array(targets).reshape(len(targets), len(book.symbols))
    own = [
        pl.Series(f"w:{symbol}", weights[:, inst]).fill_nan(None) for inst, symbol in enumerate(book.symbols)
    ]
    return frame.with_columns(own)


def verdicts(book: ClosedBook) -> pl.DataFrame:
    """One row a refusal: the gate, its limit and what was found, in the gate's own unit."""
    names = {gate.code: gate.name for gate in GATES}
    rows = [
        (
            event.ord,
            event.ts,
            "account" if verdict.scope == ACCOUNT else "agent",
            book.agent(event.agent),
            book.symbols[verdict.inst],
            _side(verdict.side),
            verdict.lots,
            verdict.code,
            names.get(verdict.code, ""),
            verdict.limit,
            verdict.actual,
        )
        for event, verdict in book.content(events.Verdict)
    ]
    columns = {
        "ord": _INT,
        "time": _TIME,
        "scope": _TEXT,
        "agent": _TEXT,
        "instrument": _TEXT,
        "side": _TEXT,
        "lots": _INT,
        "gate": _INT,
        "name": _TEXT,
        "limit": _INT,
        "actual": _INT,
    }
    return _frame(columns, rows)


def transfers(book: ClosedBook) -> pl.DataFrame:
    """One row for each owner in a transfer: cash moved, summing to 0 a transfer, and what it still owes."""
    rows: list[Row] = []
    for event, transfer in book.content(events.Transfer):
        moved = {owner: amount for owner, asset, amount in transfer.lines if asset == CASH}
        due = {AGENT0 + agent: amount for agent, amount in transfer.due}
        rows += [
            (event.ord, event.ts, transfer.round, book.owner(owner), moved.get(owner, 0), due.get(owner, 0))
            for owner in sorted({**moved, **due})
        ]
    columns = {"ord": _INT, "time": _TIME, "round": _TEXT, "owner": _TEXT}
    return _frame({**columns, "moved_1e8": _INT, "due_1e8": _INT}, rows)


def _side(side: int) -> str:
    return "buy" if side > 0 else "sell"


FRAMES: dict[str, Callable[[ClosedBook], pl.DataFrame]] = {
    made.__name__: made for made in (fills, orders, postings, equity, rounds, decisions, verdicts, transfers)
}
