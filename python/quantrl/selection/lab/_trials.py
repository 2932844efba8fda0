"""Ideas judged: settings chosen on one seed, one verdict each on a fresh one."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from quantrl.selection.lab._pools import draw
from quantrl.selection.lab._protocol import run
from quantrl.selection.lab._rules import DEFAULT, RULES
from quantrl.selection.lab._tried import CORE, Days, Idea, sharpes, walk
from quantrl.typing import FloatArray, JsonObject

SEEN, FRESH = 11, 4049
POOLS = ("P0", "P1", "P2", "P3", "P4", "P7", "P8")
"""Pools in which nobody arrives and everybody acts."""
FAMILIES: dict[str, tuple[Idea, ...]] = {
    "market regimes": tuple(
        Idea(f"market over {window} days, blend {blend:g}", "market", window, blend)
        for window in (21, 63)
        for blend in (0.25, 0.5, 1.0)
    ),
    "calm and wild": tuple(
        Idea(f"calm over 21 days, blend {blend:g}", "calm", 21, blend) for blend in (0.25, 0.5, 1.0)
    ),
    "top-p": tuple(Idea(f"top-p {p:g}", top_p=p) for p in (0.6, 0.8, 0.95)),
}
MIX = "half-life mix"
COPIES = "half-life mix, one of a cluster of copies"
_MIXES = {MIX: RULES[MIX], COPIES: replace(RULES[MIX], numbers={**RULES[MIX].numbers, "copies": 0.95})}
FLIPS = "P1"
MOST_LOST = 0.1
Tell = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Gain:
    """Sharpe ratio of an idea less that of what it would replace, on the same pools.

    Attributes
    ----------
    idea, base : str
    by_pool : dict of str to (mean, standard error)
    """

    idea: str
    base: str
    by_pool: dict[str, tuple[float, float]]

    @property
    def mean(self) -> float:
        """Over the kinds of pools, each counting alike."""
        return sum(gain for gain, _ in self.by_pool.values()) / len(self.by_pool)

    @property
    def se(self) -> float:
        """Of `mean`; pools of different kinds are independent."""
        return math.sqrt(sum(se**2 for _, se in self.by_pool.values())) / len(self.by_pool)

    @property
    def kept(self) -> bool:
        """Better by more than two standard errors, and by more than 0.1 worse on no kind of pool."""
        return self.mean > 2 * self.se and min(gain for gain, _ in self.by_pool.values()) >= -MOST_LOST

    def json(self) -> JsonObject:
        """As plain values."""
        pools = {name: list(pair) for name, pair in self.by_pool.items()}
        return {**vars(self), "by_pool": pools, "mean": self.mean, "se": self.se, "kept": self.kept}


@dataclass(frozen=True)
class Trials:
    """Every setting on the seed to choose by, and the chosen ones on the fresh seed.

    Attributes
    ----------
    seeds : int
        Pools of each kind.
    seen : dict of str to tuple of Gain
        By family.
    fresh : tuple of Gain
        The best setting of each family, then the half-life mix without and with the rule on copies, which had no setting
        to choose.
    detection : dict of str to float
        Median days until capital left who had lost their skill on P1, fresh seed, of the default and the mixes.
    """

    seeds: int
    seen: dict[str, tuple[Gain, ...]]
    fresh: tuple[Gain, ...]
    detection: dict[str, float]

    def json(self) -> JsonObject:
        """As plain values."""
        seen = {family: [gain.json() for gain in gains] for family, gains in self.seen.items()}
        return {
            "seeds": self.seeds,
            "seen": seen,
            "fresh": [gain.json() for gain in self.fresh],
            "detection": self.detection,
        }


def trials(
    *, seeds: int = 120, seen: int = SEEN, fresh: int = FRESH, threads: int = 1, progress: Tell | None = None
) -> Trials:
    """Choose by the mean gain over all kinds of pools on `seen`, judge once on `fresh`.

    Parameters
    ----------
    seeds : int
        Pools of each kind, at least 2.
    seen, fresh : int
        Addresses of the pools.
    threads : int
        Results do not depend on it.
    progress : callable, optional
        Told how many walks are done, of how many, and where.
    """
    ideas = [idea for family in FAMILIES.values() for idea in family]
    steps = _Steps(len(POOLS) * (len(ideas) + len(FAMILIES) + 3), progress)
    found = _gains(ideas, seeds, seen, threads, steps)
    by_family = {name: tuple(found[idea.name] for idea in family) for name, family in FAMILIES.items()}
    names = [max(gains, key=lambda gain: gain.mean).idea for gains in by_family.values()]
    chosen = [idea for idea in ideas if idea.name in names]
    judged = _gains(chosen, seeds, fresh, threads, steps)
    mixes, detection = _mixes(seeds, fresh, threads, steps)
    return Trials(seeds, by_family, (*judged.values(), *mixes), detection)


class _Steps:
    def __init__(self, total: int, progress: Tell | None) -> None:
        self.done, self.total, self.progress = 0, total, progress

    def tell(self, note: str) -> None:
        if self.progress is not None:
            self.progress(self.done, self.total, note)
        self.done += 1


def _gains(ideas: Sequence[Idea], seeds: int, seed: int, threads: int, steps: _Steps) -> dict[str, Gain]:
    found: dict[str, dict[str, tuple[float, float]]] = {idea.name: {} for idea in ideas}
    for pool in POOLS:
        days = Days.of(draw(pool, seeds=seeds, seed=seed, threads=threads))
        steps.tell(f"{pool}, seed {seed}, core")
        base = sharpes(days, walk(days, CORE))
        for idea in ideas:
            steps.tell(f"{pool}, seed {seed}, {idea.name}")
            found[idea.name][pool] = _paired(sharpes(days, walk(days, idea)), base)
    return {name: Gain(name, CORE.name, by_pool) for name, by_pool in found.items()}


def _mixes(seeds: int, seed: int, threads: int, steps: _Steps) -> tuple[list[Gain], dict[str, float]]:
    found: dict[str, dict[str, tuple[float, float]]] = {name: {} for name in _MIXES}
    detection = {}
    for pool in POOLS:
        steps.tell(f"{pool}, seed {seed}, {MIX}")
        drawn = draw(pool, seeds=seeds, seed=seed, threads=threads)
        base, *made = run(drawn, [RULES[DEFAULT], *_MIXES.values()], threads=threads)
        for name, outcome in zip(_MIXES, made, strict=True):
            found[name][pool] = _paired(outcome.sharpe, base.sharpe)
        if pool == FLIPS:
            named = zip((DEFAULT, *_MIXES), (base, *made), strict=True)
            detection = {name: float(np.nanmedian(outcome.detection)) for name, outcome in named}
    return [Gain(name, DEFAULT, by_pool) for name, by_pool in found.items()], detection


def _paired(own: FloatArray, base: FloatArray) -> tuple[float, float]:
    gain = own - base
    return float(gain.mean()), float(gain.std(ddof=1) / np.sqrt(len(gain)))
