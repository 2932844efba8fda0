"""What a paper book's run folder says of it: ``report.json``, ``metrics.json`` and the log."""

from __future__ import annotations

import platform
from collections import Counter
from typing import Any

import numpy as np
import polars as pl

from quantrl import __version__
from quantrl.backtest.costs import Costs
from quantrl.live import answers, events
from quantrl.live.checking import Verified
from quantrl.live.frames import UNITS
from quantrl.live.reading import ClosedBook
from quantrl.live.results import BOOKS, PAPER, Results
from quantrl.live.risk import ACCOUNT, GATES
from quantrl.live.vocabulary import OrderState, TradingState
from quantrl.runs import code_version
from quantrl.selection._accounts import BLOCK, DRAWS, LEVEL
from quantrl.selection.rival import MARKET
from quantrl.typing import JsonObject
from quantrl.units import iso_date, iso_time

_SOURCES = ("deposited", "financing", "fees", "fills", "marks")


def report(results: Results, *, run: str, command: str, checked: Verified | None) -> JsonObject:
    """Contents of ``report.json``.

    Parameters
    ----------
    results : Results
    run, command : str
        Id of the run, and what makes it again.
    checked : Verified, optional
        If every output was computed again.
    """
    book, bars = results.book, results.bars
    setup, config = book.setup, book.setup.config
    panel, head = setup.panel, book.journal.committed
    counts = _counts(book)
    return {
        "schema": 1,
        "kind": PAPER,
        "name": config.name,
        "run": run,
        "command": command,
        "status": "done" if len(bars) == setup.feed.n_rows else "open",
        "data": {
            "id": panel.id,
            "source": panel.source,
            "start": iso_date(int(panel.time[0])),
            "end": iso_date(int(panel.time[-1])),
            "bars": len(bars),
            "instruments": list(panel.instruments),
            "periods_per_year": panel.periods_per_year,
            "flags": list(panel.flags),
        },
        "settings": {
            "fill": config.backtest.fill,
            "sizing": "whole lots, fixed at the decision",
            "costs": Costs.from_config(config.backtest.costs).to_config(),
            "initial_cash": setup.capital / UNITS,
            "seed": config.seed,
            "selection": config.selection.model_dump(mode="json"),
        },
        "versions": {
            "quantrl": __version__,
            "code": code_version(),
            "numpy": np.__version__,
            "polars": pl.__version__,
            "python": platform.python_version(),
        },
        "trials": {"this_run": setup.n_agents, "on_data": None},
        "books": [_book(results, name) for name in BOOKS],
        "leaderboard": results.leaderboard(),
        "audit": {
            "decisions": counts["decisions"],
            "breaches": sum(bar.breaches for bar in bars),
            "max_residual": max(
                abs(_residual(results, t)) / max(bar.equity, 1) for t, bar in enumerate(bars)
            ),
            "last_sha": head.hash.hex(),
        },
        "claims": _claims(results),
        "warnings": _warnings(results, counts),
        "disagreements": [],
        "paper": {
            "currency": config.currency,
            "state": results.state.trading.state.name,
            "states": _states(book),
            "gates": _gates(book),
            "money": _money(results),
            "counts": counts,
            "orders": _orders(book),
            "journal": {
                "events": head.seq,
                "content": head.ord,
                "head": head.hash.hex(),
                "digest": book.journal.content_digest().hex(),
                "starts": len(book.journal.rows("SELECT boot FROM boot")),
                "rederived": None if checked is None else checked.rederived_fraction,
            },
        },
    }


def metrics(results: Results) -> JsonObject:
    """Measures of every account, and how their intervals were drawn."""
    bootstrap = {"draws": DRAWS, "block": BLOCK, "level": LEVEL, "seed": results.book.setup.config.seed}
    return {"accounts": results.accounts.measures, "bootstrap": bootstrap, "money": _money(results)}


def log(results: Results, command: str) -> str:
    """What happened, one line each."""
    book = results.book
    lines = [command, f"{len(results.bars)} bars, state {results.state.trading.state.name}"]
    for event, values in book.content(events.Command, events.State, events.Alarm, events.Quarantine):
        if isinstance(values, events.Command):
            text = (
                f"{values.principal}: {values.verb} {' '.join(f'{k}={v}' for k, v in values.args)}".rstrip()
            )
        elif isinstance(values, events.State):
            text = f"{TradingState(values.state).name}: {values.reason}"
        elif isinstance(values, events.Alarm):
            text = f"alarm {values.code}: {values.text}"
        else:
            text = f"quarantine of {book.symbols[values.inst]}: {values.reason or 'ended'}"
        lines.append(f"{iso_time(event.ts)} {text}")
    return "\n".join([*lines, *_warnings(results, _counts(book))]) + "\n"


