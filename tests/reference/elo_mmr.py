"""Elo-MMR one player at a time: performances and ratings as maxima of likelihoods, found by halving."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

LEAST = 80.0


@dataclass
class Player:
    """Posterior, normal factor, and remembered performances as [mode, a, b]."""

    mu: float = 1500.0
    sigma: float = 350.0
    mu0: float = 1500.0
    sigma0: float = 350.0
    queue: deque[list[float]] = field(default_factory=deque)


def halved(f: Callable[[float], float], low: float = -6000.0, high: float = 9000.0) -> float:
    """Zero of a decreasing function."""
    for _ in range(64):
        middle = (low + high) / 2
        low, high = (middle, high) if f(middle) > 0 else (low, middle)
    return (low + high) / 2


def log_wins(p: float, mu: float, b: float) -> float:
    """Logarithm of the chance to beat a logistic performance around mu."""
    return -math.log1p(math.exp(-b * (p - mu))) if b * (p - mu) > -700 else b * (p - mu)


def log_ties(p: float, mu: float, b: float) -> float:
    """Logarithm of the density of that performance at p."""
    return math.log(b) + log_wins(p, mu, b) + log_wins(mu, p, b)


def log_likelihood(p: float, rivals: Sequence[tuple[float, float, float]]) -> float:
    """Of a performance p; a rival is (mean, variance, sign of the result against it), the player itself among them."""
    total = 0.0
    for mu, variance, outcome in rivals:
        b = math.pi / math.sqrt(3 * variance)
        if outcome > 0:
            total += log_wins(p, mu, b)
        elif outcome < 0:
            total += log_wins(mu, p, b)
        else:
            total += log_ties(p, mu, b)
    return total


def log_posterior(x: float, player: Player) -> float:
    """Of a rating x: one normal and many logistic factors."""
    total = -((x - player.mu0) ** 2) / (2 * player.sigma0**2)
    for mode, a, b in player.queue:
        total -= b / a * math.log(math.cosh(min(max(a * (x - mode), -300.0), 300.0)))
    return total


def rate(
    players: dict[int, Player],
    results: dict[int, float],
    *,
    weight: float,
    drift: float = 0.0,
    days: dict[int, float] | None = None,
    history: int | None = None,
    split_ties: bool = False,
) -> dict[int, float]:
    """One contest; returns performances."""
    performance = LEAST**2 * (1 + 1 / weight)
    for name in results:
        diffuse(players[name], LEAST**2 * weight + drift * (days or {}).get(name, 0.0))
    before = {name: (players[name].mu, players[name].sigma ** 2 + performance) for name in results}
    found = {}
    for name, mine in results.items():

        def surprise(p: float, mine: float = mine) -> float:
            total = 0.0
            for other, theirs in results.items():
                mu, variance = before[other]
                b = math.pi / math.sqrt(3 * variance)
                c = (mine > theirs) - (mine < theirs)
                e = 1 if c or split_ties else 2
                total += b * (c - e * math.tanh(b / 2 * (p - mu)))
            return total

        found[name] = halved(surprise)
    for name, p in found.items():
        absorb(players[name], p, performance, history)
    return found


def diffuse(player: Player, added: float) -> None:
    variance = player.sigma**2
    kappa = variance / (variance + added)
    w0 = player.sigma0**-2
    moved = (1 - kappa) * (w0 + sum(6 * a * b / math.pi**2 for _, a, b in player.queue))
    player.mu0 = (kappa * w0 * player.mu0 + moved * player.mu) / (kappa * w0 + moved)
    player.sigma0 = (kappa * (kappa * w0 + moved)) ** -0.5
    for factor in player.queue:
        factor[2] *= kappa * kappa
    player.sigma = math.sqrt(variance + added)


def absorb(player: Player, p: float, performance: float, history: int | None) -> None:
    if history is not None and len(player.queue) == history:
        mode, a, b = player.queue.popleft()
        w0, w = player.sigma0**-2, 6 * a * b / math.pi**2
        player.mu0, player.sigma0 = (w0 * player.mu0 + w * mode) / (w0 + w), (w0 + w) ** -0.5
    b = math.pi / math.sqrt(3 * performance)
    player.queue.append([p, b / 2, b])

    def pull(x: float) -> float:
        away = sum(b * math.tanh(a * (x - mode)) for mode, a, b in player.queue)
        return -(x - player.mu0) / player.sigma0**2 - away

    player.mu = halved(pull)
    player.sigma = (player.sigma**-2 + 1 / performance) ** -0.5
