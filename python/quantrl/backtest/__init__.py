"""Backtests on bars: target weights, signals or an agent in, an audited account out. And order books, event by event.

`run_weights`, `run_signals` and `run_agent` give a `Result`; `sweep` runs thousands of parameter sets at once;
`BarSession` is the same engine, stepped; `lookahead_check` looks for decisions that depend on the future. `replay` runs
a policy on an event file, `TickSession` is that engine, stepped; `Book` is a matching order book.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from quantrl.backtest._audit import AuditReport, Breach, audit
    from quantrl.backtest._calibrate import QueueCalibration, calibrate_queue
    from quantrl.backtest._forward import WalkForward, walk_forward
    from quantrl.backtest._latency import Latency
    from quantrl.backtest._queue import Queue
    from quantrl.backtest._replay import TickResult, replay
    from quantrl.backtest._sharded import Sharding
    from quantrl.backtest._sweep import sweep
    from quantrl.backtest._tick_batch import TickBatch
    from quantrl.backtest._tick_config import TickConfig
    from quantrl.backtest._tick_fees import Fees
    from quantrl.backtest._walk_forward import Expanding, Fold, Rolling
    from quantrl.backtest.book import Book, LevelBook
    from quantrl.backtest.costs import Costs
    from quantrl.backtest.executor import Executor
    from quantrl.backtest.feed import Day
    from quantrl.backtest.fills import fill_prices
    from quantrl.backtest.leaks import Leak, LookaheadReport
    from quantrl.backtest.lookahead import lookahead_check
    from quantrl.backtest.result import Result
    from quantrl.backtest.schedule import Schedule
    from quantrl.backtest.sensitivity import Breakeven
    from quantrl.backtest.session import Bar, BarSession, StepOut
    from quantrl.backtest.settings import Settings
    from quantrl.backtest.signals import run_signals
    from quantrl.backtest.swept import Best, SweepResult
    from quantrl.backtest.terms import Margin, Terms
    from quantrl.backtest.ticks import TickSession
    from quantrl.backtest.walk import run_agent
    from quantrl.backtest.weights import run_weights

_NAMES = {
    "AuditReport": "_audit",
    "Bar": "session",
    "BarSession": "session",
    "Best": "swept",
    "Book": "book",
    "Breach": "_audit",
    "Breakeven": "sensitivity",
    "Costs": "costs",
    "Day": "feed",
    "Executor": "executor",
    "Expanding": "_walk_forward",
    "Fees": "_tick_fees",
    "Fold": "_walk_forward",
    "Latency": "_latency",
    "Leak": "leaks",
    "LevelBook": "book",
    "LookaheadReport": "leaks",
    "Margin": "terms",
    "Queue": "_queue",
    "QueueCalibration": "_calibrate",
    "Result": "result",
    "Rolling": "_walk_forward",
    "Schedule": "schedule",
    "Settings": "settings",
    "Sharding": "_sharded",
    "StepOut": "session",
    "SweepResult": "swept",
    "Terms": "terms",
    "TickBatch": "_tick_batch",
    "TickConfig": "_tick_config",
    "TickResult": "_replay",
    "TickSession": "ticks",
    "WalkForward": "_forward",
    "audit": "_audit",
    "calibrate_queue": "_calibrate",
    "fill_prices": "fills",
    "lookahead_check": "lookahead",
    "replay": "_replay",
    "run_agent": "walk",
    "run_signals": "signals",
    "run_weights": "weights",
    "sweep": "_sweep",
    "walk_forward": "_forward",
}

__all__ = [
    "AuditReport",
    "Bar",
    "BarSession",
    "Best",
    "Book",
    "Breach",
    "Breakeven",
    "Costs",
    "Day",
    "Executor",
    "Expanding",
    "Fees",
    "Fold",
    "Latency",
    "Leak",
    "LevelBook",
    "LookaheadReport",
    "Margin",
    "Queue",
    "QueueCalibration",
    "Result",
    "Rolling",
    "Schedule",
    "Settings",
    "Sharding",
    "StepOut",
    "SweepResult",
    "Terms",
    "TickBatch",
    "TickConfig",
    "TickResult",
    "TickSession",
    "WalkForward",
    "audit",
    "calibrate_queue",
    "fill_prices",
    "lookahead_check",
    "replay",
    "run_agent",
    "run_signals",
    "run_weights",
    "sweep",
    "walk_forward",
]


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        return getattr(importlib.import_module(f"quantrl.backtest.{_NAMES[name]}"), name)
    raise AttributeError(f"module 'quantrl.backtest' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
