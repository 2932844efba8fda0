"""Checks that must be loud: what a leak, a gamer or a relabelling would change, on pools of known skill."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from quantrl.rng import generator
from quantrl.selection.lab._pools import Pools, draw
from quantrl.selection.lab._protocol import Outcome, _run, run
from quantrl.selection.lab._rules import DEFAULT, EQUAL, RULES, LabRule
from quantrl.selection.lab.real.window import at_target
from quantrl.typing import FloatArray, IntArray

DELAYS = (1, 2, 5, 10, 21)
_CANARY = "ContestTrade top 3"
_SEEN = 8.0
_MORE_HELPS = 0.05
_LABELS = 0.02
_CORE = "core"
_MADE_UP = 0.97


@dataclass(frozen=True)
class Check:
    """One check: whether it held, in words, and its figures."""

    name: str
    passed: bool
    text: str
    figures: dict[str, float]


def checks(
    *,
    seeds: int = 60,
    seed: int = 11,
    threads: int = 1,
    progress: Callable[[int, int, str], None] | None = None,
) -> list[Check]:
    """Run every check on P1.

    Parameters
    ----------
    seeds, seed : int
        How many pools, and their address.
    threads : int
        Results do not depend on it.
    progress : callable, optional
        Told how many are done, of how many, and which is next.
    """
    pools = draw("P1", seeds=seeds, seed=seed, threads=threads)
    found = []
    for at, check in enumerate(CHECKS):
        if progress is not None:
            progress(at, len(CHECKS), check.__name__)
        found.append(check(pools, threads))
    return found


def canary(pools: Pools, threads: int) -> Check:
    """A five-day rule that knows the row it is paid by must look absurd; one that does not must lose."""
    rule = [RULES[_CANARY]]
    peeking = _mean(_run(pools, rule, delay=0, threads=threads)[0])
    honest = _mean(run(pools, rule, threads=threads)[0])
    text = (
        f"five-day rule: Sharpe {peeking:.2f} when it sees a day ahead (above {_SEEN:g}), {honest:.2f} if not"
    )
    passed = peeking > _SEEN and honest < 0
    return Check("canary", passed, text, {"peeking": peeking, "honest": honest})


def delay(pools: Pools, threads: int) -> Check:
    """Knowing less must not help."""
    rule = [RULES[_CORE]]
    sharpe = [_mean(run(pools, rule, delay=days, threads=threads)[0]) for days in DELAYS]
    gain = max(later - sooner for i, sooner in enumerate(sharpe) for later in sharpe[i + 1 :])
    shown = ", ".join(f"{days}: {value:.2f}" for days, value in zip(DELAYS, sharpe, strict=True))
    figures = {f"delay_{days}": value for days, value in zip(DELAYS, sharpe, strict=True)}
    return Check("delay", gain <= _MORE_HELPS, f"Sharpe by days of delay: {shown}", figures)


def permutation(pools: Pools, threads: int) -> Check:
    """With labels shuffled every day there is nothing to find."""
    order = np.argsort(_draws(pools, 1), axis=2)
    shuffled = replace(pools, returns=np.take_along_axis(pools.returns, order, axis=2))
    found, equal = run(shuffled, [RULES[DEFAULT], RULES[EQUAL]], threads=threads)
    gap = found.sharpe - equal.sharpe
    error = float(gap.std(ddof=1) / np.sqrt(len(gap)))
    tau = float(found.tau.mean())
    text = f"labels shuffled daily: {gap.mean():+.2f} to equal weight (se {error:.2f}), tau {tau:+.3f}"
    passed = abs(gap.mean()) <= 3 * error and abs(tau) <= _LABELS
    return Check("permutation", passed, text, {"gap": float(gap.mean()), "se": error, "tau": tau})


def scale(pools: Pools, threads: int) -> Check:
    """An agent that trades ten times as much, or a tenth, is the same agent once its volatility is known.

    With 63 days behind it has the same place in every row. Decisions still remember the days before, the first of them
    taken at an assumed volatility. The calmest is enlarged and the wildest made small, so that the floor of 2 % does not
    decide.
    """
    before, ranks = _weights(pools, RULES[DEFAULT], threads)[:, 63:], _places(pools)
    vol = pools.returns.std(axis=1)
    alike, same = 1.0, 1.0
    for factor, which in ((10.0, vol.argmin(axis=1)), (0.1, vol.argmax(axis=1))):
        factors = np.ones_like(vol)
        factors[np.arange(len(vol)), which] = factor
        turned = replace(pools, returns=pools.returns * factors[:, None])
        after = _weights(turned, RULES[DEFAULT], threads)[:, 63:]
        alike = min(alike, float((after == before).all(axis=2).mean()))
        same = min(same, float((_places(turned) == ranks)[:, 63:].all(axis=2).mean()))
    text = (
        f"one agent ten times as large, or a tenth: {same:.2%} of rows ranked alike, "
        f"{alike:.2%} of days decided alike"
    )
    return Check("scale", same == 1 and alike >= 0.97, text, {"ranked": same, "decided": alike})


def sign(pools: Pools, threads: int) -> Check:
    """With returns negated the better half is the worse half."""
    half = LabRule("half", "normal_score_eb", {"guard": 0, "hysteresis": 0, "k": pools.returns.shape[2] // 2})
    best = _weights(pools, half, threads)[:, 63:] > 0
    worst = _weights(replace(pools, returns=-pools.returns), half, threads)[:, 63:] > 0
    wrong = float((best == worst).any(axis=2).mean())
    text = f"returns negated: the halves trade places on {1 - wrong:.2%} of days"
    return Check("sign", wrong == 0, text, {"wrong": wrong})


def label(pools: Pools, threads: int) -> Check:
    """Another numbering of the agents is another numbering of the weights."""
    order = np.argsort(_draws(pools, 2)[0, 0])
    turned = _columns(pools, order)
    before, after = (_weights(one, RULES[DEFAULT], threads) for one in (pools, turned))
    wrong = float((before[:, :, order] != after).any(axis=2).mean())
    return Check("label", wrong == 0, f"agents renumbered: {wrong:.2%} of days differ", {"wrong": wrong})


def duplicate(pools: Pools, threads: int) -> Check:
    """An exact copy never gets its cluster a second slot, a near one almost never: its correlation is estimated."""
    own = pools.returns[:, :, 37]
    noise = _draws(pools, 3, normal=True)[:, :, 0] * own.std(axis=1, keepdims=True)
    shares = []
    for like in (1.0, _MADE_UP):
        both = _columns(pools, np.append(np.arange(pools.returns.shape[2]), 37))
        both.returns[:, :, -1] = like * own + np.sqrt(1 - like**2) * noise
        weights = _weights(both, RULES[DEFAULT], threads)[:, 70:]
        shares.append(float((weights[:, :, 37] + weights[:, :, -1] > 0.2 + 1e-12).mean()))
    exact, near = shares
    text = f"a copy of a skilled agent has a slot beside it: exact {exact:.2%}, correlated {_MADE_UP:g} {near:.2%} of days"
    return Check("duplicate", exact == 0 and near <= 0.02, text, {"exact": exact, "near": near})


def gaming(pools: Pools, threads: int) -> Check:
    """Next to no volatility and a Sharpe ratio of 20 never makes the first place."""
    returns = pools.returns.copy()
    tiny = 1e-6 / np.sqrt(252)
    returns[:, :, 5] = tiny * (20 / np.sqrt(252) + _draws(pools, 4, normal=True)[:, :, 0])
    first = LabRule("first", "normal_score_eb", {**RULES[DEFAULT].numbers, "k": 1})
    held = float((_weights(replace(pools, returns=returns), first, threads)[:, 63:, 5] > 0).mean())
    text = f"volatility 1e-6 with Sharpe 20: first on {held:.2%} of days"
    return Check("gaming", held == 0, text, {"first": held})


CHECKS = (canary, delay, permutation, scale, sign, label, duplicate, gaming)
"""All of them, in order."""


def _mean(outcome: Outcome) -> float:
    return float(outcome.sharpe.mean())


def _weights(pools: Pools, rule: LabRule, threads: int) -> FloatArray:
    found = run(pools, [rule], weights=True, threads=threads)[0].weights
    assert found is not None
    return found


def _places(pools: Pools) -> IntArray:
    """Places (S, T, N) of scaled returns within each row."""
    x = [at_target(one, target_vol=0.10, periods_per_year=252.0) for one in pools.returns]
    return np.array(x).argsort(axis=2).argsort(axis=2)


def _columns(pools: Pools, which: IntArray) -> Pools:
    """The pools with these agents, in this order."""
    parts = pools.returns[:, :, which], pools.acted[:, :, which]
    return Pools(pools.name, *parts, pools.truth[:, :, which], pools.born[:, :, which])


def _draws(pools: Pools, stream: int, *, normal: bool = False) -> FloatArray:
    random = generator(0, stream, "check")
    made: FloatArray = (random.standard_normal if normal else random.random)(pools.returns.shape)
    return made
