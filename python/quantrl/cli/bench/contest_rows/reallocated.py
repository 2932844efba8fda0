"""C6: what 206 engines would have made of the same answers, beside plain Python."""

from __future__ import annotations

import hashlib
from itertools import pairwise

import numpy as np

from quantrl.cli.bench.harness import Contender
from quantrl.cli.bench.rate import Check, Goal, RateCase
from quantrl.contest.analysts_of import offline_desk
from quantrl.contest.config import ContestConfig
from quantrl.contest.documents.store import DocumentStore
from quantrl.contest.engines import RANDOM_SEEDS, fixed, priced
from quantrl.contest.sources._planted_prices import draw_market
from quantrl.contest.sources.planted import planted_entities
from quantrl.contest.world import World
from quantrl.rng import generator
from quantrl.typing import FloatArray
from quantrl.units import iso_date

OURS, PEER = "reallocate", "plain Python"
SHAPES = {"full": (504, 20), "small": (30, 4)}
REFERENCE = {"full": 2, "small": 1}
MOVING = ("paper", "selection", "best_past")
BPS = 10.0
LIMIT_S = 2.0
_STREAM = 9026


def case(size: str) -> RateCase:
    """Engines priced a second; the reference prices a few of them."""
    days, agents = SHAPES[size]
    world = _world(days, agents)
    random = generator(0, _STREAM, "synthetic")
    wanted = _parts(random, (days, agents, len(world.symbols)))
    moving = {name: _parts(random, (days, agents)) for name in MOVING}
    labels = world.roster.labels
    few = list(MOVING[: REFERENCE[size]])

    def ours() -> dict[str, tuple[FloatArray, FloatArray]]:
        always = fixed(agents, labels)
        held = [name for name in always if not name.startswith("alone:")] + [
            f"alone:{labels[0]}",
            f"alone:{labels[1]}",
        ]
        capital = {name: np.repeat(always[name][None], days, axis=0) for name in held} | moving
        return priced(world, capital, {}, wanted)

    def nets() -> FloatArray:
        found = ours()
        return np.concatenate([(found[name][0] - found[name][1])[: days - 1] for name in few])

    def theirs() -> FloatArray:
        opens = world.prices[1].tolist()
        return np.concatenate([_plain(moving[name].tolist(), wanted.tolist(), opens) for name in few])

    engines = RANDOM_SEEDS + 6
    return RateCase(
        "C6",
        f"{RANDOM_SEEDS} random-k and 6 engines over {agents} agents x {days} days",
        "engines",
        (Contender(OURS, ours, engines), Contender(PEER, theirs, len(few))),
        (Goal(OURS, 20.0, PEER), Goal(OURS, engines / LIMIT_S)),
        (Check("the book of plain Python", nets, theirs, 1e-9),),
        sha256=hashlib.sha256(wanted.tobytes()).hexdigest(),
        notes=(f"{PEER}: {len(few)} of the engines",),
    )


def _world(days: int, agents: int) -> World:
    panel, _ = draw_market(0, _STREAM, planted_entities().symbols, days + 1)
    config = ContestConfig(
        start=iso_date(int(panel.time[1])),
        end=iso_date(int(panel.time[days])),
        backtest={"costs": {"bps": BPS}},
        agents=[{"id": "rules/equal_weight", "name": f"agent-{i}"} for i in range(agents)],
    )
    return World.of(config, panel, DocumentStore([]), offline_desk(config))


def _parts(random: np.random.Generator, shape: tuple[int, ...]) -> FloatArray:
    """Shares along the last axis that sum to less than 1."""
    drawn = random.gamma(1.0, 1.0, shape)
    return np.asarray(0.95 * drawn / drawn.sum(axis=-1, keepdims=True))


def _plain(
    shares: list[list[float]], wanted: list[list[list[float]]], opens: list[list[float]]
) -> FloatArray:
    """Net returns from open to open of the netted book; the decision of row d is filled at the open of bar d + 1."""
    names, fee = range(len(opens[0])), BPS * 1e-4
    cash, units, values = 1.0, [0.0 for _ in names], []
    for bar, price in enumerate(opens[1:]):
        worth = [units[j] * price[j] for j in names]
        equity = cash + sum(worth)
        values.append(equity)
        if bar == len(shares):
            break
        target = [sum(c * row[j] for c, row in zip(shares[bar], wanted[bar], strict=True)) for j in names]
        budget = equity
        for _ in range(8):
            budget = equity - fee * sum(abs(target[j] * budget - worth[j]) for j in names)
        units = [target[j] * budget / price[j] for j in names]
        cash = budget * (1.0 - sum(target))
    return np.array([after / before - 1.0 for before, after in pairwise(values)])
