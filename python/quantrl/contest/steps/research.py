"""The research team and everyone beside it: signals, and what each entrant wants to hold."""

from __future__ import annotations

from typing import Any

import numpy as np

from quantrl.agent import Decision
from quantrl.contest._plain import floats, plain
from quantrl.contest.entrants import Asked
from quantrl.contest.llm.prices import PICO
from quantrl.contest.own_record import OwnRecord
from quantrl.contest.portfolio import decision_of
from quantrl.contest.research_team.agent import research
from quantrl.contest.research_team.limits import ResearchLimits
from quantrl.contest.research_team.work import SignalWork, signal_of
from quantrl.contest.standing import Standing
from quantrl.contest.steps.spending import spend_json
from quantrl.contest.view import ContestView
from quantrl.errors import ContestError
from quantrl.selection._poll import Poll
from quantrl.typing import FloatArray, JsonObject


def make_signals(s: Standing) -> JsonObject:
    """Signals of the researchers, and weights of all within the mandate."""
    world, today = s.world, s.today
    team = world.roster.researchers
    now = world.clock.d(today.t)
    works: list[SignalWork] = []
    if team:
        works = research(
            list(team.values()),
            today.t,
            _view(s),
            world.entities,
            world.desk,
            limits_of(s),
            {agent.id: OwnRecord.of(s.past[agent.id], now) for agent in team.values()},
            clock=world.clock,
            fundamentals=world.fundamentals,
            deep=world.mechanism.deep_research is not False,
        )
    rows = [work.as_json() | {"spent": spend_json(work.spent)} for work in works]
    held = s.field.known_holdings(world.calendar.row(today.t))
    asked = _ask(s, held, rows)
    poll = asked.poll
    return {
        "held": plain(held),
        "weights": plain(poll.weights),
        "belief": plain(poll.belief),
        "tokens": plain(poll.tokens),
        "usd": plain(poll.usd),
        "failed": poll.failed.tolist(),
        "errors": [[agent, message] for agent, message in poll.errors],
        "clips": [[agent, clip.json()] for agent, clip in asked.clips],
        "works": rows,
    }


def remember(s: Standing, payload: Any) -> None:
    """Ask everyone again, as on the day that is read back: agents may have a memory of their own.

    Raises
    ------
    ContestError
        One answers otherwise than it did.
    """
    shape = (len(s.world.roster.labels), len(s.world.symbols))
    weights = plain(_ask(s, floats(payload["held"], shape), payload["works"]).poll.weights)
    for label, was, now in zip(s.world.roster.labels, payload["weights"], weights, strict=True):
        if was != now:
            raise ContestError(
                f"{label} answers otherwise than it did on {s.world.calendar.date(s.today.t)}: an agent must decide "
                "from its view and its own past alone"
            )


def apply_signals(s: Standing, payload: Any) -> None:
    """The answers of all entrants, and the signals that wait for their prices."""
    labels = s.world.roster.labels
    shape = (len(labels), len(s.world.symbols))
    s.today.held = floats(payload["held"], shape)
    s.today.poll = Poll(
        floats(payload["weights"], shape),
        floats(payload["belief"]),
        floats(payload["tokens"]),
        floats(payload["usd"]),
        np.array(payload["failed"], dtype=np.bool_),
        [(agent, message) for agent, message in payload["errors"]],
    )
    s.today.signal_works = payload["works"]
    silent = {row["agent"] for row in payload["works"] if not row["signals"]}
    quiet = np.array([label in silent for label in labels])
    s.today.present = ~(s.today.poll.failed | quiet)
    s.signals[s.today.t] = {
        row["agent"]: [signal_of(one) for one in row["signals"]] for row in payload["works"]
    }


def limits_of(s: Standing) -> ResearchLimits:
    """Bounds of a researcher's day, who reads all that the data contest chose; small ones for the small model."""
    if s.world.config.llm.provider == "local":
        return ResearchLimits.small()
    chosen = sum(factor.tokens for factor in s.today.read)
    return ResearchLimits(context_tokens=max(chosen, ResearchLimits.context_tokens))


def _view(s: Standing) -> ContestView:
    bars = s.reveal.at(s.world.clock.d(s.today.t))
    return ContestView(bars, s.today.documents, s.today.read)


def _ask(s: Standing, held: FloatArray, rows: list[JsonObject]) -> Asked:
    by_agent = {row["agent"]: row for row in rows}
    decisions = {
        place: _decision(s, by_agent[agent.id]) for place, agent in s.world.roster.researchers.items()
    }
    return s.world.roster.entrants.ask(_view(s), held, decisions)


def _decision(s: Standing, row: JsonObject) -> Decision:
    mechanism, spent = s.world.mechanism, row["spent"]
    signals = [signal_of(one) for one in row["signals"]]
    sizing = mechanism.sizing or "equal"
    curve = s.recalibration() if sizing == "probability" else None
    tokens = spent["input_tokens"] + spent["output_tokens"]
    return decision_of(signals, s.world.symbols, sizing, curve, tokens=tokens, usd=spent["pico"] / PICO)
