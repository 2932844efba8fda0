"""What one account on a pair did: a row a decision, a row a fill, and what they add up to."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from quantrl.agents.dqn_statarb.replay.judge import Judge
from quantrl.agents.dqn_statarb.replay.trace import Trace
from quantrl.envs import PairConfig
from quantrl.typing import FloatArray, IntArray
from quantrl.units import NS_PER_DAY


@dataclass(frozen=True)
class Instrument:
    """A leg: its symbol, and how many units of it a lot is."""

    symbol: str
    lot: float


@dataclass(frozen=True, eq=False)
class PairResult:
    """History of one account. Made by `PairPolicy.backtest`.

    Parameters
    ----------
    pair : PairConfig
        What was traded.
    seed : int
        Of latencies and simulated books.
    capital : float
        Quote currency at the beginning; positions have the size of the notional whatever the equity is.
    start_ns : int
        Added to the times of a simulated pair.
    instruments : (Instrument, Instrument)
    quantum : float
        Quote currency of half a quantum, in which the engine counts.
    columns : mapping of str to array
        The engine's own: whole numbers, as exact as they were traded.
    """

    pair: PairConfig
    seed: int
    capital: float
    start_ns: int
    instruments: tuple[Instrument, Instrument]
    quantum: float
    columns: Mapping[str, Any]

    @property
    def time(self) -> IntArray:
        """(T,) ns UTC at which the outcome of each decision is known: when the next one is due."""
        return self._time("end_ns")

    @property
    def decided(self) -> IntArray:
        """(T,) ns UTC of each decision."""
        return self._time("ts_ns")

    @cached_property
    def equity(self) -> FloatArray:
        """(T,) capital, cash and both legs at their mids, after all costs, at `time`; quote currency."""
        equity: FloatArray = self.capital + self.quantum * self.columns["wealth"]
        return equity

    @property
    def returns(self) -> FloatArray:
        """(T,) simple net return of each decision."""
        returns: FloatArray = self.equity / np.concatenate([[self.capital], self.equity[:-1]]) - 1.0
        return returns

    @property
    def net(self) -> FloatArray:
        """(T,) change of wealth of each decision, in U = notional times s."""
        return self._steps("wealth") / self.pair.reward_unit

    @property
    def cost(self) -> FloatArray:
        """(T,) fees and distance to the mid of what each decision traded, quote currency."""
        return self._steps("cost")

    @property
    def action(self) -> IntArray:
        """(T,) what was chosen."""
        found: IntArray = self.columns["action"]
        return found

    @property
    def target(self) -> FloatArray:
        """(T,) position asked for, from -1 to 1."""
        return np.asarray(self.pair.targets)[self.action]

    @property
    def lots(self) -> IntArray:
        """(T, 2) held at `time`."""
        found: IntArray = self.columns["lots"]
        return found

    @cached_property
    def fills(self) -> pl.DataFrame:
        """A row a leg and decision that traded: ``decided known leg instrument lots price fee closing``.

        ``price`` is the mean in quote currency a unit, null where what was bought was sold again; ``fee`` all charges in
        quote currency; ``closing`` what the end of a session forced, at the touch whatever rested there.
        """
        row, leg, lots, value, paid, closing = (
            self.columns[f"fill_{name}"] for name in ("decision", "leg", "lots", "value", "paid", "closing")
        )
        units = np.array([one.lot for one in self.instruments])[leg] * lots
        price = np.divide(self.quantum * value, units, out=np.full(len(lots), np.nan), where=lots != 0)
        symbols = np.array([one.symbol for one in self.instruments])
        return pl.DataFrame(
            {
                "decided": self.decided[row],
                "known": self.time[row],
                "leg": leg + 1,
                "instrument": symbols[leg].tolist(),
                "lots": lots,
                "price": pl.Series(price).fill_nan(None),
                "fee": self.quantum * paid,
                "closing": closing,
            },
            schema_overrides={"instrument": pl.String, "price": pl.Float64},
        )

    @cached_property
    def daily(self) -> pl.DataFrame:
        """``time net``: simple net return of each UTC day with a decision, at the end of its last one."""
        day = (self.time - 1) // NS_PER_DAY
        last = np.flatnonzero(np.append(np.diff(day) != 0, True))
        equity = self.equity[last]
        before = np.concatenate([[self.capital], equity[:-1]])
        return pl.DataFrame({"time": self.time[last], "net": equity / before - 1.0})

    @cached_property
    def trace(self) -> Trace:
        """The same in U, as evaluations compare it."""
        changed = np.diff(self.lots, axis=0, prepend=np.zeros((1, 2), dtype=np.int64)).any(axis=1)
        # Both legs of a whole position taken once are 1, as the core counts.
        whole = 2.0 * self.pair.notional / self.quantum
        return Trace(
            net=self.net,
            cost=self.cost / self.pair.reward_unit,
            finals=np.array([self.net.sum()]),
            turnover=float(np.abs(self.columns["fill_value"]).sum() / whole),
            legged=float(self.columns["legged"]),
            legged_ns=float(self.columns["legged_ns"]),
            illegal=float(self.columns["illegal"]),
            traded=float(changed.mean()),
        )

    @cached_property
    def measures(self) -> dict[str, Any]:
        """Per hour, in U: net with its 95 % interval by blocks of decisions, gross, cost, turnover, time legs were apart,
        Sharpe ratio of hours; ``hours`` and ``block`` beside them; ``max_drawdown``, a share of the peak."""
        judge = Judge.of({"own": self.trace}, self.pair.dt, seed=self.seed)
        peak = np.maximum.accumulate(np.concatenate([[self.capital], self.equity]))[1:]
        fall = float(((peak - self.equity) / peak).max())
        row = judge.row(self.trace)
        return {"hours": judge.hours, "block": judge.block, "max_drawdown": fall, **row}

    @property
    def flags(self) -> tuple[str, ...]:
        """What a reader should know."""
        pair = self.pair
        named = (
            ("simulated", pair.venue != "replay"),
            ("history_does_not_react", pair.has_tape),
            ("zero_latency", pair.theta_low[2] == 0.0),
            ("zero_cost", bool(self.columns["cost"][-1] == 0 and len(self.columns["fill_lots"]))),
        )
        return tuple(name for name, applies in named if applies)

    def frame(self) -> pl.DataFrame:
        """A row a decision: ``time decided target``, lots and best prices of both legs, ``equity cost return``."""
        legs: dict[str, NDArray[Any]] = {}
        for leg, one in enumerate(self.instruments):
            # A price is in half quanta of a lot once it is doubled.
            unit = 2.0 * self.quantum / one.lot
            legs[f"lots_{leg + 1}"] = self.lots[:, leg]
            legs[f"bid_{leg + 1}"] = unit * self.columns["bid"][:, leg]
            legs[f"ask_{leg + 1}"] = unit * self.columns["ask"][:, leg]
        return pl.DataFrame(
            {
                "time": self.time,
                "decided": self.decided,
                "target": self.target,
                **legs,
                "equity": self.equity,
                "cost": self.cost,
                "return": self.returns,
            }
        )

    def digest(self) -> str:
        """sha256 over the engine's columns: equal trades, equal digest."""
        digest = hashlib.sha256()
        for name, column in sorted(self.columns.items()):
            digest.update(f"{name} {np.size(column)} ".encode())
            digest.update(np.asarray(column).astype("<i8").tobytes())
        return digest.hexdigest()

    def __repr__(self) -> str:
        return (
            f"PairResult({self.pair.venue}, {len(self.equity):,} decisions, {self.fills.height:,} fills, "
            f"equity {self.capital:,.2f} -> {self.equity[-1]:,.2f})"
        )

    def _time(self, name: str) -> IntArray:
        found: IntArray = self.columns[name] + self.start_ns
        return found

    def _steps(self, name: str) -> FloatArray:
        steps: FloatArray = self.quantum * np.diff(self.columns[name], prepend=0)
        return steps
