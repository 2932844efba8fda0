"""What hosted agents have not answered yet is asked, and their answers are taken."""

from __future__ import annotations

from collections.abc import Callable

from quantrl.live.cycle import Cycle
from quantrl.live.heart import Heart
from quantrl.live.hosts import Ask, Hosts, make_hosts


class Asking:
    """Of one book; its agents' workers begin with `begin` and end with `close`.

    Parameters
    ----------
    cycle : Cycle
    heart : Heart
        Beats while agents think in this process.
    idle : callable
        Called now and then while workers think.
    """

    def __init__(self, cycle: Cycle, heart: Heart, idle: Callable[[], None]) -> None:
        self._cycle, self._heart, self._idle = cycle, heart, idle
        self._hosts: Hosts | None = None

    def begin(self) -> None:
        """Have somebody who answers; once."""
        if self._hosts is None:
            self._hosts = make_hosts(self._cycle.state.setup, self._idle)

    def answer(self) -> None:
        """Ask hosted agents what they have not answered yet; their requests are durable first."""
        state = self._cycle.state
        if not state.requests:
            return
        self._cycle.commit()
        assert state.row is not None
        assert self._hosts is not None
        asks = [
            Ask(agent, request, state.row.time, state.held[agent])
            for agent, request in sorted(state.requests.items())
        ]
        hosts = state.setup.config.hosts
        # In this process an agent that thinks keeps everything waiting.
        with self._heart.longer(0.0 if hosts.workers else hosts.timeout_s * len(asks)):
            found = self._hosts.ask(asks)
        for ask, answer in zip(asks, found, strict=True):
            self._cycle.take(answer, state.ts, ask.agent)

    def close(self) -> None:
        """End every worker."""
        if self._hosts is not None:
            self._hosts.close()
