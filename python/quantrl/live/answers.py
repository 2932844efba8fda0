"""Between an agent's floats and the journal's integers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from quantrl.agent import Decision
from quantrl.errors import OrderError
from quantrl.live.events import Answer
from quantrl.live.vocabulary import HOLD, PPB
from quantrl.typing import FloatArray

OK, REFUSED, FAILED, TIMEOUT, OFF, CLOSED = "ok", "refused", "failed", "timeout", "off", "closed"
NOT_ASKED = (OFF, CLOSED)
USD = 10**8
_MOST_TEXT = 500
_MOST = 2**62


def answer(request: int, decision: object, n_instruments: int) -> Answer:
    """What an agent returned, as an event's values; an answer that breaks a rule is ``refused`` and says why."""
    try:
        if not isinstance(decision, Decision):
            raise OrderError(f"expected a Decision, got {type(decision).__name__}")
        targets = to_ppb(decision.checked_weights(n_instruments))
        belief = (
            HOLD if decision.probability is None else _scaled("probability", decision.probability, PPB, 1.0)
        )
        usd = _scaled("usd", decision.usd, USD, _MOST / USD)
        tokens = _scaled("tokens", decision.tokens, 1, _MOST)
    except Exception as error:  # whatever an agent made of its numbers is its own fault
        return without(request, REFUSED, error, n_instruments)
    return Answer(request, OK, targets, tokens, usd, belief, b"")


def without(request: int, status: str, error: BaseException | str, n_instruments: int) -> Answer:
    """An answer that keeps what is held, with the reason."""
    text = error if isinstance(error, str) else f"{type(error).__name__}: {error}"
    return Answer(request, status, holding(n_instruments), 0, 0, HOLD, text[:_MOST_TEXT].encode())


def holding(n_instruments: int) -> tuple[int, ...]:
    """Targets that keep everything."""
    return (HOLD,) * n_instruments


def to_ppb(weights: FloatArray) -> tuple[int, ...]:
    """Weights as parts per billion, half to even; NaN becomes `HOLD`."""
    kept = np.isnan(weights)
    parts = np.rint(np.where(kept, 0.0, weights) * PPB).astype(np.int64)
    return tuple(np.where(kept, HOLD, parts).tolist())


def from_ppb(targets: Sequence[int]) -> FloatArray:
    """The weights that parts per billion stand for."""
    parts = np.array(targets, dtype=np.int64)
    weights: FloatArray = np.where(parts == HOLD, np.nan, parts / PPB)
    return weights


def _scaled(name: str, value: float, scale: int, most: float) -> int:
    if not 0 <= value <= most:
        raise OrderError(f"{name}: expected from 0 to {most:g}, got {value!r}")
    return round(value * scale)
