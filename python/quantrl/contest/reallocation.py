"""What another engine would have made of a contest: the recorded rows and answers, and no agent asked again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from quantrl.contest.allocate import shares
from quantrl.contest.analysts_of import offline_desk
from quantrl.contest.engines import best_past, fixed, priced
from quantrl.contest.frames import Frames
from quantrl.contest.predict.cold import utilities
from quantrl.contest.predictors import predictor_of
from quantrl.contest.standing import Standing
from quantrl.contest.steps import table
from quantrl.contest.world import World
from quantrl.errors import ConfigError
from quantrl.runs import sha256_json
from quantrl.selection import LedgerView
from quantrl.selection.pipeline import Pipeline
from quantrl.typing import FloatArray, IntArray

if TYPE_CHECKING:
    from quantrl.contest.contest_run import ContestRun

CHOICES = "paper, selection, equal, best_past, random:<seed> or alone:<agent>"


@dataclass(frozen=True, eq=False)
class Reallocation:
    """One engine over the days of a contest.

    Attributes
    ----------
    engine : str
    agents : tuple of str
    days : (D,) int64
    shares : (D, A) float64
        Capital of each agent.
    gross, cost : (D,) float64
        Of its netted book; NaN on days that have not matured.
    """

    engine: str
    agents: tuple[str, ...]
    days: IntArray
    shares: FloatArray
    gross: FloatArray
    cost: FloatArray

    @property
    def net(self) -> FloatArray:
        """(D,) gross less costs."""
        return self.gross - self.cost

    def digest(self) -> str:
        """Digest of shares and returns."""
        return sha256_json([part.tobytes().hex() for part in (self.shares, self.gross, self.cost)])

    def capital(self) -> pl.DataFrame:
        """``day`` and a column of shares for each agent."""
        return pl.DataFrame(
            {"day": self.days, **{name: self.shares[:, i] for i, name in enumerate(self.agents)}}
        )

    def table(self) -> pl.DataFrame:
        """``day gross cost net`` of the days that have matured."""
        known = ~np.isnan(self.gross)
        columns = {"gross": self.gross, "cost": self.cost, "net": self.net}
        return pl.DataFrame({"day": self.days[known], **{name: c[known] for name, c in columns.items()}})


def reallocate(run: ContestRun, engine: str, *, threads: int = 1) -> Reallocation:
    """See `ContestRun.reallocate`.

    Raises
    ------
    ConfigError
        No such engine.
    DataError
        A file of the run was altered.
    """
    world = World.of(run.config, run.panel, run.docs, offline_desk(run.config), run.fundamentals)
    frames = Frames.read(world, run.folder, run.lines)
    count, n_days = len(frames.labels), len(frames.days)
    always = fixed(count, frames.labels, seeds=0) | _random(engine, count, frames.labels)
    ones = np.ones((n_days, count))
    if engine in always:
        capital, scales = np.repeat(always[engine][None], n_days, axis=0), ones
    elif engine in _ENGINES:
        steps = list(_ENGINES[engine](_walk(frames)))
        capital, scales = (np.array([step[part] for step in steps]) for part in range(2))
    else:
        raise ConfigError(f"engine: expected {CHOICES}, got {engine!r}")
    capital[: frames.tested] = 0.0
    gross, cost = priced(world, {engine: capital}, {engine: scales}, frames.wanted, threads=threads)[engine]
    first, skip = world.calendar.first, frames.tested
    days = np.arange(first + skip, first + n_days, dtype=np.int64)
    return Reallocation(engine, frames.labels, days, capital[skip:], gross[skip:], cost[skip:])


Share = tuple[FloatArray, FloatArray]


@dataclass(frozen=True, eq=False)
class _Day:
    """A day that is walked again: what its engine may read."""

    standing: Standing
    view: LedgerView


def _walk(frames: Frames) -> Iterator[_Day]:
    """Every day with its steps applied up to the allocation, then the rest of it."""
    standing = Standing(frames.world)
    for day in frames.days:
        standing.begin(int(day["OPEN"]["t"]))
        for name, step in table().items():
            if name == "ALLOCATED":
                now = frames.world.clock.d(standing.today.t)
                yield _Day(standing, standing.field.ledger.as_of(now))
            step.apply(standing, day[name])


def _paper(days: Iterator[_Day]) -> Iterator[Share]:
    for day in days:
        s, count = day.standing, len(day.standing.world.roster.labels)
        scores = s.rewards(day.view)
        predicted = predictor_of(s.world, "research").predict(scores, s.judgements(len(scores)))
        utility = utilities(predicted, s.today.present, cold=s.world.mechanism.cold or "equal")
        utility[s.today.known_outcome.faulty] = np.nan
        yield shares(utility), np.ones(count)


def _selection(days: Iterator[_Day]) -> Iterator[Share]:
    pipeline: Pipeline | None = None
    for day in days:
        world = day.standing.world
        pipeline = pipeline or Pipeline.default(
            seed=world.config.seed, periods_per_year=world.periods_per_year
        )
        faulty = day.standing.today.known_outcome.faulty
        step = pipeline.step(day.view, world.clock.d(day.standing.today.t), faulty=faulty)
        capital, scales = np.zeros(len(world.roster.labels)), np.ones(len(world.roster.labels))
        capital[: len(step.weights)], scales[: len(step.scales)] = step.weights, step.scales
        yield capital, scales


def _best_past(days: Iterator[_Day]) -> Iterator[Share]:
    for day in days:
        count = len(day.standing.world.roster.labels)
        yield best_past(day.view, count), np.ones(count)


_ENGINES: dict[str, Callable[[Iterator[_Day]], Iterator[Share]]] = {
    "paper": _paper,
    "selection": _selection,
    "best_past": _best_past,
}


def _random(engine: str, count: int, labels: tuple[str, ...]) -> dict[str, FloatArray]:
    name, _, seed = engine.partition(":")
    if name != "random" or not (seed.isascii() and seed.isdigit()):
        return {}
    from quantrl.contest.engines import random_k

    return {engine: random_k(int(seed), count)}
