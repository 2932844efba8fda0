"""One decision as one line of canonical JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quantrl.selection._ledger_view import LedgerView
from quantrl.selection.gate import names_of
from quantrl.selection.pipeline import PipelineStep
from quantrl.typing import JsonObject

SCHEMA = 1
_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False, ensure_ascii=False).encode


def derived(view: LedgerView, step: PipelineStep) -> JsonObject:
    """The part of a line that follows from ledger and config."""
    ids = list(range(len(step.scores)))
    scores = step.scores
    return {
        "ledger": {"rows": view.n_rows, "sha": view.sha256, "newest_matured": view.newest_matured},
        "scores": {
            "agent": ids,
            "mean": numbers(scores.mean),
            "sd": numbers(scores.sd),
            "n_eff": numbers(scores.n_eff),
            "age": scores.age.tolist(),
            "acted": scores.acted.tolist(),
            "share": numbers(scores.share),
            "psr": numbers(scores.psr_abs),
            "dd": numbers(scores.drawdown),
            "cusum": numbers(scores.cusum),
        },
        "ranking": {
            "agent": ids,
            "pos": step.ranking.pos.tolist(),
            "p_top_k": numbers(step.ranking.p_top_k(step.selection.k)),
        },
        "gates": {
            "agent": ids,
            "ok": step.gates.ok.tolist(),
            "reasons": [names_of(bits) for bits in step.gates.bits.tolist()],
        },
        "clusters": step.clusters.tolist(),
        "transitions": [
            {"agent": move.agent, "from": move.before, "to": move.after, "why": move.why}
            for move in step.transitions
        ],
        "states": step.states.tolist(),
        "selected": step.selected,
        "slots": step.selection.k,
        "weights": numbers(step.weights),
        "scales": numbers(step.scales),
        "runner_up": _runner_up(step),
        "warnings": step.warnings,
    }


def encode(line: JsonObject) -> str:
    """Sorted keys, no blanks, shortest floats; the same text as `quantrl.runs.canonical_json`, faster."""
    return _encode(line)


def numbers(values: NDArray[Any]) -> Sequence[float | None]:
    """A list in which NaN is None."""
    found: list[float | None] = values.tolist()
    if np.isnan(values).any():
        return [None if v != v else v for v in found]
    return found


def _runner_up(step: PipelineStep) -> JsonObject | None:
    if step.runner_up is None:
        return None
    agent, gap = step.runner_up
    return {"agent": agent, "key_gap": gap}
