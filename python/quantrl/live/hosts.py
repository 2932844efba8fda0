"""Hosted agents: asked on what is knowable at a time, in this process or in workers of their own."""

from __future__ import annotations

import multiprocessing as mp
import signal
from collections.abc import Sequence
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

from quantrl.live import answers
from quantrl.live.config import PaperConfig
from quantrl.live.events import Answer
from quantrl.live.setup import Setup
from quantrl.typing import FloatArray

if TYPE_CHECKING:
    from quantrl.data import Panel

GIVEN_UP = 3
"""A worker that died or hung this often in one run is not started again."""


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

    Parameters
    ----------
    config : PaperConfig
    panel : Panel
        The feed's data.
    n_workers : int
    timeout_s : float
        A worker silent for so long is ended and its answers are ``timeout``.
    """

    def __init__(self, config: PaperConfig, panel: Panel, n_workers: int, timeout_s: float) -> None:
        self._config, self._panel, self._timeout_s = config, panel, timeout_s
        self._n = panel.n_instruments
        self._workers: list[_Worker | None] = [None] * n_workers
        self._failures = [0] * n_workers

    def ask(self, asks: Sequence[Ask]) -> list[Answer]:
        """Answers in order; all workers think at once."""
        shares: list[list[int]] = [[] for _ in self._workers]
        for place, ask in enumerate(asks):
            shares[ask.agent % len(shares)].append(place)
        found: dict[int, Answer] = {}
        for number, places in enumerate(shares):
            if places:
                self._send(number, [asks[place] for place in places])
        for number, places in enumerate(shares):
            if places:
                given = self._receive(number, [asks[place] for place in places])
                found.update(zip(places, given, strict=True))
        return [found[place] for place in range(len(asks))]

    def close(self) -> None:
        """End every worker."""
        for worker in self._workers:
            if worker is not None:
                worker.end()
        self._workers = [None] * len(self._workers)

    def _send(self, number: int, asks: list[Ask]) -> None:
        worker = self._workers[number]
        if worker is None and self._failures[number] < GIVEN_UP:
            worker = self._workers[number] = _Worker(self._config, self._panel)
        if worker is not None:
            try:
                worker.pipe.send([(*ask[:3], ask.held.tobytes()) for ask in asks])
            except OSError:
                self._lost(number)

    def _receive(self, number: int, asks: list[Ask]) -> list[Answer]:
        worker, reason = self._workers[number], "its worker failed too often"
        if worker is not None:
            try:
                if worker.pipe.poll(self._timeout_s):
                    return [Answer(*one) for one in worker.pipe.recv()]
                reason = f"no answer in {self._timeout_s:g} s"
            except (EOFError, OSError):
                reason = "its worker ended"
            self._lost(number)
        return [answers.without(ask.request, answers.TIMEOUT, reason, self._n) for ask in asks]

    def _lost(self, number: int) -> None:
        worker = self._workers[number]
        if worker is not None:
            worker.end()
        self._workers[number] = None
        self._failures[number] += 1


class _Worker:
    def __init__(self, config: PaperConfig, panel: Panel) -> None:
        context = mp.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        raw = config.model_dump()
        self._process = context.Process(target=_serve, args=(theirs, raw, panel), daemon=True)
        self._process.start()
        theirs.close()

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
    while True:
        try:
            asked = pipe.recv()
        except (EOFError, OSError):
            return
        asks = [Ask(agent, request, now, np.frombuffer(held)) for agent, request, now, held in asked]
        pipe.send([tuple(one) for one in hosts.ask(asks)])


def make_hosts(setup: Setup) -> Hosts:
    """Workers as the config says; none: in this process."""
    hosts = setup.config.hosts
    if hosts.workers == 0:
        return LocalHosts(setup)
    return WorkerHosts(setup.config, setup.panel, hosts.workers, hosts.timeout_s)


def _status(error: BaseException) -> str:
    from quantrl.errors import LookAheadError

    return answers.REFUSED if isinstance(error, LookAheadError) else answers.FAILED
