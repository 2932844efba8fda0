"""The research contest: what has matured, utilities, capital under every engine, and the book."""

from __future__ import annotations

from typing import Any

import numpy as np

from quantrl.contest._plain import floats, plain
from quantrl.contest.allocate import shares
from quantrl.contest.engines import best_past
from quantrl.contest.predict.cold import utilities
from quantrl.contest.predictors import predictor_of
from quantrl.contest.standing import Standing
from quantrl.selection.netting import net
from quantrl.typing import FloatArray, JsonObject

BOTH = ("paper", "selection")


def make_scored(s: Standing) -> JsonObject:
    """u of every entrant from the rows known at d(t) and the judgements made by then."""
    world, t = s.world, s.today.t
    view = s.field.ledger.as_of(world.clock.d(t))
    scores = s.rewards(view)
    predicted = predictor_of(world, "research").predict(scores, s.judgements(len(scores)))
    utility = utilities(predicted, s.today.present, cold=world.mechanism.cold or "equal")
    return {
        "rows": view.n_rows,
        "ledger": view.sha256,
        "u": plain(predicted.u),
        "warm": predicted.warm.tolist(),
        "utility": plain(utility),
    }


def apply_scored(s: Standing, payload: Any) -> None:
    """Utilities; the selection engine reads the same rows."""
    today, world = s.today, s.world
    today.utility = floats(payload["utility"])
    today.outcome = s.field.judge(world.calendar.row(today.t), today.known_poll, today.known_held)


def make_allocated(s: Standing) -> JsonObject:
    """Capital shares under the paper's engine, the selection engine, and for who follows the best past."""
    world, today = s.world, s.today
    outcome = today.known_outcome
    count = len(world.roster.labels)
    utility = today.utility.copy()
    utility[outcome.faulty] = np.nan
    step = outcome.step
    view = s.field.ledger.as_of(world.clock.d(today.t))
    return {
        "engine": world.mechanism.research_engine or "paper",
        "paper": plain(shares(utility)),
        "selection": plain(_padded(step.weights, count, 0.0)),
        "scales": plain(_padded(step.scales, count, 1.0)),
        "best_past": plain(best_past(view, count)),
        "faulty": list(outcome.faulty),
        "warnings": list(step.warnings),
    }


def apply_allocated(s: Standing, payload: Any) -> None:
    """Capital of the book; nothing is held in the calibration."""
    engine = payload["engine"]
    s.today.capital = floats(payload[engine])
    s.today.scales = floats(payload["scales"]) if engine == "selection" else np.ones(len(s.today.capital))
    if s.today.t < s.world.calendar.test:
        s.today.capital = np.zeros(len(s.today.capital))


def make_decided(s: Standing) -> JsonObject:
    """What everyone wants to hold, netted into one book: W_j = sum_i c_i w_ij."""
    today = s.today
    wanted = today.known_outcome.wanted
    target, factor = net(today.capital, today.scales, wanted, s.world.mechanism.gross or 1.0)
    return {"wanted": plain(wanted), "target": plain(target), "factor": float(factor)}


def apply_decided(s: Standing, payload: Any) -> None:
    """Targets wait for the next fill."""
    s.today.target = floats(payload["target"])


def _padded(values: FloatArray, count: int, fill: float) -> FloatArray:
    found = np.full(count, fill)
    found[: len(values)] = values
    return found
