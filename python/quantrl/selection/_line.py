"""What a line of the audit trail says of one decision."""

from __future__ import annotations

from quantrl.selection._ledger_view import LedgerView
from quantrl.selection._step import PipelineStep
from quantrl.selection.gate import names_of
from quantrl.selection.rank import Ranking
from quantrl.typing import JsonObject

SCHEMA = 2


def derived(view: LedgerView, step: PipelineStep) -> JsonObject:
    """The part of a line that follows from ledger and config; columns are arrays, for `_canonical.encode`."""
    ids = list(range(len(step.scores)))
    scores = step.scores
    return {
        "ledger": {"rows": view.n_rows, "sha": view.sha256, "newest_matured": view.newest_matured},
        "scores": {
            "agent": ids,
            "mean": scores.mean,
            "sd": scores.sd,
            "n_eff": scores.n_eff,
            "age": scores.age.tolist(),
            "acted": scores.acted.tolist(),
            "share": scores.share,
            "psr": scores.psr_abs,
            "dd": scores.drawdown,
            "cusum": scores.cusum,
        },
        "ranking": {
            "agent": ids,
            "pos": step.ranking.pos.tolist(),
            "p_top_k": step.ranking.p_top_k(step.selection.k),
            **_joined(step.ranking),
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
        "weights": step.weights,
        "scales": step.scales,
        "runner_up": _runner_up(step),
        "warnings": step.warnings,
    }


def _joined(ranking: Ranking) -> JsonObject:
    """Key and ballots of an order that no single score tells."""
    if ranking.votes is None:
        return {}
    places = ranking.votes.places.tolist()
    ballots = [[None if place != place else place for place in row] for row in places]
    return {"key": ranking.key, "ballots": ballots}


def _runner_up(step: PipelineStep) -> JsonObject | None:
    if step.runner_up is None:
        return None
    agent, gap = step.runner_up
    return {"agent": agent, "key_gap": gap}
