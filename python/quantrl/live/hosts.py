"""Hosted agents: asked on what is knowable at a time, in this process or in workers of their own."""

from __future__ import annotations

import multiprocessing as mp
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

from quantrl.errors import ConfigError
from quantrl.live import answers
from quantrl.live.config import SYNTHETIC, PaperConfig
from quantrl.live.events import Answer
from quantrl.live.setup import Setup
from quantrl.selection.recorded import is_recorded
from quantrl.typing import FloatArray

if TYPE_CHECKING:
    from quantrl.data import Panel

GIVEN_UP = 3
"""An agent that killed its worker or hung this often in one run is not asked again."""
START_S = 120.0
"""Longest time a worker may take to be ready, whatever an agent's is."""
IDLE_S = 0.1
Idle = Callable[[], None]


class Ask(NamedTuple):
    """One question: an agent's index, the `ord` of its request, the time of the view, what it holds (N,)."""

    agent: int
    request: int
    now: int
    held: FloatArray


class Hosts(Protocol):
    """Whoever answers for hosted agents."""

    def ask(self, asks: Sequence[Ask]) -> list[Answer]:
        """One answer each, in the order of the questions; never an error."""
        ...

    def close(self) -> None:
        """End every worker."""
        ...


class LocalHosts:
    """Agents in this process, asked one after the other.

    Parameters
    ----------
    setup : Setup
    """

    def __init__(self, setup: Setup) -> None:
        self._agents = setup.entrants
        self._reveal = setup.panel.reveal()
        self._n = len(setup.instruments)

    def ask(self, asks: Sequence[Ask]) -> list[Answer]:
        """Answers in order; what an agent raises is its answer."""
        found = []
        for agent, request, now, held in asks:
            try:
                decision = self._agents[agent].agent.decide(self._reveal.at(now).with_held(held))
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # an agent that exits or panics is no reason to stop the others
                found.append(answers.without(request, _status(error), error, self._n))
            else:
                found.append(answers.answer(request, decision, self._n))
        return found

    def close(self) -> None:
        """Nothing is open."""


class WorkerHosts:
    """Agents in worker processes, every `n`-th agent in one; the number of workers changes no answer.

    A worker answers question by question, so an agent that hangs or dies takes no other agent's answer with it: the rest are
    asked again in a new process.

    Parameters
    ----------
    config : PaperConfig
    panel : Panel
        What agents see.
    n_workers : int
    timeout_s : float
        An agent silent for so long is ended with its worker, and its answer is ``timeout``.
    idle : callable
        Called every tenth of a second while an answer is waited for.
    """

    def __init__(
        self, config: PaperConfig, panel: Panel, n_workers: int, timeout_s: float, idle: Idle = lambda: None
    ) -> None:
        self._config, self._panel, self._timeout_s, self._idle = config, panel, timeout_s, idle
        self._n = panel.n_instruments + sum(is_recorded(agent.id) for agent in config.agents)
        self._workers: list[_Worker | None] = [None] * n_workers
        self._failures: dict[int, list[str]] = {}

    def ask(self, asks: Sequence[Ask]) -> list[Answer]:
        """Answers in order; all workers think at once."""
        shares: list[list[Ask]] = [[] for _ in self._workers]
        for ask in asks:
            if len(self._failures.get(ask.agent, ())) < GIVEN_UP:
                shares[ask.agent % len(shares)].append(ask)
        for number, share in enumerate(shares):
            self._send(number, share)
        found: dict[int, Answer] = {}
        for number, share in enumerate(shares):
            found.update(self._receive(number, share))
        return [found.get(ask.agent) or self._given_up(ask) for ask in asks]

    def close(self) -> None:
        """End every worker."""
        for worker in self._workers:
            if worker is not None:
                worker.end()
        self._workers = [None] * len(self._workers)

    def _send(self, number: int, asks: Sequence[Ask]) -> None:
        if not asks:
            return
        worker = self._workers[number]
        if worker is None:
            worker = self._workers[number] = _Worker(self._config, self._panel)
        with suppress(OSError):  # it has ended; reading its answer says so
            worker.pipe.send([(*ask[:3], ask.held.tobytes()) for ask in asks])

    def _receive(self, number: int, asks: Sequence[Ask]) -> dict[int, Answer]:
        found: dict[int, Answer] = {}
        left = list(asks)
        while left:
            worker, ask = self._workers[number], left.pop(0)
            assert worker is not None
            try:
                found[ask.agent] = worker.answer(self._timeout_s, self._idle)
            except (EOFError, OSError, TimeoutError) as error:
                worker.end()
                self._workers[number] = None
                reason = str(error) if isinstance(error, TimeoutError) else "its worker ended"
                self._failures.setdefault(ask.agent, []).append(reason)
                found[ask.agent] = answers.without(ask.request, answers.TIMEOUT, reason, self._n)
                self._send(number, left)
        return found

    def _given_up(self, ask: Ask) -> Answer:
        return answers.without(ask.request, answers.TIMEOUT, self._failures[ask.agent][-1], self._n)


class _Worker:
    def __init__(self, config: PaperConfig, panel: Panel) -> None:
        context = mp.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        raw = config.model_dump()
        self._process = context.Process(target=_serve, args=(theirs, raw, panel), daemon=True)
        self._process.start()
        theirs.close()
        self._ready = False

    def answer(self, timeout_s: float, idle: Idle) -> Answer:
        """The next answer.

        Raises
        ------
        TimeoutError
            None in that time, counted from when the worker was ready and the last agent done.
        EOFError, OSError
            The worker has ended.
        """
        if not self._ready:
            self._hear(max(START_S, timeout_s), idle)
            self._ready = True
        return Answer(*self._hear(timeout_s, idle))

    def _hear(self, timeout_s: float, idle: Idle) -> Any:
        end = time.monotonic() + timeout_s
        while not self.pipe.poll(min(IDLE_S, max(end - time.monotonic(), 0.0))):
            if time.monotonic() >= end:
                raise TimeoutError(f"no answer in {timeout_s:g} s")
            idle()
        return self.pipe.recv()

    def end(self) -> None:
        self.pipe.close()
        self._process.join(0.5)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


def _serve(pipe: Connection, raw: dict[str, Any], panel: Panel) -> None:
    """A worker's life: questions in, answers out, until the daemon is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    hosts = LocalHosts(Setup.of(PaperConfig.of(raw), panel=panel))
    pipe.send("ready")
    while True:
        try:
            asked = pipe.recv()
        except (EOFError, OSError):
            return
        asks = [Ask(agent, request, now, np.frombuffer(held)) for agent, request, now, held in asked]
        for ask in asks:
            pipe.send(tuple(hosts.ask([ask])[0]))


def make_hosts(setup: Setup, idle: Idle = lambda: None) -> Hosts:
    """Workers as the config says, and what to do while one thinks; none: in this process."""
    hosts = setup.config.hosts
    if hosts.workers and setup.config.feed.kind == SYNTHETIC:
        # A worker has a panel of its own, which does not grow.
        raise ConfigError(f"hosts.workers: expected 0 on a synthetic feed, got {hosts.workers}")
    if hosts.workers == 0:
        return LocalHosts(setup)
    return WorkerHosts(setup.config, setup.market, hosts.workers, hosts.timeout_s, idle)


def _status(error: BaseException) -> str:
    from quantrl.errors import LookAheadError

    return answers.REFUSED if isinstance(error, LookAheadError) else answers.FAILED
