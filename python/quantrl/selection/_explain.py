"""Why these agents, and why this capital: one decision of a contest in numbers and in words."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from quantrl.selection import _wording
from quantrl.selection._evidence import recall
from quantrl.selection._past import Past
from quantrl.selection._reasons import in_words, original
from quantrl.selection.lifecycle import STATES
from quantrl.typing import JsonObject
from quantrl.units import iso_date

if TYPE_CHECKING:
    from quantrl.selection._result import ContestResult


@dataclass(frozen=True)
class Explanation:
    """An explanation as plain values, and as text for a terminal.

    Attributes
    ----------
    json : dict
        Finite numbers or None.
    text : str
    """

    json: JsonObject
    text: str


def explain(
    run: ContestResult | str | Path, agent: str | None = None, date: str | int | None = None
) -> Explanation:
    """Explain one decision of a contest, as a whole or for one agent.

    Parameters
    ----------
    run : ContestResult, str or Path
        A result, a run folder, or the id of a run below ``runs/``.
    agent : str, optional
        Label of an agent; without it the decision as a whole.
    date : str or int, optional
        The newest decision up to this date (``2020-03-02``) or time (ns); the last one without it.

    Raises
    ------
    RunError
        No such run.
    ConfigError
        No such agent, or a date before the first decision.
    """
    past = Past.of(run)
    t = past.at(date)
    if agent is None:
        found = _decision(past, t)
        return Explanation(found, _wording.decision(found))
    found = _agent(past, past.id_of(agent), t)
    return Explanation(found, _wording.agent(found))


def _decision(past: Past, t: int) -> JsonObject:
    line = past.line(t)
    held = past.held_before(t)
    standings = [_standing(past, line, agent, held) for agent in range(len(line["weights"]))]
    standings.sort(key=lambda one: one["pos"])
    row = past.decisions.row(t, named=True)
    weights = {name[2:]: value for name, value in row.items() if name.startswith("w:")}
    return {
        "run": past.name,
        "date": iso_date(line["now"]),
        "decision": t,
        "slots": line["slots"],
        "selected": [past.labels[agent] for agent in line["selected"]],
        "runner_up": _runner_up(past, line),
        "agents": standings,
        "targets": weights,
        "netting": line["netting"],
        "transitions": [_move(past, line["now"], move) for move in line["transitions"]],
        "warnings": line["warnings"],
    }


def _agent(past: Past, agent: int, t: int) -> JsonObject:
    line = past.line(t)
    known = agent < len(line["weights"])
    base = {"run": past.name, "date": iso_date(line["now"]), "decision": t, "agent": past.labels[agent]}
    if not known:
        return {**base, "state": STATES[0], "capital": 0.0, "why": ["no row yet"]}
    held = past.held_before(t)
    recalled = recall(past, agent, t)
    return {
        **base,
        **_standing(past, line, agent, held),
        **_score(past, line, agent, held),
        "gates": _gates(past, line, agent, agent in held),
        "runner_up": _runner_up(past, line),
        "since_adoption": _since_adoption(past, line, agent, t),
        "transitions": [_move(past, move["now"], move) for move in past.transitions(agent, t)],
        "evidence": recalled.items or recalled.note,
        "evidence_date": iso_date(recalled.since) if recalled.items else None,
        "decided_weights": recalled.weights,
    }


def _standing(past: Past, line: JsonObject, agent: int, held: set[int]) -> JsonObject:
    identity, _ = past.params(agent)
    return {
        "agent": past.labels[agent],
        "id": identity,
        "pos": line["ranking"]["pos"][agent],
        "state": STATES[line["states"][agent]],
        "capital": line["weights"][agent],
        "scale": line["scales"][agent],
        "key": _key(past, line, agent, held),
        "p_top_k": line["ranking"]["p_top_k"][agent],
        "why": in_words(line, past.header["pipeline"], past.labels, agent, agent in held),
    }


def _key(past: Past, line: JsonObject, agent: int, held: set[int]) -> float | None:
    if "key" in line["ranking"]:
        joined: float | None = line["ranking"]["key"][agent]
        return joined
    mean, sd = line["scores"]["mean"][agent], line["scores"]["sd"][agent]
    if mean is None or sd is None:
        return None
    return float(mean + _hysteresis(past) * sd * (agent in held))


def _hysteresis(past: Past) -> float:
    return float(past.header["pipeline"]["rank"].get("hysteresis", 0.0))


def _score(past: Past, line: JsonObject, agent: int, held: set[int]) -> JsonObject:
    scores = line["scores"]
    key, mean, sd = _key(past, line, agent, held), scores["mean"][agent], scores["sd"][agent]
    joined = "ballots" in line["ranking"]
    last = line["selected"][-1] if line["selected"] else None
    bar = None if last is None else _key(past, line, last, held)
    return {
        "score": {
            "rows": scores["age"][agent],
            "acted": scores["acted"][agent],
            "n_eff": scores["n_eff"][agent],
            "share": scores["share"][agent],
            "post": mean,
            "sd": sd,
            "bonus": None if key is None or joined else key - mean,
            "key": key,
            **({"ballots": [row[agent] for row in line["ranking"]["ballots"]]} if joined else {}),
        },
        "kth": {
            "agent": None if last is None else past.labels[last],
            "key": bar,
            "gap": None if key is None or bar is None else key - bar,
        },
    }


def _gates(past: Past, line: JsonObject, agent: int, held: bool) -> JsonObject:
    scores, gate = line["scores"], past.header["pipeline"]["gate"]
    need = gate.get("psr_stay" if held else "psr_enter")
    psr, cusum, cut = scores["psr"][agent], scores["cusum"][agent], _limit(gate, "cusum_cut")
    alike = [
        past.labels[i] for i, c in enumerate(line["clusters"]) if c == line["clusters"][agent] and i != agent
    ]
    return {
        "ok": line["gates"]["ok"][agent],
        "reasons": line["gates"]["reasons"][agent],
        "psr": {"value": psr, "need": need, "margin": _minus(psr, need)},
        "cusum": {"value": cusum, "cut": cut, "margin": _minus(cut, cusum), "acts": held},
        "drawdown": _drawdown(scores["dd"][agent], gate, held),
        "copies": alike,
        "original": past.labels[original(line, agent)] if alike else None,
        "failed_now": agent in line["failed"],
    }


def _drawdown(value: float | None, gate: JsonObject, held: bool) -> JsonObject:
    limit = _limit(gate, "drawdown_cut")
    cut = None if limit is None else -limit * gate["target_vol"]
    return {"value": value, "cut": cut, "margin": _minus(value, cut), "acts": held}


def _limit(gate: JsonObject, name: str) -> float | None:
    """None where the gate has no such limit, or an infinite one."""
    limit = float(gate.get(name, math.inf))
    return limit if math.isfinite(limit) else None


def _since_adoption(past: Past, line: JsonObject, agent: int, t: int) -> JsonObject | None:
    """What the agent's own account and its share of the book earned since it was last funded."""
    shares = past.capital(agent)[: t + 1]
    if not shares[t] > 0:
        return None
    idle = np.flatnonzero(shares <= 0)
    first = int(idle[-1]) + 1 if len(idle) else 0
    rows = past.rows(agent, int(past.decided[first]), line["now"])
    net = (rows["gross"] - rows["cost"]).to_numpy()
    bars = np.searchsorted(past.decided, rows["decided"].to_numpy())
    lines = [past.line(int(bar)) for bar in bars]
    scales = np.array([line["scales"][agent] * line["netting"]["factor"] for line in lines])
    return {
        "since": iso_date(int(past.decided[first])),
        "rows": len(net),
        "own_return": float(np.prod(1.0 + net) - 1.0),
        "contribution": float(np.sum(shares[bars] * scales * net)),
    }


def _runner_up(past: Past, line: JsonObject) -> JsonObject | None:
    found = line["runner_up"]
    return None if found is None else {"agent": past.labels[found["agent"]], "key_gap": found["key_gap"]}


def _move(past: Past, now: int, move: JsonObject) -> JsonObject:
    return {
        "date": iso_date(now),
        "agent": past.labels[move["agent"]],
        "from": move["from"],
        "to": move["to"],
        "why": move["why"],
    }


def _minus(a: Any, b: Any) -> float | None:
    return None if a is None or b is None else float(a - b)
