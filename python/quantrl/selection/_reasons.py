"""Why an agent may not be funded, in numbers a reader can check."""

from __future__ import annotations

import math
from collections.abc import Sequence

from quantrl.typing import JsonObject

MIN_AGE, MIN_ACTED = 63, 21


def in_words(
    line: JsonObject, pipeline: JsonObject, labels: Sequence[str], agent: int, held: bool
) -> list[str]:
    """One phrase for each gate the agent fails in a line of the audit trail, then why it is not selected.

    Parameters
    ----------
    line : dict
        Audit line.
    pipeline : dict
        Settings of the pipeline, as in the header of the trail.
    labels : sequence of str
        Names of the agents.
    agent : int
    held : bool
        Funded until this decision.
    """
    reasons = line["gates"]["reasons"][agent]
    words = [_phrase(reason, line, pipeline, labels, agent, held) for reason in reasons]
    if not words and agent not in line["selected"]:
        words = [f"not among the best {line['slots']}"]
    elif not words and not line["weights"][agent]:
        words = ["selected, but the allocator gives it nothing"]
    return words


def _phrase(
    reason: str, line: JsonObject, pipeline: JsonObject, labels: Sequence[str], agent: int, held: bool
) -> str:
    scores, gate = line["scores"], pipeline["gate"]
    if reason == "young":
        return f"{scores['age'][agent]} of {MIN_AGE} rows, {scores['acted'][agent]} of {MIN_ACTED} scored"
    if reason == "banned":
        return "banned after a cut"
    if reason == "faulty":
        return "three decisions in a row failed"
    if reason == "psr":
        need = gate.get("psr_stay" if held else "psr_enter")
        return f"PSR {_two(scores['psr'][agent])} under {_two(need)}"
    if reason == "mandate":
        return f"holds more than the mandate of {_two(gate.get('max_exposure'))}"
    if reason == "drawdown":
        limit = gate.get("drawdown_cut", math.nan) * gate.get("target_vol", math.nan)
        return f"drawdown {abs(scores['dd'][agent]):.1%} reached {limit:.1%}"
    if reason == "cusum":
        return f"CUSUM {_two(scores['cusum'][agent])} reached {_two(gate.get('cusum_cut'))}"
    return f"copy of {labels[original(line, agent)]}"


def original(line: JsonObject, agent: int) -> int:
    """The best placed agent of a cluster that no other gate stops."""
    cluster, reasons = line["clusters"], line["gates"]["reasons"]
    alike = [i for i, label in enumerate(cluster) if label == cluster[agent] and not reasons[i]]
    return min(alike, key=line["ranking"]["pos"].__getitem__, default=agent)


def _two(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.2f}"
