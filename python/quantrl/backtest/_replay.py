"""A native policy on a whole event file."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from quantrl.backtest._policies import Policy
from quantrl.backtest._queue import Queue
from quantrl.backtest.ticks import TickAccount, TickConfig, TickSession
from quantrl.data.events import EventFile


class TickResult:
    """What a replay leaves behind. It names its queue model; `cautious` is the same run under `risk_averse`.

    Attributes
    ----------
    session : TickSession
        At the end.
    policy : str or (str, dict)
    """

    def __init__(self, session: TickSession, policy: Policy) -> None:
        self.session = session
        self.policy = policy

    @property
    def mode(self) -> str:
        """``ghost`` or ``l2_queue``."""
        return self.session.mode

    @property
    def queue(self) -> str | None:
        """The queue model: an opinion on level sums, None where queues are known."""
        return self.session.queue

    @cached_property
    def cautious(self) -> TickResult:
        """The same with the queue model that fills least; itself where queues are known or that is the model.

        Runs the replay when first asked for.
        """
        if self.queue in (None, str(Queue.risk_averse())):
            return self
        config = self.session.config.but(queue=Queue.risk_averse())
        return replay(self.session.file, self.policy, config)

    @cached_property
    def fills(self) -> pl.DataFrame:
        """Executions, see `TickSession.fills`."""
        return self.session.fills()

    @cached_property
    def orders(self) -> pl.DataFrame:
        """Requests and reports in order, see `TickSession.log`."""
        return self.session.log()

    @cached_property
    def equity(self) -> pl.DataFrame:
        """Samples of the accounts, see `TickConfig.equity_every`."""
        return self.session.equity()

    def account(self, instr: int = 0) -> TickAccount:
        """The account in an instrument."""
        return self.session.account(instr)

    def hash(self) -> int:
        """See `TickSession.hash`."""
        return self.session.hash()

    def summary(self, instr: int = 0) -> dict[str, Any]:
        """What is shown of a run: queue model, lots and orders filled, position, cash, fee, equity."""
        account = self.account(instr)
        return {
            "mode": self.mode,
            "queue": self.queue,
            "fills": account.trades,
            "lots": account.volume,
            "position": account.position,
            "cash": account.cash,
            "fee": account.fee,
            "turnover": account.turnover,
            "equity": account.equity,
        }

    def __repr__(self) -> str:
        shown = ", ".join(f"{name} {value}" for name, value in self.summary().items())
        return f"TickResult({shown})"


def replay(
    file: EventFile | str | os.PathLike[str],
    policy: Policy = "noop",
    config: TickConfig | None = None,
    *,
    progress: Callable[[int], None] | None = None,
) -> TickResult:
    """Run a native policy through an event file, without Python in between.

    Parameters
    ----------
    file : EventFile or path
    policy : str or (str, dict)
        ``"noop"``, or ``("quote", {"offset": 1, "size": 1, "refresh": "10ms"})``.
    config : TickConfig
    progress : callable
        Called with the events applied, about every million.

    Raises
    ------
    ConfigError
        An unknown policy or parameter, or settings that do not go with the file.
    DataError
        The file is damaged.

    Notes
    -----
    O(events + fills). The GIL is released; Ctrl-C is looked for about every million events.
    """
    events = file if isinstance(file, EventFile) else EventFile(Path(file))
    session = TickSession(events, config)
    session.run(policy, progress=progress)
    return TickResult(session, policy)
