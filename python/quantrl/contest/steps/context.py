"""The data contest: scores that have matured, utilities predicted from them, and the factors that are read."""

from __future__ import annotations

from typing import Any

import numpy as np

from quantrl.contest import context
from quantrl.contest._plain import floats, plain
from quantrl.contest.context import Offers
from quantrl.contest.context.rebuild import Rebuild
from quantrl.contest.predict.cold import utilities
from quantrl.contest.predictors import predictor_of
from quantrl.contest.presets import ContextConfig
from quantrl.contest.standing import Standing
from quantrl.contest.zi import ZiScore, score_ratings
from quantrl.typing import BoolArray, FloatArray, JsonObject


def make_scored(s: Standing) -> JsonObject:
    """Scores of the days that have matured since yesterday, then u of every data agent."""
    world, t = s.world, s.today.t
    if not world.roster.readers:
        return {"matured": [], "u": [], "warm": [], "utility": []}
    fresh: list[JsonObject] = []
    for day in range(s.scored + 1, world.clock.newest(t) + 1):
        fresh.append({"day": day, "scores": scores_of(s, day, world.matured_returns(day, t))})
    chosen = [[row[world.mechanism.data_score] for row in day["scores"]] for day in fresh]
    scores = np.concatenate([s.scores, floats(chosen, (len(fresh), s.scores.shape[1]))])
    predicted = predictor_of(world, "data").predict(scores)
    return {
        "matured": fresh,
        "u": plain(predicted.u),
        "warm": predicted.warm.tolist(),
        "utility": plain(utilities(predicted, _present(s), cold=world.mechanism.cold or "equal")),
    }


def apply_scored(s: Standing, payload: Any) -> None:
    """Matured scores go to the factor ledger."""
    for day in payload["matured"]:
        mature(s, day["day"], day["scores"])
    s.today.utility = floats(payload["utility"], (len(payload["utility"]),))
    now = s.world.clock.d(s.today.t)
    step = s.data_pipeline.step(s.factor_ledger.as_of(now), now)
    s.today.funded = np.zeros(len(s.world.roster.readers))
    s.today.funded[: len(step.weights)] = step.weights


def scores_of(s: Standing, day: int, returns: FloatArray) -> list[JsonObject]:
    """Every score of each factor of a day, at its returns (N,)."""
    rows = (score_ratings(ratings, s.world.symbols, returns) for ratings in s.ratings[day])
    return [_row(row) for row in rows]


def mature(s: Standing, day: int, rows: list[JsonObject]) -> None:
    """Take the scores of a day; its ratings are done with."""
    clock, chosen = s.world.clock, s.world.mechanism.data_score or "paper_sum"
    s.data_scores.append(floats([row[chosen] for row in rows], (len(rows),)))
    s.scored = day
    del s.ratings[day]
    tokens = [factor.tokens for factor in s.factors.pop(day)]
    gross = floats([row["implied"] for row in rows], (len(rows),))
    acted = ~np.isnan(gross)
    if rows:
        s.factor_ledger.append(
            {
                "agent": list(s.world.roster.readers),
                "decided": clock.d(day),
                "effective": clock.o(day),
                "matured": clock.matured_at(day),
                "gross": np.where(acted, gross, 0.0),
                "exposure": acted.astype(np.float64),
                "acted": acted.astype(np.int64),
                "tokens": tokens,
                "family": "data",
            }
        )


def make_context(s: Standing) -> JsonObject:
    """Agents in charge and those read, under the engine of the data contest; what the other would have read beside."""
    world, today = s.world, s.today
    values = {"paper": today.utility, "selection": np.where(_present(s), today.funded, np.nan)}
    engine = world.mechanism.data_engine or "paper"
    rebuild = _rebuild(world.mechanism.context or ContextConfig(), world.config.seed)
    found: JsonObject = {"engine": engine, "funded": plain(today.funded)}
    for name, value in values.items():
        offers = _offers(s, value)
        in_charge = rebuild.choose(offers, s.in_charge.get(name))
        found[name] = {"in_charge": list(in_charge), "read": list(rebuild.read(in_charge, offers))}
    return found


def apply_context(s: Standing, payload: Any) -> None:
    """The factors of those who are read."""
    s.in_charge = {name: tuple(payload[name]["in_charge"]) for name in ("paper", "selection")}
    s.today.read = tuple(s.today.factors[i] for i in payload[payload["engine"]]["read"])


def _present(s: Standing) -> BoolArray:
    return np.array([bool(factor.lines) for factor in s.today.factors], dtype=np.bool_)


def _offers(s: Standing, u: FloatArray) -> Offers:
    config = s.world.mechanism.context or ContextConfig()
    tokens = np.array([factor.tokens for factor in s.today.factors], dtype=np.int64)
    texts = tuple("\n".join(line.text for line in factor.lines) for factor in s.today.factors)
    return Offers(u, tokens, config.capacity, s.today.t, texts)


def _rebuild(config: ContextConfig, seed: int) -> Rebuild:
    return Rebuild(context.seeded(config.name, config.params, seed), config.every, config.phase)


def _row(score: ZiScore) -> JsonObject:
    return {name: plain(value) for name, value in vars(score).items()}
