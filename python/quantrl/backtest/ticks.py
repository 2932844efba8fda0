"""The tick engine: a strategy on an event file, with latency, queues and fees. Ticks are int64, outputs columns.

`replay` runs a native policy to the end; `TickSession` is the same engine under a Python loop, `TickBatch` many at once.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import polars as pl
from numpy.typing import NDArray

from quantrl import _core
from quantrl._exact import nanoseconds
from quantrl.backtest import actions
from quantrl.backtest._calibrate import QueueCalibration, calibrate_queue
from quantrl.backtest._latency import Latency
from quantrl.backtest._policies import Policy, native
from quantrl.backtest._queue import Queue
from quantrl.backtest._tick_batch import TickBatch
from quantrl.backtest._tick_columns import equity_frame, fill_frame, log_frame, order_frame, report_frame
from quantrl.backtest._tick_config import TickConfig
from quantrl.backtest._tick_fees import Fees
from quantrl.backtest._tick_shown import ReceivedEvent, TickAccount
from quantrl.data._depth import depth_array
from quantrl.data.events import KINDS, EventFile
from quantrl.errors import ConfigError, LookAheadError
from quantrl.typing import IntArray

__all__ = [
    "Fees",
    "Latency",
    "Policy",
    "Queue",
    "QueueCalibration",
    "ReceivedEvent",
    "TickAccount",
    "TickBatch",
    "TickConfig",
    "TickSession",
    "actions",
    "calibrate_queue",
]


class TickSession:
    """A strategy's run through one file, stepped by the caller.

    The clock starts at the first exchange time. Whatever has the time at which a step ends has happened then, and events
    of one time are seen together. Everything the session shows has reached the strategy: nothing later can be read.

    Parameters
    ----------
    file : EventFile
    config : TickConfig
    stream : int
        Tells apart sessions that share a seed.
    start_ns : int or None
        As one that has been idle until then; from the nearest checkpoint.

    Raises
    ------
    ConfigError
        Settings that do not go with the file.
    """

    __slots__ = ("_core", "_plan", "config", "file")

    def __init__(
        self,
        file: EventFile,
        config: TickConfig | None = None,
        *,
        stream: int = 0,
        start_ns: int | None = None,
    ) -> None:
        config = config or TickConfig()
        plan = config.plan(file)
        self._bind(file, config, plan, _core.TickSession(plan, stream, start_ns))

    def _bind(
        self, file: EventFile, config: TickConfig, plan: _core.TickPlan, core: _core.TickSession
    ) -> None:
        self.file, self.config, self._plan, self._core = file, config, plan, core

    @classmethod
    def restore(cls, saved: bytes, file: EventFile, config: TickConfig | None = None) -> TickSession:
        """The session of `snapshot`, in any process.

        Raises
        ------
        DataError
            Bytes that are damaged, of another version, of other settings or of another file.
        """
        config = config or TickConfig()
        plan = config.plan(file)
        made = object.__new__(cls)
        made._bind(file, config, plan, _core.TickSession.restore(plan, saved))
        return made

    def snapshot(self) -> bytes:
        """The whole state with a hash of it, of the settings and of the file. O(orders + rows of the record)."""
        return self._core.snapshot()

    def fork(self) -> TickSession:
        """A session of its own in the same state: both go on alike under the same actions, draws included."""
        made = object.__new__(TickSession)
        made._bind(self.file, self.config, self._plan, self._core.fork())
        return made

    def advance(self, file: EventFile, skipped: int) -> None:
        """Go on with the next stretch of an `EventStream`; own orders and messages on their way stay as they are.

        Parameters
        ----------
        file : EventFile
            What the file so far still has without its first `skipped` events, and what comes behind that.
        skipped : int
            Events, all of them received.

        Raises
        ------
        ConfigError
            Not what comes next, or events left out that have not been received. Nothing changes.
        """
        plan = self.config.plan(file)
        self._core.advance(plan, skipped)
        self.file, self._plan = file, plan

    def step(
        self,
        dt: int | str | None = None,
        *,
        until_ns: int | None = None,
        events: int | None = None,
        report: int | str | None = None,
        mid_change: int | None = None,
    ) -> bool:
        """Go on; False once nothing is left: no event, no message.

        Parameters
        ----------
        dt : int, str or None
            Time; without any argument the step goes to the end.
        until_ns : int
            Local time.
        events : int
            So many more events received.
        report : int or str
            To the next report about an own order, at most so long.
        mid_change : int
            To a change of the mid of an instrument.

        Raises
        ------
        ConfigError
            More than one of them, or a time before now.
        """
        given = {
            "time": None if dt is None else self.now_ns + _forward("dt", dt),
            "until": until_ns,
            "events": events,
            "report": None if report is None else self.now_ns + _forward("report", report),
            "mid_change": mid_change,
        }
        chosen = {name: value for name, value in given.items() if value is not None}
        if len(chosen) > 1:
            raise ConfigError(f"step: expected one way to end, got {', '.join(chosen)}")
        name, value = next(iter(chosen.items()), ("end", 0))
        if not 0 <= value < 2**63 and name != "until":
            raise ConfigError(f"{name}: expected 0 or more, within 64 bits, got {value}")
        return self._core.step("time" if name == "until" else name, value)

    def send(self, *wishes: actions.Action) -> tuple[int, ...]:
        """Send actions in order; references of the new orders among them.

        Raises
        ------
        OrderError
            The first that no venue would be sent: a price off the grid, no lots, an unknown reference, too many orders.
            None of them has been sent then. What a venue refuses comes back as a report.
        """
        return tuple(self._core.send(actions.packed(wishes)))

    @property
    def now_ns(self) -> int:
        """Local time, ns UTC."""
        return self._core.now_ns

    @property
    def ended(self) -> bool:
        """Whether nothing is left."""
        return self._core.ended

    @property
    def n_received(self) -> int:
        """Events received."""
        return self._core.received

    @property
    def mode(self) -> str:
        """``ghost`` or ``l2_queue``."""
        return self._plan.told()[0]

    @property
    def queue(self) -> str | None:
        """The queue model, None where queues are known."""
        return self._plan.told()[1]

    def best(self, instr: int = 0) -> tuple[int | None, int | None]:
        """Best bid and ask of the local book, ticks; None where a side is empty."""
        return self._core.best(_number("instr", instr))

    def depth(self, levels: int = 5, out: IntArray | None = None, *, instr: int = 0) -> IntArray:
        """Ticks and lots of the best levels of the local book, (2, levels, 2); a missing level is 0, 0."""
        out = depth_array(levels, out)
        self._core.depth(out, _number("instr", instr))
        return out

    def event(self, nth: int) -> ReceivedEvent:
        """The event received as number `nth`.

        Raises
        ------
        LookAheadError
            It has not been received by now.
        """
        if nth < 0:
            raise LookAheadError(f"event: expected 0 or more, got {nth}")
        ts, kind, *rest = self._core.event(nth)
        return ReceivedEvent(ts, KINDS[kind], *rest)

    def account(self, instr: int = 0) -> TickAccount:
        """The account in an instrument."""
        return TickAccount(**self._core.account(_number("instr", instr)))

    def orders(self) -> pl.DataFrame:
        """Own orders that have not ended as far as is known: ``ref instr side status tick leaves filled``."""
        return order_frame(self._core.orders())

    def _queue_ahead(self, ref: int, *, is_sell: bool, instr: int = 0) -> float | None:
        """Lots ahead of an own order in the queue of its price; None if it does not rest at the exchange.

        For the daemon's dashboard, no part of what a strategy sees: it is the exchange's queue now, and so up to the feed's
        latency newer than all that the session shows. Known in files of orders; in files of level sums the queue model's
        estimate, infinite while the price is not shown.
        """
        return self._core.ahead(_number("instr", instr), int(is_sell), ref)

    def reports(self) -> pl.DataFrame:
        """Reports received by the last step; `fee_nano` of an execution is as `TickAccount.fee_nano`."""
        return report_frame(self._core.reports())

    def report_columns(self) -> dict[str, NDArray[Any]]:
        """The same as columns of the engine's own numbers, without a frame's cost; `fee_nano` is exact."""
        return self._core.reports()

    def fills(self) -> pl.DataFrame:
        """Executions received: ``ts_exch ts_local ref instr side tick qty maker leaves fee reason``."""
        return fill_frame(self._core.fills())

    def log(self) -> pl.DataFrame:
        """Requests sent and reports received, in order."""
        return log_frame(self._core.log())

    def equity(self) -> pl.DataFrame:
        """Samples of the accounts, see `TickConfig.equity_every`."""
        return equity_frame(self._core.equity())

    def run(self, policy: Policy, *, progress: Callable[[int], None] | None = None) -> None:
        """To the end under a native policy. The GIL is released; Ctrl-C stops it where it stands.

        Parameters
        ----------
        policy : str or (str, dict)
        progress : callable
            Called with the events applied, about every million.

        Raises
        ------
        ConfigError
            An unknown policy or parameter.
        """
        name, values = native(policy)
        self._core.replay(name, values, progress)

    def hash(self) -> int:
        """FNV-1a 64 over the record, the accounts, the clock and the books: equal runs have equal hashes."""
        return self._core.hash()

    def __repr__(self) -> str:
        model = self.mode if self.queue is None else f"{self.mode}, {self.queue}"
        return f"TickSession({os.fspath(self.file.path)!r}, {model}, now_ns={self.now_ns})"


def _forward(field: str, duration: int | str) -> int:
    ns = nanoseconds(field, duration)
    if ns < 0:
        raise ConfigError(f"{field}: expected 0 or more, got {duration!r}")
    return ns


def _number(field: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**16:
        raise ConfigError(f"{field}: expected a row of the instrument table, got {value!r}")
    return value
