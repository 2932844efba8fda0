"""What may be claimed: tests of all agents together, and how far the best of them is luck."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from quantrl import metrics
from quantrl.selection.lab.real.window import WARM_UP, at_target
from quantrl.selection.rival import MARKET
from quantrl.typing import FloatArray, JsonObject

if TYPE_CHECKING:
    from quantrl.selection._result import ContestResult

ALPHA = 0.05
DRAWS, BLOCK = 1_000, 10.0
BLOCKS = 16
EQUAL = "equal_weight"
CASH = "cash"
AGENTS, CHOOSERS = "agents", "choosers"


def tested(result: ContestResult) -> JsonObject:
    """Superiority of agents and of ways to choose, overfitting, effective number, and the best agent deflated.

    For superiority every series is scaled to the target volatility by its own past, so that no benchmark is beaten by
    exposure alone.
    """
    names, raw = list(result.accounts.names), result.accounts.returns
    pipeline = result.header["pipeline"]
    scaled = at_target(
        raw,
        target_vol=float(pipeline["target_vol"]),
        periods_per_year=float(pipeline["periods_per_year"]),
    )[WARM_UP:]
    groups = {
        AGENTS: [f"agent:{label}" for label in result.labels],
        CHOOSERS: [f"book:{name}" for name in result.book_names if name not in (EQUAL, MARKET)],
    }
    against = {CASH: np.zeros(len(scaled))} | {
        name: scaled[:, names.index(f"book:{name}")] for name in (EQUAL, MARKET)
    }
    columns = {group: [names.index(name) for name in found] for group, found in groups.items()}
    agents = scaled[:, columns[AGENTS]]
    return {
        "alpha": ALPHA,
        "draws": DRAWS,
        "block": BLOCK,
        "superiority": [
            _superior(
                group, benchmark, scaled[:, columns[group]] - other[:, None], groups[group], result.seed
            )
            for group in groups
            for benchmark, other in against.items()
        ],
        "overfitting": _overfitting(raw[WARM_UP:, columns[AGENTS]]),
        "effective": {
            "returns": number(metrics.effective_number(agents)),
            "less_equal_weight": number(metrics.effective_number(agents - against[EQUAL][:, None])),
        },
        "best": _best(raw[WARM_UP:, columns[AGENTS]], result.labels),
    }


def number(value: float) -> float | None:
    """For JSON: None where undefined."""
    return float(value) if math.isfinite(value) else None


def _superior(
    group: str, benchmark: str, differences: FloatArray, names: Sequence[str], seed: int
) -> JsonObject:
    found = metrics.superiority(differences, draws=DRAWS, block=BLOCK, seed=seed)
    labels = [name.partition(":")[2] for name in names]
    return {
        "group": group,
        "against": benchmark,
        "columns": len(labels),
        "spa": number(found.spa),
        "white": number(found.white),
        "named": [labels[i] for i in found.named(ALPHA).tolist()],
        "adjusted": {label: number(p) for label, p in zip(labels, found.adjusted.tolist(), strict=True)},
    }


def _overfitting(returns: FloatArray) -> JsonObject:
    found = metrics.pbo(returns, blocks=BLOCKS)
    return {
        "blocks": BLOCKS,
        "probability": number(found.probability),
        "slope": number(found.slope),
        "loss": number(found.loss),
        "halves": len(found.logits),
        "left_out": found.left_out,
    }


def _best(returns: FloatArray, labels: Sequence[str]) -> JsonObject:
    """The agent of highest Sharpe ratio, alone and as the best of all that vary."""
    reasons = metrics.table(returns, periods_per_year=1.0, measures=["sharpe"]).reasons("sharpe")
    moments = {
        label: metrics.SharpeMoments.of(np.ascontiguousarray(column))
        for label, column, reason in zip(labels, returns.T, reasons, strict=True)
        if reason == "ok"
    }
    best = max(moments, key=lambda label: moments[label].sharpe)
    spread = float(np.std([one.sharpe for one in moments.values()], ddof=1))
    return {
        "agent": best,
        "trials": len(moments),
        "probabilistic": metrics.probabilistic_sharpe(moments[best]),
        "deflated": metrics.deflated_sharpe(moments[best], trials=float(len(moments)), sd_trials=spread),
    }