def _book(results: Results, name: str) -> JsonObject:
    label, role = BOOKS[name]
    column = f"book:{name}"
    gap = None if name == PAPER else results.accounts.sharpe_gap(column, f"book:{PAPER}")
    return {
        "name": name,
        "label": label,
        "role": role,
        "measures": results.accounts.measures[column],
        "sharpe_minus_contest": gap,
    }


def _residual(results: Results, t: int) -> int:
    """Cash units of a bar's equity that its sources do not explain."""
    bar = results.bars[t]
    return bar.equity - sum(bar.sources)


def _money(results: Results) -> JsonObject:
    last = results.bars[-1]
    parts = {name: amount / UNITS for name, amount in zip(_SOURCES, last.sources, strict=True)}
    slippage = sum(bar.slippage for bar in results.bars)
    return {
        **parts,
        "slippage": slippage / UNITS,
        "equity": last.equity / UNITS,
        "cash": last.cash / UNITS,
        "treasury": last.treasury / UNITS,
        "residual_1e8": _residual(results, -1),
    }


def _states(book: ClosedBook) -> list[JsonObject]:
    """Every trading state with its reason; the first holds from the start."""
    start = {
        "time": iso_time(book.setup.feed.row(0).time),
        "state": TradingState.ACTIVE.name,
        "reason": "start",
    }
    return [
        start,
        *(
            {"time": iso_time(e.ts), "state": TradingState(v.state).name, "reason": v.reason}
            for e, v in book.content(events.State)
        ),
    ]


def _gates(book: ClosedBook) -> list[JsonObject]:
    found = Counter((verdict.code, verdict.scope) for _, verdict in book.content(events.Verdict))
    names = {gate.code: gate.name for gate in GATES}
    return [
        {"gate": code, "name": names[code], "scope": "account" if scope == ACCOUNT else "agent", "refused": n}
        for (code, scope), n in sorted(found.items())
    ]


def _counts(book: ClosedBook) -> dict[str, int]:
    found: Counter[str] = Counter()
    found.update(
        dict.fromkeys(("decisions", "failed", "fills", "crosses", "saved_1e8", "rounds", "transfers"), 0)
    )
    kinds: tuple[type[Any], ...] = (events.Decision, events.Fill, events.Cross, events.Round, events.Transfer)
    for _, values in book.content(*kinds, events.Alarm, events.Quarantine):
        if isinstance(values, events.Decision):
            found["decisions"] += 1
            found["failed"] += values.status not in (answers.OK, *answers.NOT_ASKED)
        elif isinstance(values, events.Fill):
            found["fills"] += 1
        elif isinstance(values, events.Cross):
            found["crosses"] += values.px == 0
            found["saved_1e8"] += values.saved
        elif isinstance(values, events.Round):
            found["rounds"] += values.state == 0
        elif isinstance(values, events.Transfer):
            found["transfers"] += bool(values.lines)
        elif isinstance(values, events.Alarm):
            found["alarms"] += 1
    return dict(found)


def _orders(book: ClosedBook) -> dict[str, int]:
    rows = book.journal.rows("SELECT state, count(*) FROM orders GROUP BY state ORDER BY state")
    return {OrderState(state).name: count for state, count in rows}


def _claims(results: Results) -> list[str]:
    gap = results.accounts.sharpe_gap(f"book:{MARKET}", f"book:{PAPER}")
    low, high = gap["low"], gap["high"]
    if low is None or high is None or low <= 0 <= high:
        return [
            f"Paper book: not distinguishable from buying and holding the market over {len(results.bars)} bars."
        ]
    side = "ahead of" if high < 0 else "behind"
    return [f"Paper book: {side} buying and holding the market; the interval of the difference excludes 0."]


def _warnings(results: Results, counts: dict[str, int]) -> list[str]:
    found = []
    state = results.state
    if state.trading.state != TradingState.ACTIVE:
        found.append(f"The book is {state.trading.state.name}: {state.trading.reason}.")
    for inst, reason in sorted(state.quarantined.items()):
        found.append(f"{results.book.symbols[inst]} is in quarantine: {reason}.")
    unknown = sum(order.state == OrderState.UNKNOWN for order in state.orders.open_orders())
    if unknown:
        found.append(f"{unknown} orders have an unknown fate.")
    if counts["failed"]:
        found.append(f"{counts['failed']} decisions failed; their agents kept what they held.")
    if counts.get("alarms"):
        found.append(f"{counts['alarms']} alarms; see log.txt.")
    return found
