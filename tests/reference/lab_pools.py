"""Pools of agents with known skill, drawn by NumPy: the definition in one place, whole arrays at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

T = 1008
D = np.sqrt(252)
FLIP = T // 2
NAMES = ("P0", "P1", "P2", "P3", "P4", "P5", "P6", "P7", "P8")
SPARSE = slice(28, 40)


@dataclass(frozen=True)
class Pool:
    """Net returns, activity and births (S, T, N) of S pools; `truth` is the annual Sharpe ratio of each day."""

    name: str
    returns: np.ndarray
    acted: np.ndarray
    truth: np.ndarray
    born: np.ndarray


def draw_pool(name: str, *, seeds: int, seed: int) -> Pool:
    """`seeds` pools of one kind: common factor, Student noise with 4 degrees of freedom, own volatilities."""
    n = 80 if name == "P5" else 40
    rng, own = np.random.default_rng(seed), np.random.default_rng([seed, int(name[1:])])
    vol = np.exp(rng.uniform(np.log(0.05), np.log(0.40), (seeds, 1, n))) / D
    f = _student(rng, (seeds, T, 1))
    e = _student(rng, (seeds, T, n))
    z = np.sqrt(0.3) * f + np.sqrt(0.7) * e
    truth, born = np.zeros(z.shape), np.zeros(z.shape, dtype=bool)
    acted = np.ones(z.shape, dtype=bool)
    SKILL[name](own, truth, born)
    boost = np.ones(n)
    if name == "P4":
        _clone(z)
    if name == "P6":
        acted[:, :, SPARSE] = own.random((seeds, T, 12)) < 0.2
        boost[SPARSE] = 1 / np.sqrt(0.2)
    returns = np.where(acted, (z + truth * boost / D) * vol, 0.0)
    if name == "P7":
        _lie(own, returns, born)
    if name == "P8":
        crash = own.random((seeds, T, 8)) < 1 / 378
        returns[:, :, 32:40] = 0.999 * (0.10 / D) * z[:, :, 32:40] + 2 * 0.10 / 252 - 0.30 * crash
    return Pool(name, returns, acted, truth, born)


def scaled(returns: np.ndarray, born: np.ndarray) -> np.ndarray:
    """Returns times min(10, target / max(vol, 2 %)); vol from the last 63 rows before, 20 % under 5 rows."""
    x, birth = np.empty_like(returns), np.zeros(returns.shape[::2], dtype=int)
    rows = np.arange(returns.shape[1])[None, :, None]
    for t in range(returns.shape[1]):
        birth = np.where(born[:, t], t, birth)
        first = max(0, t - 63)
        mine = rows[:, first:t] >= birth[:, None, :]
        count = np.minimum(t - birth, 63)
        square = np.where(mine, returns[:, first:t] ** 2, 0.0).sum(axis=1)
        vol = np.where(count < 5, 0.20 / D, np.sqrt(square / np.maximum(count, 1)))
        x[:, t] = returns[:, t] * np.minimum(10.0, 0.10 / D / np.maximum(vol, 0.02 / D))
    return x


def _student(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    g = rng.standard_normal(shape)
    c = rng.chisquare(4, shape)
    return g / np.sqrt(c / 4) * np.sqrt(0.5)


def _constant(first: int, last: int) -> Callable[..., None]:
    def fill(own: np.random.Generator, truth: np.ndarray, born: np.ndarray) -> None:
        truth[:, :, first:last] = 1.5

    return fill


def _mixed(own: np.random.Generator, truth: np.ndarray, born: np.ndarray) -> None:
    truth[:, :, 30:36] = 1.5
    truth[:, :FLIP, 36:40], truth[:, FLIP:, 36:40] = 2.5, -1.5


def _regimes(own: np.random.Generator, truth: np.ndarray, born: np.ndarray) -> None:
    state = np.cumsum(own.random(truth.shape[:2]) < 1 / 84, axis=1)[:, :, None] % 2
    truth[:, :, 28:34] = np.where(state == 0, 2.5, -1.0)
    truth[:, :, 34:40] = np.where(state == 1, 2.5, -1.0)


def _decay(own: np.random.Generator, truth: np.ndarray, born: np.ndarray) -> None:
    for j in range(12):
        age = np.arange(T) - 84 * j
        truth[:, :, 28 + j] = np.where(age < 0, 0.0, 3.0 * 0.5 ** (age / 126))


def _arrivals(own: np.random.Generator, truth: np.ndarray, born: np.ndarray) -> None:
    seeds = len(truth)

    def draw(shape: tuple[int, int]) -> np.ndarray:
        u = own.random(shape)
        return np.where(u < 0.15, 1.5, np.where(u < 0.25, -0.5, 0.0))

    now = draw((seeds, 80))
    for t in range(T):
        if t > 0 and t % 5 == 0:
            slots = own.permuted(np.tile(np.arange(80), (seeds, 1)), axis=1)[:, :2]
            np.put_along_axis(now, slots, draw((seeds, 2)), axis=1)
            np.put_along_axis(born[:, t], slots, True, axis=1)
        truth[:, t] = now


def _clone(z: np.ndarray) -> None:
    watched = z[:, :252, :25]
    source = np.argmax(watched.mean(axis=1) / watched.std(axis=1), axis=1)
    copied = np.take_along_axis(z, source[:, None, None], axis=2)
    z[:, :, 30:40] = 0.97 * copied + np.sqrt(1 - 0.97**2) * z[:, :, 30:40]


def _lie(own: np.random.Generator, returns: np.ndarray, born: np.ndarray) -> None:
    x = scaled(returns[:, :, :30], born[:, :, :30])
    for t in range(1, T):
        best = np.argmax(x[:, t - 1], axis=1)[:, None]
        blur = 0.02 / D * own.standard_normal((len(x), 10))
        returns[:, t, 30:40] = np.take_along_axis(x[:, t], best, axis=1) + blur


SKILL: dict[str, Callable[[np.random.Generator, np.ndarray, np.ndarray], None]] = {
    "P0": lambda own, truth, born: None,
    "P1": _mixed,
    "P2": _regimes,
    "P3": _decay,
    "P4": _constant(25, 30),
    "P5": _arrivals,
    "P6": _constant(24, 32),
    "P7": _constant(24, 30),
    "P8": _constant(26, 32),
}
