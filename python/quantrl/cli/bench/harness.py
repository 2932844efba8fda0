"""Agreement first, then time: interleaved rounds of callables that must give the same answer.

A ratio between engines that disagree compares two different jobs, so a disagreement is all that is said then.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from quantrl.typing import FloatArray

WARM_UPS = 2


@dataclass(frozen=True)
class Contender:
    """A way to compute the answer: arrays are made before, so that only the public call is timed.

    `units` is how much work one call does, such as environment steps; a rate is units a second. `measured`, of work done
    in another process, does it and gives its own wall and CPU seconds.
    """

    name: str
    call: Callable[[], Any]
    units: int = 1
    measured: Callable[[], tuple[float, float]] | None = None


@dataclass(frozen=True)
class Case:
    """One job, who does it, and how closely they must agree.

    Parameters
    ----------
    id, title : str
        ``P1`` and what is done.
    ours : Contender
        quantrl's public call.
    peers : tuple of Contender
        Other packages' public calls on the same arrays.
    absent : dict of str to str
        Peers asked for but not usable here, each with the reason.
    limit : float
        Largest relative difference allowed between two answers.
    floor : float
        Numbers smaller than this are compared as if they were that large.
    ours_limit_ms, ratio_goal : float
        What is aimed for on one thread; the ratio to the faster of the peers.
    goals : dict of str to float
        Ratios aimed for by package, in place of `ratio_goal`; a package may have several engines.
    beside : tuple of Contender
        Parts of what peers do, such as a bare kernel: timed too, never judged.
    sha256 : str
        Of the input arrays.
    """

    id: str
    title: str
    ours: Contender
    peers: tuple[Contender, ...]
    absent: dict[str, str] = field(default_factory=dict)
    limit: float = 1e-9
    floor: float = 0.0
    ours_limit_ms: float = float("inf")
    ratio_goal: float = 0.0
    sha256: str = ""
    goals: dict[str, float] = field(default_factory=dict)
    beside: tuple[Contender, ...] = ()

    def goal(self, peer: str) -> float:
        """Ratio aimed for to one peer."""
        return self.goals.get(peer.partition("-")[0], self.ratio_goal)


@dataclass(frozen=True)
class Timing:
    """Wall and CPU seconds of every round."""

    wall: tuple[float, ...]
    cpu: tuple[float, ...]

    @property
    def min_ms(self) -> float:
        """Fastest round in milliseconds of wall time."""
        return min(self.wall) * 1e3

    @property
    def median_ms(self) -> float:
        """Median round in milliseconds of wall time."""
        return statistics.median(self.wall) * 1e3

    def rate(self, units: int) -> float:
        """Units a second of the median round."""
        return units / statistics.median(self.wall)

    def cpu_rate(self, units: int) -> float:
        """Units a second of CPU time of the median round, 1 ns at least."""
        return units / max(statistics.median(self.cpu), 1e-9)

    @property
    def cpu_ms(self) -> float:
        """Least CPU time of a round in milliseconds, all threads of the process together."""
        return min(self.cpu) * 1e3


@dataclass(frozen=True)
class Disagreement:
    """The worst relative difference to a peer, where it is, and what was allowed."""

    peer: str
    worst: float
    bar: int
    limit: float

    def __str__(self) -> str:
        limit = f"{self.limit:.0e}".replace("e-0", "e-")
        return f"DISAGREE {self.peer}: max {self.worst:.1e} at bar {self.bar} (limit {limit})"


@dataclass(frozen=True)
class CaseResult:
    """Either disagreements and no time at all, or a timing for each contender."""

    case: Case
    disagreements: tuple[Disagreement, ...]
    worst: dict[str, float]
    timings: dict[str, Timing]

    @property
    def agree(self) -> bool:
        """Every peer gave our answer within the limit."""
        return not self.disagreements

    def ratio(self, peer: str) -> float:
        """Peer's fastest round over ours: the smaller of wall and CPU time."""
        ours, theirs = self.timings[self.case.ours.name], self.timings[peer]
        return min(theirs.min_ms / ours.min_ms, theirs.cpu_ms / max(ours.cpu_ms, 1e-6))

    @property
    def fastest_peer(self) -> str | None:
        """Peer with the least wall time, or None without peers."""
        peers = [peer.name for peer in self.case.peers if peer.name in self.timings]
        return min(peers, key=lambda name: self.timings[name].min_ms, default=None)

    @property
    def met(self) -> bool | None:
        """Whether the goals hold; None where there is no peer to compare with."""
        peer = self.fastest_peer
        if peer is None:
            return None
        ours = self.timings[self.case.ours.name]
        judged = [one.name for one in self.case.peers] if self.case.goals else [peer]
        fast = all(self.ratio(name) >= self.case.goal(name) for name in judged)
        return fast and ours.min_ms <= self.case.ours_limit_ms


def compare(
    ours: FloatArray, theirs: FloatArray, peer: str, limit: float, floor: float = 0.0
) -> tuple[float, Disagreement | None]:
    """Worst relative difference between two (T,) answers, and the disagreement it makes if over `limit`.

    Numbers smaller than `floor` are compared as if they were that large.
    """
    if ours.shape != theirs.shape:
        return float("inf"), Disagreement(peer, float("inf"), 0, limit)
    scale = np.maximum(np.maximum(np.abs(ours), np.abs(theirs)), floor)
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.where(ours == theirs, 0.0, np.abs(ours - theirs) / scale)
    relative = np.where(np.isnan(relative), np.inf, relative)
    bar = int(np.argmax(relative))
    worst = float(relative[bar])
    return worst, Disagreement(peer, worst, bar, limit) if worst > limit else None


def run_case(case: Case, rounds: int) -> CaseResult:
    """Check agreement, warm up, then time `rounds` interleaved rounds of every contender."""
    answer = case.ours.call()
    compared = {
        peer.name: compare(answer, peer.call(), peer.name, case.limit, case.floor) for peer in case.peers
    }
    worst = {name: value for name, (value, _) in compared.items()}
    wrong = tuple(found for _, found in compared.values() if found is not None)
    timings = {} if wrong else interleave((case.ours, *case.peers, *case.beside), rounds)
    return CaseResult(case, wrong, worst, timings)


def interleave(contenders: Sequence[Contender], rounds: int, warm_ups: int = WARM_UPS) -> dict[str, Timing]:
    """Time every contender once a round, so that a slow spell of the machine hits all of them."""
    for _ in range(warm_ups):
        for contender in contenders:
            contender.call()
    samples: dict[str, list[tuple[float, float]]] = {contender.name: [] for contender in contenders}
    for _ in range(rounds):
        for contender in contenders:
            measured = contender.measured
            samples[contender.name].append(timed(contender.call) if measured is None else measured())
    return {name: Timing(*map(tuple, zip(*pairs, strict=True))) for name, pairs in samples.items()}


def timed(call: Callable[[], object]) -> tuple[float, float]:
    """Wall and CPU seconds of one call."""
    cpu, wall = time.process_time(), time.perf_counter()
    call()
    return time.perf_counter() - wall, time.process_time() - cpu
